// Latency of a stage's model against the length of its input, for every device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "berth/interval.h"
#include "berth/model.h"
#include "berth/profile.h"
#include "berth/scenario.h"
#include "berth/units.h"

namespace berth {

/// Latency of one pass of a stage on one device, against the tokens that the input holds.
struct LatencyCurve {
    struct Point {
        std::int64_t tokens = 0;
        Estimate<Time> latency;
    };
    std::string device;  ///< its name; of a proposed curve, followed by the buckets that it would have
    /// Static shapes: every length up to a point, from the one before it, takes what the point takes. Otherwise lengths
    /// between two points are interpolated.
    bool steps = false;
    bool proposed = false;      ///< with buckets that the stage does not have
    std::vector<Point> points;  ///< ascending in tokens
};

/// Where one curve passes below another as the input grows.
struct CurveCrossing {
    std::size_t first = 0, second = 0;  ///< positions of the curves
    std::int64_t tokens = 0;            ///< first length at which the other is faster
    Time latency;                       ///< there, of the faster one
    bool second_is_faster = false;      ///< from there on
};

struct TokenCurves {
    std::string stage;
    std::vector<LatencyCurve> curves;
    std::vector<CurveCrossing> crossings;       ///< of curves that are not proposed, by pair, ascending
    std::optional<std::int64_t> actual_tokens;  ///< length of the scenario's input, marked in the picture
};

/// Latency of a curve, by its position, at a length that it covers.
using CurveLatency = std::function<Time(std::size_t curve, std::int64_t tokens)>;

/// Crossings over the lengths that both curves of a pair cover: between points of the two that disagree about the
/// faster one, the change is narrowed down to one token by halving, as find_crossovers() does.
[[nodiscard]] std::vector<CurveCrossing> curve_crossings(const std::vector<LatencyCurve>& curves,
                                                         const CurveLatency& latency);

/// Most tokens that the checks of the model's architecture allow for one input; absent if they set no limit.
[[nodiscard]] std::optional<std::int64_t> longest_input(const Model& model);

/// The curves of a stage, one per device that can run its model alone. A device with static shapes has one with the
/// buckets that the stage gives, and one with a bucket at every step of the lengths looked at. Those go up to 512,
/// twice the longest bucket or input of the stage, or the longest that the model takes, in at most 32 multiples of 16.
/// A stage without a model has no curves.
[[nodiscard]] TokenCurves latency_curves(const Stage& stage, const Profile& profile);

/// Those of each stage that runs a model; `begins` is told its name first.
[[nodiscard]] std::vector<TokenCurves> latency_curves(const Scenario& scenario,
                                                      const std::function<void(const std::string& stage)>& begins = {});

}  // namespace berth
