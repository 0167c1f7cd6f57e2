// Pictures of results, drawn with gnuplot as SVG and PNG: rooflines, time per class, placements, latency over length.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/design_review.h"
#include "berth/diagnostics.h"
#include "berth/evaluation.h"
#include "berth/latency_curve.h"
#include "berth/profile.h"

namespace berth {

/// A rectangle of a picture, in units of its SVG from the upper left corner, that stands for something by name.
struct Spot {
    double x = 0, y = 0, width = 0, height = 0;
    std::string key;  ///< `STAGE/OPERATOR`, operators of the same name in all blocks together; of a whole stage `STAGE`
    std::string title;  ///< what it is, in words
};

/// A picture that lies in a folder as NAME.svg and NAME.png.
struct Picture {
    std::string name;     ///< letters, digits and dashes
    std::string caption;  ///< one sentence: what it shows
    std::vector<Spot> spots{};
};

/// Draws into `directory`, which exists: `roofline-DEVICE` for each device that runs something alone, `time-by-class`,
/// `placement-STAGE` for each stage with a model, `timeline` of the requests that the result traces, `tokens-STAGE` for
/// each of the curves, `tornado` of the review's sensitivities; NAME.csv has what NAME shows. What cannot be drawn is
/// reported; files appear whole or not at all. Returns what was drawn.
[[nodiscard]] std::vector<Picture> draw_pictures(const std::filesystem::path& directory, const ScenarioResult& result,
                                                 const Profile& profile, std::span<const TokenCurves> curves,
                                                 const DesignReview& review, Diagnostics& diagnostics);

}  // namespace berth
