// Operators that run at a narrower floating-point dtype than their stage asks for.
#pragma once

#include <vector>

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// A warning per stage whose chosen placement computes at a narrower dtype than the stage's, since its devices have no
/// wider one: the results may be less exact than was asked for.
[[nodiscard]] std::vector<Warning> narrowed_precisions(const Scenario& scenario, const ScenarioResult& result);

}  // namespace berth
