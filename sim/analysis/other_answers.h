// Answers of a scenario besides its total: intervals, energy, budget, and results of its request stream.
#pragma once

#include <string>
#include <vector>

#include "berth/analysis/scenario_diff.h"
#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

struct Answer {
    AnswerName name;
    double value = 0;
};

/// Requires a result with uncertainty, and with operators if the scenario has arrivals, which are simulated.
[[nodiscard]] std::vector<Answer> other_answers(const Scenario& scenario, const ScenarioResult& result);

/// Evaluation options that other_answers() requires.
[[nodiscard]] EvaluationOptions options_for_answers(const Scenario& scenario);

/// Null if there is none.
[[nodiscard]] const Answer* answer_named(const std::vector<Answer>& answers, const std::string& key);

/// Answers that differ by more than rounding, in the order of the first list, followed by those only in the second.
[[nodiscard]] std::vector<AnswerChange> answer_changes(const std::vector<Answer>& before,
                                                       const std::vector<Answer>& after);

}  // namespace berth
