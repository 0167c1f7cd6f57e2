// Resolves shipped names and paths.
#include "scenario/find_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/mapped.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".yaml";

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

fs::path with_extension(std::string_view name) { return fs::path(std::string(name) + std::string(kExtension)); }

// The name without its extension, if it has one.
std::string_view stem_of(std::string_view name) {
    return name.ends_with(kExtension) ? name.substr(0, name.size() - kExtension.size()) : name;
}

// Finds the exact name in any folder, else the only name that differs from it in case alone.
std::optional<fs::path> shipped(const Library& library, std::string_view kind_directory, std::string_view name) {
    if (name.find('/') != std::string_view::npos) {
        return std::nullopt;
    }
    const auto folders = shipped_folders(library, kind_directory);
    for (const fs::path& folder : folders) {
        const fs::path path = folder / with_extension(stem_of(name));
        if (is_file(path)) {
            return path;
        }
    }
    for (const fs::path& folder : folders) {
        const auto names = names_in(folder);
        if (const auto found = find_name(stem_of(name), names)) {
            return folder / with_extension(names[*found]);
        }
    }
    return std::nullopt;
}

std::optional<fs::path> at_path(std::string_view path, std::span<const fs::path> bases) {
    for (const fs::path& base : bases) {
        for (const fs::path& candidate : {base / path, base / with_extension(path)}) {
            if (is_file(candidate)) {
                return candidate;
            }
        }
    }
    return std::nullopt;
}

// "scenarios" -> "scenario", for messages.
std::string_view one_of(std::string_view kind_directory) {
    return kind_directory.ends_with('s') ? kind_directory.substr(0, kind_directory.size() - 1) : kind_directory;
}

// A similar name: among shipped files for a name, in the same folder for a path.
std::string similar_name(const Library& library, std::string_view kind_directory, std::string_view name_or_path) {
    const fs::path path(name_or_path);
    std::vector<std::string> known;
    if (path.has_parent_path()) {
        for (const std::string& name : names_in(path.parent_path())) {
            known.push_back((path.parent_path() / with_extension(name)).string());
        }
        return suggested_names(name_or_path, known);
    }
    for (const fs::path& folder : shipped_folders(library, kind_directory)) {
        const auto names = names_in(folder);
        known.insert(known.end(), names.begin(), names.end());
    }
    std::ranges::sort(known);  // several roots may hold the same files
    known.erase(std::unique(known.begin(), known.end()), known.end());
    return suggested_names(stem_of(name_or_path), known);
}

}  // namespace

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code failure;
    for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure)) {
        if (entry->path().extension() == kExtension) {
            names.push_back(entry->path().stem().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

std::vector<fs::path> shipped_folders(const Library& library, std::string_view kind_directory) {
    return mapped(library.roots, [&](const fs::path& root) { return root / kind_directory; });
}

ReadDocument reader_of(const Library& library) {
    if (!library.kept) {
        return YamlDocument::load;
    }
    return
        [kept = library.kept](const fs::path& path, Diagnostics& diagnostics) { return kept->load(path, diagnostics); };
}

std::vector<fs::path> bases_at(const SourceLocation& where) {
    std::vector<fs::path> bases;
    if (is_file(where.file_name())) {
        bases.push_back(fs::path(where.file_name()).parent_path());
    }
    bases.emplace_back();
    return bases;
}

std::optional<fs::path> find_file_from(const Library& library, std::string_view kind_directory,
                                       std::string_view name_or_path, std::span<const fs::path> bases,
                                       const SourceLocation& where, Diagnostics& diagnostics) {
    // A name with the extension refers to the user's own file, if there is one.
    const bool path_first = name_or_path.ends_with(kExtension);
    auto found = path_first ? at_path(name_or_path, bases) : shipped(library, kind_directory, name_or_path);
    if (!found) {
        found = path_first ? shipped(library, kind_directory, name_or_path) : at_path(name_or_path, bases);
    }
    if (!found) {
        diagnostics.error(where, fmt::format("there is no {} '{}'", one_of(kind_directory), name_or_path),
                          fmt::format("a file, or a name that `berth list {}` shows", kind_directory),
                          similar_name(library, kind_directory, name_or_path));
    }
    return found;
}

std::optional<fs::path> find_file(const Library& library, std::string_view kind_directory,
                                  std::string_view name_or_path, const SourceLocation& where,
                                  Diagnostics& diagnostics) {
    const std::vector<fs::path> here{fs::path()};
    return find_file_from(library, kind_directory, name_or_path, here, where, diagnostics);
}

}  // namespace berth
