// Where files are looked for: what ships, and what stands beside a given folder.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "berth/scenario.h"

namespace berth {

/// Names of the YAML files in a folder, without their extension, sorted; none if there is no such folder.
[[nodiscard]] std::vector<std::string> names_in(const std::filesystem::path& folder);

/// The folder `kind_directory` of every root that has one, in order.
[[nodiscard]] std::vector<std::filesystem::path> shipped_folders(const Library& library,
                                                                 std::string_view kind_directory);

/// How the library reads a file.
[[nodiscard]] ReadDocument reader_of(const Library& library);

/// As find_file(); relative paths are tried from each of `bases` in turn ("" is the current folder).
[[nodiscard]] std::optional<std::filesystem::path> find_file_from(
    const Library& library, std::string_view kind_directory, std::string_view name_or_path,
    std::span<const std::filesystem::path> bases, const SourceLocation& where, Diagnostics& diagnostics);

/// Bases for what is named at `where`: the folder of that file, then the current one.
[[nodiscard]] std::vector<std::filesystem::path> bases_at(const SourceLocation& where);

}  // namespace berth
