// Ordering constraints between the numbers of a profile.
#include <fmt/format.h>

#include "berth/number_orders.h"

namespace berth {

std::vector<NumberOrder> number_orders(const Profile& profile) {
    std::vector<NumberOrder> orders;
    for (std::size_t id = 0; id < profile.devices.size(); ++id) {
        const Device& device = profile.devices[id];
        const std::string path = "devices." + device.name;
        for (const CoreCluster& cluster : device.clusters) {
            if (cluster.bandwidth.value > device.dram_limit.value) {
                continue;  // the core could ask for more than the device may draw
            }
            const std::string own = fmt::format("{}.clusters.{}", path, cluster.name);
            orders.push_back({(cluster.bandwidth_at_device ? path + ".dma" : own) + ".bandwidth", path + ".dma.limit"});
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
