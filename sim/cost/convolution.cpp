// Convolution on a multiply-accumulate array: implicit GEMM in which overlapping windows share their input.
#include <algorithm>
#include <cmath>

#include "cost/lowering.h"
#include "cost/rounding.h"
#include "cost/terms.h"
#include "cost/traced.h"

namespace berth {

namespace {

/// Tile of one pass over the weights, in output positions of one image and group.
struct Pass {
    std::int64_t positions = 1;
    std::int64_t passes = 1;  ///< number of passes over one image
    /// mean number of reads of the input; above 1 because windows overlap where two passes meet
    double input_reads = 1;
    bool weights_stay = false;  ///< weights stay resident between passes and images
    Bytes held;                 ///< input bytes resident at a time
};

/// Equivalent two-dimensional convolution with the same work. A 3D convolution becomes one image per output slice,
/// whose channels are those of all input slices under the kernel. In a transposed convolution each input position
/// produces a block of results, each from its share of the kernel (Shi et al. 2016, sub-pixel convolution).
ConvDims as_pictures(ConvDims d) {
    if (d.transposed) {
        const auto share = [&d](std::int64_t& kernel, std::int64_t in, std::int64_t& out) {
            const std::int64_t block = std::max<std::int64_t>(1, out / in);
            kernel = ceil_div(kernel, block);
            out = in;
            d.out_channels *= block;
        };
        share(d.kernel_depth, d.in_depth, d.out_depth);
        share(d.kernel_height, d.in_height, d.out_height);
        share(d.kernel_width, d.in_width, d.out_width);
        d.stride = 1;
        d.transposed = false;
    }
    d.batch *= d.out_depth;
    d.in_channels *= d.kernel_depth;
    d.in_depth = d.kernel_depth = d.out_depth = 1;
    return d;
}

std::int64_t windows(std::int64_t inputs, std::int64_t kernel, std::int64_t stride) {
    return inputs < kernel ? 0 : (inputs - kernel) / stride + 1;
}

// Share of the input rows that are read; with a stride above the kernel height the rows between windows are skipped,
// except by arrays that load tiles of rows as they are.
double share_seen(const ConvDims& d, bool tiles_of_rows) {
    if (tiles_of_rows) {
        return 1;
    }
    const double rows = static_cast<double>(std::min(d.in_height, d.out_height * d.kernel_height));
    return d.kernel_height < d.stride ? rows / static_cast<double>(d.in_height) : 1.0;
}

// Tile of whole input rows, as many as the row tile holds.
Pass pass_of_rows(const ConvDims& d, Bytes row, std::int64_t rows_held) {
    Pass pass;
    const bool all = rows_held >= d.in_height;  // padding takes no space
    const std::int64_t rows =
        all ? d.out_height
            : std::clamp<std::int64_t>(windows(rows_held, d.kernel_height, std::min(d.stride, d.kernel_height)), 1,
                                       d.out_height);
    pass.positions = rows * d.out_width;
    pass.passes = ceil_div(d.out_height, rows);
    const std::int64_t shared = std::max<std::int64_t>(0, d.kernel_height - d.stride);
    pass.input_reads = 1 + static_cast<double>((pass.passes - 1) * shared) / static_cast<double>(d.in_height);
    pass.held = row * static_cast<double>(std::min(rows_held, d.in_height));
    return pass;
}

// Tile of a part of one output row, in multiples of the array's rows.
Pass pass_of_columns(const ConvDims& d, Bytes position, Bytes tile, std::int64_t granule) {
    Pass pass;
    const Bytes column = position * static_cast<double>(std::min(d.kernel_height, d.in_height));
    const auto columns_held = static_cast<std::int64_t>(tile / column);
    const std::int64_t fit = windows(columns_held, d.kernel_width, d.stride);
    const std::int64_t aligned = round_down(fit, granule);
    const std::int64_t columns =
        std::clamp<std::int64_t>(fit >= d.out_width || aligned == 0 ? fit : aligned, 1, d.out_width);
    pass.positions = columns;
    pass.passes = d.out_height * ceil_div(d.out_width, columns);
    const double taken = static_cast<double>((columns - 1) * d.stride + d.kernel_width) /
                         static_cast<double>(columns * std::max(d.stride, std::int64_t{1}));
    const double rows_again = static_cast<double>(std::max(d.kernel_height, d.stride)) / static_cast<double>(d.stride);
    pass.input_reads = std::max(1.0, taken) * (d.out_height > 1 ? rows_again : 1.0);
    pass.held = std::min(tile, column * static_cast<double>((columns - 1) * d.stride + d.kernel_width));
    return pass;
}

// Pass with a fixed row tile. The tile holds input rows as they are, not unrolled patches (im2col). Weights are read
// once if they fit into the rest of the buffer; so are depthwise weights, which stream with their channels.
Pass fixed_tile_pass(const Kernel& kernel, const ConvDims& d, Bytes weights, const Device& device, int cores) {
    const MatrixEngine& matrix = device.matrix;
    const bool lines = d.in_height > 1 && cores > 1 && matrix.image_row_tile && !kernel.library_call;
    const Bytes tile =
        lines ? within_nearest(matrix.image_row_tile->value, device) : row_tile_of(device, kernel.library_call);
    const std::int64_t channels = d.in_channels / d.groups;
    const Bytes position = element_size(kernel.input) * static_cast<double>(channels);
    const Bytes row = position * static_cast<double>(d.in_width);
    const auto rows_held = static_cast<std::int64_t>(tile / row);
    Pass pass = rows_held >= std::min(d.kernel_height, d.in_height)
                    ? pass_of_rows(d, row, rows_held)
                    : pass_of_columns(d, position, tile, matrix.align_m);
    const Bytes buffer = device.memories.empty() ? Bytes{} : device.memories.front().capacity.value;
    if (is_depthwise(d) || weights < buffer - tile - reserved(matrix, multiplied_at(kernel))) {
        pass.weights_stay = true;
    }
    return pass;
}

// Pass without a fixed row tile: the tile of the matmul whose depth is channels x kernel height.
Pass free_tile_pass(const Kernel& kernel, const ConvDims& d, const Device& device) {
    const MatmulDims held{1, d.out_height * d.out_width,
                          std::max<std::int64_t>(1, d.in_channels / d.groups * d.kernel_height),
                          d.out_channels / d.groups};
    const Tile tile = matmul_tile(held, kernel.input, kernel.weight, device, kernel.library_call);
    return {tile.m, tile.weight_reads, static_cast<double>(tile.input_reads), false, Bytes{}};
}

// Padding factor of channels, which are stored in whole blocks; only the few channels of an external image are stored
// interleaved.
double in_blocks(std::int64_t channels, DType dtype, const MatrixEngine& matrix) {
    const auto block =
        matrix.layout_block ? static_cast<std::int64_t>(matrix.layout_block->value / element_size(dtype)) : 1;
    return static_cast<double>(round_up(channels, std::max<std::int64_t>(1, block))) / static_cast<double>(channels);
}
bool from_outside(const ConvDims& d) {
    constexpr std::int64_t kImageChannels = 4;
    return d.in_channels <= kImageChannels && d.kernel_height * d.kernel_width > 1;
}

// Padded depth that a window occupies in the array: channels are padded per tap, or per row of taps for an image.
std::int64_t padded_depth(const ConvDims& d, const MatrixEngine& matrix) {
    const std::int64_t channels = d.in_channels / d.groups;
    if (channels <= matrix.image_channels && !is_depthwise(d)) {
        return d.kernel_height * round_up(channels * d.kernel_width, matrix.align_k);
    }
    return d.kernel_height * d.kernel_width * round_up(channels, matrix.align_k);
}

bool transformed(const ConvDims& d) {
    return d.kernel_height == 3 && d.kernel_width == 3 && d.stride == 1 && !is_depthwise(d);
}

// Array occupancy per output position: depth x columns of each product, padded.
struct PaddedProducts {
    std::int64_t products = 1, depth = 0, columns = 0;
    [[nodiscard]] std::int64_t all() const { return products * depth * columns; }
};

// A depthwise convolution occupies a depth of one channel and lays all channels along the width of the array.
PaddedProducts padded_products(const ConvDims& d, DType dtype, const MatrixEngine& matrix) {
    const std::int64_t columns = is_depthwise(d) ? d.out_channels : d.out_channels / d.groups;
    return {is_depthwise(d) ? 1 : d.groups, at_least_min_depth(padded_depth(d, matrix), dtype, matrix),
            round_up(columns, columns_together(matrix, dtype))};
}

// Packs groups of few channels into block-diagonal products, as many per product as give the least padding.
PaddedProducts packed_products(const ConvDims& d, DType dtype, const MatrixEngine& matrix) {
    PaddedProducts best = padded_products(d, dtype, matrix);
    ConvDims packed = d;
    while (!is_depthwise(d) && packed.groups % 2 == 0) {
        packed.groups /= 2;
        const PaddedProducts now = padded_products(packed, dtype, matrix);
        best = now.all() < best.all() ? now : best;
    }
    return best;
}

template <class T>
Number<T, Operations> padded(const ConvDims& d, const Pass& pass, DType dtype, const MatrixEngine& matrix) {
    const double met = pass.weights_stay ? 1.0 : static_cast<double>(pass.passes);
    const double rows = std::max(static_cast<double>(round_up(d.out_height * d.out_width, matrix.align_m)),
                                 met * static_cast<double>(matrix.min_rows));
    const PaddedProducts packed = packed_products(d, dtype, matrix);
    auto count = T::given(static_cast<double>(d.batch * packed.products), "images and groups");
    if (matrix.winograd && transformed(d)) {
        count = count / T::profile(*matrix.winograd, "MACs saved by Winograd");
    }
    return T::named(count * T::given(operations(rows), "padded positions") *
                        T::given(static_cast<double>(packed.depth), "padded depth") *
                        T::given(static_cast<double>(packed.columns), "padded columns"),
                    "padded MACs");
}

// DMA descriptors of a convolution. With a blocked layout, one per block of channels and pass. Otherwise one for the
// rows and one for the weights per pass, for each packed product, since the channels of different groups lie apart.
double descriptor_count(const Kernel& kernel, const ConvDims& d, const Pass& pass, DType dtype, const Device& device) {
    const double passes = static_cast<double>(d.batch * pass.passes);
    if (device.matrix.layout_block) {
        return passes * std::ceil(element_size(kernel.input) * static_cast<double>(d.in_channels) /
                                  device.matrix.layout_block->value);
    }
    return 2 * passes * static_cast<double>(packed_products(d, dtype, device.matrix).products);
}

// Cores with private buffers split either the output channels, so that each reads the whole input, or the positions, so
// that each reads all weights. The compiler chooses the split that moves less.
struct ConvReads {
    double input = 1, weights = 1;
};
ConvReads conv_reads(Bytes input, Bytes weights, const ConvDims& d, const Pass& pass, int cores) {
    const double images = static_cast<double>(d.batch);
    const double reads = pass.weights_stay ? 1 : images * static_cast<double>(pass.passes);
    const ConvReads by_channels{pass.input_reads * cores, reads};
    const std::int64_t share = ceil_div(d.out_height * d.out_width, cores);
    const double rounds =
        pass.weights_stay ? cores : images * static_cast<double>(ceil_div(share, pass.positions) * cores);
    const ConvReads by_positions{pass.input_reads, rounds};
    const auto moved = [&](const ConvReads& one) { return input * one.input + weights * one.weights; };
    return cores <= 1 || moved(by_channels) <= moved(by_positions) ? by_channels : by_positions;
}

template <class T>
void add_traffic(Demand<T>& demand, const Kernel& kernel, const Number<T, Bytes>& input, Bytes weights, Bytes bias,
                 Bytes output, double weight_reads) {
    (kernel.weights_on_chip ? demand.weights_on_chip : demand.read) +=
        T::given(weights, "weights") * T::factor(weight_reads, "weight reads") + T::given(bias, "bias");
    add_activations<T>(demand, kernel, input, T::given(output, "result"));
}

}  // namespace

template <class T>
Demand<T> conv_demand(const Kernel& kernel, const ConvDims& dims, const Device& device, const Rates<T>& rates) {
    const ConvDims d = as_pictures(dims);
    const auto kernels = static_cast<double>(kernel_elements(dims));
    const double whole_blocks = from_outside(d) ? 1.0 : in_blocks(d.in_channels, kernel.input, device.matrix);
    const double pixels =
        static_cast<double>(input_elements(kernel.kind, kernel.dims)) - (dims.weights ? 0.0 : kernels);
    const bool private_buffers = device.matrix.row_tile.has_value();
    const Bytes input = element_size(kernel.input) * (share_seen(d, private_buffers) * whole_blocks * pixels);
    const Bytes weight = dims.weights ? stored_size(kernel.weight, kernel.weight_group) : element_size(kernel.input);
    const Bytes weights = weight * kernels;
    const Bytes output = element_size(kernel.output) * (in_blocks(d.out_channels, kernel.output, device.matrix) *
                                                        static_cast<double>(output_elements(kernel.kind, kernel.dims)));
    const Bytes bias = d.bias ? bytes(4.0 * static_cast<double>(d.out_channels)) : Bytes{};
    const Pass pass = private_buffers ? fixed_tile_pass(kernel, d, in_buffer(weight, rates.multiplied_at) * kernels,
                                                        device, rates.cores)
                                      : free_tile_pass(kernel, d, device);
    const std::int64_t depth = d.in_channels / d.groups * d.kernel_height * d.kernel_width;
    const std::int64_t weight_passes = pass.weights_stay ? 1 : pass.passes;

    Demand<T> demand;
    demand.macs = macs(kernel.dims);
    demand.padded_macs = padded<T>(d, pass, rates.multiplied_at, device.matrix);
    demand.tile = {
        pass.positions, depth, d.out_channels / d.groups, static_cast<std::int64_t>(std::ceil(pass.input_reads)),
        weight_passes,  1};
    demand.descriptors = descriptor_count(kernel, d, pass, rates.multiplied_at, device);
    if (!is_depthwise(d)) {
        demand.groups =
            weight_groups(kernel, rates.multiplied_at, weight,
                          {depth, d.out_channels / d.groups, d.batch * d.groups * weight_passes, pass.held}, device);
    }
    demand.compulsory = input + weights + bias + output;
    const ConvReads reads = conv_reads(input, weights, d, pass, private_buffers ? rates.cores : 1);
    add_traffic<T>(demand, kernel, T::given(input, "input") * T::factor(reads.input, "input reads"), weights, bias,
                   output, reads.weights);
    return demand;
}

template Demand<PlainNumbers> conv_demand(const Kernel&, const ConvDims&, const Device&, const Rates<PlainNumbers>&);
template Demand<TracedNumbers> conv_demand(const Kernel&, const ConvDims&, const Device&, const Rates<TracedNumbers>&);

std::optional<StridedConvolution> in_two_strides(const Kernel& convolution, const Runtime& runtime) {
    const auto* conv = std::get_if<ConvDims>(&convolution.dims);
    const std::int64_t most = runtime.operators[static_cast<std::size_t>(convolution.kind)].max_stride;
    if (conv == nullptr || conv->transposed || convolution.own_code || conv->stride <= most) {
        return std::nullopt;
    }
    std::int64_t stride = most;
    while (conv->stride % stride != 0) {
        --stride;
    }
    StridedConvolution made{convolution, convolution};
    ConvDims& dense = std::get<ConvDims>(made.dense.dims);
    const auto results = [&](std::int64_t out) { return (out - 1) * (conv->stride / stride) + 1; };
    dense.stride = stride;
    dense.out_height = results(conv->out_height);
    dense.out_width = results(conv->out_width);
    made.dense.output_on_chip = false;
    made.dense.keeps_every = conv->stride / stride;
    ConvDims& kept = std::get<ConvDims>(made.selection.dims);
    kept = {.batch = conv->batch * conv->out_depth, .in_channels = conv->out_channels};
    kept.out_channels = kept.groups = conv->out_channels;
    kept.in_height = dense.out_height;
    kept.in_width = dense.out_width;
    kept.stride = made.dense.keeps_every;
    kept.out_height = conv->out_height;
    kept.out_width = conv->out_width;
    made.selection.input = convolution.output;
    made.selection.input_on_chip = false;
    return made;
}

}  // namespace berth
