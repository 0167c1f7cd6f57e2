// Time terms of a kernel, one function each: demand on an engine or memory level over its rate.
#include <algorithm>
#include <limits>
#include <stdexcept>

#include "cost/terms.h"
#include "cost/total.h"
#include "cost/traced.h"

namespace berth {

namespace {

// Dispatch time of a call, which depends on the cache state and on the caller.
const Parameter<Time>& dispatch_of(CacheState cache, StartedBy started_by, const Runtime& runtime) {
    if (started_by == StartedBy::kProfilerV1 && runtime.dispatch_profiled_v1) {
        return *runtime.dispatch_profiled_v1;
    }
    if (started_by != StartedBy::kGraph && runtime.dispatch_profiled) {
        return *runtime.dispatch_profiled;
    }
    switch (cache) {
        case CacheState::kHot:
            return runtime.dispatch_repeated ? *runtime.dispatch_repeated : runtime.dispatch_per_kernel;
        case CacheState::kCold:
            return runtime.dispatch_cold ? *runtime.dispatch_cold : runtime.dispatch_per_kernel;
        case CacheState::kGraph:
            break;
    }
    return runtime.dispatch_per_kernel;
}

const Parameter<Time>& fork_join_of(const Kernel& kernel, const Runtime& runtime) {
    return kernel.started_by == StartedBy::kProfilerV1 && runtime.fork_join_v1 ? *runtime.fork_join_v1
                                                                               : runtime.fork_join;
}

// Moves the evicted share of cached bytes to DRAM reads.
template <class T>
void evict(Number<T, Bytes>& kept, Demand<T>& demand, const Number<T, double>& share) {
    demand.read += kept * share;
    kept = kept * (1.0 - share);
}

// Demand of the runtime's own host code: plain loops over all that is read and written; weights count as read only in
// products. Cache behaviour is part of its measured rate.
template <class T>
Demand<T> own_code_demand(const Kernel& kernel, const Device& device) {
    const OwnCode& code = *device.runtime.own_code;
    const auto count = [&kernel](auto elements) { return static_cast<double>(elements(kernel.kind, kernel.dims)); };
    Demand<T> demand;
    demand.engines_serial = true;
    demand.macs = macs(kernel.dims);
    demand.padded_macs = T::given(demand.macs, "MACs");
    demand.elements = operations(count(input_elements) + count(output_elements));
    demand.compulsory = operands_of(kernel);
    demand.vector = T::given(demand.elements, "elements read and written") /
                    (T::profile(code.elements_per_cycle, "elements per cycle of own code") *
                     T::profile(device.host_core->clock, "clock of the host"));
    return demand;
}

template <class T>
Demand<T> demand_of(const Kernel& kernel, const Device& device, const Rates<T>& rates) {
    if (kernel.own_code) {
        return own_code_demand<T>(kernel, device);
    }
    struct Visitor {
        const Kernel& kernel;
        const Device& device;
        const Rates<T>& rates;
        Demand<T> operator()(const MatmulDims& d) const { return matmul_demand<T>(kernel, d, device, rates); }
        Demand<T> operator()(const ConvDims& d) const { return conv_demand<T>(kernel, d, device, rates); }
        Demand<T> operator()(const AttentionDims& d) const { return attention_demand<T>(kernel, d, device, rates); }
        Demand<T> operator()(const RowsDims& d) const { return rows_demand<T>(kernel, d, device, rates); }
        Demand<T> operator()(const GatherDims& d) const { return gather_demand<T>(kernel, d, device, rates); }
        Demand<T> operator()(const ScanDims& d) const { return scan_demand<T>(kernel, d, device, rates); }
    };
    Demand<T> demand = std::visit(Visitor{kernel, device, rates}, kernel.dims);
    for (std::size_t i = 0; i < kernel.epilogue_length; ++i) {
        add_epilogue<T>(demand, kernel, i, device, rates);
    }
    evict<T>(demand.weights_on_chip, demand, T::given(kernel.evicted, "evicted share"));
    if (kernel.cache == CacheState::kHot) {
        evict<T>(demand.on_chip, demand, T::given(kernel.evicted, "evicted share"));
    }
    return demand;
}

// Adds misses caused by co-runners, which fill a shared cache with their own lines while the kernel runs. The reuse
// distance of activations is about one kernel, as is that of all operands of a kernel that is called repeatedly. What
// stays in the cache although the operands exceed it is used again block by block, within the capacity.
template <class T>
void interfere(Demand<T>& demand, const Kernel& kernel, DeviceKind kind, const Number<T, Bytes>& capacity,
               const Number<T, Bytes>& brought_in) {
    const auto used = smaller(T::given(demand.compulsory, "each operand once"), capacity);
    const auto alone = T::evicted(used, capacity, kind);
    const auto together = T::evicted(used + brought_in, capacity, kind);
    const auto share = T::named((together - alone) / (1.0 - alone), "share evicted by co-runners");
    evict<T>(demand.on_chip, demand, share);
    if (kernel.cache == CacheState::kHot) {
        evict<T>(demand.weights_on_chip, demand, share);
    }
}

// Time at on-chip levels. The reuse distance of activations is one kernel; that of weights in a whole graph is all
// other weights.
template <class T>
Number<T, Time> sram_time(const Demand<T>& demand, bool repeated, const Device& device, int cores) {
    const auto time = [&](const Number<T, Bytes>& moved, Bytes between_uses) {
        const MemoryLevel* level = value_of(moved) > Bytes{} ? level_holding(between_uses, device, cores) : nullptr;
        return level != nullptr ? moved / (T::profile(*level->bandwidth, level->name, " bandwidth of a core") *
                                           T::given(static_cast<double>(cores), "cores"))
                                : Number<T, Time>{};
    };
    constexpr Bytes kAllOfTheGraph = Bytes::from_si(std::numeric_limits<double>::infinity());
    return time(demand.on_chip, demand.compulsory) +
           time(demand.weights_on_chip, repeated ? demand.compulsory : kAllOfTheGraph);
}

// Bytes that fit into the private caches of all cores together; all of them if no level is private.
template <class T>
Number<T, Bytes> in_own_caches(const Number<T, Bytes>& activations, const Device& device, int cores) {
    const MemoryLevel* largest = nullptr;
    for (const MemoryLevel& level : device.memories) {
        if (level.share == MemoryShare::kCore &&
            (largest == nullptr || level.capacity.value > largest->capacity.value)) {
            largest = &level;
        }
    }
    return largest == nullptr || largest->capacity.value <= Bytes{}
               ? activations
               : smaller(activations, T::profile(largest->capacity, largest->name, " capacity of a core") *
                                          T::given(static_cast<double>(cores), "cores"));
}

// Coherence transfers. A thread pool redistributes each kernel, so with c cores only 1/c of a core's activations is in
// its own caches; bytes beyond their capacity have already moved to the shared cache. A kernel called repeatedly gives
// the same rows to the same core and pays nothing.
template <class T>
Number<T, Time> coherence_time(const Kernel& kernel, const Demand<T>& demand, const Device& device, int cores) {
    if (kernel.cache == CacheState::kHot || cores <= 1) {
        return {};
    }
    const auto through =
        std::ranges::find_if(device.memories, [](const auto& one) { return one.coherence_transfer.has_value(); });
    if (through == device.memories.end()) {
        return {};
    }
    const auto count = T::given(static_cast<double>(cores), "cores");
    const auto share = 1.0 - T::given(1.0, "") / count;
    return T::named(in_own_caches<T>(demand.on_chip, device, cores) * share /
                        (T::profile(*through->coherence_transfer, "coherence rate of a core") * count),
                    "coherence transfer");
}

// Elements of the queries, keys, values and results at the positions that a pass adds.
double new_elements(const AttentionDims& d) {
    const std::int64_t position = d.heads * d.head_dim + d.kv_heads * (d.head_dim + value_width(d));
    return static_cast<double>(d.batch * d.seq) * static_cast<double>(position);
}

// Clock of the host core that works for a device; on the host itself, that of its first cluster.
template <class T>
Number<T, Frequency> host_clock(const Device& device, const Rates<T>& rates) {
    if (device.host_core) {
        return T::profile(device.host_core->clock, "clock of the host");
    }
    return rates.first_clock ? T::given(*rates.first_clock, "clock set by the stage")
                             : T::profile(device.clusters.front().clock, "clock of the host");
}

template <class T>
Number<T, Time> host_time(const Parameter<double>& cycles, const char* words, double times, const char* what,
                          const Number<T, Frequency>& clock) {
    return T::profile(cycles, words) * T::factor(times, what) / clock;
}

// Time of a host core for a kernel: dispatch cycles, changing the layout of new queries, keys and values and storing
// them, and choosing a token from the scores of all words.
template <class T>
Number<T, Time> host_share(const Kernel& kernel, const Device& device, const Rates<T>& rates) {
    Number<T, Time> time;
    const auto clock = host_clock<T>(device, rates);
    if (kernel.chooses_token && device.runtime.sampling_cycles) {
        time +=
            host_time<T>(*device.runtime.sampling_cycles, "host cycles per word",
                         static_cast<double>(output_elements(kernel.kind, kernel.dims)), "words to choose from", clock);
    }
    if (!device.host_core) {
        return time;
    }
    if (const auto& start = device.runtime.dispatch_host_cycles) {
        time +=
            host_time<T>(*start, "host cycles per kernel", static_cast<double>(kernel.cut.count()), "pieces", clock);
    }
    const auto* attention = std::get_if<AttentionDims>(&kernel.dims);
    if (attention != nullptr && device.attention && device.attention->layout_cycles) {
        time += host_time<T>(*device.attention->layout_cycles, "host cycles per element", new_elements(*attention),
                             "elements of new queries, keys and values", clock);
    }
    return time;
}

template <class T>
Number<T, Time> compute_time(const Kernel& kernel, const Demand<T>& demand, const Device& device,
                             const Rates<T>& rates) {
    if (value_of(demand.padded_macs) <= Operations{}) {
        return {};
    }
    if (kernel.own_code) {
        return demand.padded_macs / (T::profile(device.runtime.own_code->macs_per_cycle, "MACs per cycle of own code") *
                                     T::profile(device.host_core->clock, "clock of the host"));
    }
    if (value_of(rates.macs) <= OperationRate{}) {
        throw std::logic_error("a kernel was planned at a dtype that its device does not multiply");
    }
    auto time = demand.padded_macs / rates.macs;
    if (device.matrix.group_sums && value_of(demand.group_sums) > Operations{}) {
        time +=
            demand.group_sums / (T::profile(*device.matrix.group_sums, "group sums per cycle") * rates.vector_clock);
    }
    return time * T::factor(demand.imbalance, "load imbalance");
}

template <class T>
Number<T, Time> dram_time(const Demand<T>& demand, const Device& device, const Rates<T>& rates) {
    return (T::named(demand.read, "bytes read") +
            T::named(demand.written, "bytes written") * T::profile_factor(device.dma.write_cost, "write cost")) /
           rates.dram;
}

template <class T>
Number<T, Time> results_time(const Number<T, Bytes>& results, DType dtype, const Device& device,
                             const Rates<T>& rates) {
    const MatrixEngine& matrix = device.matrix;
    const auto waiting = matrix.result_buffer ? results - T::profile(*matrix.result_buffer, "result buffer") : results;
    return value_of(waiting) > Bytes{}
               ? waiting / as_clocked<T>(T::profile(*accumulator_rate(matrix, dtype), "rate of accumulators"), device,
                                         rates.memory_clock)
               : Number<T, Time>{};
}

// Time on the DRAM bus that all devices share, for reads, writes and 32-bit results. For reads and writes alone it
// exceeds the DRAM term only if a written byte costs less than a read one.
template <class T>
Number<T, Time> bus_time(const Demand<T>& demand, const Device& device, const Rates<T>& rates) {
    const bool may_exceed = value_of(demand.accumulators) > Bytes{} || device.dma.write_cost.value < 1;
    return device.bus && may_exceed
               ? (T::named(demand.read, "bytes read") + T::named(demand.written, "bytes written") +
                  demand.accumulators) /
                     as_clocked<T>(T::profile(*device.bus, "sustained DRAM bandwidth"), device, rates.memory_clock)
               : Number<T, Time>{};
}

// Stall between weight groups: if the buffer cannot hold all of the next group, the rest is loaded after the current
// group has been computed instead of in its shadow.
template <class T>
Number<T, Time> stall_time(const WeightGroups& groups, const Number<T, Time>& compute, const Rates<T>& rates) {
    if (groups.count <= 0) {
        return {};
    }
    const auto count = T::given(groups.count, "groups of columns");
    const auto shorter = smaller(compute / count, T::given(groups.each, "weights of a group") / rates.dram);
    return larger(Number<T, Time>{}, shorter - T::given(groups.ahead, "loaded ahead") / rates.dram) * count;
}

// A reshape that moves nothing is not a layer that a profiler synchronises on.
template <class T>
bool does_nothing(const Demand<T>& demand) {
    return value_of(demand.padded_macs) <= Operations{} && value_of(demand.vector) <= Time{} &&
           value_of(demand.read) <= Bytes{} && value_of(demand.written) <= Bytes{} &&
           value_of(demand.on_chip) <= Bytes{};
}

// Overlap of a kernel. The array's double buffering, where known, hides more than other kernels do. The SIMD units of a
// CPU are one engine, so an epilogue runs before or after the multiplications.
template <class T>
Overlaps<T> overlaps_of(const Demand<T>& demand, const Device& device) {
    const bool array = value_of(demand.padded_macs) > Operations{} && !demand.engines_serial && device.matrix.overlap;
    Overlaps<T> overlaps;
    overlaps.engines_serial = demand.engines_serial || device.kind == DeviceKind::kCpu;
    overlaps.vector_at_memory = demand.vector_at_memory && !overlaps.engines_serial;
    overlaps.own =
        array ? T::profile(*device.matrix.overlap, "overlap of the array") : T::profile(device.overlap, "overlap");
    overlaps.device = T::profile(device.overlap, "overlap");
    if (device.dma.overlap) {
        overlaps.dram = T::profile(*device.dma.overlap, "overlap of DRAM");
    }
    return overlaps;
}

// Waking of the thread that waits for a single call. The longer it waits, the deeper the idle state of its core, and an
// operating system enters a state only for waits longer than leaving it takes.
template <class T>
Number<T, Time> wake_up(const Kernel& kernel, const Demand<T>& demand, const Terms<T>& call, const Device& device) {
    if (!device.runtime.wake_up || !kernel.library_call || kernel.cache != CacheState::kCold) {
        return {};
    }
    return smaller(T::profile(*device.runtime.wake_up, "waking at most"),
                   T::given(value_of(total_of<T>(call, overlaps_of<T>(demand, device)).time), "time of the call"));
}

template <class T>
Terms<T> terms_of(const Kernel& kernel, const Demand<T>& demand, const Device& device, const Rates<T>& rates) {
    Terms<T> terms;
    const StartedBy started_by = does_nothing<T>(demand) ? StartedBy::kGraph : kernel.started_by;
    if (rates.cores > 1) {
        terms.fork_join = T::term(T::profile(fork_join_of(kernel, device.runtime), "fork and join of a kernel") +
                                      coherence_time<T>(kernel, demand, device, rates.cores),
                                  "fork/join");
    }
    terms.compute = T::term(compute_time<T>(kernel, demand, device, rates), "compute");
    terms.vector = T::term(demand.vector, "vector");
    terms.sram = T::term(sram_time<T>(demand, kernel.cache == CacheState::kHot, device, rates.cores) *
                             T::factor(demand.imbalance, "load imbalance"),
                         "sram");
    terms.dram = T::term(dram_time<T>(demand, device, rates), "dram");
    const double channels = dma_channels(device, rates.cores);
    terms.dma = T::term(T::profile(device.dma.setup, "setup of a descriptor") *
                            (T::given(demand.descriptors, "descriptors") / T::given(channels, "channels")),
                        "dma");
    terms.stall = T::term(stall_time<T>(demand.groups, terms.compute, rates), "stall");
    terms.results = T::term(results_time<T>(demand.accumulators, kernel.output, device, rates), "results");
    terms.bus = T::term(bus_time<T>(demand, device, rates), "bus");
    terms.dispatch = T::term(T::profile(dispatch_of(kernel.cache, started_by, device.runtime), "dispatch per kernel") *
                                     T::factor(static_cast<double>(kernel.cut.count()), "pieces") +
                                 host_share<T>(kernel, device, rates) + wake_up<T>(kernel, demand, terms, device),
                             "dispatch");
    return terms;
}

template <class T>
void put_down(KernelCost& cost, const Terms<T>& terms) {
    for (std::size_t i = 0; i < kTimeTerms.size(); ++i) {
        cost.*kTimeTerms[i].time = value_of(terms.*kTermPlaces<T>[i]);
    }
}

template <class T>
CostRule rule_from(const Overlaps<T>& overlaps) {
    return {overlaps.engines_serial, overlaps.vector_at_memory, value_of(overlaps.own), value_of(overlaps.device),
            overlaps.dram ? std::optional(value_of(*overlaps.dram)) : std::nullopt};
}

template <class T>
KernelCost cost_of(const Kernel& kernel, const Demand<T>& demand, const Device& device, const Rates<T>& rates,
                   Record<T>& record) {
    const Terms<T> terms = terms_of<T>(kernel, demand, device, rates);
    const Overlaps<T> overlaps = overlaps_of<T>(demand, device);
    const Total<T> total = total_of<T>(terms, overlaps);
    record.put(terms, total);
    KernelCost cost;
    put_down<T>(cost, terms);
    cost.total = value_of(total.time);
    cost.bound = total.bound;
    cost.rule = rule_from<T>(overlaps);
    cost.cores = rates.cores;
    cost.macs = demand.macs;
    cost.padded_macs = value_of(demand.padded_macs);
    cost.elements = demand.elements;
    cost.traffic = {value_of(demand.read), value_of(demand.written) + value_of(demand.accumulators)};
    cost.compulsory = demand.compulsory;
    cost.imbalance = demand.imbalance;
    cost.tile = demand.tile;
    cost.energy = kernel_energy(cost, rates.multiplied_at, device);
    return cost;
}

template <class T>
Time time_of(const Kernel& kernel, const Demand<T>& demand, const Device& device, const Rates<T>& rates) {
    return value_of(total_of<T>(terms_of<T>(kernel, demand, device, rates), overlaps_of<T>(demand, device)).time);
}

}  // namespace

template <class T>
KernelCost costed_on(const Kernel& kernel, const Device& device, const Execution& execution, Record<T>& record) {
    const Rates<T> rates = rates_of<T>(device, execution, multiplied_at(kernel));
    Demand<T> demand = demand_of<T>(kernel, device, rates);
    const MemoryLevel* level = level_holding(demand.compulsory, device, rates.cores);
    if (level == nullptr || !level->co_runners) {
        return cost_of<T>(kernel, demand, device, rates, record);
    }
    const Bytes alone = value_of(demand.read);
    const auto capacity = T::profile(level->capacity, level->name, " capacity") *
                          T::factor(level->share == MemoryShare::kCore ? rates.cores : 1, "cores");
    const auto brought_in = T::profile(*level->co_runners, "fill rate of co-runners") *
                            T::given(time_of<T>(kernel, demand, device, rates), "time without co-runners");
    interfere<T>(demand, kernel, device.kind, capacity, brought_in);
    KernelCost cost = cost_of<T>(kernel, demand, device, rates, record);
    cost.co_runner_misses = cost.traffic.read - alone;
    return cost;
}

template KernelCost costed_on(const Kernel&, const Device&, const Execution&, Record<PlainNumbers>&);
template KernelCost costed_on(const Kernel&, const Device&, const Execution&, Record<TracedNumbers>&);

}  // namespace berth
