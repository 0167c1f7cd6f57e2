// Cost of one kernel on one device: every term, not only the sum. Pure functions over plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "berth/base/choice.h"
#include "berth/base/units.h"
#include "berth/graph/operators.h"
#include "berth/hardware/profile.h"

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

/// Number of pieces into which a runtime cuts each dimension of a product (by ProductDim); each piece is a product of
/// its own. Pieces along k yield partial sums, which are added up.
struct ProductCut {
    std::array<std::int64_t, kProductDimCount> pieces{1, 1, 1};
    [[nodiscard]] std::int64_t of(ProductDim dim) const { return pieces[static_cast<std::size_t>(dim)]; }
    [[nodiscard]] std::int64_t count() const { return pieces[0] * pieces[1] * pieces[2]; }
    friend bool operator==(const ProductCut&, const ProductCut&) = default;
};

/// What starts a kernel, which decides its dispatch time: the runtime, as a step of a graph, or the runtime's profiler,
/// which waits for every layer; the profiler of the runtime's version 1 waits longer.
enum class StartedBy : std::uint8_t { kGraph, kProfiler, kProfilerV1 };

/// One operator, or a fused group, as it runs on one device.
struct Kernel {
    static constexpr std::size_t kMaxEpilogue = 3;

    OperatorKind kind{};
    Dims dims;
    DType input{};   ///< dtype of the activations read
    DType weight{};  ///< storage dtype of constant operands
    DType output{};
    std::optional<DType> multiply;  ///< dtype that the array multiplies at; absent: the wider of `input` and `weight`
    std::int64_t weight_group = 0;  ///< weights per scale; 0: scales are too few to count
    ProductCut cut;                 ///< of a matmul; all ones: not cut
    std::int64_t keeps_every = 1;   ///< of a convolution: rows and columns of its result of which one is kept
    std::array<EpilogueOp, kMaxEpilogue> epilogue{};
    std::uint8_t epilogue_length = 0;
    bool library_call = false;        ///< a call of the runtime's matmul library rather than a step of a compiled graph
    bool keeps_accumulators = false;  ///< the result leaves at accumulator width, not narrowed
    bool multi_core = true;           ///< the runtime may split it over cores
    bool input_on_chip = false;       ///< the activations read are resident on chip
    bool output_on_chip = false;      ///< the result stays on chip
    bool weights_on_chip = false;
    /// Attention and its products: keys and values lie in a cache between passes, as weights do, rather than being made
    /// in this one.
    bool from_cache = false;
    /// Share evicted before reuse: of the weights on chip or, for a hot kernel, of all its operands.
    double evicted = 0;
    CacheState cache = CacheState::kGraph;
    StartedBy started_by = StartedBy::kGraph;
    bool own_code = false;       ///< computed by the runtime's own code on a core of the host
    bool chooses_token = false;  ///< a core of the host chooses a token from each row of the result
    friend bool operator==(const Kernel&, const Kernel&) = default;
};

/// Cores and clocks with which a stage uses a device.
struct Execution {
    int cores = 1;
    std::optional<Frequency> clock;  ///< clock of the first cluster; absent: the profile's
    /// DRAM clock, where rows were measured at a known one; absent: the profile's. No effect on a device whose profile
    /// does not rate the DRAM clock.
    std::optional<Frequency> memory_clock{};
    friend bool operator==(const Execution&, const Execution&) = default;
};

/// Block of a matmul that is held on chip, and the resulting number of reads of each operand and writes of the result.
struct Tile {
    std::int64_t m = 0, k = 0, n = 0;
    std::int64_t input_reads = 1, weight_reads = 1, output_writes = 1;
};

struct Traffic {
    Bytes read, write;
};

/// Which terms of a kernel's time add up instead of overlapping, and which share of the shorter terms the longest one
/// hides. `rule_of()` in cost_breakdown.h puts it into words.
struct CostRule {
    bool engines_serial = false;         ///< matrix and vector work run one after the other
    bool vector_at_memory = false;       ///< vector work adds to memory time: it is done on results on their way there
    double overlap = 1;                  ///< share hidden among the kernel's engines and memories
    double device_overlap = 1;           ///< share hidden between 32-bit results and all else
    std::optional<double> dram_overlap;  ///< share hidden between DRAM and all else; absent: `overlap`
};

/// Terms of a kernel's time, and the rule that combines them into `total`.
struct KernelCost {
    Time dispatch;
    Time fork_join;  ///< on several cores: waking and waiting, and coherence transfers between their caches
    Time compute;    ///< MACs padded to the array
    Time vector;     ///< element-wise work, epilogue included
    Time sram;       ///< traffic at the nearest level, where its bandwidth is known
    Time dram;       ///< traffic / bandwidth
    Time dma;        ///< descriptors x setup
    Time stall;      ///< waiting time of weight loads, where there is no room to load them ahead
    Time results;    ///< 32-bit results, which leave on a path of their own
    Time bus;  ///< all bytes at the sustained bandwidth of the shared DRAM: a lower bound where `dram` may be less
    Time total;
    CostRule rule;
    Bound bound = Bound::kDispatch;
    Operations macs, padded_macs, elements;
    Traffic traffic;         ///< DRAM traffic
    Bytes compulsory;        ///< compulsory traffic: each operand once
    Bytes co_runner_misses;  ///< part of `traffic`: misses in a shared cache after co-runners evicted the data
    Tile tile;
    int cores = 1;
    double imbalance = 1;  ///< work of the busiest core, relative to an even share of the product
    std::optional<Energy> energy;
};

/// A term of a kernel's time by its name in formulas. Tables call it by the name of its member and the unit.
struct TimeTerm {
    std::string_view name, key;
    Time KernelCost::*time;
};
inline constexpr auto kTimeTerms = std::to_array<TimeTerm>({{"dispatch", "dispatch_ms", &KernelCost::dispatch},
                                                            {"fork/join", "fork_join_ms", &KernelCost::fork_join},
                                                            {"compute", "compute_ms", &KernelCost::compute},
                                                            {"vector", "vector_ms", &KernelCost::vector},
                                                            {"sram", "sram_ms", &KernelCost::sram},
                                                            {"dram", "dram_ms", &KernelCost::dram},
                                                            {"dma", "dma_ms", &KernelCost::dma},
                                                            {"stall", "stall_ms", &KernelCost::stall},
                                                            {"results", "results_ms", &KernelCost::results},
                                                            {"bus", "bus_ms", &KernelCost::bus}});

/// Bytes of all operands and results of a kernel, constants included.
[[nodiscard]] Bytes operands_of(const Kernel& kernel);

/// Cost of one kernel. The device must support the dtypes (see plan.h); throws std::logic_error without a MAC rate.
[[nodiscard]] KernelCost kernel_cost(const Kernel& kernel, const Device& device, const Execution& execution);

/// Dtype that the array multiplies at for this kernel. Traffic, in contrast, counts operands as they are stored.
[[nodiscard]] DType multiplied_at(const Kernel& kernel);

/// Matmul tile with the least DRAM traffic for the capacity of the device's last memory level (physics: Goto and van de
/// Geijn 2008; Smith et al. 2019 for the bound), or the row tile that the device's hardware fixes.
[[nodiscard]] Tile matmul_tile(const MatmulDims& dims, DType input, DType weight, const Device& device,
                               bool library_call);

/// Largest share of a product that one of several cores gets, from 1 / cores to 1. Columns are dealt in whole blocks
/// where the blocks divide evenly among the cores or there are too few rows to deal those as well. Rows are dealt, in
/// smaller blocks, where there are fewer column blocks than cores. Other products split evenly.
[[nodiscard]] double largest_share(const MatmulDims& dims, const CoreBlock& block, int cores);

/// Nearest level that keeps tensors and holds `between_uses`, the bytes touched between two uses of the same data; the
/// last such level where none is large enough. Null if no level keeps tensors at a known bandwidth.
[[nodiscard]] const MemoryLevel* level_holding(Bytes between_uses, const Device& device, int cores);
/// Share of `used` bytes that a cache of `capacity` has evicted when they are used again in the same order: none up to
/// half the capacity, all beyond three times the capacity, logarithmic in between. Real caches are not strict LRU
/// queues: sets are hashed, lines are evicted at random, and co-runners use them too. Software-managed memory (of an
/// NPU) holds all or nothing.
[[nodiscard]] double evicted_share(Bytes used, Bytes capacity, DeviceKind kind);
/// Capacity from which all of `used` bytes are kept, and capacity below which none are (see evicted_share).
struct KeepingCapacities {
    Bytes all_from, nothing_below;
};
[[nodiscard]] KeepingCapacities keeping_capacities(Bytes used, DeviceKind kind);
/// Capacity of a level for `cores` cores together: per-core memories add up.
[[nodiscard]] Bytes capacity_of(const MemoryLevel& level, int cores);

/// Combined rates of `cores` cores when the work is split evenly: the slowest core decides.
struct CoreRates {
    int cores = 1;
    OperationRate macs;      ///< at the given dtype, efficiency included
    Frequency vector_clock;  ///< cores x clock x vector scale: multiply by elements per cycle
    Bandwidth dram;
};
[[nodiscard]] CoreRates core_rates(const Device& device, const Execution& execution, DType dtype);

/// Time of handing `size` bytes over a link once, in either direction.
struct HandoverCost {
    Time fixed, transfer, cache_maintenance, layout_change, total;
};
[[nodiscard]] HandoverCost handover_cost(const Link& link, Bytes size);

}  // namespace berth
