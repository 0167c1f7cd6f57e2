// What one kernel costs on one device: every term, not only the sum. Pure functions over plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "berth/choice.h"
#include "berth/operators.h"
#include "berth/profile.h"
#include "berth/units.h"

namespace berth {

/// The term that decides a kernel's time.
enum class Bound : std::uint8_t { kCompute, kVector, kSram, kDram, kDma, kDispatch, kTransfer };
inline constexpr std::array<Choice<Bound>, 7> kBoundNames{{
    {"compute", Bound::kCompute},
    {"vector", Bound::kVector},
    {"sram", Bound::kSram},
    {"dram", Bound::kDram},
    {"dma", Bound::kDma},
    {"dispatch", Bound::kDispatch},
    {"transfer", Bound::kTransfer},
}};

/// An operator that runs inside the kernel of the one before it.
struct EpilogueOp {
    OperatorKind kind{};
    RowsDims dims;
    double traffic = 0;  ///< share of its unfused traffic that remains
    friend bool operator==(const EpilogueOp&, const EpilogueOp&) = default;
};

/// Pieces that a runtime cuts a product into, by ProductDim: each is a product by itself. Those of k make partial sums,
/// which are added up.
struct ProductCut {
    std::array<std::int64_t, kProductDimCount> pieces{1, 1, 1};
    [[nodiscard]] std::int64_t of(ProductDim dim) const { return pieces[static_cast<std::size_t>(dim)]; }
    [[nodiscard]] std::int64_t count() const { return pieces[0] * pieces[1] * pieces[2]; }
    friend bool operator==(const ProductCut&, const ProductCut&) = default;
};

/// Who starts a kernel: the runtime as a step of a graph, or its profiler, which waits for each layer by itself; that
/// of the runtime's first version waits longer.
enum class StartedBy : std::uint8_t { kGraph, kProfiler, kProfilerV1 };

/// One operator, or a fused group, as it runs on one device.
struct Kernel {
    static constexpr std::size_t kMaxEpilogue = 3;

    OperatorKind kind{};
    Dims dims;
    DType input{};   ///< of activations read
    DType weight{};  ///< constant operands are stored in
    DType output{};
    std::optional<DType> multiply;  ///< what the array works at; absent: the wider of `input` and `weight`
    std::int64_t weight_group = 0;  ///< weights that share a scale; 0: scales are too few to count
    ProductCut cut;                 ///< of a matmul
    std::array<EpilogueOp, kMaxEpilogue> epilogue{};
    std::uint8_t epilogue_length = 0;
    bool library_call = false;        ///< a call of the runtime's matmul library rather than a step of a compiled graph
    bool keeps_accumulators = false;  ///< its result leaves as it was added up, not narrowed
    bool multi_core = true;           ///< the runtime may split it over cores
    bool input_on_chip = false;       ///< activations read stayed on chip
    bool output_on_chip = false;      ///< the result stays there
    bool weights_on_chip = false;
    double evicted =
        0;  ///< share evicted before it is used again: of the weights on chip; of a hot kernel, of all its operands
    CacheState cache = CacheState::kGraph;
    StartedBy started_by = StartedBy::kGraph;
    bool own_code = false;  ///< computed by the runtime's own code on a core of the host
    friend bool operator==(const Kernel&, const Kernel&) = default;
};

/// How a stage uses a device.
struct Execution {
    int cores = 1;
    std::optional<Frequency> clock;  ///< of the first cluster; absent: the profile's
    /// Of the DRAM, where rows were measured at a known state of it; absent: the profile's. No effect on a device whose
    /// profile rates no clock of the DRAM.
    std::optional<Frequency> memory_clock{};
    friend bool operator==(const Execution&, const Execution&) = default;
};

/// Block of a matmul that is held on chip, and how often the operands are read because of it.
struct Tile {
    std::int64_t m = 0, k = 0, n = 0;
    std::int64_t input_reads = 1, weight_reads = 1, output_writes = 1;
};

struct Traffic {
    Bytes read, write;
};

/// Which terms of a kernel wait for each other, and how much of the shorter ones the longer ones hide. `rule_of()` in
/// cost_breakdown.h puts it into words.
struct CostRule {
    bool engines_serial = false;         ///< matrix and vector work follow one another
    bool vector_at_memory = false;       ///< vector work adds to the memory's time instead
    double overlap = 1;                  ///< of the kernel's engines and memories
    double device_overlap = 1;           ///< of 32-bit results with all else
    std::optional<double> dram_overlap;  ///< of DRAM with all the rest; absent: as between the others
};

/// Terms of a kernel's time, and the rule by which they make `total`.
struct KernelCost {
    Time dispatch;
    Time fork_join;  ///< of several cores: waking and waiting, and exchanging what lies in each other's caches
    Time compute;    ///< MACs padded to the array
    Time vector;     ///< element-wise work, epilogue included
    Time sram;       ///< the nearest level, where its bandwidth is known
    Time dram;       ///< traffic / bandwidth
    Time dma;        ///< descriptors x setup
    Time stall;      ///< loading weights waits for the array, because there is no room to load them ahead
    Time results;    ///< 32-bit results, on a path of their own
    Time bus;        ///< all bytes at what the shared DRAM sustains, where `dram` may be less: nothing is faster
    Time total;
    CostRule rule;
    Bound bound = Bound::kDispatch;
    Operations macs, padded_macs, elements;
    Traffic traffic;         ///< at DRAM
    Bytes compulsory;        ///< each operand once
    Bytes co_runner_misses;  ///< of the traffic, what others took the place of in a cache that they share
    Tile tile;
    int cores = 1;
    double imbalance = 1;  ///< what the core with most to do has of a product, relative to an even share
    std::optional<Energy> energy;
};

/// Everything that a kernel reads and writes, constants included.
[[nodiscard]] Bytes operands_of(const Kernel& kernel);

/// Cost of one kernel. The device must support the dtypes (see plan.h); absent MAC rates are a std::logic_error.
[[nodiscard]] KernelCost kernel_cost(const Kernel& kernel, const Device& device, const Execution& execution);

/// What the array works at for this kernel: traffic counts operands as they are stored.
[[nodiscard]] DType multiplied_at(const Kernel& kernel);

/// Tile of a matmul that moves the fewest bytes through a level of `capacity` (physics: Goto and van de Geijn 2008;
/// Smith et al. 2019 for the bound), or the row tile that the device's hardware fixes.
[[nodiscard]] Tile matmul_tile(const MatmulDims& dims, DType input, DType weight, const Device& device,
                               bool library_call);

/// Share of a product that the busiest of several cores has, from 1 / cores to 1: whole columns of blocks, if they go
/// round or there are not enough rows to share those as well; rows in smaller blocks where columns are fewer than
/// cores.
[[nodiscard]] double largest_share(const MatmulDims& dims, const CoreBlock& block, int cores);

/// Bytes that no tiling can avoid: each operand once, and 2 m n k / sqrt(capacity in elements) (Smith et al. 2019).
[[nodiscard]] Bytes matmul_traffic_bound(const MatmulDims& dims, Bytes element, Bytes capacity);

/// The nearest level that keeps tensors and holds everything that is used before the same bytes are used again; the
/// last one where none does. Null if no level keeps any at a known bandwidth.
[[nodiscard]] const MemoryLevel* level_holding(Bytes between_uses, const Device& device, int cores);
/// Share of `used` bytes that a cache of `capacity` no longer has when they are used again in the same order: none up
/// to half of it, all beyond three times as much, in between by the logarithm. Real caches are no queues: sets are
/// hashed, lines are evicted at random, and others use them too. Memory that software fills (of an NPU) holds all or
/// nothing.
[[nodiscard]] double evicted_share(Bytes used, Bytes capacity, DeviceKind kind);
/// Capacities from which all of `used` bytes is kept, and below which nothing is (see evicted_share).
struct KeepingCapacities {
    Bytes all_from, nothing_below;
};
[[nodiscard]] KeepingCapacities keeping_capacities(Bytes used, DeviceKind kind);
/// What a level holds for the cores in use together.
[[nodiscard]] Bytes capacity_of(const MemoryLevel& level, int cores);

/// Rates that `cores` cores offer together when the work is split evenly: the slowest of them decides.
struct CoreRates {
    int cores = 1;
    OperationRate macs;      ///< at the given dtype, efficiency included
    Frequency vector_clock;  ///< cores x clock x vector scale: multiply by elements per cycle
    Bandwidth dram;
};
[[nodiscard]] CoreRates core_rates(const Device& device, const Execution& execution, DType dtype);

/// Handing `size` bytes over a link once, in either direction.
struct HandoverCost {
    Time fixed, transfer, cache_maintenance, layout_change, total;
};
[[nodiscard]] HandoverCost handover_cost(const Link& link, Bytes size);

}  // namespace berth
