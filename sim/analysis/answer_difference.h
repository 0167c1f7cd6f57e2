// What differs between two answers to a scenario, as far as somebody who reads them can tell.
#pragma once

#include <string>
#include <vector>

#include "berth/evaluation.h"

namespace berth {

/// A placement of a stage that neither answer chose, and its latency in each; absent where it cannot run.
struct MovedCandidate {
    std::string stage, placement, chosen;
    std::optional<Time> before, after;  ///< equal: it differs in something else, such as energy or interval
};

struct AnswerDifference {
    bool chosen = false;                 ///< a total, a choice, or a number of what was chosen
    std::vector<MovedCandidate> others;  ///< without `chosen` only
    [[nodiscard]] bool none() const { return !chosen && others.empty(); }
};

/// Both evaluated with the same options.
[[nodiscard]] AnswerDifference difference_of(const ScenarioResult& before, const ScenarioResult& after);

/// Whether requests fare the same: rates, latencies, use of resources, budgets.
[[nodiscard]] bool same_traffic(const TrafficResult& before, const TrafficResult& after);

/// In the six digits that are shown.
[[nodiscard]] bool numbers_differ(double a, double b);

}  // namespace berth
