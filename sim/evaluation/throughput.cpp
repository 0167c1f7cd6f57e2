// Column generation over the placements of all stages, then integer numbers of passes.
#include "evaluation/throughput.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/mapped.h"
#include "berth/evaluation/simulated_scenario.h"
#include "evaluation/candidates.h"
#include "evaluation/pass_load.h"
#include "evaluation/pass_system.h"
#include "evaluation/stage_choice.h"
#include "placement/least_load.h"
#include "simulation/resources.h"

namespace berth {

namespace {

constexpr int kMostColumnRounds = 30;
constexpr int kMostTrials = 16;  // pass distributions that are simulated
constexpr double kWorthTheChange = 1.005;
constexpr double kCloseToBound = 1e-6;

Frequency sustained_by(const SimulatedSystem& system) {
    return system.tasks.empty() ? Frequency{} : sustainable_rate(system);
}

// Core counts considered for one instance: one or all, or any count if the device has few cores.
std::vector<int> core_counts(const Device& device) {
    constexpr int kFewCores = 4;
    std::vector<int> counts{1};
    for (int cores = 2; cores < device.cores() && device.cores() <= kFewCores; ++cores) {
        counts.push_back(cores);
    }
    if (device.cores() > 1) {
        counts.push_back(device.cores());
    }
    return counts;
}

// Sets the optimality gap of a new candidate against the stage's best placement.
void compare(Candidate& made, const StageResult& result) {
    if (result.optimum) {
        made.optimality_gap = std::max(0.0, made.latency.median / result.optimum->lower_bound - 1);
    }
}

// Adds whole models on numbers of cores other than the stage's.
void add_core_counts(PlannedStage& stage, const std::string& name, const ModelStage& work, const Scenario& scenario,
                     const EvaluationOptions& options) {
    const Profile& profile = profile_of(scenario, work);
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        const Device& device = profile.devices[d];
        const auto id = static_cast<DeviceId>(d);
        const bool open = !work.cores.contains(id) && device.clusters.size() == 1 && (!work.on || *work.on == id);
        for (const int cores : open ? core_counts(device) : std::vector<int>()) {
            if (cores == execution_on(work, profile, id).cores) {
                continue;
            }
            ModelStage changed = work;
            changed.cores[id] = cores;
            Diagnostics ignored;  // a model that does not fit is no candidate
            const auto lengths = plan_passes(name, changed, scenario.profile, ignored);
            if (!lengths) {
                continue;
            }
            CandidateCosts costs(changed, *lengths, scenario.profile, options);
            auto all = stage_candidates(costs, Objective::kThroughput, false);
            if (all.candidates[d].feasible) {
                Candidate& made = all.candidates[d];
                compare(made, stage.result);
                made.placement = fmt::format("{} on {} {}", device.name, cores, cores == 1 ? "core" : "cores");
                stage.result.candidates.push_back(std::move(made));
            }
        }
    }
}

/// All stages as tasks of a linear programme.
class Balancing {
  public:
    Balancing(const Scenario& scenario, std::vector<PlannedStage>& stages, const EvaluationOptions& options)
        : scenario_(scenario),
          stages_(stages),
          options_(options),
          base_(resource_loads(resources_of(scenario.profile))) {
        for (std::size_t s = 0; s < stages.size(); ++s) {
            if (const auto* work = std::get_if<ModelStage>(&scenario.stages[s].work)) {
                add_core_counts(stages[s], scenario.stages[s].name, *work, scenario, options);
                listed_.push_back(stages[s].result.candidates.size());
                add_task(s, *work);
            } else {
                add_to_base(s);
            }
        }
    }

    Frequency balanced() {
        Time bound;
        for (int round = 0; round < kMostColumnRounds; ++round) {
            const LoadShares shares = least_load(tasks_, base_);
            bound = std::max(bound, priced_bound(shares.prices));
            const bool solved = shares.status == LoadStatus::kOptimal;  // otherwise the prices still give a valid bound
            if (!solved || bound >= shares.load * (1 - kCloseToBound) || !add_columns(shares.prices)) {
                break;
            }
        }
        take(best_simulated());
        return 1 / bound;
    }

  private:
    const ModelStage& work_of_task(std::size_t task) const {
        return std::get<ModelStage>(scenario_.stages[stage_of_[task]].work);
    }

    void add_to_base(std::size_t stage) {
        const std::vector<Time> load = resource_loads(pass_system(scenario_.profile, scenario_.stages[stage], nullptr));
        for (std::size_t r = 0; r < base_.size(); ++r) {
            base_[r] += load[r] * static_cast<double>(stages_[stage].result.repeat);
        }
    }

    void add_task(std::size_t stage, const ModelStage& work) {
        LoadTask& task = tasks_.emplace_back();
        task.passes = stages_[stage].result.repeat;
        stage_of_.push_back(stage);
        candidate_of_.emplace_back();
        for (std::size_t c = 0; c < stages_[stage].result.candidates.size(); ++c) {
            if (allowed(stages_[stage].result.candidates[c], work)) {
                add_choice(tasks_.size() - 1, c);
            }
        }
    }

    void add_choice(std::size_t task, std::size_t candidate) {
        const std::size_t stage = stage_of_[task];
        const Candidate& placed = stages_[stage].result.candidates[candidate];
        const SimulatedSystem pass = pass_system(scenario_.profile, scenario_.stages[stage], &placed);
        tasks_[task].choices.push_back({resource_loads(pass), placed.latency.median});
        candidate_of_[task].push_back(candidate);
    }

    // Best split at these prices, if the stage allows splits and its cost is a sum over operators.
    [[nodiscard]] std::optional<PlacementResult> best_split(std::size_t task, std::span<const double> prices) const {
        const ModelStage& work = work_of_task(task);
        const auto& lengths = stages_[stage_of_[task]].lengths;
        const Profile& profile = scenario_.profile;
        if (work.granularity == Granularity::kModel || work.on || lengths.size() != 1 || profile.devices.size() < 2) {
            return std::nullopt;
        }
        const LengthPlan& length = lengths.front();
        const PlacementProblem problem = priced_problem(length, work, profile, prices);
        return best_placement(work.granularity == Granularity::kOperator
                                  ? problem
                                  : per_block(problem, length.graphs[static_cast<std::size_t>(profile.host)]));
    }

    // Lower bound at these prices on the load of any choice of all stages.
    [[nodiscard]] Time priced_bound(std::span<const double> prices) const {
        Time bound = priced(base_, prices);
        for (std::size_t t = 0; t < tasks_.size(); ++t) {
            std::optional<Time> least;
            for (const LoadChoice& choice : tasks_[t].choices) {
                const Time load = priced(choice.load, prices);
                least = least ? std::min(*least, load) : load;
            }
            if (const auto split = best_split(t, prices)) {
                least = std::min(*least, split->lower_bound);
            }
            bound += *least * static_cast<double>(tasks_[t].passes);
        }
        return bound;
    }

    // Adds placements with negative reduced cost; returns whether any was found.
    bool add_columns(std::span<const double> prices) {
        bool added = false;
        for (std::size_t t = 0; t < tasks_.size(); ++t) {
            const auto split = best_split(t, prices);
            auto& candidates = stages_[stage_of_[t]].result.candidates;
            const auto known = [&split](const Candidate& candidate) {
                return candidate.feasible && candidate.assignment == split->assignment;
            };
            if (!split || std::ranges::any_of(candidates, known)) {
                continue;
            }
            CandidateCosts costs(work_of_task(t), stages_[stage_of_[t]].lengths, scenario_.profile, options_);
            Candidate made = costs.of("balanced", split->assignment);
            made.granularity = work_of_task(t).granularity;
            compare(made, stages_[stage_of_[t]].result);
            if (made.feasible) {
                candidates.push_back(std::move(made));
                add_choice(t, candidates.size() - 1);
                added = true;
            }
        }
        return added;
    }

    // Distribution that runs each task in its choice of least latency, without splits found by column generation.
    [[nodiscard]] PassCounts fastest() const {
        PassCounts counts;
        for (const LoadTask& task : tasks_) {
            const auto best = std::ranges::min_element(task.choices, {}, &LoadChoice::latency);
            counts.emplace_back(task.choices.size())[static_cast<std::size_t>(best - task.choices.begin())] =
                task.passes;
        }
        return counts;
    }

    // Best distribution without splits found by column generation.
    [[nodiscard]] PassCounts without_found() const {
        std::vector<LoadTask> listed = tasks_;
        for (std::size_t t = 0; t < listed.size(); ++t) {
            while (candidate_of_[t][listed[t].choices.size() - 1] >= listed_[t]) {
                listed[t].choices.pop_back();
            }
        }
        PassCounts counts = whole_passes(listed, base_, least_load(listed, base_));
        for (std::size_t t = 0; t < counts.size(); ++t) {
            counts[t].resize(tasks_[t].choices.size());
        }
        return counts;
    }

    [[nodiscard]] Frequency simulated(const PassCounts& counts, std::vector<StageResult>& trial) const {
        for (std::size_t t = 0; t < tasks_.size(); ++t) {
            auto& passes = trial[stage_of_[t]].passes;
            passes.clear();
            for (std::size_t c = 0; c < counts[t].size(); ++c) {
                if (counts[t][c] > 0) {
                    passes.push_back({candidate_of_[t][c], counts[t][c]});
                }
            }
        }
        return sustained_by(simulated_system(scenario_, trial));
    }

    // Chooses the distribution of the highest simulated rate. Loads do not show cores that idle because the next call
    // needs more than are free. A distribution of longer latency must improve the rate by a margin.
    [[nodiscard]] PassCounts best_simulated() const {
        std::vector<StageResult> trial = mapped(stages_, &PlannedStage::result);
        PassCounts best = fastest();
        Frequency most = simulated(best, trial);
        int left = kMostTrials;
        const auto attempt = [&](const PassCounts& counts) {
            if (counts == best || left-- <= 0) {
                return;
            }
            if (const Frequency rate = simulated(counts, trial); rate > most * kWorthTheChange) {
                most = rate;
                best = counts;
            }
        };
        attempt(without_found());
        attempt(whole_passes(tasks_, base_, least_load(tasks_, base_)));
        for (std::size_t t = 0; t < tasks_.size(); ++t) {
            for (std::size_t c = 0; c < tasks_[t].choices.size(); ++c) {
                PassCounts changed = best;
                std::ranges::fill(changed[t], 0);
                changed[t][c] = tasks_[t].passes;
                attempt(changed);
            }
        }
        return best;
    }

    // Applies the distribution and drops generated splits that it does not use.
    void take(const PassCounts& counts) {
        for (std::size_t t = 0; t < tasks_.size(); ++t) {
            StageResult& result = stages_[stage_of_[t]].result;
            std::vector<Candidate> kept;
            std::vector<PassShare> passes;
            for (std::size_t c = 0; c < result.candidates.size(); ++c) {
                const auto choice = std::ranges::find(candidate_of_[t], c);
                const std::int64_t count = choice == candidate_of_[t].end()
                                               ? 0
                                               : counts[t][static_cast<std::size_t>(choice - candidate_of_[t].begin())];
                if (count > 0) {
                    passes.push_back({kept.size(), count});
                }
                if (count > 0 || c < listed_[t]) {
                    kept.push_back(std::move(result.candidates[c]));
                }
            }
            result.candidates = std::move(kept);
            select(result, std::move(passes), work_of_task(t), Objective::kThroughput);
        }
    }

    const Scenario& scenario_;
    std::vector<PlannedStage>& stages_;
    EvaluationOptions options_;
    std::vector<Time> base_;
    std::vector<LoadTask> tasks_;
    /// [task] its stage, and the number of its candidates before column generation
    std::vector<std::size_t> stage_of_, listed_;
    std::vector<std::vector<std::size_t>> candidate_of_;  ///< [task][choice]
};

}  // namespace

double SustainedRate::gap() const { return upper_bound / simulated - 1; }

Frequency balance_stages(const Scenario& scenario, std::vector<PlannedStage>& stages,
                         const EvaluationOptions& options) {
    return Balancing(scenario, stages, options).balanced();
}

SustainedRate sustained_rate(const Scenario& scenario, const ScenarioResult& result, Frequency upper_bound) {
    const SimulatedSystem system = simulated_system(scenario, result.stages);
    const std::vector<Time> loads = resource_loads(system);
    const auto busiest = std::ranges::max_element(loads);
    const auto place = static_cast<std::size_t>(busiest - loads.begin());
    const std::size_t pools = system.pools.size();
    SustainedRate rate;
    rate.capacity = 1 / *busiest;
    rate.simulated = sustained_by(system);
    rate.busiest = place < pools ? system.pools[place].name : system.bandwidths[place - pools].name;
    rate.upper_bound = std::max(upper_bound, rate.capacity);  // ties are decided by rounding
    return rate;
}

}  // namespace berth
