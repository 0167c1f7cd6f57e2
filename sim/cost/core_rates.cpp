// Aggregate rates of several cores that get equal shares of the work.
#include <algorithm>

#include "cost/terms.h"
#include "cost/traced.h"

namespace berth {

namespace {

/// Slowest cluster at a given rate among those that the cores in use span; with equal shares it sets the pace.
template <class Rate>
const CoreCluster& slowest(const Device& device, int cores, Rate rate) {
    const CoreCluster* slowest = &device.clusters.front();
    if (cores <= slowest->cores) {
        return *slowest;
    }
    auto least = rate(*slowest);
    int left = cores - slowest->cores;
    for (std::size_t i = 1; i < device.clusters.size() && left > 0; ++i) {
        const CoreCluster& cluster = device.clusters[i];
        if (const auto own = rate(cluster); own < least) {
            slowest = &cluster;
            least = own;
        }
        left -= cluster.cores;
    }
    return *slowest;
}

/// Clock of a cluster; a stage may override that of the first cluster.
template <class T>
Number<T, Frequency> clock_of(const Device& device, const CoreCluster& cluster, const Execution& execution) {
    const bool set = execution.clock && &cluster == &device.clusters.front();
    return set ? T::given(*execution.clock, "clock set by the stage") : T::profile(cluster.clock, "clock");
}

}  // namespace

template <class T>
Rates<T> rates_of(const Device& device, const Execution& execution, DType dtype) {
    Rates<T> rates;
    rates.cores = std::clamp(execution.cores, 1, device.cores());
    rates.multiplied_at = dtype;
    rates.first_clock = execution.clock;
    rates.memory_clock = execution.memory_clock;
    const auto cores = T::given(static_cast<double>(rates.cores), "cores");
    const auto plain_clock = [&](const CoreCluster& c) { return clock_of<PlainNumbers>(device, c, execution); };

    const CoreCluster& multiplies = slowest(device, rates.cores, [&](const CoreCluster& c) {
        const auto& per_cycle = c.macs_per_cycle[static_cast<std::size_t>(dtype)];
        return per_cycle ? per_cycle->value * plain_clock(c) : OperationRate{};
    });
    if (const auto& per_cycle = multiplies.macs_per_cycle[static_cast<std::size_t>(dtype)]) {
        rates.macs = T::profile(*per_cycle, "MACs per cycle") * clock_of<T>(device, multiplies, execution) *
                     T::profile(device.matrix.efficiency, "efficiency") * cores;
    }
    const CoreCluster& works =
        slowest(device, rates.cores, [&](const CoreCluster& c) { return plain_clock(c) * c.vector_scale.value; });
    rates.vector_clock =
        clock_of<T>(device, works, execution) * T::profile_factor(works.vector_scale, "vector scale") * cores;

    rates.element_clock = device.vector_by_host && device.host_core
                              ? T::profile(device.host_core->clock, "clock of the host")
                              : rates.vector_clock;
    rates.element_cores = device.vector_by_host ? 1 : rates.cores;

    const CoreCluster& draws = slowest(device, rates.cores, [](const CoreCluster& c) { return c.bandwidth.value; });
    rates.dram = smaller(T::profile(draws.bandwidth, "DRAM bandwidth of a core") * cores,
                         T::profile(device.dram_limit, "DRAM limit of the device"));
    if (device.bus) {
        rates.dram = smaller(rates.dram, T::profile(*device.bus, "sustained DRAM bandwidth"));
    }
    rates.dram = T::named(as_clocked<T>(rates.dram, device, execution.memory_clock), kDramRate);
    return rates;
}

template Rates<PlainNumbers> rates_of<PlainNumbers>(const Device&, const Execution&, DType);
template Rates<TracedNumbers> rates_of<TracedNumbers>(const Device&, const Execution&, DType);

CoreRates core_rates(const Device& device, const Execution& execution, DType dtype) {
    const Rates<PlainNumbers> rates = rates_of<PlainNumbers>(device, execution, dtype);
    return {rates.cores, rates.macs, rates.vector_clock, rates.dram};
}

}  // namespace berth
