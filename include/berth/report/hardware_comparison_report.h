// A scenario on several chips as a table, as JSON, as rows, and as bars with their intervals.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "berth/analysis/hardware_comparison.h"
#include "berth/base/diagnostics.h"
#include "berth/base/text_width.h"
#include "berth/report/provenance.h"

namespace berth {

/// Totals, then each stage on each chip, why a chip cannot run it, and the causes of differences between chips.
/// `origins`: the profiles' origins in the order of the chips; empty for a profile that does not load.
[[nodiscard]] std::string comparison_text(const HardwareComparison& comparison, std::span<const ProfileOrigin> origins,
                                          TextWidth width = {});
[[nodiscard]] std::string comparison_json(const HardwareComparison& comparison, std::span<const ProfileOrigin> origins);
/// A row per chip.
[[nodiscard]] std::string comparison_csv(const HardwareComparison& comparison, std::span<const ProfileOrigin> origins);

/// `compare.txt`, `.json`, `.csv` and the picture `compare`, and where two chips were set side by side their
/// `waterfall` (PNG and SVG), in a folder, which exists. What cannot be written is an error.
void write_comparison(const std::filesystem::path& directory, const HardwareComparison& comparison,
                      std::span<const ProfileOrigin> origins, const Provenance& provenance, Diagnostics& diagnostics);

}  // namespace berth
