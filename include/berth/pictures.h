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

/// A picture, with what its files NAME.svg, NAME.png and NAME.csv hold.
struct Picture {
    std::string name;     ///< letters, digits and dashes
    std::string caption;  ///< one sentence: what it shows
    std::vector<Spot> spots{};
    std::string svg{}, png{};
    std::string csv{};  ///< what is drawn; empty: another file of a report has it
};

/// Draws `roofline-DEVICE` for each device that runs something alone, `time-by-class`,
/// `placement-STAGE` for each stage with a model, `timeline` of the requests that the result traces, `tokens-STAGE` for
/// each of the curves, `tornado` of the review's sensitivities. What cannot be drawn is reported.
[[nodiscard]] std::vector<Picture> draw_pictures(const ScenarioResult& result, const Profile& profile,
                                                 std::span<const TokenCurves> curves, const DesignReview& review,
                                                 Diagnostics& diagnostics);

/// Into `directory`, which exists; files appear whole or not at all. Returns those whose files are there.
std::vector<Picture> write_pictures(const std::filesystem::path& directory, std::vector<Picture> pictures,
                                    Diagnostics& diagnostics);

}  // namespace berth
