// What requests hold and share on the devices of a profile, in the order in which systems to simulate list it.
#pragma once

#include <cstddef>
#include <string>

#include "berth/profile.h"
#include "berth/simulation.h"

namespace berth {

/// A system without tasks. Pools: the cores of each device; one hand-over at a time; a place where nobody waits; the
/// thread that enters each device's runtime. Bandwidths: DRAM, then what the DMA of each device carries of it (or of
/// the device's own memory).
[[nodiscard]] SimulatedSystem resources_of(const Profile& profile);

[[nodiscard]] inline std::size_t cores_pool(DeviceId device) { return static_cast<std::size_t>(device); }
[[nodiscard]] inline std::size_t handover_pool(const Profile& profile) { return profile.devices.size(); }
[[nodiscard]] inline std::size_t elsewhere_pool(const Profile& profile) { return profile.devices.size() + 1; }
[[nodiscard]] inline std::size_t dispatch_pool(const Profile& profile, DeviceId device) {
    return profile.devices.size() + 2 + static_cast<std::size_t>(device);
}

[[nodiscard]] SimulatedTask task_on(std::string name, std::size_t pool, Time work);

/// A hand-over, which moves these bytes through the host's DRAM: none where memory is shared.
[[nodiscard]] SimulatedTask handover_task(std::string name, Time work, Bytes moved, const Profile& profile);

/// Work of a device on some of its cores, which moves bytes through DRAM evenly over its time: no more than there is,
/// so that it takes its predicted time where nothing else runs.
[[nodiscard]] SimulatedTask call_task(std::string name, DeviceId device, int cores, Time work, Bytes moved,
                                      const SimulatedSystem& resources);

}  // namespace berth
