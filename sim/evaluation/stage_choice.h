// What the choice among a stage's candidates goes by, and what follows from it.
#pragma once

#include <cstddef>
#include <vector>

#include "berth/evaluation.h"
#include "berth/scenario.h"

namespace berth {

/// Of a normal distribution with deviation 1 around 0: the share below z.
[[nodiscard]] double normal_probability(double z);

/// The time of a candidate that counts: of the whole stage, if it has no other.
[[nodiscard]] Time time_of(const Candidate& candidate, TimeOf which);

/// Whether a stage may run as the candidate: it is possible, and not finer than the stage allows.
[[nodiscard]] bool allowed(const Candidate& candidate, const ModelStage& stage);

/// Candidates that a stage may run as, the best first; none whose energy is not known where the objective needs it.
[[nodiscard]] std::vector<std::size_t> in_order(const std::vector<Candidate>& candidates, const ModelStage& stage,
                                                Objective objective);

/// Sets how the passes of a stage run, and what follows: the chosen candidate and the latency of all of them.
void select(StageResult& result, std::vector<PassShare> passes, const ModelStage& stage, Objective objective);

/// Effects of independent causes (Uncertainty) on the log latency of all passes of a stage with a model.
[[nodiscard]] std::vector<double> stage_causes(const StageResult& stage);

/// Effects of independent causes on the ratio of two times; either may have causes of its own behind those of both.
[[nodiscard]] std::vector<double> causes_apart(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace berth
