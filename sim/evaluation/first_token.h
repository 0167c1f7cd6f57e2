// The time to the first token by what it grows with.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "evaluation/work.h"

namespace berth {

/// Passes over one position of a stage's prompt, over half of it and over all of it.
struct PromptLengths {
    std::int64_t prompt = 0;
    std::array<std::vector<LengthPlan>, 3> passes;
};
/// Absent for prompts of fewer than four positions, and where a length has no plan.
[[nodiscard]] std::optional<PromptLengths> prompt_lengths(const ModelStage& stage, const Profile& hardware);

/// Parts of the time to the first token where `assignment` places the operators of `graph`, the prompt's first pass.
/// Absent for models without layers.
[[nodiscard]] std::optional<FirstTokenParts> first_token_parts(const PromptLengths& lengths, const Graph& graph,
                                                               const Assignment& assignment, const Profile& profile);

}  // namespace berth
