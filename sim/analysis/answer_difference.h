// Reportable differences between two answers to a scenario.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation/evaluation.h"

namespace berth {

/// A placement that neither answer chose, with its latency in each; absent where it is infeasible.
struct MovedCandidate {
    std::string stage, placement, chosen;
    std::optional<Time> before, after;  ///< equal if the difference is in another figure, such as energy or interval
};

struct AnswerDifference {
    bool chosen = false;                 ///< the total, a choice, or a figure of a chosen placement differs
    std::vector<MovedCandidate> others;  ///< filled only if `chosen` is false
    [[nodiscard]] bool none() const { return !chosen && others.empty(); }
};

/// Both results must come from an evaluation with the same options.
[[nodiscard]] AnswerDifference difference_of(const ScenarioResult& before, const ScenarioResult& after);

/// Whether rows of a sweep differ: totals, choices, and times of all placements.
[[nodiscard]] bool rows_differ(const ScenarioResult& before, const ScenarioResult& after);

/// What a placement holds in memory: its weights, or its activations where those are the same.
struct MovedMemory {
    std::string stage, placement;
    Bytes before, after;
};
/// A chosen placement that holds more or less, of two answers that differ in nothing but memory; absent for others.
[[nodiscard]] std::optional<MovedMemory> moved_in_memory_alone(const ScenarioResult& before,
                                                               const ScenarioResult& after);

/// Parts of the answer that differ, of two that have the same total and choices: "intervals", "energy".
[[nodiscard]] std::vector<std::string> parts_that_differ(const ScenarioResult& before, const ScenarioResult& after);

/// Whether both streams have the same rates, latencies, resource use and budgets.
[[nodiscard]] bool same_traffic(const TrafficResult& before, const TrafficResult& after);

/// Whether two numbers differ in the six digits that are shown.
[[nodiscard]] bool numbers_differ(double a, double b);
[[nodiscard]] bool times_differ(const Estimate<Time>& a, const Estimate<Time>& b);

}  // namespace berth
