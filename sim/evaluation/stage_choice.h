// Choice among a stage's candidates, and the results that follow from it.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// Standard normal distribution function: the probability of a value below z.
[[nodiscard]] double normal_probability(double z);

/// Time of a candidate that the objective uses; the time of the whole stage if the candidate has no other.
[[nodiscard]] Time time_of(const Candidate& candidate, TimeOf which);
/// Uncertainty of that time.
[[nodiscard]] const Uncertainty& uncertainty_of(const Candidate& candidate, TimeOf which);
/// Value that the objective minimises; absent if it needs energy and the profile has no energy numbers.
[[nodiscard]] std::optional<double> score(const Candidate& candidate, Objective objective);

/// Exponents of time and energy in that value, which is a product of their powers.
struct ObjectivePowers {
    double time = 1, energy = 0;
};
[[nodiscard]] ObjectivePowers powers_of(Objective objective);

/// Whether the stage may use the candidate: it is feasible and no finer than the stage's granularity.
[[nodiscard]] bool allowed(const Candidate& candidate, const ModelStage& stage);

/// Candidates that the stage may use, best first; without those of unknown energy if the objective needs it.
[[nodiscard]] std::vector<std::size_t> in_order(const std::vector<Candidate>& candidates, const ModelStage& stage,
                                                Objective objective);

/// Sets the pass distribution of a stage and what follows from it: the chosen candidate and the latency of all passes.
void select(StageResult& result, std::vector<PassShare> passes, const ModelStage& stage, Objective objective);

/// Effects of independent causes (Uncertainty) on the logarithm of the latency of all passes of a stage with a model.
[[nodiscard]] std::vector<double> stage_causes(const StageResult& stage);

/// Effects of independent causes on the logarithm of a ratio of two times; either may have causes of its own after the
/// common ones.
[[nodiscard]] std::vector<double> causes_apart(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace berth
