// Design-review questions beyond the result of a scenario: sensitivities, crossovers, the next measurements, and the
// accuracy of the profile.
#pragma once

#include <optional>
#include <vector>

#include "berth/analysis/crossover.h"
#include "berth/analysis/next_measurement.h"
#include "berth/analysis/sensitivity.h"
#include "berth/calibration/validation.h"
#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// Input length at which the two fastest devices of a stage swap places.
struct LengthCrossover {
    CrossoverQuestion question;
    CrossoverAnswer answer;
};

/// Parts are empty where they do not apply to the scenario or its profile.
struct DesignReview {
    std::optional<Sensitivity> sensitivity;
    std::vector<LengthCrossover> crossovers;   ///< of stages of one input length that two devices can run alone
    std::vector<WorthMeasuring> measurements;  ///< most informative first
    std::optional<Validation> accuracy;        ///< accuracy of the profile as written, without changes by the scenario
};

/// Answers all questions; `result` was evaluated with uncertainty. A question without an answer is left out.
[[nodiscard]] DesignReview design_review(const Scenario& scenario, const ScenarioResult& result);

}  // namespace berth
