// Demand and time terms of one kernel before they are combined, with one demand function per form of operator. All are
// templates over the number type (numbers.h), instantiated for both types where they are defined.
#pragma once

#include "berth/cost/cost.h"
#include "berth/cost/cost_breakdown.h"
#include "berth/graph/scheme.h"
#include "cost/numbers.h"

namespace berth {

/// CoreRates in the chosen number type.
template <class T>
struct Rates {
    int cores = 1;
    DType multiplied_at{};
    Number<T, OperationRate> macs;
    Number<T, Frequency> vector_clock;
    Number<T, Frequency> element_clock;  ///< clock of element-wise work: `vector_clock`, or that of a host core
    double element_cores = 1;            ///< cores that element-wise work counts on
    Number<T, Bandwidth> dram;
    std::optional<Frequency> first_clock;   ///< of the first cluster, set by the execution; absent: the profile's
    std::optional<Frequency> memory_clock;  ///< set by the execution; absent: the profile's
};
/// Bandwidth scaled from the rated DRAM clock to the current one.
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

/// Groups of columns of streamed weights, counted over all row tiles; the count is 0 where weights stay resident.
struct WeightGroups {
    double count = 0;
    Bytes each, ahead;  ///< weights of one group, and the part of the next group that can be prefetched beside it
};

/// Work and traffic that a kernel demands of each engine and memory level; times are these over the rates of its cores.
template <class T>
struct Demand {
    Operations macs;
    Number<T, Operations> padded_macs;
    Number<T, Operations> group_sums;  ///< partial sums of weight groups
    Operations elements;
    Number<T, Time> vector{};     ///< time of the vector unit at the rate of the cores in use
    bool engines_serial = false;  ///< matrix and vector phases run one after the other (attention)
    /// the vector unit processes results on their way to memory, so its time delays the writes
    bool vector_at_memory = false;
    Number<T, Bytes> read, written;  ///< DRAM traffic
    Number<T, Bytes> accumulators;   ///< results that leave the array at a rate of their own instead of as DRAM writes
    WeightGroups groups;
    Number<T, Bytes> on_chip;          ///< activations served by an on-chip level that keeps tensors
    Number<T, Bytes> weights_on_chip;  ///< constants served by an on-chip level
    Bytes compulsory;
    double imbalance = 1;  ///< largest share of a product that one core gets, relative to an even share
    double descriptors = 0;
    Tile tile;
};

/// Bytes of input rows that the array keeps while weights stream past: at most what the nearest memory holds.
[[nodiscard]] Bytes row_tile_of(const Device& device, bool library_call);
/// A stated tile of the nearest memory, which cannot exceed that memory.
[[nodiscard]] Bytes within_nearest(Bytes tile, const Device& device);
/// Bytes of the nearest memory that inputs of a dtype reserve beyond their row tile.
[[nodiscard]] Bytes reserved(const MatrixEngine& matrix, DType dtype);
/// Rate at which accumulators of a dtype leave the array; absent: they are written like other results.
[[nodiscard]] const std::optional<Parameter<Bandwidth>>& accumulator_rate(const MatrixEngine& matrix, DType result);
/// Number of columns of a dtype that the array computes together.
[[nodiscard]] std::int64_t columns_together(const MatrixEngine& matrix, DType dtype);

/// Number of descriptors that are processed concurrently: cores with private buffers each have their own channels.
[[nodiscard]] inline double dma_channels(const Device& device, int cores) {
    return static_cast<double>(device.dma.channels) * (device.matrix.row_tile ? cores : 1);
}
/// DMA descriptors for the row tiles and the weights of a product; `weights` is the total size of the second operand.
[[nodiscard]] double descriptor_count(const MatmulDims& dims, const Tile& tile, DType input, Bytes weights,
                                      const Device& device);

/// Size of the keys and values that attention reads, as its cache stores them: `weights` and `group` of its scheme.
[[nodiscard]] Bytes cached_size(const AttentionDims& dims, DType weights, std::int64_t group);

/// Depth of a product, raised to the minimum that a row of weights occupies in the array.
[[nodiscard]] std::int64_t at_least_min_depth(std::int64_t depth, DType dtype, const MatrixEngine& matrix);

/// Weights of size k x n that stream past resident input rows, `passes` times.
struct StreamedWeights {
    std::int64_t k = 0, n = 0, passes = 1;
    Bytes held;  ///< size of the resident input
};
/// An element of weights as it lies in the buffer: widened where the array multiplies it at a wider dtype than that in
/// which it is stored, for the buffer feeds the array. DRAM is read at the `stored` width.
[[nodiscard]] Bytes in_buffer(Bytes stored, DType multiplied_at);
/// Groups in which weights stream when they do not fit beside the row tile, each over all of K. `weight` is the size of
/// one element in DRAM, in which sizes of the groups are given.
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
/// Adds the element-wise work of the kernel's epilogue operator `index`, and the traffic that fusion leaves of it.
template <class T>
void add_epilogue(Demand<T>& demand, const Kernel& kernel, std::size_t index, const Device& device,
                  const Rates<T>& rates);

/// Adds activation traffic, at DRAM or at the on-chip level that keeps the tensor.
template <class T>
void add_activations(Demand<T>& demand, const Kernel& kernel, const Number<T, Bytes>& read,
                     const Number<T, Bytes>& written) {
    (kernel.input_on_chip ? demand.on_chip : demand.read) += read;
    (kernel.output_on_chip ? demand.on_chip : demand.written) += written;
}

/// Terms of the kernel time, in the order and by the names of KernelCost.
template <class T>
struct Terms {
    Number<T, Time> dispatch, fork_join, compute, vector, sram, dram, dma, stall, results, bus;
};
/// [term of kTimeTerms] its place.
template <class T>
inline constexpr std::array<Number<T, Time> Terms<T>::*, kTimeTerms.size()> kTermPlaces{
    &Terms<T>::dispatch, &Terms<T>::fork_join, &Terms<T>::compute, &Terms<T>::vector,  &Terms<T>::sram,
    &Terms<T>::dram,     &Terms<T>::dma,       &Terms<T>::stall,   &Terms<T>::results, &Terms<T>::bus};

/// The overlap rule of a kernel (CostRule) in the chosen number type.
template <class T>
struct Overlaps {
    bool engines_serial = false;
    bool vector_at_memory = false;
    Number<T, double> own, device;
    std::optional<Number<T, double>> dram;
};
/// Total of the terms under the overlap rule (total.h).
template <class T>
struct Total {
    Number<T, Time> time;
    Bound bound = Bound::kDispatch;
    DecidingTime deciding;  ///< time by which the bound was chosen
};
/// Record kept of a cost beyond its values: terms and total with their formulas. Empty for plain numbers.
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

/// Cost of a kernel on all cores of the execution.
template <class T>
[[nodiscard]] KernelCost costed_on(const Kernel& kernel, const Device& device, const Execution& execution,
                                   Record<T>& record);
/// Cost of a kernel on as many of those cores as its runtime gives it.
template <class T>
[[nodiscard]] KernelCost costed(const Kernel& kernel, const Device& device, const Execution& execution,
                                Record<T>& record);

/// Energy of a kernel; absent where the device has no energy numbers.
[[nodiscard]] std::optional<Energy> kernel_energy(const KernelCost& cost, DType dtype, const Device& device);

}  // namespace berth
