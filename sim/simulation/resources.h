// Shared resources of a profile's devices, in the order in which simulated systems list them.
#pragma once

#include <cstddef>
#include <string>

#include "berth/hardware/profile.h"
#include "berth/simulation/simulation.h"

namespace berth {

/// A system without tasks. Pools: the cores of each device; the hand-over link, one at a time; a place without
/// queueing; the dispatch thread of each device's runtime. Bandwidths: DRAM, then each device's DMA as a part of it (or
/// of the device's own memory).
[[nodiscard]] SimulatedSystem resources_of(const Profile& profile);

[[nodiscard]] inline std::size_t cores_pool(DeviceId device) { return static_cast<std::size_t>(device); }
[[nodiscard]] inline std::size_t handover_pool(const Profile& profile) { return profile.devices.size(); }
/// Bandwidth of the device's own transfers.
[[nodiscard]] inline std::size_t dma_of(DeviceId device) { return 1 + static_cast<std::size_t>(device); }
[[nodiscard]] inline std::size_t elsewhere_pool(const Profile& profile) { return profile.devices.size() + 1; }
[[nodiscard]] inline std::size_t dispatch_pool(const Profile& profile, DeviceId device) {
    return profile.devices.size() + 2 + static_cast<std::size_t>(device);
}

[[nodiscard]] SimulatedTask task_on(std::string name, std::size_t pool, Time work);

/// A hand-over that moves the given bytes through the host's DRAM; no bytes if memory is shared.
[[nodiscard]] SimulatedTask handover_task(std::string name, Time work, Bytes moved, const Profile& profile);

/// A call that occupies some of a device's cores and moves bytes through DRAM at an even rate, capped at the available
/// bandwidth so that it takes its predicted time without contention.
[[nodiscard]] SimulatedTask call_task(std::string name, DeviceId device, int cores, Time work, Bytes moved,
                                      const SimulatedSystem& resources);

}  // namespace berth
