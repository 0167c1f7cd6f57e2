// Layers of a compiled graph as the runtime's profiler lists them: types, shapes, clock, cores and the compiler's own
// cycle estimates.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "calibration/measured_rows.h"

namespace berth {

namespace {

/// What the profiler calls a layer, and what it is here.
struct LayerType {
    std::string_view name;
    OperatorKind kind;
    std::optional<OperatorKind> follower;
};
constexpr std::array<LayerType, 10> kLayerTypes{{
    {"Conv", OperatorKind::kMatmul, std::nullopt},
    {"ConvAdd", OperatorKind::kMatmul, OperatorKind::kAdd},
    {"ConvExGelu", OperatorKind::kMatmul, OperatorKind::kGelu},
    {"exSDPAttention", OperatorKind::kAttention, std::nullopt},
    {"exNorm", OperatorKind::kLayerNorm, std::nullopt},
    {"Add", OperatorKind::kAdd, std::nullopt},
    {"Mul", OperatorKind::kMul, std::nullopt},
    {"Transpose", OperatorKind::kTranspose, std::nullopt},
    {"Split", OperatorKind::kSplit, std::nullopt},
    {"Reshape", OperatorKind::kReshape, std::nullopt},
}};

const LayerType* layer_type(std::string_view name) {
    const auto found = std::find_if(kLayerTypes.begin(), kLayerTypes.end(),
                                    [name](const LayerType& type) { return type.name == name; });
    return found != kLayerTypes.end() ? &*found : nullptr;
}

// "8,64,1,1000": batch or heads, channels, height, width; positions stand along the width. Graphs take and give tensors
// of three sizes row by row.
std::vector<std::int64_t> shape_in(const MeasuredTable& table, const CsvRow& row,
                                   std::string_view column = "input_shape_nchw") {
    std::vector<std::int64_t> shape;
    const std::string_view text = table.text(row, column);
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        std::int64_t size = 0;
        const auto [stop, failure] = std::from_chars(text.data() + at, text.data() + end, size);
        if (failure != std::errc{} || stop != text.data() + end || size < 1) {
            table.error(row, column, fmt::format("'{}' is no shape", text), "sizes such as 1,512,1,1000");
            return {1, 1};
        }
        shape.push_back(size);
        at = end + 1;
    }
    return shape;
}

std::int64_t product_of(const std::vector<std::int64_t>& sizes) {
    std::int64_t product = 1;
    for (const std::int64_t size : sizes) {
        product *= size;
    }
    return product;
}

// The profiler counts what a layer reads: an addition of two tensors reads twice as much as one of a constant.
std::int64_t tensors_read(const MeasuredTable& table, const CsvRow& row, double elements, DType dtype) {
    const Bytes read = kibibytes(table.number(row, "rw_kb").value_or(0));
    return std::max<std::int64_t>(1, std::llround(in_bytes(read) / (elements * in_bytes(element_size(dtype)))));
}

MatmulDims matmul_of(const MeasuredTable& table, const CsvRow& row) {
    MatmulDims dims;
    dims.m = table.count(row, "m");
    dims.k = table.count(row, "k");
    dims.n = table.count(row, "n");
    dims.bias = true;
    return dims;
}

// Convolutions of one tap are matmuls over positions; absent for those.
std::optional<ConvDims> convolution_of(const MeasuredTable& table, const CsvRow& row) {
    constexpr std::size_t kSizes = 4;
    constexpr std::string_view kWeight = "weight_shape_oihw";
    if (!table.has(kWeight) || table.text(row, kWeight).empty()) {
        return std::nullopt;
    }
    const auto weight = shape_in(table, row, kWeight);
    const auto in = shape_in(table, row);
    const auto out = shape_in(table, row, "output_shape_nchw");
    if (weight.size() != kSizes || in.size() != kSizes || out.size() != kSizes || weight[2] * weight[3] == 1) {
        return std::nullopt;
    }
    ConvDims dims;
    dims.batch = in[0];
    dims.in_channels = in[1];
    dims.in_height = in[2];
    dims.in_width = in[3];
    dims.out_channels = weight[0];
    dims.groups = in[1] / weight[1];
    dims.kernel_height = weight[2];
    dims.kernel_width = weight[3];
    dims.out_height = out[2];
    dims.out_width = out[3];
    dims.stride = std::max<std::int64_t>(1, in[3] / out[3]);
    dims.bias = true;
    return dims;
}

// Channels that lie together per position: all in the runtime's own layout of four sizes, one where a tensor lies row
// by row.
std::int64_t channels_together(const std::vector<std::int64_t>& shape) { return shape.size() == 4 ? shape[1] : 1; }

Dims dims_of(const MeasuredTable& table, const CsvRow& row, const LayerType& type, DType dtype) {
    if (type.kind == OperatorKind::kMatmul) {
        if (const auto convolution = convolution_of(table, row)) {
            return *convolution;
        }
        return matmul_of(table, row);
    }
    const auto shape = shape_in(table, row);
    if (type.kind == OperatorKind::kAttention) {
        const std::int64_t width = shape.size() > 1 ? shape[1] : 1;
        return AttentionDims{1, shape.front(), shape.front(), shape.back(), shape.back(), width};
    }
    RowsDims dims;
    dims.rows = shape.back();
    dims.cols = product_of(shape) / shape.back();
    if (type.kind == OperatorKind::kAdd || type.kind == OperatorKind::kMul) {
        dims.inputs = tensors_read(table, row, static_cast<double>(product_of(shape)), dtype);
    }
    dims.affine = type.kind == OperatorKind::kLayerNorm;
    if (type.kind == OperatorKind::kReshape) {
        dims.run = channels_together(shape);
        dims.out_run = channels_together(shape_in(table, row, "output_shape_nchw"));
    }
    return dims;
}

// What a follower of a matmul or convolution works on.
RowsDims result_of(const Dims& dims, std::int64_t inputs) {
    if (const auto* conv = std::get_if<ConvDims>(&dims)) {
        return {conv->batch * conv->out_height * conv->out_width, conv->out_channels, inputs};
    }
    const auto& matmul = std::get<MatmulDims>(dims);
    return {matmul.m, matmul.n, inputs};
}

// Where a layer ran is known, so the profile's rules about support are not asked; those about cores and fusion are.
// Absent if this runtime does not fuse the pair.
std::optional<Kernel> kernel_of(const LayerType& type, const Dims& dims, DType dtype, const Runtime& runtime) {
    Kernel kernel;
    kernel.kind = type.kind;
    kernel.dims = dims;
    kernel.input = kernel.weight = kernel.output = dtype;
    kernel.multi_core = runtime.operators[static_cast<std::size_t>(type.kind)].multi_core;
    if (!type.follower) {
        return kernel;
    }
    const std::vector<OperatorKind> pair{type.kind, *type.follower};
    const auto rule = std::find_if(runtime.fuses.begin(), runtime.fuses.end(),
                                   [&pair](const FusionRule& one) { return one.pattern == pair; });
    if (rule == runtime.fuses.end()) {
        return std::nullopt;
    }
    const std::int64_t inputs = *type.follower == OperatorKind::kAdd ? 2 : 1;
    kernel.followers[kernel.follower_count++] = {*type.follower, result_of(dims, inputs),
                                                 rule->traffic ? rule->traffic->value : 0.0};
    kernel.multi_core = kernel.multi_core && rule->multi_core;
    return kernel;
}

std::string class_name(const LayerType& type) {
    const std::string name(traits(type.kind).name);
    return type.follower ? fmt::format("{} + {}", name, traits(*type.follower).name) : name;
}

// The compiler's estimates are for one core: the longer of its memory and array cycles.
std::optional<Time> vendor_estimate(const MeasuredTable& table, const CsvRow& row, std::int64_t cores,
                                    Frequency clock) {
    const auto memory = table.number(row, "vendor_est_ddr_cycles");
    const auto array = table.number(row, "vendor_est_npu_cycles");
    return memory && array && cores == 1 ? std::optional(std::max(*memory, *array) / clock) : std::nullopt;
}

}  // namespace

void read_layer_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile, MeasuredSet& set) {
    const Runtime& runtime = profile.devices[static_cast<std::size_t>(source.device)].runtime;
    for (const CsvRow& row : table.rows()) {
        const std::int64_t cores = table.count(row, "cores");
        const std::int64_t clock_mhz = table.count(row, "npu_mhz");
        const std::string_view type_name = table.text(row, "op_type");
        MeasuredRow measured;
        measured.name = fmt::format("{} {}, {} {}, {} MHz", table.text(row, "layer"), type_name, cores,
                                    cores == 1 ? "core" : "cores", clock_mhz);
        const LayerType* listed = layer_type(type_name);
        const auto dtype = dtype_in(table, row, "dtype");
        if (listed == nullptr || !dtype) {
            set.left_out.push_back(fmt::format("{}: no operator of a graph", measured.name));
            continue;
        }
        const Dims dims = dims_of(table, row, *listed, *dtype);
        LayerType type = *listed;
        if (std::holds_alternative<ConvDims>(dims)) {
            type.kind = OperatorKind::kConv2d;
        }
        const auto kernel = kernel_of(type, dims, *dtype, runtime);
        if (!kernel) {
            set.left_out.push_back(
                fmt::format("{}: {} does not fuse {}", measured.name, runtime.name, class_name(type)));
            continue;
        }
        const Frequency clock = megahertz(static_cast<double>(clock_mhz));
        measured.op_class = class_name(type);
        measured.dtype = *dtype;
        measured.device = source.device;
        measured.work = TimedKernel{*kernel, {static_cast<int>(cores), clock}, false};
        measured.measured = table.microseconds_in(row, "measured_us");
        measured.vendor_estimate = vendor_estimate(table, row, cores, clock);
        set.rows.push_back(std::move(measured));
    }
}

}  // namespace berth
