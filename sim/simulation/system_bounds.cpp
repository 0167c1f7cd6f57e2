// Time of a request alone, and its load on each resource.
#include <algorithm>
#include <vector>

#include "berth/simulation.h"
#include "simulation/saturation.h"

namespace berth {

namespace {

double alone(const SimulatedTask& task, const SimulatedSystem& system) {
    if (task.service) {
        return in_seconds(chat_alone(system.services[*task.service]));
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

}  // namespace

std::vector<double> times_alone(const SimulatedSystem& system) {
    std::vector<double> times;
    times.reserve(system.tasks.size());
    for (const SimulatedTask& task : system.tasks) {
        times.push_back(alone(task, system));
    }
    return times;
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
    for (const SimulatedTask& task : system.tasks) {
        const ChatService* service = task.service ? &system.services[*task.service] : nullptr;
        const Time held = service != nullptr ? chat_among_others(*service) : seconds(alone(task, system));
        const Bytes moved = service != nullptr ? moved_among_others(*service) : task.moved;
        loads[task.pool] += held * task.servers / system.pools[task.pool].servers;
        for (auto shared = task.bandwidth; shared; shared = system.bandwidths[*shared].within) {
            loads[system.pools.size() + *shared] += moved / system.bandwidths[*shared].bandwidth;
        }
    }
    return loads;
}

Frequency capacity(const SimulatedSystem& system) {
    const std::vector<Time> loads = resource_loads(system);
    return 1 / *std::ranges::max_element(loads);
}

}  // namespace berth
