// A schedule of one pass as tasks to simulate.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "berth/scenario.h"
#include "berth/simulation.h"
#include "evaluation/work.h"
#include "placement/list_schedule.h"

namespace berth {

struct PassTasks {
    std::vector<SimulatedTask> tasks;
    std::vector<std::vector<OperatorId>> run_by;      ///< [task] operators; a hand-over's is the one it is for
    std::vector<std::pair<std::size_t, Time>> place;  ///< [operator] the call that runs it, and how far into it
};

/// Units into calls on `resources` (see resources_of), behind the hand-overs and the entry of a runtime that they wait
/// for, and behind the call before them on their lane. On a device with static shapes units are one call as long as
/// nothing outside waits for their results and they wait for nothing new. `named`: tasks bear the names of the
/// operators that they begin with, which a search does without.
[[nodiscard]] PassTasks tasks_of(const ListSchedule& schedule, const LengthPlan& length, const ModelStage& stage,
                                 const Profile& profile, const SimulatedSystem& resources, bool named);

}  // namespace berth
