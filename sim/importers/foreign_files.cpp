#include "importers/foreign_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace berth {

namespace {

constexpr std::string_view kConfigOrOnnx =
    "the config.json that it was made from, or the model as an ONNX file (berth import model.onnx)";
constexpr std::string_view kOnnx = "the model as an ONNX file (berth import model.onnx)";
constexpr std::string_view kConfigBeside = "the config.json beside it";

struct Magic {
    std::string_view bytes;
    std::string_view what, expected;
};
constexpr std::array<Magic, 7> kMagic{{
    {"GGUF", "a GGUF file", kConfigOrOnnx},
    {"\x89HDF\r\n", "an HDF5 file, as Keras writes them", "the model as a TFLite or an ONNX file"},
    {"PK\x03\x04", "a ZIP archive, as PyTorch and Keras write them",
     "the model as an ONNX file (torch.onnx.export), or the config.json beside it"},
    {"RKNN", "a model that is compiled for RKNN", "the ONNX or TFLite file that it was compiled from"},
    {"<?xml", "an XML file, as OpenVINO writes them", "the ONNX or TFLite file that it was converted from"},
    {"<net ", "a network of OpenVINO", "the ONNX or TFLite file that it was converted from"},
    {"7767517", "a network of ncnn", "the ONNX file that it was converted from"},
}};

/// Whether a file starts with the length of its header and the header, as safetensors files do.
bool is_safetensors(std::string_view start) {
    return start.size() > 9 && start[8] == '{' && start.substr(3, 5) == std::string_view("\0\0\0\0\0", 5);
}

struct KnownMap {
    std::string_view key;
    std::string_view what, expected;
};
/// The first key that a map has tells what it is.
constexpr std::array<KnownMap, 17> kMaps{{
    {"_class_name", "a configuration of diffusers", kOnnx},
    {"pretrained_cfg", "a configuration of timm",
     "the model as an ONNX file (berth import model.onnx), or one that ships (berth list models)"},
    {"general.architecture", "the metadata of a GGUF file", kConfigOrOnnx},
    {"peft_type", "a configuration of an adapter", "the config.json of the model that it adapts"},
    {"weight_map", "an index of files with weights", kConfigBeside},
    {"n_layers", "a configuration of a model's own code", "the config.json of its conversion for transformers"},
    {"pooling_mode_mean_tokens", "a module of sentence-transformers", "the config.json of the folder around it"},
    {"word_embedding_dimension", "a module of sentence-transformers", "the config.json of the folder around it"},
    {"__version__", "a configuration of sentence-transformers", kConfigBeside},
    {"tokenizer_class", "a configuration of a tokenizer", kConfigBeside},
    {"image_processor_type", "a configuration of a processor of inputs", kConfigBeside},
    {"feature_extractor_type", "a configuration of a processor of inputs", kConfigBeside},
    {"processor_class", "a configuration of a processor of inputs", kConfigBeside},
    {"eos_token_id", "a configuration of how text is generated", kConfigBeside},
    {"sizes", "a model file of Berth", "'berth predict --model', which takes it as it is"},
    {"graph", "a model file of Berth", "'berth predict --model', which takes it as it is"},
    {"backbone", "a network in the form of ultralytics",
     "the model as an ONNX file (yolo export format=onnx), or one that ships (berth list models)"},
}};

std::string first_bytes(const std::filesystem::path& path) {
    std::string start(16, '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(start.data(), static_cast<std::streamsize>(start.size()));
    start.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
    return start;
}

}  // namespace

std::optional<ForeignFile> foreign_file(const std::filesystem::path& path) {
    std::error_code failure;
    if (std::filesystem::is_directory(path, failure)) {
        return ForeignFile{"a folder", "a file in it, such as config.json or an ONNX model"};
    }
    const std::string start = first_bytes(path);
    if (is_safetensors(start)) {
        return ForeignFile{"a file of weights in the form of safetensors", std::string(kConfigBeside)};
    }
    for (const Magic& magic : kMagic) {
        if (std::string_view(start).starts_with(magic.bytes)) {
            return ForeignFile{std::string(magic.what), std::string(magic.expected)};
        }
    }
    return std::nullopt;
}

std::optional<ForeignFile> foreign_map(const YamlNode& root) {
    for (const KnownMap& known : kMaps) {
        if (root.is_map() && root.find(known.key)) {
            return ForeignFile{std::string(known.what), std::string(known.expected)};
        }
    }
    return std::nullopt;
}

}  // namespace berth
