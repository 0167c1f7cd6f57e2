// Placement on any number of devices by optimal swaps between pairs of devices.
#pragma once

#include <optional>

#include "berth/placement/placement.h"

namespace berth {

/// Alpha-beta swaps: from several starts, minimum cuts between each pair of devices until none improves the placement
/// (Boykov, Veksler and Zabih, IEEE TPAMI 2001). The lower bound is one_against_rest_bound(). Absent if an operator has
/// no feasible device.
[[nodiscard]] std::optional<PlacementResult> swap_placement(const PlacementProblem& problem);

}  // namespace berth
