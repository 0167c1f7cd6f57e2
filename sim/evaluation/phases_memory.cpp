// What a prompt and its steps keep in memories, counted once where both use the same.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/index.h"
#include "evaluation/constraints.h"
#include "evaluation/phases.h"

namespace berth {

bool share_weights(const PlacedOperator& a, const PlacedOperator& b) {
    const Scheme& one = a.length.plans[at(a.device)].operators[at(a.op)].scheme;
    const Scheme& other = b.length.plans[at(b.device)].operators[at(b.op)].scheme;
    return a.device == b.device || (a.length.same_layout[at(a.device)][at(b.device)] && one.weights == other.weights &&
                                    one.group == other.group);
}

namespace {

// [device of the prompt's operator][device of its counterpart] bytes that both keep once: all on one device, and
// weights that both devices read in one format.
std::vector<std::vector<Bytes>> kept_once(const LengthPlan& prompt, OperatorId op, const LengthPlan& step,
                                          OperatorId counterpart) {
    const std::vector<Bytes>& own = prompt.problem.limits.size[at(op)];
    const std::vector<Bytes>& again = step.problem.limits.size[at(counterpart)];
    std::vector<std::vector<Bytes>> once(own.size(), std::vector<Bytes>(own.size()));
    for (std::size_t from = 0; from < own.size(); ++from) {
        const Scheme& scheme = prompt.plans[from].operators[at(op)].scheme;
        const Operator& stored = prompt.graphs[from].operators[at(op)];
        const Bytes weights = weight_storage(stored.kind, stored.dims, scheme).total();
        for (std::size_t to = 0; to < own.size(); ++to) {
            const Bytes both = std::min(own[from], again[to]);
            if (share_weights({prompt, op, static_cast<DeviceId>(from)},
                              {step, counterpart, static_cast<DeviceId>(to)})) {
                once[from][to] = from == to ? both : std::min(both, weights);
            }
        }
        for (Bytes& size : once[from]) {
            size = std::min(size, once[from][from]);
        }
    }
    return once;
}

// Largest working memory of the passes, which follow each other.
Bytes working_memory(const std::vector<LengthPlan>& lengths, std::size_t memory, const PhasedAssignment& placed) {
    const std::vector<Assignment> passes = placed_passes(lengths, placed);
    Bytes most;
    for (std::size_t i = 0; i < passes.size(); ++i) {
        most = std::max(most, working_memory(lengths[i].problem.limits, memory, passes[i]));
    }
    return most;
}

Bytes memory_needed(const PlacementLimits& both, const std::vector<LengthPlan>& lengths, std::size_t memory,
                    const PhasedAssignment& placed) {
    Assignment all = placed.prompt;
    all.insert(all.end(), placed.steps.begin(), placed.steps.end());
    return kept_resident(both, memory, all) + working_memory(lengths, memory, placed);
}

}  // namespace

PlacementLimits kept_by_both(const std::vector<LengthPlan>& lengths) {
    const LengthPlan& prompt = lengths.front();
    const LengthPlan& step = lengths.back();
    const std::size_t host = at(prompt.problem.host);
    PlacementLimits both;
    both.memories = prompt.problem.limits.memories;
    both.size = prompt.problem.limits.size;
    both.size.insert(both.size.end(), step.problem.limits.size.begin(), step.problem.limits.size.end());
    const auto same = counterparts(prompt.graphs[host], step.graphs[host]);
    for (std::size_t i = 0; i < same.size(); ++i) {
        if (same[i] != kNoOperator) {
            const auto op = static_cast<OperatorId>(i);
            both.shared.push_back(
                {op, static_cast<OperatorId>(same.size()) + same[i], kept_once(prompt, op, step, same[i])});
        }
    }
    return both;
}

Bytes memory_needed(const std::vector<LengthPlan>& lengths, std::size_t memory, const PhasedAssignment& placed) {
    return memory_needed(kept_by_both(lengths), lengths, memory, placed);
}

std::optional<std::string> exceeded_memory(const std::vector<LengthPlan>& lengths, const PhasedAssignment& placed) {
    const PlacementLimits limits = kept_by_both(lengths);
    for (std::size_t memory = 0; memory < limits.memories.size(); ++memory) {
        const Bytes needed = memory_needed(limits, lengths, memory, placed);
        const PlacementLimits::Memory& of = limits.memories[memory];
        if (needed > of.capacity) {
            return "weights, caches and activations of both phases take " +
                   exceeding_text(needed, of.capacity, of.name);
        }
    }
    return std::nullopt;
}

}  // namespace berth
