// Scores of candidates, and sums of a stage over its passes.
#include "evaluation/stage_choice.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace berth {

double normal_probability(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

Time time_of(const Candidate& candidate, TimeOf which) {
    const auto& generation = candidate.generation;
    if (which == TimeOf::kFirstToken && generation && generation->first_token) {
        return generation->first_token->median;
    }
    return which == TimeOf::kToken && generation && generation->step ? *generation->step : candidate.latency.median;
}

const Uncertainty& uncertainty_of(const Candidate& candidate, TimeOf which) {
    const auto& generation = candidate.generation;
    if (which == TimeOf::kFirstToken && generation && generation->first_token) {
        return generation->of_first_token;
    }
    return which == TimeOf::kToken && generation && generation->step ? generation->of_step : candidate.uncertainty;
}

std::optional<double> score(const Candidate& candidate, Objective objective) {
    const ObjectiveRow& row = row_of(objective);
    if (row.needs_energy && !candidate.energy) {
        return std::nullopt;
    }
    return row.score(in_seconds(time_of(candidate, row.time_of)), candidate.energy ? in_joules(*candidate.energy) : 0);
}

ObjectivePowers powers_of(Objective objective) {
    constexpr double kStep = 2;
    const auto value = row_of(objective).score;
    return {std::log2(value(kStep, 1) / value(1, 1)), std::log2(value(1, kStep) / value(1, 1))};
}

bool allowed(const Candidate& candidate, const ModelStage& stage) {
    return candidate.feasible && static_cast<int>(candidate.granularity) <= static_cast<int>(stage.granularity);
}

std::vector<std::size_t> in_order(const std::vector<Candidate>& candidates, const ModelStage& stage,
                                  Objective objective) {
    std::vector<std::pair<double, std::size_t>> scores;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const auto value = allowed(candidates[i], stage) ? score(candidates[i], objective) : std::nullopt;
        if (value) {
            scores.emplace_back(*value, i);
        }
    }
    // If only one phase counts, candidates that differ in the other phase tie; the time of the complete answer breaks
    // the tie.
    std::ranges::sort(scores, [&](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first
                                  : candidates[a.second].latency.median < candidates[b.second].latency.median;
    });
    std::vector<std::size_t> order;
    for (const auto& [value, candidate] : scores) {
        order.push_back(candidate);
    }
    return order;
}

namespace {

// Probability that the chosen candidate is better than its strongest rival. A candidate with an equal time in the same
// phase is not a rival, since it does the same work.
double confidence_in(const std::vector<Candidate>& candidates, std::size_t chosen, const ModelStage& stage,
                     Objective objective) {
    const TimeOf which = row_of(objective).time_of;
    double confidence = 1;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const bool same =
            which != TimeOf::kStage && time_of(candidates[i], which) == time_of(candidates[chosen], which);
        if (i != chosen && !same && allowed(candidates[i], stage)) {
            confidence = std::min(confidence, probability_better(candidates[chosen], candidates[i], objective));
        }
    }
    return confidence;
}

}  // namespace

void select(StageResult& result, std::vector<PassShare> passes, const ModelStage& stage, Objective objective) {
    result.chosen = std::ranges::max_element(passes, {}, &PassShare::passes)->candidate;
    result.latency = {};
    for (const PassShare& share : passes) {
        const Estimate<Time>& latency = result.candidates[share.candidate].latency;
        const auto count = static_cast<double>(share.passes);
        result.latency.median += latency.median * count;
        result.latency.low += latency.low * count;
        result.latency.high += latency.high * count;
    }
    result.confidence = confidence_in(result.candidates, *result.chosen, stage, objective);
    result.passes = std::move(passes);
}

std::vector<double> stage_causes(const StageResult& stage) {
    std::vector<double> causes;
    for (const PassShare& share : stage.passes) {
        const Candidate& candidate = stage.candidates[share.candidate];
        const double weight = candidate.latency.median * static_cast<double>(share.passes) / stage.latency.median;
        causes.resize(std::max(causes.size(), candidate.uncertainty.independent.size()), 0.0);
        for (std::size_t i = 0; i < candidate.uncertainty.independent.size(); ++i) {
            causes[i] += weight * candidate.uncertainty.independent[i];
        }
    }
    return causes;
}

std::vector<double> causes_apart(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> apart = a;
    apart.resize(std::max(a.size(), b.size()), 0.0);
    for (std::size_t i = 0; i < b.size(); ++i) {
        apart[i] -= b[i];
    }
    return apart;
}

namespace {

// Probability that a sum of effects on a logarithm stays above -margin.
double probability_within(double margin, const std::vector<double>& effects) {
    const double variance = std::inner_product(effects.begin(), effects.end(), effects.begin(), 0.0);
    if (variance <= 0) {
        return margin > 0 ? 1.0 : (margin < 0 ? 0.0 : 0.5);
    }
    return normal_probability(margin / std::sqrt(variance));
}

}  // namespace

double probability_faster(const Candidate& a, const Candidate& b, TimeOf which) {
    return probability_within(std::log(time_of(b, which) / time_of(a, which)),
                              causes_apart(uncertainty_of(a, which).independent, uncertainty_of(b, which).independent));
}

double probability_better(const Candidate& a, const Candidate& b, Objective objective) {
    const ObjectiveRow& row = row_of(objective);
    if (!row.needs_energy || !a.energy || !b.energy) {
        return probability_faster(a, b, row.time_of);
    }
    const auto [of_time, of_energy] = powers_of(objective);
    const auto times =
        causes_apart(uncertainty_of(a, row.time_of).independent, uncertainty_of(b, row.time_of).independent);
    std::vector<double> apart = causes_apart(a.of_energy.independent, b.of_energy.independent);
    apart.resize(std::max(apart.size(), times.size()), 0.0);
    for (std::size_t i = 0; i < apart.size(); ++i) {
        apart[i] = of_energy * apart[i] + (i < times.size() ? of_time * times[i] : 0);
    }
    const double margin = of_time * std::log(time_of(b, row.time_of) / time_of(a, row.time_of)) +
                          of_energy * std::log(*b.energy / *a.energy);
    return probability_within(margin, apart);
}

}  // namespace berth
