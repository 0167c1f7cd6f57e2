// The placements of a stage that are worth showing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "evaluation/candidate_costs.h"

namespace berth {

/// Candidates of a stage: each device for the whole model, then the best split per block and per operator where that
/// is better than all of them, and for the objective makespan the best that was found with devices at once.
struct StageCandidates {
    std::vector<Candidate> candidates;
    std::optional<StageOptimum> optimum;
};
/// A whole model on `device` (see whole_model), with pinned operators where they are pinned. Absent, with the reason in
/// `why`, if an operator runs nowhere.
[[nodiscard]] std::optional<Assignment> whole_placement(const LengthPlan& length, DeviceId device, std::string& why);

/// `splits`: not only whole models.
[[nodiscard]] StageCandidates stage_candidates(CandidateCosts& costs, Objective objective, bool splits);

}  // namespace berth
