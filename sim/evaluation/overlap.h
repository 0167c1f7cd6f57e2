// A pass whose devices work at once: branches that do not wait for each other run side by side.
#pragma once

#include <optional>
#include <vector>

#include "berth/evaluation.h"
#include "berth/scenario.h"
#include "berth/simulation.h"
#include "evaluation/work.h"

namespace berth {

/// On the resources of the profile (see resources_of). Devices with static shapes run one call after the other, others
/// as many operators side by side as the cores that the stage does not use for one allow. A call starts when its inputs
/// are there and shows its results at its end.
struct OverlappedPass {
    Assignment assignment;
    std::vector<SimulatedTask> tasks;             ///< named by what they begin with
    std::vector<std::vector<OperatorId>> run_by;  ///< [task]
    std::vector<Time> start;                      ///< [operator]
    Time time;                                    ///< simulated, with DRAM and links shared
};

/// Starts from HEFT, PEFT and `starts`, whatever of them keeps to the limits, and moves operators (alike ones of all
/// blocks together, then single ones) and their order as long as the simulated time gets less. Cut short by steps.
/// Absent if nothing within the limits was found.
[[nodiscard]] std::optional<OverlappedPass> overlapped_pass(const LengthPlan& length, const ModelStage& stage,
                                                            const Profile& profile,
                                                            const std::vector<Assignment>& starts);

/// An assignment as it runs with devices at once, operators of higher `order` first, or if it is empty in HEFT's.
[[nodiscard]] OverlappedPass overlap_of(const LengthPlan& length, const ModelStage& stage, const Profile& profile,
                                        const Assignment& assignment, const std::vector<Time>& order = {});

/// No pass is shorter, serial ones included: the longest chain of operators on the devices best for it, and what the
/// bottleneck resource (cores, link, DMA, DRAM) has to do at least.
[[nodiscard]] Time overlap_bound(const LengthPlan& length, const ModelStage& stage, const Profile& profile);

}  // namespace berth
