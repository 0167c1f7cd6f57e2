// Simulates the scenario as it is, and with one stage out of everybody's way.
#include "evaluation/slowdown.h"

#include <algorithm>

#include "berth/simulated_scenario.h"

namespace berth {

namespace {

const SimulatedPhase* phase_named(const SimulatedSystem& system, const std::string& name) {
    const auto found = std::ranges::find(system.phases, name, &SimulatedPhase::name);
    return found == system.phases.end() ? nullptr : &*found;
}

// The stage's tasks take their time where nobody waits, and draw nothing.
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

}  // namespace

std::vector<StageSlowdown> slowdowns_by(const Stage& stage, const Scenario& scenario, const ScenarioResult& result) {
    std::vector<StageSlowdown> slowdowns;
    const SimulatedSystem system = simulated_system(scenario, result);
    const SimulatedPhase* own = phase_named(system, stage.name);
    for (const auto& [other, allowed] : stage.slows) {
        if (own == nullptr || phase_named(system, other) == nullptr || !scenario.traffic) {
            continue;  // it is left out, or takes no time
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

}  // namespace berth
