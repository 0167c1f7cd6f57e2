// Simulated traffic as part of the JSON report.
#pragma once

#include "berth/simulated_scenario.h"
#include "report/json_values.h"

namespace berth {

[[nodiscard]] Json json_traffic(const TrafficResult& traffic);

}  // namespace berth
