// Differences between two scenarios, as building blocks for text, picture and page.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "berth/analysis/scenario_diff.h"
#include "berth/base/brief_text.h"
#include "report/json_values.h"
#include "report/text_table.h"

namespace berth {

/// The larger of both totals, and the common unit in which both are shown.
[[nodiscard]] Time scale_of(const ScenarioDiff& diff);
[[nodiscard]] TimeUnit unit_of(const ScenarioDiff& diff);
/// Whether a change is significant relative to a total.
[[nodiscard]] bool matters(Time change, Time total);
/// A change with its sign; 0 if it is not significant relative to a total, and both times read alike beside it.
[[nodiscard]] std::string signed_text(Time before, Time after, Time total, TimeUnit unit);

/// Distinguishing names of both sides: their chips, or if these are equal their scenarios and changed settings.
[[nodiscard]] std::string start_name(const ScenarioDiff& diff);
[[nodiscard]] std::string end_name(const ScenarioDiff& diff);

[[nodiscard]] std::string moves_text(const std::vector<DecisionChange>& moves);
[[nodiscard]] std::string inputs_text(const std::vector<InputDifference>& inputs);
[[nodiscard]] std::string answers_text(const std::vector<AnswerChange>& answers);
/// "Total 380 ms (...) -> 688 ms (...): +307 ms, +80.8%."
[[nodiscard]] std::string total_sentence(const ScenarioDiff& diff);

/// Whether a step changed the total or a decision; other steps are listed below the table.
[[nodiscard]] bool is_in_table(const DiffStep& step);
/// A row of the table and of the waterfall: one step, or several consecutive small steps.
struct ShownStep {
    std::string label, moves, brief;  ///< `brief` is for pictures
    Time before, after;
    std::size_t small = 0;  ///< number of merged small steps
};
[[nodiscard]] std::vector<ShownStep> shown_steps(const ScenarioDiff& diff);

/// Effect of each step on the total, starting from the first total.
[[nodiscard]] TextTable diff_step_rows(const ScenarioDiff& diff);
/// Time by operator class on both sides.
[[nodiscard]] TextTable diff_class_rows(const ScenarioDiff& diff);

/// The document that diff_json() writes.
[[nodiscard]] Json json_of(const ScenarioDiff& diff);

}  // namespace berth
