// Placements of a stage that reads a prompt and then makes tokens, for the time of a whole answer.
#pragma once

#include <optional>
#include <vector>

#include "berth/evaluation.h"
#include "evaluation/candidate_costs.h"

namespace berth {

/// Adds the fastest pair of devices for prompt and tokens, then the best splits of both phases by block and by
/// operator, where these are none that are there. The optimum is that of a whole answer; absent where the phases
/// cannot be told apart.
std::optional<StageOptimum> add_phase_candidates(std::vector<Candidate>& candidates, CandidateCosts& costs);

}  // namespace berth
