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

/// Chats under each placement: waits for the first token, rates of tokens and what is sustainable. Empty without chats.
[[nodiscard]] std::string chats_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width = {});
/// The same, a row per placement.
[[nodiscard]] std::string chats_csv(const ScenarioResult& result);

/// How much stages slow others, where the scenario limits it; else empty.
[[nodiscard]] std::string slowdowns_text(const ScenarioResult& result, TextWidth width = {});

/// The traced requests as a Chrome trace (chrome://tracing, Perfetto): one process per pool with a
/// thread per request, requests as spans of their own, arrows to the tasks that wait on another pool, and what each
/// bandwidth carries as a counter.
[[nodiscard]] std::string chrome_trace(const TrafficResult& traffic);

}  // namespace berth
