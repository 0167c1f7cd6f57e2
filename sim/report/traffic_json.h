// Simulated traffic in the JSON report.
#pragma once

#include <string>

#include "berth/evaluation/simulated_scenario.h"
#include "report/json_values.h"

namespace berth {

/// "3 users who think 10 s between requests".
[[nodiscard]] std::string arrivals_text(const Arrivals& arrivals);
/// Stages whose requests differ in length, of which the simulation takes the mean time.
[[nodiscard]] std::vector<std::string> stages_of_mean_length(const Scenario& scenario);
[[nodiscard]] Json json_traffic(const TrafficResult& traffic);
[[nodiscard]] Json json_time(const SimulatedTime& time);
[[nodiscard]] Json json_chats(const ScenarioResult& result);
[[nodiscard]] Json json_slowdowns(const ScenarioResult& result);
[[nodiscard]] Json json_core_splits(const ScenarioResult& result);
[[nodiscard]] Json json_batch_sizes(const ScenarioResult& result);

}  // namespace berth
