// Several runtimes of one chip: aligns their devices, and identifies the numbers that they share.
#include "berth/hardware/runtimes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "hardware/own_parameters.h"

namespace berth {

namespace {

// Runtime of a device that a profile leaves out: it supports no operator.
Runtime unused_runtime(const Runtime& other, const std::string& profile) {
    Runtime unused;
    unused.name = "none";
    unused.dispatch_per_kernel = other.dispatch_per_kernel;
    unused.dispatch_per_graph = other.dispatch_per_graph;
    unused.fork_join = other.fork_join;
    for (OperatorRule& rule : unused.operators) {
        rule.reason = profile + " leaves it out";
    }
    return unused;
}

// Adds the device's links to devices that the profile already has, between pairs without a link.
void add_links_of(Profile& profile, const Profile& other, DeviceId device) {
    for (Link link : other.links) {
        const DeviceId far = link.from == device ? link.to : link.from;
        const auto known = device_named(profile, other.devices[static_cast<std::size_t>(far)].name);
        if ((link.from != device && link.to != device) || !known || far == device) {
            continue;
        }
        link.from = *known;
        link.to = static_cast<DeviceId>(profile.devices.size()) - 1;
        while (std::ranges::find(profile.links, link.index, &Link::index) != profile.links.end()) {
            ++link.index;
        }
        profile.links.push_back(std::move(link));
    }
}

void add_devices_of(Profile& profile, const Profile& other) {
    for (std::size_t d = 0; d < other.devices.size(); ++d) {
        const std::string& name = other.devices[d].name;
        if (device_named(profile, name)) {
            continue;
        }
        Device device = other.devices[d];
        device.runtime = unused_runtime(device.runtime, profile.name);
        profile.devices.push_back(std::move(device));
        add_links_of(profile, other, static_cast<DeviceId>(d));
        std::ranges::copy_if(other.relative, std::back_inserter(profile.relative), [&name](const RelativeNumber& one) {
            return one.path.starts_with(fmt::format("devices.{}.", name));
        });
    }
    share_dram(profile);
    share_host(profile);
}

// Reorders the devices as in another profile with the same devices.
void take_order_of(Profile& profile, const Profile& other) {
    std::vector<DeviceId> place(profile.devices.size());
    std::vector<Device> devices;
    for (std::size_t d = 0; d < other.devices.size(); ++d) {
        const DeviceId own = *device_named(profile, other.devices[d].name);
        place[static_cast<std::size_t>(own)] = static_cast<DeviceId>(d);
        devices.push_back(std::move(profile.devices[static_cast<std::size_t>(own)]));
    }
    profile.devices = std::move(devices);
    profile.host = place[static_cast<std::size_t>(profile.host)];
    for (Link& link : profile.links) {
        link.from = place[static_cast<std::size_t>(link.from)];
        link.to = place[static_cast<std::size_t>(link.to)];
    }
}

// Whether two profiles share a number. Relative numbers with equal base and share count as equal, whatever the base's
// value.
bool is_same_number(const ParameterView& a, const ParameterView& b) {
    const bool same_value = a.base.empty() ? a.value == b.value : a.share == b.share;
    return a.path == b.path && a.base == b.base && same_value && a.spread == b.spread && a.origin == b.origin &&
           a.source == b.source;
}

std::vector<std::string> shared_numbers(Profile& hardware, Profile& runtime) {
    const auto ours = own_parameters(hardware);
    std::vector<std::string> shared;
    for (const ParameterView& number : own_parameters(runtime)) {
        const auto same = std::ranges::find(ours, number.path, &ParameterView::path);
        if (same != ours.end() && is_same_number(*same, number)) {
            shared.push_back(number.path);
        }
    }
    std::ranges::sort(shared);
    return shared;
}

}  // namespace

Profile& under(Profile& hardware, std::optional<std::size_t> runtime) {
    return runtime && !hardware.runtimes.empty() ? hardware.runtimes.at(*runtime) : hardware;
}

const Profile& under(const Profile& hardware, std::optional<std::size_t> runtime) {
    return runtime && !hardware.runtimes.empty() ? hardware.runtimes.at(*runtime) : hardware;
}

std::string path_among_all(const Profile& profile, const std::string& path) {
    return std::ranges::binary_search(profile.shared, path) ? path : profile.prefix + path;
}

std::optional<std::string> path_within(const Profile& profile, const std::string& path) {
    if (!profile.prefix.empty() && path.starts_with(profile.prefix)) {
        return path.substr(profile.prefix.size());
    }
    const bool own =
        profile.prefix.empty() ? !path.starts_with(kRuntimesPrefix) : std::ranges::binary_search(profile.shared, path);
    return own ? std::optional(path) : std::nullopt;
}

std::string own_setting(const Profile& profile, std::string_view path) {
    return fmt::format("{}{}", profile.prefix.empty() ? kHardwarePrefix : std::string_view(profile.prefix), path);
}

std::string settable_path(const Profile& profile, const std::string& path) {
    const std::string among_all = path_among_all(profile, path);
    return among_all == path ? fmt::format("{}{}", kHardwarePrefix, path) : among_all;
}

void join_runtimes(Profile& hardware) {
    for (const Profile& runtime : hardware.runtimes) {
        add_devices_of(hardware, runtime);
    }
    for (Profile& runtime : hardware.runtimes) {
        add_devices_of(runtime, hardware);
        take_order_of(runtime, hardware);
        runtime.prefix = fmt::format("{}{}.", kRuntimesPrefix, runtime.name);
        runtime.shared = shared_numbers(hardware, runtime);
    }
}

}  // namespace berth
