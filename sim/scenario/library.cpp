// Finds shipped files by name and loads hardware and models with their overrides.
#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "berth/model.h"
#include "scenario/scenario_reading.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

std::vector<std::string> shipped_names(const Library& library, std::string_view kind_directory) {
    std::vector<std::string> names;
    for (const fs::path& root : library.roots) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(root / kind_directory, error)) {
            if (entry.path().extension() == ".yaml") {
                names.push_back(entry.path().stem().string());
            }
        }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

// "scenarios" -> "scenario", for messages.
std::string_view one_of(std::string_view kind_directory) {
    return kind_directory.ends_with('s') ? kind_directory.substr(0, kind_directory.size() - 1) : kind_directory;
}

std::optional<YamlDocument> load_document(const Library& library, std::string_view kind_directory,
                                          std::string_view name_or_path, const SourceLocation& where,
                                          Diagnostics& diagnostics) {
    const auto path = find_file(library, kind_directory, name_or_path, where, diagnostics);
    return path ? YamlDocument::load(*path, diagnostics) : std::nullopt;
}

}  // namespace

std::optional<fs::path> find_file(const Library& library, std::string_view kind_directory,
                                  std::string_view name_or_path, const SourceLocation& where,
                                  Diagnostics& diagnostics) {
    const fs::path given{std::string(name_or_path)};
    if (is_file(given)) {
        return given;
    }
    for (const fs::path& root : library.roots) {
        for (const std::string_view ending : {"", ".yaml"}) {
            const fs::path candidate = root / kind_directory / (std::string(name_or_path) + std::string(ending));
            if (candidate.extension() == ".yaml" && is_file(candidate)) {
                return candidate;
            }
        }
    }
    const auto names = shipped_names(library, kind_directory);
    const std::string wanted = given.extension() == ".yaml" ? given.stem().string() : given.filename().string();
    diagnostics.error(where, fmt::format("there is no {} '{}'", one_of(kind_directory), name_or_path),
                      fmt::format("a file, or a name that `berth list {}` shows", kind_directory),
                      nearest_name(wanted, names));
    return std::nullopt;
}

std::optional<Profile> load_hardware(const Library& library, std::string_view name_or_path,
                                     const std::vector<Override>& overrides, const SourceLocation& where,
                                     Diagnostics& diagnostics) {
    const auto path = find_file(library, "hardware", name_or_path, where, diagnostics);
    if (!path) {
        return std::nullopt;
    }
    std::vector<fs::path> folders{path->parent_path()};
    for (const fs::path& root : library.roots) {
        folders.push_back(root / "hardware");
    }
    std::vector<ProfileOverride> changes;
    for (const Override& override_ : overrides) {
        changes.push_back({override_.path, override_.value});
    }
    return load_profile(*path, profiles_in(std::move(folders)), changes, diagnostics);
}

std::optional<Model> load_model(const Library& library, std::string_view name_or_path,
                                const std::vector<Override>& overrides, const SourceLocation& where,
                                Diagnostics& diagnostics) {
    auto document = load_document(library, "models", name_or_path, where, diagnostics);
    if (!document) {
        return std::nullopt;
    }
    for (const Override& override_ : overrides) {
        if (!document->set(override_.path, override_.value, diagnostics)) {
            return std::nullopt;
        }
    }
    // An architecture of the model's own folder goes before a shipped one.
    std::vector<fs::path> folders;
    if (const auto path = find_file(library, "models", name_or_path, where, diagnostics)) {
        folders.push_back(path->parent_path() / "architectures");
    }
    for (const fs::path& root : library.roots) {
        folders.push_back(root / "models" / "architectures");
    }
    const auto folder = std::find_if(folders.begin(), folders.end(), [](const fs::path& candidate) {
        std::error_code ignored;
        return fs::is_directory(candidate, ignored);
    });
    return read_model(document->root(diagnostics), folder == folders.end() ? fs::path{} : *folder);
}

}  // namespace berth
