// Exact placement of small graphs on any number of devices, within limits.
#pragma once

#include <cstddef>
#include <optional>

#include "berth/placement.h"

namespace berth {

/// Tries devices operator by operator and leaves out what cannot become better than the best so far, because what is
/// decided and the cheapest device of every operator to come already take as long. Absent if nothing is within the
/// limits.
[[nodiscard]] std::optional<PlacementResult> branch_and_bound_placement(const PlacementProblem& problem);

}  // namespace berth
