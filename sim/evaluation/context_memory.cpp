// Memory against context length: weights and activations are constant, the cache grows per position except for full
// windows.
#include "evaluation/context_memory.h"

#include <algorithm>

#include "base/index.h"
#include "evaluation/constraints.h"
#include "evaluation/phases.h"

namespace berth {

namespace {

/// [device] number of caches in this memory: one per slot, zero if the device keeps caches elsewhere.
using Copies = std::vector<double>;

Copies copies_in(const PlacementLimits::Memory& memory, const ModelStage& stage, const Profile& profile) {
    Copies copies;
    for (std::size_t d = 0; d < memory.holds.size(); ++d) {
        const auto slots = static_cast<double>(slots_on(stage, profile, static_cast<DeviceId>(d)));
        copies.push_back(memory.holds[d] ? slots : 0);
    }
    return copies;
}

Bytes cache_of(const LengthPlan& length, const Assignment& assignment, const Copies& copies, std::int64_t positions) {
    Bytes all;
    for (std::size_t i = 0; i < assignment.size(); ++i) {
        const std::size_t d = at(assignment[i]);
        all += kept_in_cache(length.graphs[d].operators[i], length.plans[d].operators[i].scheme, positions) * copies[d];
    }
    return all;
}

// Cache size of both phases; a cache that stays on its device counts once.
Bytes cache_of(const std::vector<LengthPlan>& lengths, const PhasedAssignment& placed, const Copies& copies,
               std::int64_t positions) {
    const std::size_t host = at(lengths.front().problem.host);
    const auto same = counterparts(lengths.back().graphs[host], lengths.front().graphs[host]);
    Assignment left;
    for (std::size_t i = 0; i < same.size(); ++i) {
        left.push_back(same[i] == kNoOperator ? placed.steps[i] : placed.prompt[at(same[i])]);
    }
    Bytes all = cache_of(lengths.back(), placed.steps, copies, positions);
    for (std::size_t i = 0; i < left.size(); ++i) {
        const std::size_t d = at(left[i]);
        all += left[i] == placed.steps[i] ? Bytes{}
                                          : kept_in_cache(lengths.back().graphs[d].operators[i],
                                                          lengths.back().plans[d].operators[i].scheme, positions) *
                                                copies[d];
    }
    return all;
}

Bytes cache_of(const std::vector<LengthPlan>& lengths, const Candidate& candidate, const Copies& copies,
               std::int64_t positions) {
    return candidate.phases ? cache_of(lengths, *candidate.phases, copies, positions)
                            : cache_of(lengths.back(), placed_passes(lengths, candidate).back(), copies, positions);
}

// Shortest compiled cache among those that attention of the candidate reads.
std::optional<std::int64_t> compiled_length(const std::vector<LengthPlan>& lengths, const Candidate& candidate,
                                            const Profile& profile) {
    std::optional<std::int64_t> shortest;
    const Assignment steps = candidate.phases ? candidate.phases->steps : placed_passes(lengths, candidate).back();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const std::int64_t length = profile.devices[at(steps[i])].runtime.cache_length;
        if (length > 0 && lengths.back().graphs[at(steps[i])].operators[i].kind == OperatorKind::kAttention) {
            shortest = std::min(shortest.value_or(length), length);
        }
    }
    return shortest;
}

Bytes needed_now(const std::vector<LengthPlan>& lengths, const Candidate& candidate, std::size_t memory) {
    return candidate.phases
               ? memory_needed(lengths, memory, *candidate.phases)
               : memory_needed(lengths.front().problem.limits, memory, placed_passes(lengths, candidate).front());
}

// Largest number of positions up to `most` for which the monotone predicate `fits` holds.
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
                                            const Profile& profile, const Candidate& candidate, std::int64_t most) {
    const std::int64_t now = stage.generation->positions();
    most = std::min(most, compiled_length(lengths, candidate, profile).value_or(most));
    std::optional<ContextMemory> first;
    const auto& memories = lengths.front().problem.limits.memories;
    for (std::size_t m = 0; m < memories.size(); ++m) {
        const Copies copies = copies_in(memories[m], stage, profile);
        const auto cache = [&](std::int64_t positions) { return cache_of(lengths, candidate, copies, positions); };
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
