// What a scenario answers besides its total: intervals, energy, the budget, and what its arrivals see.
#pragma once

#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "berth/scenario.h"
#include "berth/scenario_diff.h"

namespace berth {

struct Answer {
    std::string name;  ///< with its unit, as in JSON
    double value = 0;
};

/// Needs a result with uncertainty, and with operators where the scenario has arrivals, which are simulated.
[[nodiscard]] std::vector<Answer> other_answers(const Scenario& scenario, const ScenarioResult& result);

/// Evaluates for just those answers; none if the scenario does not run.
[[nodiscard]] std::vector<Answer> answers_of(const Scenario& scenario);

/// What evaluate() has to be asked for, for other_answers().
[[nodiscard]] EvaluationOptions options_for_answers(const Scenario& scenario);

/// Those that differ by more than rounding, in the order of the first, then what only the second has.
[[nodiscard]] std::vector<AnswerChange> answer_changes(const std::vector<Answer>& before,
                                                       const std::vector<Answer>& after);

}  // namespace berth
