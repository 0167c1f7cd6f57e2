// Matmul and convolution on a multiply-accumulate array.
#include <algorithm>

#include "cost/rounding.h"
#include "cost/terms.h"

namespace berth {

namespace {

Bytes product(std::int64_t a, std::int64_t b, Bytes element) {
    return element * (static_cast<double>(a) * static_cast<double>(b));
}

Operations padded(std::int64_t batch, const MatmulDims& d, const MatrixEngine& matrix) {
    return operations(static_cast<double>(batch) * static_cast<double>(round_up(d.m, matrix.align_m)) *
                      static_cast<double>(round_up(d.k, matrix.align_k)) *
                      static_cast<double>(round_up(d.n, matrix.align_n)));
}

// Cores with private buffers either share the columns, and each reads all rows of A, or share the rows, and each reads
// all of B. The compiler takes what moves less.
Bytes shared_over_cores(Bytes a, Bytes b, const MatmulDims& d, const Tile& tile, int cores) {
    const Bytes by_columns = a * static_cast<double>(cores) + b * static_cast<double>(tile.weight_reads);
    const double rounds = static_cast<double>(ceil_div(ceil_div(d.m, cores), tile.m) * cores);
    return std::min(by_columns, a + b * rounds);
}

// Each descriptor brings one tile: the row tile once, and its share of the weights per strip that fits beside it.
double descriptor_count(const MatmulDims& d, const Tile& tile, Bytes weights, const Device& device) {
    const Bytes buffer = device.memories.empty() ? kibibytes(256) : device.memories.front().capacity.value;
    const double strips = std::max(1.0, weights / buffer);
    return static_cast<double>(d.batch) * static_cast<double>(tile.weight_reads) * (1 + strips);
}

}  // namespace

Demand matmul_demand(const Kernel& kernel, const MatmulDims& d, const Device& device, int cores) {
    Demand demand;
    demand.macs = macs(kernel.dims);
    demand.padded_macs = padded(d.batch, d, device.matrix);
    demand.tile = matmul_tile(d, kernel.input, kernel.weight, device);
    const double batch = static_cast<double>(d.batch);
    const Bytes a = product(d.m, d.k, element_size(kernel.input));
    const Bytes b = product(d.k, d.n, element_size(d.weights ? kernel.weight : kernel.input));
    const Bytes c = product(d.m, d.n, element_size(kernel.output)) * batch;
    const Bytes bias = d.bias ? bytes(4.0 * static_cast<double>(d.n)) : Bytes{};
    demand.descriptors = descriptor_count(d, demand.tile, b, device);
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
        demand.on_chip += weight_part;
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

Demand conv_demand(const Kernel& kernel, const ConvDims& d, const Device& device) {
    const std::int64_t positions = d.batch * d.out_height * d.out_width;
    const std::int64_t taps = d.kernel_height * d.kernel_width;
    const std::int64_t group_inputs = d.in_channels / d.groups;
    const std::int64_t group_outputs = d.out_channels / d.groups;
    const MatrixEngine& matrix = device.matrix;
    Demand demand;
    demand.macs = macs(kernel.dims);
    if (group_inputs == 1) {  // depthwise: the array's depth holds one input channel, its width all output channels
        demand.padded_macs = operations(
            static_cast<double>(round_up(positions, matrix.align_m)) * static_cast<double>(taps * matrix.align_k) *
            static_cast<double>(round_up(d.out_channels, matrix.align_n)) / static_cast<double>(matrix.align_n));
    } else {
        const MatmulDims implicit{1, positions, group_inputs * taps, group_outputs};
        demand.padded_macs = padded(d.groups, implicit, matrix);
    }
    // Input rows are reused by overlapping windows, so a row tile holds input channels, not unrolled patches.
    const MatmulDims held{1, positions, std::max<std::int64_t>(1, group_inputs * d.kernel_height), group_outputs};
    demand.tile = matmul_tile(held, kernel.input, kernel.weight, device);
    const Bytes input = element_size(kernel.input) * static_cast<double>(input_elements(kernel.kind, kernel.dims));
    const Bytes weights = element_size(kernel.weight) * static_cast<double>(matrix_elements(kernel.dims));
    const Bytes output = element_size(kernel.output) * static_cast<double>(output_elements(kernel.kind, kernel.dims));
    demand.descriptors = descriptor_count(held, demand.tile, weights, device);
    demand.compulsory = input + weights + output;
    const Bytes weight_part = weights * static_cast<double>(demand.tile.weight_reads);
    (kernel.weights_on_chip ? demand.on_chip : demand.dram.read) += weight_part;
    add_activations(demand, kernel, input * static_cast<double>(demand.tile.input_reads), output);
    return demand;
}

}  // namespace berth
