// Folders that hold models/, hardware/ and scenarios/.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/file_kind.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// The existing folders in search order, without duplicates: $BERTH_DATA, the source tree of this build, and the
/// installed data, both relative to the executable and at the configured location.
[[nodiscard]] Library data_folders();

/// A shipped file: its name for users, and its path.
struct ShippedFile {
    std::string name;
    std::filesystem::path path;
};
/// Files of `kind_directory` sorted by name; of equal names only the first in search order.
[[nodiscard]] std::vector<ShippedFile> shipped_files(const Library& library, std::string_view kind_directory);

/// First line of a file in a `kind_directory` of the library, from which editors find its schema; empty for a file
/// elsewhere, or if the schema is missing.
[[nodiscard]] std::string schema_line(const std::filesystem::path& file, std::string_view kind_directory, FileKind kind,
                                      const Library& library);

}  // namespace berth
