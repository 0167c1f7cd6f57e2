// Placements with lower bounds and optimality gaps.
#pragma once

#include <algorithm>
#include <utility>

#include "berth/placement/placement.h"
#include "placement/contraction.h"
#include "placement/tolerances.h"

namespace berth {

/// A placement with a lower bound; it is optimal if it attains the bound up to kEqualCosts.
template <class Value>
[[nodiscard]] Placement<Value> with_bound(Assignment assignment, Value objective, Value bound) {
    const bool optimal = objective <= bound * (1.0 + kEqualCosts);
    return {std::move(assignment), objective, optimal ? objective : std::min(bound, objective), optimal};
}

/// The result for `problem`, given an assignment of its contraction.
[[nodiscard]] PlacementResult with_bound(const PlacementProblem& problem, const Contraction& contraction,
                                         const Assignment& assignment, Time bound);
/// The result for `problem`, given one of its own assignments.
[[nodiscard]] PlacementResult with_bound(const PlacementProblem& problem, Assignment assignment, Time bound);

/// Lower bound on the latency for any number of devices: the maximum over devices of the minimum cut between that
/// device and an imaginary one that takes the best of all others for each cost. At least the sum over operators of the
/// cheapest device. `problem` has no groups.
[[nodiscard]] Time one_against_rest_bound(const PlacementProblem& problem, const std::vector<DeviceId>& usable);

}  // namespace berth
