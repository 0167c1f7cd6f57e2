// Effects of each number, summed over stages and compared with the margins of decisions.
#include "berth/analysis/sensitivity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "berth/hardware/profile.h"
#include "evaluation/sensitivities.h"
#include "evaluation/stage_choice.h"

namespace berth {

namespace {

constexpr double kLeastEffect = 1e-3;
constexpr double kWithinReach = 2;  // standard deviations, exceeded one time in twenty

std::string path_of_time(const std::string& fixed_stage) { return fmt::format("stages.{}.takes", fixed_stage); }

/// Spread of every number and fixed time by path; the model's own errors are themselves spreads.
std::map<std::string, double> spreads_of(const Scenario& scenario) {
    Profile copy = scenario.profile;
    std::map<std::string, double> spreads;
    for (const ParameterView& number : parameters(copy)) {
        const bool own_error = number.used_by == UsedBy::kModelError;
        spreads[number.path] = own_error ? number.value : number.spread;
    }
    for (const Stage& stage : scenario.stages) {
        if (const auto* fixed = std::get_if<FixedStage>(&stage.work)) {
            spreads[path_of_time(stage.name)] = std::expm1(sigma_of(*fixed));
        }
    }
    return spreads;
}

double effect_at(const Uncertainty& uncertainty, std::size_t number) {
    return number < uncertainty.effect.size() ? uncertainty.effect[number] : 0;
}

// Effect of one standard deviation of a number on the logarithm of the objective's value.
double effect_on_score(const Candidate& candidate, Objective objective, std::size_t number) {
    const ObjectivePowers powers = powers_of(objective);
    return powers.time * effect_at(uncertainty_of(candidate, row_of(objective).time_of), number) +
           powers.energy * effect_at(candidate.of_energy, number);
}

const Candidate* next_best(const StageResult& stage, Objective objective) {
    const Candidate& chosen = stage.candidates[*stage.chosen];
    const Candidate* best = nullptr;
    for (const Candidate& candidate : stage.candidates) {
        const bool rival = candidate.feasible && candidate.granularity == Granularity::kModel &&
                           candidate.placement != chosen.placement && score(candidate, objective);
        if (rival && (best == nullptr || score(candidate, objective) < score(*best, objective))) {
            best = &candidate;
        }
    }
    return best;
}

DecisionSensitivity decision_of(const StageResult& stage, const Candidate& other, Objective objective,
                                const std::vector<std::string>& numbers) {
    const Candidate& chosen = stage.candidates[*stage.chosen];
    DecisionSensitivity decision;
    decision.stage = stage.name;
    decision.chosen = chosen.placement;
    decision.other = other.placement;
    decision.margin = std::log(*score(other, objective) / *score(chosen, objective));
    decision.probability = probability_better(chosen, other, objective);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        // Change of the margin per standard deviation of the number.
        const double per_sigma = effect_on_score(other, objective, i) - effect_on_score(chosen, objective, i);
        if (per_sigma != 0 && std::abs(decision.margin / per_sigma) <= kWithinReach) {
            decision.could_flip.push_back({numbers[i], -decision.margin / per_sigma});
        }
    }
    std::ranges::stable_sort(decision.could_flip, {}, [](const Flip& flip) { return std::abs(flip.sigmas); });
    return decision;
}

// Whether a number affects no placement of any stage, chosen or not.
bool moves_nothing(const ScenarioResult& result, std::size_t number) {
    return std::ranges::none_of(result.stages, [number](const StageResult& stage) {
        return std::ranges::any_of(stage.candidates, [number](const Candidate& candidate) {
            return effect_at(candidate.uncertainty, number) != 0 || effect_at(candidate.of_energy, number) != 0;
        });
    });
}

}  // namespace

std::vector<TotalEffect> effects_on_total(const ScenarioResult& result) {
    std::vector<TotalEffect> effects;
    for (std::size_t i = 0; i < result.uncertain_numbers.size(); ++i) {
        TotalEffect& effect = effects.emplace_back(TotalEffect{result.uncertain_numbers[i], Time{}});
        for (const StageResult& stage : result.stages) {
            for (const PassShare& share : stage.passes) {
                const Candidate& candidate = stage.candidates[share.candidate];
                effect.change +=
                    candidate.latency.median * static_cast<double>(share.passes) * effect_at(candidate.uncertainty, i);
            }
        }
    }
    for (const StageResult& stage : result.stages) {
        if (!stage.chosen && stage.latency.high > stage.latency.low) {
            effects.push_back({path_of_time(stage.name), stage.latency.median * log_normal_sigma(stage.latency)});
        }
    }
    return effects;
}

Sensitivity sensitivity_of(const Scenario& scenario, const ScenarioResult& result) {
    Sensitivity answer;
    answer.scenario = result.scenario;
    answer.objective = result.objective;
    answer.changes = result.changes;
    answer.total = result.total.latency;
    for (const StageResult& stage : result.stages) {
        if (const Candidate* other = stage.chosen ? next_best(stage, result.objective) : nullptr) {
            answer.decisions.push_back(decision_of(stage, *other, result.objective, result.uncertain_numbers));
        }
    }
    const auto spreads = spreads_of(scenario);
    const std::vector<TotalEffect> effects = effects_on_total(result);
    answer.uncertain = effects.size();
    for (std::size_t i = 0; i < effects.size(); ++i) {
        const std::string& path = effects[i].path;
        const bool of_profile = i < result.uncertain_numbers.size();
        if (of_profile && moves_nothing(result, i)) {
            answer.without_effect.push_back(path);
            continue;
        }
        const double effect = effects[i].change / result.total.latency.median;
        const bool flips = std::ranges::any_of(answer.decisions, [&path](const DecisionSensitivity& decision) {
            return std::ranges::find(decision.could_flip, path, &Flip::path) != decision.could_flip.end();
        });
        if (of_profile && std::abs(effect) < kLeastEffect && !flips) {
            continue;
        }
        const auto spread = spreads.find(path);
        NumberEffect number{path, spread == spreads.end() ? 0 : spread->second, effect, 0};
        number.elasticity = number.spread > 0 ? effect / std::log1p(number.spread) : 0;
        answer.numbers.push_back(std::move(number));
    }
    std::ranges::stable_sort(answer.numbers, std::greater<>(),
                             [](const NumberEffect& number) { return std::abs(number.on_total); });
    return answer;
}

}  // namespace berth
