// Two scenarios side by side as text, JSON and a waterfall.
#pragma once

#include <filesystem>
#include <string>

#include "berth/analysis/scenario_diff.h"
#include "berth/base/diagnostics.h"
#include "berth/base/text_width.h"
#include "berth/report/provenance.h"

namespace berth {

/// Both totals, the effect of each input, changed decisions, inputs without effect, and time by class of operator.
[[nodiscard]] std::string diff_text(const ScenarioDiff& diff, TextWidth width = {});
[[nodiscard]] std::string diff_json(const ScenarioDiff& diff);

/// `diff.txt`, `diff.json` and the picture `waterfall` (PNG and SVG) in a folder, which exists. What cannot be written
/// is an error.
void write_diff(const std::filesystem::path& directory, const ScenarioDiff& diff, const Provenance& provenance,
                Diagnostics& diagnostics);

}  // namespace berth
