// Weights and activations stay; the cache grows with each position, but for windows that are full.
#include "evaluation/context_memory.h"

#include <algorithm>

#include "base/index.h"
#include "evaluation/constraints.h"
#include "evaluation/phases.h"

namespace berth {

namespace {

Bytes cache_of(const LengthPlan& length, const Assignment& assignment, const std::vector<bool>& holds,
               std::int64_t positions) {
    Bytes all;
    for (std::size_t i = 0; i < assignment.size(); ++i) {
        const std::size_t d = at(assignment[i]);
        all += holds[d] ? kept_in_cache(length.graphs[d].operators[i], length.plans[d].operators[i].scheme, positions)
                        : Bytes{};
    }
    return all;
}

// Of both phases: what stays on its device is there once.
Bytes cache_of(const std::vector<LengthPlan>& lengths, const PhasedAssignment& placed, const std::vector<bool>& holds,
               std::int64_t positions) {
    const std::size_t host = at(lengths.front().problem.host);
    const auto same = counterparts(lengths.back().graphs[host], lengths.front().graphs[host]);
    Assignment left;
    for (std::size_t i = 0; i < same.size(); ++i) {
        left.push_back(same[i] == kNoOperator ? placed.steps[i] : placed.prompt[at(same[i])]);
    }
    Bytes all = cache_of(lengths.back(), placed.steps, holds, positions);
    for (std::size_t i = 0; i < left.size(); ++i) {
        const std::size_t d = at(left[i]);
        const bool elsewhere = left[i] != placed.steps[i] && holds[d];
        all += elsewhere ? kept_in_cache(lengths.back().graphs[d].operators[i],
                                         lengths.back().plans[d].operators[i].scheme, positions)
                         : Bytes{};
    }
    return all;
}

Bytes cache_of(const std::vector<LengthPlan>& lengths, const Candidate& candidate, const std::vector<bool>& holds,
               std::int64_t positions) {
    return candidate.phases ? cache_of(lengths, *candidate.phases, holds, positions)
                            : cache_of(lengths.back(), placed_passes(lengths, candidate).back(), holds, positions);
}

Bytes needed_now(const std::vector<LengthPlan>& lengths, const Candidate& candidate, std::size_t memory) {
    return candidate.phases
               ? memory_needed(lengths, memory, *candidate.phases)
               : memory_needed(lengths.front().problem.limits, memory, placed_passes(lengths, candidate).front());
}

// The most positions, up to `most`, for which `fits` holds; it fails for all beyond one for which it fails.
template <class Fits>
std::int64_t most_positions(std::int64_t most, Fits fits) {
    std::int64_t low = 0;
    while (low < most) {
        const std::int64_t middle = low + (most - low + 1) / 2;
        low = fits(middle) ? middle : low;
        most = low == middle ? most : middle - 1;
    }
    return low;
}

}  // namespace

std::optional<ContextMemory> context_memory(const std::vector<LengthPlan>& lengths, const ModelStage& stage,
                                            const Candidate& candidate, std::int64_t most) {
    const std::int64_t now = stage.generation->prompt + stage.generation->new_tokens;
    std::optional<ContextMemory> first;
    const auto& memories = lengths.front().problem.limits.memories;
    for (std::size_t m = 0; m < memories.size(); ++m) {
        const auto cache = [&](std::int64_t positions) {
            return cache_of(lengths, candidate, memories[m].holds, positions);
        };
        const Bytes beside = needed_now(lengths, candidate, m) - cache(now);
        const std::int64_t fit = most_positions(
            most, [&](std::int64_t positions) { return beside + cache(positions) <= memories[m].capacity; });
        if (fit < most && (!first || fit < first->positions)) {
            first = ContextMemory{memories[m].name, memories[m].capacity, beside, fit, cache(fit)};
        }
    }
    return first;
}

}  // namespace berth
