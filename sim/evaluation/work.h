// One input length of a stage instantiated on every device, and the ordered work of a placed pass.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "berth/cost/plan.h"
#include "berth/evaluation/evaluation.h"
#include "berth/placement/placement.h"
#include "berth/placement/placement_sums.h"

namespace berth {

/// Plan of one input length: the graph on each device, and the resulting placement problem.
struct LengthPlan {
    TokenShare length;
    std::vector<Graph> graphs;                    ///< [device] graph for the tokens that the device computes
    std::vector<DevicePlan> plans;                ///< [device]
    std::vector<std::int64_t> paid;               ///< [device] computed tokens: bucket size or actual number
    std::vector<std::optional<DeviceId>> pinned;  ///< [operator] device it is pinned to; empty: no pins
    std::vector<std::vector<bool>> same_layout;   ///< [device][device] they read tensors of the shared DRAM alike
    PlacementProblem problem;                     ///< includes the stage's constraints
    PlacementSums sums;                           ///< sums of terms behind the costs of the problem
};

/// A tensor transfer over a link.
struct Handover {
    OperatorId producer = kNoOperator;
    OperatorId reader = kNoOperator;  ///< first reader on that device; kNoOperator: the host
    DeviceId from = 0, to = 0;
    Bytes size;
    Time cost;
};

/// A kernel of a plan, with the operator that it belongs to.
struct ScheduledKernel {
    DeviceId device = 0;
    KernelId kernel = -1;
    StepRole role = StepRole::kOperator;
    OperatorId op = kNoOperator;
};

/// Ordered work of one pass of a placed graph.
struct Work {
    std::vector<ScheduledKernel> kernels;
    std::vector<Handover> handovers;
    std::vector<DeviceId> calls;  ///< devices whose runtime is entered
};
[[nodiscard]] Work work_of(const LengthPlan& length, const Assignment& assignment);

/// Instantiates one input length on every device. Empty, with errors, if the model or a bucket does not allow it.
[[nodiscard]] std::optional<LengthPlan> plan_length(const std::string& stage_name, const ModelStage& stage,
                                                    const TokenShare& length, const Profile& profile,
                                                    Diagnostics& diagnostics);

/// Chunking of a prompt; all devices of a stage use the same chunks.
struct PromptChunks {
    std::int64_t most = 0;  ///< tokens; 0: the prompt is read in one pass
    bool padded = false;    ///< the last chunk is padded to full length
};
[[nodiscard]] PromptChunks chunks_of(const ModelStage& stage, const Profile& profile);

/// Positions that a text-generating stage's caches hold on a device: those of prompt and answer, or as many as the
/// runtime compiles; 0 if it generates no text.
[[nodiscard]] std::int64_t positions_on(const ModelStage& stage, const Profile& profile, DeviceId device);

/// Concurrent answers of a stage on a device: as many as requested, or as the runtime supports.
[[nodiscard]] std::int64_t slots_on(const ModelStage& stage, const Profile& profile, DeviceId device);

/// Passes of a stage with their multiplicity: one per input length. A text-generating stage has its prompt and a few
/// representative decoding steps, since step time is nearly linear in the context. Prompts are read in chunks if a
/// runtime that the stage may use does so, in the shortest of their chunk lengths.
[[nodiscard]] std::vector<TokenShare> passes_of(const ModelStage& stage, const Profile& profile);

/// Number of tokens that the steps among those passes make: a decode phase is one mean token.
[[nodiscard]] inline double tokens_in_steps(const Generation& generation) {
    return generation.phase == Phase::kDecode ? 1 : static_cast<double>(generation.new_tokens);
}

/// Instantiates all passes of a stage under its runtime of the hardware. Empty, with errors, if one fails.
[[nodiscard]] std::optional<std::vector<LengthPlan>> plan_passes(const std::string& stage_name, const ModelStage& stage,
                                                                 const Profile& hardware, Diagnostics& diagnostics);

/// Plan of the most frequent input length; of several that are as frequent, the middle one. Of the steps of generated
/// text the one halfway.
[[nodiscard]] const LengthPlan& dominant(const std::vector<LengthPlan>& lengths);

/// Transfers the assignment of one pass to the operators of another by name. An operator that the assigned pass lacks,
/// such as the projection of a source that later steps find in the cache, follows the next operator.
[[nodiscard]] Assignment assignment_for(const Graph& graph, const Graph& assigned, const Assignment& assignment);

/// Operators of a placed pass with their shares of its time; the latencies sum to that of the pass.
[[nodiscard]] std::vector<OperatorResult> operator_results(const LengthPlan& length, const Assignment& assignment,
                                                           const Profile& profile);

}  // namespace berth
