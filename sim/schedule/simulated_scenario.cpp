// Candidates into tasks: hand-overs on the link, calls on the cores, bytes through DRAM.
#include "berth/simulated_scenario.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>
#include <utility>
#include <variant>

#include "schedule/event_engine.h"
#include "schedule/resources.h"
#include "schedule/stage_choice.h"

namespace berth {

namespace {

// Simulated, with nothing else on its resources.
Time request_time(const SimulatedSystem& system) {
    const Arrivals once = ClosedLoop{};
    EventEngine engine(system, once, {1, 0});
    engine.run();
    return seconds(engine.now());
}

/// An operator in a call, and the bytes that it moves.
struct CallPart {
    OperatorId op = kNoOperator;
    double moved = 0;
};

class SystemBuilder {
  public:
    explicit SystemBuilder(const Profile& profile) : profile_(profile), system_(resources_of(profile)) {}

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
        parts_.emplace_back();
        append(task_on(name, stage.on ? cores_pool(*stage.on) : elsewhere_pool(profile_), stage.takes.median));
    }

    void add_pass(const std::string& stage, const ModelStage& asked, const Candidate& candidate) {
        if (!candidate.tasks.empty()) {
            add_overlapped(stage, candidate);
            return;
        }
        Time sum;
        for (const OperatorResult& op : candidate.operators) {
            sum += op.latency;
        }
        // Operators are of the dominant input length, or of one step; the latency is of the mean pass.
        const double scale = sum > Time{} ? candidate.latency.median / sum : 0;
        for (std::size_t i = 0; i < candidate.operators.size();) {
            const OperatorResult& first = candidate.operators[i];
            const Device& device = profile_.devices[static_cast<std::size_t>(first.device)];
            const bool whole = candidate.device == first.device;
            const int cores = whole ? candidate.cores : execution_on(asked, profile_, first.device).cores;
            Call call{stage + " " + first.name, first.device, cores};
            do {
                call.add(candidate.operators[i], scale);
                ++i;
            } while (device.runtime.shapes == ShapeRule::kStatic && i < candidate.operators.size() &&
                     candidate.operators[i].device == first.device);
            add_call(call);
        }
    }

    [[nodiscard]] SimulatedSystem take() { return std::move(system_); }
    [[nodiscard]] const std::vector<std::vector<CallPart>>& parts() const { return parts_; }

  private:
    struct Call {
        std::string name;
        DeviceId device = 0;
        int cores = 1;
        Time handover{}, entering{}, work{};
        Bytes moved{}, handed_over{};

        std::vector<CallPart> parts{};

        void add(const OperatorResult& op, double scale) {
            parts.push_back({op.id, in_bytes(op.dram_bytes)});
            handover += (op.handover - op.call) * scale;
            entering += op.call * scale;
            work += (op.latency - op.handover) * scale;
            moved += op.dram_bytes * scale;
            handed_over += op.handover_bytes * scale;
        }
    };

    void add_call(const Call& call) {
        const std::vector<CallPart> first{call.parts.front()};
        if (call.handover > Time{}) {
            parts_.push_back(first);
            append(handover_task(call.name + " (hand-over)", call.handover, call.handed_over, profile_));
        }
        if (call.entering > Time{}) {
            parts_.push_back(first);
            append(task_on(call.name + " (call)", dispatch_pool(profile_, call.device), call.entering));
        }
        if (call.work > Time{}) {
            parts_.push_back(call.parts);
            append(call_task(call.name, call.device, call.cores, call.work, call.moved, system_));
        }
    }

    // Its first tasks wait for all before the pass, and what follows waits for all of them. The tasks are those of the
    // main length; the latency is of the mean pass.
    void add_overlapped(const std::string& stage, const Candidate& candidate) {
        const std::size_t first = system_.tasks.size();
        SimulatedSystem alone = resources_of(profile_);
        alone.tasks = candidate.tasks;
        const double scale = candidate.latency.median / request_time(alone);
        std::vector<bool> is_last(candidate.tasks.size(), true);
        for (const auto& operators : candidate.run_by) {
            auto& parts = parts_.emplace_back();
            for (const OperatorId op : operators) {
                parts.push_back({op, in_bytes(candidate.operators[static_cast<std::size_t>(op)].dram_bytes)});
            }
        }
        parts_.emplace_back();
        for (SimulatedTask task : candidate.tasks) {
            task.name = stage + " " + task.name;
            task.work *= scale;
            task.moved *= scale;
            for (std::size_t& before : task.after) {
                is_last[before] = false;
                before += first;
            }
            if (task.after.empty() && first > 0) {
                task.after = {first - 1};
            }
            system_.tasks.push_back(std::move(task));
        }
        SimulatedTask end = task_on(stage + " (end)", elsewhere_pool(profile_), Time{});
        for (std::size_t i = 0; i < is_last.size(); ++i) {
            if (is_last[i]) {
                end.after.push_back(first + i);
            }
        }
        system_.tasks.push_back(std::move(end));
    }

    void append(SimulatedTask task) {
        if (!system_.tasks.empty()) {
            task.after = {system_.tasks.size() - 1};
        }
        system_.tasks.push_back(std::move(task));
    }

    const Profile& profile_;
    SimulatedSystem system_;
    std::vector<std::vector<CallPart>> parts_;  ///< [task]
};

/// A number drawn from a normal distribution (Box and Muller 1958).
double normal(SimulatedChance& chance) {
    const double radius = std::sqrt(-2 * std::log(chance.uniform()));
    return radius * std::cos(2 * std::numbers::pi * chance.uniform());
}

// The logarithm of how much longer each stage takes under one draw of what is uncertain, which stages share; fixed
// times vary on their own.
std::vector<double> drawn_factors(const Scenario& scenario, const ScenarioResult& result, SimulatedChance& chance) {
    std::size_t most = result.uncertain_numbers.size();
    for (const StageResult& stage : result.stages) {
        most = std::max(most, stage_causes(stage).size());
    }
    std::vector<double> drawn(most);
    for (double& number : drawn) {
        number = normal(chance);
    }
    std::vector<double> factors;
    for (const StageResult& stage : result.stages) {
        const auto asked = std::ranges::find(scenario.stages, stage.name, &Stage::name);
        double logarithm = 0;
        if (const auto* fixed = std::get_if<FixedStage>(&asked->work)) {
            logarithm = fixed->takes.low < fixed->takes.high ? log_normal_sigma(fixed->takes) * normal(chance) : 0;
        } else {
            const std::vector<double> causes = stage_causes(stage);
            logarithm = std::inner_product(causes.begin(), causes.end(), drawn.begin(), 0.0);
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

SystemBuilder built(const Scenario& scenario, const ScenarioResult& result) {
    SystemBuilder builder(scenario.profile);
    for (const StageResult& stage : result.stages) {
        const auto asked = std::ranges::find(scenario.stages, stage.name, &Stage::name);
        builder.begin_stage(stage.name, stage.budget);
        if (const auto* fixed = std::get_if<FixedStage>(&asked->work)) {
            for (std::int64_t pass = 0; pass < stage.repeat; ++pass) {
                builder.add_fixed(stage.name, *fixed);
            }
        }
        for (const PassShare& share : stage.passes) {
            for (std::int64_t pass = 0; pass < share.passes; ++pass) {
                builder.add_pass(stage.name, std::get<ModelStage>(asked->work), stage.candidates[share.candidate]);
            }
        }
        builder.end_stage();
    }
    return builder;
}

// What tasks lose, given to the operators that they run: waiting to the first one, and being slowed by bytes.
std::vector<OperatorContention> operators_lose(const ScenarioResult& result, const SystemBuilder& builder,
                                               const SimulatedSystem& system, const SimulationResult& simulation) {
    std::vector<OperatorContention> all;
    for (const SimulatedPhase& phase : simulation.stable ? system.phases : std::vector<SimulatedPhase>()) {
        const auto stage = std::ranges::find(result.stages, phase.name, &StageResult::name);
        const std::size_t first = all.size();
        if (!stage->chosen) {
            all.push_back({stage->name, "", {}});
            for (std::size_t task = phase.first; task <= phase.last; ++task) {
                all.back().lost.waited += simulation.contention[task].waited;
            }
            continue;
        }
        for (const OperatorResult& op : stage->candidates[*stage->chosen].operators) {
            all.push_back({stage->name, op.name, {}});
        }
        for (std::size_t task = phase.first; task <= phase.last; ++task) {
            const std::vector<CallPart>& parts = builder.parts()[task];
            const TaskContention& lost = simulation.contention[task];
            double moved = 0;
            for (const CallPart& part : parts) {
                moved += part.moved;
            }
            for (const CallPart& part : parts) {
                TaskContention& own = all[first + static_cast<std::size_t>(part.op)].lost;
                own.waited += &part == parts.data() ? lost.waited : Time{};
                own.slowed += lost.slowed * (moved > 0 ? part.moved / moved : 0);
            }
        }
    }
    return all;
}

}  // namespace

SimulatedSystem simulated_system(const Scenario& scenario, const ScenarioResult& result) {
    return built(scenario, result).take();
}

std::optional<TrafficResult> simulate_traffic(const Scenario& scenario, const ScenarioResult& result,
                                              std::size_t traced, bool with_outlook) {
    if (!scenario.traffic) {
        return std::nullopt;
    }
    const RequestStream& traffic = *scenario.traffic;
    SystemBuilder builder = built(scenario, result);
    TrafficResult simulated{builder.take(), {}};
    simulated.simulation = simulate(simulated.system, traffic.arrivals,
                                    {traffic.requests, traffic.warm_up, traffic.seed, traced, scenario.budget});
    simulated.operators = operators_lose(result, builder, simulated.system, simulated.simulation);
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
