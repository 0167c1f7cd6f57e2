// A placed scenario as a system to simulate: the tasks of one request on the devices, their links and their memory.
#pragma once

#include <functional>
#include <optional>

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"
#include "berth/simulation/simulation.h"

namespace berth {

/// Builds the system of a placed scenario: stages in sequence, each repeated as stated, at their chosen placements;
/// each stage is a phase. Pools are the cores of each device, the thread that enters its runtime, and one hand-over at
/// a time. A device with static shapes runs a segment as one call. A device with dynamic shapes runs operator by
/// operator, so that requests interleave; consecutive operators are merged up to a 64th of the request's time. A call
/// holds the cores that the stage uses. Its DRAM traffic is spread over its time, and takes longer where calls together
/// exceed the DMA of their device or the sustained DRAM bandwidth. Fixed stages hold cores of their device, or no
/// shared resource. A request without contention takes the total that `evaluate` gives.
[[nodiscard]] SimulatedSystem simulated_system(const Scenario& scenario, const std::vector<StageResult>& stages);

/// Requested results besides the statistics.
struct StreamOptions {
    std::size_t traced = 0;  ///< number of requests whose spans are kept
    /// Compute the probabilities of piling up and of meeting the budget, under the profile's uncertainty.
    bool outlook = true;
    std::function<void(const SimulationProgress&)> progress = {};
};

/// Simulates the scenario's stream on one of its systems; the source of every percentile of a configuration. Its length
/// follows from kStreamPrecision, within the number of requests that the scenario allows; a trace is simulated whole.
/// Throws std::logic_error for a scenario without arrivals.
[[nodiscard]] SimulationResult simulate_stream(const Scenario& scenario, const SimulatedSystem& system,
                                               const StreamOptions& options = {});

/// Simulates the scenario's traffic as placed, with an outlook; absent if the scenario has no traffic, or chats only.
/// Stages whose requests are chats are served pass by pass, batched with answers of other requests; the device that
/// generates the tokens holds everything that such a pass needs.
[[nodiscard]] std::optional<TrafficResult> simulate_traffic(const Scenario& scenario, const ScenarioResult& result,
                                                            const StreamOptions& options = {});

/// The result reduced to the first traced requests, for a picture of them.
[[nodiscard]] TrafficResult first_requests(TrafficResult traffic, std::size_t requests);

/// One request without contention on that system, with its spans.
[[nodiscard]] TrafficResult request_alone(const Scenario& scenario, const ScenarioResult& result);

}  // namespace berth
