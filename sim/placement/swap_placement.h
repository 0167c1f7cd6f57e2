// Placement on any number of devices by exact moves between two of them at a time.
#pragma once

#include <optional>

#include "berth/placement.h"

namespace berth {

/// From several starts, minimum cuts between each pair of devices until none helps (alpha-beta swap: Boykov, Veksler
/// and Zabih, IEEE TPAMI 2001), against one_against_rest_bound(). Absent if some operator has no device.
[[nodiscard]] std::optional<PlacementResult> swap_placement(const PlacementProblem& problem);

}  // namespace berth
