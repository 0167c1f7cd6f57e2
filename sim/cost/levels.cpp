// Memory level that serves a working set, and the share evicted before reuse.
#include <cmath>

#include "berth/cost/cost.h"

namespace berth {

Bytes capacity_of(const MemoryLevel& level, int cores) {
    return level.capacity.value * (level.share == MemoryShare::kCore ? static_cast<double>(cores) : 1.0);
}

const MemoryLevel* level_holding(Bytes between_uses, const Device& device, int cores) {
    const MemoryLevel* last = nullptr;
    for (const MemoryLevel& level : device.memories) {
        if (level.keeps_tensors && level.bandwidth) {
            last = &level;
            if (between_uses <= capacity_of(level, cores)) {
                break;
            }
        }
    }
    return last;
}

KeepingCapacities keeping_capacities(Bytes used, DeviceKind kind) {
    const bool cache = kind == DeviceKind::kCpu;
    return {used * (cache ? 2.0 : 1.0), used / (cache ? 3.0 : 1.0)};
}

double evicted_share(Bytes used, Bytes capacity, DeviceKind kind) {
    const KeepingCapacities keeps = keeping_capacities(used, kind);
    if (capacity >= keeps.all_from) {
        return 0;
    }
    return capacity <= keeps.nothing_below
               ? 1
               : std::log(keeps.all_from / capacity) / std::log(keeps.all_from / keeps.nothing_below);
}

}  // namespace berth
