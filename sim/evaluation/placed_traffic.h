// A stream of requests on a scenario as it is placed, whatever its requests are.
#pragma once

#include "berth/simulated_scenario.h"

namespace berth {

/// simulate_traffic() for chats alone, too. Throws std::logic_error for a scenario without arrivals.
[[nodiscard]] TrafficResult placed_traffic(const Scenario& scenario, const ScenarioResult& result,
                                           const StreamOptions& options);

}  // namespace berth
