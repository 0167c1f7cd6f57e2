// Latency of a stage's model against the length of its input, for every device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "berth/base/interval.h"
#include "berth/base/units.h"
#include "berth/graph/model.h"
#include "berth/hardware/profile.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// Latency of one pass of a stage on one device, as a function of the input's tokens.
struct LatencyCurve {
    struct Point {
        std::int64_t tokens = 0;
        Estimate<Time> latency;
    };
    std::string device;  ///< device name; for a proposed curve, followed by the proposed buckets
    /// Step function, for static shapes: every length after the previous point, up to a point, takes that point's
    /// latency. Otherwise lengths between two points are interpolated.
    bool steps = false;
    bool proposed = false;      ///< curve for buckets that the stage does not have
    std::vector<Point> points;  ///< ascending in tokens
};

/// Crossing of two curves as the input grows.
struct CurveCrossing {
    std::size_t first = 0, second = 0;  ///< indices of the curves
    std::int64_t tokens = 0;            ///< first length at which the faster curve changes
    Time latency;                       ///< latency there, of the faster curve
    bool second_is_faster = false;      ///< the second curve is the faster one from there on
};

struct TokenCurves {
    std::string stage;
    std::vector<LatencyCurve> curves;
    std::vector<CurveCrossing> crossings;       ///< of curves other than proposed ones, by pair, ascending
    std::optional<std::int64_t> actual_tokens;  ///< length of the scenario's input, marked in the picture
};

/// Latency of a curve, given by its index, at a length that it covers.
using CurveLatency = std::function<Time(std::size_t curve, std::int64_t tokens)>;

/// Crossings over the lengths that both curves of a pair cover. Between points at which the faster curve differs, the
/// change is narrowed down to one token by bisection, as in find_crossovers().
[[nodiscard]] std::vector<CurveCrossing> curve_crossings(const std::vector<LatencyCurve>& curves,
                                                         const CurveLatency& latency);

/// The curves of a stage, one per device that can run its model alone. A device with static shapes has one with the
/// stage's buckets, and one with a bucket at every evaluated length. Lengths go up to 512, twice the longest bucket or
/// input of the stage, or the longest that the model takes, in at most 32 multiples of 16. A stage without a model has
/// no curves.
[[nodiscard]] TokenCurves latency_curves(const Stage& stage, const Profile& profile);

/// The curves of each stage that runs a model; `begins` is told the stage's name first.
[[nodiscard]] std::vector<TokenCurves> latency_curves(const Scenario& scenario,
                                                      const std::function<void(const std::string& stage)>& begins = {});

}  // namespace berth
