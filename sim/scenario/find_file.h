// Searches for files: those that ship, and those relative to a given folder.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "berth/scenario/scenario.h"

namespace berth {

/// Names of the YAML files in a folder, without their extension, sorted; none if there is no such folder.
[[nodiscard]] std::vector<std::string> names_in(const std::filesystem::path& folder);

/// The folder `kind_directory` of every root that has one, in order.
[[nodiscard]] std::vector<std::filesystem::path> shipped_folders(const Library& library,
                                                                 std::string_view kind_directory);

/// The function through which the library reads a file.
[[nodiscard]] ReadDocument reader_of(const Library& library);

/// As find_file(), but tries relative paths from each of `bases` in turn ("" is the current folder).
[[nodiscard]] std::optional<std::filesystem::path> find_file_from(
    const Library& library, std::string_view kind_directory, std::string_view name_or_path,
    std::span<const std::filesystem::path> bases, const SourceLocation& where, Diagnostics& diagnostics);

/// Bases for a name that is written at `where`: the folder of that file, then the current folder.
[[nodiscard]] std::vector<std::filesystem::path> bases_at(const SourceLocation& where);

}  // namespace berth
