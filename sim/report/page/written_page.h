// Writing of a page to files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/pictures.h"

namespace berth {

/// Writes index.html into the existing `directory`, and the same page in A4 as STEM.pdf if WeasyPrint is installed.
void write_page(const std::filesystem::path& directory, const std::string& stem, std::string_view html,
                Diagnostics& diagnostics);

/// Files beside a page: its PDF, `files`, the pictures, and a table for each picture whose data is in no other file.
[[nodiscard]] std::vector<std::string> beside_page(const std::string& stem, std::vector<std::string> files,
                                                   std::span<const Picture> pictures);

}  // namespace berth
