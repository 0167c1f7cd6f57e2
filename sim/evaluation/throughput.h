// Which way the passes of all stages run, so that a stream sustains the highest rate.
#pragma once

#include <vector>

#include "berth/evaluation.h"
#include "berth/scenario.h"
#include "evaluation/work.h"

namespace berth {

/// A stage with what its placements are made of; no lengths for a fixed one.
struct PlannedStage {
    StageResult result;
    std::vector<LengthPlan> lengths;
};

/// Distributes the passes of every stage over its candidates (whole models also on other numbers of cores, where the
/// scenario leaves them open and all cores are alike; splits that relieve the bottleneck resource are looked for as
/// finely as the stage allows) so that the bottleneck resource of all has least to do per request. Returns a rate that
/// nothing of all this exceeds, by a linear programme. Candidates carry their operators.
[[nodiscard]] Frequency balance_stages(const Scenario& scenario, std::vector<PlannedStage>& stages,
                                       const EvaluationOptions& options);

/// What the bottleneck resource allows with passes as they are placed.
[[nodiscard]] SustainedRate sustained_rate(const Scenario& scenario, const ScenarioResult& result,
                                           Frequency upper_bound);

}  // namespace berth
