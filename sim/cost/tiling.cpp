// Tile of a matmul under a level's capacity, and the resulting operand reads.
#include <algorithm>
#include <cmath>

#include "berth/cost/cost.h"
#include "cost/rounding.h"
#include "cost/terms.h"

namespace berth {

namespace {

// Accumulators are 32 bits wide, whatever the operand dtypes.
constexpr double kAccumulatorBytes = 4;

struct Operands {
    double input, weight, capacity;  // bytes per element, bytes
};

// Fixed row tile: the hardware holds a fixed amount of input rows and streams all weights past them, once per row tile.
// Weights that fit into the rest of the buffer stay resident.
Tile row_tile(const MatmulDims& d, double input, double weight, Bytes reserve, const Device& device,
              bool library_call) {
    const MatrixEngine& matrix = device.matrix;
    const double held = in_bytes(row_tile_of(device, library_call));
    const auto fit = static_cast<std::int64_t>(held / (static_cast<double>(d.k) * input));
    const std::int64_t aligned = round_down(fit, matrix.align_m);
    Tile tile{std::clamp<std::int64_t>(fit >= d.m || aligned == 0 ? fit : aligned, 1, d.m), d.k, d.n};
    const double buffer = device.memories.empty() ? 0 : in_bytes(device.memories.front().capacity.value);
    const double weights = static_cast<double>(d.k) * static_cast<double>(d.n) * weight;
    tile.weight_reads = weights < buffer - held - in_bytes(reserve) ? 1 : ceil_div(d.m, tile.m);
    return tile;
}

// Input-stationary: rows of A stay while all of B streams past in double-buffered strips of `align` columns.
Tile input_stationary(const MatmulDims& d, const Operands& o, std::int64_t align) {
    const double k = static_cast<double>(d.k);
    const double strip = static_cast<double>(std::min(align, d.n));
    const double fit = (o.capacity - 2 * strip * k * o.weight) / (k * o.input + strip * kAccumulatorBytes);
    Tile tile{std::min(d.m, static_cast<std::int64_t>(std::max(0.0, fit))), d.k, std::min(align, d.n)};
    tile.weight_reads = tile.m > 0 ? ceil_div(d.m, tile.m) : 0;
    return tile;
}

// Weight-stationary: columns of B stay while all of A streams past.
Tile weight_stationary(const MatmulDims& d, const Operands& o, std::int64_t align) {
    const double k = static_cast<double>(d.k);
    const double strip = static_cast<double>(std::min(align, d.m));
    const double fit = (o.capacity - 2 * strip * k * o.input) / (k * o.weight + strip * kAccumulatorBytes);
    Tile tile{std::min(align, d.m), d.k, std::min(d.n, static_cast<std::int64_t>(std::max(0.0, fit)))};
    tile.input_reads = tile.n > 0 ? ceil_div(d.n, tile.n) : 0;
    return tile;
}

// Output-stationary: a block of C stays while k streams past; a near-square block is the best of this family (Smith et
// al. 2019).
Tile output_stationary(const MatmulDims& d, const Operands& o, std::int64_t align) {
    const std::int64_t depth = std::min(align, d.k);
    const double strip = 2 * static_cast<double>(depth) * std::max(o.input, o.weight);
    // Edge e of the square whose accumulators and operand strips fill the level: 4 e^2 + 2 strip e = capacity.
    const double half = strip / kAccumulatorBytes;
    const double side = std::sqrt(o.capacity / kAccumulatorBytes + half * half) - half;
    const auto edge = std::max(std::int64_t{1}, static_cast<std::int64_t>(side));
    Tile tile{std::min(edge, d.m), depth, std::min(edge, d.n)};
    if (tile.m == d.m && tile.m > 0) {
        const double columns =
            (o.capacity - strip * static_cast<double>(d.m)) / (kAccumulatorBytes * static_cast<double>(d.m) + strip);
        tile.n = std::min(d.n, std::max(tile.n, static_cast<std::int64_t>(columns)));
    }
    tile.input_reads = ceil_div(d.n, tile.n);
    tile.weight_reads = ceil_div(d.m, tile.m);
    return tile;
}

double moved(const MatmulDims& d, const Operands& o, const Tile& tile) {
    if (tile.m <= 0 || tile.n <= 0) {
        return std::numeric_limits<double>::infinity();
    }
    const double a = static_cast<double>(d.m) * static_cast<double>(d.k) * o.input;
    const double b = static_cast<double>(d.k) * static_cast<double>(d.n) * o.weight;
    return a * static_cast<double>(tile.input_reads) + b * static_cast<double>(tile.weight_reads);
}

}  // namespace

Tile matmul_tile(const MatmulDims& dims, DType input, DType weight, const Device& device, bool library_call) {
    const MatrixEngine& matrix = device.matrix;
    const double element = in_bytes(element_size(input));
    if (matrix.row_tile) {
        return row_tile(dims, element, in_bytes(in_buffer(element_size(weight), input)), reserved(matrix, input),
                        device, library_call);
    }
    if (device.memories.empty()) {
        Tile whole{dims.m, dims.k, dims.n};
        return whole;
    }
    const Operands operands{element, in_bytes(element_size(weight)), in_bytes(device.memories.back().capacity.value)};
    Tile best = output_stationary(dims, operands, matrix.align_k);
    for (const Tile& tile : {input_stationary(dims, operands, columns_together(matrix, input)),
                             weight_stationary(dims, operands, matrix.align_m)}) {
        if (moved(dims, operands, tile) < moved(dims, operands, best)) {
            best = tile;
        }
    }
    return best;
}

}  // namespace berth
