// Distribution of passes over alternatives that minimises the load of the busiest resource.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "berth/base/units.h"

namespace berth {

/// One way to run a task: the load of a pass on each resource, and its part of the request's latency.
struct LoadChoice {
    std::vector<Time> load;
    Time latency;
};

/// A number of passes, each of which uses any one of the choices.
struct LoadTask {
    std::int64_t passes = 1;
    std::vector<LoadChoice> choices;
};

/// Termination status of a linear programme.
enum class LoadStatus : std::uint8_t {
    kOptimal,  ///< shares and prices are optimal for the primal and the dual
    /// Stopped at the pivot limit or by rounding: the shares are feasible and the prices give a valid bound, but the
    /// two need not meet.
    kStopped,
};

/// Limit on pivots of one programme; thirty tasks need a few hundred.
inline constexpr int kMostPivots = 10'000;

/// Minimum load with divisible passes, from a linear programme.
struct LoadShares {
    std::vector<std::vector<double>> shares;  ///< [task][choice], summing to 1 per task
    Time load;                                ///< load of the bottleneck resource
    /// Dual solution: [resource] non-negative weights of the loads in the bound, summing to 1.
    std::vector<double> prices;
    LoadStatus status = LoadStatus::kOptimal;
};

/// Solves the programme by the simplex method. `base` is the unavoidable load of each resource.
[[nodiscard]] LoadShares least_load(std::span<const LoadTask> tasks, std::span<const Time> base,
                                    int most_pivots = kMostPivots);

/// Weighted sum of a load vector under the prices.
[[nodiscard]] Time priced(std::span<const Time> load, std::span<const double> prices);

/// Number of whole passes: [task][choice].
using PassCounts = std::vector<std::vector<std::int64_t>>;

/// Counts with a small bottleneck load, ties broken by latency: exhaustive search if there are few combinations,
/// otherwise rounded shares improved by local search.
[[nodiscard]] PassCounts whole_passes(std::span<const LoadTask> tasks, std::span<const Time> base,
                                      const LoadShares& shares);

/// Load of each resource under the counts.
[[nodiscard]] std::vector<Time> load_of(std::span<const LoadTask> tasks, std::span<const Time> base,
                                        const PassCounts& counts);

}  // namespace berth
