// Cost of moving a tensor between devices: over their direct link, or over the links of both to the host.
#include <stdexcept>

#include "berth/cost/placement_terms.h"

namespace berth {

namespace {

Time over_link(const Profile& profile, DeviceId from, DeviceId to, Bytes size) {
    const Link* link = link_between(profile, from, to);
    if (link == nullptr) {
        throw std::logic_error("the host reaches every device");
    }
    return handover_cost(*link, size).total;
}

}  // namespace

Time crossing_cost(const Profile& profile, DeviceId from, DeviceId to, Bytes size) {
    if (from == to) {
        return {};
    }
    if (from == profile.host || to == profile.host || link_between(profile, from, to) != nullptr) {
        return over_link(profile, from, to, size);
    }
    return over_link(profile, from, profile.host, size) + over_link(profile, profile.host, to, size);
}

Bytes through_host(const Profile& profile, DeviceId from, DeviceId to, Bytes size) {
    if (from == to) {
        return {};
    }
    if (const Link* link = link_between(profile, from, to); link != nullptr) {
        const bool by_host = link->from == profile.host || link->to == profile.host;
        return link->transfer && by_host ? size : Bytes{};
    }
    return through_host(profile, from, profile.host, size) + through_host(profile, profile.host, to, size);
}

}  // namespace berth
