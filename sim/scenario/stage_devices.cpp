// Reads a stage's settings per device.
#include "scenario/stage_devices.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "scenario/offered_precision.h"

namespace berth {

namespace {

template <class Value>
using PerDevice = std::map<DeviceId, Value>;

// Reads each entry of the map `key` with `read(node, device)`.
template <class Value, class Read>
PerDevice<Value> per_device(const YamlNode& stage, std::string_view key, const ScenarioDevices& devices, Read read) {
    PerDevice<Value> result;
    const auto map = stage.find(key);
    if (!map) {
        return result;
    }
    for (const YamlEntry& entry : map->entries()) {
        const Device* device = devices.named(entry.value, entry.key);
        if (device == nullptr) {
            continue;
        }
        const std::optional<Value> value = read(entry.value, *device);
        const auto id = devices.id(*device);
        if (value && id) {
            result[*id] = *value;
        }
    }
    return result;
}

// Number of cores in the mask; 0 means the runtime's own choice.
std::optional<int> read_mask(const YamlNode& node, const Device& device) {
    const auto mask = node.integer({0, std::numeric_limits<std::int32_t>::max()});
    if (!mask) {
        return std::nullopt;
    }
    const auto bits = static_cast<std::uint32_t>(*mask);
    const int highest = static_cast<int>(std::bit_width(bits)) - 1;
    if (highest >= device.cores()) {
        node.error(fmt::format("mask {} names core {}", *mask, highest),
                   fmt::format("a mask of cores 0 to {} of {}", device.cores() - 1, device.name));
        return std::nullopt;
    }
    return std::popcount(bits);
}

// The override that allows more cores. Empty for a device with several kinds of cores, because a count does not say
// which kind.
std::string setting_of_cores(const Device& device, std::int64_t count) {
    return device.clusters.front().clock_at_device
               ? fmt::format("; --set 'hardware.devices.{}.cores={}' allows it", device.name, count)
               : "";
}

// The override that allows another clock: an addition to the device's list, or a replacement of its only clock.
std::string setting_of_clock(const Device& device, Frequency clock) {
    constexpr int kExact = 12;  // significant digits: a rounded value would be refused again
    const CoreCluster& cluster = device.clusters.front();
    const std::string place = cluster.clock_at_device ? "" : fmt::format(".clusters.{}", cluster.name);
    return fmt::format("--set 'hardware.devices.{}{}.{}={} MHz'", device.name, place,
                       cluster.clocks.empty() ? "clock" : "clocks.+", number_text(clock / megahertz(1), kExact));
}

std::optional<Frequency> read_clock(const YamlNode& node, const Device& device) {
    constexpr double kSameClock = 1e-9;  // tolerance: decimal prefixes may change the last bit
    const auto clock = node.quantity<Frequency>();
    if (!clock) {
        return std::nullopt;
    }
    const CoreCluster& cluster = device.clusters.front();
    std::vector<Frequency> possible = cluster.clocks;
    if (possible.empty()) {
        possible.push_back(cluster.clock.value);
    }
    const bool known =
        std::ranges::any_of(possible, [&](Frequency each) { return std::abs(*clock / each - 1.0) < kSameClock; });
    if (!known) {
        auto names = mapped(possible, [](const Frequency each) { return to_text(each); });
        node.error(fmt::format("{} does not run at {}", device.name, to_text(*clock)),
                   fmt::format("{}; {} allows it", list_of(names), setting_of_clock(device, *clock)));
        return std::nullopt;
    }
    return clock;
}

}  // namespace

const Device* ScenarioDevices::named(const YamlNode& node, const std::string& name) const {
    if (const auto found = device_named(complete, name)) {
        return &complete.devices[static_cast<std::size_t>(*found)];
    }
    auto known = mapped(complete.devices, &Device::name);
    node.error(fmt::format("{} has no device '{}'", complete.name, name), list_of(known), suggested_names(name, known));
    return nullptr;
}

std::optional<DeviceId> read_pinned(const YamlNode& node, const ScenarioDevices& devices) {
    const auto name = node.text();
    const Device* device = name ? devices.named(node, *name) : nullptr;
    if (device == nullptr) {
        return std::nullopt;
    }
    const auto id = devices.id(*device);
    if (!id) {
        node.error(fmt::format("{} is left out of this scenario", *name));
    }
    return id;
}

std::map<DeviceId, int> read_cores(const YamlNode& stage, const ScenarioDevices& devices) {
    auto cores = per_device<int>(stage, "cores", devices, [](const YamlNode& node, const Device& device) {
        const auto count = node.integer(kCoreRange);
        if (count && *count > device.cores()) {
            node.error(fmt::format("{} has {} cores, not {}", device.name, device.cores(), *count),
                       fmt::format("1 to {}{}", device.cores(), setting_of_cores(device, *count)));
            return std::optional<int>();
        }
        return count ? std::optional(static_cast<int>(*count)) : std::nullopt;
    });
    for (const auto& [device, count] : per_device<int>(stage, "core_mask", devices, read_mask)) {
        if (count > 0) {
            cores.emplace(device, count);
        }
    }
    return cores;
}

std::map<DeviceId, Frequency> read_clocks(const YamlNode& stage, const ScenarioDevices& devices) {
    return per_device<Frequency>(stage, "clock", devices, read_clock);
}

std::map<DeviceId, Scheme> read_dtypes(const YamlNode& stage, const ScenarioDevices& devices, const Library& library) {
    return per_device<Scheme>(stage, "dtypes", devices, [&](const YamlNode& node, const Device& device) {
        const auto scheme = node.enumeration(kSchemeNames);
        const auto id = devices.id(device);
        if (const auto refusal =
                scheme && id ? precision_refusal(*scheme, devices.profile, {*id}, library) : std::nullopt) {
            node.error(refusal->message, refusal->expected);
        }
        return scheme;
    });
}

}  // namespace berth
