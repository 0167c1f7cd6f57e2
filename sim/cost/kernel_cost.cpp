// Puts the terms of a kernel together: t = dispatch + fork/join + longest + (1 - overlap) x (the others) + stall.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "cost/terms.h"

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

double lost_share(Bytes used, Bytes capacity, DeviceKind kind) {
    const KeepingCapacities keeps = keeping_capacities(used, kind);
    if (capacity >= keeps.all_from) {
        return 0;
    }
    return capacity <= keeps.nothing_below
               ? 1
               : std::log(keeps.all_from / capacity) / std::log(keeps.all_from / keeps.nothing_below);
}

const Parameter<Time>& dispatch_of(CacheState cache, const Runtime& runtime) {
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

namespace {

// Bytes that a cache had and lost come from memory again.
void lose(Bytes& kept, Demand& demand, double share) {
    demand.dram.read += kept * share;
    kept -= kept * share;
}

Demand demand_of(const Kernel& kernel, const Device& device, const CoreRates& rates) {
    struct Visitor {
        const Kernel& kernel;
        const Device& device;
        const CoreRates& rates;
        Demand operator()(const MatmulDims& d) const { return matmul_demand(kernel, d, device, rates.cores); }
        Demand operator()(const ConvDims& d) const { return conv_demand(kernel, d, device, rates.cores); }
        Demand operator()(const AttentionDims& d) const { return attention_demand(kernel, d, device, rates); }
        Demand operator()(const RowsDims& d) const { return rows_demand(kernel, d, device, rates); }
        Demand operator()(const GatherDims& d) const { return gather_demand(kernel, d, device, rates); }
        Demand operator()(const ScanDims& d) const { return scan_demand(kernel, d, device, rates); }
    };
    Demand demand = std::visit(Visitor{kernel, device, rates}, kernel.dims);
    for (std::size_t i = 0; i < kernel.follower_count; ++i) {
        add_follower(demand, kernel, kernel.followers[i], device, rates);
    }
    lose(demand.weights_on_chip, demand, kernel.lost);
    if (kernel.cache == CacheState::kHot) {
        lose(demand.on_chip, demand, kernel.lost);
    }
    return demand;
}

// While a kernel runs, others bring lines of theirs into a cache that they share: activations wait about as long
// between two uses, and so do all operands of a kernel that is called again and again.
void lose_to_others(Demand& demand, const Kernel& kernel, DeviceKind kind, Bytes capacity, Bytes brought_in) {
    const double alone = lost_share(demand.compulsory, capacity, kind);
    const double together = lost_share(demand.compulsory + brought_in, capacity, kind);
    const double lost = alone < 1 ? (together - alone) / (1 - alone) : 0;
    lose(demand.on_chip, demand, lost);
    if (kernel.cache == CacheState::kHot) {
        lose(demand.weights_on_chip, demand, lost);
    }
}

// Activations were made or read just before. Of a whole graph, all other weights come before the same ones again.
Time sram_time(const Demand& demand, bool repeated, const Device& device, int cores) {
    const auto time = [&](Bytes moved, Bytes between_uses) {
        const MemoryLevel* level = moved > Bytes{} ? level_holding(between_uses, device, cores) : nullptr;
        return level != nullptr ? moved / (level->bandwidth->value * static_cast<double>(cores)) : Time{};
    };
    constexpr Bytes kAllOfTheGraph = Bytes::from_si(std::numeric_limits<double>::infinity());
    return time(demand.on_chip, demand.compulsory) +
           time(demand.weights_on_chip, repeated ? demand.compulsory : kAllOfTheGraph);
}

// What the cores' own caches hold together; all there is where none is their own.
Bytes own_caches(const Device& device, int cores) {
    Bytes held;
    for (const MemoryLevel& level : device.memories) {
        held = level.share == MemoryShare::kCore ? std::max(held, capacity_of(level, cores)) : held;
    }
    return held > Bytes{} ? held : Bytes::from_si(std::numeric_limits<double>::infinity());
}

// A pool shares out each kernel anew: of c cores, one finds but a c-th of its activations in its own caches. What those
// do not hold has gone on to the cache that all share. Called again and again, the same rows go to the same core.
Time exchange_time(const Kernel& kernel, const Demand& demand, const Device& device, int cores) {
    if (kernel.cache == CacheState::kHot || cores <= 1) {
        return Time{};
    }
    const auto through =
        std::ranges::find_if(device.memories, [](const auto& one) { return one.exchange.has_value(); });
    const double share = 1 - 1 / static_cast<double>(cores);
    return through == device.memories.end() ? Time{}
                                            : std::min(demand.on_chip, own_caches(device, cores)) * share /
                                                  (through->exchange->value * static_cast<double>(cores));
}

Time dram_time(const Demand& demand, const Device& device, const CoreRates& rates) {
    return (demand.dram.read + demand.dram.write * device.dma.write_cost.value) / rates.dram;
}

Time results_time(Bytes results, const MatrixEngine& matrix) {
    const Bytes waiting = results - (matrix.result_buffer ? matrix.result_buffer->value : Bytes{});
    return waiting > Bytes{} ? waiting / matrix.wide_output->value : Time{};
}

// A group of weights that leaves no room for all of the next one: what could not be loaded ahead comes after the
// group has been computed instead of meanwhile.
Time stall_time(const Demand& demand, Time compute, const CoreRates& rates) {
    if (demand.weight_groups <= 0) {
        return Time{};
    }
    const Time shorter = std::min(compute / demand.weight_groups, demand.group / rates.dram);
    return std::max(Time{}, shorter - demand.ahead / rates.dram) * demand.weight_groups;
}

// The array's own double buffering, where it is known, hides more than other kernels do.
double overlap_of(const Demand& demand, const Device& device) {
    const bool array = demand.padded_macs > Operations{} && !demand.engines_serial;
    return array && device.matrix.overlap ? device.matrix.overlap->value : device.overlap.value;
}

/// What hides what in a kernel.
struct Overlaps {
    bool engines_serial = false;  ///< matrix and vector work follow one another
    double own = 1;               ///< of its engines and memories
    double device = 1;            ///< of results on a path of their own
    std::optional<double> dram;   ///< of DRAM with all the rest, where that is known
};

void settle(KernelCost& cost, const Overlaps& overlaps) {
    const double overlap = overlaps.own;
    const double device_overlap = overlaps.device;
    // DMA descriptors and their bytes share the channel; so do the engines of attention, phase after phase.
    const Time memory = cost.dma + cost.dram;
    const Time engines = overlaps.engines_serial ? cost.compute + cost.vector : std::max(cost.compute, cost.vector);
    const Time hidden_engine = overlaps.engines_serial ? Time{} : std::min(cost.compute, cost.vector);
    const Time longest = std::max({engines, memory, cost.sram});
    Time core;
    if (overlaps.dram) {
        const Time near = std::max(engines, cost.sram);
        const Time on_chip = near + (engines + hidden_engine + cost.sram - near) * (1 - overlap);
        core = std::max(on_chip, memory) + std::min(on_chip, memory) * (1 - *overlaps.dram);
    } else {
        const Time all = engines + hidden_engine + memory + cost.sram;
        core = longest + (all - longest) * (1 - overlap);
    }
    core += cost.stall * overlap;
    const Time overhead = cost.dispatch + cost.fork_join;
    cost.total = overhead + std::max(core, cost.results) + std::min(core, cost.results) * (1 - device_overlap);
    if (overhead > std::max(longest, cost.results)) {
        cost.bound = Bound::kDispatch;
    } else if (cost.results > core) {
        cost.bound = Bound::kDram;
    } else if (longest == memory) {
        cost.bound = cost.dma > cost.dram ? Bound::kDma : Bound::kDram;
    } else if (longest == cost.sram) {
        cost.bound = Bound::kSram;
    } else {
        cost.bound = cost.compute >= cost.vector ? Bound::kCompute : Bound::kVector;
    }
}

// What the runtime spends on placing the positions of this pass in the cache.
Time cache_time(const Kernel& kernel, const Device& device) {
    const auto* attention = std::get_if<AttentionDims>(&kernel.dims);
    if (attention == nullptr || !attention->causal || !device.runtime.dispatch_per_position) {
        return Time{};
    }
    return device.runtime.dispatch_per_position->value * static_cast<double>(attention->batch * attention->seq);
}

KernelCost cost_of(const Kernel& kernel, const Demand& demand, const Device& device, const CoreRates& rates) {
    KernelCost cost;
    cost.cores = rates.cores;
    const Runtime& runtime = device.runtime;
    cost.dispatch = dispatch_of(kernel.cache, runtime).value + cache_time(kernel, device);
    if (rates.cores > 1) {
        cost.fork_join = device.runtime.fork_join.value + exchange_time(kernel, demand, device, rates.cores);
    }
    if (demand.padded_macs > Operations{}) {
        if (rates.macs <= OperationRate{}) {
            throw std::logic_error("a kernel was planned at a dtype that its device does not multiply");
        }
        cost.compute = demand.padded_macs / rates.macs * demand.busiest;
    }
    cost.vector = demand.vector;
    cost.sram = sram_time(demand, kernel.cache == CacheState::kHot, device, rates.cores) * demand.busiest;
    cost.dram = dram_time(demand, device, rates);
    cost.dma = device.dma.setup.value * (demand.descriptors / static_cast<double>(device.dma.channels));
    cost.stall = stall_time(demand, cost.compute, rates);
    cost.results = results_time(demand.wide_output, device.matrix);
    cost.macs = demand.macs;
    cost.padded_macs = demand.padded_macs;
    cost.elements = demand.elements;
    cost.traffic = demand.dram;
    cost.traffic.write += demand.wide_output;
    cost.compulsory = demand.compulsory;
    cost.busiest = demand.busiest;
    cost.tile = demand.tile;
    // The SIMD units of a CPU are one engine: what is fused into a product runs before or after its multiplications.
    const bool one_engine = demand.engines_serial || device.kind == DeviceKind::kCpu;
    settle(cost, {one_engine, overlap_of(demand, device), device.overlap.value,
                  device.dma.overlap ? std::optional(device.dma.overlap->value) : std::nullopt});
    cost.energy = kernel_energy(cost, multiplied_at(kernel), device);
    return cost;
}

KernelCost cost_on(const Kernel& kernel, const Device& device, const Execution& execution) {
    const CoreRates rates = core_rates(device, execution, multiplied_at(kernel));
    Demand demand = demand_of(kernel, device, rates);
    const KernelCost undisturbed = cost_of(kernel, demand, device, rates);
    const MemoryLevel* level = level_holding(demand.compulsory, device, rates.cores);
    if (level == nullptr || !level->others) {
        return undisturbed;
    }
    const Bytes brought_in = level->others->value * undisturbed.total;
    lose_to_others(demand, kernel, device.kind, capacity_of(*level, rates.cores), brought_in);
    KernelCost cost = cost_of(kernel, demand, device, rates);
    cost.displaced = cost.traffic.read - undisturbed.traffic.read;
    return cost;
}

}  // namespace

DType multiplied_at(const Kernel& kernel) {
    if (kernel.multiply) {
        return *kernel.multiply;
    }
    return element_size(kernel.weight) > element_size(kernel.input) ? kernel.weight : kernel.input;
}

namespace {

// Softmax and norms are shared out row by row: a row goes to one core, as does a product of one block. Runtimes leave
// little work whole.
bool is_left_whole(const Kernel& kernel, const Device& device, int cores) {
    const Runtime& runtime = device.runtime;
    if (const auto* product = std::get_if<MatmulDims>(&kernel.dims); product != nullptr && device.matrix.core_block) {
        return busiest_share(*product, *device.matrix.core_block, cores) >= 1;
    }
    const auto* rows = std::get_if<RowsDims>(&kernel.dims);
    if (rows == nullptr) {
        return false;
    }
    const VectorClass of = traits(kernel.kind).vector_class;
    const bool by_rows = of == VectorClass::kSoftmax || of == VectorClass::kNorm;
    const std::int64_t from = runtime.operators[static_cast<std::size_t>(kernel.kind)].multi_core_from;
    return (by_rows && rows->rows == 1) || output_elements(kernel.kind, kernel.dims) < from;
}

}  // namespace

KernelCost kernel_cost(const Kernel& kernel, const Device& device, const Execution& execution) {
    const Execution single{1, execution.clock};
    if (!kernel.multi_core || execution.cores <= 1 ||
        is_left_whole(kernel, device, std::min(execution.cores, device.cores()))) {
        return cost_on(kernel, device, single);
    }
    const KernelCost split = cost_on(kernel, device, execution);
    if (device.runtime.shapes == ShapeRule::kDynamic) {
        return split;  // a thread pool splits whatever it is given
    }
    // A compiler knows the shape and leaves a kernel whole where splitting it does not pay.
    const KernelCost whole = cost_on(kernel, device, single);
    return whole.total <= split.total ? whole : split;
}

HandoverCost handover_cost(const Link& link, Bytes size) {
    HandoverCost cost;
    cost.fixed = link.per_crossing.value;
    cost.transfer = link.transfer ? size / link.transfer->value : Time{};
    cost.cache_maintenance = link.cache_maintenance ? size / link.cache_maintenance->value : Time{};
    cost.layout_change = link.layout_change ? size / link.layout_change->value : Time{};
    cost.total = cost.fixed + cost.transfer + cost.cache_maintenance + cost.layout_change;
    return cost;
}

}  // namespace berth
