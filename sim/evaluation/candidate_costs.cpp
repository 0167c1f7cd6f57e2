// Candidate of an assignment: times, energies, memory and operators over all passes of a stage.
#include "evaluation/candidate_costs.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/mapped.h"
#include "berth/hardware/runtimes.h"
#include "evaluation/constraints.h"

namespace berth {

void add_classes(Candidate& candidate, const std::vector<OperatorResult>& results, double passes) {
    for (const OperatorResult& result : results) {
        candidate.by_category[result.category] += (result.latency - result.handover - result.conversion) * passes;
        if (result.conversion > Time{}) {
            candidate.by_category[Category::kConversion] += result.conversion * passes;
        }
        candidate.handover += result.handover * passes;
        candidate.by_bound[result.bound] += result.latency * passes;
    }
}

namespace {

// Whether an operator's table or bias is stored by its owner on the same device in the same format, and so needs no
// memory.
bool shares_with(OperatorId owner, const Assignment& assignment, const LengthPlan& length, std::size_t i) {
    const auto d = static_cast<std::size_t>(assignment[i]);
    if (owner == kNoOperator) {
        return false;
    }
    const auto o = static_cast<std::size_t>(owner);
    const Scheme& own = length.plans[d].operators[i].scheme;
    const Scheme& of_owner = length.plans[d].operators[o].scheme;
    return assignment[o] == assignment[i] && own.weights == of_owner.weights && own.group == of_owner.group;
}

void add_stored(WeightMemory& weights, DType dtype, Bytes size) {
    if (size > Bytes{}) {
        weights.by_dtype[dtype] += size;
    }
}

// Each operator counts as the device that runs it sees it: another device may compute in another dtype.
std::vector<DeviceActivations> activations_of(const Assignment& assignment, const LengthPlan& length) {
    auto all = mapped<DeviceActivations>(length.plans, [](const DevicePlan& plan) {
        return DeviceActivations{{}, {}, plan.keeping_capacity};
    });
    for (std::size_t i = 0; i < assignment.size(); ++i) {
        const auto d = static_cast<std::size_t>(assignment[i]);
        const OperatorPlan& op = length.plans[d].operators[i];
        all[d].peak = std::max(all[d].peak, op.alive);
        all[d].spilled += op.output_on_chip ? Bytes{} : op.output_size;
    }
    return all;
}

// Keeps the largest peaks of all passes, and the spills of the pass that spills most.
void add_activations(Candidate& candidate, const Assignment& assignment, const LengthPlan& length) {
    const auto of_pass = activations_of(assignment, length);
    const Bytes spilled = sum_of<Bytes>(of_pass, &DeviceActivations::spilled);
    const bool first = candidate.activations.empty();
    if (first) {
        candidate.activations = of_pass;
    }
    if (first || spilled > candidate.spilled_bytes) {
        candidate.spilled_bytes = spilled;
        candidate.spilling_tokens = length.length.tokens;
    }
    for (std::size_t d = 0; d < of_pass.size(); ++d) {
        DeviceActivations& kept = candidate.activations[d];
        kept.peak = std::max(kept.peak, of_pass[d].peak);
        kept.spilled = std::max(kept.spilled, of_pass[d].spilled);
        candidate.peak_activation_bytes = std::max(candidate.peak_activation_bytes, kept.peak);
    }
}

// Adds the weights of a placement, except those of operators that find them `there` (empty: none).
void add_weights(Candidate& candidate, const Assignment& assignment, const LengthPlan& length, const Profile& profile,
                 const std::vector<bool>& there = {}) {
    for (std::size_t i = 0; i < assignment.size(); ++i) {
        if (!there.empty() && there[i]) {
            continue;
        }
        const auto d = static_cast<std::size_t>(assignment[i]);
        const Operator& op = length.graphs[d].operators[i];
        const Scheme& scheme = length.plans[d].operators[i].scheme;
        WeightStorage storage = weight_storage(op.kind, op.dims, scheme);
        if (shares_with(op.table_of, assignment, length, i)) {
            storage.matrix = storage.scales = Bytes{};
        }
        if (shares_with(op.bias_of, assignment, length, i)) {
            storage.beside = Bytes{};
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
    add_classes(candidate, results, passes);
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

// The chunk of a prompt that a pass reads; absent for steps, and for a prompt that is read at once.
std::optional<PromptChunk> chunk_of(const LengthPlan& pass, const std::vector<LengthPlan>& lengths, bool generates) {
    double chunks = 0;
    for (const LengthPlan& one : lengths) {
        chunks += one.length.step ? 0 : one.length.share;
    }
    return generates && !pass.length.step && chunks > 1
               ? std::optional(PromptChunk{pass.length.tokens, pass.length.context, std::llround(chunks)})
               : std::nullopt;
}

Bytes cached_by(const LengthPlan& length, std::size_t i, DeviceId device, std::int64_t positions) {
    const auto d = static_cast<std::size_t>(device);
    return kept_in_cache(length.graphs[d].operators[i], length.plans[d].operators[i].scheme, positions);
}

// Key-value cache of all positions, times the number of slots.
Bytes kv_cache(const Assignment& assignment, const LengthPlan& length, const ModelStage& stage,
               const Profile& profile) {
    Bytes cache;
    for (std::size_t i = 0; i < assignment.size(); ++i) {
        cache += cached_by(length, i, assignment[i], positions_on(stage, profile, assignment[i])) *
                 static_cast<double>(slots_on(stage, profile, assignment[i]));
    }
    return cache;
}

// [step operator] device of its counterpart in the prompt.
std::vector<std::optional<DeviceId>> prompt_devices(const std::vector<LengthPlan>& lengths,
                                                    const PhasedAssignment& phases) {
    const auto host = static_cast<std::size_t>(lengths.front().problem.host);
    return mapped<std::optional<DeviceId>>(
        counterparts(lengths.back().graphs[host], lengths.front().graphs[host]), [&](const OperatorId op) {
            return op == kNoOperator ? std::nullopt : std::optional(phases.prompt[static_cast<std::size_t>(op)]);
        });
}

// [step operator] whether its weights are those that the prompt's operator of the same name left in memory.
std::vector<bool> weights_there(const std::vector<LengthPlan>& lengths, const PhasedAssignment& phases) {
    const auto host = static_cast<std::size_t>(lengths.front().problem.host);
    const auto same = counterparts(lengths.back().graphs[host], lengths.front().graphs[host]);
    std::vector<bool> there;
    for (std::size_t i = 0; i < same.size(); ++i) {
        there.push_back(same[i] != kNoOperator &&
                        share_weights({lengths.front(), same[i], phases.prompt[static_cast<std::size_t>(same[i])]},
                                      {lengths.back(), static_cast<OperatorId>(i), phases.steps[i]}));
    }
    return there;
}

// Caches that remain on the prompt's device although tokens are generated elsewhere.
Bytes left_behind(const PhasedAssignment& phases, const LengthPlan& step,
                  const std::vector<std::optional<DeviceId>>& prompt, const ModelStage& stage, const Profile& profile) {
    Bytes all;
    for (std::size_t i = 0; i < prompt.size(); ++i) {
        if (prompt[i] && *prompt[i] != phases.steps[i] && !has_own_memory(profile, *prompt[i])) {
            all += cached_by(step, i, *prompt[i], positions_on(stage, profile, *prompt[i])) *
                   static_cast<double>(slots_on(stage, profile, *prompt[i]));
        }
    }
    return all;
}

}  // namespace

std::optional<Energy> energy_of(const WeightedSum& pass) {
    const double energy = total_of(pass.sum, pass.values->energies);
    return std::isnan(energy) ? std::nullopt : std::optional(joules(energy));
}

const LengthPlan& dominant(const std::vector<LengthPlan>& lengths) {
    constexpr double kAlike = 1e-9;
    double most = 0;
    bool steps = false;
    for (const LengthPlan& length : lengths) {
        steps = length.length.share >= most * (1 - kAlike) ? length.length.step : steps;
        most = std::max(most, length.length.share);
    }
    // Steps stand for ranges of equal length but for a token, so all of them count as frequent.
    const auto alike = [least = most * (1 - kAlike), steps](const LengthPlan& one) {
        return steps ? one.length.step : one.length.share >= least;
    };
    auto before = (std::ranges::count_if(lengths, alike) - 1) / 2;
    return *std::ranges::find_if(lengths, [&](const LengthPlan& one) { return alike(one) && before-- == 0; });
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

CandidateCosts::CandidateCosts(const ModelStage& stage, const std::vector<LengthPlan>& lengths, const Profile& hardware,
                               const EvaluationOptions& options, Objective objective)
    : stage_(stage),
      lengths_(lengths),
      hardware_(hardware),
      profile_(under(hardware, stage.runtime)),
      options_(options),
      energy_counts_(row_of(objective).needs_energy) {}

Uncertainty CandidateCosts::uncertainty_of(std::span<const WeightedSum> mix) {
    if (!options_.uncertainty) {
        return {};
    }
    if (!sensitivities_) {
        sensitivities_.emplace(hardware_, stage_.runtime);
    }
    return sensitivities_->of(mix);
}

Uncertainty CandidateCosts::energy_uncertainty_of(std::span<const WeightedSum> mix) {
    if (!options_.uncertainty || !energy_counts_) {
        return {};
    }
    if (!sensitivities_) {
        sensitivities_.emplace(hardware_, stage_.runtime);
    }
    return sensitivities_->of_energy(mix);
}

void CandidateCosts::add_generation(Candidate& candidate, const std::vector<Assignment>& placed,
                                    const std::vector<WeightedSum>& mix) {
    const Generation& generation = *stage_.generation;
    GenerationResult result;
    result.batch = stage_.batch;
    Time steps;
    Time prompt;
    std::size_t chunks = 0;  // number of prompt chunks, which come first
    for (std::size_t i = 0; i < lengths_.size(); ++i) {
        const Time time = seconds(total_of(mix[i].sum, mix[i].values->times)) * mix[i].share;
        const bool step = lengths_[i].length.step;
        (step ? steps : prompt) += time;
        chunks += step ? 0 : 1;
    }
    if (chunks > 0) {
        const auto of_prompt = std::span<const WeightedSum>(mix).first(chunks);
        result.of_first_token = uncertainty_of(of_prompt);
        result.first_token = log_normal_estimate(prompt, result.of_first_token.sigma());
        if (options_.operators) {
            add_parts(result, placed.front());
        }
    }
    if (generation.phase != Phase::kPrefill) {
        result.step = steps / tokens_in_steps(generation);
    }
    if (chunks < lengths_.size()) {
        result.of_step = uncertainty_of(std::span<const WeightedSum>(mix).subspan(chunks, lengths_.size() - chunks));
    }
    result.kv_cache = kv_cache(placed.back(), lengths_.back(), stage_, profile_);
    if (candidate.phases) {
        result.handed_over = cache_handover_->bytes_of(*candidate.phases);
        result.handover = seconds(total_of(mix.back().sum, mix.back().values->times));
        candidate.handover += result.handover;
        candidate.by_bound[Bound::kTransfer] += result.handover;
    }
    candidate.actual_tokens = generation.prompt;
    candidate.padded_tokens = generation.prompt;
    candidate.generation = result;
}

void CandidateCosts::add_parts(GenerationResult& result, const Assignment& prompt) {
    constexpr double kTogether = 0.8;  // correlation from which two numbers are not told apart
    if (!prompt_lengths_) {
        prompt_lengths_ = prompt_lengths(stage_, hardware_);
    }
    if (!*prompt_lengths_) {
        return;
    }
    const LengthPlan& pass = lengths_.front();
    result.parts = first_token_parts(**prompt_lengths_, pass.graphs[static_cast<std::size_t>(pass.problem.host)],
                                     prompt, profile_);
    if (result.parts && sensitivities_) {
        result.parts->not_told_apart = sensitivities_->not_told_apart(result.of_first_token, kTogether);
    }
}

// Operators are those of the dominant length, weights those of the first pass of generated text; categories are summed
// over all passes as the latency is, and activations are the largest.
void CandidateCosts::add_passes(Candidate& candidate, const std::vector<Assignment>& placed) const {
    const LengthPlan& main = dominant(lengths_);
    candidate.actual_tokens = candidate.padded_tokens = main.length.tokens;
    candidate.listed_chunk = chunk_of(main, lengths_, stage_.generation.has_value());
    // The first pass of a text-generating stage holds weights that later passes no longer need.
    const std::size_t largest = stage_.generation ? 0 : static_cast<std::size_t>(&main - lengths_.data());
    add_weights(candidate, placed[largest], lengths_[largest], profile_);
    for (std::size_t i = 0; i < lengths_.size(); ++i) {
        const bool is_main = &lengths_[i] == &main;
        add_activations(candidate, placed[i], lengths_[i]);
        add_operators(candidate, placed[i], lengths_[i], lengths_[i].length.share, profile_,
                      is_main && options_.operators);
    }
}

Candidate CandidateCosts::of(std::string placement, const Assignment& assignment) {
    Candidate candidate;
    candidate.placement = std::move(placement);
    add_placed(candidate, placed_passes(lengths_, assignment));
    return candidate;
}

Candidate CandidateCosts::of(std::string placement, PhasedAssignment phases) {
    Candidate candidate;
    candidate.placement = std::move(placement);
    candidate.granularity = Granularity::kPhase;
    candidate.phases = std::move(phases);
    if (auto limit = exceeded_memory(lengths_, *candidate.phases)) {
        candidate.reason = std::move(*limit);
        return candidate;
    }
    add_placed(candidate, placed_passes(lengths_, *candidate.phases));
    if (candidate.feasible) {
        add_second_copy(candidate);
    }
    return candidate;
}

const CacheHandover& CandidateCosts::cache_handover() {
    if (!cache_handover_) {
        cache_handover_.emplace(stage_, lengths_, profile_);
    }
    return *cache_handover_;
}

void CandidateCosts::add_second_copy(Candidate& candidate) const {
    const auto prompt = prompt_devices(lengths_, *candidate.phases);
    const Bytes before = candidate.weight_bytes;
    add_weights(candidate, candidate.phases->steps, lengths_.back(), profile_,
                weights_there(lengths_, *candidate.phases));
    candidate.generation->weights_again = candidate.weight_bytes - before;
    candidate.kept_in_dram += left_behind(*candidate.phases, lengths_.back(), prompt, stage_, profile_);
    if (options_.operators) {
        candidate.prompt_operators = operator_results(lengths_.front(), candidate.phases->prompt, profile_);
        if (!dominant(lengths_).length.step) {
            candidate.operators = operator_results(lengths_.back(), candidate.phases->steps, profile_);
            candidate.listed_chunk.reset();
        }
    }
}

// Adds the times of the passes in order, then the hand-over of caches between them.
bool CandidateCosts::add_times(Candidate& candidate, const std::vector<Assignment>& placed,
                               std::vector<WeightedSum>& mix) {
    candidate.energy = Energy{};
    for (std::size_t i = 0; i < lengths_.size(); ++i) {
        const LengthPlan& length = lengths_[i];
        if (!objective(length.problem, placed[i])) {
            candidate.reason = "an input length does not fit this placement";
            return false;
        }
        if (auto limit = exceeded_limit(length.problem.limits, placed[i])) {
            candidate.reason = std::move(*limit);
            return false;
        }
        mix.push_back({&length.sums.terms(), &length.sums.planned(), length.sums.of(length.problem, placed[i]),
                       length.length.share});
        const auto one = energy_of(mix.back());
        candidate.energy =
            candidate.energy && one ? std::optional(*candidate.energy + *one * length.length.share) : std::nullopt;
    }
    if (candidate.phases) {
        const CacheHandover& caches = cache_handover();
        mix.push_back({&caches.terms(), &caches.values(), caches.of(*candidate.phases), 1});
    }
    return true;
}

void CandidateCosts::add_placed(Candidate& candidate, const std::vector<Assignment>& placed) {
    candidate.assignment = placed[static_cast<std::size_t>(&dominant(lengths_) - lengths_.data())];
    std::vector<WeightedSum> mix;
    if (!add_times(candidate, placed, mix)) {
        return;
    }
    Time latency;
    for (std::size_t i = 0; i < lengths_.size(); ++i) {
        latency += *objective(lengths_[i].problem, placed[i]) * lengths_[i].length.share;
    }
    candidate.feasible = true;
    candidate.segments = segments(candidate.assignment);
    add_passes(candidate, placed);
    if (stage_.generation) {
        add_generation(candidate, placed, mix);
        latency += candidate.generation->handover;
    }
    candidate.uncertainty = uncertainty_of(mix);
    candidate.of_energy = energy_uncertainty_of(mix);
    candidate.latency = log_normal_estimate(latency, candidate.uncertainty.sigma());
}

}  // namespace berth
