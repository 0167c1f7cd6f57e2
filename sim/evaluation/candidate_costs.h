// Costs of a stage's placements, summed over all its passes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/evaluation/evaluation.h"
#include "evaluation/first_token.h"
#include "evaluation/phases.h"
#include "evaluation/sensitivities.h"
#include "evaluation/work.h"

namespace berth {

/// Energy of a placed pass of a mix; absent if the profile has no energy numbers.
[[nodiscard]] std::optional<Energy> energy_of(const WeightedSum& pass);

/// Costs the placements of one stage. A kernel that several placements share is evaluated once per uncertain number.
class CandidateCosts {
  public:
    /// Costs run under the stage's runtime of the hardware. All arguments but the last two are kept by reference.
    CandidateCosts(const ModelStage& stage, const std::vector<LengthPlan>& lengths, const Profile& hardware,
                   const EvaluationOptions& options, Objective objective = Objective::kLatency);

    [[nodiscard]] const ModelStage& stage() const { return stage_; }
    [[nodiscard]] const std::vector<LengthPlan>& lengths() const { return lengths_; }
    [[nodiscard]] const Profile& profile() const { return profile_; }
    [[nodiscard]] const Profile& hardware() const { return hardware_; }

    /// Candidate for an assignment of the main length.
    [[nodiscard]] Candidate of(std::string placement, const Assignment& assignment);
    /// Candidate of a text-generating stage with both phases placed separately; includes the hand-over of the caches.
    [[nodiscard]] Candidate of(std::string placement, PhasedAssignment phases);
    /// Only for a stage of two phases.
    [[nodiscard]] const CacheHandover& cache_handover();
    /// Uncertainty of a mix; empty if the options disable it. Tables of terms must outlive this object.
    [[nodiscard]] Uncertainty uncertainty_of(std::span<const WeightedSum> mix);
    /// The same of its energy; empty also for an objective of time alone.
    [[nodiscard]] Uncertainty energy_uncertainty_of(std::span<const WeightedSum> mix);

  private:
    void add_placed(Candidate& candidate, const std::vector<Assignment>& placed);
    /// Returns false and sets the candidate's reason if a pass cannot run under the placement.
    bool add_times(Candidate& candidate, const std::vector<Assignment>& placed, std::vector<WeightedSum>& mix);
    void add_generation(Candidate& candidate, const std::vector<Assignment>& placed,
                        const std::vector<WeightedSum>& mix);
    void add_parts(GenerationResult& result, const Assignment& prompt);
    void add_second_copy(Candidate& candidate) const;
    void add_passes(Candidate& candidate, const std::vector<Assignment>& placed) const;

    const ModelStage& stage_;
    const std::vector<LengthPlan>& lengths_;
    const Profile& hardware_;
    const Profile& profile_;  ///< profile of the stage's runtime
    EvaluationOptions options_;
    bool energy_counts_;
    std::optional<Sensitivities> sensitivities_;
    std::optional<CacheHandover> cache_handover_;
    std::optional<std::optional<PromptLengths>> prompt_lengths_;  ///< absent: not planned yet
};

/// Adds the times of a pass's operators to the candidate's classes and bounds; hand-over and conversions are separate
/// classes.
void add_classes(Candidate& candidate, const std::vector<OperatorResult>& results, double passes);

}  // namespace berth
