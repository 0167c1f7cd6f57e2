// How long a context fits the memory beside the weights of a placement.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "evaluation/work.h"

namespace berth {

struct ContextMemory {
    std::string memory;
    Bytes capacity, beside;      ///< of all, and what weights and activations take
    std::int64_t positions = 0;  ///< most that fit, 0: not even one
    Bytes cache;                 ///< at so many
};

/// Of a stage that generates text: of the memory that fills up first, if it does below `most` positions; absent if none
/// does. Activations are those of the passes as they are.
[[nodiscard]] std::optional<ContextMemory> context_memory(const std::vector<LengthPlan>& lengths,
                                                          const ModelStage& stage, const Profile& profile,
                                                          const Candidate& candidate, std::int64_t most);

}  // namespace berth
