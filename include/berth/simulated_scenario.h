// A placed scenario as a system to simulate: what one request does on the devices, their links and their memory.
#pragma once

#include <optional>
#include <vector>

#include "berth/evaluation.h"
#include "berth/scenario.h"
#include "berth/simulation.h"

namespace berth {

/// Stages one after the other, each as often as it repeats, at their chosen placements; each is a phase. Pools: the
/// cores of each device, the thread that enters its runtime, and one hand-over at a time. A device with static shapes
/// runs a segment as one call, one with dynamic shapes operator by operator; a call holds the cores that the stage
/// uses. What moves through DRAM is spread over the time of a call, and takes longer where calls draw more than the DMA
/// of their device carries or than the DRAM sustains. Fixed stages hold one core of their device, or nothing that
/// others wait for. A request alone takes the total that `evaluate` gives.
[[nodiscard]] SimulatedSystem simulated_system(const Scenario& scenario, const ScenarioResult& result);

/// The scenario's traffic on that system; absent where it asks for none. `traced`: requests whose spans are kept.
/// `with_outlook`: also, where there is a budget, how likely it is met, by simulating again under draws of the
/// uncertain numbers.
[[nodiscard]] std::optional<TrafficResult> simulate_traffic(const Scenario& scenario, const ScenarioResult& result,
                                                            std::size_t traced = 0, bool with_outlook = true);

/// One request on that system, with its spans.
[[nodiscard]] TrafficResult request_alone(const Scenario& scenario, const ScenarioResult& result);

}  // namespace berth
