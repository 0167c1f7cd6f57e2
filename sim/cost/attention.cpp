// Attention as one operator of the runtime. Runtimes without it run two matmuls and a softmax (see plan.cpp).
#include <stdexcept>

#include "cost/rounding.h"
#include "cost/terms.h"
#include "cost/traced.h"

namespace berth {

template <class T>
Demand<T> attention_demand(const Kernel& kernel, const AttentionDims& d, const Device& device, const Rates<T>& rates) {
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
    Demand<T> demand;
    demand.macs = macs(kernel.dims);
    demand.padded_macs = T::given(macs(computed), "MACs") *
                         T::factor(static_cast<double>(round_up(d.head_dim, device.matrix.align_k) +
                                                       round_up(value_width(d), device.matrix.align_k)) /
                                       static_cast<double>(d.head_dim + value_width(d)),
                                   "padding of the head");
    demand.elements = scores;
    const auto score_count = T::given(scores, "score elements");
    demand.vector = score_count / (T::profile(engine.per_cycle, "score elements per cycle") * rates.vector_clock);
    if (engine.per_head) {
        demand.vector += T::profile(*engine.per_head, "time per head") *
                         T::given(static_cast<double>(d.batch * d.heads), "heads") /
                         T::given(static_cast<double>(rates.cores), "cores");
    }
    demand.engines_serial = true;
    const Bytes read = element_size(kernel.input) * static_cast<double>(input_elements(kernel.kind, kernel.dims));
    const Bytes written = element_size(kernel.output) * static_cast<double>(output_elements(kernel.kind, kernel.dims));
    demand.compulsory = read + written;
    add_activations<T>(demand, kernel, T::given(read, "queries, keys and values"), T::given(written, "result"));
    // The measured cost per score covers Q, K, V and the result, which are never moved less than once.
    auto spilled =
        T::profile(engine.score_bytes, "bytes per score element") * T::given(in_operations(scores), "score elements");
    if (d.kv_seq % engine.row_granule != 0) {
        spilled = spilled * T::profile_factor(*engine.unaligned, "factor of unaligned lengths");
    }
    demand.read += larger(Number<T, Bytes>{}, spilled - T::given(demand.compulsory, "each operand once"));
    demand.descriptors = static_cast<double>(d.batch * d.heads);
    return demand;
}

template Demand<PlainNumbers> attention_demand(const Kernel&, const AttentionDims&, const Device&,
                                               const Rates<PlainNumbers>&);
template Demand<TracedNumbers> attention_demand(const Kernel&, const AttentionDims&, const Device&,
                                                const Rates<TracedNumbers>&);

}  // namespace berth
