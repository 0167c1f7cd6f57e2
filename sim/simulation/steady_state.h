// What a simulated series says of its long run: where its start ends, and how well its statistics are known.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "berth/simulation.h"

namespace berth {

/// Batches that intervals are made of, and requests of which each has at least so many.
inline constexpr std::size_t kIntervalBatches = 20;
inline constexpr std::size_t kLeastInBatch = 20;

/// A value and half of its 95 % confidence interval.
struct SeriesEstimate {
    double value = 0, half = 0;
};

/// How many of the first values belong to the warm-up: what minimises the squared standard error of the mean of the
/// rest, at most half of all (MSER; White 1997).
[[nodiscard]] std::size_t warm_up_of(std::span<const double> values);

/// Half of the 95 % confidence interval of the mean of 20 batch statistics, widened by sqrt((1 + r) / (1 - r)) where
/// neighbours are correlated by r > 0 (Tafazzoli and Wilson 2011).
[[nodiscard]] double half_interval(std::span<const double> batches);

/// Requests per second from the times between arrivals of one batch and the next, without the warm-up.
[[nodiscard]] SeriesEstimate rate_of(std::span<const double> gaps);

/// Statistics of latencies, and the share of them within a deadline; absent for none.
[[nodiscard]] std::optional<SimulatedLatency> latency_of(std::span<const double> latencies);
[[nodiscard]] SimulatedShare share_within(std::span<const double> latencies, double deadline);

}  // namespace berth
