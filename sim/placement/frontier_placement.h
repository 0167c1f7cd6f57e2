// Exact placement on any number of devices, for graphs in which few tensors are waiting at a time.
#pragma once

#include <cstddef>
#include <optional>

#include "berth/placement.h"

namespace berth {

/// A dynamic programme along the execution order. Its state is what the rest of the graph still depends on: the devices
/// of operators with readers to come, the devices that each open tensor has reached, the devices used, and under limits
/// the device of the latest operator, the segments so far and the bytes in each memory, of which more at more cost are
/// left out. Absent if more than `most_states` are needed at some operator, if no placement is possible, or for more
/// than eight devices.
[[nodiscard]] std::optional<PlacementResult> frontier_placement(const PlacementProblem& problem,
                                                                std::size_t most_states = 5'000);

/// What a search that may be cut short has found.
struct SearchedPlacement {
    std::optional<Assignment> best;
    bool complete = false;  ///< nothing is better, and without `best` nothing is possible
};
/// The same within the limits of the problem; where more states are needed, those that cost least go on, some for each
/// number of segments, and some of those that fill the memories least.
[[nodiscard]] SearchedPlacement frontier_search(const PlacementProblem& problem, std::size_t most_states = 5'000);

}  // namespace berth
