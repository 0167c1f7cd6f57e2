// The placement problem of several passes that are placed alike.
#pragma once

#include <optional>
#include <span>

#include "berth/placement/placement.h"
#include "evaluation/work.h"

namespace berth {

/// Multiplies all costs of a problem.
void scale_costs(PlacementProblem& problem, double factor);

/// Problem whose objective is the sum of those of the passes, each times its share. Its limits are the tightest of the
/// passes. Absent if passes differ in more than sizes.
[[nodiscard]] std::optional<PlacementProblem> summed_passes(std::span<const LengthPlan> passes);

}  // namespace berth
