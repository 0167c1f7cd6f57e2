// Exact placement of small graphs on any number of devices, within limits.
#pragma once

#include <cstddef>
#include <optional>

#include "berth/placement/placement.h"

namespace berth {

/// Assigns operators one by one and prunes branches whose lower bound is no better than the best placement so far: the
/// cost of the decided operators plus the cheapest device of each undecided one. Absent if no placement meets the
/// limits.
[[nodiscard]] std::optional<PlacementResult> branch_and_bound_placement(const PlacementProblem& problem);

}  // namespace berth
