// Two scenarios side by side: what differs in what they are given, and what each difference did to the latency.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation.h"

namespace berth {

/// One input in both, as `--set` takes it where it can be set alone.
struct InputDifference {
    std::string path, before, after;
};

/// A stage that runs elsewhere than before.
struct DecisionChange {
    std::string stage, before, after;
};

/// Stages of both results that are recommended elsewhere.
[[nodiscard]] std::vector<DecisionChange> decisions_between(const ScenarioResult& before, const ScenarioResult& after);

/// Inputs that were changed together: alone the scenario would not have run with the first of them.
struct DiffStep {
    std::vector<InputDifference> inputs;
    Time before, after;  ///< the total
    std::vector<DecisionChange> decisions;
};

/// Time of one class of operators over all stages, repeats included.
struct ClassDifference {
    std::string name;
    Time before, after;
};

struct ScenarioDiff {
    ScenarioResult before, after;
    std::vector<DiffStep> steps;           ///< in the order they were made; their changes add up to the whole
    std::vector<ClassDifference> classes;  ///< theirs do too
    std::vector<DecisionChange> decisions;
};

/// Changes the first scenario into the second, one input after the other: numbers of the hardware and its rules, then
/// stage by stage model, dtype, tokens, buckets, batch, cores, clocks, device, granularity, repeats or fixed time, then
/// stages that come or go, and the objective. Where more than a dozen numbers of the hardware differ, all of a device
/// are one input. Errors: what keeps either scenario from running.
[[nodiscard]] std::optional<ScenarioDiff> diff_scenarios(const Scenario& before, const Scenario& after,
                                                         Diagnostics& diagnostics);

}  // namespace berth
