// Loads hardware and models by name or path.
#include "scenario/load_parts.h"

#include <algorithm>
#include <utility>

#include "base/mapped.h"
#include "berth/hardware/load_profile.h"
#include "berth/importers/import_onnx.h"
#include "berth/importers/import_tflite.h"
#include "scenario/find_file.h"
#include "scenario/overrides.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

// The shipped folders, preceded by the file's own folder if it is not one of them.
std::vector<fs::path> folders_for(const Library& library, const fs::path& path, std::string_view kind_directory) {
    std::vector<fs::path> folders = shipped_folders(library, kind_directory);
    if (std::ranges::find(folders, path.parent_path()) == folders.end()) {
        folders.insert(folders.begin(), path.parent_path());
    }
    return folders;
}

// The first folder that contains the architecture named by the model. If none does, the last one, for which the reader
// reports the error.
fs::path architectures_for(const Library& library, const fs::path& path, const YamlDocument& document) {
    Diagnostics ignored;  // the reader reports what is wrong with the key
    const auto key = document.root(ignored).find("architecture");
    const std::string name = key ? key->text().value_or("") : "";
    const std::vector<fs::path> folders = folders_for(library, path, "models");
    for (const fs::path& folder : folders) {
        if (find_name(name, names_in(folder / "architectures"))) {
            return folder / "architectures";
        }
    }
    return folders.back() / "architectures";
}

// Like YamlDocument::set(), but errors show the path as it was written.
bool apply(const ModelOverride& change, YamlDocument& document, Diagnostics& diagnostics) {
    const std::string written = "--set " + change.written.path;
    const auto value = YamlDocument::parse(change.written.value, written, diagnostics);
    return value && document.set(change.key, value->root(diagnostics), SourceLocation(written), diagnostics,
                                 change.written.set_by);
}

// Loads a network file. It has no keys that an override could change.
std::optional<Model> load_network(const fs::path& path, const std::vector<ModelOverride>& overrides,
                                  Diagnostics& diagnostics) {
    for (const ModelOverride& each : overrides) {
        diagnostics.error(SourceLocation("--set " + each.written.path),
                          "a model of another program has no keys to change",
                          "the model file that berth import makes of it");
    }
    auto import =
        path.extension() == ".onnx" ? import_onnx(path, {}, diagnostics) : import_tflite(path, {}, diagnostics);
    return import && overrides.empty()
               ? std::optional(model_of(std::move(*import), path.stem().string(), SourceLocation(path.string())))
               : std::nullopt;
}

std::vector<ProfileOverride> profile_overrides(const std::vector<Override>& overrides) {
    return mapped(overrides, [](const Override& each) { return ProfileOverride{each.path, each.value, each.set_by}; });
}

}  // namespace

std::optional<Profile> load_hardware_file(const Library& library, const fs::path& path,
                                          const std::vector<Override>& overrides, Diagnostics& diagnostics) {
    const ReadDocument read = reader_of(library);
    auto document = read(path, diagnostics);
    return document ? load_profile(std::move(*document), profiles_in(folders_for(library, path, "hardware"), read),
                                   profile_overrides(overrides), diagnostics)
                    : std::nullopt;
}

std::optional<YamlDocument> resolved_file(const Library& library, const fs::path& path,
                                          const std::vector<Override>& overrides, std::vector<std::string>& extended,
                                          Diagnostics& diagnostics) {
    const ReadDocument read = reader_of(library);
    auto document = read(path, diagnostics);
    return document ? resolved_profile(std::move(*document), profiles_in(folders_for(library, path, "hardware"), read),
                                       profile_overrides(overrides), extended, diagnostics)
                    : std::nullopt;
}

std::optional<Profile> load_resolved(YamlDocument document, Diagnostics& diagnostics) {
    return load_profile(std::move(document), profiles_in({}), {}, diagnostics);
}

std::optional<Profile> load_hardware_text(const Library& library, const fs::path& path, std::string_view text,
                                          Diagnostics& diagnostics) {
    auto document = YamlDocument::parse(text, path.string(), diagnostics);
    return document
               ? load_profile(std::move(*document),
                              profiles_in(folders_for(library, path, "hardware"), reader_of(library)), {}, diagnostics)
               : std::nullopt;
}

bool is_network_file(const fs::path& path) {
    const fs::path extension = path.extension();
    return extension == ".onnx" || extension == ".tflite";
}

std::optional<Model> load_model_file(const Library& library, const fs::path& path,
                                     const std::vector<ModelOverride>& overrides, Diagnostics& diagnostics) {
    if (is_network_file(path)) {
        return load_network(path, overrides, diagnostics);
    }
    const ReadDocument read = reader_of(library);
    auto document = read(path, diagnostics);
    if (!document) {
        return std::nullopt;
    }
    bool applied = true;
    for (const ModelOverride& each : overrides) {
        applied = apply(each, *document, diagnostics) && applied;
    }
    auto model = read_model(document->root(diagnostics), architectures_for(library, path, *document), read);
    return applied ? std::move(model) : std::nullopt;
}

std::optional<Profile> load_hardware(const Library& library, std::string_view name_or_path,
                                     const std::vector<Override>& overrides, const SourceLocation& where,
                                     Diagnostics& diagnostics) {
    const auto path = find_file(library, "hardware", name_or_path, where, diagnostics);
    return path ? load_hardware_file(library, *path, overrides, diagnostics) : std::nullopt;
}

std::optional<Model> load_model(const Library& library, std::string_view name_or_path,
                                const std::vector<Override>& overrides, const SourceLocation& where,
                                Diagnostics& diagnostics) {
    const auto path = find_file(library, "models", name_or_path, where, diagnostics);
    if (!path) {
        return std::nullopt;
    }
    std::vector<ModelOverride> own;
    const auto names = model_names(name_or_path);
    for (const Override& each : overrides) {
        own.push_back({std::string(after_model_name(each.path, names).value_or(each.path)), each});
    }
    return load_model_file(library, *path, own, diagnostics);
}

}  // namespace berth
