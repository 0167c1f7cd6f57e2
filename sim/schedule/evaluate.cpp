// Runs a scenario: candidates per stage, the choice among them, the chain of stages in time, and the total.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "schedule/work.h"

namespace berth {

namespace {

double normal_probability(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

// What the objective minimises; absent if the profile has no energy numbers and the objective needs them.
std::optional<double> score(const Candidate& candidate, Objective objective) {
    const double time = in_seconds(candidate.latency.median);
    switch (objective) {
        case Objective::kLatency:
        case Objective::kThroughput:
            return time;
        case Objective::kEnergy:
            return candidate.energy ? std::optional(in_joules(*candidate.energy)) : std::nullopt;
        case Objective::kEdp:
            return candidate.energy ? std::optional(in_joules(*candidate.energy) * time) : std::nullopt;
    }
    return std::nullopt;
}

bool allowed(const Candidate& candidate, const ModelStage& stage) {
    return candidate.feasible && static_cast<int>(candidate.granularity) <= static_cast<int>(stage.granularity);
}

std::optional<std::size_t> choose(const std::vector<Candidate>& candidates, const ModelStage& stage,
                                  Objective objective) {
    std::optional<std::size_t> best;
    std::optional<double> least;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const auto value = allowed(candidates[i], stage) ? score(candidates[i], objective) : std::nullopt;
        if (value && (!least || *value < *least)) {
            best = i;
            least = value;
        }
    }
    return best;
}

double confidence_in(const std::vector<Candidate>& candidates, std::size_t chosen, const ModelStage& stage) {
    double confidence = 1;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (i != chosen && allowed(candidates[i], stage)) {
            confidence = std::min(confidence, probability_faster(candidates[chosen], candidates[i]));
        }
    }
    return confidence;
}

void report_no_device(const Stage& stage, const std::vector<Candidate>& candidates, Objective objective,
                      Diagnostics& diagnostics) {
    for (const Candidate& candidate : candidates) {
        diagnostics.error(
            stage.where,
            candidate.feasible
                ? fmt::format("stage '{}' has no {} on {}: the profile gives no energy numbers", stage.name,
                              choice_name(kObjectiveNames, objective), candidate.placement)
                : fmt::format("stage '{}' cannot run on {}: {}", stage.name, candidate.placement, candidate.reason));
    }
}

std::optional<StageResult> model_stage(const Stage& stage, const ModelStage& work, const Scenario& scenario,
                                       const EvaluationOptions& options, Diagnostics& diagnostics) {
    const auto lengths = plan_passes(stage.name, work, scenario.profile, diagnostics);
    if (!lengths) {
        return std::nullopt;
    }
    StageResult result;
    result.name = stage.name;
    result.model = work.model.name;
    result.repeat = stage.repeat;
    result.budget = stage.budget;
    result.candidates = stage_candidates(work, *lengths, scenario.profile, options);
    result.chosen = choose(result.candidates, work, scenario.objective);
    if (!result.chosen) {
        report_no_device(stage, result.candidates, scenario.objective, diagnostics);
        return std::nullopt;
    }
    const Candidate& chosen = result.candidates[*result.chosen];
    const double repeat = static_cast<double>(stage.repeat);
    result.latency = {chosen.latency.median * repeat, chosen.latency.low * repeat, chosen.latency.high * repeat};
    result.confidence = confidence_in(result.candidates, *result.chosen, work);
    return result;
}

StageResult fixed_stage(const Stage& stage, const FixedStage& work) {
    StageResult result;
    result.name = stage.name;
    result.repeat = stage.repeat;
    result.budget = stage.budget;
    const double repeat = static_cast<double>(stage.repeat);
    result.latency = {work.takes.median * repeat, work.takes.low * repeat, work.takes.high * repeat};
    return result;
}

// Numbers that several stages use move them together; fixed times are independent of everything.
double total_sigma(const std::vector<StageResult>& stages, Time total) {
    std::vector<double> shared;
    double own = 0;
    for (const StageResult& stage : stages) {
        const double share = stage.latency.median / total;
        if (!stage.chosen) {
            const double sigma = log_normal_sigma(stage.latency) * share;
            own += sigma * sigma;
            continue;
        }
        const std::vector<double>& effect = stage.candidates[*stage.chosen].uncertainty.effect;
        shared.resize(std::max(shared.size(), effect.size()), 0.0);
        for (std::size_t i = 0; i < effect.size(); ++i) {
            shared[i] += share * effect[i];
        }
    }
    for (const double one : shared) {
        own += one * one;
    }
    return std::sqrt(own);
}

ScenarioTotal total_of(const std::vector<StageResult>& stages, const Scenario& scenario) {
    ScenarioTotal total;
    Time latency;
    std::optional<Energy> energy = Energy{};
    for (const StageResult& stage : stages) {
        latency += stage.latency.median;
        const auto one = stage.chosen ? stage.candidates[*stage.chosen].energy : std::nullopt;
        energy = energy && one ? std::optional(*energy + *one * static_cast<double>(stage.repeat)) : std::nullopt;
    }
    const double sigma = latency > Time{} ? total_sigma(stages, latency) : 0;
    total.latency = log_normal_estimate(latency, sigma);
    total.energy = energy;
    total.budget = scenario.budget;
    if (scenario.budget) {
        const double margin = std::log(*scenario.budget / latency);
        total.budget_probability = sigma > 0 ? normal_probability(margin / sigma) : (margin >= 0 ? 1.0 : 0.0);
    }
    return total;
}

}  // namespace

double probability_faster(const Candidate& a, const Candidate& b) {
    double variance = 0;
    for (std::size_t i = 0; i < a.uncertainty.effect.size() && i < b.uncertainty.effect.size(); ++i) {
        const double difference = a.uncertainty.effect[i] - b.uncertainty.effect[i];
        variance += difference * difference;
    }
    const double margin = std::log(b.latency.median / a.latency.median);
    if (variance <= 0) {
        return margin > 0 ? 1.0 : (margin < 0 ? 0.0 : 0.5);
    }
    return normal_probability(margin / std::sqrt(variance));
}

std::optional<ScenarioResult> evaluate(const Scenario& scenario, Diagnostics& diagnostics,
                                       const EvaluationOptions& options) {
    ScenarioResult result;
    result.scenario = scenario.name;
    result.hardware = scenario.profile.name;
    result.objective = scenario.objective;
    for (const Device& device : scenario.profile.devices) {
        result.devices.push_back(device.name);
    }
    Time start;
    bool complete = true;
    for (const Stage& stage : scenario.stages) {
        std::optional<StageResult> one;
        if (const auto* fixed = std::get_if<FixedStage>(&stage.work)) {
            one = fixed_stage(stage, *fixed);
        } else {
            one = model_stage(stage, std::get<ModelStage>(stage.work), scenario, options, diagnostics);
        }
        if (!one) {
            complete = false;
            continue;
        }
        one->start = start;
        start += one->latency.median;
        result.stages.push_back(std::move(*one));
    }
    if (!complete) {
        return std::nullopt;
    }
    if (options.uncertainty) {
        result.uncertain_numbers = uncertain_numbers(scenario.profile);
    }
    result.total = total_of(result.stages, scenario);
    return result;
}

std::optional<Candidate> evaluate_on(const Profile& profile, const ModelStage& stage, DeviceId device,
                                     Diagnostics& diagnostics) {
    ModelStage pinned = stage;
    pinned.on = device;
    const auto lengths = plan_passes(stage.model.name, stage, profile, diagnostics);
    if (!lengths) {
        return std::nullopt;
    }
    auto candidates = stage_candidates(pinned, *lengths, profile, {});
    Candidate& candidate = candidates[static_cast<std::size_t>(device)];
    if (!candidate.feasible) {
        diagnostics.error(stage.model.where, candidate.reason);
        return std::nullopt;
    }
    return std::move(candidate);
}

}  // namespace berth
