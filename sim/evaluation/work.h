// One input length of a stage instantiated on every device, and what a placed pass of it does in order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "berth/placement.h"
#include "berth/placement_sums.h"
#include "berth/plan.h"

namespace berth {

/// One input length of a stage: its graph on each device and the placement problem they make.
struct LengthPlan {
    TokenShare length;
    std::vector<Graph> graphs;                    ///< per device: for the tokens that it computes
    std::vector<DevicePlan> plans;                ///< per device
    std::vector<std::int64_t> paid;               ///< per device: bucket or tokens
    std::vector<std::optional<DeviceId>> pinned;  ///< per operator; empty: none
    PlacementProblem problem;                     ///< within the stage's constraints
    PlacementSums sums;                           ///< behind the numbers of the problem
};

/// A tensor that goes over a link.
struct Handover {
    OperatorId producer = kNoOperator;
    OperatorId reader = kNoOperator;  ///< first that reads it there; kNoOperator: the host
    DeviceId from = 0, to = 0;
    Bytes size;
    Time cost;
};

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

/// Lays one input length out on every device. Empty, with errors, if the model or a bucket does not allow it.
[[nodiscard]] std::optional<LengthPlan> plan_length(const std::string& stage_name, const ModelStage& stage,
                                                    const TokenShare& length, const Profile& profile,
                                                    Diagnostics& diagnostics);

/// What chunks of a prompt are instantiated for; all devices of a stage read the same ones.
struct PromptChunks {
    std::int64_t most = 0;  ///< tokens; 0: the prompt is read at once
    bool padded = false;    ///< the last chunk is as long as the others
};
[[nodiscard]] PromptChunks chunks_of(const ModelStage& stage, const Profile& profile);

/// Answers that a stage makes at once on a device: as many as it asks for, or as its runtime can.
[[nodiscard]] std::int64_t slots_on(const ModelStage& stage, const Profile& profile, DeviceId device);

/// The passes that make up a stage, with how often each runs: one per input length; of a stage that generates text the
/// prompt and, since the time of a step grows evenly with the context, a few steps that stand for all.
/// A prompt is read in chunks where a runtime that the stage may run on does so: the shortest of them.
[[nodiscard]] std::vector<TokenShare> passes_of(const ModelStage& stage, const Profile& profile);

/// All passes of a stage instantiated under its runtime of the hardware. Empty, with errors, if one cannot be.
[[nodiscard]] std::optional<std::vector<LengthPlan>> plan_passes(const std::string& stage_name, const ModelStage& stage,
                                                                 const Profile& hardware, Diagnostics& diagnostics);

/// The length that most inputs have.
[[nodiscard]] const LengthPlan& dominant(const std::vector<LengthPlan>& lengths);

/// The assignment of one pass for the operators of another: those of the same name stay together, and one that the
/// other pass does not have (the projection of a source that later steps find in the cache) goes where the next one
/// goes.
[[nodiscard]] Assignment assignment_for(const Graph& graph, const Graph& assigned, const Assignment& assignment);

/// Operators of one placed pass with their share of the time; their latencies add up to the pass.
[[nodiscard]] std::vector<OperatorResult> operator_results(const LengthPlan& length, const Assignment& assignment,
                                                           const Profile& profile);

}  // namespace berth
