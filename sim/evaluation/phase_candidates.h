// Placements of a stage that reads a prompt and then makes tokens, for a whole answer, its first token or its rate.
#pragma once

#include <optional>
#include <vector>

#include "berth/evaluation.h"
#include "evaluation/candidate_costs.h"

namespace berth {

/// Adds the fastest pair of devices for prompt and tokens, then the best splits of both phases by block and by
/// operator, where these are none that are there. The optimum is of the time that counts: a whole answer's, the first
/// token's or that of each further one; absent where the phases cannot be told apart.
std::optional<StageOptimum> add_phase_candidates(std::vector<Candidate>& candidates, CandidateCosts& costs,
                                                 TimeOf which);

}  // namespace berth
