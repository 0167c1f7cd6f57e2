// Candidates into tasks: hand-overs on the link, calls on the cores, bytes through DRAM.
#include "berth/simulated_scenario.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <variant>

#include "schedule/event_engine.h"

namespace berth {

namespace {

constexpr int kManyServers = 1'000'000;  // nobody waits for a stage that runs elsewhere

class SystemBuilder {
  public:
    explicit SystemBuilder(const Profile& profile) : profile_(profile) {
        for (const Device& device : profile.devices) {
            system_.pools.push_back({device.name, device.cores()});
        }
        system_.pools.push_back({"hand-over", 1});
        system_.pools.push_back({"elsewhere", kManyServers});
        system_.bandwidths.push_back({"dram", profile.dram.sustained.value});
        for (std::size_t d = 0; d < profile.devices.size(); ++d) {
            const Device& device = profile.devices[d];
            const bool own = has_own_memory(profile, static_cast<DeviceId>(d));
            dma_.push_back(system_.bandwidths.size());
            system_.bandwidths.push_back({device.name + (own ? " memory" : " dma"), device.dram_limit.value,
                                          own ? std::nullopt : std::optional<std::size_t>(0)});
            dispatch_.push_back(system_.pools.size());
            system_.pools.push_back({device.name + " dispatch", 1});
        }
    }

    void begin_stage(const std::string& name, std::optional<Time> budget) {
        system_.phases.push_back({name, system_.tasks.size(), system_.tasks.size(), budget});
    }
    void end_stage() {
        if (system_.tasks.size() > system_.phases.back().first) {
            system_.phases.back().last = system_.tasks.size() - 1;
        } else {
            system_.phases.pop_back();  // it takes no time
        }
    }

    void add_fixed(const std::string& name, const FixedStage& stage) {
        const std::size_t pool = stage.on ? static_cast<std::size_t>(*stage.on) : profile_.devices.size() + 1;
        append(task(name, pool, stage.takes.median));
    }

    void add_pass(const std::string& stage, const ModelStage& asked, const Candidate& candidate) {
        Time sum;
        for (const OperatorResult& op : candidate.operators) {
            sum += op.latency;
        }
        // Operators are of the dominant input length, or of one step; the latency is of the mean pass.
        const double scale = sum > Time{} ? candidate.latency.median / sum : 0;
        for (std::size_t i = 0; i < candidate.operators.size();) {
            const OperatorResult& first = candidate.operators[i];
            const Device& device = profile_.devices[static_cast<std::size_t>(first.device)];
            Call call{stage + " " + first.name, first.device, execution_on(asked, profile_, first.device).cores};
            do {
                call.add(candidate.operators[i], scale);
                ++i;
            } while (device.runtime.shapes == ShapeRule::kStatic && i < candidate.operators.size() &&
                     candidate.operators[i].device == first.device);
            add_call(call);
        }
    }

    [[nodiscard]] SimulatedSystem take() { return std::move(system_); }

  private:
    struct Call {
        std::string name;
        DeviceId device = 0;
        int cores = 1;
        Time handover{}, entering{}, work{};
        Bytes moved{};

        void add(const OperatorResult& op, double scale) {
            handover += (op.handover - op.call) * scale;
            entering += op.call * scale;
            work += (op.latency - op.handover) * scale;
            moved += op.dram_bytes * scale;
        }
    };

    void add_call(const Call& call) {
        if (call.handover > Time{}) {
            append(task(call.name + " (hand-over)", profile_.devices.size(), call.handover));
        }
        if (call.entering > Time{}) {
            append(task(call.name + " (call)", dispatch_[static_cast<std::size_t>(call.device)], call.entering));
        }
        if (call.work <= Time{}) {
            return;
        }
        const auto pool = static_cast<std::size_t>(call.device);
        SimulatedTask made = task(call.name, pool, call.work);
        made.servers = std::min(call.cores, system_.pools[pool].servers);
        if (call.moved > Bytes{}) {
            const Bandwidth drawn = call.moved / call.work;
            made.bandwidth = dma_[pool];
            const SharedBandwidth& dma = system_.bandwidths[dma_[pool]];
            // No more than there is, so that a request alone takes its predicted time.
            made.fastest = std::min(drawn, dma.bandwidth);
            if (dma.within) {
                made.fastest = std::min(*made.fastest, system_.bandwidths[*dma.within].bandwidth);
            }
            made.moved = *made.fastest * call.work;
        }
        append(std::move(made));
    }

    [[nodiscard]] static SimulatedTask task(std::string name, std::size_t pool, Time work) {
        SimulatedTask made;
        made.name = std::move(name);
        made.pool = pool;
        made.work = work;
        return made;
    }

    void append(SimulatedTask task) {
        if (!system_.tasks.empty()) {
            task.after = {system_.tasks.size() - 1};
        }
        system_.tasks.push_back(std::move(task));
    }

    const Profile& profile_;
    SimulatedSystem system_;
    std::vector<std::size_t> dma_, dispatch_;  ///< [device] its bandwidth, its dispatch thread
};

/// A number drawn from a normal distribution (Box and Muller 1958).
double normal(SimulatedChance& chance) {
    const double radius = std::sqrt(-2 * std::log(chance.uniform()));
    return radius * std::cos(2 * std::numbers::pi * chance.uniform());
}

// The logarithm of how much longer each stage takes under one draw of the uncertain numbers, which stages share; fixed
// times vary on their own.
std::vector<double> drawn_factors(const Scenario& scenario, const ScenarioResult& result, SimulatedChance& chance) {
    std::vector<double> numbers(result.uncertain_numbers.size());
    for (double& number : numbers) {
        number = normal(chance);
    }
    std::vector<double> factors;
    for (const StageResult& stage : result.stages) {
        const auto asked = std::ranges::find(scenario.stages, stage.name, &Stage::name);
        double logarithm = 0;
        if (const auto* fixed = std::get_if<FixedStage>(&asked->work)) {
            logarithm = fixed->takes.low < fixed->takes.high ? log_normal_sigma(fixed->takes) * normal(chance) : 0;
        } else {
            const std::vector<double>& effect = stage.candidates[*stage.chosen].uncertainty.effect;
            for (std::size_t i = 0; i < std::min(effect.size(), numbers.size()); ++i) {
                logarithm += effect[i] * numbers[i];
            }
        }
        factors.push_back(logarithm);
    }
    return factors;
}

SimulatedSystem slower(SimulatedSystem system, const ScenarioResult& result, const std::vector<double>& logarithms,
                       double sign) {
    for (const SimulatedPhase& phase : system.phases) {
        const auto stage = std::ranges::find(result.stages, phase.name, &StageResult::name);
        const double factor = std::exp(sign * logarithms[static_cast<std::size_t>(stage - result.stages.begin())]);
        for (std::size_t task = phase.first; task <= phase.last; ++task) {
            system.tasks[task].work *= factor;
            if (system.tasks[task].fastest) {
                *system.tasks[task].fastest /= factor;
            }
        }
    }
    return system;
}

// Draws come in pairs with opposite signs, which leaves less to chance.
BudgetOutlook budget_outlook(const Scenario& scenario, const ScenarioResult& result, const TrafficResult& simulated) {
    constexpr int kPairs = 24;
    constexpr double kTasks = 2e6;  // simulated altogether, about
    BudgetOutlook outlook;
    outlook.by_chance = simulated.simulation.within_deadline.value_or(0);
    const RequestStream& traffic = *scenario.traffic;
    SimulationOptions options;
    const auto affordable =
        static_cast<std::size_t>(kTasks / (2 * kPairs * static_cast<double>(simulated.system.tasks.size())));
    options.requests = std::min(traffic.requests, std::clamp<std::size_t>(affordable, 100, 2'000));
    options.warm_up = std::min(traffic.warm_up, options.requests / 4);
    options.deadline = scenario.budget;
    SimulatedChance chance(traffic.seed);
    for (int pair = 0; pair < kPairs; ++pair) {
        const std::vector<double> logarithms = drawn_factors(scenario, result, chance);
        for (const double sign : {1.0, -1.0}) {
            options.seed = traffic.seed + static_cast<std::uint64_t>(pair);
            const auto one = simulate(slower(simulated.system, result, logarithms, sign), traffic.arrivals, options);
            outlook.unstable += one.stable ? 0 : 1.0 / (2 * kPairs);
            outlook.probability += one.within_deadline.value_or(0) / (2 * kPairs);
        }
    }
    return outlook;
}

}  // namespace

SimulatedSystem simulated_system(const Scenario& scenario, const ScenarioResult& result) {
    SystemBuilder builder(scenario.profile);
    for (const StageResult& stage : result.stages) {
        const auto asked = std::ranges::find(scenario.stages, stage.name, &Stage::name);
        builder.begin_stage(stage.name, stage.budget);
        for (std::int64_t pass = 0; pass < stage.repeat; ++pass) {
            if (const auto* fixed = std::get_if<FixedStage>(&asked->work)) {
                builder.add_fixed(stage.name, *fixed);
            } else {
                builder.add_pass(stage.name, std::get<ModelStage>(asked->work), stage.candidates[*stage.chosen]);
            }
        }
        builder.end_stage();
    }
    return builder.take();
}

std::optional<TrafficResult> simulate_traffic(const Scenario& scenario, const ScenarioResult& result,
                                              std::size_t traced, bool with_outlook) {
    if (!scenario.traffic) {
        return std::nullopt;
    }
    const RequestStream& traffic = *scenario.traffic;
    TrafficResult simulated{simulated_system(scenario, result), {}};
    simulated.simulation = simulate(simulated.system, traffic.arrivals,
                                    {traffic.requests, traffic.warm_up, traffic.seed, traced, scenario.budget});
    if (scenario.budget && with_outlook) {
        simulated.budget = budget_outlook(scenario, result, simulated);
    }
    return simulated;
}

TrafficResult request_alone(const Scenario& scenario, const ScenarioResult& result) {
    TrafficResult simulated{simulated_system(scenario, result), {}};
    simulated.simulation = simulate(simulated.system, ClosedLoop{}, {1, 0, 1, 1});
    return simulated;
}

}  // namespace berth
