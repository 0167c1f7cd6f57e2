// Look-ups in a profile.
#include "berth/hardware/profile.h"

namespace berth {

int Device::cores() const {
    int sum = 0;
    for (const CoreCluster& cluster : clusters) {
        sum += cluster.cores;
    }
    return sum;
}

std::optional<DeviceId> device_named(const Profile& profile, std::string_view name) {
    const auto found = find_named(profile.devices, name, &Device::name);
    return found == profile.devices.end() ? std::nullopt
                                          : std::optional(static_cast<DeviceId>(found - profile.devices.begin()));
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

double relative_clock(const std::optional<DramClock>& clock) { return clock ? clock->relative() : 1; }

std::optional<DramClock> state_of(const Dram& dram) {
    return dram.clock && dram.rated_clock ? std::optional(DramClock{*dram.clock, dram.rated_clock->value})
                                          : std::nullopt;
}

Bandwidth sustained_as_clocked(const Dram& dram) { return dram.sustained.value * relative_clock(state_of(dram)); }

Bandwidth limit_as_clocked(const Device& device) { return device.dram_limit.value * relative_clock(device.dram_clock); }

void share_dram(Profile& profile) {
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        const bool shares = !has_own_memory(profile, static_cast<DeviceId>(d));
        profile.devices[d].bus = shares ? std::optional(profile.dram.sustained) : std::nullopt;
        profile.devices[d].dram_clock = shares ? state_of(profile.dram) : std::nullopt;
    }
    for (Link& link : profile.links) {
        link.bus = profile.dram.sustained;
        link.dram_clock = state_of(profile.dram);
    }
}

void share_host(Profile& profile) {
    const Device& host = profile.devices[static_cast<std::size_t>(profile.host)];
    const CoreCluster& first = host.clusters.front();
    const std::string cluster = first.clock_at_device ? std::string() : ".clusters." + first.name;
    const HostCore core{"devices." + host.name + cluster + ".clock", first.clock};
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        profile.devices[d].host_core = static_cast<DeviceId>(d) == profile.host ? std::nullopt : std::optional(core);
    }
}

}  // namespace berth
