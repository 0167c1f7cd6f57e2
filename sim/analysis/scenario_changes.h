// Input differences between two scenarios, each as a change that can be applied to the documents of one.
#pragma once

#include <functional>
#include <vector>

#include "berth/scenario_diff.h"
#include "berth/scenario_inputs.h"

namespace berth {

struct InputChange {
    InputDifference input;
    std::function<void(ScenarioInputs&)> make;
};

/// A scenario with the documents that it was read from.
struct ComparedScenario {
    const Scenario& scenario;
    const ScenarioInputs& inputs;
};

/// Changes in the order that diff_scenarios() guarantees; both sides must outlive them.
[[nodiscard]] std::vector<InputChange> changes_between(const ComparedScenario& before, const ComparedScenario& after);

}  // namespace berth
