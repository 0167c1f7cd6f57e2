// Cost of attention as one operator of the runtime. Runtimes without one run two matmuls and a softmax (see plan.cpp).
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "cost/lowering.h"
#include "cost/rounding.h"
#include "cost/terms.h"
#include "cost/traced.h"

namespace berth {

namespace {

/// Dtype of the scores between the two products: 16 bits for quantised operands.
DType score_dtype(const Kernel& kernel) {
    return element_size(kernel.input) < element_size(DType::kFp16) ? DType::kFp16 : kernel.input;
}

/// On-chip capacity of one core for the rows of the head that it processes.
Bytes room_of_core(const Device& device, int cores) {
    if (device.memories.empty()) {
        return {};
    }
    const MemoryLevel& level = device.matrix.row_tile ? device.memories.front() : device.memories.back();
    return level.share == MemoryShare::kCore ? level.capacity.value : level.capacity.value / static_cast<double>(cores);
}

/// Tile of the schedule that keeps scores on chip: a block of queries, past which all keys and values stream.
struct ScoreTile {
    std::int64_t queries = 0;  ///< 0: not even one query fits
    double passes = 0;         ///< number of passes over keys and values
};

// Largest query tile that fits on chip. Each query needs its whole row of scores, since softmax needs the row sum, and
// its query and result. Keys and values stream past in strips of the columns that the array computes together,
// double-buffered.
ScoreTile score_tile(const Kernel& kernel, const AttentionDims& d, const Device& device, int cores) {
    const Bytes element = element_size(kernel.input);
    const double width = static_cast<double>(d.head_dim + value_width(d));
    const double strip = static_cast<double>(std::min(columns_together(device.matrix, kernel.input), d.kv_seq));
    const Bytes left = room_of_core(device, cores) - element * (2 * strip * width);
    const Bytes per_query = element_size(score_dtype(kernel)) * static_cast<double>(keys_read(d)) + element * width;
    const double fit = std::floor(std::max(0.0, left / per_query));
    const auto queries = static_cast<std::int64_t>(std::min(fit, static_cast<double>(d.seq)));
    return {queries, queries > 0 ? static_cast<double>(ceil_div(d.seq, queries)) : 0};
}

Bytes queries_read(const Kernel& kernel, const AttentionDims& d) {
    return element_size(kernel.input) * static_cast<double>(d.batch * d.heads * d.seq * d.head_dim);
}

// Bytes of all operands, each read once; keys and values count at the size in which the cache stores them.
Bytes operands_read(const Kernel& kernel, const AttentionDims& d) {
    return queries_read(kernel, d) + cached_size(d, kernel.weight, kernel.weight_group);
}

/// Traffic of one schedule beyond reading each operand once, and the time of its heads besides.
template <class T>
struct ScoreTraffic {
    Number<T, Bytes> read{};
    double descriptors = 0;
    std::optional<Number<T, Time>> heads{};
};

// Descriptors for one head: row tiles of the left operand (queries in the first product, scores in the second) and the
// streamed operand.
double rows_moved(const MatmulDims& d, DType rows, DType second, const Device& device) {
    const Bytes streamed = element_size(second) * (static_cast<double>(d.k) * static_cast<double>(d.n));
    return descriptor_count(d, matmul_tile(d, rows, second, device, false), rows, streamed, device);
}

// Heads whose scores spill pass the memory one by one, in steps that wait for each other's results there. A schedule
// that keeps scores has no such steps.
template <class T>
std::optional<Number<T, Time>> time_of_heads(const AttentionDims& d, const AttentionEngine& engine, int cores) {
    if (!engine.per_head) {
        return std::nullopt;
    }
    return T::profile(*engine.per_head, "time per head") * T::given(static_cast<double>(d.batch * d.heads), "heads") /
           T::given(static_cast<double>(cores), "cores");
}

template <class T>
ScoreTraffic<T> spilled_scores(const Kernel& kernel, const AttentionDims& d, const Device& device, Bytes once,
                               int cores) {
    const AttentionEngine& engine = *device.attention;
    // The measured bytes per score include Q, K, V and the result, so only the excess over the compulsory traffic is
    // added.
    auto spilled = T::profile(engine.score_bytes, "bytes per score element") *
                   T::given(in_operations(vector_elements(d)), "score elements");
    if (d.kv_seq % engine.row_granule != 0) {
        spilled = spilled * T::profile_factor(*engine.unaligned, "factor of unaligned lengths");
    }
    const double per_head = rows_moved({1, d.seq, d.head_dim, d.kv_seq}, kernel.input, kernel.input, device) +
                            rows_moved({1, d.seq, d.kv_seq, value_width(d)}, score_dtype(kernel), kernel.input, device);
    return {larger(Number<T, Bytes>{}, spilled - T::given(once, "each operand once")),
            per_head * static_cast<double>(d.batch * d.heads), time_of_heads<T>(d, engine, cores)};
}

template <class T>
ScoreTraffic<T> kept_scores(const Kernel& kernel, const AttentionDims& d, const Device& device, const ScoreTile& tile) {
    const Bytes keys_and_values = cached_size(d, kernel.weight, kernel.weight_group);
    const double per_head =
        rows_moved({1, d.seq, d.head_dim, d.kv_seq}, kernel.input, kernel.input, device) + tile.passes;
    return {tile.passes > 1
                ? T::given(keys_and_values, "keys and values") * T::given(tile.passes - 1, "further passes over them")
                : Number<T, Bytes>{},
            per_head * static_cast<double>(d.batch * d.heads),
            {}};
}

template <class T>
Time moving_time(const ScoreTraffic<T>& traffic, const Device& device, const Rates<T>& rates) {
    return value_of(traffic.read) / value_of(rates.dram) +
           device.dma.setup.value * (traffic.descriptors / dma_channels(device, rates.cores)) +
           (traffic.heads ? value_of(*traffic.heads) : Time{});
}

// Scores stay on chip if the runtime has a schedule for it, the tile fits, and this moves data in less time than
// spilling.
template <class T>
void add_scores(Demand<T>& demand, const Kernel& kernel, const AttentionDims& d, const Device& device,
                const Rates<T>& rates) {
    ScoreTraffic<T> chosen = spilled_scores<T>(kernel, d, device, demand.compulsory, rates.cores);
    const ScoreTile tile = score_tile(kernel, d, device, rates.cores);
    if (tile.queries > 0 && may_keep_scores(device, rates.cores)) {
        const ScoreTraffic<T> kept = kept_scores<T>(kernel, d, device, tile);
        if (moving_time<T>(kept, device, rates) <= moving_time<T>(chosen, device, rates)) {
            chosen = kept;
            demand.tile = {tile.queries, d.head_dim, keys_read(d)};
        }
    }
    if (chosen.heads) {
        demand.vector += *chosen.heads;
    }
    demand.read += chosen.read;
    demand.descriptors = chosen.descriptors;
}

}  // namespace

bool may_keep_scores(const Device& device, int cores) {
    const AttentionEngine& engine = *device.attention;
    return engine.keeps_scores &&
           (!engine.keeps_scores_from || room_of_core(device, cores) >= engine.keeps_scores_from->value);
}

Bytes cached_size(const AttentionDims& d, DType weights, std::int64_t group) {
    return stored_size(weights, group) * (static_cast<double>(d.batch * d.kv_heads * keys_read(d)) *
                                          static_cast<double>(d.head_dim + value_width(d)));
}

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
    demand.vector = T::given(scores, "score elements") /
                    (T::profile(engine.per_cycle, "score elements per cycle") * rates.vector_clock);
    demand.engines_serial = true;
    const Bytes read = operands_read(kernel, d);
    const Bytes written = element_size(kernel.output) * static_cast<double>(output_elements(kernel.kind, kernel.dims));
    demand.compulsory = read + written;
    if (kernel.from_cache) {
        (kernel.weights_on_chip ? demand.weights_on_chip : demand.read) +=
            T::given(cached_size(d, kernel.weight, kernel.weight_group), "keys and values in the cache");
        add_activations<T>(demand, kernel, T::given(queries_read(kernel, d), "queries"), T::given(written, "result"));
    } else {
        add_activations<T>(demand, kernel, T::given(read, "queries, keys and values"), T::given(written, "result"));
    }
    add_scores<T>(demand, kernel, computed, device, rates);
    return demand;
}

template Demand<PlainNumbers> attention_demand(const Kernel&, const AttentionDims&, const Device&,
                                               const Rates<PlainNumbers>&);
template Demand<TracedNumbers> attention_demand(const Kernel&, const AttentionDims&, const Device&,
                                                const Rates<TracedNumbers>&);

}  // namespace berth
