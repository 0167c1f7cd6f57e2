// Passes on concurrent devices: independent branches run side by side.
#pragma once

#include <optional>
#include <vector>

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"
#include "berth/simulation/simulation.h"
#include "evaluation/work.h"

namespace berth {

/// A pass on the resources of the profile (see resources_of). Devices with static shapes run calls one after the other;
/// others run as many operators at once as their cores allow at the stage's cores per operator. A call starts when all
/// its inputs are available and releases its results at its end.
struct OverlappedPass {
    Assignment assignment;
    std::vector<SimulatedTask> tasks;             ///< named after their first operators
    std::vector<std::vector<OperatorId>> run_by;  ///< [task]
    std::vector<Time> start;                      ///< [operator]
    Time time;                                    ///< simulated time, with contention for DRAM and links
};

/// Local search from HEFT, PEFT and those of `starts` that meet the limits. Moves operators (first corresponding ones
/// of all blocks together, then single ones) and changes their order while the simulated time improves, up to a step
/// limit. Absent if nothing within the limits was found.
[[nodiscard]] std::optional<OverlappedPass> overlapped_pass(const LengthPlan& length, const ModelStage& stage,
                                                            const Profile& profile,
                                                            const std::vector<Assignment>& starts);

/// Concurrent execution of an assignment; operators of higher `order` go first. An empty `order` means HEFT's ranks.
[[nodiscard]] OverlappedPass overlap_of(const LengthPlan& length, const ModelStage& stage, const Profile& profile,
                                        const Assignment& assignment, const std::vector<Time>& order = {});

/// Lower bound on any pass, serial ones included: the larger of the longest operator chain on the best devices for it
/// and the minimum load of the bottleneck resource (cores, link, DMA, DRAM).
[[nodiscard]] Time overlap_bound(const LengthPlan& length, const ModelStage& stage, const Profile& profile);

}  // namespace berth
