// The passes that a stage consists of: its input lengths, or a prompt and the steps behind it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "evaluation/work.h"

namespace berth {

namespace {

/// Steps that stand for all: their time is a straight line over the context, but for a granule or a window.
constexpr std::int64_t kMostRuns = 4;

void add_steps(std::vector<TokenShare>& passes, const Generation& generation, double share_of_all) {
    const std::int64_t steps = generation.new_tokens;
    const std::int64_t runs = std::min(steps, kMostRuns);
    for (std::int64_t run = 0; run < runs; ++run) {
        const std::int64_t first = steps * run / runs;
        const std::int64_t end = steps * (run + 1) / runs;
        const double share = share_of_all * static_cast<double>(end - first) / static_cast<double>(steps);
        passes.push_back({1, share, generation.prompt + (first + end - 1) / 2});
    }
}

// The last step has the longest context; a model that allows it allows all.
bool last_step_fits(const ModelStage& stage, Diagnostics& diagnostics) {
    const Generation& generation = *stage.generation;
    if (!keeps_context(*stage.model.architecture)) {
        diagnostics.error(stage.model.where, fmt::format("{} does not generate text", stage.model.name),
                          "a model whose architecture keeps a context");
        return false;
    }
    return generation.new_tokens == 0 ||
           instantiate(stage.model, {stage.batch, 1, generation.prompt + generation.new_tokens - 1}, diagnostics);
}

}  // namespace

std::vector<TokenShare> passes_of(const ModelStage& stage) {
    if (!stage.generation) {
        return stage.tokens;
    }
    const Generation& generation = *stage.generation;
    std::vector<TokenShare> passes;
    if (generation.phase != Phase::kDecode) {
        passes.push_back({generation.prompt, 1, 0});
    }
    if (generation.phase != Phase::kPrefill) {
        const bool mean = generation.phase == Phase::kDecode;
        add_steps(passes, generation, mean ? 1 : static_cast<double>(generation.new_tokens));
    }
    return passes;
}

std::optional<std::vector<LengthPlan>> plan_passes(const std::string& stage_name, const ModelStage& stage,
                                                   const Profile& profile, Diagnostics& diagnostics) {
    if (stage.generation && !last_step_fits(stage, diagnostics)) {
        return std::nullopt;
    }
    std::vector<LengthPlan> plans;
    for (const TokenShare& length : passes_of(stage)) {
        auto plan = plan_length(stage_name, stage, length, profile, diagnostics);
        if (!plan) {
            return std::nullopt;
        }
        plans.push_back(std::move(*plan));
    }
    return plans;
}

}  // namespace berth
