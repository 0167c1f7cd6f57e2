// What a placement of a stage costs over all its passes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "evaluation/phases.h"
#include "evaluation/sensitivities.h"
#include "evaluation/work.h"

namespace berth {

/// What a placed pass of a mix takes each time; absent without energy numbers.
[[nodiscard]] std::optional<Energy> energy_of(const WeightedSum& pass);

/// Costs the placements of one stage. Kernels that several of them run are worked out once under each uncertain number.
class CandidateCosts {
  public:
    /// Under the stage's runtime of the hardware. All are kept by reference.
    CandidateCosts(const ModelStage& stage, const std::vector<LengthPlan>& lengths, const Profile& hardware,
                   const EvaluationOptions& options);

    [[nodiscard]] const ModelStage& stage() const { return stage_; }
    [[nodiscard]] const std::vector<LengthPlan>& lengths() const { return lengths_; }
    [[nodiscard]] const Profile& profile() const { return profile_; }
    [[nodiscard]] const Profile& hardware() const { return hardware_; }

    /// By an assignment of the main length.
    [[nodiscard]] Candidate of(std::string placement, const Assignment& assignment);
    /// With the phases of a stage that generates text placed apart, and the caches handed over.
    [[nodiscard]] Candidate of(std::string placement, PhasedAssignment phases);
    /// Of a stage of two phases.
    [[nodiscard]] const CacheHandover& cache_handover();
    /// None where the options ask for none. Tables of terms have to stay as long as this does.
    [[nodiscard]] Uncertainty uncertainty_of(std::span<const WeightedSum> mix);

  private:
    void add_placed(Candidate& candidate, const std::vector<Assignment>& placed);
    /// False, with the candidate's reason, where a pass cannot run so.
    bool add_times(Candidate& candidate, const std::vector<Assignment>& placed, std::vector<WeightedSum>& mix);
    void add_generation(Candidate& candidate, const std::vector<Assignment>& placed,
                        const std::vector<WeightedSum>& mix);
    void add_second_copy(Candidate& candidate) const;
    void add_passes(Candidate& candidate, const std::vector<Assignment>& placed) const;

    const ModelStage& stage_;
    const std::vector<LengthPlan>& lengths_;
    const Profile& hardware_;
    const Profile& profile_;  ///< of the stage's runtime
    EvaluationOptions options_;
    std::optional<Sensitivities> sensitivities_;
    std::optional<CacheHandover> cache_handover_;
};

/// Adds the times of a pass's operators to the candidate's classes, hand-over and conversions apart.
void add_classes(Candidate& candidate, const std::vector<OperatorResult>& results, double passes);

}  // namespace berth
