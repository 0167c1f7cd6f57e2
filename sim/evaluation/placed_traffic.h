// Simulation of a request stream on a placed scenario, for any kind of request.
#pragma once

#include "berth/evaluation/simulated_scenario.h"

namespace berth {

/// simulate_traffic() that also accepts scenarios of chats only. Throws std::logic_error for a scenario without
/// arrivals.
[[nodiscard]] TrafficResult placed_traffic(const Scenario& scenario, const ScenarioResult& result,
                                           const StreamOptions& options);

}  // namespace berth
