// How fast several cores are together when each gets the same share of the work.
#include <algorithm>
#include <limits>
#include <stdexcept>

#include "berth/cost.h"

namespace berth {

namespace {

OperationRate mac_rate(const Device& device, const CoreCluster& cluster, Frequency clock, DType dtype) {
    const auto& per_cycle = cluster.macs_per_cycle[static_cast<std::size_t>(dtype)];
    return per_cycle ? per_cycle->value * clock * device.matrix.efficiency.value : OperationRate{};
}

}  // namespace

CoreRates core_rates(const Device& device, const Execution& execution, DType dtype) {
    CoreRates rates;
    rates.cores = std::clamp(execution.cores, 1, device.cores());
    auto macs = OperationRate::from_si(std::numeric_limits<double>::infinity());
    auto clock = Frequency::from_si(std::numeric_limits<double>::infinity());
    auto dram = Bandwidth::from_si(std::numeric_limits<double>::infinity());
    int left = rates.cores;
    bool first = true;
    for (const CoreCluster& cluster : device.clusters) {
        if (left <= 0) {
            break;
        }
        const Frequency runs_at = first && execution.clock ? *execution.clock : cluster.clock.value;
        macs = std::min(macs, mac_rate(device, cluster, runs_at, dtype));
        clock = std::min(clock, runs_at * cluster.vector_scale.value);
        dram = std::min(dram, cluster.bandwidth.value);
        left -= cluster.cores;
        first = false;
    }
    const double cores = rates.cores;
    rates.macs = macs * cores;
    rates.vector_clock = clock * cores;
    rates.dram = std::min(dram * cores, device.dram_limit.value);
    return rates;
}

}  // namespace berth
