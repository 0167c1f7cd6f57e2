// The terms of one kernel before they are put together, and the functions that fill them in per form of operator. All
// are templates over the numbers they compute with (numbers.h), made for both kinds where they are defined.
#pragma once

#include "berth/cost.h"
#include "berth/scheme.h"
#include "cost/numbers.h"

namespace berth {

/// CoreRates in numbers of a kind.
template <class T>
struct Rates {
    int cores = 1;
    DType multiplied_at{};
    Number<T, OperationRate> macs;
    Number<T, Frequency> vector_clock;
    Number<T, Frequency> element_clock;  ///< of element-wise work: `vector_clock`, or that of a core of the host
    double element_cores = 1;            ///< that it counts
    Number<T, Bandwidth> dram;
    std::optional<Frequency> memory_clock;  ///< set by the execution
};
/// A bandwidth that passes the DRAM, as the DRAM is clocked.
template <class T>
[[nodiscard]] Number<T, Bandwidth> as_clocked(const Number<T, Bandwidth>& rated, const Device& device,
                                              const std::optional<Frequency>& set) {
    const auto& state = device.dram_clock;
    if (!state || (set ? *set : state->clock.value) == state->rated) {
        return rated;
    }
    const auto clock = set ? T::given(*set, "memory clock of the rows") : T::profile(state->clock, "memory clock");
    return rated * (clock / T::given(state->rated, "rated clock"));
}
template <class T>
[[nodiscard]] Rates<T> rates_of(const Device& device, const Execution& execution, DType dtype);

/// Columns of streamed weights that are computed together, over all row tiles; none where weights stay.
struct WeightGroups {
    double count = 0;
    Bytes each, ahead;  ///< weights of one group, and how much of the next one fits beside it
};

/// What a kernel asks of each engine and level. Times follow by dividing by the rates of the cores it runs on.
template <class T>
struct Demand {
    Operations macs;
    Number<T, Operations> padded_macs;
    Number<T, Operations> group_sums;  ///< partial sums of groups of weights
    Operations elements;
    Number<T, Time> vector{};        ///< already at the rate of the cores
    bool engines_serial = false;     ///< matrix and vector phases follow one another (attention)
    bool vector_at_memory = false;   ///< the vector unit works on results on their way to memory, which waits for it
    Number<T, Bytes> read, written;  ///< at DRAM
    Number<T, Bytes> accumulators;   ///< results that leave at a rate of their own instead of as writes
    WeightGroups groups;
    Number<T, Bytes> on_chip;          ///< activations served by a level that keeps tensors
    Number<T, Bytes> weights_on_chip;  ///< constants served by one
    Bytes compulsory;
    double imbalance = 1;  ///< what the core with most to do has of a product, relative to an even share
    double descriptors = 0;
    Tile tile;
};

/// Bytes of input rows that the array keeps while weights stream past.
[[nodiscard]] Bytes row_tile_of(const MatrixEngine& matrix, bool library_call);
/// What inputs of a dtype take of the nearest memory beyond their row tile.
[[nodiscard]] Bytes reserved(const MatrixEngine& matrix, DType dtype);
/// At which accumulators of that dtype leave the array; absent: they are written as other results.
[[nodiscard]] const std::optional<Parameter<Bandwidth>>& accumulator_rate(const MatrixEngine& matrix, DType result);
/// Columns of a dtype that the array computes together.
[[nodiscard]] std::int64_t columns_together(const MatrixEngine& matrix, DType dtype);

/// Descriptors that are worked on at once: cores with buffers of their own fill them by themselves.
[[nodiscard]] inline double dma_channels(const Device& device, int cores) {
    return static_cast<double>(device.dma.channels) * (device.matrix.row_tile ? cores : 1);
}
/// Descriptors of the tiles of the rows and of the weights of a product; `weights` are all of the second operand.
[[nodiscard]] double descriptor_count(const MatmulDims& dims, const Tile& tile, DType input, Bytes weights,
                                      const Device& device);

/// Padded depth of a product, or the least that a row of weights takes.
[[nodiscard]] std::int64_t at_least_min_depth(std::int64_t depth, DType dtype, const MatrixEngine& matrix);

/// Weights that stream past the rows held: k x n of them, this many times.
struct StreamedWeights {
    std::int64_t k = 0, n = 0, passes = 1;
    Bytes held;  ///< of the input
};
/// Weights that do not fit beside the row tile come group by group, each for all of K. `weight` is the size of one.
[[nodiscard]] WeightGroups weight_groups(const Kernel& kernel, DType multiplied_at, Bytes weight,
                                         const StreamedWeights& streamed, const Device& device);

template <class T>
[[nodiscard]] Demand<T> matmul_demand(const Kernel& kernel, const MatmulDims& dims, const Device& device,
                                      const Rates<T>& rates);
template <class T>
[[nodiscard]] Demand<T> conv_demand(const Kernel& kernel, const ConvDims& dims, const Device& device,
                                    const Rates<T>& rates);
template <class T>
[[nodiscard]] Demand<T> attention_demand(const Kernel& kernel, const AttentionDims& dims, const Device& device,
                                         const Rates<T>& rates);
template <class T>
[[nodiscard]] Demand<T> rows_demand(const Kernel& kernel, const RowsDims& dims, const Device& device,
                                    const Rates<T>& rates);
template <class T>
[[nodiscard]] Demand<T> gather_demand(const Kernel& kernel, const GatherDims& dims, const Device& device,
                                      const Rates<T>& rates);
template <class T>
[[nodiscard]] Demand<T> scan_demand(const Kernel& kernel, const ScanDims& dims, const Device& device,
                                    const Rates<T>& rates);
/// Adds the element-wise work of a kernel's epilogue operator `index`, and what is left of its traffic.
template <class T>
void add_epilogue(Demand<T>& demand, const Kernel& kernel, std::size_t index, const Device& device,
                  const Rates<T>& rates);

/// Adds activations read and written to DRAM, or to the level that keeps them.
template <class T>
void add_activations(Demand<T>& demand, const Kernel& kernel, const Number<T, Bytes>& read,
                     const Number<T, Bytes>& written) {
    (kernel.input_on_chip ? demand.on_chip : demand.read) += read;
    (kernel.output_on_chip ? demand.on_chip : demand.written) += written;
}

/// Terms of the time in numbers of a kind, in the order and by the names of KernelCost.
template <class T>
struct Terms {
    Number<T, Time> dispatch, fork_join, compute, vector, sram, dram, dma, stall, results, bus;
};
/// The numbers of a CostRule.
template <class T>
struct Overlaps {
    bool engines_serial = false;
    bool vector_at_memory = false;
    Number<T, double> own, device;
    std::optional<Number<T, double>> dram;
};
/// The total of the terms by the rule (total.h).
template <class T>
struct Total {
    Number<T, Time> time;
    Bound bound = Bound::kDispatch;
};
/// What is kept of a cost besides its values: the terms and the total with their formulas, if numbers have any.
template <class T>
struct Record {
    Terms<T> terms;
    Total<T> total;
    void put(const Terms<T>& all, const Total<T>& sum) {
        terms = all;
        total = sum;
    }
};
template <>
struct Record<PlainNumbers> {
    void put(const Terms<PlainNumbers>& /*all*/, const Total<PlainNumbers>& /*sum*/) {}
};

/// On the cores of an execution.
template <class T>
[[nodiscard]] KernelCost costed_on(const Kernel& kernel, const Device& device, const Execution& execution,
                                   Record<T>& record);
/// On as many of them as the runtime gives it.
template <class T>
[[nodiscard]] KernelCost costed(const Kernel& kernel, const Device& device, const Execution& execution,
                                Record<T>& record);

/// Energy of a kernel; absent where the device has no energy numbers.
[[nodiscard]] std::optional<Energy> kernel_energy(const KernelCost& cost, DType dtype, const Device& device);

}  // namespace berth
