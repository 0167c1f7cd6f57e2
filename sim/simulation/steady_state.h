// Steady-state statistics of a simulated series: warm-up detection and confidence intervals.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "berth/simulation/simulation.h"

namespace berth {

/// Number of batches behind an interval, and minimum number of requests in each.
inline constexpr std::size_t kIntervalBatches = 20;
inline constexpr std::size_t kLeastInBatch = 20;

/// A value and the half-width of its 95 % confidence interval.
struct SeriesEstimate {
    double value = 0, half = 0;
};

/// Number of leading values that belong to the warm-up: the truncation point that minimises the squared standard error
/// of the mean of the rest, at most half of the series (MSER; White 1997).
[[nodiscard]] std::size_t warm_up_of(std::span<const double> values);

/// Half-width of the 95 % confidence interval of the mean of 20 batch statistics, widened by sqrt((1 + r) / (1 - r))
/// for a lag-1 correlation r > 0 (Tafazzoli and Wilson 2011).
[[nodiscard]] double half_interval(std::span<const double> batches);

/// Completions per second, without the warm-up, from the times between the starts of successive batches and the
/// completions in them: a ratio of means (Law, *Simulation Modeling and Analysis*, section 9.5.3).
[[nodiscard]] SeriesEstimate rate_of(std::span<const double> gaps, std::span<const double> completions);

/// Latency statistics, and the share of latencies within a deadline; absent for an empty series.
[[nodiscard]] std::optional<SimulatedLatency> latency_of(std::span<const double> latencies);
[[nodiscard]] SimulatedShare share_within(std::span<const double> latencies, double deadline);

/// Whether a duration keeps to a limit. It is a difference of two readings of the simulated clock, whose rounding grows
/// with the time of day and is no delay.
[[nodiscard]] bool keeps_to(double duration, double limit);

}  // namespace berth
