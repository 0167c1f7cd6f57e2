// The terms of one kernel before they are put together, and the functions that fill them in per form of operator.
#pragma once

#include "berth/cost.h"
#include "berth/scheme.h"

namespace berth {

/// What a kernel asks of each engine and level. Times follow by dividing by the rates of the cores it runs on.
struct Demand {
    Operations macs, padded_macs;
    Operations elements;
    Time vector;                  ///< already at the rate of the cores
    bool engines_serial = false;  ///< matrix and vector phases follow one another (attention)
    Traffic dram;                 ///< at DRAM
    Bytes wide_output;            ///< 32-bit results that leave at their own rate instead of as writes
    double weight_groups = 0;     ///< columns computed together, over all row tiles; 0: weights are not streamed
    Bytes group, ahead;           ///< weights of one such group, and how much of the next one fits beside it
    Bytes on_chip;                ///< activations served by a level that keeps tensors
    Bytes weights_on_chip;        ///< constants served by one
    Bytes compulsory;
    double busiest = 1;  ///< what the core with most to do has of a product, relative to an even share
    double descriptors = 0;
    Tile tile;
};

/// Bytes of input rows that the array keeps while weights stream past.
[[nodiscard]] Bytes row_tile_of(const MatrixEngine& matrix, bool library_call);
/// What inputs of a dtype take of the nearest memory beyond their row tile.
[[nodiscard]] Bytes reserved(const MatrixEngine& matrix, DType dtype);
/// Columns of a dtype that the array computes together.
[[nodiscard]] std::int64_t columns_together(const MatrixEngine& matrix, DType dtype);

/// Weights that stream past the rows held: k x n of them, this many times.
struct StreamedWeights {
    std::int64_t k = 0, n = 0, passes = 1;
    Bytes held;  ///< of the input
};
/// Weights that do not fit beside the row tile come group by group, each for all of K. `weight` is the size of one.
void stream_weights(Demand& demand, const Kernel& kernel, Bytes weight, const StreamedWeights& streamed,
                    const Device& device);

[[nodiscard]] Demand matmul_demand(const Kernel& kernel, const MatmulDims& dims, const Device& device, int cores);
[[nodiscard]] Demand conv_demand(const Kernel& kernel, const ConvDims& dims, const Device& device, int cores);
[[nodiscard]] Demand attention_demand(const Kernel& kernel, const AttentionDims& dims, const Device& device,
                                      const CoreRates& rates);
[[nodiscard]] Demand rows_demand(const Kernel& kernel, const RowsDims& dims, const Device& device,
                                 const CoreRates& rates);
[[nodiscard]] Demand gather_demand(const Kernel& kernel, const GatherDims& dims, const Device& device,
                                   const CoreRates& rates);
[[nodiscard]] Demand scan_demand(const Kernel& kernel, const ScanDims& dims, const Device& device,
                                 const CoreRates& rates);
/// Adds a fused follower's element-wise work and what is left of its traffic.
void add_follower(Demand& demand, const Kernel& kernel, const Follower& follower, const Device& device,
                  const CoreRates& rates);

/// Adds activations read and written to DRAM, or to the level that keeps them.
void add_activations(Demand& demand, const Kernel& kernel, Bytes read, Bytes written);

/// Energy of a kernel; absent where the device has no energy numbers.
[[nodiscard]] std::optional<Energy> kernel_energy(const KernelCost& cost, DType dtype, const Device& device);

}  // namespace berth
