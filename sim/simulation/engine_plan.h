// A system as the event engine runs it: validated, in seconds and bytes, with the successors of each task.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "berth/simulation/simulation.h"

namespace berth {

struct PlannedTask {
    std::uint32_t pool = 0;
    int servers = 1;
    double work = 0;
    bool varies = false;
    int share = -1;    ///< bandwidth that its bytes use; -1: none
    int part = -1;     ///< part of that share; -1: none
    double alone = 0;  ///< transfer time of its bytes with the bandwidth to itself
    double bytes = 0, cap = 0;
    double rate = 0;  ///< of its transfer with the bandwidth to itself
    int waits_for = 0;
    int service = -1;  ///< service whose passes answer it; -1: it has time and bytes of its own
    std::vector<std::uint32_t> then;
    std::vector<std::uint32_t> begins, ends;  ///< phases that begin or end with this task
};

/// A top-level bandwidth with the parts that lie within it.
struct PlannedShare {
    double bandwidth = 0;
    std::size_t position = 0;    ///< in SimulatedSystem::bandwidths
    std::vector<double> limits;  ///< bandwidths of the parts
    bool enough = false;         ///< sufficient for any set of concurrent transfers: see never_short()
};

struct PlannedPhase {
    std::uint32_t first = 0, last = 0;
    double budget = -1;  ///< negative: none
};

/// Position of a system's bandwidth among the planned shares.
struct BandwidthPlace {
    std::size_t share = 0;
    int part = -1;
};

struct EnginePlan {
    std::vector<int> servers;  ///< number of servers of each pool
    std::vector<PlannedShare> shares;
    std::vector<BandwidthPlace> places;  ///< [bandwidth of the system]
    std::vector<PlannedTask> tasks;
    std::vector<std::uint32_t> first_tasks;
    std::vector<PlannedPhase> phases;
    std::vector<PlannedTask> passes;  ///< [service] the part of its pass that is running, as a task
    /// [service][PassWork] such a part before its time and bytes are known
    std::vector<std::array<PlannedTask, kPassWorks.size()>> pass_parts;
    std::vector<std::uint32_t> chat_tasks;  ///< [service] the request task that it answers
};

/// Validates and converts a system. Throws std::logic_error if its parts are inconsistent (see simulate()).
[[nodiscard]] EnginePlan plan_engine(const SimulatedSystem& system);

}  // namespace berth
