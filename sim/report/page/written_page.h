// A page as files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/pictures.h"

namespace berth {

/// Into `directory`, which exists: index.html, and the same on A4 as STEM.pdf where WeasyPrint is installed.
void write_page(const std::filesystem::path& directory, const std::string& stem, std::string_view html,
                Diagnostics& diagnostics);

/// What lies beside a page: its PDF, `files`, and the pictures. Tables come one per picture where another file does not
/// have what it shows.
[[nodiscard]] std::vector<std::string> beside_page(const std::string& stem, std::vector<std::string> files,
                                                   std::span<const Picture> pictures);

}  // namespace berth
