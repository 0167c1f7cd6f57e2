// What was simulated of a scenario's traffic, for people, for programs and for a trace viewer.
#pragma once

#include <string>

#include "berth/scenario.h"
#include "berth/simulated_scenario.h"
#include "berth/text_width.h"

namespace berth {

/// Latency under the scenario's arrivals with confidence intervals, and how busy each resource was; of a stream that
/// piles up, what would be sustainable instead.
[[nodiscard]] std::string traffic_text(const TrafficResult& traffic, const Scenario& scenario, TextWidth width = {});

/// How much stages slow others, where the scenario limits it; else empty.
[[nodiscard]] std::string slowdowns_text(const ScenarioResult& result, TextWidth width = {});

/// The traced requests as a Chrome trace (chrome://tracing, Perfetto): one process per pool with a
/// thread per request, requests as spans of their own, arrows to the tasks that wait on another pool, and what each
/// bandwidth carries as a counter.
[[nodiscard]] std::string chrome_trace(const TrafficResult& traffic);

}  // namespace berth
