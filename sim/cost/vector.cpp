// Demand of element-wise work: norms, activations, softmax, moves and gathers, standalone or in an epilogue.
#include <algorithm>
#include <optional>

#include "cost/rounding.h"
#include "cost/terms.h"
#include "cost/traced.h"

namespace berth {

namespace {

const VectorRate& rate_of(VectorClass of, const Device& device) { return device.vector[static_cast<std::size_t>(of)]; }
const VectorRate& rate_of(OperatorKind kind, const Device& device) {
    return rate_of(traits(kind).vector_class, device);
}

// Static runtimes pad the width to a granule. Tokens lie along the width in their layout, so here the rows are padded.
double padding_factor(std::int64_t rows, const Device& device) {
    if (rows <= 0) {
        return 1;
    }
    return static_cast<double>(round_up(rows, device.runtime.pad_width_to)) / static_cast<double>(rows);
}

// Channels per block of the device's layout; 1 for a row-major layout.
std::int64_t channel_block(const Kernel& kernel, const Device& device) {
    const auto& piece = device.matrix.layout_block;
    return piece ? std::max<std::int64_t>(1, static_cast<std::int64_t>(piece->value / element_size(kernel.input))) : 1;
}

// A reshape is free if it moves only whole channel blocks, or if both layouts are row-major.
bool stays_in_place(const Kernel& kernel, const RowsDims& d, const Device& device) {
    const std::int64_t block = channel_block(kernel, device);
    return (d.run % block == 0 && d.out_run % block == 0) || (d.run == d.out_run && d.run <= 1);
}

// Padding of lanes: a partly filled channel block takes as long as a full one, in the input or the output, so three
// channels cost as much as eight. In row-major order each channel occupies a block of its own.
double lanes_taken(const Kernel& kernel, const RowsDims& d, const Device& device) {
    const std::int64_t block = channel_block(kernel, device);
    const auto taken = [block](std::int64_t run) {
        return run > 0 ? static_cast<double>(round_up(run, block)) / static_cast<double>(run) : 1.0;
    };
    return kernel.kind == OperatorKind::kTranspose ? std::max(taken(d.run), taken(d.out_run)) : taken(d.run);
}

// Vector class under a channel-blocked layout: operators that keep a position's channels together, such as resizing,
// are copies; operators that separate them move elements one by one.
VectorClass class_of(const Kernel& kernel, const RowsDims& d, const Device& device) {
    const VectorClass own = traits(kernel.kind).vector_class;
    if (channel_block(kernel, device) <= 1) {
        return own;
    }
    switch (kernel.kind) {
        case OperatorKind::kResize:
            return VectorClass::kElementwise;
        case OperatorKind::kTranspose:
            return d.run > 0 && d.run == d.out_run ? VectorClass::kElementwise : own;
        case OperatorKind::kReshape:
            return d.run > 1 && d.out_run > 1 ? VectorClass::kMove : own;
        default:
            return own;
    }
}

struct VectorWork {
    double elements, rows;
    DType dtype;
    std::optional<double> tail = std::nullopt;  // elements beyond the last full vectors of rows; absent: no vectors
};

VectorWork work_of_rows(double elements, const RowsDims& d, DType dtype, const Device& device) {
    const auto rows = static_cast<double>(d.rows);
    return {elements, rows, dtype, static_cast<double>(d.cols % device.vector_lanes) * rows};
}

// A rate with `tail_cycles` processes the elements of the tail one by one.
template <class T>
Number<T, Time> vector_time(const VectorWork& work, const VectorRate& rate, const Rates<T>& rates, const PartOf& of) {
    auto rate_of_elements = T::profile(rate.per_cycle, of, "elements per cycle") * rates.element_clock;
    if (rate.narrow && element_size(work.dtype) <= bytes(1)) {
        rate_of_elements = rate_of_elements * T::profile_factor(*rate.narrow, of, "factor of 8-bit elements");
    }
    const double tail = rate.tail_cycles ? work.tail.value_or(0) : 0;
    auto time = T::given(operations(work.elements - tail), of, "elements") / rate_of_elements;
    if (rate.row_cycles) {
        time +=
            T::profile(*rate.row_cycles, of, "cycles per row") * T::given(work.rows, of, "rows") / rates.element_clock;
    }
    if (rate.tail_cycles && work.tail) {
        time += T::profile(*rate.tail_cycles, of, "cycles per tail element") * T::given(tail, of, "tail elements") /
                rates.element_clock;
    }
    return time;
}

// Serial time per call: one core works while the others wait.
template <class T>
Number<T, Time> call_time(const VectorRate& rate, const Rates<T>& rates) {
    return rate.call_cycles ? T::profile(*rate.call_cycles, "cycles per call") *
                                  T::given(rates.element_cores, "cores") / rates.element_clock
                            : Number<T, Time>{};
}

// Behind an array, additions and clipping are applied to results on the fly; lookup-table activations take time of
// their own.
bool done_on_the_way(OperatorKind kind, const Device& device) {
    return device.matrix.row_tile && traits(kind).vector_class != VectorClass::kActivation;
}

// Column padding: the array produces whole groups of columns, and the vector unit behind it processes all of them.
double columns_taken(const Kernel& kernel, const EpilogueOp& epilogue_op, const Device& device) {
    const bool product =
        std::holds_alternative<MatmulDims>(kernel.dims) || std::holds_alternative<ConvDims>(kernel.dims);
    const std::int64_t columns = product && device.matrix.row_tile ? columns_together(device.matrix, kernel.input) : 1;
    return static_cast<double>(round_up(epilogue_op.dims.cols, columns)) / static_cast<double>(epilogue_op.dims.cols);
}

Bytes activations(DType dtype, double elements) { return element_size(dtype) * elements; }

}  // namespace

template <class T>
Demand<T> rows_demand(const Kernel& kernel, const RowsDims& d, const Device& device, const Rates<T>& rates) {
    Demand<T> demand;
    const Bytes read = activations(kernel.input, static_cast<double>(input_elements(kernel.kind, kernel.dims)));
    const Bytes written = activations(kernel.output, static_cast<double>(output_elements(kernel.kind, kernel.dims)));
    demand.compulsory = read + written;
    if (traits(kernel.kind).free_when_contiguous && stays_in_place(kernel, d, device)) {
        return demand;
    }
    const VectorRate& rate = rate_of(class_of(kernel, d, device), device);
    const double padding = padding_factor(d.rows, device);
    if (d.constant_rows > 0) {  // a table of constants; a single row is negligible
        const double width = static_cast<double>(d.constant_cols > 0 ? d.constant_cols : d.cols);
        const double table = static_cast<double>(d.constant_rows) * width;  // learned or not
        const Bytes constants = element_size(kernel.weight) * table;
        demand.read += T::given(constants, "constants");
        demand.compulsory += constants;
    }
    demand.elements = vector_elements(kernel.dims) * padding;
    const double taken = in_operations(demand.elements) * lanes_taken(kernel, d, device);
    demand.vector =
        vector_time<T>(work_of_rows(taken, d, kernel.input, device), rate, rates, {}) + call_time<T>(rate, rates);
    const double filled = d.run > 1 && d.out_run > 1 ? lanes_taken(kernel, d, device) : 1.0;
    const auto factor = T::profile_factor(rate.traffic, "traffic factor") * T::factor(padding, "padding") *
                        T::factor(filled, "blocks filled in part");
    add_activations<T>(demand, kernel, T::given(read, "input") * factor, T::given(written, "result") * factor);
    demand.descriptors = 1;
    return demand;
}

template <class T>
Demand<T> gather_demand(const Kernel& kernel, const GatherDims& d, const Device& device, const Rates<T>& rates) {
    Demand<T> demand;
    const double elements = static_cast<double>(d.rows) * static_cast<double>(d.cols);
    const VectorRate& rate = rate_of(kernel.kind, device);
    demand.elements = operations(elements);
    demand.vector = vector_time<T>({elements, static_cast<double>(d.rows), kernel.input}, rate, rates, {});
    const Bytes ids = bytes(4.0 * static_cast<double>(d.rows));
    const Bytes rows = element_size(kernel.weight) * elements;
    const Bytes written = element_size(kernel.output) * elements;
    demand.compulsory = ids + rows + written;
    const auto factor = T::profile_factor(rate.traffic, "traffic factor");
    demand.read = T::given(ids + rows, "indices and rows of the table") * factor;
    (kernel.output_on_chip ? demand.on_chip : demand.written) += T::given(written, "result") * factor;
    demand.descriptors = static_cast<double>(d.rows);
    return demand;
}

template <class T>
Demand<T> scan_demand(const Kernel& kernel, const ScanDims& d, const Device& device, const Rates<T>& rates) {
    Demand<T> demand;
    const VectorRate& rate = rate_of(kernel.kind, device);
    demand.elements = vector_elements(kernel.dims);
    const VectorWork work{in_operations(demand.elements), static_cast<double>(d.batch), kernel.input};
    demand.vector = vector_time<T>(work, rate, rates, {});
    const Bytes read = activations(kernel.input, static_cast<double>(input_elements(kernel.kind, kernel.dims)));
    const Bytes written = activations(kernel.output, static_cast<double>(output_elements(kernel.kind, kernel.dims)));
    const Bytes constants =
        element_size(kernel.weight) * static_cast<double>(weight_elements(kernel.kind, kernel.dims));
    const Bytes state = state_size(d);
    demand.compulsory = read + written + constants + state * 2.0;
    const auto factor = T::profile_factor(rate.traffic, "traffic factor");
    add_activations<T>(demand, kernel, T::given(read, "input") * factor, T::given(written, "result") * factor);
    // The state lies in DRAM between passes, like a key-value cache.
    demand.read += T::given(constants, "constants") + T::given(state, "state");
    demand.written += T::given(state, "state");
    demand.descriptors = 1;
    return demand;
}

template <class T>
void add_epilogue(Demand<T>& demand, const Kernel& kernel, std::size_t index, const Device& device,
                  const Rates<T>& rates) {
    const EpilogueOp& epilogue_op = kernel.epilogue[index];
    const PartOf of{&kernel, index + 1};
    const VectorRate& rate = rate_of(epilogue_op.kind, device);
    const Dims dims = epilogue_op.dims;
    const double padding = padding_factor(epilogue_op.dims.rows, device);
    const double elements = in_operations(vector_elements(dims)) * padding * columns_taken(kernel, epilogue_op, device);
    demand.elements += operations(elements);
    // An array passes results to the vector unit on their way out; on a SIMD unit both are the same engine.
    demand.vector_at_memory = demand.vector_at_memory || device.matrix.row_tile.has_value();
    if (!done_on_the_way(epilogue_op.kind, device)) {
        demand.vector +=
            vector_time<T>(work_of_rows(elements, epilogue_op.dims, kernel.input, device), rate, rates, of);
    }
    const auto share = T::given(epilogue_op.traffic, of, "share of traffic left") *
                       T::profile_factor(rate.traffic, of, "traffic factor") * T::factor(padding, of, "padding");
    const Bytes read = activations(kernel.input, static_cast<double>(input_elements(epilogue_op.kind, dims)));
    const Bytes written = activations(kernel.output, static_cast<double>(output_elements(epilogue_op.kind, dims)));
    add_activations<T>(demand, kernel, share * T::given(read, of, "input"), share * T::given(written, of, "result"));
}

template Demand<PlainNumbers> rows_demand(const Kernel&, const RowsDims&, const Device&, const Rates<PlainNumbers>&);
template Demand<TracedNumbers> rows_demand(const Kernel&, const RowsDims&, const Device&, const Rates<TracedNumbers>&);
template Demand<PlainNumbers> gather_demand(const Kernel&, const GatherDims&, const Device&,
                                            const Rates<PlainNumbers>&);
template Demand<TracedNumbers> gather_demand(const Kernel&, const GatherDims&, const Device&,
                                             const Rates<TracedNumbers>&);
template Demand<PlainNumbers> scan_demand(const Kernel&, const ScanDims&, const Device&, const Rates<PlainNumbers>&);
template Demand<TracedNumbers> scan_demand(const Kernel&, const ScanDims&, const Device&, const Rates<TracedNumbers>&);
template void add_epilogue(Demand<PlainNumbers>&, const Kernel&, std::size_t, const Device&,
                           const Rates<PlainNumbers>&);
template void add_epilogue(Demand<TracedNumbers>&, const Kernel&, std::size_t, const Device&,
                           const Rates<TracedNumbers>&);

}  // namespace berth
