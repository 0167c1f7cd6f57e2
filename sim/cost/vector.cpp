// Element-wise work: norms, activations, softmax, moves, gathers, and what a fused follower leaves of it.
#include <algorithm>

#include "cost/rounding.h"
#include "cost/terms.h"

namespace berth {

namespace {

const VectorRate& rate_of(OperatorKind kind, const Device& device) {
    return device.vector[static_cast<std::size_t>(traits(kind).vector_class)];
}

// Static runtimes round the width, here the rows (tokens stand along the width in their layout), up to a granule.
double padding_factor(std::int64_t rows, const Device& device) {
    if (rows <= 0) {
        return 1;
    }
    return static_cast<double>(round_up(rows, device.runtime.pad_width_to)) / static_cast<double>(rows);
}

// Channels of a position that lie together in the device's layout; 1 where tensors lie row by row.
std::int64_t channel_block(const Kernel& kernel, const Device& device) {
    const auto& piece = device.matrix.row_piece;
    return piece ? std::max<std::int64_t>(1, static_cast<std::int64_t>(piece->value / element_size(kernel.input))) : 1;
}

// A reshape moves nothing if positions keep their channels, or if whole blocks of channels change their place.
bool stays_in_place(const Kernel& kernel, const RowsDims& d, const Device& device) {
    const std::int64_t block = channel_block(kernel, device);
    return d.run == d.out_run || (d.run % block == 0 && d.out_run % block == 0);
}

// Read row by row, the channels of a position come one at a time, each in a block of its own.
double lanes_taken(const Kernel& kernel, const RowsDims& d, const Device& device) {
    const std::int64_t block = channel_block(kernel, device);
    return d.run > 0 && d.run < block ? static_cast<double>(block) / static_cast<double>(d.run) : 1.0;
}

Time vector_time(double elements, double rows, const VectorRate& rate, const CoreRates& rates) {
    const Time ends = rate.row_cycles ? rate.row_cycles->value * rows / rates.vector_clock : Time{};
    return operations(elements) / (rate.per_cycle.value * rates.vector_clock) + ends;
}

// Rows that fill no whole number of vectors end in elements that are worked on one by one.
Time row_time(double elements, const RowsDims& d, const VectorRate& rate, const Device& device,
              const CoreRates& rates) {
    const auto rows = static_cast<double>(d.rows);
    if (!rate.tail_cycles) {
        return vector_time(elements, rows, rate, rates);
    }
    const double tail = static_cast<double>(d.cols % device.vector_lanes) * rows;
    return vector_time(elements - tail, rows, rate, rates) + rate.tail_cycles->value * tail / rates.vector_clock;
}

// One core does it while the others wait.
Time call_time(const VectorRate& rate, const CoreRates& rates) {
    return rate.call_cycles ? rate.call_cycles->value * static_cast<double>(rates.cores) / rates.vector_clock : Time{};
}

}  // namespace

void add_activations(Demand& demand, const Kernel& kernel, Bytes read, Bytes written) {
    (kernel.input_on_chip ? demand.on_chip : demand.dram.read) += read;
    (kernel.output_on_chip ? demand.on_chip : demand.dram.write) += written;
}

Demand rows_demand(const Kernel& kernel, const RowsDims& d, const Device& device, const CoreRates& rates) {
    Demand demand;
    const Bytes read = element_size(kernel.input) * static_cast<double>(input_elements(kernel.kind, kernel.dims));
    const Bytes written = element_size(kernel.output) * static_cast<double>(output_elements(kernel.kind, kernel.dims));
    demand.compulsory = read + written;
    if (traits(kernel.kind).free_when_contiguous && stays_in_place(kernel, d, device)) {
        return demand;
    }
    const VectorRate& rate = rate_of(kernel.kind, device);
    const double padding = padding_factor(d.rows, device);
    if (d.constant_rows > 0) {  // a table of constants; a row of them is too little to count
        demand.dram.read +=
            element_size(kernel.weight) * static_cast<double>(weight_elements(kernel.kind, kernel.dims));
        demand.compulsory += demand.dram.read;
    }
    demand.elements = vector_elements(kernel.dims) * padding;
    demand.vector = row_time(in_operations(demand.elements) * lanes_taken(kernel, d, device), d, rate, device, rates) +
                    call_time(rate, rates);
    const double factor = rate.traffic.value * padding;
    add_activations(demand, kernel, read * factor, written * factor);
    demand.descriptors = 1;
    return demand;
}

Demand gather_demand(const Kernel& kernel, const GatherDims& d, const Device& device, const CoreRates& rates) {
    Demand demand;
    const double elements = static_cast<double>(d.rows) * static_cast<double>(d.cols);
    const VectorRate& rate = rate_of(kernel.kind, device);
    demand.elements = operations(elements);
    demand.vector = vector_time(elements, static_cast<double>(d.rows), rate, rates);
    const Bytes ids = bytes(4.0 * static_cast<double>(d.rows));
    const Bytes rows = element_size(kernel.weight) * elements;
    const Bytes written = element_size(kernel.output) * elements;
    demand.compulsory = ids + rows + written;
    demand.dram.read = (ids + rows) * rate.traffic.value;
    (kernel.output_on_chip ? demand.on_chip : demand.dram.write) += written * rate.traffic.value;
    demand.descriptors = static_cast<double>(d.rows);
    return demand;
}

Demand scan_demand(const Kernel& kernel, const ScanDims& d, const Device& device, const CoreRates& rates) {
    Demand demand;
    const VectorRate& rate = rate_of(kernel.kind, device);
    demand.elements = vector_elements(kernel.dims);
    demand.vector = vector_time(in_operations(demand.elements), static_cast<double>(d.batch), rate, rates);
    const Bytes read = element_size(kernel.input) * static_cast<double>(input_elements(kernel.kind, kernel.dims));
    const Bytes written = element_size(kernel.output) * static_cast<double>(output_elements(kernel.kind, kernel.dims));
    const Bytes constants =
        element_size(kernel.weight) * static_cast<double>(weight_elements(kernel.kind, kernel.dims));
    const Bytes state = state_size(d);
    demand.compulsory = read + written + constants + state * 2.0;
    add_activations(demand, kernel, read * rate.traffic.value, written * rate.traffic.value);
    // Between passes the state lies where a cache of keys and values would.
    demand.dram.read += constants + state;
    demand.dram.write += state;
    demand.descriptors = 1;
    return demand;
}

void add_follower(Demand& demand, const Kernel& kernel, const Follower& follower, const Device& device,
                  const CoreRates& rates) {
    const VectorRate& rate = rate_of(follower.kind, device);
    const Dims dims = follower.dims;
    const double padding = padding_factor(follower.dims.rows, device);
    const double elements = in_operations(vector_elements(dims)) * padding;
    demand.elements += operations(elements);
    demand.vector += row_time(elements, follower.dims, rate, device, rates);
    const double share = follower.traffic * rate.traffic.value * padding;
    add_activations(demand, kernel,
                    element_size(kernel.input) * (share * static_cast<double>(input_elements(follower.kind, dims))),
                    element_size(kernel.output) * (share * static_cast<double>(output_elements(follower.kind, dims))));
}

}  // namespace berth
