// Attention as one operator of the runtime. Runtimes without it run two matmuls and a softmax (see plan.cpp).
#include <stdexcept>

#include "cost/rounding.h"
#include "cost/terms.h"

namespace berth {

Demand attention_demand(const Kernel& kernel, const AttentionDims& d, const Device& device, const CoreRates& rates) {
    if (!device.attention) {
        throw std::logic_error("attention costed on a device without an attention operator");
    }
    const AttentionEngine& engine = *device.attention;
    AttentionDims computed = d;
    if (!engine.skips_masked) {
        computed.causal = false;
        computed.window = 0;
    }
    const Operations scores = vector_elements(computed);
    Demand demand;
    demand.macs = macs(kernel.dims);
    demand.padded_macs = macs(computed) * (static_cast<double>(round_up(d.head_dim, device.matrix.align_k)) /
                                           static_cast<double>(d.head_dim));
    demand.elements = scores;
    demand.vector = scores / (engine.per_cycle.value * rates.vector_clock);
    demand.engines_serial = true;
    const Bytes read = element_size(kernel.input) * static_cast<double>(input_elements(kernel.kind, kernel.dims));
    const Bytes written = element_size(kernel.output) * static_cast<double>(output_elements(kernel.kind, kernel.dims));
    demand.compulsory = read + written;
    const double alignment = d.kv_seq % engine.row_granule == 0 ? 1.0 : engine.unaligned.value;
    // The measured cost per score covers Q, K, V and the result, which are never moved less than once.
    const Bytes spilled = engine.score_bytes.value * (in_operations(scores) * alignment);
    add_activations(demand, kernel, read, written);
    demand.dram.read += std::max(Bytes{}, spilled - demand.compulsory);
    demand.descriptors = static_cast<double>(d.batch * d.heads);
    return demand;
}

}  // namespace berth
