// Layers of a compiled graph from the runtime's profiler: types, shapes, clock, cores and the compiler's own cycle
// estimates.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "berth/base/quantity_text.h"
#include "calibration/layer_types.h"
#include "calibration/measured_rows.h"
#include "cost/lowering.h"

namespace berth {

namespace {

constexpr std::string_view kInput = "input_shape_nchw";
constexpr std::string_view kWeight = "weight_shape_oihw";
constexpr std::string_view kOutput = "output_shape_nchw";

using Shape = std::vector<std::int64_t>;

std::int64_t product_of(const Shape& sizes) {
    std::int64_t product = 1;
    for (const std::int64_t size : sizes) {
        product *= size;
    }
    return product;
}

std::optional<Shape> parsed_shape(std::string_view text) {
    Shape shape;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        std::int64_t size = 0;
        const auto [stop, failure] = std::from_chars(text.data() + at, text.data() + end, size);
        if (failure != std::errc{} || stop != text.data() + end || size < 1) {
            return std::nullopt;
        }
        shape.push_back(size);
        at = end + 1;
    }
    return shape;
}

// Shapes such as "8,64,1,1000": batch or heads, channels, height, width, with positions along the width. Graph inputs
// and outputs have three sizes in row-major order. Several shapes are separated by semicolons; `...` replaces those
// that a log omits.
struct Shapes {
    std::vector<Shape> listed;
    bool more = false;
};
Shapes shapes_in(const MeasuredTable& table, const CsvRow& row, std::string_view column) {
    Shapes shapes;
    const std::string_view text = table.text(row, column);
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(';', at), text.size());
        const std::string_view one = text.substr(at, end - at);
        if (one == "...") {
            shapes.more = true;
        } else if (auto shape = parsed_shape(one)) {
            shapes.listed.push_back(std::move(*shape));
        } else if (one != "0" && !one.empty()) {  // sizes of a resize, which the log does not contain
            table.error(row, column, fmt::format("'{}' is no shape", one), "sizes such as 1,512,1,1000");
        }
        at = end + 1;
    }
    if (shapes.listed.empty()) {
        table.error(row, column, fmt::format("'{}' is no shape", text), "sizes such as 1,512,1,1000");
        shapes.listed.push_back({1, 1});
    }
    return shapes;
}
Shape shape_in(const MeasuredTable& table, const CsvRow& row, std::string_view column) {
    return shapes_in(table, row, column).listed.front();
}

// Counter of the profiler; absent if it is zero or the table has no such column.
std::optional<double> counted(const MeasuredTable& table, const CsvRow& row, std::string_view column) {
    const bool none = !table.has(column) || parse_number(table.text(row, column)) == 0.0;
    return none ? std::nullopt : table.number(row, column);
}

// Number of tensors read, from the profiler's traffic counter: adding two tensors reads twice as much as adding a
// constant.
std::int64_t tensors_read(const MeasuredTable& table, const CsvRow& row, double elements, DType dtype) {
    const Bytes read = kibibytes(counted(table, row, "rw_kb").value_or(0));
    return std::max<std::int64_t>(1, std::llround(in_bytes(read) / (elements * in_bytes(element_size(dtype)))));
}

// Number of operands of full size; smaller ones are broadcast and negligible.
std::int64_t operands_of(const MeasuredTable& table, const CsvRow& row, const Shapes& in, double elements,
                         DType dtype) {
    if (in.listed.size() == 1 && !in.more) {
        return tensors_read(table, row, elements, dtype);
    }
    const auto whole = std::ranges::count_if(
        in.listed, [elements](const Shape& one) { return static_cast<double>(product_of(one)) >= elements / 2; });
    return std::max<std::int64_t>(1, whole);
}

constexpr std::size_t kSizes = 4;

// The weights of a filter per channel are printed as 1 x channels or as channels x 1; those of a transposed convolution
// have its results per group second.
std::int64_t groups_of(const Shape& in, const Shape& weight, const Shape& out, bool transposed) {
    const bool filter_per_channel = weight[0] == 1 && weight[1] == in[1] && out[1] == in[1];
    const std::int64_t channels = transposed ? out[1] : in[1];
    return filter_per_channel ? in[1] : std::max<std::int64_t>(1, channels / weight[1]);
}

ConvDims convolution_of(const Shape& in, const Shape& weight, const Shape& out, bool transposed) {
    ConvDims dims;
    dims.batch = in[0];
    dims.in_channels = in[1];
    dims.in_height = in[2];
    dims.in_width = in[3];
    dims.out_channels = out[1];
    dims.groups = groups_of(in, weight, out, transposed);
    dims.kernel_height = weight[2];
    dims.kernel_width = weight[3];
    dims.out_height = out[2];
    dims.out_width = out[3];
    const double steps = static_cast<double>(in[3]) / static_cast<double>(out[3]);
    dims.stride = std::max<std::int64_t>(1, std::llround(steps));
    dims.bias = true;
    return dims;
}

// Sizes of a product. Convolutions with one tap over positions in a row are matmuls.
Dims product_of_layer(const MeasuredTable& table, const CsvRow& row, bool transposed) {
    const bool listed = table.has(kWeight) && !table.text(row, kWeight).empty();
    const Shape weight = listed ? shape_in(table, row, kWeight) : Shape{};
    Shape in = listed ? shape_in(table, row, kInput) : Shape{};
    const Shape out = listed ? shape_in(table, row, kOutput) : Shape{};
    if (weight.size() != kSizes || in.size() != kSizes || out.size() != kSizes) {
        MatmulDims dims{1, table.count(row, "m"), table.count(row, "k"), table.count(row, "n")};
        dims.bias = true;
        return dims;
    }
    if (transposed) {  // zeros between the inputs make them as many as the results
        in[2] = out[2];
        in[3] = out[3];
    }
    if (in[0] == 1 && in[2] == 1 && weight[1] == in[1] && weight[0] == out[1] && weight[2] * weight[3] == 1 &&
        in[3] == out[3]) {
        MatmulDims dims{1, out[3], in[1], weight[0]};
        dims.bias = true;
        return dims;
    }
    return convolution_of(in, weight, out, transposed);
}

// Channels stored together per position: all in the runtime's four-dimensional layout, one in a row-major tensor.
std::int64_t channels_together(const Shape& shape) { return shape.size() == kSizes ? shape[1] : 1; }

// Positions of each image or head, laid out as height x width.
std::int64_t positions_in(const Shape& shape) { return shape.size() == kSizes ? shape[2] * shape[3] : shape.back(); }

// Rows are the positions of each image or head, columns all channels; graph inputs and outputs with fewer sizes are
// row-major.
RowsDims rows_of(const Shape& shape) {
    const std::int64_t positions = positions_in(shape);
    RowsDims dims{positions, product_of(shape) / positions};
    if (shape.size() == kSizes) {
        dims.run = dims.out_run = channels_together(shape);
    }
    return dims;
}

// Rows of an image: positions, with the channels of each as columns.
RowsDims positions_of(const Shape& shape) {
    const std::int64_t channels = channels_together(shape);
    return {product_of(shape) / channels, channels};
}

// Storage in elements of whole blocks, as far as the sizes determine it: channels in blocks of 8, positions in blocks
// of 16.
std::int64_t room_of(const Shape& shape) {
    constexpr std::int64_t kChannels = 8;
    constexpr std::int64_t kPositions = 16;
    const RowsDims dims = rows_of(shape);
    const auto whole = [](std::int64_t size, std::int64_t block) { return (size + block - 1) / block * block; };
    return whole(dims.rows, kPositions) * (dims.cols / std::max<std::int64_t>(1, dims.run)) *
           whole(std::max<std::int64_t>(1, dims.run), kChannels);
}

AttentionDims attention_of(const Shapes& in) {
    const Shape& queries = in.listed.front();
    const std::int64_t positions = positions_in(queries);
    const std::int64_t keys = in.listed.size() > 1 ? positions_in(in.listed[1]) : positions;
    const std::int64_t width = queries.size() > 1 ? queries[1] : 1;
    return {1, queries.front(), queries.front(), positions, keys, width};
}

// Whether a reshape changes both channels and positions; it then splits channel blocks, as a transpose does.
bool takes_blocks_apart(const Shape& in, const Shape& out) {
    return in.size() == kSizes && out.size() == kSizes && in[1] != out[1] && in[3] != out[3];
}

Dims dims_of(const MeasuredTable& table, const CsvRow& row, LayerType& type, DType dtype) {
    if (type.form == LayerForm::kProduct || type.form == LayerForm::kTransposed) {
        return product_of_layer(table, row, type.form == LayerForm::kTransposed);
    }
    const Shapes in = shapes_in(table, row, kInput);
    const Shape& first = in.listed.front();
    RowsDims dims = rows_of(first);
    switch (type.form) {
        case LayerForm::kActivations: {
            const Shape out = shape_in(table, row, kOutput);
            const bool four = first.size() == kSizes && out.size() == kSizes;
            return four ? MatmulDims{out[0], out[3], first[1], out[1] * out[2], false}
                        : MatmulDims{1, out.back(), first[first.size() / 2], product_of(out) / out.back(), false};
        }
        case LayerForm::kAttention:
            return attention_of(in);
        case LayerForm::kElementwise:
            if (type.kind == OperatorKind::kAdd || type.kind == OperatorKind::kMul) {
                dims.inputs = operands_of(table, row, in, static_cast<double>(product_of(first)), dtype);
            }
            return dims;
        case LayerForm::kConcat:
            dims = rows_of(shape_in(table, row, kOutput));
            dims.inputs = std::max<std::int64_t>(2, static_cast<std::int64_t>(in.listed.size()));
            return dims;
        case LayerForm::kPart:
            return rows_of(shape_in(table, row, kOutput));
        case LayerForm::kPool:
            dims = positions_of(first);
            dims.run = dims.out_run = channels_together(first);
            dims.out_rows = positions_of(shape_in(table, row, kOutput)).rows;
            return dims;
        case LayerForm::kMove: {
            const Shape out = shape_in(table, row, kOutput);
            dims = rows_of(room_of(out) > room_of(first) ? out : first);
            dims.run = channels_together(first);
            dims.out_run = channels_together(out);
            if (type.kind == OperatorKind::kReshape && takes_blocks_apart(first, out)) {
                type.kind = OperatorKind::kTranspose;
            }
            return dims;
        }
        default:
            dims.affine = type.kind == OperatorKind::kLayerNorm;
            return dims;
    }
}

// Result of a matmul or convolution, on which its epilogue operates.
RowsDims result_of(const Dims& dims, std::int64_t inputs) {
    if (const auto* conv = std::get_if<ConvDims>(&dims)) {
        return {conv->batch * conv->out_height * conv->out_width, conv->out_channels, inputs};
    }
    const auto& matmul = std::get<MatmulDims>(dims);
    return {matmul.m, matmul.n, inputs};
}

// Adds an epilogue operator. Fusion is known from the log, so the runtime's rules only determine traffic and cores.
// Without a rule, another operand adds one read out of three transfers.
void add_epilogue(Kernel& kernel, OperatorKind epilogue_op, const Runtime& runtime) {
    const bool operand = epilogue_op == OperatorKind::kAdd || epilogue_op == OperatorKind::kMul;
    const std::vector<OperatorKind> pair{kernel.kind, epilogue_op};
    const auto rule = std::ranges::find(runtime.fuses, pair, &FusionRule::pattern);
    const double unknown = operand ? 1.0 / 3 : 0.0;
    const double traffic = rule == runtime.fuses.end() ? unknown : rule->traffic ? rule->traffic->value : 0.0;
    kernel.epilogue[kernel.epilogue_length++] = {epilogue_op, result_of(kernel.dims, operand ? 2 : 1), traffic};
    kernel.multi_core = kernel.multi_core && (rule == runtime.fuses.end() || rule->multi_core);
}

// Kernel of a layer. It is known to run, so support rules are not checked; rules about cores are.
Kernel kernel_of(const LayerType& type, const Dims& dims, DType dtype, const Device& device) {
    const Runtime& runtime = device.runtime;
    Kernel kernel;
    kernel.kind = type.kind;
    kernel.dims = dims;
    kernel.input = kernel.weight = kernel.output = dtype;
    kernel.multi_core = shared_by_cores(runtime, type.kind, type.form == LayerForm::kProduct) &&
                        type.form != LayerForm::kTransposed && type.form != LayerForm::kActivations;
    const DTypeSet multiplied = matrix_dtypes(device);
    if (!multiplied.test(static_cast<std::size_t>(dtype))) {  // stored so, and multiplied at what the array has
        kernel.multiply = nearest_dtype(dtype, multiplied, runtime.dtypes);
    }
    for (const OperatorKind epilogue_op : type.epilogue) {
        add_epilogue(kernel, epilogue_op, runtime);
    }
    return kernel;
}

// The clock of the NPU; absent where the table does not state it, as in the runtime's printouts: the profile's then.
std::optional<Frequency> clock_in(const MeasuredTable& table, const CsvRow& row) {
    return table.text(row, "npu_mhz").empty()
               ? std::nullopt
               : std::optional(megahertz(static_cast<double>(table.count(row, "npu_mhz"))));
}

// The compiler's estimate, for one core: the larger of its memory and array cycles.
std::optional<Time> vendor_estimate(const MeasuredTable& table, const CsvRow& row, std::int64_t cores,
                                    Frequency clock) {
    const auto memory = counted(table, row, "vendor_est_ddr_cycles");
    const auto array = counted(table, row, "vendor_est_npu_cycles");
    return memory && array && cores == 1 ? std::optional(std::max(*memory, *array) / clock) : std::nullopt;
}

// Detects version 1 of the runtime, which estimated cycles of every layer; later versions estimate products only.
bool looks_old(const MeasuredTable& table) {
    constexpr std::string_view kCycles = "vendor_est_ddr_cycles";
    return std::ranges::any_of(table.rows(), [&](const CsvRow& row) {
        const auto type = layer_type(table.text(row, "op_type"));
        return type && (type->form == LayerForm::kConcat || type->form == LayerForm::kElementwise) &&
               counted(table, row, kCycles);
    });
}

// Caller of the kernel by the stated runtime version, or by detection.
StartedBy started_by(const MeasuredTable& table, const CsvRow& row, bool looks_old) {
    constexpr std::string_view kVersion = "rknn_version";
    const std::string_view text = table.has(kVersion) ? table.text(row, kVersion) : "";
    std::int64_t major = 0;
    const bool stated = std::from_chars(text.data(), text.data() + text.size(), major).ec == std::errc{};
    const bool old = stated ? major < 2 : looks_old;
    return old ? StartedBy::kProfilerV1 : StartedBy::kProfiler;
}

/// Time of layers without a kernel, by type and reason.
constexpr std::string_view kGraphInput = "InputOperator";
constexpr std::string_view kGraphOutput = "OutputOperator";

class Unmapped {
  public:
    void add(std::string_view type, std::string_view why, Time time) {
        times_[fmt::format("{}: {}", type, why)] += time;
    }
    void count(Time time) { all_ += time; }
    void tell(MeasuredSet& set) const {
        std::vector<std::pair<std::string, Time>> sorted(times_.begin(), times_.end());
        std::ranges::stable_sort(sorted, std::ranges::greater{}, [](const auto& one) { return one.second; });
        for (const auto& [what, time] : sorted) {
            set.left_out.push_back(fmt::format("{}, {} of the time", what, percent_text(time / all_)));
        }
    }

  private:
    std::map<std::string, Time> times_;
    Time all_;
};

std::string unmapped_because(const MeasuredTable& table, const CsvRow& row, bool known_type) {
    const std::string_view type = table.text(row, "op_type");
    if (type == kGraphInput || type == kGraphOutput) {
        return "no operator of a graph";
    }
    return known_type ? fmt::format("no kernel is of dtype '{}'", table.text(row, "dtype"))
                      : "a type of layer that is not known";
}

// Layer types of the host: a concatenation gathers channels one by one, like a transpose; other layers are passes over
// their results.
LayerType on_the_host(const LayerType& type) {
    return type.form == LayerForm::kConcat ? LayerType{LayerForm::kPart, OperatorKind::kTranspose, {}} : type;
}

struct Placed {
    LayerType type;
    DeviceId device = 0;
};
std::optional<Placed> placed(const MeasuredTable& table, const CsvRow& row, const RowSource& source,
                             const Profile& profile) {
    const std::string_view name = table.text(row, "op_type");
    const bool on_host = table.has("target") && table.text(row, "target") == "cpu" && source.device != profile.host;
    auto type = layer_type(name);
    if (!on_host) {
        return type ? std::optional(Placed{std::move(*type), source.device}) : std::nullopt;
    }
    if (name == kGraphInput || name == kGraphOutput) {
        return std::nullopt;
    }
    return Placed{type ? on_the_host(*type) : LayerType{LayerForm::kPart, OperatorKind::kTranspose, {}}, profile.host};
}

}  // namespace

void read_layer_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile, MeasuredSet& set) {
    Unmapped unmapped;
    const Frequency rated = profile.devices[static_cast<std::size_t>(source.device)].clusters.front().clock.value;
    const bool old = looks_old(table);
    warn_of_clock(table, profile.devices[static_cast<std::size_t>(source.device)]);
    for (const CsvRow& row : table.rows()) {
        const std::string_view type_name = table.text(row, "op_type");
        if (!source.table.empty() && table.text(row, "table") != source.table) {
            continue;
        }
        if (parse_number(table.text(row, "measured_us")) == 0.0) {
            continue;  // zero at a resolution of 1 us, such as a reshape that moves nothing
        }
        const Time time = table.microseconds_in(row, "measured_us");
        unmapped.count(time);
        auto where = placed(table, row, source, profile);
        const auto dtype = layer_dtype(table, row);
        if (!where || !dtype) {
            unmapped.add(type_name, unmapped_because(table, row, where.has_value()), time);
            continue;
        }
        const std::int64_t cores = table.count(row, "cores");
        const auto clock = clock_in(table, row);
        const bool on_host = where->device != source.device;
        const Dims dims = dims_of(table, row, where->type, *dtype);
        if (std::holds_alternative<ConvDims>(dims)) {
            where->type.kind = OperatorKind::kConv2d;
        }
        Kernel kernel = kernel_of(where->type, dims, *dtype, profile.devices[static_cast<std::size_t>(where->device)]);
        kernel.started_by = started_by(table, row, old);
        MeasuredRow measured;
        measured.name =
            fmt::format("{} {}, {} {}{}", table.text(row, "layer"), type_name, cores, cores == 1 ? "core" : "cores",
                        clock ? fmt::format(", {:.0f} MHz", in_megahertz(*clock)) : "");
        measured.op_class = class_name(where->type) + (on_host ? ", on the host" : "");
        measured.dtype = *dtype;
        measured.device = where->device;
        measured.work = TimedKernel{
            kernel, {on_host ? 1 : static_cast<int>(cores), on_host ? std::nullopt : clock, source.memory_clock}};
        measured.measured = time;
        measured.network = table.has("model") ? table.text(row, "model") : "";
        measured.vendor_estimate = vendor_estimate(table, row, cores, clock.value_or(rated));
        set.rows.push_back(std::move(measured));
    }
    unmapped.tell(set);
}

}  // namespace berth
