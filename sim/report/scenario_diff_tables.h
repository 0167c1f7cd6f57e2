// What differs between two scenarios, in the pieces that text, picture and page are made of.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "berth/brief_text.h"
#include "berth/scenario_diff.h"
#include "report/json_values.h"
#include "report/text_table.h"

namespace berth {

/// The larger of both totals, and the unit in which both are read beside each other.
[[nodiscard]] Time scale_of(const ScenarioDiff& diff);
[[nodiscard]] TimeUnit unit_of(const ScenarioDiff& diff);
/// Whether a change is one at all beside that total.
[[nodiscard]] bool matters(Time change, Time total);
/// In the digits that matter beside a total.
[[nodiscard]] std::string signed_text(Time change, Time total, TimeUnit unit);

/// What tells both ends apart: their chips, or else their scenarios and what was changed in them.
[[nodiscard]] std::string start_name(const ScenarioDiff& diff);
[[nodiscard]] std::string end_name(const ScenarioDiff& diff);

[[nodiscard]] std::string moves_text(const std::vector<DecisionChange>& moves);
[[nodiscard]] std::string inputs_text(const std::vector<InputDifference>& inputs);
[[nodiscard]] std::string answers_text(const std::vector<AnswerChange>& answers);
/// "Total 380 ms (...) -> 688 ms (...): +307 ms, +80.8%."
[[nodiscard]] std::string total_sentence(const ScenarioDiff& diff);

/// Those that moved the total or a decision; the others stand below.
[[nodiscard]] bool is_in_table(const DiffStep& step);
/// A row of the table and of the waterfall: one step, or several that follow each other and do little.
struct ShownStep {
    std::string label, moves, brief;  ///< brief: for a picture
    Time before, after;
    std::size_t small = 0;  ///< steps that are in it because they do little
};
[[nodiscard]] std::vector<ShownStep> shown_steps(const ScenarioDiff& diff);

/// What each of them did to the total, from the first total on.
[[nodiscard]] TextTable diff_step_rows(const ScenarioDiff& diff);
/// Time by class of operators on both sides.
[[nodiscard]] TextTable diff_class_rows(const ScenarioDiff& diff);

/// What diff_json() writes.
[[nodiscard]] Json json_of(const ScenarioDiff& diff);

}  // namespace berth
