// Pools and bandwidths of a profile, and tasks that use them.
#include "simulation/resources.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace berth {

namespace {

constexpr int kManyServers = 1'000'000;  // effectively unlimited: a stage that runs elsewhere never queues

// Memory and DMA bandwidths are the highest that any runtime of the chip achieves.
template <class Of>
Bandwidth most_under_any(const Profile& profile, Of of) {
    Bandwidth most = of(profile);
    for (const Profile& runtime : profile.runtimes) {
        most = std::max(most, of(runtime));
    }
    return most;
}

}  // namespace

SimulatedSystem resources_of(const Profile& profile) {
    SimulatedSystem system;
    for (const Device& device : profile.devices) {
        system.pools.push_back({device.name, device.cores()});
    }
    system.pools.push_back({"hand-over", 1});
    system.pools.push_back({"elsewhere", kManyServers});
    system.bandwidths.push_back(
        {"dram", most_under_any(profile, [](const Profile& one) { return sustained_as_clocked(one.dram); })});
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        const Device& device = profile.devices[d];
        const bool own = has_own_memory(profile, static_cast<DeviceId>(d));
        system.bandwidths.push_back(
            {device.name + (own ? " memory" : " dma"),
             most_under_any(profile, [d](const Profile& one) { return limit_as_clocked(one.devices[d]); }),
             own ? std::nullopt : std::optional<std::size_t>(0)});
        system.pools.push_back({device.name + " dispatch", 1});
    }
    return system;
}

SimulatedTask task_on(std::string name, std::size_t pool, Time work) {
    SimulatedTask made;
    made.name = std::move(name);
    made.pool = pool;
    made.work = work;
    return made;
}

SimulatedTask handover_task(std::string name, Time work, Bytes moved, const Profile& profile) {
    SimulatedTask made = task_on(std::move(name), handover_pool(profile), work);
    if (moved > Bytes{} && work > Time{}) {
        made.bandwidth = 0;
        made.fastest = std::min(moved / work, sustained_as_clocked(profile.dram));
        made.moved = *made.fastest * work;
    }
    return made;
}

SimulatedTask call_task(std::string name, DeviceId device, int cores, Time work, Bytes moved,
                        const SimulatedSystem& resources) {
    SimulatedTask made = task_on(std::move(name), cores_pool(device), work);
    made.servers = std::min(cores, resources.pools[made.pool].servers);
    if (moved > Bytes{} && work > Time{}) {
        const SharedBandwidth& dma = resources.bandwidths[dma_of(device)];
        made.bandwidth = dma_of(device);
        made.fastest = std::min(moved / work, dma.bandwidth);
        if (dma.within) {
            made.fastest = std::min(*made.fastest, resources.bandwidths[*dma.within].bandwidth);
        }
        made.moved = *made.fastest * work;
    }
    return made;
}

}  // namespace berth
