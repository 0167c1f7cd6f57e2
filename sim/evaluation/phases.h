// The prompt and the tokens behind it on devices of their own: both as one placement problem, and the caches between.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "berth/evaluation.h"
#include "berth/placement_terms.h"
#include "evaluation/work.h"

namespace berth {

/// Whether a stage reads a prompt and then makes tokens, and may run on more than one device.
[[nodiscard]] bool has_two_phases(const ModelStage& stage, const Profile& profile);

/// Keys and values that a prompt leaves behind, which go to the device that makes the tokens: once per operator that
/// keeps any, for the positions of the prompt, as the wider of both keeps them.
class CacheHandover {
  public:
    /// Passes of a stage of two phases.
    CacheHandover(const ModelStage& stage, const std::vector<LengthPlan>& lengths, const Profile& profile);

    [[nodiscard]] const PlacementTerms& terms() const { return terms_; }
    /// Under the profile.
    [[nodiscard]] const TermValues& values() const { return values_; }

    [[nodiscard]] CostSum of(const PhasedAssignment& placed) const;
    [[nodiscard]] Bytes bytes_of(const PhasedAssignment& placed) const;

    /// One operator that keeps a cache, as the prompt and the steps have it.
    struct Cache {
        OperatorId prompt = kNoOperator, step = kNoOperator;
        std::vector<Bytes> size;                    ///< [device] as it keeps it
        std::vector<std::vector<TermId>> crossing;  ///< [from][to]; without meaning where both are the same
    };
    [[nodiscard]] const std::vector<Cache>& caches() const { return caches_; }

  private:
    PlacementTerms terms_;
    TermValues values_;
    std::vector<Cache> caches_;
};

/// Both phases of a stage as one problem without limits, whose objective is the time of a whole answer, and each by
/// itself.
class PhasesProblem {
  public:
    /// At blocks or operators. Absent where passes of one phase differ in their operators, or fewer than two devices
    /// can run anything.
    [[nodiscard]] static std::optional<PhasesProblem> of(const std::vector<LengthPlan>& lengths,
                                                         const CacheHandover& caches, Granularity granularity);

    [[nodiscard]] const PlacementProblem& problem() const { return problem_; }
    /// The prompt alone, whose objective is the time to the first token, or all steps alone.
    [[nodiscard]] const PlacementProblem& prompt() const { return prompt_alone_; }
    [[nodiscard]] const PlacementProblem& steps() const { return steps_alone_; }
    /// Both, with one phase where it is put.
    [[nodiscard]] PlacementProblem with_prompt(const Assignment& prompt) const { return with(prompt_, prompt); }
    [[nodiscard]] PlacementProblem with_steps(const Assignment& steps) const { return with(steps_, steps); }
    [[nodiscard]] PhasedAssignment phases_of(const Assignment& assignment) const;
    [[nodiscard]] Assignment joined(const PhasedAssignment& placed) const;

  private:
    [[nodiscard]] PlacementProblem with(const std::vector<OperatorId>& phase, const Assignment& placed) const;

    PlacementProblem problem_, prompt_alone_, steps_alone_;
    std::vector<OperatorId> prompt_, steps_;  ///< [operator of the phase] its number in the problem
    std::vector<DeviceId> callers_;           ///< [operator of the problem] where it stands for a call; else negative
};

/// Steps by the name of the prompt's operators: kNoOperator for those that the prompt has not.
[[nodiscard]] std::vector<OperatorId> counterparts(const Graph& steps, const Graph& prompt);

/// What both phases need of a memory: weights and caches of both, those that stay where they are once, and the most
/// that one works in.
[[nodiscard]] Bytes memory_needed(const std::vector<LengthPlan>& lengths, std::size_t memory,
                                  const PhasedAssignment& placed);
[[nodiscard]] std::optional<std::string> exceeded_memory(const std::vector<LengthPlan>& lengths,
                                                         const PhasedAssignment& placed);

/// An assignment per pass.
[[nodiscard]] std::vector<Assignment> placed_passes(const std::vector<LengthPlan>& lengths,
                                                    const PhasedAssignment& placed);
/// The same where both phases follow an assignment of the main pass.
[[nodiscard]] std::vector<Assignment> placed_passes(const std::vector<LengthPlan>& lengths,
                                                    const Assignment& assignment);
/// As a candidate places them.
[[nodiscard]] std::vector<Assignment> placed_passes(const std::vector<LengthPlan>& lengths, const Candidate& candidate);

}  // namespace berth
