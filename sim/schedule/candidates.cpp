// The placements of a stage that are worth showing, each costed over all its input lengths.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "schedule/constraints.h"
#include "schedule/overlap.h"
#include "schedule/work.h"

namespace berth {

namespace {

constexpr double kBeyondChance = 1 - 1e-4;  // less is gained by chance

bool is_step(const LengthPlan& length) { return length.length.context > 0; }

// A table that two operators on one device store alike is there once.
bool shares_table(const Assignment& assignment, const LengthPlan& length, std::size_t i) {
    const auto d = static_cast<std::size_t>(assignment[i]);
    const OperatorId owner = length.graphs[d].operators[i].table_of;
    if (owner == kNoOperator) {
        return false;
    }
    const auto o = static_cast<std::size_t>(owner);
    const Scheme& own = length.plans[d].operators[i].scheme;
    const Scheme& of_owner = length.plans[d].operators[o].scheme;
    return assignment[o] == assignment[i] && own.weights == of_owner.weights && own.group == of_owner.group;
}

std::optional<Energy> energy_of(const Work& work, const LengthPlan& length) {
    Energy energy;
    for (const ScheduledKernel& scheduled : work.kernels) {
        const auto& one = length.plans[static_cast<std::size_t>(scheduled.device)]
                              .costs[static_cast<std::size_t>(scheduled.kernel)]
                              .energy;
        if (!one) {
            return std::nullopt;
        }
        energy += *one;
    }
    return energy;
}

void add_stored(WeightMemory& weights, DType dtype, Bytes size) {
    if (size > Bytes{}) {
        weights.by_dtype[dtype] += size;
    }
}

void add_activations(Candidate& candidate, const Assignment& assignment, const LengthPlan& length) {
    candidate.spilled_bytes = Bytes{};
    candidate.keeping_capacity = Bytes{};
    std::vector<bool> seen(length.plans.size(), false);
    for (const DeviceId device : assignment) {
        const auto d = static_cast<std::size_t>(device);
        if (!seen[d]) {
            seen[d] = true;
            candidate.peak_activation_bytes =
                std::max(candidate.peak_activation_bytes, length.plans[d].peak_activation_bytes);
            candidate.spilled_bytes += length.plans[d].spilled_bytes;
            candidate.keeping_capacity += length.plans[d].keeping_capacity;
        }
    }
}

void add_weights(Candidate& candidate, const Assignment& assignment, const LengthPlan& length, const Profile& profile) {
    for (std::size_t i = 0; i < assignment.size(); ++i) {
        const auto d = static_cast<std::size_t>(assignment[i]);
        const Operator& op = length.graphs[d].operators[i];
        const Scheme& scheme = length.plans[d].operators[i].scheme;
        WeightStorage storage = weight_storage(op.kind, op.dims, scheme);
        if (shares_table(assignment, length, i)) {
            storage.matrix = storage.scales = Bytes{};
            storage.beside = op.shares_all ? Bytes{} : storage.beside;
        }
        candidate.weight_bytes += storage.total();
        candidate.kept_in_dram += has_own_memory(profile, assignment[i]) ? Bytes{} : storage.total();
        candidate.weights.scales += storage.scales;
        add_stored(candidate.weights, scheme.weights, storage.matrix);
        add_stored(candidate.weights, storage.beside_at, storage.beside);
    }
}

void add_operators(Candidate& candidate, const Assignment& assignment, const LengthPlan& length, double passes,
                   const Profile& profile, bool keep) {
    std::vector<OperatorResult> results = operator_results(length, assignment, profile);
    for (OperatorResult& result : results) {
        candidate.by_category[result.category] += (result.latency - result.handover - result.conversion) * passes;
        if (result.conversion > Time{}) {
            candidate.by_category[Category::kConversion] += result.conversion * passes;
        }
        candidate.handover += result.handover * passes;
    }
    if (keep) {
        candidate.fusion =
            fusion_report(length.graphs[static_cast<std::size_t>(profile.host)], length.plans, profile, assignment);
        for (const MissingFusion& missing : candidate.fusion.missing) {
            OperatorResult& result = results[static_cast<std::size_t>(missing.op)];
            result.not_fused = missing;
            result.not_fused_with = results[static_cast<std::size_t>(missing.before)].name;
        }
        candidate.operators = std::move(results);
    }
}

// Keys and values of all positions.
Bytes kv_cache(const Assignment& assignment, const LengthPlan& length, std::int64_t positions) {
    Bytes cache;
    for (std::size_t i = 0; i < assignment.size(); ++i) {
        const auto d = static_cast<std::size_t>(assignment[i]);
        cache += kept_in_cache(length.graphs[d].operators[i], length.plans[d].operators[i].ran_at, positions);
    }
    return cache;
}

void add_generation(Candidate& candidate, const Generation& generation, const std::vector<WeightedWork>& mix,
                    const Profile& profile, const EvaluationOptions& options) {
    GenerationResult result;
    Time steps;
    for (const WeightedWork& pass : mix) {
        const Time time = time_of(pass.work, *pass.length, profile);
        if (is_step(*pass.length)) {
            steps += time * pass.share;
        } else {
            const double sigma = options.uncertainty ? uncertainty_of({pass}, profile).sigma() : 0;
            result.first_token = log_normal_estimate(time, sigma);
        }
    }
    if (generation.phase != Phase::kPrefill) {
        result.step = generation.phase == Phase::kDecode ? steps : steps / static_cast<double>(generation.new_tokens);
    }
    candidate.actual_tokens = generation.prompt;
    candidate.padded_tokens = generation.prompt;
    candidate.generation = result;
}

}  // namespace

// Costs an assignment over all lengths; operators and categories are those of the dominant one, but categories add up
// over all passes of a stage that generates text.
Candidate costed(std::string placement, Assignment assignment, const ModelStage& stage,
                 const std::vector<LengthPlan>& lengths, const Profile& profile, const EvaluationOptions& options) {
    Candidate candidate;
    candidate.placement = std::move(placement);
    candidate.assignment = std::move(assignment);
    const LengthPlan& main = dominant(lengths);
    const auto host = static_cast<std::size_t>(profile.host);
    std::vector<Assignment> placed;
    Time latency;
    std::vector<WeightedWork> mix;
    std::optional<Energy> energy = Energy{};
    for (const LengthPlan& length : lengths) {
        placed.push_back(assignment_for(length.graphs[host], main.graphs[host], candidate.assignment));
        const auto time = objective(length.problem, placed.back());
        if (!time) {
            candidate.reason = "an input length does not fit this placement";
            return candidate;
        }
        if (auto limit = exceeded_limit(length.problem.limits, placed.back())) {
            candidate.reason = std::move(*limit);
            return candidate;
        }
        latency += *time * length.length.share;
        mix.push_back({work_of(length, placed.back()), &length, length.length.share});
        const auto one = energy_of(mix.back().work, length);
        energy = energy && one ? std::optional(*energy + *one * length.length.share) : std::nullopt;
    }
    candidate.feasible = true;
    candidate.energy = energy;
    if (options.uncertainty) {
        candidate.uncertainty = uncertainty_of(mix, profile);
    }
    candidate.latency = log_normal_estimate(latency, candidate.uncertainty.sigma());
    candidate.segments = segments(candidate.assignment);
    candidate.actual_tokens = candidate.padded_tokens = main.length.tokens;
    // The first pass of a stage that generates text holds what later ones need no more.
    const std::size_t largest = stage.generation ? 0 : static_cast<std::size_t>(&main - lengths.data());
    add_weights(candidate, placed[largest], lengths[largest], profile);
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        const bool is_main = &lengths[i] == &main;
        if (stage.generation || is_main) {
            add_activations(candidate, placed[i], lengths[i]);
            const double passes = stage.generation ? lengths[i].length.share : 1;
            add_operators(candidate, placed[i], lengths[i], passes, profile, is_main && options.operators);
        }
    }
    if (stage.generation) {
        add_generation(candidate, *stage.generation, mix, profile, options);
        candidate.generation->kv_cache =
            kv_cache(placed.front(), lengths.front(), stage.generation->prompt + stage.generation->new_tokens);
    }
    return candidate;
}

namespace {

// Pinned operators where they are pinned, the others as they were.
std::optional<Assignment> with_pins(const LengthPlan& length, std::optional<Assignment> assignment, std::string& why) {
    for (std::size_t i = 0; assignment && i < length.pinned.size(); ++i) {
        if (!length.pinned[i]) {
            continue;
        }
        const auto d = static_cast<std::size_t>(*length.pinned[i]);
        const OperatorPlan& plan = length.plans[d].operators[i];
        if (!plan.supported) {
            why =
                fmt::format("{} is pinned to where it cannot run: {}", length.graphs[d].operators[i].name, plan.reason);
            return std::nullopt;
        }
        (*assignment)[i] = *length.pinned[i];
    }
    return assignment;
}

Candidate whole(DeviceId device, const ModelStage& stage, const std::vector<LengthPlan>& lengths,
                const Profile& profile, const EvaluationOptions& options) {
    const LengthPlan& main = dominant(lengths);
    const auto d = static_cast<std::size_t>(device);
    std::string why;
    auto assignment = whole_model(main.graphs[static_cast<std::size_t>(profile.host)], main.plans, device, &why);
    if (!main.pinned.empty()) {
        assignment = with_pins(main, assignment, why);
    }
    Candidate candidate;
    if (assignment) {
        candidate = costed(profile.devices[d].name, *assignment, stage, lengths, profile, options);
    } else {
        candidate.placement = profile.devices[d].name;
        candidate.reason = why;
    }
    if (!stage.generation) {
        candidate.actual_tokens = main.length.tokens;
        candidate.padded_tokens = main.paid[d];
    }
    candidate.device = device;
    candidate.cores = main.plans[d].execution.cores;
    const auto& operators = main.plans[d].operators;
    for (OperatorResult& result : candidate.operators) {
        const bool pinned = !main.pinned.empty() && main.pinned[static_cast<std::size_t>(result.id)].has_value();
        if (result.device != device && !pinned) {
            result.fell_back = true;
            result.reason = operators[static_cast<std::size_t>(result.id)].reason;
        }
    }
    return candidate;
}

void add_split(std::vector<Candidate>& candidates, Granularity granularity, const PlacementProblem& problem,
               const ModelStage& stage, const std::vector<LengthPlan>& lengths, const Profile& profile,
               const EvaluationOptions& options) {
    const auto best = best_placement(problem);
    if (!best) {
        return;
    }
    const bool known = std::any_of(candidates.begin(), candidates.end(), [&best](const Candidate& candidate) {
        return candidate.feasible && candidate.assignment == best->assignment;
    });
    if (known) {
        return;
    }
    Candidate candidate = costed("split", best->assignment, stage, lengths, profile, options);
    candidate.granularity = granularity;
    for (const DeviceId device : best->assignment) {
        candidate.padded_tokens =
            std::max(candidate.padded_tokens, dominant(lengths).paid[static_cast<std::size_t>(device)]);
    }
    candidates.push_back(std::move(candidate));
}

// Devices at once, where that is better than all else; with its time for the main length.
std::optional<std::pair<Candidate, Time>> overlapped(const std::vector<Candidate>& candidates, const ModelStage& stage,
                                                     const std::vector<LengthPlan>& lengths, const Profile& profile,
                                                     const EvaluationOptions& options) {
    const LengthPlan& main = dominant(lengths);
    std::vector<Assignment> starts;
    std::optional<Time> least;
    for (const Candidate& candidate : candidates) {
        if (candidate.feasible) {
            starts.push_back(candidate.assignment);
            least = least ? std::min(*least, candidate.latency.median) : candidate.latency.median;
        }
    }
    auto pass = overlapped_pass(main, stage, profile, starts);
    if (!pass) {
        return std::nullopt;
    }
    Candidate candidate = costed("overlap", pass->assignment, stage, lengths, profile, options);
    const Graph& graph = main.graphs[static_cast<std::size_t>(profile.host)];
    Time latency;
    for (const LengthPlan& length : lengths) {
        const Graph& own = length.graphs[static_cast<std::size_t>(profile.host)];
        const bool is_main = &length == &main;
        const Time time = is_main
                              ? pass->time
                              : overlap_of(length, stage, profile, assignment_for(own, graph, pass->assignment)).time;
        latency += time * length.length.share;
    }
    if (!candidate.feasible || (least && !(latency < *least * kBeyondChance))) {
        return std::nullopt;
    }
    candidate.granularity = Granularity::kOperator;
    candidate.latency = log_normal_estimate(latency, candidate.uncertainty.sigma());
    for (OperatorResult& result : candidate.operators) {
        result.start = pass->start[static_cast<std::size_t>(result.id)];
    }
    candidate.tasks = std::move(pass->tasks);
    candidate.run_by = std::move(pass->run_by);
    return std::pair(std::move(candidate), pass->time);
}

// How far candidates are from the best placement of the operators, by their times for the main length.
void compare(StageCandidates& result, const std::vector<std::optional<Time>>& times, StageOptimum optimum) {
    for (const auto& time : times) {
        // The search may have been cut short: what another one found counts too.
        optimum.latency = time ? std::min(optimum.latency, *time) : optimum.latency;
    }
    optimum.proved = optimum.proved || optimum.latency <= optimum.lower_bound * (1 + 1e-9);
    for (std::size_t i = 0; i < times.size(); ++i) {
        if (times[i]) {
            Candidate& candidate = result.candidates[i];
            candidate.optimality_gap = std::max(0.0, *times[i] / optimum.lower_bound - 1);
            candidate.proved_optimal = optimum.proved && candidate.optimality_gap < 1e-9;
            candidate.regret = *times[i] - optimum.latency;
        }
    }
    result.optimum = optimum;
}

}  // namespace

const LengthPlan& dominant(const std::vector<LengthPlan>& lengths) {
    return *std::max_element(lengths.begin(), lengths.end(),
                             [](const LengthPlan& a, const LengthPlan& b) { return a.length.share < b.length.share; });
}

Assignment assignment_for(const Graph& graph, const Graph& assigned, const Assignment& assignment) {
    const auto same_name = [](const Operator& a, const Operator& b) { return a.name == b.name; };
    if (std::equal(graph.operators.begin(), graph.operators.end(), assigned.operators.begin(), assigned.operators.end(),
                   same_name)) {
        return assignment;
    }
    std::unordered_map<std::string_view, DeviceId> devices;
    for (std::size_t i = 0; i < assignment.size(); ++i) {
        devices.emplace(assigned.operators[i].name, assignment[i]);
    }
    Assignment result(graph.operators.size());
    DeviceId next = assignment.back();
    for (std::size_t i = result.size(); i-- > 0;) {
        const auto found = devices.find(graph.operators[i].name);
        next = result[i] = found == devices.end() ? next : found->second;
    }
    return result;
}

StageCandidates stage_candidates(const ModelStage& stage, const std::vector<LengthPlan>& lengths,
                                 const Profile& profile, Objective objective_of_all, const EvaluationOptions& options) {
    StageCandidates result;
    std::vector<Candidate>& candidates = result.candidates;
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        candidates.push_back(whole(static_cast<DeviceId>(d), stage, lengths, profile, options));
        if (stage.on && *stage.on != static_cast<DeviceId>(d)) {
            candidates.back().feasible = false;
            candidates.back().reason =
                "the scenario pins this stage to " + profile.devices[static_cast<std::size_t>(*stage.on)].name;
        }
    }
    if (!options.splits) {
        return result;
    }
    const LengthPlan& main = dominant(lengths);
    if (profile.devices.size() > 1 && !stage.on) {
        const Graph& graph = main.graphs[static_cast<std::size_t>(profile.host)];
        add_split(candidates, Granularity::kBlock, per_block(main.problem, graph), stage, lengths, profile, options);
        add_split(candidates, Granularity::kOperator, main.problem, stage, lengths, profile, options);
    }
    const auto best = best_placement(main.problem);
    if (!best || best->lower_bound <= Time{}) {
        return result;
    }
    std::vector<std::optional<Time>> times;
    for (const Candidate& candidate : candidates) {
        times.push_back(candidate.feasible ? objective(main.problem, candidate.assignment) : std::nullopt);
    }
    StageOptimum optimum{best->objective, best->lower_bound, best->proved_optimal};
    if (row_of(objective_of_all).search == SearchOver::kSchedule && !stage.on && !stage.generation) {
        optimum = {best->objective, overlap_bound(main, stage, profile), false};
        if (auto found = overlapped(candidates, stage, lengths, profile, options)) {
            candidates.push_back(std::move(found->first));
            times.emplace_back(found->second);
        }
    }
    compare(result, times, optimum);
    return result;
}

}  // namespace berth
