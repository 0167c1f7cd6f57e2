// Numbers that a profile may have but hardly means.
#include <fmt/format.h>

#include <algorithm>

#include "berth/quantity_text.h"
#include "hardware/profile_reading.h"

namespace berth {

namespace {

// On-chip memory slower than the DRAM behind it makes tensors that stay on chip the slower ones.
void warn_of_slow_memory(const Device& device, const YamlNode& memories) {
    const auto most =
        std::ranges::max_element(device.clusters, {}, [](const CoreCluster& one) { return one.bandwidth.value; });
    const Bandwidth draw = std::min(most->bandwidth.value, device.dram_limit.value);
    for (const MemoryLevel& level : device.memories) {
        if (level.bandwidth && level.bandwidth->value < draw) {
            memories.require(level.name)
                .require("bandwidth")
                .warning(fmt::format("{} is less than the {} that a core draws from DRAM, so that tensors on chip are "
                                     "the slower ones",
                                     to_text(level.bandwidth->value), to_text(draw)),
                         fmt::format("at least {}", to_text(draw)));
        }
    }
}

void warn_of_idle_cores(const Device& device, const YamlNode& node) {
    const bool several = device.clusters.size() > 1 || device.clusters.front().cores > 1;
    const bool shared = std::ranges::any_of(device.runtime.operators,
                                            [](const OperatorRule& rule) { return rule.supported && rule.multi_core; });
    if (several && !shared) {
        const auto where = node.find("cores");
        (where ? *where : node.require("clusters"))
            .warning(
                "no operator is shared among cores, so that one of them works at a time",
                fmt::format("'multi_core: true' in devices.{}.runtime.operators, or one core with the rates of all",
                            device.name));
    }
}

}  // namespace

void warn_of_doubtful_numbers(const Profile& profile, const YamlNode& root) {
    const YamlNode devices = root.require("devices");
    for (const Device& device : profile.devices) {
        const YamlNode node = devices.require(device.name);
        warn_of_slow_memory(device, node.require("memories"));
        warn_of_idle_cores(device, node);
    }
}

}  // namespace berth
