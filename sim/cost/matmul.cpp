// Demand of a matmul on a multiply-accumulate array.
#include <algorithm>
#include <cmath>

#include "cost/rounding.h"
#include "cost/terms.h"
#include "cost/traced.h"

namespace berth {

namespace {

Bytes product(std::int64_t a, std::int64_t b, Bytes element) {
    return element * (static_cast<double>(a) * static_cast<double>(b));
}

// Bytes per element of the second operand as stored, scales included: weights, an activation, or cached keys or values.
Bytes operand_size(const Kernel& kernel, const MatrixEngine& matrix) {
    return matrix.group_scale && kernel.weight_group > 0
               ? element_size(kernel.weight) + matrix.group_scale->value / static_cast<double>(kernel.weight_group)
               : stored_size(kernel.weight, kernel.weight_group);
}

// Splits a product that exceeds the runtime's limits into a batch of equal pieces; remainders pad the last piece.
MatmulDims in_pieces(MatmulDims d, const ProductCut& cut) {
    d.m = ceil_div(d.m, cut.of(ProductDim::kM));
    d.k = ceil_div(d.k, cut.of(ProductDim::kK));
    d.n = ceil_div(d.n, cut.of(ProductDim::kN));
    d.batch *= cut.count();
    return d;
}

// Adding up pieces along k: their 32-bit partial sums are read back, added and written as the result.
template <class T>
void add_up_pieces(Demand<T>& demand, const Kernel& kernel, const MatmulDims& whole, const Device& device,
                   const Rates<T>& rates) {
    const std::int64_t pieces = kernel.cut.of(ProductDim::kK);
    if (pieces <= 1) {
        return;
    }
    const double results =
        static_cast<double>(whole.batch) * static_cast<double>(whole.m) * static_cast<double>(whole.n);
    const auto sums = T::given(bytes(4.0 * results), "partial sums of a piece") *
                      T::factor(static_cast<double>(pieces), "pieces of k");
    demand.read += sums;
    demand.written += sums;
    const VectorRate& adds = device.vector[static_cast<std::size_t>(VectorClass::kElementwise)];
    demand.vector += T::given(operations(results), "results") *
                     T::factor(static_cast<double>(pieces - 1), "additions") /
                     (T::profile(adds.per_cycle, "elements per cycle") * rates.element_clock);
}

// Partial sums of weights with group scales: one per result and group.
template <class T>
Number<T, Operations> sums_of_groups(const Kernel& kernel, const MatmulDims& d) {
    if (!d.weights || kernel.weight_group <= 0) {
        return {};
    }
    const double results = static_cast<double>(d.batch) * static_cast<double>(d.m) * static_cast<double>(d.n);
    return T::given(operations(results), "results") *
           T::given(static_cast<double>(ceil_div(d.k, kernel.weight_group)), "groups of weights");
}

// Padded MACs. Each row tile occupies the array for at least `min_rows` rows per set of weights, and each block of
// results adds a few steps to those along k.
template <class T>
Number<T, Operations> padded(const MatmulDims& d, std::int64_t row_tiles, DType dtype, const MatrixEngine& matrix) {
    const double rows = std::max(static_cast<double>(round_up(d.m, matrix.align_m)),
                                 static_cast<double>(row_tiles) * static_cast<double>(matrix.min_rows));
    auto depth =
        T::given(static_cast<double>(at_least_min_depth(round_up(d.k, matrix.align_k), dtype, matrix)), "padded depth");
    if (matrix.result_steps) {
        depth += T::profile(*matrix.result_steps, "result steps") *
                 T::factor(bytes(4) / element_size(dtype), "elements per step");
    }
    return T::named(T::given(operations(static_cast<double>(d.batch) * rows), "padded rows") * depth *
                        T::given(static_cast<double>(round_up(d.n, columns_together(matrix, dtype))), "padded columns"),
                    "padded MACs");
}

// Cores with private buffers split either the columns, so that each reads all rows of A, or the rows, so that each
// reads all of B. The compiler chooses the split that moves less.
struct Reads {
    double rows = 1, weights = 1;
};
Reads reads_of(Bytes a, Bytes b, const MatmulDims& d, const Tile& tile, const Device& device, int cores) {
    const Reads alone{static_cast<double>(tile.input_reads), static_cast<double>(tile.weight_reads)};
    if (!device.matrix.row_tile || cores <= 1) {
        return alone;
    }
    const Reads by_columns{static_cast<double>(cores), alone.weights};
    const Reads by_rows{1, static_cast<double>(ceil_div(ceil_div(d.m, cores), tile.m) * cores)};
    return a * by_columns.rows + b * by_columns.weights <= a + b * by_rows.weights ? by_columns : by_rows;
}

/// Size of each operand, moved once, for all products of a batch.
struct MatmulBytes {
    Bytes input, second, result, bias;
};

// Second-operand activations and repeated reads are served by the level that holds the activations; weights, and keys
// and values in a cache, come from DRAM unless they are resident.
template <class T>
void add_traffic(Demand<T>& demand, const Kernel& kernel, const MatmulDims& d, const MatmulBytes& once,
                 const Reads& reads, const Device& device) {
    auto activations = T::given(once.input, "input") * T::factor(reads.rows, "input reads");
    if (d.weights) {
        const double alone = static_cast<double>(demand.tile.weight_reads);
        (kernel.weights_on_chip ? demand.weights_on_chip : demand.read) +=
            T::given(once.second, "weights") * T::factor(alone, "weight reads");
        activations += T::given(once.second * (reads.weights - alone), "weights read again by other cores");
    } else if (kernel.from_cache) {
        (kernel.weights_on_chip ? demand.weights_on_chip : demand.read) +=
            T::given(once.second, "keys or values in the cache");
        activations += T::given(once.second, "keys or values") * T::factor(reads.weights - 1, "reads after the first");
    } else {
        activations += T::given(once.second, "second input") * T::factor(reads.weights, "reads of the second input");
    }
    if (!kernel.weights_on_chip) {
        demand.read += T::given(once.bias, "bias");
    }
    const bool at_own_rate = kernel.keeps_accumulators && d.m > device.matrix.result_rows &&
                             accumulator_rate(device.matrix, kernel.output).has_value();
    add_activations<T>(demand, kernel, activations, at_own_rate ? Number<T, Bytes>{} : T::given(once.result, "result"));
    if (at_own_rate) {
        demand.accumulators = T::given(once.result, "accumulators");
    }
}

}  // namespace

const std::optional<Parameter<Bandwidth>>& accumulator_rate(const MatrixEngine& matrix, DType result) {
    if (result == DType::kFp16) {
        return matrix.int16_output;  // sums of int4 products are 16 bits wide, the size of fp16
    }
    return result == DType::kFp32 && matrix.fp32_output ? matrix.fp32_output : matrix.int32_output;
}

// DMA descriptors of a product. A blocked layout keeps only a few bytes of a row contiguous, so a row tile takes one
// descriptor per block. Otherwise each descriptor brings one tile: one for the row tile, and one per strip of weights
// that fits beside it.
double descriptor_count(const MatmulDims& d, const Tile& tile, DType input, Bytes weights, const Device& device) {
    if (device.matrix.layout_block) {
        const double pieces =
            std::ceil(element_size(input) * static_cast<double>(d.k) / device.matrix.layout_block->value);
        return static_cast<double>(d.batch * ceil_div(d.m, tile.m)) * pieces;
    }
    const double strips =
        device.memories.empty() ? 1.0 : std::max(1.0, weights / device.memories.front().capacity.value);
    return static_cast<double>(d.batch) * static_cast<double>(tile.weight_reads) * (1 + strips);
}

std::int64_t at_least_min_depth(std::int64_t depth, DType dtype, const MatrixEngine& matrix) {
    return matrix.min_depth ? std::max(depth, static_cast<std::int64_t>(matrix.min_depth->value / element_size(dtype)))
                            : depth;
}

Bytes within_nearest(Bytes tile, const Device& device) {
    return device.memories.empty() ? tile : std::min(tile, device.memories.front().capacity.value);
}

Bytes row_tile_of(const Device& device, bool library_call) {
    const MatrixEngine& matrix = device.matrix;
    return within_nearest(
        library_call && matrix.library_row_tile ? matrix.library_row_tile->value : matrix.row_tile->value, device);
}

Bytes reserved(const MatrixEngine& matrix, DType dtype) {
    const auto& reserve = matrix.reserve[static_cast<std::size_t>(dtype)];
    return reserve ? reserve->value : Bytes{};
}

std::int64_t columns_together(const MatrixEngine& matrix, DType dtype) {
    return std::max<std::int64_t>(1, matrix.align_n[static_cast<std::size_t>(dtype)]);
}

Bytes in_buffer(Bytes stored, DType multiplied_at) { return std::max(stored, element_size(multiplied_at)); }

WeightGroups weight_groups(const Kernel& kernel, DType multiplied_at, Bytes weight, const StreamedWeights& streamed,
                           const Device& device) {
    const MatrixEngine& matrix = device.matrix;
    if (!matrix.row_tile || device.memories.empty()) {
        return {};
    }
    const Bytes buffer = device.memories.front().capacity.value - reserved(matrix, multiplied_at);
    const double k = static_cast<double>(streamed.k);
    const Bytes widened = in_buffer(weight, multiplied_at);
    const Bytes all = widened * (k * static_cast<double>(streamed.n));
    if (all < buffer - row_tile_of(device, kernel.library_call)) {
        return {};
    }
    const std::int64_t columns = columns_together(matrix, multiplied_at);
    const double elements = k * static_cast<double>(columns);
    const Bytes room = std::max(Bytes{}, buffer - streamed.held - widened * elements);
    return {static_cast<double>(streamed.passes) * static_cast<double>(ceil_div(streamed.n, columns)),
            weight * elements, room * (weight / widened)};
}

double largest_share(const MatmulDims& d, const CoreBlock& block, int cores) {
    const double even = 1 / static_cast<double>(cores);
    const auto in_blocks = [cores](std::int64_t size, std::int64_t of) {
        return std::min(1.0, static_cast<double>(ceil_div(ceil_div(size, of), cores) * of) / static_cast<double>(size));
    };
    if (d.batch > 1) {
        return even;
    }
    const std::int64_t columns = ceil_div(d.n, block.columns);
    if (columns < cores) {
        return d.m >= block.rows ? even : in_blocks(d.m, ceil_div(block.rows, cores));
    }
    const bool goes_round = columns % cores == 0;
    return goes_round || d.m / cores < block.rows ? in_blocks(d.n, block.columns) : even;
}

template <class T>
Demand<T> matmul_demand(const Kernel& kernel, const MatmulDims& dims, const Device& device, const Rates<T>& rates) {
    const MatmulDims whole = met_experts(dims);
    const MatmulDims d = in_pieces(whole, kernel.cut);
    Demand<T> demand;
    demand.macs = macs(kernel.dims);
    demand.tile = matmul_tile(d, kernel.input, kernel.weight, device, kernel.library_call);
    demand.padded_macs = padded<T>(d, demand.tile.weight_reads, rates.multiplied_at, device.matrix);
    if (rates.cores > 1 && device.matrix.core_block) {
        demand.imbalance = largest_share(d, *device.matrix.core_block, rates.cores) * rates.cores;
    }
    const double batch = static_cast<double>(d.batch);
    const Bytes a = product(d.m, d.k, element_size(kernel.input));
    const Bytes weight = operand_size(kernel, device.matrix);
    const Bytes b = product(d.k, d.n, weight);
    const Bytes c = product(whole.m, whole.n, element_size(kernel.output)) * static_cast<double>(whole.batch);
    const Bytes bias = d.bias ? bytes(4.0 * static_cast<double>(whole.n)) : Bytes{};
    demand.descriptors = descriptor_count(d, demand.tile, kernel.input, b, device);
    const Bytes held = element_size(kernel.input) * (static_cast<double>(d.k) * static_cast<double>(demand.tile.m));
    demand.groups = weight_groups(kernel, rates.multiplied_at, weight,
                                  {d.k, d.n, d.batch * demand.tile.weight_reads, held}, device);
    demand.group_sums = sums_of_groups<T>(kernel, d);
    add_up_pieces<T>(demand, kernel, whole, device, rates);
    demand.compulsory = (a + b) * batch + bias + c;
    add_traffic<T>(demand, kernel, d, {a * batch, b * batch, c, bias},
                   reads_of(a, b, d, demand.tile, device, rates.cores), device);
    return demand;
}

template Demand<PlainNumbers> matmul_demand(const Kernel&, const MatmulDims&, const Device&,
                                            const Rates<PlainNumbers>&);
template Demand<TracedNumbers> matmul_demand(const Kernel&, const MatmulDims&, const Device&,
                                             const Rates<TracedNumbers>&);

}  // namespace berth
