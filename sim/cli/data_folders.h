// Folders that hold models/, hardware/ and scenarios/.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

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

}  // namespace berth
