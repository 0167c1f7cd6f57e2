// A placed scenario as a system to simulate: what one request does on the devices, their links and their memory.
#pragma once

#include <functional>
#include <optional>

#include "berth/evaluation.h"
#include "berth/scenario.h"
#include "berth/simulation.h"

namespace berth {

/// Stages one after the other, each as often as it repeats, at their chosen placements; each is a phase. Pools: the
/// cores of each device, the thread that enters its runtime, and one hand-over at a time. A device with static shapes
/// runs a segment as one call; one with dynamic shapes runs operator by operator, so that requests take turns, but
/// operators that follow one another on it are put together up to a 64th of the request's time. A call holds the cores
/// that the stage uses. What moves through DRAM is spread over the time of a call, and takes longer where calls draw
/// more than the DMA of their device carries or than the DRAM sustains. Fixed stages hold cores of their device, or
/// nothing that others wait for. A request alone takes the total that `evaluate` gives.
[[nodiscard]] SimulatedSystem simulated_system(const Scenario& scenario, const ScenarioResult& result);

/// What is asked for besides the statistics.
struct StreamOptions {
    std::size_t traced = 0;  ///< requests whose spans are kept
    bool outlook = true;     ///< how likely requests pile up, and the budget is met, under the profile's uncertainty
    std::function<void(const SimulationProgress&)> progress = {};
};

/// The scenario's stream on one of its systems: what every percentile of a configuration comes from. It is as long as
/// kStreamPrecision asks for, within the number of requests that the scenario allows; a trace is simulated whole.
/// Throws std::logic_error for a scenario without arrivals.
[[nodiscard]] SimulationResult simulate_stream(const Scenario& scenario, const SimulatedSystem& system,
                                               const StreamOptions& options = {});

/// The same for a stream: stages whose requests are chats are served pass by pass, with answers of other requests; all
/// that such a pass needs is held by the device that makes the tokens.
[[nodiscard]] SimulatedSystem stream_system(const Scenario& scenario, const ScenarioResult& result);

/// The scenario's traffic as it is placed, with an outlook; absent where it asks for none, or for chats alone.
[[nodiscard]] std::optional<TrafficResult> simulate_traffic(const Scenario& scenario, const ScenarioResult& result,
                                                            const StreamOptions& options = {});

/// The first of the traced requests only, as a picture of them needs it.
[[nodiscard]] TrafficResult first_requests(TrafficResult traffic, std::size_t requests);

/// One request on that system, with its spans.
[[nodiscard]] TrafficResult request_alone(const Scenario& scenario, const ScenarioResult& result);

}  // namespace berth
