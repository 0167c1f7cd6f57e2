// What a design review asks beyond the result of a scenario: what each number does, where a decision turns, what to
// measure next, and how good the profile has proved to be.
#pragma once

#include <optional>
#include <vector>

#include "berth/crossover.h"
#include "berth/evaluation.h"
#include "berth/next_measurement.h"
#include "berth/scenario.h"
#include "berth/sensitivity.h"
#include "berth/validation.h"

namespace berth {

/// Where the fastest two devices of a stage change places as its input grows.
struct LengthCrossover {
    CrossoverQuestion question;
    CrossoverAnswer answer;
};

/// Empty parts: the scenario or its profile has nothing of the kind.
struct DesignReview {
    std::optional<Sensitivity> sensitivity;
    std::vector<LengthCrossover> crossovers;   ///< a stage of one input length that two devices can run alone
    std::vector<WorthMeasuring> measurements;  ///< those that tell most first
    std::optional<Validation> accuracy;        ///< of the profile as it was written, without changes of the scenario
};

/// Asks all of it; `result` was evaluated with uncertainty. A question without an answer is left out.
[[nodiscard]] DesignReview design_review(const Scenario& scenario, const ScenarioResult& result);

}  // namespace berth
