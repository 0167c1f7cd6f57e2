// Reads links between devices from YAML, and checks consistency across devices.
#include <fmt/format.h>

#include <algorithm>

#include "hardware/key_reader.h"

namespace berth {

namespace {

std::optional<std::pair<DeviceId, DeviceId>> read_ends(const Profile& profile, const YamlNode& node) {
    const auto items = node.sequence();
    if (node.is_sequence() && items.size() != 2) {
        node.error(fmt::format("{} devices are given", items.size()), "two device names");
        return std::nullopt;
    }
    std::vector<DeviceId> ends;
    for (const YamlNode& item : items) {
        const auto name = item.text();
        const auto id = name ? device_named(profile, *name) : std::nullopt;
        if (name && !id) {
            const auto names = device_names(profile);
            item.error(fmt::format("no device '{}'", *name), list_of(names), nearest_name(*name, names));
        } else if (id) {
            ends.push_back(*id);
        }
    }
    if (ends.size() != 2) {
        return std::nullopt;
    }
    if (ends[0] == ends[1]) {
        node.error("a device needs no link to itself", "two different devices");
        return std::nullopt;
    }
    return std::pair(ends[0], ends[1]);
}

Link read_costs(const YamlNode& node) {
    Link link;
    link.where = node.where();
    KeyReader rows(node);
    link_keys(rows, link);
    return link;
}

/// Follows the chain of fallback devices of one operator.
class FallbackChain {
  public:
    FallbackChain(const Profile& profile, OperatorKind kind, Diagnostics& diagnostics)
        : profile_(profile), kind_(kind), diagnostics_(diagnostics) {}

    void check(DeviceId start) {
        const Device* device = &at(start);
        const OperatorRule& first = rule(*device);
        std::vector<std::string> chain{device->name};
        while (const auto& next = rule(*device).fallback) {
            const auto id = device_named(profile_, *next);
            if (!id) {
                unknown(at(start), first, *next, *device);
                return;
            }
            device = &at(*id);
            if (std::find(chain.begin(), chain.end(), device->name) != chain.end()) {
                circle(start, first, std::move(chain), device->name);
                return;
            }
            chain.push_back(device->name);
        }
        if (!rule(*device).supported && chain.size() > 1) {
            report(at(start), first, fmt::format("falls back to '{}', which does not run it either", device->name),
                   "a device that runs it");
        }
    }

  private:
    [[nodiscard]] const Device& at(DeviceId id) const { return profile_.devices[static_cast<std::size_t>(id)]; }
    [[nodiscard]] const OperatorRule& rule(const Device& device) const {
        return device.runtime.operators[static_cast<std::size_t>(kind_)];
    }

    void report(const Device& device, const OperatorRule& where, const std::string& message,
                const std::string& expected, const std::string& suggestion = "") {
        diagnostics_.error(where.where,
                           fmt::format("devices.{}.runtime.operators.{}: {}", device.name,
                                       choice_name(operator_names(), kind_), message),
                           expected, suggestion);
    }

    // Reports a cycle once, at its first device in the file; the other devices of the cycle and chains into it are not
    // repeated.
    void circle(DeviceId start, const OperatorRule& first, std::vector<std::string> chain, const std::string& back_to) {
        const bool is_first = std::all_of(chain.begin(), chain.end(), [this, start](const std::string& name) {
            return device_named(profile_, name).value_or(start) >= start;
        });
        if (is_first && back_to == chain.front()) {
            chain.push_back(back_to);
            report(at(start), first, fmt::format("falls back in a circle: {}", fmt::join(chain, " -> ")), "");
        }
    }

    // Reports an unknown device only where it is written, not for chains that lead there.
    void unknown(const Device& start, const OperatorRule& first, const std::string& name, const Device& writer) {
        if (&start == &writer) {
            const auto names = device_names(profile_);
            report(start, first, fmt::format("no device '{}'", name), list_of(names), nearest_name(name, names));
        }
    }

    const Profile& profile_;
    OperatorKind kind_;
    Diagnostics& diagnostics_;
};

}  // namespace

void read_links(Profile& profile, const YamlNode& list) {
    std::size_t index = 0;
    for (const YamlNode& item : list.sequence()) {
        const YamlNode between = item.require("between", "two device names");
        const auto ends = read_ends(profile, between);
        Link link = read_costs(item);
        item.reject_unknown_keys();
        link.index = index++;
        if (!ends) {
            continue;
        }
        if (link_between(profile, ends->first, ends->second) != nullptr) {
            between.error("these devices are linked twice", "one link, which counts in both directions");
            continue;
        }
        link.from = ends->first;
        link.to = ends->second;
        profile.links.push_back(std::move(link));
    }
}

void check_fallbacks(const Profile& profile, Diagnostics& diagnostics) {
    for (const auto& row : operator_names()) {
        FallbackChain chain(profile, row.value, diagnostics);
        for (std::size_t id = 0; id < profile.devices.size(); ++id) {
            chain.check(static_cast<DeviceId>(id));
        }
    }
}

void check_links(const Profile& profile, const YamlNode& root) {
    for (std::size_t id = 0; id < profile.devices.size(); ++id) {
        const auto device = static_cast<DeviceId>(id);
        if (device != profile.host && link_between(profile, profile.host, device) == nullptr) {
            const std::string& host = profile.devices[static_cast<std::size_t>(profile.host)].name;
            const std::string& name = profile.devices[id].name;
            root.diagnostics().error(profile.devices[id].where,
                                     fmt::format("devices.{}: no link to the host '{}'", name, host),
                                     fmt::format("an entry in 'links' between [{}, {}]", host, name));
        }
    }
}

// Bandwidths of single cores above that of the bus.
std::vector<std::string> cores_above(Bandwidth bus, const Device& device) {
    std::vector<std::string> paths;
    for (const CoreCluster& cluster : device.clusters) {
        if (cluster.bandwidth.value > bus) {
            paths.push_back(core_bandwidth_path(device, cluster));
        }
    }
    return paths;
}

void check_limits(const Profile& profile, const YamlNode& root) {
    const YamlNode devices = root.require("devices");
    const YamlNode bandwidth = root.require("memory").require("dram").require("bandwidth");
    for (std::size_t id = 0; id < profile.devices.size(); ++id) {
        const Device& device = profile.devices[id];
        const Bandwidth bus = profile.dram.bandwidth.value;
        const bool shared = !has_own_memory(profile, static_cast<DeviceId>(id));
        if (shared && device.dram_limit.value > bus && bus > Bandwidth()) {
            const YamlNode limit = devices.require(device.name).require("dma").require("limit");
            limit.error(
                fmt::format("{} is more than the bus carries", to_text(device.dram_limit.value)),
                way_out({limit, device.dram_limit.value, bus, "the bandwidth", bandwidth, cores_above(bus, device)}));
        }
    }
}

}  // namespace berth
