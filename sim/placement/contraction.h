// Contraction of a placement problem: operators that must share a device are merged into one.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "berth/placement/placement.h"

namespace berth {

struct Contraction {
    /// Contracted problem, with one operator per group, no groups and no limits. Corresponding assignments cost the
    /// same.
    PlacementProblem problem;
    std::vector<OperatorId> merged_into;  ///< [operator of the original]
    std::vector<DeviceId> usable;         ///< devices that some operator can run on, ascending

    /// The corresponding assignment of the original problem.
    [[nodiscard]] Assignment expand(const Assignment& assignment) const;
};

/// Contracts a problem; groups are numbered by their first operators. Throws std::logic_error if the problem is
/// inconsistent.
[[nodiscard]] Contraction contract(const PlacementProblem& problem);

/// Limits on memory of a contracted problem; segments are runs of the original's operators, so it must limit none.
[[nodiscard]] PlacementLimits contracted_limits(const PlacementLimits& limits, const Contraction& contraction);

/// Cheapest device of each operator, regardless of the others; absent if an operator has none.
[[nodiscard]] std::optional<Assignment> cheapest_devices(const PlacementProblem& problem);

}  // namespace berth
