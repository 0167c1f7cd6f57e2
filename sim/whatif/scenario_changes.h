// The inputs in which two scenarios differ, each as a change that can be made to a scenario.
#pragma once

#include <functional>
#include <vector>

#include "berth/scenario_diff.h"

namespace berth {

struct ScenarioChange {
    InputDifference input;
    std::function<void(Scenario&)> make;
};

/// In the order that diff_scenarios() promises; both scenarios have to outlive them.
[[nodiscard]] std::vector<ScenarioChange> changes_between(const Scenario& before, const Scenario& after);

}  // namespace berth
