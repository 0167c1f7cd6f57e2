// Profile settings of this machine that need no fit.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/yaml_text.h"
#include "berth/base/quantity_text.h"
#include "berth/base/yaml_reader.h"
#include "berth/measure/measure.h"

namespace berth {

namespace {

std::string reported(const std::string& value) {
    return fmt::format("{{value: {}, kind: datasheet, source: \"as the system reports it\"}}", value);
}

// Settings of a level of the base profile from the cache of this machine. The bandwidths of the levels are left to
// probes.
void add_level(std::vector<ProfileOverride>& settings, int level, const CacheFacts& cache, bool shared) {
    const std::string path = fmt::format("devices.cpu.memories.l{}", level);
    settings.push_back({path + ".capacity", reported(to_text(cache.size))});
    settings.push_back({path + ".per", shared ? "device" : "core"});
}

}  // namespace

std::vector<ProfileOverride> host_settings(const MachineDescription& machine) {
    const int cores =
        static_cast<int>(std::clamp<std::int64_t>(machine.cores.value_or(1), kCoreRange.min, kCoreRange.max));
    std::vector<ProfileOverride> settings{
        {"devices.cpu.cores", fmt::format("{}", cores)},
        {"devices.cpu.runtime.name", yaml_scalar(machine.libraries ? machine.libraries->front() : "unknown")},
        {"devices.cpu.runtime.default_cores", fmt::format("{}", cores)}};
    if (machine.memory) {
        settings.push_back(
            {"memory.dram.capacity", reported(to_text(mebibytes(std::round(in_mebibytes(*machine.memory)))))});
    }
    if (machine.clock) {
        // 1%: the clock directly after most kernels was within this spread too (column seen_mhz).
        settings.push_back({"devices.cpu.clock",
                            fmt::format("{{value: {}, spread: 1%, kind: measured, source: \"a chain of additions that "
                                        "wait for one another\"}}",
                                        to_text(*machine.clock))});
    }
    const auto caches = machine.caches.value_or(std::vector<CacheFacts>{});
    constexpr int kLevels = 3;  // levels of the base profile; a missing one holds no more than the last one
    for (int level = 1; level <= kLevels && !caches.empty(); ++level) {
        const auto own = std::ranges::find(caches, level, &CacheFacts::level);
        const CacheFacts& cache = own == caches.end() ? caches.back() : *own;
        add_level(settings, level, cache, cache.shared_by > 1 && level == kLevels);
    }
    return settings;
}

}  // namespace berth
