// Cost of one kernel on the cores that its runtime gives it.
#include <algorithm>

#include "cost/terms.h"
#include "cost/traced.h"

namespace berth {

DType multiplied_at(const Kernel& kernel) {
    if (kernel.multiply) {
        return *kernel.multiply;
    }
    return element_size(kernel.weight) > element_size(kernel.input) ? kernel.weight : kernel.input;
}

namespace {

// Whether a kernel stays on one core. Rows of softmax and norms, and blocks of a product, are dealt out whole, so a
// single row or block occupies one core; runtimes also leave small operators unsplit.
bool is_left_whole(const Kernel& kernel, const Device& device, int cores) {
    const Runtime& runtime = device.runtime;
    if (const auto* product = std::get_if<MatmulDims>(&kernel.dims); product != nullptr && device.matrix.core_block) {
        return largest_share(*product, *device.matrix.core_block, cores) >= 1;
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

template <class T>
KernelCost costed(const Kernel& kernel, const Device& device, const Execution& execution, Record<T>& record) {
    const Execution single{1, execution.clock, execution.memory_clock};
    if (!kernel.multi_core || execution.cores <= 1 ||
        is_left_whole(kernel, device, std::min(execution.cores, device.cores()))) {
        return costed_on<T>(kernel, device, single, record);
    }
    if (device.runtime.shapes == ShapeRule::kDynamic) {
        return costed_on<T>(kernel, device, execution, record);  // a thread pool splits every kernel
    }
    // A compiler knows the shape and uses as many cores as pay off; cores that share a bandwidth may gain nothing.
    KernelCost best = costed_on<T>(kernel, device, single, record);
    for (int cores = 2; cores <= std::min(execution.cores, device.cores()); ++cores) {
        Record<T> record_of_split;
        const KernelCost split =
            costed_on<T>(kernel, device, {cores, execution.clock, execution.memory_clock}, record_of_split);
        if (split.total < best.total) {
            best = split;
            record = record_of_split;
        }
    }
    return best;
}

template KernelCost costed(const Kernel&, const Device&, const Execution&, Record<PlainNumbers>&);
template KernelCost costed(const Kernel&, const Device&, const Execution&, Record<TracedNumbers>&);

KernelCost kernel_cost(const Kernel& kernel, const Device& device, const Execution& execution) {
    Record<PlainNumbers> nothing;
    return costed<PlainNumbers>(kernel, device, execution, nothing);
}

HandoverCost handover_cost(const Link& link, Bytes size) {
    HandoverCost cost;
    // Each step moves the tensor through the host's DRAM; a layout change both reads and writes it.
    const double clock = relative_clock(link.dram_clock);
    const auto time = [&link, clock](const std::optional<Parameter<Bandwidth>>& rate, Bytes moved, double passes) {
        const Time own = rate ? moved / rate->value : Time{};
        return rate && link.bus ? std::max(own, moved * passes / (link.bus->value * clock)) : own;
    };
    cost.fixed = link.per_crossing.value;
    cost.transfer = time(link.transfer, size, 1);
    cost.cache_maintenance = time(link.cache_maintenance, size, 1);
    cost.layout_change = time(link.layout_change, size, 2);
    cost.total = cost.fixed + cost.transfer + cost.cache_maintenance + cost.layout_change;
    return cost;
}

}  // namespace berth
