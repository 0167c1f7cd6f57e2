// Input differences between two scenarios, each as a change that can be applied to the documents of one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "berth/analysis/scenario_diff.h"
#include "berth/scenario/scenario_inputs.h"

namespace berth {

struct InputChange {
    InputDifference input;
    std::function<void(ScenarioInputs&)> make;
    bool name = false;  ///< what something is called, from which nothing is computed
};

/// A stage that both scenarios have, under different names.
struct StageRenaming {
    std::string before, after;
};
[[nodiscard]] std::vector<StageRenaming> renamed_stages(const ScenarioInputs& before, const ScenarioInputs& after);

/// A scenario with the documents that it was read from.
struct ComparedScenario {
    const Scenario& scenario;
    const ScenarioInputs& inputs;
};

/// Changes in the order that diff_scenarios() guarantees; both sides must outlive them.
[[nodiscard]] std::vector<InputChange> changes_between(const ComparedScenario& before, const ComparedScenario& after);

}  // namespace berth
