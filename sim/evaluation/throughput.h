// Distribution of passes over placements that maximises the sustained rate of a stream.
#pragma once

#include <vector>

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"
#include "evaluation/work.h"

namespace berth {

/// A stage with the plans of its input lengths; a fixed stage has none.
struct PlannedStage {
    StageResult result;
    std::vector<LengthPlan> lengths;
};

/// Distributes the passes of every stage over its candidates to minimise the bottleneck load per request. Candidates
/// include whole models on other numbers of cores (if the scenario leaves them open and all cores are equal) and splits
/// that relieve the bottleneck resource, searched at the stage's granularity. Returns an upper bound on the rate over
/// all these choices, from a linear programme. Candidates carry their operators.
[[nodiscard]] Frequency balance_stages(const Scenario& scenario, std::vector<PlannedStage>& stages,
                                       const EvaluationOptions& options);

/// Rate that the bottleneck resource allows with the passes as placed.
[[nodiscard]] SustainedRate sustained_rate(const Scenario& scenario, const ScenarioResult& result,
                                           Frequency upper_bound);

}  // namespace berth
