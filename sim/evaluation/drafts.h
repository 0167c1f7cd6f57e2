// Speculative decoding: a smaller model drafts tokens on one device, the stage's model checks them on another.
#pragma once

#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "evaluation/candidate_costs.h"

namespace berth {

/// Tokens that come of a round: those drafted up to the first wrong one, and one that the check makes itself. Each
/// drafted token is right with the same probability, whatever those before it (Leviathan, Kalman and Matias, ICML 2023,
/// equation 1).
[[nodiscard]] double tokens_per_round(double acceptance, double drafted);

/// Adds the fastest pair of devices, the same one twice included, to candidates of a stage that has a draft. False,
/// with errors, if the draft's passes cannot be instantiated. `bounds`: with a bound on all placements of both models.
[[nodiscard]] bool add_drafted(const std::string& stage_name, CandidateCosts& costs, std::vector<Candidate>& candidates,
                               bool bounds, Diagnostics& diagnostics);

}  // namespace berth
