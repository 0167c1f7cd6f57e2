// Evaluates a scenario: candidates per stage, the choice among them, the chain of stages, and the total.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "berth/base/brief_text.h"
#include "berth/base/quantity_text.h"
#include "berth/evaluation/evaluation.h"
#include "berth/evaluation/simulated_scenario.h"
#include "berth/scenario/scenario.h"
#include "evaluation/candidates.h"
#include "evaluation/constraints.h"
#include "evaluation/drafts.h"
#include "evaluation/shared_memory.h"
#include "evaluation/stage_choice.h"
#include "evaluation/summed_passes.h"
#include "evaluation/throughput.h"

namespace berth {

namespace {

const SimulatedPhase* phase_named(const SimulatedSystem& system, const std::string& name) {
    const auto found = std::ranges::find(system.phases, name, &SimulatedPhase::name);
    return found == system.phases.end() ? nullptr : &*found;
}

// The system with this stage's tasks moved to an uncontended pool and without memory traffic.
SimulatedSystem without_demand(SimulatedSystem system, const SimulatedPhase& phase) {
    const std::size_t elsewhere = system.pools.size();
    system.pools.push_back({"out of the way", 1'000'000});
    for (std::size_t i = phase.first; i <= phase.last; ++i) {
        SimulatedTask& task = system.tasks[i];
        task.pool = elsewhere;
        task.servers = 1;
        task.bandwidth.reset();
        task.moved = Bytes{};
        task.fastest.reset();
    }
    return system;
}

std::optional<Time> mean_of(const SimulatedSystem& system, const Scenario& scenario, const std::string& name) {
    const SimulationResult result = simulate_stream(scenario, system);
    const SimulatedPhase* phase = phase_named(system, name);
    return result.stable ? std::optional(result.phases[static_cast<std::size_t>(phase - system.phases.data())].mean)
                         : std::nullopt;
}

/// For each slowdown limit of `stage`: relative increase of the other stage's mean time under the scenario's arrivals,
/// compared with a run in which `stage` takes its time without occupying resources. Absent values: the stream is
/// unstable.
std::vector<StageSlowdown> slowdowns_by(const Stage& stage, const Scenario& scenario, const ScenarioResult& result) {
    std::vector<StageSlowdown> slowdowns;
    const SimulatedSystem system = simulated_system(scenario, result.stages);
    const SimulatedPhase* own = phase_named(system, stage.name);
    for (const auto& [other, allowed] : stage.slows) {
        if (own == nullptr || phase_named(system, other) == nullptr || !scenario.traffic) {
            continue;  // the stage is left out, or takes no time
        }
        const auto with = mean_of(system, scenario, other);
        const auto without = mean_of(without_demand(system, *own), scenario, other);
        slowdowns.push_back({stage.name, other,
                             with && without ? std::optional(std::max(0.0, *with / *without - 1)) : std::nullopt,
                             allowed});
    }
    return slowdowns;
}

bool within_limits(const std::vector<StageSlowdown>& slowdowns) {
    return std::ranges::all_of(slowdowns,
                               [](const StageSlowdown& one) { return one.share && *one.share <= one.allowed; });
}

void report_no_device(const Stage& stage, const std::vector<Candidate>& candidates, Objective objective,
                      Diagnostics& diagnostics) {
    for (const Candidate& candidate : candidates) {
        diagnostics.error(
            stage.where,
            candidate.feasible
                ? fmt::format("stage '{}' has no {} on {}: the profile gives no energy numbers", stage.name,
                              row_of(objective).name, candidate.placement)
                : fmt::format("stage '{}' cannot run on {}: {}", stage.name, candidate.placement, candidate.reason));
    }
}

// Whether a placement of the operators runs all passes of a stage.
bool has_placement(const std::vector<LengthPlan>& passes) {
    if (const auto all = summed_passes(passes)) {
        return best_placement(*all).has_value();
    }
    return std::ranges::all_of(passes, [](const LengthPlan& pass) { return best_placement(pass.problem).has_value(); });
}

// Reports the conflicting constraints of a stage, or that only placements finer than its granularity are feasible.
void report_clash(const Stage& stage, const ModelStage& work, const std::vector<LengthPlan>& passes,
                  const Profile& profile, Diagnostics& diagnostics) {
    std::vector<std::string> clash;
    for (auto pass = passes.begin(); clash.empty() && pass != passes.end(); ++pass) {
        clash = clashing_constraints(*pass, work, profile);
    }
    if (clash.size() == 1) {
        diagnostics.error(stage.where, fmt::format("stage '{}': no placement of its operators keeps to {}", stage.name,
                                                   clash.front()));
    } else if (!clash.empty()) {
        diagnostics.error(stage.where,
                          fmt::format("stage '{}': no placement of its operators keeps to all of these, but "
                                      "to any without one of them: {}",
                                      stage.name, fmt::join(clash, "; ")));
    } else if (work.granularity != Granularity::kOperator && !work.on && has_placement(passes)) {
        diagnostics.error(stage.where,
                          fmt::format("stage '{}': only finer placements than it allows remain", stage.name),
                          "granularity: operator");
    }
}

void report_full_memory(const Scenario& scenario, const ScenarioResult& result, Diagnostics& diagnostics) {
    const LoadedModels loaded = loaded_models(scenario, result.stages, result.stages.size());
    std::string sizes;
    for (const auto& [work, kept] : loaded.kept) {
        sizes += fmt::format("{}{} {}", sizes.empty() ? "" : ", ", work->model.name, brief(kept));
    }
    if (loaded.working > Bytes{}) {
        sizes += fmt::format(", activations of the largest pass {}", brief(loaded.working));
    }
    diagnostics.error(
        scenario.stages.front().where,
        fmt::format("no placement of the stages fits: as each is placed best, the models together take "
                    "{}: {}",
                    exceeding_text(loaded.total(), scenario.profile.dram.capacity.value, "dram"), sizes),
        "narrower weights or caches, fewer slots or positions, smaller inputs or batches, or more memory");
}

// Sets the stages' starts in the chain.
void set_starts(std::vector<StageResult>& stages) {
    Time start;
    for (StageResult& stage : stages) {
        stage.start = start;
        start += stage.latency.median;
    }
}

// The models of all stages stay loaded, so they must fit into DRAM together. Where the best placement of each does not,
// stages take the next ones that do.
bool keep_to_memory(const Scenario& scenario, ScenarioResult& result, Diagnostics& diagnostics) {
    if (fit_together(scenario, result.stages)) {
        return true;
    }
    if (!place_within_memory(scenario, result.stages)) {
        report_full_memory(scenario, result, diagnostics);
        return false;
    }
    result.memory_decided = true;
    set_starts(result.stages);
    return true;
}

std::optional<PlannedStage> model_stage(const Stage& stage, const ModelStage& work, const Scenario& scenario,
                                        const EvaluationOptions& options, Diagnostics& diagnostics) {
    auto lengths = plan_passes(stage.name, work, scenario.profile, diagnostics);
    if (!lengths) {
        return std::nullopt;
    }
    StageResult result;
    result.name = stage.name;
    result.model = work.model.name;
    result.runtime = profile_of(scenario, work).name;
    result.repeat = stage.repeat;
    result.lengths = lengths->size();
    result.pinned = work.on.has_value();
    result.budget = stage.budget;
    CandidateCosts costs(work, *lengths, scenario.profile, options, scenario.objective);
    auto [candidates, optimum] = stage_candidates(costs, scenario.objective, options.splits);
    result.candidates = std::move(candidates);
    result.optimum = optimum;
    if (work.draft &&
        !add_drafted(stage.name, costs, scenario.objective, result.candidates, options.splits, diagnostics)) {
        return std::nullopt;
    }
    const std::vector<std::size_t> order = in_order(result.candidates, work, scenario.objective);
    if (order.empty()) {
        report_no_device(stage, result.candidates, scenario.objective, diagnostics);
        if (std::ranges::none_of(result.candidates, &Candidate::feasible)) {
            report_clash(stage, work, *lengths, profile_of(scenario, work), diagnostics);
        }
        return std::nullopt;
    }
    select(result, {{order.front(), result.repeat}}, work, scenario.objective);
    return PlannedStage{std::move(result), std::move(*lengths)};
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

// Standard deviation of the total's logarithm. Numbers shared by stages are fully correlated between them; fixed times
// are independent.
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
        const std::vector<double> causes = stage_causes(stage);
        shared.resize(std::max(shared.size(), causes.size()), 0.0);
        for (std::size_t i = 0; i < causes.size(); ++i) {
            shared[i] += share * causes[i];
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
        energy = stage.chosen ? energy : std::nullopt;
        for (const PassShare& share : stage.passes) {
            const auto one = stage.candidates[share.candidate].energy;
            energy = energy && one ? std::optional(*energy + *one * static_cast<double>(share.passes)) : std::nullopt;
        }
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

std::string slowdown_text(const StageSlowdown& one) {
    const std::string by = one.share ? percent_text(*one.share, 3) : "without end: requests pile up";
    return fmt::format("slows '{}' by {} (at most {})", one.of, by, percent_text(one.allowed, 3));
}

// Moves a stage that exceeds its slowdown limit on another to its best candidate that does not.
bool keep_to_slowdowns(const Scenario& scenario, ScenarioResult& result, Diagnostics& diagnostics) {
    bool kept = true;
    for (std::size_t i = 0; i < scenario.stages.size(); ++i) {
        const Stage& stage = scenario.stages[i];
        if (stage.slows.empty()) {
            continue;
        }
        const auto* work = std::get_if<ModelStage>(&stage.work);
        const auto order = work != nullptr ? in_order(result.stages[i].candidates, *work, scenario.objective)
                                           : std::vector<std::size_t>{0};
        std::vector<StageSlowdown> slowdowns;
        bool settled = false;
        if (result.rate) {  // passes may be distributed over several candidates
            slowdowns = slowdowns_by(stage, scenario, result);
            settled = within_limits(slowdowns);
        }
        std::vector<std::string> tried;
        for (const std::size_t candidate : settled ? std::vector<std::size_t>() : order) {
            const std::string where =
                work != nullptr ? result.stages[i].candidates[candidate].placement : "where it runs";
            if (work != nullptr) {
                select(result.stages[i], {{candidate, result.stages[i].repeat}}, *work, scenario.objective);
            }
            if (!fit_together(scenario, result.stages)) {
                tried.push_back(fmt::format("on {} the models together do not fit into the memory", where));
                continue;
            }
            slowdowns = slowdowns_by(stage, scenario, result);
            if (within_limits(slowdowns)) {
                break;
            }
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
    set_starts(result.stages);
    return kept;
}

}  // namespace

std::optional<ScenarioResult> evaluate(const Scenario& scenario, Diagnostics& diagnostics,
                                       const EvaluationOptions& options) {
    ScenarioResult result;
    result.scenario = scenario.name;
    result.changes = scenario.changes;
    result.hardware = scenario.profile.name;
    result.objective = scenario.objective;
    for (const Device& device : scenario.profile.devices) {
        result.devices.push_back(device.name);
    }
    EvaluationOptions wanted = options;
    const bool together = row_of(scenario.objective).search == SearchOver::kScenario;
    wanted.operators = wanted.operators || together;
    std::vector<PlannedStage> planned;
    for (const Stage& stage : scenario.stages) {
        std::optional<PlannedStage> one;
        if (const auto* fixed = std::get_if<FixedStage>(&stage.work)) {
            one = PlannedStage{fixed_stage(stage, *fixed), {}};
        } else {
            one = model_stage(stage, std::get<ModelStage>(stage.work), scenario, wanted, diagnostics);
        }
        if (one) {
            planned.push_back(std::move(*one));
        }
    }
    const bool complete = planned.size() == scenario.stages.size();
    const bool for_rate = complete && together;
    const auto bound = for_rate ? std::optional(balance_stages(scenario, planned, wanted)) : std::nullopt;
    for (PlannedStage& one : planned) {
        result.stages.push_back(std::move(one.result));
    }
    set_starts(result.stages);
    if (!complete || !keep_to_memory(scenario, result, diagnostics)) {
        return std::nullopt;
    }
    if (bound) {
        result.rate = sustained_rate(scenario, result, *bound);
    }
    if (options.operators && !keep_to_slowdowns(scenario, result, diagnostics)) {
        return std::nullopt;
    }
    if (bound && !result.slowdowns.empty()) {  // the check of slowdowns may have moved a stage
        result.rate = sustained_rate(scenario, result, *bound);
    }
    if (options.uncertainty) {
        result.uncertain_numbers = uncertain_numbers(scenario.profile);
    }
    result.total = total_of(result.stages, scenario);
    return result;
}

std::optional<Candidate> evaluate_on(const Profile& hardware, const ModelStage& stage, DeviceId device,
                                     Diagnostics& diagnostics) {
    ModelStage pinned = stage;
    pinned.on = device;
    auto lengths = plan_passes(stage.model.name, pinned, hardware, diagnostics);
    if (!lengths) {
        return std::nullopt;
    }
    // an over-full memory is a warning here, so limits are removed from the problem
    std::vector<PlacementLimits> limits;
    for (LengthPlan& length : *lengths) {
        limits.push_back(std::exchange(length.problem.limits, {}));
    }
    CandidateCosts costs(pinned, *lengths, hardware, {});
    auto candidates = stage_candidates(costs, Objective::kLatency, true).candidates;
    Candidate& candidate = candidates[static_cast<std::size_t>(device)];
    if (!candidate.feasible) {
        diagnostics.error(stage.model.where, candidate.reason);
        return std::nullopt;
    }
    for (const PlacementLimits& one : limits) {
        if (one.size.size() != candidate.assignment.size()) {
            continue;  // a pass with different operators is represented by the main pass
        }
        if (const auto limit = exceeded_limit(one, candidate.assignment)) {
            diagnostics.warning(stage.model.where, fmt::format("{} does not fit: {}", stage.model.name, *limit));
            break;
        }
    }
    return std::move(candidate);
}

}  // namespace berth
