// How many passes of each task to run in which way, so that the busiest of some resources has least to do.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "berth/units.h"

namespace berth {

/// A way to run a task: what one pass takes of each resource, and of the request.
struct LoadChoice {
    std::vector<Time> load;
    Time latency;
};

/// Some passes, each in any of at least one way.
struct LoadTask {
    std::int64_t passes = 1;
    std::vector<LoadChoice> choices;
};

/// How a linear programme ended.
enum class LoadStatus : std::uint8_t {
    kOptimal,  ///< shares and prices are the optimum of both programmes
    /// At the limit of pivots, or where rounding left none: the shares can be had and the prices give a bound, but the
    /// two need not meet.
    kStopped,
};

/// Pivots of one programme at most; those of thirty tasks take some hundred.
inline constexpr int kMostPivots = 10'000;

/// The least load if passes could be divided at will: a linear programme.
struct LoadShares {
    std::vector<std::vector<double>> shares;  ///< [task][choice], adding up to 1 per task
    Time load;                                ///< of the bottleneck resource
    /// [resource] at least 0, adding up to 1: what its load counts for in the bound (the dual solution).
    std::vector<double> prices;
    LoadStatus status = LoadStatus::kOptimal;
};

/// By the simplex method. `base` is what each resource has to do in any case.
[[nodiscard]] LoadShares least_load(std::span<const LoadTask> tasks, std::span<const Time> base,
                                    int most_pivots = kMostPivots);

/// Sum of a load at these prices.
[[nodiscard]] Time priced(std::span<const Time> load, std::span<const double> prices);

/// Whole passes: [task][choice].
using PassCounts = std::vector<std::vector<std::int64_t>>;

/// Counts whose largest load is small, and among equals their latency: all there are if they are few, otherwise the
/// shares rounded and then improved pass by pass.
[[nodiscard]] PassCounts whole_passes(std::span<const LoadTask> tasks, std::span<const Time> base,
                                      const LoadShares& shares);

/// What each resource has to do.
[[nodiscard]] std::vector<Time> load_of(std::span<const LoadTask> tasks, std::span<const Time> base,
                                        const PassCounts& counts);

}  // namespace berth
