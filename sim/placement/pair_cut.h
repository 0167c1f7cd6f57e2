// The best choice between two devices for the operators on them, everything else staying where it is.
#pragma once

#include "berth/placement.h"

namespace berth {

struct PairCut {
    Assignment assignment;
    Time value;  ///< no choice between the two devices costs less
};

/// `problem` has no groups (see contract) and `current` is a valid assignment of it. Operators that `current` puts on
/// `first` or `second` are placed anew on one of the two. Of equal choices, those with more operators on `second`.
[[nodiscard]] PairCut best_between(const PlacementProblem& problem, const Assignment& current, DeviceId first,
                                   DeviceId second);

}  // namespace berth
