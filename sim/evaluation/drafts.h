// Speculative decoding: a small draft model proposes tokens on one device, the stage's model verifies them on another.
#pragma once

#include <string>
#include <vector>

#include "berth/evaluation/evaluation.h"
#include "evaluation/candidate_costs.h"

namespace berth {

/// Expected tokens per round: the accepted prefix of the draft plus one token of the verifier. Each drafted token is
/// accepted with the same independent probability (Leviathan, Kalman and Matias, ICML 2023, equation 1).
[[nodiscard]] double tokens_per_round(double acceptance, double drafted);

/// A stage with its draft model in place of its own.
[[nodiscard]] ModelStage stage_of_draft(const ModelStage& stage);

/// Adds the best pair of devices, which may be the same device twice, to the candidates of a stage with a draft.
/// Returns false, with errors, if the draft's passes cannot be instantiated. `bounds`: also computes a lower bound over
/// all placements of both models.
[[nodiscard]] bool add_drafted(const std::string& stage_name, CandidateCosts& costs, Objective objective,
                               std::vector<Candidate>& candidates, bool bounds, Diagnostics& diagnostics);

}  // namespace berth
