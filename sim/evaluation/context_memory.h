// Longest prompt that fits into memory under a placement.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "berth/evaluation/evaluation.h"
#include "evaluation/work.h"

namespace berth {

/// Longest prompt of a placement that fits beside an answer, which stays as long as it is.
struct ContextMemory {
    std::string memory;  ///< the one that a longer prompt overfills
    Bytes capacity;
    std::int64_t prompt = 0;  ///< largest number of tokens that fits; 0: none does
    std::int64_t answer = 0;  ///< tokens of the longest answer
};

/// For a text-generating stage. Absent if no prompt overfills a memory before prompt and answer take `most` positions.
[[nodiscard]] std::optional<ContextMemory> context_memory(const ModelStage& stage, const Profile& hardware,
                                                          const Candidate& candidate, std::int64_t most);

}  // namespace berth
