// berth import: models from files that other programs wrote.
#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "berth/atomic_file.h"
#include "berth/import_config.h"
#include "berth/import_onnx.h"
#include "cli/command.h"
#include "cli/data_folders.h"

namespace berth {

namespace {

struct ImportOptions {
    std::string file, out, name, part;
    std::vector<std::string> dims;
};

std::vector<Architecture> shipped_architectures(const Library& library, Diagnostics& diagnostics) {
    std::vector<Architecture> architectures;
    for (const ShippedFile& file : shipped_files(library, "models/architectures")) {
        const auto document = YamlDocument::load(file.path, diagnostics);
        auto architecture = document ? read_architecture(document->root(diagnostics)) : std::nullopt;
        if (architecture) {
            architectures.push_back(std::move(*architecture));
        }
    }
    return architectures;
}

// A file is called like its model.
std::string name_of(const ImportOptions& options) {
    return options.name.empty() ? std::filesystem::path(options.out).stem().string() : options.name;
}

// `sequence=128`: a size for each name, each name once.
DimSizes read_dims(const std::vector<std::string>& texts, Diagnostics& diagnostics) {
    DimSizes dims;
    for (const std::string& text : texts) {
        const std::size_t equals = text.rfind('=');
        std::int64_t size = 0;
        const char* start = text.data() + (equals == std::string::npos ? 0 : equals + 1);
        const char* end = text.data() + text.size();
        const auto [last, failure] = std::from_chars(start, end, size);
        if (equals == std::string::npos || equals == 0 || failure != std::errc() || last != end || size < 1 ||
            size > kLargestCount) {
            diagnostics.error(SourceLocation("--dim"), fmt::format("'{}' gives no size to a dimension", text),
                              "NAME=SIZE, such as sequence=128");
        } else if (!dims.emplace(text.substr(0, equals), size).second) {
            diagnostics.error(SourceLocation("--dim"), fmt::format("'{}' is given twice", text.substr(0, equals)));
        }
    }
    return dims;
}

std::optional<std::string> imported_config(const ImportOptions& options, const Library& library,
                                           Diagnostics& diagnostics) {
    if (!options.dims.empty()) {
        diagnostics.error(SourceLocation("--dim"), "a configuration has no dimensions to give sizes to",
                          "an ONNX model");
        return std::nullopt;
    }
    const auto document = YamlDocument::load(options.file, diagnostics);
    if (!document) {
        return std::nullopt;
    }
    const auto architectures = shipped_architectures(library, diagnostics);
    const auto config = import_config(document->root(diagnostics), architectures, name_of(options), options.part);
    return config ? std::optional(config->yaml) : std::nullopt;
}

std::optional<std::string> imported_onnx(const ImportOptions& options, Diagnostics& diagnostics) {
    const std::filesystem::path path(options.file);
    if (!options.part.empty()) {
        diagnostics.error(SourceLocation("--part"), "an ONNX model is one model", "a configuration");
    }
    const DimSizes dims = read_dims(options.dims, diagnostics);
    const auto import = diagnostics.has_errors() ? std::nullopt : import_onnx(path, dims, diagnostics);
    if (!import) {
        return std::nullopt;
    }
    const std::string name = name_of(options);
    std::string source = "import of " + path.filename().string();
    for (const auto& [dim, size] : dims) {
        source += fmt::format(", {}={}", dim, size);
    }
    return written_model(*import, name.empty() ? path.stem().string() : name, source);
}

ExitStatus import(const ImportOptions& options, const Library& library) {
    Diagnostics diagnostics;
    const bool onnx = std::filesystem::path(options.file).extension() == ".onnx";
    auto text = onnx ? imported_onnx(options, diagnostics) : imported_config(options, library, diagnostics);
    if (text && !options.out.empty()) {
        const bool written = write_file(options.out, *text, diagnostics);
        text = written ? std::optional<std::string>("") : std::nullopt;
    }
    return answer(text, diagnostics);
}

}  // namespace

void add_import(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<ImportOptions>();
    CLI::App* command = app.add_subcommand("import", "Makes a model file from a configuration or an ONNX model");
    command->add_option("file", options->file, "config.json of Hugging Face, or a model in ONNX")
        ->type_name("FILE")
        ->required();
    command->add_option("--out", options->out, "Write the model there (without it: standard output)")
        ->type_name("FILE");
    command->add_option("--name", options->name, "Name of the model (without it: that of the output, or of the input)")
        ->type_name("NAME");
    command->add_option("--part", options->part, "Which of several models that a configuration describes")
        ->type_name("PART");
    command->add_option("--dim", options->dims, "Size of a named dimension of an ONNX model")
        ->type_name("NAME=SIZE")
        ->allow_extra_args(false);
    command->footer(
        "Examples:\n"
        "  berth import config.json --out my-model.yaml\n"
        "  berth import config.json --part decoder --out my-decoder.yaml\n"
        "  berth import model.onnx --dim batch=1 --dim sequence=128 --out my-model.yaml");
    command->callback([options, &invocation] { invocation.status = import(*options, invocation.library); });
}

}  // namespace berth
