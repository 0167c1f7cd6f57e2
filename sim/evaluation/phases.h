// Prompt and decoding phases placed separately: the joint placement problem and the hand-over of caches.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "berth/cost/placement_terms.h"
#include "berth/evaluation/evaluation.h"
#include "evaluation/work.h"

namespace berth {

/// Whether a stage processes a prompt and then generates tokens, and may use more than one device.
[[nodiscard]] bool has_two_phases(const ModelStage& stage, const Profile& profile);

/// Hand-over of the prompt's keys and values to the devices that generate tokens: once per operator with a cache, for
/// the positions of the prompt, in the wider of the two cache formats.
class CacheHandover {
  public:
    /// `lengths` are the passes of a two-phase stage.
    CacheHandover(const ModelStage& stage, const std::vector<LengthPlan>& lengths, const Profile& profile);

    [[nodiscard]] const PlacementTerms& terms() const { return terms_; }
    /// Values of the terms under the profile.
    [[nodiscard]] const TermValues& values() const { return values_; }

    [[nodiscard]] CostSum of(const PhasedAssignment& placed) const;
    [[nodiscard]] Bytes bytes_of(const PhasedAssignment& placed) const;

    /// An operator with a cache, in both phases.
    struct Cache {
        OperatorId prompt = kNoOperator, step = kNoOperator;
        std::vector<Bytes> size;                    ///< [device] size of the cache in that device's format
        std::vector<std::vector<TermId>> crossing;  ///< [from][to]; undefined for equal devices
    };
    [[nodiscard]] const std::vector<Cache>& caches() const { return caches_; }

  private:
    PlacementTerms terms_;
    TermValues values_;
    std::vector<Cache> caches_;
};

/// Joint placement problem of both phases within the memories, in any number of segments, and the problem of each
/// alone.
class PhasesProblem {
  public:
    /// Builds the problem at block or operator granularity. Absent if passes of a phase have different operators, or if
    /// fewer than two devices can run any operator.
    [[nodiscard]] static std::optional<PhasesProblem> of(const std::vector<LengthPlan>& lengths,
                                                         const CacheHandover& caches, Granularity granularity,
                                                         TimeOf which = TimeOf::kStage);

    /// Its objective is that time; what does not belong to it only decides between placements that are equal in it.
    [[nodiscard]] const PlacementProblem& problem() const { return problem_; }
    /// Prompt alone (objective: time to first token), and all decoding steps alone, without limits.
    [[nodiscard]] const PlacementProblem& prompt() const { return prompt_alone_; }
    [[nodiscard]] const PlacementProblem& steps() const { return steps_alone_; }
    /// Joint problem with one phase fixed, without limits.
    [[nodiscard]] PlacementProblem with_prompt(const Assignment& prompt) const { return with(prompt_, prompt); }
    [[nodiscard]] PlacementProblem with_steps(const Assignment& steps) const { return with(steps_, steps); }
    /// Best placement found for that objective: exact by block, near a bound by operator where memory is short.
    [[nodiscard]] std::optional<PlacementResult> best() const;
    [[nodiscard]] PhasedAssignment phases_of(const Assignment& assignment) const;
    [[nodiscard]] Assignment joined(const PhasedAssignment& placed) const;

  private:
    [[nodiscard]] PlacementProblem with(const std::vector<OperatorId>& phase, const Assignment& placed) const;

    PlacementProblem problem_, prompt_alone_, steps_alone_;
    std::vector<OperatorId> prompt_, steps_;  ///< [operator of the phase] its number in the problem
    /// [operator of the problem] device if it represents a runtime call; else negative
    std::vector<DeviceId> callers_;
    std::vector<int> layer_;  ///< [operator of the problem] layer of a phase; negative: none; empty by block
};

/// [step operator] prompt operator of the same name; kNoOperator if the prompt has none.
[[nodiscard]] std::vector<OperatorId> counterparts(const Graph& steps, const Graph& prompt);

/// An operator on a device, in one of the passes.
struct PlacedOperator {
    const LengthPlan& length;
    OperatorId op;
    DeviceId device;
};
/// Whether both use the same copy of their weights: on one device, or on two that share the memory and its layout and
/// store them in one format.
[[nodiscard]] bool share_weights(const PlacedOperator& a, const PlacedOperator& b);

/// Memories, and what the operators of the prompt and then those of the steps keep in them.
[[nodiscard]] PlacementLimits kept_by_both(const std::vector<LengthPlan>& lengths);

/// Memory demand of both phases: weights and caches of both, counted once where they stay on a device, weights also
/// where they are shared, plus the larger working set of the two.
[[nodiscard]] Bytes memory_needed(const std::vector<LengthPlan>& lengths, std::size_t memory,
                                  const PhasedAssignment& placed);
[[nodiscard]] std::optional<std::string> exceeded_memory(const std::vector<LengthPlan>& lengths,
                                                         const PhasedAssignment& placed);

/// [pass] Assignment of each pass.
[[nodiscard]] std::vector<Assignment> placed_passes(const std::vector<LengthPlan>& lengths,
                                                    const PhasedAssignment& placed);
/// Assignments of all passes if both phases follow that of the main pass.
[[nodiscard]] std::vector<Assignment> placed_passes(const std::vector<LengthPlan>& lengths,
                                                    const Assignment& assignment);
/// Assignments of all passes under a candidate.
[[nodiscard]] std::vector<Assignment> placed_passes(const std::vector<LengthPlan>& lengths, const Candidate& candidate);

}  // namespace berth
