// Converts the schedule of one pass into simulation tasks.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "berth/scenario/scenario.h"
#include "berth/simulation/simulation.h"
#include "evaluation/work.h"
#include "placement/list_schedule.h"

namespace berth {

struct PassTasks {
    std::vector<SimulatedTask> tasks;
    std::vector<std::vector<OperatorId>> run_by;      ///< [task] operators; for a hand-over, the operator that needs it
    std::vector<std::pair<std::size_t, Time>> place;  ///< [operator] its call, and its start offset within the call
};

/// Groups scheduled units into calls on `resources` (see resources_of). A call follows its hand-overs, the entry into
/// its runtime and the previous call on its lane. On a device with static shapes, units stay in one call as long as
/// nothing outside needs their results and they need no new input. `named`: name tasks after their first operators,
/// which a search skips.
[[nodiscard]] PassTasks tasks_of(const ListSchedule& schedule, const LengthPlan& length, const ModelStage& stage,
                                 const Profile& profile, const SimulatedSystem& resources, bool named);

}  // namespace berth
