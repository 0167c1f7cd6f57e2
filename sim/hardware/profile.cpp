// Look-ups in a profile.
#include "berth/profile.h"

namespace berth {

int Device::cores() const {
    int sum = 0;
    for (const CoreCluster& cluster : clusters) {
        sum += cluster.cores;
    }
    return sum;
}

std::optional<DeviceId> device_named(const Profile& profile, std::string_view name) {
    for (std::size_t i = 0; i < profile.devices.size(); ++i) {
        if (profile.devices[i].name == name) {
            return static_cast<DeviceId>(i);
        }
    }
    return std::nullopt;
}

const Link* link_between(const Profile& profile, DeviceId a, DeviceId b) {
    for (const Link& link : profile.links) {
        if ((link.from == a && link.to == b) || (link.from == b && link.to == a)) {
            return &link;
        }
    }
    return nullptr;
}

bool has_own_memory(const Profile& profile, DeviceId device) {
    const Link* link = device == profile.host ? nullptr : link_between(profile, profile.host, device);
    return link != nullptr && link->transfer.has_value();
}

}  // namespace berth
