// A scenario evaluated only as far as comparing it with another one asks for.
#pragma once

#include <optional>
#include <vector>

#include "analysis/answer_difference.h"
#include "analysis/other_answers.h"
#include "berth/evaluation.h"

namespace berth {

class LazyAnswer {
  public:
    /// Absent: the scenario does not load.
    explicit LazyAnswer(std::optional<Scenario> scenario) : scenario_(std::move(scenario)) {}
    /// Null where it does not load or cannot run.
    [[nodiscard]] const Scenario* scenario() const { return scenario_ ? &*scenario_ : nullptr; }
    /// Latencies and choices; null where it cannot run.
    [[nodiscard]] const ScenarioResult* totals();
    /// Everything, as a report has it.
    [[nodiscard]] const ScenarioResult* whole();
    /// Null where it has no requests.
    [[nodiscard]] const TrafficResult* traffic();
    /// None where it has no chats.
    [[nodiscard]] std::vector<Answer> chats();

  private:
    const ScenarioResult* evaluated(std::optional<ScenarioResult>& kept, const EvaluationOptions& options);

    std::optional<Scenario> scenario_;
    std::optional<ScenarioResult> totals_, whole_;
    std::optional<TrafficResult> traffic_;
};

/// What differs between two: their totals are compared first, and the rest only where those are the same.
[[nodiscard]] AnswerDifference compared(LazyAnswer& before, LazyAnswer& after);

}  // namespace berth
