// Runs a scenario: candidates per stage, the choice among them, the chain of stages in time, and the total.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "berth/quantity_text.h"
#include "schedule/constraints.h"
#include "schedule/slowdown.h"
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

void settle(StageResult& result, std::size_t chosen, const ModelStage& work) {
    result.chosen = chosen;
    const Candidate& candidate = result.candidates[chosen];
    const double repeat = static_cast<double>(result.repeat);
    result.latency = {candidate.latency.median * repeat, candidate.latency.low * repeat,
                      candidate.latency.high * repeat};
    result.confidence = confidence_in(result.candidates, chosen, work);
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

// Which of the stage's constraints leave no placement, or that a finer one than the stage allows would be left.
void report_clash(const Stage& stage, const ModelStage& work, const LengthPlan& length, const Profile& profile,
                  Diagnostics& diagnostics) {
    const std::vector<std::string> clash = clashing_constraints(length, work, profile);
    if (clash.size() == 1) {
        diagnostics.error(stage.where, fmt::format("stage '{}': no placement of its operators keeps to {}", stage.name,
                                                   clash.front()));
    } else if (!clash.empty()) {
        diagnostics.error(stage.where,
                          fmt::format("stage '{}': no placement of its operators keeps to all of these, but "
                                      "to any without one of them: {}",
                                      stage.name, fmt::join(clash, "; ")));
    } else if (work.granularity != Granularity::kOperator && !work.on && best_placement(length.problem)) {
        diagnostics.error(stage.where,
                          fmt::format("stage '{}': only finer placements than it allows remain", stage.name),
                          "granularity: operator");
    }
}

// Models that stay loaded share DRAM; one that several stages run at the same precision is there once.
bool fit_together(const Scenario& scenario, const ScenarioResult& result, Diagnostics& diagnostics) {
    std::vector<std::pair<const ModelStage*, Bytes>> loaded;
    Bytes working;
    std::string sizes;
    for (const StageResult& stage : result.stages) {
        if (!stage.chosen) {
            continue;
        }
        const auto asked = std::ranges::find(scenario.stages, stage.name, &Stage::name);
        const auto& work = std::get<ModelStage>(asked->work);
        const Candidate& chosen = stage.candidates[*stage.chosen];
        working = std::max(working, chosen.peak_activation_bytes);
        const Bytes cache = chosen.generation ? chosen.generation->kv_cache : Bytes{};
        const Bytes kept = chosen.kept_in_dram > Bytes{} ? chosen.kept_in_dram + cache : Bytes{};
        const auto same = std::ranges::find_if(loaded, [&work](const auto& other) {
            return other.first->model.name == work.model.name && other.first->precision.dtype == work.precision.dtype;
        });
        if (same != loaded.end()) {
            same->second = std::max(same->second, kept);
        } else {
            loaded.emplace_back(&work, kept);
        }
    }
    Bytes all = working;
    for (const auto& [work, kept] : loaded) {
        all += kept;
        sizes += fmt::format("{}{} {}", sizes.empty() ? "" : ", ", work->model.name, to_text(kept));
    }
    const Bytes capacity = scenario.profile.dram.capacity.value;
    if (loaded.size() > 1 && all > capacity) {
        diagnostics.error(
            scenario.stages.front().where,
            fmt::format("the models together take {} of the {} of dram: {}", to_text(all), to_text(capacity), sizes));
        return false;
    }
    return true;
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
    auto [candidates, optimum] = stage_candidates(work, *lengths, scenario.profile, options);
    result.candidates = std::move(candidates);
    result.optimum = optimum;
    result.chosen = choose(result.candidates, work, scenario.objective);
    if (!result.chosen) {
        report_no_device(stage, result.candidates, scenario.objective, diagnostics);
        report_clash(stage, work, lengths->front(), scenario.profile, diagnostics);
        return std::nullopt;
    }
    settle(result, *result.chosen, work);
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

// Candidates that a stage may run as, the best first.
std::vector<std::size_t> in_order(const StageResult& result, const ModelStage& work, Objective objective) {
    std::vector<std::pair<double, std::size_t>> scores;
    for (std::size_t i = 0; i < result.candidates.size(); ++i) {
        const auto value = allowed(result.candidates[i], work) ? score(result.candidates[i], objective) : std::nullopt;
        if (value) {
            scores.emplace_back(*value, i);
        }
    }
    std::ranges::sort(scores);
    std::vector<std::size_t> order;
    for (const auto& [value, candidate] : scores) {
        order.push_back(candidate);
    }
    return order;
}

std::string slowdown_text(const StageSlowdown& one) {
    const std::string by = one.share ? percent_text(*one.share, 3) : "without end: requests pile up";
    return fmt::format("slows '{}' by {} (at most {})", one.of, by, percent_text(one.allowed, 3));
}

// Moves a stage that slows another too much to the best of its placements that does not.
bool keep_to_slowdowns(const Scenario& scenario, ScenarioResult& result, Diagnostics& diagnostics) {
    bool kept = true;
    for (std::size_t i = 0; i < scenario.stages.size(); ++i) {
        const Stage& stage = scenario.stages[i];
        if (stage.slows.empty()) {
            continue;
        }
        const auto* work = std::get_if<ModelStage>(&stage.work);
        const auto order =
            work != nullptr ? in_order(result.stages[i], *work, scenario.objective) : std::vector<std::size_t>{0};
        std::vector<StageSlowdown> slowdowns;
        std::vector<std::string> tried;
        for (const std::size_t candidate : order) {
            if (work != nullptr) {
                settle(result.stages[i], candidate, *work);
            }
            slowdowns = slowdowns_by(stage, scenario, result);
            if (within_limits(slowdowns)) {
                break;
            }
            const std::string where =
                work != nullptr ? result.stages[i].candidates[candidate].placement : "where it runs";
            for (const StageSlowdown& one : slowdowns) {
                tried.push_back(fmt::format("on {} it {}", where, slowdown_text(one)));
            }
        }
        if (!within_limits(slowdowns)) {
            diagnostics.error(stage.where, fmt::format("stage '{}' has no placement that keeps to 'slows': {}",
                                                       stage.name, fmt::join(tried, "; ")));
            kept = false;
        }
        result.slowdowns.insert(result.slowdowns.end(), slowdowns.begin(), slowdowns.end());
    }
    Time start;
    for (StageResult& stage : result.stages) {
        stage.start = start;
        start += stage.latency.median;
    }
    return kept;
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
    if (!complete || !fit_together(scenario, result, diagnostics) ||
        (options.operators && !keep_to_slowdowns(scenario, result, diagnostics))) {
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
    auto lengths = plan_passes(stage.model.name, stage, profile, diagnostics);
    if (!lengths) {
        return std::nullopt;
    }
    std::vector<PlacementLimits> limits;  // what does not fit is predicted all the same, with a warning
    for (LengthPlan& length : *lengths) {
        limits.push_back(std::exchange(length.problem.limits, {}));
    }
    auto candidates = stage_candidates(pinned, *lengths, profile, {}).candidates;
    Candidate& candidate = candidates[static_cast<std::size_t>(device)];
    if (!candidate.feasible) {
        diagnostics.error(stage.model.where, candidate.reason);
        return std::nullopt;
    }
    for (const PlacementLimits& one : limits) {
        if (one.size.size() != candidate.assignment.size()) {
            continue;  // a pass with other operators, which the main one stands for
        }
        if (const auto limit = exceeded_limit(one, candidate.assignment)) {
            diagnostics.warning(stage.model.where, fmt::format("{} does not fit: {}", stage.model.name, *limit));
            break;
        }
    }
    return std::move(candidate);
}

}  // namespace berth
