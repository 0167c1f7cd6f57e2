// Ordering constraints between the numbers of a profile.
#include <fmt/format.h>

#include <algorithm>

#include "berth/hardware/number_orders.h"

namespace berth {

namespace {

// Whether the number is what a core could ask for of any memory, which the device's limit may cut.
bool is_of_core_alone(const Profile& profile, const CoreCluster& cluster, const std::string& path) {
    return cluster.bandwidth.origin == Origin::kInherited ||
           (cluster.bandwidth_at_device && std::ranges::any_of(profile.relative, [&path](const RelativeNumber& one) {
                return one.path == path && one.per_cycle;
            }));
}

}  // namespace

std::vector<NumberOrder> number_orders(const Profile& profile) {
    std::vector<NumberOrder> orders;
    for (std::size_t id = 0; id < profile.devices.size(); ++id) {
        const Device& device = profile.devices[id];
        const std::string path = "devices." + device.name;
        for (const CoreCluster& cluster : device.clusters) {
            const std::string own = cluster.bandwidth_at_device
                                        ? path + ".dma.bandwidth"
                                        : fmt::format("{}.clusters.{}.bandwidth", path, cluster.name);
            const bool alone = is_of_core_alone(profile, cluster, own);
            if (!alone || cluster.bandwidth.value <= device.dram_limit.value) {
                orders.push_back({own, path + ".dma.limit", !alone});
            }
        }
        if (!has_own_memory(profile, static_cast<DeviceId>(id))) {
            orders.push_back({path + ".dma.limit", "memory.dram.sustained", false});
            orders.push_back({path + ".dma.limit", "memory.dram.bandwidth"});
        }
    }
    orders.push_back({"memory.dram.sustained", "memory.dram.bandwidth"});
    return orders;
}

}  // namespace berth
