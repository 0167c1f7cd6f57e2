// Folders that hold models/, hardware/ and scenarios/.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "berth/file_kind.h"
#include "berth/scenario.h"

namespace berth {

/// In the order searched, those that exist, each once: $BERTH_DATA, the source tree of this build, and the installed
/// data, seen from the executable and where it was configured to be.
[[nodiscard]] Library data_folders();

/// A file that ships: what users call it, and where it is.
struct ShippedFile {
    std::string name;
    std::filesystem::path path;
};
/// Files of `kind_directory` by name; of equal names the one that is found first.
[[nodiscard]] std::vector<ShippedFile> shipped_files(const Library& library, std::string_view kind_directory);

/// The first line of a file in a `kind_directory` of the library, by which editors find its schema; empty for a file
/// that lies elsewhere, or where the schema is missing.
[[nodiscard]] std::string schema_line(const std::filesystem::path& file, std::string_view kind_directory, FileKind kind,
                                      const Library& library);

}  // namespace berth
