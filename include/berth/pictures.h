// Pictures of results, drawn with gnuplot as SVG and PNG: rooflines, time per class, placements, latency over length.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/evaluation.h"
#include "berth/latency_curve.h"
#include "berth/profile.h"

namespace berth {

/// A picture that lies in a folder as NAME.svg and NAME.png.
struct Picture {
    std::string name;
    std::string caption;  ///< one sentence: what it shows
};

/// Draws into `directory`, which exists: `roofline-DEVICE` for each device that runs something alone, `time-by-class`,
/// `placement-STAGE` for each stage with a model, `timeline` of the requests that the result traces, `tokens-STAGE` for
/// each of the curves. What cannot be drawn is reported; files appear whole or not at all. Returns what was drawn.
[[nodiscard]] std::vector<Picture> draw_pictures(const std::filesystem::path& directory, const ScenarioResult& result,
                                                 const Profile& profile, std::span<const TokenCurves> curves,
                                                 Diagnostics& diagnostics);

}  // namespace berth
