// Bounds on concurrency under saturation, and the highest rate that a stream can sustain.
#pragma once

#include <optional>
#include <vector>

#include "berth/simulation/simulation.h"

namespace berth {

/// [bandwidth] Whether no transfer over it can be slowed: the tasks that the pools can hold at once never draw more
/// than it, or any of its parts, carries. A part has the result of the bandwidth that it lies in.
[[nodiscard]] std::vector<bool> never_short(const SimulatedSystem& system);

/// Upper bound on the rate of requests, in whatever order their tasks follow each other: no pool leaves more servers
/// idle than its widest tasks force it to.
[[nodiscard]] Frequency most_completed(const SimulatedSystem& system);

/// What a request occupies at a time: a task, or one work of the passes that answer a chat.
struct Occupation {
    PassPlace place;
    double held = 0;  ///< s per request
    Bytes moved;
    std::optional<Bandwidth> most;  ///< that it draws; absent: no limit
};

/// Occupations of a request: of chats, while all slots are taken (`full`), or none but its own.
[[nodiscard]] std::vector<Occupation> occupations(const SimulatedSystem& system, bool full);

}  // namespace berth
