// Simulated traffic as part of the JSON report.
#pragma once

#include "berth/simulated_scenario.h"
#include "report/json_values.h"

namespace berth {

[[nodiscard]] Json json_traffic(const TrafficResult& traffic);
[[nodiscard]] Json json_slowdowns(const ScenarioResult& result);
[[nodiscard]] Json json_core_splits(const ScenarioResult& result);
[[nodiscard]] Json json_batch_sizes(const ScenarioResult& result);

}  // namespace berth
