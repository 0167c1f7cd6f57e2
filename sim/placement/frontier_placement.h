// Exact placement on any number of devices for graphs with few live tensors at a time.
#pragma once

#include <cstddef>
#include <optional>

#include "berth/placement/placement.h"

namespace berth {

/// Dynamic programme along the execution order. A state holds what the rest of the graph depends on: devices of
/// operators with later readers, devices that each live tensor has reached, and devices in use. With limits it also
/// holds the device of the latest operator, the number of segments and the bytes in each memory; states that are
/// dominated in both memory and cost are dropped. Absent if an operator needs more than `most_states` states, if no
/// placement is feasible, or for more than eight devices.
[[nodiscard]] std::optional<PlacementResult> frontier_placement(const PlacementProblem& problem,
                                                                std::size_t most_states = 5'000);

/// Result of a search that may be truncated.
struct SearchedPlacement {
    std::optional<Assignment> best;
    bool complete = false;  ///< the result is proved: `best` is optimal, or without `best` nothing is feasible
};
/// The same search within the limits of the problem. Where more states are needed it keeps the cheapest as a beam, with
/// a quota for each number of segments, and some that use the least memory.
[[nodiscard]] SearchedPlacement frontier_search(const PlacementProblem& problem, std::size_t most_states = 5'000);

}  // namespace berth
