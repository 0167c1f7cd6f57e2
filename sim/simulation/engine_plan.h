// A system as the event engine runs it: checked, in seconds and bytes, with what each task sets going.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "berth/simulation.h"

namespace berth {

struct PlannedTask {
    std::uint32_t pool = 0;
    int servers = 1;
    double work = 0;
    bool varies = false;
    int share = -1;    ///< whose bandwidth its bytes take; -1: none
    int part = -1;     ///< of the share; -1: none
    double alone = 0;  ///< time that its bytes take alone
    double bytes = 0, cap = 0;
    int waits_for = 0;
    int service = -1;  ///< whose passes answer it; -1: it has time and bytes of its own
    std::vector<std::uint32_t> then;
    std::vector<std::uint32_t> begins, ends;  ///< phases
};

/// A bandwidth that is no part of another, with its parts.
struct PlannedShare {
    double bandwidth = 0;
    std::size_t position = 0;    ///< in SimulatedSystem::bandwidths
    std::vector<double> limits;  ///< of its parts
    bool enough = false;         ///< whatever runs at once, nothing is slowed: see never_short()
};

struct PlannedPhase {
    std::uint32_t first = 0, last = 0;
    double budget = -1;  ///< below 0: none
};

/// Where a bandwidth of the system lies.
struct BandwidthPlace {
    std::size_t share = 0;
    int part = -1;
};

struct EnginePlan {
    std::vector<int> servers;  ///< of each pool
    std::vector<PlannedShare> shares;
    std::vector<BandwidthPlace> places;  ///< [bandwidth of the system]
    std::vector<PlannedTask> tasks;
    std::vector<std::uint32_t> first_tasks;
    std::vector<PlannedPhase> phases;
    std::vector<PlannedTask> passes;        ///< [service]: on its servers, as long as a pass makes it
    std::vector<std::uint32_t> chat_tasks;  ///< [service]: its task
};

/// Throws std::logic_error for a system whose parts do not fit together (see simulate()).
[[nodiscard]] EnginePlan plan_engine(const SimulatedSystem& system);

}  // namespace berth
