// The kernels and hand-overs that a placed stage consists of, countable again under other numbers of the profile.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "berth/placement.h"
#include "berth/plan.h"

namespace berth {

/// One input length of a stage: its graph on each device and the placement problem they make.
struct LengthPlan {
    TokenShare length;
    std::vector<Graph> graphs;                    ///< per device: laid out for what that device pays
    std::vector<DevicePlan> plans;                ///< per device
    std::vector<std::int64_t> paid;               ///< per device: bucket or tokens
    std::vector<std::optional<DeviceId>> pinned;  ///< per operator; empty: none
    PlacementProblem problem;                     ///< within the stage's constraints
};

/// A tensor that goes over a link.
struct Handover {
    OperatorId producer = kNoOperator;
    OperatorId reader = kNoOperator;  ///< first that reads it there; kNoOperator: the host
    DeviceId from = 0, to = 0;
    Bytes size;
    Time cost;
    bool layout_only = false;  ///< nothing crosses: a library call changes the layout of its matrices
};
/// What a hand-over moves through the host's DRAM beside kernels: a tensor that goes to memory of a device's own, or
/// comes from there, once per such link. Where memory is shared, it is the caches that are flushed.
[[nodiscard]] Bytes through_host(const Profile& profile, DeviceId from, DeviceId to, Bytes size);
/// Its cost under `profile`.
[[nodiscard]] Time handover_time(const Handover& handover, const Profile& profile);

/// A kernel of a plan, and the operator it runs for.
struct ScheduledKernel {
    DeviceId device = 0;
    KernelId kernel = -1;
    StepRole role = StepRole::kOperator;
    OperatorId op = kNoOperator;
};

/// Everything one pass of a placed graph does, in order.
struct Work {
    std::vector<ScheduledKernel> kernels;
    std::vector<Handover> handovers;
    std::vector<DeviceId> calls;  ///< devices whose runtime is called
};
[[nodiscard]] Work work_of(const LengthPlan& length, const Assignment& assignment);

/// Time of the work under `profile`, which may differ from the one it was planned with in its numbers only.
[[nodiscard]] Time time_of(const Work& work, const LengthPlan& length, const Profile& profile);

/// Lays one input length out on every device. Empty, with errors, if the model or a bucket does not allow it.
[[nodiscard]] std::optional<LengthPlan> plan_length(const std::string& stage_name, const ModelStage& stage,
                                                    const TokenShare& length, const Profile& profile,
                                                    Diagnostics& diagnostics);

/// The passes that make up a stage, with how often each runs: one per input length; of a stage that generates text the
/// prompt and, since the time of a step grows evenly with the context, a few steps that stand for all.
[[nodiscard]] std::vector<TokenShare> passes_of(const ModelStage& stage);

/// All passes of a stage laid out. Empty, with errors, if one cannot be.
[[nodiscard]] std::optional<std::vector<LengthPlan>> plan_passes(const std::string& stage_name, const ModelStage& stage,
                                                                 const Profile& profile, Diagnostics& diagnostics);

/// The length that most inputs have.
[[nodiscard]] const LengthPlan& dominant(const std::vector<LengthPlan>& lengths);

/// The assignment of one pass for the operators of another: those of the same name stay together, and one that the
/// other pass does not have (the projection of a source that later steps find in the cache) goes where the next one
/// goes.
[[nodiscard]] Assignment assignment_for(const Graph& graph, const Graph& assigned, const Assignment& assignment);

/// Candidates of a stage: each device for the whole model, then the best split per block and per operator where that
/// is better than all of them, and for the objective makespan the best that was found with devices at once.
struct StageCandidates {
    std::vector<Candidate> candidates;
    std::optional<StageOptimum> optimum;
};
[[nodiscard]] StageCandidates stage_candidates(const ModelStage& stage, const std::vector<LengthPlan>& lengths,
                                               const Profile& profile, Objective objective,
                                               const EvaluationOptions& options);

/// One candidate by its assignment of the main length.
[[nodiscard]] Candidate costed(std::string placement, Assignment assignment, const ModelStage& stage,
                               const std::vector<LengthPlan>& lengths, const Profile& profile,
                               const EvaluationOptions& options);

/// Operators of one placed pass with their share of the time; their latencies add up to the pass.
[[nodiscard]] std::vector<OperatorResult> operator_results(const LengthPlan& length, const Assignment& assignment,
                                                           const Profile& profile);

/// Effects of every uncertain number on the log latency of a mix of works (`share` weighted).
struct WeightedWork {
    Work work;
    const LengthPlan* length = nullptr;
    double share = 1;
};
[[nodiscard]] Uncertainty uncertainty_of(const std::vector<WeightedWork>& mix, const Profile& profile);

/// Which of a device's own model errors a kernel's time, or that of a hand-over to it, belongs to.
enum class ErrorClass : std::uint8_t { kMatmul, kAttention, kVector, kHandover };
inline constexpr std::array<Choice<ErrorClass>, 4> kErrorClassNames{{
    {"matmul", ErrorClass::kMatmul},
    {"attention", ErrorClass::kAttention},
    {"vector", ErrorClass::kVector},
    {"handover", ErrorClass::kHandover},
}};
[[nodiscard]] ErrorClass error_class(OperatorKind kind);
[[nodiscard]] const Parameter<double>& error_of(const Device& device, ErrorClass error);

/// Paths of the numbers that Uncertainty::effect runs over: those with a spread, then the model's own errors.
[[nodiscard]] std::vector<std::string> uncertain_numbers(const Profile& profile);

}  // namespace berth
