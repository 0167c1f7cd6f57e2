// Candidate placements of a stage, each costed over all its input lengths.
#include "evaluation/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/index.h"
#include "base/mapped.h"
#include "berth/evaluation/evaluation.h"
#include "evaluation/candidate_costs.h"
#include "evaluation/overlap.h"
#include "evaluation/phases.h"
#include "evaluation/stage_choice.h"
#include "evaluation/summed_passes.h"
#include "placement/optimality.h"
#include "placement/tolerances.h"

namespace berth {

namespace {

/// Adds the fastest pair of devices for prompt and decoding, then the best splits of both phases per block and per
/// operator if they are new. The optimum refers to the time that the objective uses: of the complete answer, to the
/// first token, or per further token. Absent if the phases cannot be separated.
std::optional<StageOptimum> add_phase_candidates(std::vector<Candidate>& candidates, CandidateCosts& costs,
                                                 TimeOf which);

// The whole model on one device per phase. Absent if a device cannot run it.
std::optional<PhasedAssignment> pair_of(const std::vector<LengthPlan>& lengths, DeviceId prompt, DeviceId tokens) {
    std::string ignored;
    auto first = whole_placement(lengths.front(), prompt, ignored);
    auto then = whole_placement(lengths.back(), tokens, ignored);
    return first && then ? std::optional(PhasedAssignment{std::move(*first), std::move(*then)}) : std::nullopt;
}

// Whether fallbacks place both whole models identically.
bool is_together(const std::vector<LengthPlan>& lengths, const PhasedAssignment& pair) {
    const std::size_t host = at(lengths.front().problem.host);
    return pair.prompt == assignment_for(lengths.front().graphs[host], lengths.back().graphs[host], pair.steps);
}

// Fastest feasible pair; if none is feasible, an infeasible one with its reason.
std::optional<Candidate> best_pair(CandidateCosts& costs, TimeOf which) {
    const auto& devices = costs.profile().devices;
    std::optional<Candidate> best;
    for (std::size_t prompt = 0; prompt < devices.size(); ++prompt) {
        for (std::size_t tokens = 0; tokens < devices.size(); ++tokens) {
            auto pair = prompt == tokens
                            ? std::nullopt
                            : pair_of(costs.lengths(), static_cast<DeviceId>(prompt), static_cast<DeviceId>(tokens));
            if (!pair || is_together(costs.lengths(), *pair)) {
                continue;
            }
            Candidate one =
                costs.of(fmt::format("{}, then {}", devices[prompt].name, devices[tokens].name), std::move(*pair));
            const bool better = !best || (one.feasible && !best->feasible) ||
                                (one.feasible && time_of(one, which) < time_of(*best, which));
            best = better ? std::optional(std::move(one)) : std::move(best);
        }
    }
    return best;
}

bool is_known(const std::vector<Candidate>& candidates, const std::vector<LengthPlan>& lengths,
              const PhasedAssignment& phases) {
    const auto wanted = placed_passes(lengths, phases);
    return std::ranges::any_of(
        candidates, [&](const Candidate& one) { return one.feasible && placed_passes(lengths, one) == wanted; });
}

/// Best placement for the time that the objective uses, as a result and as placed phases.
struct BestPhases {
    PlacementResult best;
    PhasedAssignment phases;
};

// The phase that counts is placed optimally by itself, and the other then optimally for the complete answer. If that
// does not fit into memory, both are placed at once; the bound without memories still holds.
std::optional<BestPhases> best_for_one(const PhasesProblem& mostly_one, bool first) {
    const PlacementProblem& counts = first ? mostly_one.prompt() : mostly_one.steps();
    const auto alone = best_placement(counts);
    auto all = alone ? best_placement(first ? mostly_one.with_prompt(alone->assignment)
                                            : mostly_one.with_steps(alone->assignment))
                     : std::nullopt;
    if (all && !within(mostly_one.problem().limits, all->assignment)) {
        all = mostly_one.best();
    }
    if (!all) {
        return std::nullopt;
    }
    PhasedAssignment phases = mostly_one.phases_of(all->assignment);
    const Assignment& counted = first ? phases.prompt : phases.steps;
    return BestPhases{with_bound(counted, objective(counts, counted).value(), alone->lower_bound), phases};
}

std::optional<BestPhases> best_phases(CandidateCosts& costs, Granularity granularity, TimeOf which) {
    const auto both = PhasesProblem::of(costs.lengths(), costs.cache_handover(), granularity, which);
    if (!both || which != TimeOf::kStage) {
        return both ? best_for_one(*both, which == TimeOf::kFirstToken) : std::nullopt;
    }
    const auto best = both->best();
    return best ? std::optional(BestPhases{*best, both->phases_of(best->assignment)}) : std::nullopt;
}

// Adds the best joint placement at a granularity, if it is new.
std::optional<PlacementResult> add_best_of_both(std::vector<Candidate>& candidates, Granularity granularity,
                                                CandidateCosts& costs, TimeOf which) {
    auto found = best_phases(costs, granularity, which);
    if (!found) {
        return std::nullopt;
    }
    if (!is_known(candidates, costs.lengths(), found->phases)) {
        candidates.push_back(costs.of("split", std::move(found->phases)));
        candidates.back().granularity = granularity;
    }
    return found->best;
}

std::optional<StageOptimum> add_phase_candidates(std::vector<Candidate>& candidates, CandidateCosts& costs,
                                                 TimeOf which) {
    if (auto pair = best_pair(costs, which)) {
        candidates.push_back(std::move(*pair));
    }
    static_cast<void>(add_best_of_both(candidates, Granularity::kBlock, costs, which));
    const auto best = add_best_of_both(candidates, Granularity::kOperator, costs, which);
    const double times =
        // number of times that the objective counts as one
        which == TimeOf::kToken ? static_cast<double>(costs.stage().generation->new_tokens) : 1;
    return best ? std::optional(StageOptimum{best->objective / times, best->lower_bound / times, best->proved_optimal})
                : std::nullopt;
}

constexpr double kBeyondChance = 1 - 1e-4;  // probability below which an improvement counts as noise

}  // namespace

std::optional<Assignment> whole_placement(const LengthPlan& length, DeviceId device, std::string& why) {
    auto assignment = whole_model(length.graphs[at(length.problem.host)], length.plans, device, &why);
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

// Candidates on other numbers of cores follow those of all devices.
const Candidate* StageResult::whole_on(DeviceId device) const {
    const auto found = std::ranges::find(candidates, device, &Candidate::device);
    return found == candidates.end() ? nullptr : &*found;
}

namespace {

Candidate whole(DeviceId device, CandidateCosts& costs) {
    const LengthPlan& main = dominant(costs.lengths());
    const Profile& profile = costs.profile();
    const std::size_t d = at(device);
    std::string why;
    const auto assignment = whole_placement(main, device, why);
    Candidate candidate;
    if (assignment) {
        candidate = costs.of(profile.devices[d].name, *assignment);
    } else {
        candidate.placement = profile.devices[d].name;
        candidate.reason = why;
    }
    if (!costs.stage().generation) {
        candidate.actual_tokens = main.length.tokens;
        candidate.padded_tokens = main.paid[d];
    }
    candidate.device = device;
    candidate.cores = main.plans[d].execution.cores;
    const auto& operators = main.plans[d].operators;
    for (OperatorResult& result : candidate.operators) {
        const bool pinned = !main.pinned.empty() && main.pinned[at(result.id)].has_value();
        if (result.device != device && !pinned) {
            result.fell_back = true;
        }
        if (result.fell_back || result.device == device) {
            // of operators on this device, only those of the runtime's own host code have a reason
            result.reason = operators[at(result.id)].reason;
        }
    }
    return candidate;
}

bool runs_on(const Candidate& candidate, DeviceId device) {
    return std::ranges::find(candidate.assignment, device) != candidate.assignment.end();
}

// Where pins decide on all operators, the models on several devices are one placement. It keeps the name of the first
// device that it uses.
void keep_one_of_each(std::vector<Candidate>& candidates) {
    for (Candidate& one : candidates) {
        const auto same = std::ranges::find_if(candidates, [&one](const Candidate& other) {
            return &other != &one && other.feasible && other.assignment == one.assignment;
        });
        if (!one.feasible || same == candidates.end()) {
            continue;
        }
        const bool known = *same->device < *one.device && runs_on(*same, *same->device);
        if (known || !runs_on(one, *one.device)) {
            one.feasible = false;
            one.reason = runs_on(one, *one.device)
                             ? fmt::format("its operators are placed as those of {}", same->placement)
                             : std::string("none of its operators runs there");
        }
    }
}

void add_split(std::vector<Candidate>& candidates, Granularity granularity, const std::optional<PlacementResult>& best,
               CandidateCosts& costs) {
    const auto known = [&best](const Candidate& candidate) {
        return candidate.feasible && candidate.assignment == best->assignment;
    };
    if (!best || std::ranges::any_of(candidates, known)) {
        return;
    }
    Candidate candidate = costs.of("split", best->assignment);
    candidate.granularity = granularity;
    for (const DeviceId device : best->assignment) {
        candidate.padded_tokens = std::max(candidate.padded_tokens, dominant(costs.lengths()).paid[at(device)]);
    }
    candidates.push_back(std::move(candidate));
}

template <class OfLength>
Time mean_over(const std::vector<LengthPlan>& lengths, OfLength of_length) {
    return sum_of<Time>(lengths, [&](const LengthPlan& length) { return of_length(length) * length.length.share; });
}

// The problem of all input lengths, which one placement serves. Absent if lengths differ in their operators.
std::optional<PlacementProblem> whole_problem(const std::vector<LengthPlan>& lengths) {
    return lengths.size() == 1 ? std::optional(lengths.front().problem) : summed_passes(lengths);
}

// The fastest candidate, against the bounds of the lengths each by itself.
std::optional<StageOptimum> bound_by_length(const std::vector<Candidate>& candidates,
                                            const std::vector<LengthPlan>& lengths) {
    std::optional<Time> least;
    for (const Candidate& candidate : candidates) {
        if (candidate.feasible) {
            least = least ? std::min(*least, candidate.latency.median) : candidate.latency.median;
        }
    }
    if (!least) {
        return std::nullopt;
    }
    const Time bound = mean_over(lengths, [](const LengthPlan& length) {
        const auto best = best_placement(length.problem);
        return best ? best->lower_bound : Time{};
    });
    return StageOptimum{*least, bound, false};
}

// Concurrent placement, if it beats all candidates.
std::optional<Candidate> overlapped(const std::vector<Candidate>& candidates, CandidateCosts& costs) {
    const LengthPlan& main = dominant(costs.lengths());
    const ModelStage& stage = costs.stage();
    const Profile& profile = costs.profile();
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
    Candidate candidate = costs.of("overlap", pass->assignment);
    const Graph& graph = main.graphs[at(profile.host)];
    Time latency;
    for (const LengthPlan& length : costs.lengths()) {
        const Graph& own = length.graphs[at(profile.host)];
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
        result.start = pass->start[at(result.id)];
    }
    candidate.tasks = std::move(pass->tasks);
    candidate.run_by = std::move(pass->run_by);
    return candidate;
}

// Sets the candidates' optimality gaps from their times, means over all input lengths as the optimum is.
void compare(StageCandidates& result, const std::vector<std::optional<Time>>& times, StageOptimum optimum) {
    for (const auto& time : times) {
        // The search may have been truncated, so better placements found elsewhere count too.
        optimum.latency = time ? std::min(optimum.latency, *time) : optimum.latency;
    }
    optimum.proved = optimum.proved || optimum.latency <= optimum.lower_bound * (1 + kEqualCosts);
    for (std::size_t i = 0; i < times.size(); ++i) {
        if (times[i]) {
            Candidate& candidate = result.candidates[i];
            candidate.optimality_gap = std::max(0.0, *times[i] / optimum.lower_bound - 1);
            candidate.proved_optimal = optimum.proved && candidate.optimality_gap < kEqualCosts;
            candidate.regret = *times[i] - optimum.latency;
        }
    }
    result.optimum = optimum;
}

// A pinned stage has one placement: its device, and where the runtime falls back to.
void compare_pinned(StageCandidates& result, std::size_t device) {
    Candidate& only = result.candidates[device];
    if (only.feasible) {
        result.optimum = StageOptimum{only.latency.median, only.latency.median, true};
        only.proved_optimal = true;
        only.regret = Time{};
    }
}

std::vector<std::optional<Time>> answer_times(const std::vector<Candidate>& candidates, TimeOf which) {
    return mapped<std::optional<Time>>(candidates, [&](const Candidate& candidate) {
        return candidate.feasible ? std::optional(time_of(candidate, which)) : std::nullopt;
    });
}

}  // namespace

StageCandidates stage_candidates(CandidateCosts& costs, Objective objective_of_all, bool splits) {
    const ModelStage& stage = costs.stage();
    const Profile& profile = costs.profile();
    StageCandidates result;
    std::vector<Candidate>& candidates = result.candidates;
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        candidates.push_back(whole(static_cast<DeviceId>(d), costs));
        if (stage.on && *stage.on != static_cast<DeviceId>(d)) {
            candidates.back().feasible = false;
            candidates.back().reason = "the scenario pins this stage to " + profile.devices[at(*stage.on)].name;
        }
    }
    keep_one_of_each(candidates);
    if (!splits) {
        return result;
    }
    if (stage.on) {
        compare_pinned(result, at(*stage.on));
        return result;
    }
    if (has_two_phases(stage, profile)) {
        const TimeOf which = row_of(objective_of_all).time_of;
        if (const auto optimum = add_phase_candidates(candidates, costs, which)) {
            compare(result, answer_times(candidates, which), *optimum);
            return result;
        }
    }
    const auto problem = whole_problem(costs.lengths());
    const auto best = problem ? best_placement(*problem) : std::nullopt;
    if (profile.devices.size() > 1 && problem) {
        const Graph& graph = dominant(costs.lengths()).graphs[at(profile.host)];
        add_split(candidates, Granularity::kBlock, best_placement(per_block(*problem, graph)), costs);
        add_split(candidates, Granularity::kOperator, best, costs);
    }
    auto optimum = best ? std::optional(StageOptimum{best->objective, best->lower_bound, best->proved_optimal})
                        : bound_by_length(candidates, costs.lengths());
    if (!optimum || optimum->lower_bound <= Time{}) {
        return result;
    }
    if (row_of(objective_of_all).search == SearchOver::kSchedule && !stage.generation) {
        optimum->lower_bound =
            mean_over(costs.lengths(), [&](const LengthPlan& length) { return overlap_bound(length, stage, profile); });
        optimum->proved = false;
        if (auto found = overlapped(candidates, costs)) {
            candidates.push_back(std::move(*found));
        }
    }
    compare(result, answer_times(candidates, TimeOf::kStage), *optimum);
    return result;
}

}  // namespace berth
