// How a stream fares under what the profile's numbers may be.
#pragma once

#include "berth/evaluation.h"
#include "berth/scenario.h"
#include "berth/simulation.h"

namespace berth {

/// Adds how likely requests pile up and, where there is a budget, how likely they meet it. Many draws of the uncertain
/// numbers give the load, which is a sum; some of them, evenly spread over how long requests may take, are simulated.
void add_outlook(const Scenario& scenario, const ScenarioResult& result, TrafficResult& simulated);

}  // namespace berth
