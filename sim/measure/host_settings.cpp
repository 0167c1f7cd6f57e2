// The machine as settings of a profile: what needs no fit.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "berth/measure.h"
#include "berth/quantity_text.h"

namespace berth {

namespace {

std::string reported(const std::string& value) {
    return fmt::format("{{value: {}, kind: datasheet, source: \"as the system reports it\"}}", value);
}

// A level of the base profile as this machine has it. Rates at which levels are read are left to probes.
void add_level(std::vector<ProfileOverride>& settings, int level, const CacheFacts& cache, bool shared) {
    const std::string path = fmt::format("devices.cpu.memories.l{}", level);
    settings.push_back({path + ".capacity", reported(to_text(cache.size))});
    settings.push_back({path + ".per", shared ? "device" : "core"});
}

}  // namespace

std::vector<ProfileOverride> host_settings(const MachineFacts& machine) {
    std::vector<ProfileOverride> settings{
        {"memory.dram.capacity", reported(to_text(mebibytes(std::round(in_mebibytes(machine.memory)))))},
        {"devices.cpu.cores", fmt::format("{}", machine.cores)},
        // Within 1 % is also what the clock was right after most kernels (column seen_mhz).
        {"devices.cpu.clock",
         fmt::format(
             "{{value: {}, spread: 1%, kind: measured, source: \"a chain of additions that wait for one another\"}}",
             to_text(machine.clock))},
        {"devices.cpu.runtime.name", machine.libraries.front()},
        {"devices.cpu.runtime.default_cores", fmt::format("{}", machine.cores)}};
    constexpr int kLevels = 3;  // that the base profile has; one that is missing here holds no more than the last
    for (int level = 1; level <= kLevels && !machine.caches.empty(); ++level) {
        const auto own = std::ranges::find(machine.caches, level, &CacheFacts::level);
        const CacheFacts& cache = own == machine.caches.end() ? machine.caches.back() : *own;
        add_level(settings, level, cache, cache.shared_by > 1 && level == kLevels);
    }
    return settings;
}

}  // namespace berth
