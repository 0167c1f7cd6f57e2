// Layers of a prompt and of its tokens dealt to devices whose memory does not hold all of them.
#pragma once

#include <optional>
#include <vector>

#include "evaluation/phases.h"

namespace berth {

/// Relative weights of the two phases in the time that is minimised.
struct PhaseWeights {
    double prompt = 1, steps = 1;
};

/// Best placement found of the blocks of both phases within the memory that most of them overfill if they are placed
/// freely: each block has a device for the prompt and one for the tokens, and one copy of its weights where both are
/// the same. Absent if the phases differ in their operators, or if nothing fits. Calls of runtimes, and fusion over the
/// edges of blocks, do not count in the search.
[[nodiscard]] std::optional<PhasedAssignment> limited_phases(const std::vector<LengthPlan>& lengths,
                                                             const CacheHandover& caches, const PhaseWeights& weights);

}  // namespace berth
