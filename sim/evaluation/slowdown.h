// How much one stage slows another where requests meet.
#pragma once

#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "berth/scenario.h"

namespace berth {

/// For each limit that `stage` sets, how much longer the other stage takes under the scenario's arrivals than it would
/// if `stage` took its time without holding or drawing anything. Absent values: requests pile up.
[[nodiscard]] std::vector<StageSlowdown> slowdowns_by(const Stage& stage, const Scenario& scenario,
                                                      const ScenarioResult& result);

[[nodiscard]] bool within_limits(const std::vector<StageSlowdown>& slowdowns);

}  // namespace berth
