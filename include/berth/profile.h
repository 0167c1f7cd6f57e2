// Hardware profiles: a chip and the runtime on it. Every number carries its unit, spread and source.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/evidence.h"
#include "berth/machine.h"
#include "berth/operators.h"
#include "berth/parameter.h"
#include "berth/scheme.h"
#include "berth/units.h"

namespace berth {

using DeviceId = std::int32_t;

enum class DeviceKind : std::uint8_t { kCpu, kNpu, kGpu, kDsp };
inline constexpr std::array<Choice<DeviceKind>, 4> kDeviceKindNames{
    {{"cpu", DeviceKind::kCpu}, {"npu", DeviceKind::kNpu}, {"gpu", DeviceKind::kGpu}, {"dsp", DeviceKind::kDsp}}};

using MacsPerCycle = std::array<std::optional<Parameter<Operations>>, kDTypeCount>;

/// Cores of one kind: an NPU has one cluster, a big.LITTLE CPU two. Cores are taken in the order of the clusters.
struct CoreCluster {
    std::string name;
    int cores = 1;
    Parameter<Frequency> clock;
    std::vector<Frequency> clocks;  ///< what it may be set to; empty: only `clock`
    MacsPerCycle macs_per_cycle;    ///< per core
    /// Vector operations per cycle relative to the device's own figures.
    Parameter<double> vector_scale{1, 0, Origin::kAssumed, "", {}, {}};
    Parameter<Bandwidth> bandwidth;  ///< DRAM bandwidth that one core draws at most
    // Where the numbers stand in the profile: at the device (`clock`, `matrix.macs_per_cycle`, `dma.bandwidth`), or
    // with the cluster in `clusters`.
    bool clock_at_device = false;
    bool macs_at_device = false;
    bool bandwidth_at_device = false;
};

/// Part of a product that one of several cores works on by itself.
struct CoreBlock {
    std::int64_t rows = 1, columns = 1;  ///< of the result
};

/// Multiply-accumulate array (or SIMD unit).
struct MatrixEngine {
    std::int64_t align_m = 1, align_k = 1;
    std::array<std::int64_t, kDTypeNames.size()> align_n{};  ///< columns that are computed together, by dtype
    /// Rows that a set of weights must meet in the array before the next set is loaded: fewer leave it idle, and row
    /// tiles are multiples of it where they hold as many.
    std::int64_t min_rows = 1;
    Parameter<double> efficiency;  ///< share of the peak that a large, resident problem sustains
    /// Input rows held at once are limited to this many bytes (rows x K x element); weights are read again for every
    /// such row tile. Absent: the level's capacity decides.
    std::optional<Parameter<Bytes>> row_tile;
    std::optional<Parameter<Bytes>> image_row_tile;    ///< of convolutions over several lines; absent: `row_tile`
    std::optional<Parameter<Bytes>> library_row_tile;  ///< of calls of the runtime's matmul library; absent: `row_tile`
    /// Of the nearest memory, what a dtype's inputs take beyond their row tile.
    std::array<std::optional<Parameter<Bytes>>, kDTypeNames.size()> reserve{};
    /// Convolutions of at most this many channels read an image whose channels lie interleaved: the width of the kernel
    /// and the channels share the array's depth. 0: every kernel tap takes a depth of its own.
    std::int64_t image_channels = 0;
    /// The least that a row of weights takes of the array's depth: shorter ones are padded. Absent: as `align_k` says.
    std::optional<Parameter<Bytes>> min_depth;
    /// Factor by which dense 3x3 convolutions of stride 1 need fewer MACs, where the runtime transforms their windows
    /// (Winograd; Lavin and Gray 2015). Absent: it does not.
    std::optional<Parameter<double>> winograd;
    /// Bytes of one input row that lie together in memory: a row tile comes in one descriptor per such piece of K.
    std::optional<Parameter<Bytes>> layout_block;
    /// Rate at which 32-bit accumulators leave the array where the result is not narrowed.
    std::optional<Parameter<Bandwidth>> int32_output;
    /// That of floating-point accumulators, where it is another, and that of 16-bit ones; absent: they are written as
    /// other results.
    std::optional<Parameter<Bandwidth>> fp32_output, int16_output;
    /// Of those, what is taken up while they are computed and delays nothing.
    std::optional<Parameter<Bytes>> result_buffer;
    /// Steps along k (of four bytes of input) that each block of results takes besides its own: loading accumulators,
    /// adding the bias, storing.
    std::optional<Parameter<double>> result_steps;
    /// Share of the shorter of MACs and memory that the longer hides; absent: the device's own `overlap`.
    std::optional<Parameter<double>> overlap;
    /// What one of several cores takes of a product at a time, so that some get a block more than others. Absent: all
    /// get the same.
    std::optional<CoreBlock> core_block;
    /// Weights that are stored narrower than activations, and what they are multiplied at. Absent altogether: any, at
    /// the wider of the two.
    std::optional<std::array<std::optional<DType>, kDTypeCount>> weight_only;
    /// Stored with each group of weights that shares a scale: the scale, and an offset if the format has one. Absent:
    /// a scale of 16 bits.
    std::optional<Parameter<Bytes>> group_scale;
    /// Partial sums per cycle and core that are scaled and added: with weights scaled in groups, each result has one
    /// per group. Absent: on the way, at no cost.
    std::optional<Parameter<Operations>> group_sums;
};

/// Work per element of one vector class: elements per cycle and core, and traffic relative to reading each input and
/// writing the result once (a norm built from several passes reads and writes more).
struct VectorRate {
    Parameter<Operations> per_cycle;
    Parameter<double> traffic;
    std::optional<Parameter<double>> narrow;       ///< factor by which elements of 8 bits are faster; absent: 1
    std::optional<Parameter<double>> call_cycles;  ///< that a kernel takes on one core before rows are shared out
    std::optional<Parameter<double>> row_cycles;   ///< that a row takes besides its elements: reductions, roots
    std::optional<Parameter<double>> tail_cycles;  ///< of each element of a row beyond its last whole vector
};

/// Attention as one operator of the runtime. Scores stay on chip where a tile of them fits and the runtime keeps them;
/// elsewhere they pass the DRAM at `score_bytes` each. Engines work on `per_cycle` of them beyond the MACs.
struct AttentionEngine {
    Parameter<Bytes> score_bytes;                ///< DRAM traffic per score element that does not stay on chip
    Parameter<Operations> per_cycle;             ///< score elements per cycle and core
    std::int64_t row_granule = 1;                ///< sequences that are no multiple of it pay `unaligned`
    std::optional<Parameter<double>> unaligned;  ///< factor on score_bytes; absent: there is no granule
    std::optional<Parameter<Time>> per_head;     ///< that each head of each batch item takes besides its scores
    /// Cycles of a core of the host for each element of new queries, keys and values, which it turns (rotary
    /// positions), sorts by head and puts into the cache. Absent: none.
    std::optional<Parameter<double>> layout_cycles;
    bool skips_masked = true;                           ///< scores that a causal mask or a window hides cost nothing
    bool keeps_scores = true;                           ///< the runtime has a schedule that leaves them on chip
    std::optional<Parameter<Bytes>> keeps_scores_from;  ///< in memories of at least this size; absent: in any
};

enum class MemoryShare : std::uint8_t { kCore, kCluster, kDevice };
inline constexpr std::array<Choice<MemoryShare>, 3> kMemoryShareNames{
    {{"core", MemoryShare::kCore}, {"cluster", MemoryShare::kCluster}, {"device", MemoryShare::kDevice}}};

/// Which weights of a graph a level still has when the next pass reads them.
enum class WeightsKept : std::uint8_t { kAllOrNone, kNone, kPart };
inline constexpr std::array<Choice<WeightsKept>, 3> kWeightsKeptNames{
    {{"all_or_none", WeightsKept::kAllOrNone}, {"none", WeightsKept::kNone}, {"part", WeightsKept::kPart}}};

/// A level between the engines and DRAM, nearest first.
struct MemoryLevel {
    std::string name;
    Parameter<Bytes> capacity;
    MemoryShare share = MemoryShare::kCore;
    std::optional<Parameter<Bandwidth>> bandwidth;  ///< per core
    bool keeps_tensors = false;                     ///< a tensor may stay here from one kernel to the next
    /// Of a level that keeps tensors and is no cache, whose evictions decide. Absent: all or none.
    std::optional<WeightsKept> weights;
    /// At which a core gets what lies in another one's caches, through this level; absent: costs nothing.
    std::optional<Parameter<Bandwidth>> coherence_transfer;
    /// At which other programs, or other machines on the same processor, bring lines of theirs in; absent: nobody does.
    std::optional<Parameter<Bandwidth>> co_runners;
};

/// Descriptor-driven copies between DRAM and the device.
struct Dma {
    Parameter<Time> setup;  ///< per descriptor, that is per tile
    std::int64_t channels = 1;
    Parameter<double> write_cost;  ///< cost of a written byte relative to a read one
    /// Share of the shorter of DRAM traffic and all else that the longer hides; absent: as between engines and caches.
    std::optional<Parameter<double>> overlap;
};

enum class ShapeRule : std::uint8_t { kStatic, kDynamic };
inline constexpr std::array<Choice<ShapeRule>, 2> kShapeRuleNames{
    {{"static", ShapeRule::kStatic}, {"dynamic", ShapeRule::kDynamic}}};

/// static: scales are known when compiling; dynamic: each quantised matmul first measures and quantises its input.
enum class QuantizationScheme : std::uint8_t { kStatic, kDynamic };
inline constexpr std::array<Choice<QuantizationScheme>, 2> kQuantizationSchemeNames{
    {{"static", QuantizationScheme::kStatic}, {"dynamic", QuantizationScheme::kDynamic}}};

/// Dimensions of a product, m x k by k x n.
enum class ProductDim : std::uint8_t { kM, kK, kN };
inline constexpr std::array<Choice<ProductDim>, 3> kProductDimNames{
    {{"m", ProductDim::kM}, {"k", ProductDim::kK}, {"n", ProductDim::kN}}};
inline constexpr std::size_t kProductDimCount = kProductDimNames.size();

/// The most that a product may have of one dimension, and whether a runtime cuts a larger one into pieces.
struct ProductLimit {
    std::optional<std::int64_t> most;
    bool cut = false;  ///< else a larger product falls back
    [[nodiscard]] bool falls_back() const { return most && !cut; }
};

/// How a runtime treats one kind of operator.
struct OperatorRule {
    bool supported = false;
    bool multi_core = false;
    bool on_the_way = false;  ///< a conversion that kernels do as they read and write: it takes no kernel of its own
    std::int64_t multi_core_from = 1;  ///< elements of its result; a smaller one stays on one core
    /// What it may run at; another dtype is run at one of these. Never empty where the operator is supported.
    std::vector<DType> dtypes;
    std::optional<Parameter<Bytes>> max_bytes;                  ///< of its result; above, it falls back
    std::array<ProductLimit, kProductDimCount> product_limits;  ///< of a matmul, by ProductDim
    std::optional<std::int64_t> max_kernel;     ///< height and width of a convolution's kernel; above, it falls back
    std::optional<std::int64_t> max_pooled;     ///< positions that one result of a pooling is made of; the same
    bool cuts_lines = false, own_code = false;  ///< kernels of one row are cut instead; own code computes what is above
    std::optional<std::string> fallback;        ///< device by name; absent: an unsupported operator has no place here
    std::string reason;                         ///< why, in the profile's words
    SourceLocation where;
};

/// A run of operators that becomes one kernel: the first kind followed by others, each reading the one before.
struct FusionRule {
    std::vector<OperatorKind> pattern;
    /// Traffic of each epilogue_op as a share of its unfused traffic; absent: 0.
    std::optional<Parameter<double>> traffic;
    bool multi_core = true;  ///< the fused kernel may still be split over cores
    SourceLocation where;
};

/// Plain loops on a core of the host for what a runtime has no kernel for.
struct OwnCode {
    Parameter<Operations> macs_per_cycle, elements_per_cycle;  ///< elements read and written
};

/// What a runtime compiles models for, and how that is known.
struct OfferedPrecisions {
    std::vector<Scheme> schemes;  ///< at least one
    std::string source;
};

struct Runtime {
    std::string name;
    /// Absent: every scheme whose dtypes its matrix products take.
    std::optional<OfferedPrecisions> precisions;
    Parameter<Time> dispatch_per_kernel;
    /// Of a kernel that is called again and again by itself, its code and descriptors at hand; absent: per_kernel.
    std::optional<Parameter<Time>> dispatch_repeated;
    /// Of a kernel whose code and descriptors are in memory, not in the caches; absent: per_kernel.
    std::optional<Parameter<Time>> dispatch_cold;
    /// Per layer while the runtime's profiler times each by itself; absent: per_kernel.
    std::optional<Parameter<Time>> dispatch_profiled;
    /// The same, and per layer on several cores, of version 1 of the runtime; absent: as later ones.
    std::optional<Parameter<Time>> dispatch_profiled_v1, fork_join_v1;
    Parameter<Time> dispatch_per_graph;  ///< once per call: segment submit and wait, session overhead
    Parameter<Time> fork_join;           ///< per kernel that runs on more than one core
    /// Cycles of a core of the host for each kernel, besides what it takes whatever the host's clock is; absent: none.
    std::optional<Parameter<double>> dispatch_host_cycles;
    std::optional<OwnCode> own_code;  ///< needed where a rule says so
    std::int64_t prompt_chunk = 0;    ///< most positions of a prompt that one pass reads; 0: all of them
    /// Positions of a cache that is compiled in: each pass attends to all of them, filled or not. 0: as many as there
    /// are.
    std::int64_t cache_length = 0;
    /// Most answers of which one pass makes a token each, beside reading a prompt (continuous batching; Yu et al., OSDI
    /// 2022). 1: one answer after another.
    std::int64_t answers = 1;
    ShapeRule shapes = ShapeRule::kDynamic;
    std::int64_t pad_width_to = 1;
    QuantizationScheme quantization = QuantizationScheme::kStatic;
    int default_cores = 1;
    /// Attention as its parts: queries, keys, values and the result are transposed between rows of all heads, as
    /// products make and take them, and heads.
    bool moves_heads = false;
    std::vector<FusionRule> fuses;
    std::array<OperatorRule, kOperatorKindCount> operators;
};

/// Order-of-magnitude energy numbers; a device without them has no energy predictions.
struct EnergyModel {
    std::array<std::optional<Parameter<EnergyPerOperation>>, kDTypeCount> per_mac;
    Parameter<EnergyPerOperation> per_vector_element;
    Parameter<EnergyPerByte> per_dram_byte;
    Parameter<Power> static_power;
};

/// How far predictions were from measured rows after calibration, per class; widens every interval.
struct ModelError {
    Parameter<double> matmul, attention, vector, handover;
    std::optional<Parameter<double>> library;  ///< of calls of the runtime's matmul library; absent: as matmul
};

/// A core of the host, where a runtime works on elements and starts kernels.
struct HostCore {
    std::string clock_path;  ///< of its clock, as parameters() names it
    Parameter<Frequency> clock;
};

/// What a clock of a DRAM may be, relative to the one at which its bandwidths hold.
inline constexpr double kLeastDramClock = 0.1;
inline constexpr double kMostDramClock = 2;

/// State of the DRAM: bandwidths of a profile hold at `rated`, and all that pass the DRAM go with `clock`. Boards of
/// one chip differ in it, since a governor may keep the memory far below what it could do.
struct DramClock {
    Parameter<Frequency> clock;
    Frequency rated;
    [[nodiscard]] double relative() const { return clock.value / rated; }
};

struct Device {
    std::string name;
    DeviceKind kind{};
    std::vector<CoreCluster> clusters;
    MatrixEngine matrix;
    std::array<VectorRate, kVectorClassCount> vector;
    std::int64_t vector_lanes = 1;  ///< elements that are worked on at once; what a row has beyond has `tail_cycles`
    bool vector_by_host = false;    ///< its runtime leaves element-wise work to a core of the host, whose cycles count
    std::optional<HostCore> host_core;  ///< of its first cluster; absent: the device is the host itself
    std::optional<AttentionEngine> attention;
    std::vector<MemoryLevel> memories;
    std::optional<Parameter<Bytes>> capacity;  ///< of memory that models on it may fill; absent: all that there is
    Dma dma;
    Parameter<Bandwidth> dram_limit;  ///< of all its cores together
    /// What the DRAM that it shares with the host sustains, which no kernel draws more than: the profile's
    /// `memory.dram.sustained`. Absent: it has memory of its own.
    std::optional<Parameter<Bandwidth>> bus;
    std::optional<DramClock> dram_clock;  ///< of the DRAM that it shares with the host; absent: as rated
    /// Share of the shorter terms that the longest one hides: 1 under full double buffering (physics: t = max +
    /// (1 - overlap)(sum - max)).
    Parameter<double> overlap;
    Runtime runtime;
    std::optional<EnergyModel> energy;
    ModelError error;
    /// Operators that were measured on it; predictions of others are less certain. Absent: the profile does not say.
    std::optional<std::vector<MeasuredKind>> evidence;
    SourceLocation where;
    [[nodiscard]] int cores() const;
};

/// What it takes to hand a tensor from one device to the other, in either direction.
struct Link {
    DeviceId from = 0, to = 0;
    std::size_t index = 0;                                  ///< its place in the profile's list
    Parameter<Time> per_crossing;                           ///< driver submit and wait
    std::optional<Parameter<Bandwidth>> transfer;           ///< where memory is not shared
    std::optional<Parameter<Bandwidth>> cache_maintenance;  ///< flush and invalidate of the whole buffer
    std::optional<Parameter<Bandwidth>> layout_change;      ///< row-major to and from the device's own layout
    std::optional<Parameter<Bandwidth>> bus;                ///< what the host's DRAM sustains: `memory.dram.sustained`
    std::optional<DramClock> dram_clock;                    ///< of the host's DRAM; absent: as rated
    SourceLocation where;
};

struct Dram {
    Parameter<Bytes> capacity;
    /// The state that it is in, and that at which its bandwidths hold. Absent: it has one state. Readers give a memory
    /// whose rated clock is known that one if it states none.
    std::optional<Parameter<Frequency>> clock, rated_clock;
    Parameter<Bandwidth> bandwidth;  ///< of the bus
    Parameter<Bandwidth> sustained;  ///< by all agents together
};

/// Numbers whose errors go together, as a fit leaves them: where rows tell a product but not its factors, one factor is
/// too high by what the other is too low.
struct Correlations {
    std::vector<std::string> paths;
    /// F with F transpose(F) = the correlations of the logarithms, row by row, one row and column per path.
    std::vector<double> factor;

    /// Effects on a log latency, one per path and standard deviation, as effects of as many causes that have nothing
    /// to do with each other: transpose(F) x effect.
    [[nodiscard]] std::vector<double> independent(const std::vector<double>& effect) const;
};

/// A number of the chip, its memory or its cores, which a runtime beside the hardware has from there.
struct ChipNumber {
    std::string path, own, used;  ///< what the runtime's file says, and what the hardware's does
};

struct Profile {
    std::string name;
    std::string description;
    std::vector<std::string> extends;           ///< names of the profiles that it extends, the nearest first
    std::optional<MachineDescription> machine;  ///< whose measurements it rests on; absent: of no one machine
    Dram dram;
    std::vector<Device> devices;
    std::vector<Link> links;
    DeviceId host = 0;  ///< where inputs come from and results go to
    Correlations correlations;
    std::vector<RelativeNumber> relative;  ///< numbers that follow others; paths as in ParameterView
    SourceLocation where;
    /// Other runtimes of this chip, which stages of a scenario name: profiles with the same devices in the same order,
    /// see join_runtimes(). They have none themselves.
    std::vector<Profile> runtimes;
    std::string prefix;                ///< of a runtime's own numbers in parameters(): `runtimes.NAME.`; else empty
    std::vector<std::string> shared;   ///< of a runtime: paths of the numbers that it has in common with the hardware
    std::vector<ChipNumber> replaced;  ///< of a runtime: what its own file says otherwise of the chip
};

/// Whether models may be compiled for the scheme on the device, as its runtime says. One in floating point may wherever
/// there is any: it is converted.
[[nodiscard]] bool offers(const Device& device, const Scheme& scheme);
/// The same as far as dtypes go, whatever the runtime offers: what a what-if could grant.
[[nodiscard]] bool multiplies(const Device& device, const Scheme& scheme);
/// Names of all schemes that the device offers, each scheme once.
[[nodiscard]] std::vector<std::string> offered_precisions(const Device& device);
/// "w4a16", or in words where the scheme has no name.
[[nodiscard]] std::string scheme_name(const Scheme& scheme);
/// What one step of the device's array needs on chip: its nearest memory holds no less.
[[nodiscard]] Bytes largest_tile(const Device& device);

[[nodiscard]] std::optional<DeviceId> device_named(const Profile& profile, std::string_view name);
/// The link between two devices in either direction; the reader has checked that the host reaches every device.
[[nodiscard]] const Link* link_between(const Profile& profile, DeviceId a, DeviceId b);
/// Whether tensors are copied to it rather than shared with the host in DRAM.
[[nodiscard]] bool has_own_memory(const Profile& profile, DeviceId device);
/// Clock of a DRAM relative to that at which its bandwidths hold; 1 if the profile states none.
[[nodiscard]] double relative_clock(const std::optional<DramClock>& clock);
[[nodiscard]] std::optional<DramClock> state_of(const Dram& dram);
/// What the profile's DRAM sustains, and what a device draws at most, as the DRAM is clocked.
[[nodiscard]] Bandwidth sustained_as_clocked(const Dram& dram);
[[nodiscard]] Bandwidth limit_as_clocked(const Device& device);
/// Gives each device without memory of its own, and each link, what the profile's DRAM sustains and its clock. Readers
/// have done so; parameters() sets all of them together.
void share_dram(Profile& profile);
/// Gives each device but the host the clock of the host's first cluster, likewise.
void share_host(Profile& profile);

/// What paths of a profile begin with among those of a scenario, as in `--set`.
inline constexpr std::string_view kHardwarePrefix = "hardware.";
/// What those of a runtime beside it begin with, before its name.
inline constexpr std::string_view kRuntimesPrefix = "runtimes.";
/// The path as the profile's own file has it, with or without the prefix.
[[nodiscard]] constexpr std::string_view below_hardware(std::string_view path) {
    return path.starts_with(kHardwarePrefix) ? path.substr(kHardwarePrefix.size()) : path;
}

/// A number of a profile seen through its path, for uncertainty, sensitivity and lists of assumptions.
struct ParameterView {
    std::string path;     ///< `devices.npu.dma.setup`, as an override writes it
    double value = 0;     ///< SI
    Dimension dimension;  ///< a plain number for what is counted per cycle
    double spread = 0;
    Origin origin{};
    std::string source;
    double least = 0;                                       ///< 1 for a factor that saves nothing at best
    double most = std::numeric_limits<double>::infinity();  ///< 1 for a share
    SourceLocation where;
    std::string base{};               ///< path of the number that it is a share of; empty: it stands for itself
    double share = 0;                 ///< of that, at the values of now
    std::function<void(double)> set;  ///< valid while the profile it was taken from lives
    /// The same for a number that is asked for as such: from then on it is no share of another one any more.
    std::function<void(double)> fix;
};
/// Every number of the profile with a provenance, in the order of the structs above, then those that runtimes beside it
/// have for themselves. One that several clusters inherit from their device, or that runtimes share, appears once, and
/// setting it sets all of them. What is a share of a number moves with it; to set
/// such a share is to say what it comes to at the base's value of now, so that shares and bases may be set in any
/// order.
[[nodiscard]] std::vector<ParameterView> parameters(Profile& profile);
/// Path of the number of `device` that lies at this address, as parameters() names it: of its bus
/// `memory.dram.sustained`. Empty if it is none of the device's.
[[nodiscard]] std::string parameter_path(const Device& device, const void* number);

/// Paths of all numbers that move with this one, itself the first.
[[nodiscard]] std::vector<std::string> moving_with(const Profile& profile, const std::string& path);

}  // namespace berth
