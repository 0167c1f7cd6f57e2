// Pictures of results, drawn with gnuplot as SVG and PNG: rooflines, time per class, placements, latency over length.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/analysis/design_review.h"
#include "berth/analysis/latency_curve.h"
#include "berth/base/diagnostics.h"
#include "berth/evaluation/evaluation.h"
#include "berth/hardware/profile.h"

namespace berth {

/// A named rectangle of a picture, in SVG units from the upper left corner.
struct Spot {
    double x = 0, y = 0, width = 0, height = 0;
    /// `STAGE/OPERATOR`, shared by operators of the same name in all blocks; `STAGE` for a whole stage.
    std::string key;
    std::string title;  ///< description
};

/// A picture, with the contents of its files NAME.svg, NAME.png and NAME.csv.
struct Picture {
    std::string name;     ///< letters, digits and dashes
    std::string caption;  ///< one sentence: what it shows
    std::vector<Spot> spots{};
    std::string svg{}, png{};
    std::string csv{};  ///< the data drawn; empty: another file of a report has it
};

/// Draws `roofline-DEVICE` for each device that runs something alone, `time-by-class`, `placement-STAGE` for each stage
/// with a model, `timeline` of the result's traced requests, `tokens-STAGE` for each of the curves, `tornado` of the
/// review's sensitivities. Reports pictures that cannot be drawn.
[[nodiscard]] std::vector<Picture> draw_pictures(const ScenarioResult& result, const Profile& profile,
                                                 std::span<const TokenCurves> curves, const DesignReview& review,
                                                 Diagnostics& diagnostics);

/// Writes pictures into `directory`, which exists; files are written atomically. Returns the pictures whose files were
/// written.
std::vector<Picture> write_pictures(const std::filesystem::path& directory, std::vector<Picture> pictures,
                                    Diagnostics& diagnostics);

}  // namespace berth
