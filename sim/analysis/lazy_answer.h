// A scenario that is evaluated only as far as a comparison requires.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/answer_difference.h"
#include "analysis/other_answers.h"
#include "berth/evaluation/evaluation.h"

namespace berth {

class LazyAnswer {
  public:
    /// Absent if the scenario does not load.
    explicit LazyAnswer(std::optional<Scenario> scenario) : scenario_(std::move(scenario)) {}
    /// Null if the scenario does not load or cannot run.
    [[nodiscard]] const Scenario* scenario() const { return scenario_ ? &*scenario_ : nullptr; }
    /// Latencies and choices; null if the scenario cannot run.
    [[nodiscard]] const ScenarioResult* totals();
    /// The full result, as in a report.
    [[nodiscard]] const ScenarioResult* whole();
    /// Null if the scenario has no request stream.
    [[nodiscard]] const TrafficResult* traffic();
    /// Empty if the scenario has no chats.
    [[nodiscard]] std::vector<Answer> chats();

  private:
    const ScenarioResult* evaluated(std::optional<ScenarioResult>& kept, const EvaluationOptions& options);

    std::optional<Scenario> scenario_;
    std::optional<ScenarioResult> totals_, whole_;
    std::optional<TrafficResult> traffic_;
};

/// What differs, in words, between two answers of the same total and choices: "intervals and the stream of requests".
[[nodiscard]] std::string moved_parts(LazyAnswer& before, LazyAnswer& after);

/// Difference between two answers. Totals are compared first, the rest only if they are equal.
[[nodiscard]] AnswerDifference compared(LazyAnswer& before, LazyAnswer& after);

}  // namespace berth
