// Results of a scenario's simulated traffic as text, CSV and a trace for a viewer.
#pragma once

#include <string>

#include "berth/base/text_width.h"
#include "berth/evaluation/simulated_scenario.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// Latency under the scenario's arrivals with confidence intervals, and the utilisation of each resource; for an
/// unstable stream, the sustainable rate instead.
[[nodiscard]] std::string traffic_text(const TrafficResult& traffic, const Scenario& scenario, TextWidth width = {});

/// Chats under each placement: time to first token, token rates and sustainable rate. Empty without chats.
[[nodiscard]] std::string chats_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width = {});
/// The chats as CSV, one row per placement.
[[nodiscard]] std::string chats_csv(const ScenarioResult& result);

/// Slow-downs that stages cause each other, where the scenario limits them; otherwise empty.
[[nodiscard]] std::string slowdowns_text(const ScenarioResult& result, TextWidth width = {});

/// The traced requests as a Chrome trace (chrome://tracing, Perfetto): one process per pool with a thread per request,
/// requests as spans of their own, arrows to tasks that wait on another pool, and the bandwidth drawn from each
/// resource as a counter.
[[nodiscard]] std::string chrome_trace(const TrafficResult& traffic);

}  // namespace berth
