// Evaluates a stage on other numbers of cores, and simulates the scenario with it.
#include "berth/analysis/core_splits.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "analysis/finding_thresholds.h"
#include "analysis/variation.h"
#include "base/in_parallel.h"
#include "berth/base/brief_text.h"
#include "berth/evaluation/simulated_scenario.h"
#include "graph/batch_rule.h"
#include "simulation/simulate.h"

namespace berth {

namespace {

constexpr int kFewCores = 4;

std::set<int> counts_to_split(const Device& device) {
    std::set<int> counts{1, device.cores()};
    for (int cores = 1; device.cores() <= kFewCores && cores <= device.cores(); ++cores) {
        counts.insert(cores);
    }
    int sum = 0;
    for (const CoreCluster& cluster : device.clusters) {
        counts.insert(sum += cluster.cores);
    }
    return counts;
}

// Device that a stage's chosen candidate runs on as a whole, if it has several cores.
std::optional<DeviceId> device_of(const Scenario& scenario, const StageResult& stage) {
    if (!stage.chosen || stage.passes.size() > 1) {
        return std::nullopt;
    }
    const std::optional<DeviceId> device = stage.candidates[*stage.chosen].device;
    const bool several = device && scenario.profile.devices[static_cast<std::size_t>(*device)].cores() > 1;
    return several ? device : std::nullopt;
}

std::optional<StageResult> evaluated(const Scenario& scenario, const Stage& stage) {
    Scenario one;
    one.name = scenario.name;
    one.profile = scenario.profile;
    one.objective = scenario.objective;
    one.stages = {stage};
    Diagnostics ignored;  // infeasible variants are not compared
    auto result = evaluate(one, ignored, {.uncertainty = false, .operators = true, .splits = false});
    return result ? std::optional(std::move(result->stages.front())) : std::nullopt;
}

// Sustainable rate of whole requests if stage `at` runs as `pass`. Since batches are full, a request's share of the
// passes may be fractional, and so are the times and bytes of the stage then.
Frequency sustainable_with(const Scenario& changed, const ScenarioResult& result, std::size_t at, StageResult pass,
                           std::int64_t inputs) {
    const std::int64_t batch = std::get<ModelStage>(changed.stages[at].work).batch;
    const std::int64_t whole = (inputs + batch - 1) / batch;
    const double share = static_cast<double>(inputs) / static_cast<double>(whole * batch);
    std::vector<StageResult> with = result.stages;
    pass.repeat = whole;
    pass.passes.front().passes = whole;
    pass.latency.median *= static_cast<double>(whole);  // of all passes, as in any result
    with[at] = std::move(pass);
    SimulatedSystem system = simulated_system(changed, with);
    const auto phase = std::ranges::find(system.phases, with[at].name, &SimulatedPhase::name);
    if (phase != system.phases.end()) {  // a stage that takes no time has none
        for (std::size_t task = phase->first; task <= phase->last; ++task) {
            system.tasks[task].work *= share;
            system.tasks[task].moved *= share;
        }
    }
    return changed.traffic ? sustainable_rate(system, changed.traffic->arrivals) : sustainable_rate(system);
}

// The stage alone with `inputs` per pass, on its current placement.
std::optional<BatchSize> with_batch(const Scenario& scenario, const ScenarioResult& result, std::size_t stage,
                                    std::int64_t batch, std::int64_t inputs) {
    Scenario changed = scenario;
    auto& work = std::get<ModelStage>(changed.stages[stage].work);
    const Candidate& chosen = result.stages[stage].candidates[*result.stages[stage].chosen];
    work.batch = batch;
    changed.stages[stage].repeat = 1;
    if (chosen.device) {
        work.on = chosen.device;
        work.cores[*chosen.device] = chosen.cores;
    }
    auto one = evaluated(changed, changed.stages[stage]);
    if (!one) {
        return std::nullopt;
    }
    BatchSize size{scenario.stages[stage].name, batch, false, one->latency.median, {}, {}};
    size.current = batch == std::get<ModelStage>(scenario.stages[stage].work).batch;
    const std::int64_t passes = (inputs + batch - 1) / batch;
    size.request =
        result.total.latency.median - result.stages[stage].latency.median + size.pass * static_cast<double>(passes);
    size.sustainable = sustainable_with(changed, result, stage, std::move(*one), inputs);
    return size;
}

// `known` is the simulation of the scenario's stream on this system, if it exists.
CoreSplit simulated(const Scenario& scenario, const ScenarioResult& result, const SimulationResult* known) {
    const SimulatedSystem system = simulated_system(scenario, result.stages);
    CoreSplit split;
    split.alone = time_alone(system);
    if (!scenario.traffic) {
        split.sustainable = sustainable_rate(system);
        return split;
    }
    const SimulationResult found = known != nullptr ? *known : simulate_stream(scenario, system);
    split.sustainable = found.sustainable;
    if (found.latency) {
        split.mean = found.latency->mean.value;
        split.p95 = found.latency->p95.value;
    }
    return split;
}

}  // namespace

namespace {

/// A stage with a number of inputs per pass, to be evaluated.
struct BatchJob {
    std::size_t stage = 0;
    std::int64_t batch = 1, inputs = 1;
};

std::vector<BatchJob> batch_jobs_of(const Scenario& scenario, const ScenarioResult& result) {
    constexpr std::int64_t kLargest = 16;
    std::vector<BatchJob> jobs;
    for (std::size_t i = 0; i < scenario.stages.size(); ++i) {
        const auto* work = std::get_if<ModelStage>(&scenario.stages[i].work);
        if (work == nullptr || result.stages[i].passes.size() != 1 || !takes_batches(work->model)) {
            continue;
        }
        const std::int64_t inputs = work->batch * result.stages[i].repeat;
        std::set<std::int64_t> batches{work->batch, inputs};
        for (std::int64_t batch = 1; batch <= kLargest; batch *= 2) {
            batches.insert(batch);
        }
        for (const std::int64_t batch : batches) {
            jobs.push_back({i, batch, inputs});
        }
    }
    return jobs;
}

template <class Made>
std::vector<Made> those_made(std::vector<std::optional<Made>>& made) {
    std::vector<Made> kept;
    for (std::optional<Made>& one : made) {
        if (one) {
            kept.push_back(std::move(*one));
        }
    }
    return kept;
}

}  // namespace

std::vector<BatchSize> batch_sizes(const Scenario& scenario, const ScenarioResult& result,
                                   const std::function<void(const std::string&)>& progress) {
    const std::vector<BatchJob> jobs = batch_jobs_of(scenario, result);
    std::vector<std::optional<BatchSize>> made(jobs.size());
    in_parallel(
        jobs.size(),
        [&](std::size_t i) { made[i] = with_batch(scenario, result, jobs[i].stage, jobs[i].batch, jobs[i].inputs); },
        [&](std::size_t i) {
            if (progress) {
                progress(fmt::format("{} with {} in a pass", scenario.stages[jobs[i].stage].name, jobs[i].batch));
            }
        });
    return those_made(made);
}

namespace {

/// A stage on a number of cores, to be evaluated.
struct SplitJob {
    std::size_t stage = 0;
    DeviceId device = 0;
    int cores = 1;
    bool current = false;
};

std::vector<SplitJob> jobs_of(const Scenario& scenario, const ScenarioResult& result) {
    std::vector<SplitJob> jobs;
    for (std::size_t i = 0; i < scenario.stages.size(); ++i) {
        const auto device = device_of(scenario, result.stages[i]);
        if (!device) {
            continue;
        }
        const int now = result.stages[i].candidates[*result.stages[i].chosen].cores;
        std::set<int> counts = counts_to_split(scenario.profile.devices[static_cast<std::size_t>(*device)]);
        counts.insert(now);
        for (const int cores : counts) {
            jobs.push_back({i, *device, cores, cores == now});
        }
    }
    return jobs;
}

// Absent if the stage cannot run on these cores.
std::optional<CoreSplit> split_of(const Scenario& scenario, const ScenarioResult& result, const SplitJob& job) {
    Scenario changed = scenario;
    auto& work = std::get<ModelStage>(changed.stages[job.stage].work);
    work.cores[job.device] = job.cores;
    work.on = job.device;
    auto stage = evaluated(changed, changed.stages[job.stage]);
    if (!stage) {
        return std::nullopt;
    }
    ScenarioResult with = result;
    with.traffic.reset();
    with.stages[job.stage] = std::move(*stage);
    const bool known = job.current && result.traffic.has_value();
    CoreSplit split = simulated(changed, with, known ? &result.traffic->simulation : nullptr);
    split.stage = scenario.stages[job.stage].name;
    split.device = job.device;
    split.cores = job.cores;
    split.side_by_side = scenario.profile.devices[static_cast<std::size_t>(job.device)].cores() / job.cores;
    split.current = job.current;
    return split;
}

}  // namespace

std::vector<CoreSplit> core_splits(const Scenario& scenario, const ScenarioResult& result,
                                   const std::function<void(const std::string&)>& progress) {
    const std::vector<SplitJob> jobs = jobs_of(scenario, result);
    std::vector<std::optional<CoreSplit>> made(jobs.size());
    in_parallel(
        jobs.size(), [&](std::size_t i) { made[i] = split_of(scenario, result, jobs[i]); },
        [&](std::size_t i) {
            if (progress) {
                progress(fmt::format("{} on {} of {} cores", scenario.stages[jobs[i].stage].name, jobs[i].cores,
                                     scenario.profile.devices[static_cast<std::size_t>(jobs[i].device)].cores()));
            }
        });
    return those_made(made);
}

const CoreSplit* best_split(std::span<const CoreSplit> splits, Objective objective) {
    if (splits.empty()) {
        return nullptr;
    }
    const bool any_stable = std::ranges::any_of(splits, [](const CoreSplit& split) { return split.mean.has_value(); });
    const auto worth = [&](const CoreSplit& split) {  // larger is better
        if (row_of(objective).search == SearchOver::kScenario || !any_stable) {
            return in_hertz(split.sustainable);
        }
        return split.mean ? 1 / in_seconds(*split.mean) : 0;
    };
    const CoreSplit* best = &*std::ranges::max_element(splits, {}, worth);
    const auto current = std::ranges::find(splits, true, &CoreSplit::current);
    return current != splits.end() && worth(*best) < worth(*current) * threshold(FindingLimit::kCoreSplit) ? &*current
                                                                                                           : best;
}

std::vector<std::span<const CoreSplit>> splits_by_stage(std::span<const CoreSplit> splits) {
    std::vector<std::span<const CoreSplit>> stages;
    for (std::size_t first = 0, end = 0; first < splits.size(); first = end) {
        while (end < splits.size() && splits[end].stage == splits[first].stage) {
            ++end;
        }
        stages.push_back(splits.subspan(first, end - first));
    }
    return stages;
}

void find_core_splits(const Scenario& scenario, const ScenarioResult& result, std::vector<Finding>& found) {
    const auto cores_text = [](int cores) { return fmt::format("{} {}", cores, cores == 1 ? "core" : "cores"); };
    for (const auto splits : splits_by_stage(result.core_splits)) {
        const CoreSplit* best = best_split(splits, scenario.objective);
        const auto now = std::ranges::find(splits, true, &CoreSplit::current);
        if (best->current || now == splits.end()) {
            continue;
        }
        const std::string& device = scenario.profile.devices[static_cast<std::size_t>(best->device)].name;
        Finding finding;
        finding.kind = FindingKind::kCores;
        finding.stage = best->stage;
        finding.text = fmt::format(
            "With {} of {} per request ({} requests side by side) instead of {} ({}), {} requests per second are "
            "sustainable instead of {}",
            cores_text(best->cores), device, best->side_by_side, now->cores, now->side_by_side,
            number_text(in_hertz(best->sustainable), 4), number_text(in_hertz(now->sustainable), 4));
        if (best->mean) {
            finding.text +=
                fmt::format(", and under the scenario's arrivals a request takes {} on average{}", brief(*best->mean),
                            now->mean ? " instead of " + brief(*now->mean) : ", where requests now pile up");
        }
        finding.text += fmt::format("; alone it takes {} instead of {}.", brief(best->alone), brief(now->alone));
        finding.change = {cores_setting(scenario, best->stage, best->device, best->cores)};
        found.push_back(std::move(finding));
    }
}

}  // namespace berth
