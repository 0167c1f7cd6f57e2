// What is known of an assignment: its latency, and how much better another one could be.
#pragma once

#include <algorithm>
#include <utility>

#include "berth/placement.h"
#include "placement/contraction.h"
#include "placement/tolerances.h"

namespace berth {

/// A placement with a bound that no assignment is below; where it reaches it, up to kEqualCosts, it is optimal.
template <class Value>
[[nodiscard]] Placement<Value> with_bound(Assignment assignment, Value objective, Value bound) {
    const bool optimal = objective <= bound * (1.0 + kEqualCosts);
    return {std::move(assignment), objective, optimal ? objective : std::min(bound, objective), optimal};
}

/// The result for `problem` from an assignment of its contraction.
[[nodiscard]] PlacementResult with_bound(const PlacementProblem& problem, const Contraction& contraction,
                                         const Assignment& assignment, Time bound);
/// The same from an assignment of `problem` itself.
[[nodiscard]] PlacementResult with_bound(const PlacementProblem& problem, Assignment assignment, Time bound);

/// A latency that no assignment is below, for any number of devices: for each device, the minimum cut between it and
/// one imaginary device that is as good as the best of the others in everything; the largest of these. Never below the
/// sum over operators of the cheapest device. `problem` has no groups.
[[nodiscard]] Time one_against_rest_bound(const PlacementProblem& problem, const std::vector<DeviceId>& usable);

}  // namespace berth
