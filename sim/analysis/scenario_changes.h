// The inputs in which two scenarios differ, each as a change that can be made to the documents of one.
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

/// Both scenarios with what they are read from.
struct ComparedScenario {
    const Scenario& scenario;
    const ScenarioInputs& inputs;
};

/// In the order that diff_scenarios() promises; both sides have to outlive them.
[[nodiscard]] std::vector<InputChange> changes_between(const ComparedScenario& before, const ComparedScenario& after);

}  // namespace berth
