// Joint placement problem of two phases: each operator occurs once for the prompt and once for the steps, with the
// hand-over of its cache as a flow between the two.
#include "evaluation/phases.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string_view>
#include <unordered_map>

#include "base/index.h"
#include "base/mapped.h"
#include "evaluation/constraints.h"
#include "evaluation/summed_passes.h"

namespace berth {

namespace {

const Graph& host_graph(const LengthPlan& length) { return length.graphs[at(length.problem.host)]; }

std::span<const LengthPlan> of_prompt(const std::vector<LengthPlan>& lengths) {
    const auto steps = std::ranges::find_if(lengths, [](const LengthPlan& one) { return one.length.step; });
    return {lengths.begin(), steps};
}

std::span<const LengthPlan> of_steps(const std::vector<LengthPlan>& lengths) {
    return std::span(lengths).subspan(of_prompt(lengths).size());
}

// Sum of the passes of a phase, in any number of segments. Absent if passes differ in more than sizes.
std::optional<PlacementProblem> added_up(std::span<const LengthPlan> passes) {
    auto sum = summed_passes(passes);
    if (sum) {
        sum->limits.segments.reset();
    }
    return sum;
}

PlacementProblem without_limits(PlacementProblem problem) {
    problem.limits = {};
    return problem;
}

std::vector<DeviceId> usable_devices(const PlacementProblem& prompt, const PlacementProblem& steps) {
    std::vector<DeviceId> usable;
    for (std::size_t d = 0; d < prompt.devices; ++d) {
        const auto runs = [d](const auto& costs) { return costs[d].has_value(); };
        if (std::ranges::any_of(prompt.cost, runs) || std::ranges::any_of(steps.cost, runs)) {
            usable.push_back(static_cast<DeviceId>(d));
        }
    }
    return usable;
}

/// Merges the operators of both phases into one order in which each step operator follows its counterpart in the
/// prompt, so that few caches are live at a time.
class Joining {
  public:
    Joining(PlacementProblem& joined, const PlacementProblem& prompt, const PlacementProblem& steps)
        : joined_(joined), prompt_(prompt), steps_(steps) {
        joined_.devices = prompt.devices;
        joined_.host = prompt.host;
        joined_.activation.resize(prompt.devices);
    }

    // Models the cost of entering a runtime, due once if any operator of the phase runs on the device, as a flow from a
    // virtual operator pinned to another device.
    void add_callers(const std::vector<DeviceId>& usable) {
        for (const PlacementProblem* phase : {&prompt_, &steps_}) {
            for (const DeviceId device : usable) {
                if (phase->activation[at(device)] > Time{}) {
                    callers.push_back({phase, device, usable.front() == device ? usable[1] : usable.front()});
                    append(std::vector<std::optional<Time>>(joined_.devices), -1);
                    joined_.cost.back()[at(callers.back().at)] = Time{};
                }
            }
        }
    }

    void add_operators(const std::vector<OperatorId>& counterpart) {
        std::size_t step = 0;
        const auto add_steps_up_to = [&](OperatorId last) {
            while (step < counterpart.size() && counterpart[step] <= last) {
                steps_at.push_back(append(steps_.cost[step], grouped(steps_, step, prompt_.cost.size())));
                ++step;
            }
        };
        for (std::size_t op = 0; op < prompt_.cost.size(); ++op) {
            prompt_at.push_back(append(prompt_.cost[op], grouped(prompt_, op, 0)));
            add_steps_up_to(static_cast<OperatorId>(op));
        }
        add_steps_up_to(std::numeric_limits<OperatorId>::max());
    }

    void add_flows() {
        for (std::size_t i = 0; i < callers.size(); ++i) {
            add_call(static_cast<OperatorId>(i));
        }
        add_phase(prompt_, prompt_at);
        add_phase(steps_, steps_at);
    }

    void add_cache(const CacheHandover::Cache& cache, const TermValues& values, double weight) {
        PlacementProblem::TensorFlow& flow = joined_.flows.emplace_back();
        flow.producer = prompt_at[at(cache.prompt)];
        flow.consumers = {steps_at[at(cache.step)]};
        flow.size = cache.size;
        flow.crossing.assign(joined_.devices, std::vector<Time>(joined_.devices));
        for (std::size_t from = 0; from < joined_.devices; ++from) {
            for (std::size_t to = 0; to < joined_.devices; ++to) {
                flow.crossing[from][to] =
                    from == to ? Time{} : seconds(values.times[cache.crossing[from][to]]) * weight;
            }
        }
    }

    // `both` are the limits of the prompt's operators, then those of the steps.
    void add_limits(const PlacementLimits& both) {
        std::vector<OperatorId> places = prompt_at;
        places.insert(places.end(), steps_at.begin(), steps_at.end());
        PlacementLimits& limits = joined_.limits;
        limits.memories = both.memories;
        limits.size.resize(joined_.cost.size(), std::vector<Bytes>(joined_.devices));
        limits.working = limits.size;
        for (std::size_t i = 0; i < both.size.size(); ++i) {
            const bool steps = i >= prompt_at.size();
            limits.size[at(places[i])] = both.size[i];
            limits.working[at(places[i])] =
                steps ? steps_.limits.working[i - prompt_at.size()] : prompt_.limits.working[i];
        }
        for (const PlacementLimits::Shared& one : both.shared) {
            limits.shared.push_back({places[at(one.before)], places[at(one.after)], one.size});
        }
    }

    struct Caller {
        const PlacementProblem* phase = nullptr;
        DeviceId called = 0, at = 0;
    };
    std::vector<Caller> callers;
    std::vector<OperatorId> prompt_at, steps_at;

  private:
    OperatorId append(std::vector<std::optional<Time>> cost, int group) {
        joined_.cost.push_back(std::move(cost));
        joined_.group.push_back(group);
        return static_cast<OperatorId>(joined_.cost.size() - 1);
    }

    static int grouped(const PlacementProblem& phase, std::size_t op, std::size_t behind) {
        return phase.group.empty() || phase.group[op] < 0 ? -1 : phase.group[op] + static_cast<int>(behind);
    }

    void add_call(OperatorId number) {
        const Caller& caller = callers[at(number)];
        PlacementProblem::TensorFlow& flow = joined_.flows.emplace_back();
        flow.producer = number;
        flow.consumers = caller.phase == &prompt_ ? prompt_at : steps_at;
        flow.size.resize(joined_.devices);
        flow.crossing.assign(joined_.devices, std::vector<Time>(joined_.devices));
        flow.crossing[at(caller.at)][at(caller.called)] = caller.phase->activation[at(caller.called)];
    }

    void add_phase(const PlacementProblem& phase, const std::vector<OperatorId>& places) {
        for (PlacementProblem::TensorFlow flow : phase.flows) {
            flow.producer = flow.producer == kNoOperator ? kNoOperator : places[at(flow.producer)];
            std::ranges::for_each(flow.consumers, [&places](OperatorId& one) { one = places[at(one)]; });
            joined_.flows.push_back(std::move(flow));
        }
        for (const auto& loss : phase.fusion) {
            joined_.fusion.push_back({places[at(loss.before)], places[at(loss.after)], loss.device, loss.loss});
        }
    }

    PlacementProblem& joined_;
    const PlacementProblem& prompt_;
    const PlacementProblem& steps_;
};

void note_layers(const Graph& graph, const std::vector<OperatorId>& places, int first, std::vector<int>& layer) {
    for (std::size_t i = 0; i < places.size(); ++i) {
        const int block = graph.operators[i].block;
        layer[at(places[i])] = block < 0 ? -1 : first + block;
    }
}

}  // namespace

bool has_two_phases(const ModelStage& stage, const Profile& profile) {
    return stage.generation && stage.generation->phase == Phase::kGenerate && !stage.on && profile.devices.size() > 1;
}

std::vector<OperatorId> counterparts(const Graph& steps, const Graph& prompt) {
    std::unordered_map<std::string_view, OperatorId> numbers;
    for (std::size_t i = 0; i < prompt.operators.size(); ++i) {
        numbers.emplace(prompt.operators[i].name, static_cast<OperatorId>(i));
    }
    std::vector<OperatorId> found;
    for (const Operator& op : steps.operators) {
        const auto same = numbers.find(op.name);
        found.push_back(same == numbers.end() ? kNoOperator : same->second);
    }
    return found;
}

CacheHandover::CacheHandover(const ModelStage& stage, const std::vector<LengthPlan>& lengths, const Profile& profile) {
    const LengthPlan& prompt = lengths.front();
    const LengthPlan& step = lengths.back();
    const auto same = counterparts(host_graph(step), host_graph(prompt));
    const std::size_t devices = profile.devices.size();
    for (std::size_t i = 0; i < same.size(); ++i) {
        Cache cache{same[i], static_cast<OperatorId>(i), {}, {}};
        if (cache.prompt == kNoOperator) {
            continue;
        }
        for (std::size_t d = 0; d < devices; ++d) {
            cache.size.push_back(kept_in_cache(prompt.graphs[d].operators[at(cache.prompt)],
                                               prompt.plans[d].operators[at(cache.prompt)].scheme,
                                               stage.generation->prompt));
        }
        if (std::ranges::max(cache.size) <= Bytes{}) {
            continue;
        }
        cache.crossing.assign(devices, std::vector<TermId>(devices));
        for (std::size_t from = 0; from < devices; ++from) {
            for (std::size_t to = 0; to < devices; ++to) {
                if (from != to) {
                    cache.crossing[from][to] = terms_.crossing({static_cast<DeviceId>(from), static_cast<DeviceId>(to),
                                                                std::max(cache.size[from], cache.size[to])});
                }
            }
        }
        caches_.push_back(std::move(cache));
    }
    terms_.work_out(profile, values_);
}

CostSum CacheHandover::of(const PhasedAssignment& placed) const {
    std::vector<double> counts(terms_.size());
    for (const Cache& cache : caches_) {
        const DeviceId from = placed.prompt[at(cache.prompt)];
        const DeviceId to = placed.steps[at(cache.step)];
        if (from != to) {
            counts[cache.crossing[at(from)][at(to)]] += 1;
        }
    }
    CostSum sum;
    for (std::size_t term = 0; term < counts.size(); ++term) {
        if (counts[term] > 0) {
            sum.push_back({static_cast<TermId>(term), counts[term]});
        }
    }
    return sum;
}

Bytes CacheHandover::bytes_of(const PhasedAssignment& placed) const {
    return sum_of<Bytes>(
        of(placed), [&](const TermCount& one) { return std::get<CrossingTerm>(terms_[one.term]).size * one.count; });
}

std::optional<PhasesProblem> PhasesProblem::of(const std::vector<LengthPlan>& lengths, const CacheHandover& caches,
                                               Granularity granularity, TimeOf which) {
    constexpr double kBetweenEquals = 1e-6;  // weight of what does not belong to the time
    auto prompt = added_up(of_prompt(lengths));
    auto steps = added_up(of_steps(lengths));
    if (!prompt || !steps) {
        return std::nullopt;
    }
    const std::vector<DeviceId> usable = usable_devices(*prompt, *steps);
    if (usable.size() < 2) {
        return std::nullopt;
    }
    const Graph& prompt_graph = host_graph(lengths.front());
    const Graph& steps_graph = host_graph(lengths.back());
    if (granularity == Granularity::kBlock) {
        prompt = per_block(*prompt, prompt_graph);
        steps = per_block(*steps, steps_graph);
    }
    PhasesProblem result;
    result.prompt_alone_ = without_limits(*prompt);
    result.steps_alone_ = without_limits(*steps);
    scale_costs(*prompt, which == TimeOf::kToken ? kBetweenEquals : 1);
    scale_costs(*steps, which == TimeOf::kFirstToken ? kBetweenEquals : 1);
    Joining joining(result.problem_, *prompt, *steps);
    joining.add_callers(usable);
    joining.add_operators(counterparts(steps_graph, prompt_graph));
    joining.add_flows();
    for (const CacheHandover::Cache& cache : caches.caches()) {
        joining.add_cache(cache, caches.values(), which == TimeOf::kStage ? 1 : kBetweenEquals);
    }
    joining.add_limits(kept_by_both(lengths));
    for (const auto& caller : joining.callers) {
        result.callers_.push_back(caller.at);
    }
    if (granularity == Granularity::kOperator) {
        result.layer_.assign(result.problem_.cost.size(), -1);
        note_layers(prompt_graph, joining.prompt_at, 0, result.layer_);
        note_layers(steps_graph, joining.steps_at, prompt_graph.blocks, result.layer_);
    }
    result.prompt_ = std::move(joining.prompt_at);
    result.steps_ = std::move(joining.steps_at);
    return result;
}

std::optional<PlacementResult> PhasesProblem::best() const {
    return layer_.empty() ? best_placement(problem_) : limited_placement(problem_, layer_);
}

PlacementProblem PhasesProblem::with(const std::vector<OperatorId>& phase, const Assignment& placed) const {
    PlacementProblem problem = without_limits(problem_);
    for (std::size_t i = 0; i < phase.size(); ++i) {
        auto& costs = problem.cost[at(phase[i])];
        for (std::size_t d = 0; d < costs.size(); ++d) {
            costs[d] = static_cast<DeviceId>(d) == placed[i] ? costs[d] : std::nullopt;
        }
    }
    return problem;
}

PhasedAssignment PhasesProblem::phases_of(const Assignment& assignment) const {
    PhasedAssignment placed;
    for (const OperatorId op : prompt_) {
        placed.prompt.push_back(assignment[at(op)]);
    }
    for (const OperatorId op : steps_) {
        placed.steps.push_back(assignment[at(op)]);
    }
    return placed;
}

Assignment PhasesProblem::joined(const PhasedAssignment& placed) const {
    Assignment assignment = callers_;
    assignment.resize(problem_.cost.size());
    for (std::size_t i = 0; i < prompt_.size(); ++i) {
        assignment[at(prompt_[i])] = placed.prompt[i];
    }
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        assignment[at(steps_[i])] = placed.steps[i];
    }
    return assignment;
}

std::vector<Assignment> placed_passes(const std::vector<LengthPlan>& lengths, const PhasedAssignment& placed) {
    std::vector<Assignment> passes;
    for (const LengthPlan& length : lengths) {
        const bool step = length.length.step;
        passes.push_back(assignment_for(host_graph(length), host_graph(step ? lengths.back() : lengths.front()),
                                        step ? placed.steps : placed.prompt));
    }
    return passes;
}

std::vector<Assignment> placed_passes(const std::vector<LengthPlan>& lengths, const Assignment& assignment) {
    return mapped(lengths, [&](const LengthPlan& length) {
        return assignment_for(host_graph(length), host_graph(dominant(lengths)), assignment);
    });
}

std::vector<Assignment> placed_passes(const std::vector<LengthPlan>& lengths, const Candidate& candidate) {
    return candidate.phases ? placed_passes(lengths, *candidate.phases) : placed_passes(lengths, candidate.assignment);
}

}  // namespace berth
