// A placement problem with the operators that must share a device merged into one each.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "berth/placement.h"

namespace berth {

struct Contraction {
    /// Every operator of it is a group of the original; it has no groups itself, and no limits. Costs of the same
    /// choices are equal.
    PlacementProblem problem;
    std::vector<OperatorId> merged_into;  ///< [operator of the original]
    std::vector<DeviceId> usable;         ///< devices that some operator can run on, ascending

    /// The same choice for the original's operators.
    [[nodiscard]] Assignment expand(const Assignment& assignment) const;
};

/// Groups are numbered in the order of their first operators. Throws std::logic_error if the parts of the problem do
/// not fit together.
[[nodiscard]] Contraction contract(const PlacementProblem& problem);

/// Each operator on the cheapest of its devices, regardless of the others; absent if one has none.
[[nodiscard]] std::optional<Assignment> cheapest_devices(const PlacementProblem& problem);

}  // namespace berth
