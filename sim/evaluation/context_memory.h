// Longest context that fits into memory beside the weights of a placement.
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
    Bytes capacity, beside;      ///< total capacity, and bytes of weights and activations
    std::int64_t positions = 0;  ///< largest number that fits; 0: none fits
    Bytes cache;                 ///< size of the cache at that length
};

/// For a text-generating stage: the memory that fills up first, if that happens below `most` positions; absent if none
/// fills up. Activations are those of the planned passes.
[[nodiscard]] std::optional<ContextMemory> context_memory(const std::vector<LengthPlan>& lengths,
                                                          const ModelStage& stage, const Profile& profile,
                                                          const Candidate& candidate, std::int64_t most);

}  // namespace berth
