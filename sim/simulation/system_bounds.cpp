// Time of a request alone, and its load on each resource.
#include <algorithm>
#include <vector>

#include "berth/simulation/simulation.h"
#include "simulation/saturation.h"

namespace berth {

namespace {

double alone(const SimulatedTask& task, const SimulatedSystem& system) {
    if (task.service) {
        return in_seconds(demand_of_chat(system.services[*task.service], 1).whole());
    }
    double time = in_seconds(task.work);
    if (task.bandwidth && task.moved > Bytes{}) {
        const SharedBandwidth& own = system.bandwidths[*task.bandwidth];
        const Bandwidth all =
            own.within ? std::min(own.bandwidth, system.bandwidths[*own.within].bandwidth) : own.bandwidth;
        time = std::max(time, in_seconds(task.moved / std::min(all, task.fastest.value_or(all))));
    }
    return time;
}

void add_chats(std::vector<Occupation>& all, const ChatService& service, const PassPlace& own, bool full) {
    const ChatDemand demand = demand_of_chat(service, full ? service.slots : 1);
    for (const PassWork work : kPassWorks) {
        const auto at = static_cast<std::size_t>(work);
        if (demand.time.at(at) > Time{}) {
            all.push_back({place_of(service, work, own), in_seconds(demand.time.at(at)), demand.moved.at(at),
                           paced_draws(service, work)});
        }
    }
}

}  // namespace

std::vector<Occupation> occupations(const SimulatedSystem& system, bool full) {
    std::vector<Occupation> all;
    for (const SimulatedTask& task : system.tasks) {
        const PassPlace place{task.pool, task.servers, task.bandwidth};
        if (task.service) {
            add_chats(all, system.services[*task.service], place, full);
        } else {
            all.push_back({place, alone(task, system), task.moved,
                           task.variability == Variability::kNone ? task.fastest : std::nullopt});
        }
    }
    return all;
}

Time time_alone(const SimulatedSystem& system) {
    std::vector<double> end(system.tasks.size());
    double last = 0;
    for (std::size_t i = 0; i < system.tasks.size(); ++i) {
        double start = 0;
        for (const std::size_t before : system.tasks[i].after) {
            start = std::max(start, end[before]);
        }
        end[i] = start + alone(system.tasks[i], system);
        last = std::max(last, end[i]);
    }
    return seconds(last);
}

std::vector<Time> resource_loads(const SimulatedSystem& system) {
    std::vector<Time> loads(system.pools.size() + system.bandwidths.size());
    for (const Occupation& one : occupations(system, true)) {
        loads[one.place.pool] += seconds(one.held) * one.place.servers / system.pools[one.place.pool].servers;
        for (auto shared = one.place.bandwidth; shared; shared = system.bandwidths[*shared].within) {
            loads[system.pools.size() + *shared] += one.moved / system.bandwidths[*shared].bandwidth;
        }
    }
    return loads;
}

Frequency capacity(const SimulatedSystem& system) {
    const std::vector<Time> loads = resource_loads(system);
    return 1 / *std::ranges::max_element(loads);
}

}  // namespace berth
