// How much at most, and at least, runs at once where requests never run out: what a stream can be sustained at.
#pragma once

#include <vector>

#include "berth/simulation.h"

namespace berth {

/// [bandwidth] Whether nothing that moves over it is ever slowed, whatever runs at once: the pools cannot hold tasks
/// that together draw more than it, or than one of its parts, carries. A part answers for the whole that it lies in.
[[nodiscard]] std::vector<bool> never_short(const SimulatedSystem& system);

/// [task] What each takes with the system to itself, in seconds.
[[nodiscard]] std::vector<double> times_alone(const SimulatedSystem& system);

}  // namespace berth
