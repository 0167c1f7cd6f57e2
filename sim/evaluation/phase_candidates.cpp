// Pairs of devices are few and tried one by one; blocks and operators of both phases are one placement problem.
#include "evaluation/phase_candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/index.h"
#include "evaluation/candidates.h"
#include "evaluation/phases.h"

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
std::optional<Candidate> best_pair(CandidateCosts& costs) {
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
                                (one.feasible && one.latency.median < best->latency.median);
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

// The best of both phases at a granularity. What does not fit the memory is shown with the reason.
std::optional<PlacementResult> add_best_of_both(std::vector<Candidate>& candidates, Granularity granularity,
                                                CandidateCosts& costs) {
    const auto both = PhasesProblem::of(costs.lengths(), costs.cache_handover(), granularity);
    auto best = both ? best_placement(both->problem()) : std::nullopt;
    if (!best) {
        return std::nullopt;
    }
    PhasedAssignment phases = both->phases_of(best->assignment);
    if (!is_known(candidates, costs.lengths(), phases)) {
        candidates.push_back(costs.of("split", std::move(phases)));
        candidates.back().granularity = granularity;
    }
    return best;
}

}  // namespace

std::optional<StageOptimum> add_phase_candidates(std::vector<Candidate>& candidates, CandidateCosts& costs) {
    if (auto pair = best_pair(costs)) {
        candidates.push_back(std::move(*pair));
    }
    static_cast<void>(add_best_of_both(candidates, Granularity::kBlock, costs));
    const auto best = add_best_of_both(candidates, Granularity::kOperator, costs);
    return best ? std::optional(StageOptimum{best->objective, best->lower_bound, best->proved_optimal}) : std::nullopt;
}

}  // namespace berth
