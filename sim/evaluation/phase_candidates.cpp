// Pairs of devices are few and tried one by one; blocks and operators of both phases are one placement problem.
#include "evaluation/phase_candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/index.h"
#include "evaluation/candidates.h"
#include "evaluation/phases.h"
#include "evaluation/stage_choice.h"

namespace berth {

namespace {

// A whole model on each of two devices. Absent where one of them does not run it.
std::optional<PhasedAssignment> pair_of(const std::vector<LengthPlan>& lengths, DeviceId prompt, DeviceId tokens) {
    std::string ignored;
    auto first = whole_placement(lengths.front(), prompt, ignored);
    auto then = whole_placement(lengths.back(), tokens, ignored);
    return first && then ? std::optional(PhasedAssignment{std::move(*first), std::move(*then)}) : std::nullopt;
}

// Fallbacks may put both whole models in the same place.
bool is_together(const std::vector<LengthPlan>& lengths, const PhasedAssignment& pair) {
    const std::size_t host = at(lengths.front().problem.host);
    return pair.prompt == assignment_for(lengths.front().graphs[host], lengths.back().graphs[host], pair.steps);
}

// The fastest that fits, or else one that does not, which says why.
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

/// The best placement by the time that counts, and both phases as they are then placed.
struct BestPhases {
    PlacementResult best;
    PhasedAssignment phases;
};

// Where one phase counts it is placed for itself; the other then as is best for the whole answer.
std::optional<BestPhases> best_phases(const PhasesProblem& both, TimeOf which) {
    if (which == TimeOf::kStage) {
        auto best = best_placement(both.problem());
        return best ? std::optional(BestPhases{*best, both.phases_of(best->assignment)}) : std::nullopt;
    }
    const bool first = which == TimeOf::kFirstToken;
    auto best = best_placement(first ? both.prompt() : both.steps());
    const auto rest =
        best ? best_placement(first ? both.with_prompt(best->assignment) : both.with_steps(best->assignment))
             : std::nullopt;
    return rest ? std::optional(BestPhases{std::move(*best), both.phases_of(rest->assignment)}) : std::nullopt;
}

// The best of both phases at a granularity. What does not fit the memory is shown with the reason.
std::optional<PlacementResult> add_best_of_both(std::vector<Candidate>& candidates, Granularity granularity,
                                                CandidateCosts& costs, TimeOf which) {
    const auto both = PhasesProblem::of(costs.lengths(), costs.cache_handover(), granularity);
    auto found = both ? best_phases(*both, which) : std::nullopt;
    if (!found) {
        return std::nullopt;
    }
    PhasedAssignment& phases = found->phases;
    if (!is_known(candidates, costs.lengths(), phases)) {
        candidates.push_back(costs.of("split", std::move(phases)));
        candidates.back().granularity = granularity;
    }
    return found->best;
}

}  // namespace

std::optional<StageOptimum> add_phase_candidates(std::vector<Candidate>& candidates, CandidateCosts& costs,
                                                 TimeOf which) {
    if (auto pair = best_pair(costs, which)) {
        candidates.push_back(std::move(*pair));
    }
    static_cast<void>(add_best_of_both(candidates, Granularity::kBlock, costs, which));
    const auto best = add_best_of_both(candidates, Granularity::kOperator, costs, which);
    const double times =
        which == TimeOf::kToken ? static_cast<double>(costs.stage().generation->new_tokens) : 1;  // that count as one
    return best ? std::optional(StageOptimum{best->objective / times, best->lower_bound / times, best->proved_optimal})
                : std::nullopt;
}

}  // namespace berth
