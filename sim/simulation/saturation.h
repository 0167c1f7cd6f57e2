// Bounds on concurrency under saturation, and the highest rate that a stream can sustain.
#pragma once

#include <vector>

#include "berth/simulation.h"

namespace berth {

/// [bandwidth] Whether no transfer over it can be slowed: the tasks that the pools can hold at once never draw more
/// than it, or any of its parts, carries. A part has the result of the bandwidth that it lies in.
[[nodiscard]] std::vector<bool> never_short(const SimulatedSystem& system);

/// [task] Time of each task with the system to itself, in seconds.
[[nodiscard]] std::vector<double> times_alone(const SimulatedSystem& system);

}  // namespace berth
