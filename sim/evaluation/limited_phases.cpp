// The two phases as one placement problem whose devices are pairs: where the prompt reads, and where tokens are made.
#include "evaluation/limited_phases.h"

#include <algorithm>
#include <span>

#include "base/index.h"
#include "base/mapped.h"
#include "evaluation/summed_passes.h"

namespace berth {

namespace {

struct DevicePair {
    std::size_t prompt = 0, steps = 0;
};

/// Both phases, block by block, with equal operators and flows.
struct BothPhases {
    PlacementProblem prompt, steps;
    std::vector<DevicePair> pairs;
};

std::optional<BothPhases> both_of(const std::vector<LengthPlan>& lengths) {
    const auto first_step = std::ranges::find_if(lengths, [](const LengthPlan& one) { return one.length.step; });
    auto prompt = summed_passes(std::span(lengths.begin(), first_step));
    auto steps = summed_passes(std::span(first_step, lengths.end()));
    if (!prompt || !steps || prompt->cost.size() != steps->cost.size() || prompt->flows.size() != steps->flows.size()) {
        return std::nullopt;
    }
    const Graph& graph = lengths.front().graphs[at(prompt->host)];
    BothPhases both{per_block(*prompt, graph), per_block(*steps, lengths.back().graphs[at(steps->host)]), {}};
    if (both.prompt.group != both.steps.group) {
        return std::nullopt;
    }
    for (std::size_t p = 0; p < both.prompt.devices; ++p) {
        for (std::size_t s = 0; s < both.prompt.devices; ++s) {
            both.pairs.push_back({p, s});
        }
    }
    return both;
}

// Costs of each operator on each pair, and of each tensor between pairs.
PlacementProblem problem_of_pairs(const BothPhases& both, const PhaseWeights& weights) {
    const PlacementProblem& prompt = both.prompt;
    const PlacementProblem& steps = both.steps;
    const std::vector<DevicePair>& pairs = both.pairs;
    const auto sum = [&weights](Time a, Time b) { return a * weights.prompt + b * weights.steps; };
    PlacementProblem problem;
    problem.devices = pairs.size();
    problem.host = static_cast<DeviceId>(at(prompt.host) * prompt.devices + at(prompt.host));
    problem.group = prompt.group;
    problem.activation.resize(pairs.size());
    for (std::size_t op = 0; op < prompt.cost.size(); ++op) {
        problem.cost.push_back(mapped(pairs, [&](const DevicePair& on) {
            const auto& read = prompt.cost[op][on.prompt];
            const auto& made = steps.cost[op][on.steps];
            return read && made ? std::optional(sum(*read, *made)) : std::nullopt;
        }));
    }
    for (std::size_t f = 0; f < prompt.flows.size(); ++f) {
        PlacementProblem::TensorFlow flow = prompt.flows[f];
        flow.size = mapped(pairs, [&](const DevicePair& on) { return prompt.flows[f].size[on.prompt]; });
        flow.crossing = mapped(pairs, [&](const DevicePair& from) {
            return mapped(pairs, [&](const DevicePair& to) {
                return sum(prompt.flows[f].crossing[from.prompt][to.prompt],
                           steps.flows[f].crossing[from.steps][to.steps]);
            });
        });
        problem.flows.push_back(std::move(flow));
    }
    return problem;
}

void add_caches(PlacementProblem& problem, const BothPhases& both, const CacheHandover& caches) {
    for (const CacheHandover::Cache& cache : caches.caches()) {
        for (std::size_t i = 0; i < both.pairs.size(); ++i) {
            const auto [from, to] = both.pairs[i];
            auto& cost = problem.cost[at(cache.step)][i];
            if (cost && from != to) {
                *cost += seconds(caches.values().times[cache.crossing[from][to]]);
            }
        }
    }
}

// The memory that the phases overfill by most if they may run anywhere; absent if none can be overfilled.
std::optional<std::size_t> tightest_memory(const BothPhases& both) {
    const PlacementLimits& limits = both.prompt.limits;
    std::optional<std::size_t> tightest;
    double most = 1;
    for (std::size_t m = 0; m < limits.memories.size(); ++m) {
        const double filled = most_needed(both.prompt, m) / limits.memories[m].capacity;
        if (filled > most) {
            most = filled;
            tightest = m;
        }
    }
    return tightest;
}

void limit_memory(PlacementProblem& problem, const BothPhases& both, std::size_t memory,
                  const std::vector<LengthPlan>& lengths) {
    const PlacementLimits& limits = both.prompt.limits;
    const PlacementLimits::Memory& of = limits.memories[memory];
    const auto held = [&of](std::size_t device) { return of.holds[device]; };
    problem.limits.memories.push_back({of.name, of.capacity, {}, {}});
    for (const auto& [p, s] : both.pairs) {
        problem.limits.memories.front().holds.push_back(held(p) || held(s));
    }
    for (std::size_t op = 0; op < problem.cost.size(); ++op) {
        problem.limits.working.push_back(mapped(both.pairs, [&](const DevicePair& on) {
            return std::max(held(on.prompt) ? limits.working[op][on.prompt] : Bytes{},
                            held(on.steps) ? both.steps.limits.working[op][on.steps] : Bytes{});
        }));
        problem.limits.size.push_back(mapped(both.pairs, [&](const DevicePair& on) {
            const auto kept = [&](std::size_t device) {
                return held(device) ? std::max(limits.size[op][device], both.steps.limits.size[op][device]) : Bytes{};
            };
            const bool once =
                share_weights({lengths.front(), static_cast<OperatorId>(op), static_cast<DeviceId>(on.prompt)},
                              {lengths.back(), static_cast<OperatorId>(op), static_cast<DeviceId>(on.steps)});
            return once ? std::max(kept(on.prompt), kept(on.steps)) : kept(on.prompt) + kept(on.steps);
        }));
    }
}

}  // namespace

std::optional<PhasedAssignment> limited_phases(const std::vector<LengthPlan>& lengths, const CacheHandover& caches,
                                               const PhaseWeights& weights) {
    const auto both = both_of(lengths);
    const auto memory = both ? tightest_memory(*both) : std::nullopt;
    if (!memory) {
        return std::nullopt;
    }
    PlacementProblem problem = problem_of_pairs(*both, weights);
    add_caches(problem, *both, caches);
    limit_memory(problem, *both, *memory, lengths);
    const auto best = best_placement(problem);
    if (!best) {
        return std::nullopt;
    }
    PhasedAssignment placed;
    for (const DeviceId pair : best->assignment) {
        placed.prompt.push_back(static_cast<DeviceId>(both->pairs[at(pair)].prompt));
        placed.steps.push_back(static_cast<DeviceId>(both->pairs[at(pair)].steps));
    }
    return placed;
}

}  // namespace berth
