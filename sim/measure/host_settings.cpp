// The machine as settings of a profile: what needs no fit.
#include <fmt/format.h>

#include <cmath>

#include "berth/measure.h"
#include "berth/quantity_text.h"

namespace berth {

namespace {

std::string reported(const std::string& value) {
    return fmt::format("{{value: {}, kind: datasheet, source: \"as the system reports it\"}}", value);
}

// Rates at which the levels are read, until probes or rows of operators say more.
std::string level_text(const CacheFacts& cache, bool last) {
    std::string text = fmt::format("{{capacity: {}, per: {}", reported(to_text(cache.size)),
                                   last && cache.shared_by > 1 ? "device" : "core");
    if (cache.level > 1) {
        text += fmt::format(
            ", keeps_tensors: true, bandwidth: {{value: {} per core, spread: 60%, kind: assumed, source: \"{}\"}}",
            cache.level == 2 ? "90 GB/s" : "40 GB/s", "general knowledge");
    }
    return text + "}";
}

}  // namespace

std::vector<ProfileOverride> host_settings(const MachineFacts& machine) {
    std::vector<ProfileOverride> settings{
        {"memory.dram.capacity", reported(to_text(mebibytes(std::round(in_mebibytes(machine.memory)))))},
        {"devices.cpu.cores", fmt::format("{}", machine.cores)},
        {"devices.cpu.clock",
         fmt::format("{{value: {}, spread: 3%, kind: measured, source: \"a chain of additions that wait for one another\"}}",
                     to_text(machine.clock))},
        {"devices.cpu.runtime.name", machine.libraries.front()},
        {"devices.cpu.runtime.default_cores", fmt::format("{}", machine.cores)}};
    if (!machine.caches.empty()) {
        std::vector<std::string> levels;
        for (const CacheFacts& cache : machine.caches) {
            levels.push_back(fmt::format("l{}: {}", cache.level, level_text(cache, &cache == &machine.caches.back())));
        }
        settings.push_back({"devices.cpu.memories", fmt::format("{{{}}}", fmt::join(levels, ", "))});
    }
    return settings;
}

}  // namespace berth
