// Answers about the stages of a result: what `run` prints of each besides its time.
#pragma once

#include <vector>

#include "analysis/other_answers.h"
#include "berth/evaluation/evaluation.h"

namespace berth {

/// Interval, probability of the choice, budget and memory of each stage, as `NAME.low_ms` and the like. Requires a
/// result with uncertainty.
[[nodiscard]] std::vector<Answer> stage_answers(const ScenarioResult& result);

}  // namespace berth
