// Stability and deadline outlook of a stream under the uncertainty of the profile's numbers.
#pragma once

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"
#include "berth/simulation/simulation.h"

namespace berth {

/// Adds the probability that the stream is unstable and, if there is a budget, the probability of meeting it. The load,
/// which is a sum, is evaluated for many draws of the uncertain numbers; a sample of the draws, evenly spaced in order
/// of expected request time, is simulated.
void add_outlook(const Scenario& scenario, const ScenarioResult& result, TrafficResult& simulated);

}  // namespace berth
