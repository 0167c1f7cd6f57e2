// Candidate placements of a stage.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation/evaluation.h"
#include "evaluation/candidate_costs.h"

namespace berth {

/// Candidates of a stage: the whole model on each device, then the best splits per block and per operator if they beat
/// all of these, and under the objective makespan the best placement found with concurrent devices.
struct StageCandidates {
    std::vector<Candidate> candidates;
    std::optional<StageOptimum> optimum;
};
/// Whole model on `device` (see whole_model) with pinned operators in their places. Absent, with the reason in `why`,
/// if an operator cannot run anywhere.
[[nodiscard]] std::optional<Assignment> whole_placement(const LengthPlan& length, DeviceId device, std::string& why);

/// `splits`: also consider splits, not only whole models.
[[nodiscard]] StageCandidates stage_candidates(CandidateCosts& costs, Objective objective, bool splits);

}  // namespace berth
