// Optimal reassignment of operators between two devices, with all other operators fixed.
#pragma once

#include "berth/placement/placement.h"

namespace berth {

struct PairCut {
    Assignment assignment;
    Time value;  ///< minimum cost over all choices between the two devices
};

/// `problem` has no groups (see contract) and `current` is a valid assignment of it. Reassigns the operators on `first`
/// and `second` between those two; ties favour `second`.
[[nodiscard]] PairCut best_between(const PlacementProblem& problem, const Assignment& current, DeviceId first,
                                   DeviceId second);

}  // namespace berth
