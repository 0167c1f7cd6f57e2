// What is known of an assignment: its latency, and how much better another one could be.
#pragma once

#include "berth/placement.h"
#include "placement/contraction.h"

namespace berth {

/// Sums of the same costs in different orders differ by rounding; up to this ratio they count as equal.
inline constexpr double kEqualCosts = 1e-9;

/// The result for `problem` from an assignment of its contraction. `bound` is a latency that no assignment is below;
/// where this one reaches it, up to kEqualCosts, it is optimal.
[[nodiscard]] PlacementResult with_bound(const PlacementProblem& problem, const Contraction& contraction,
                                         const Assignment& assignment, Time bound);
/// The same from an assignment of `problem` itself.
[[nodiscard]] PlacementResult with_bound(const PlacementProblem& problem, Assignment assignment, Time bound);

/// A latency that no assignment is below, for any number of devices: for each device, the minimum cut between it and
/// one imaginary device that is as good as the best of the others in everything; the largest of these. Never below the
/// sum over operators of the cheapest device. `problem` has no groups.
[[nodiscard]] Time one_against_rest_bound(const PlacementProblem& problem, const std::vector<DeviceId>& usable);

}  // namespace berth
