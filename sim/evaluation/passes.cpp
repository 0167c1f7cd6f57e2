// Passes of a stage: its input lengths, or a prompt and the decoding steps.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "berth/hardware/runtimes.h"
#include "evaluation/work.h"

namespace berth {

namespace {

/// Number of representative steps: step time is linear in the context, apart from granules and windows. It is odd, so
/// that one of them is the step halfway.
constexpr std::int64_t kMostRuns = 5;

void add_steps(std::vector<TokenShare>& passes, const Generation& generation, double share_of_all) {
    const std::int64_t steps = generation.new_tokens;
    const std::int64_t runs = std::min(steps, kMostRuns);
    for (std::int64_t run = 0; run < runs; ++run) {
        const std::int64_t first = steps * run / runs;
        const std::int64_t end = steps * (run + 1) / runs;
        const double share = share_of_all * static_cast<double>(end - first) / static_cast<double>(steps);
        passes.push_back({1, share, generation.prompt + (first + end - 1) / 2, true});
    }
}

// Adds the prompt. Like steps, chunks are represented by a few of them, each in the middle of a run of chunks.
void add_prompt(std::vector<TokenShare>& passes, std::int64_t prompt, const PromptChunks& chunks) {
    if (chunks.most == 0 || (prompt <= chunks.most && !chunks.padded)) {
        passes.push_back({prompt, 1, 0});
        return;
    }
    const std::int64_t rest = prompt % chunks.most;
    const std::int64_t whole = prompt / chunks.most + (chunks.padded && rest > 0 ? 1 : 0);
    const std::int64_t runs = std::min(whole, kMostRuns);
    for (std::int64_t run = 0; run < runs; ++run) {
        const std::int64_t first = whole * run / runs;
        const std::int64_t end = whole * (run + 1) / runs;
        const std::int64_t context = (first + end - 1) * chunks.most / 2;
        passes.push_back({chunks.most, static_cast<double>(end - first), context});
    }
    if (rest > 0 && !chunks.padded) {
        passes.push_back({rest, 1, prompt - rest});
    }
}

// Checks the last step, which has the longest context; if the model allows it, all others fit too.
bool last_step_fits(const std::string& stage_name, const ModelStage& stage, Diagnostics& diagnostics) {
    const Generation& generation = *stage.generation;
    if (!keeps_context(*stage.model.architecture)) {
        diagnostics.error(stage.model.where, fmt::format("{} does not generate text", stage.model.name),
                          "a model whose architecture keeps a context");
        return false;
    }
    if (generation.new_tokens == 0 ||
        instantiate(stage.model, {stage.batch, 1, generation.positions() - 1}, diagnostics)) {
        return true;
    }
    diagnostics.error(stage.model.where, fmt::format("stage '{}' needs {} positions, of which {} are new tokens",
                                                     stage_name, generation.positions(), generation.new_tokens));
    return false;
}

}  // namespace

PromptChunks chunks_of(const ModelStage& stage, const Profile& profile) {
    PromptChunks chunks;
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        const Runtime& runtime = profile.devices[d].runtime;
        const bool may_run = !stage.on || *stage.on == static_cast<DeviceId>(d);
        if (may_run && runtime.prompt_chunk > 0 && (chunks.most == 0 || runtime.prompt_chunk < chunks.most)) {
            chunks = {runtime.prompt_chunk, runtime.shapes == ShapeRule::kStatic};
        }
    }
    return chunks;
}

std::int64_t positions_on(const ModelStage& stage, const Profile& profile, DeviceId device) {
    return stage.generation ? std::max(stage.generation->positions(),
                                       profile.devices[static_cast<std::size_t>(device)].runtime.cache_length)
                            : 0;
}

std::int64_t slots_on(const ModelStage& stage, const Profile& profile, DeviceId device) {
    return std::min(stage.slots, profile.devices[static_cast<std::size_t>(device)].runtime.answers);
}

std::vector<TokenShare> passes_of(const ModelStage& stage, const Profile& profile) {
    if (!stage.generation) {
        return stage.tokens;
    }
    const Generation& generation = *stage.generation;
    std::vector<TokenShare> passes;
    if (generation.phase != Phase::kDecode) {
        add_prompt(passes, generation.prompt, chunks_of(stage, profile));
    }
    if (generation.phase != Phase::kPrefill) {
        const bool mean = generation.phase == Phase::kDecode;
        add_steps(passes, generation, mean ? 1 : static_cast<double>(generation.new_tokens));
    }
    return passes;
}

std::optional<std::vector<LengthPlan>> plan_passes(const std::string& stage_name, const ModelStage& stage,
                                                   const Profile& hardware, Diagnostics& diagnostics) {
    const Profile& profile = under(hardware, stage.runtime);
    if (stage.generation && !last_step_fits(stage_name, stage, diagnostics)) {
        return std::nullopt;
    }
    std::vector<LengthPlan> plans;
    for (const TokenShare& length : passes_of(stage, profile)) {
        auto plan = plan_length(stage_name, stage, length, profile, diagnostics);
        if (!plan) {
            return std::nullopt;
        }
        plans.push_back(std::move(*plan));
    }
    return plans;
}

}  // namespace berth
