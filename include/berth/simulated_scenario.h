// A placed scenario as a system to simulate: what one request does on the devices, their links and their memory.
#pragma once

#include <optional>
#include <vector>

#include "berth/evaluation.h"
#include "berth/scenario.h"
#include "berth/simulation.h"

namespace berth {

/// Stages one after the other, each as often as it repeats, at their chosen placements. Pools: the cores of each
/// device, and one hand-over at a time. A device with static shapes runs a segment as one call, one with dynamic shapes
/// operator by operator; a call holds the cores that the stage uses. What moves through DRAM is spread over the time of
/// a call, and takes longer where the calls of all devices together draw more than the DRAM sustains. Fixed stages hold
/// one core of their device, or nothing that others wait for. A request alone takes the total that `evaluate` gives.
[[nodiscard]] SimulatedSystem simulated_system(const Scenario& scenario, const ScenarioResult& result);

/// The scenario's traffic on that system; absent where it asks for none. `traced`: requests whose spans are kept.
[[nodiscard]] std::optional<TrafficResult> simulate_traffic(const Scenario& scenario, const ScenarioResult& result,
                                                            std::size_t traced = 0);

}  // namespace berth
