// Writing of an answer and of its page to files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/report/pictures.h"
#include "berth/report/provenance.h"
#include "report/plot_style.h"

namespace berth {

/// An answer in each form; `rows` may be empty.
struct WrittenForms {
    std::string text, json, rows{};
};
/// Writes STEM.txt and STEM.json with their provenance, STEM.csv and the pictures into the existing `directory`.
std::vector<Picture> write_forms(const std::filesystem::path& directory, const std::string& stem,
                                 const WrittenForms& forms, std::vector<Drawing> drawings, const Provenance& provenance,
                                 Diagnostics& diagnostics);

/// Writes index.html into the existing `directory`, and the same page in A4 as STEM.pdf if WeasyPrint is installed.
void write_page(const std::filesystem::path& directory, const std::string& stem, std::string_view html,
                Diagnostics& diagnostics);

/// Files beside a page: its PDF, `files`, the pictures, and a table for each picture whose data is in no other file.
[[nodiscard]] std::vector<std::string> beside_page(const std::string& stem, std::vector<std::string> files,
                                                   std::span<const Picture> pictures);

}  // namespace berth
