// Exact placement on any number of devices, for graphs in which few tensors are waiting at a time.
#pragma once

#include <cstddef>
#include <optional>

#include "berth/placement.h"

namespace berth {

/// A dynamic programme along the execution order. Its state is what the rest of the graph still depends on: the devices
/// of operators with readers to come, the devices that each open tensor has reached, the devices used, the device of
/// the latest operator and the segments so far where they are limited. Absent if more than `most_states` are needed at
/// some operator, if no placement is possible, or for more than eight devices. Segments are counted over groups.
[[nodiscard]] std::optional<PlacementResult> frontier_placement(const PlacementProblem& problem,
                                                                std::optional<int> most_segments = std::nullopt,
                                                                std::size_t most_states = 5'000);

}  // namespace berth
