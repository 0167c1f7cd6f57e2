// Matmul on a multiply-accumulate array.
#include <algorithm>
#include <cmath>

#include "cost/rounding.h"
#include "cost/terms.h"

namespace berth {

namespace {

Bytes product(std::int64_t a, std::int64_t b, Bytes element) {
    return element * (static_cast<double>(a) * static_cast<double>(b));
}

// Of the second operand: weights as they are stored, scales included, or a second activation.
Bytes operand_size(const Kernel& kernel, const MatmulDims& d) {
    return d.weights ? stored_size(kernel.weight, kernel.weight_group) : element_size(kernel.input);
}

// Each row tile meets every set of weights for at least `min_rows` rows' time; each block of results takes a few steps
// besides those along k.
Operations padded(std::int64_t batch, const MatmulDims& d, std::int64_t row_tiles, DType dtype,
                  const MatrixEngine& matrix) {
    const double rows = std::max(static_cast<double>(round_up(d.m, matrix.align_m)),
                                 static_cast<double>(row_tiles) * static_cast<double>(matrix.min_rows));
    const double extra = matrix.result_steps ? matrix.result_steps->value * (bytes(4) / element_size(dtype)) : 0.0;
    return operations(static_cast<double>(batch) * rows *
                      (static_cast<double>(round_up(d.k, matrix.align_k)) + extra) *
                      static_cast<double>(round_up(d.n, columns_together(matrix, dtype))));
}

// Cores with private buffers either share the columns, and each reads all rows of A, or share the rows, and each reads
// all of B. The compiler takes what moves less.
Bytes shared_over_cores(Bytes a, Bytes b, const MatmulDims& d, const Tile& tile, int cores) {
    const Bytes by_columns = a * static_cast<double>(cores) + b * static_cast<double>(tile.weight_reads);
    const double rounds = static_cast<double>(ceil_div(ceil_div(d.m, cores), tile.m) * cores);
    return std::min(by_columns, a + b * rounds);
}

// A row tile comes in pieces, because the layout keeps only some bytes of a row together. Without such a layout each
// descriptor brings one tile: the row tile once, and its share of the weights per strip that fits beside it.
double descriptor_count(const MatmulDims& d, const Tile& tile, DType input, Bytes weights, const Device& device) {
    if (device.matrix.row_piece) {
        const double pieces =
            std::ceil(element_size(input) * static_cast<double>(d.k) / device.matrix.row_piece->value);
        return static_cast<double>(d.batch * ceil_div(d.m, tile.m)) * pieces;
    }
    const Bytes buffer = device.memories.empty() ? kibibytes(256) : device.memories.front().capacity.value;
    const double strips = std::max(1.0, weights / buffer);
    return static_cast<double>(d.batch) * static_cast<double>(tile.weight_reads) * (1 + strips);
}

}  // namespace

Bytes row_tile_of(const MatrixEngine& matrix, bool library_call) {
    return library_call && matrix.library_row_tile ? matrix.library_row_tile->value : matrix.row_tile->value;
}

Bytes reserved(const MatrixEngine& matrix, DType dtype) {
    const auto& reserve = matrix.reserve[static_cast<std::size_t>(dtype)];
    return reserve ? reserve->value : Bytes{};
}

std::int64_t columns_together(const MatrixEngine& matrix, DType dtype) {
    return std::max<std::int64_t>(1, matrix.align_n[static_cast<std::size_t>(dtype)]);
}

void stream_weights(Demand& demand, const Kernel& kernel, Bytes weight, const StreamedWeights& streamed,
                    const Device& device) {
    const MatrixEngine& matrix = device.matrix;
    if (!matrix.row_tile || device.memories.empty()) {
        return;
    }
    const DType worked_at = multiplied_at(kernel);
    const Bytes buffer = device.memories.front().capacity.value - reserved(matrix, worked_at);
    const double k = static_cast<double>(streamed.k);
    const Bytes all = weight * (k * static_cast<double>(streamed.n));
    if (all <= buffer - row_tile_of(matrix, kernel.library_call)) {
        return;
    }
    const std::int64_t columns = columns_together(matrix, worked_at);
    demand.group = weight * (k * static_cast<double>(columns));
    demand.ahead = std::max(Bytes{}, buffer - streamed.held - demand.group);
    demand.weight_groups = static_cast<double>(streamed.passes) * static_cast<double>(ceil_div(streamed.n, columns));
}

double busiest_share(const MatmulDims& d, const CoreBlock& block, int cores) {
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

Demand matmul_demand(const Kernel& kernel, const MatmulDims& dims, const Device& device, int cores) {
    const MatmulDims d = met_experts(dims);
    Demand demand;
    demand.macs = macs(kernel.dims);
    demand.tile = matmul_tile(d, kernel.input, kernel.weight, device, kernel.library_call);
    demand.padded_macs = padded(d.batch, d, demand.tile.weight_reads, multiplied_at(kernel), device.matrix);
    if (cores > 1 && device.matrix.core_block) {
        demand.busiest = busiest_share(d, *device.matrix.core_block, cores) * static_cast<double>(cores);
    }
    const double batch = static_cast<double>(d.batch);
    const Bytes a = product(d.m, d.k, element_size(kernel.input));
    const Bytes b = product(d.k, d.n, operand_size(kernel, d));
    const Bytes c = product(d.m, d.n, element_size(kernel.output)) * batch;
    const Bytes bias = d.bias ? bytes(4.0 * static_cast<double>(d.n)) : Bytes{};
    demand.descriptors = descriptor_count(d, demand.tile, kernel.input, b, device);
    const Bytes held = element_size(kernel.input) * (static_cast<double>(d.k) * static_cast<double>(demand.tile.m));
    stream_weights(demand, kernel, operand_size(kernel, d), {d.k, d.n, d.batch * demand.tile.weight_reads, held},
                   device);
    demand.compulsory = (a + b) * batch + bias + c;

    const bool private_buffers = device.matrix.row_tile.has_value() && cores > 1;
    const Bytes operands =
        private_buffers
            ? shared_over_cores(a, b, d, demand.tile, cores) * batch
            : (a * static_cast<double>(demand.tile.input_reads) + b * static_cast<double>(demand.tile.weight_reads)) *
                  batch;
    // A second activation, and rows read again, come from where the activations are; weights from DRAM unless they
    // stay.
    const Bytes weight_part = d.weights ? b * (static_cast<double>(demand.tile.weight_reads) * batch) : Bytes{};
    const Bytes activation_part = std::max(Bytes{}, operands - weight_part);
    if (kernel.weights_on_chip) {
        demand.weights_on_chip += weight_part;
    } else {
        demand.dram.read += weight_part + bias;
    }
    if (kernel.wide_output && device.matrix.wide_output) {
        add_activations(demand, kernel, activation_part, Bytes{});
        demand.wide_output = bytes(4.0 * static_cast<double>(d.m) * static_cast<double>(d.n) * batch);
    } else {
        add_activations(demand, kernel, activation_part, c);
    }
    return demand;
}

}  // namespace berth
