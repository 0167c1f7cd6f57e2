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

#include "berth/base/diagnostics.h"
#include "berth/base/parameter.h"
#include "berth/base/units.h"
#include "berth/graph/evidence.h"
#include "berth/graph/operators.h"
#include "berth/graph/scheme.h"
#include "berth/hardware/machine.h"
#include "berth/hardware/runtime.h"

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
    std::vector<Frequency> clocks;  ///< clocks that can be set; empty: only `clock`
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

/// Unit in which the result of a product is dealt to several cores.
struct CoreBlock {
    std::int64_t rows = 1, columns = 1;  ///< of the result
};

/// Multiply-accumulate array (or SIMD unit).
struct MatrixEngine {
    std::int64_t align_m = 1, align_k = 1;
    std::array<std::int64_t, kDTypeNames.size()> align_n{};  ///< columns that are computed together, by dtype
    /// Least input rows per set of weights that the array loads: with fewer the array idles. Row tiles are multiples of
    /// it where they hold that many rows.
    std::int64_t min_rows = 1;
    Parameter<double> efficiency;  ///< share of the peak that a large, resident problem sustains
    /// Most bytes of input rows held at once (rows x K x element); weights are read again for every such row tile.
    /// Absent: the level's capacity decides.
    std::optional<Parameter<Bytes>> row_tile;
    std::optional<Parameter<Bytes>> image_row_tile;    ///< of convolutions over several lines; absent: `row_tile`
    std::optional<Parameter<Bytes>> library_row_tile;  ///< of calls of the runtime's matmul library; absent: `row_tile`
    /// Bytes of the nearest memory reserved for inputs of each dtype, beyond their row tile.
    std::array<std::optional<Parameter<Bytes>>, kDTypeNames.size()> reserve{};
    /// Convolutions of at most this many input channels read an image with interleaved channels: the width of the
    /// kernel and the channels share the array's depth. 0: every kernel tap takes a depth of its own.
    std::int64_t image_channels = 0;
    /// Least array depth that a row of weights takes: shorter rows are padded. Absent: as `align_k` says.
    std::optional<Parameter<Bytes>> min_depth;
    /// Factor by which Winograd transforms (Lavin and Gray 2015) reduce the MACs of dense 3x3 convolutions of stride 1.
    /// Absent: the runtime does not use them.
    std::optional<Parameter<double>> winograd;
    /// Contiguous bytes of one input row in memory: a row tile takes one DMA descriptor per such piece of K.
    std::optional<Parameter<Bytes>> layout_block;
    /// Rate at which 32-bit accumulators leave the array where the result is not narrowed.
    std::optional<Parameter<Bandwidth>> int32_output;
    /// Rates of floating-point and of 16-bit accumulators. Absent: the former leave at `int32_output`, the latter are
    /// written as other results.
    std::optional<Parameter<Bandwidth>> fp32_output, int16_output;
    std::int64_t result_rows = 0;  ///< accumulators of at most this many rows are written as other results
    /// Bytes of accumulators that a buffer absorbs while they are computed; these delay nothing.
    std::optional<Parameter<Bytes>> result_buffer;
    /// Extra steps along k (of four input bytes each) per block of results: loading accumulators, adding the bias,
    /// storing.
    std::optional<Parameter<double>> result_steps;
    /// Share of the shorter of MAC and memory time that the longer hides; absent: the device's own `overlap`.
    std::optional<Parameter<double>> overlap;
    /// Unit in which a product is dealt to cores, so that some get one block more than others. Absent: even shares.
    std::optional<CoreBlock> core_block;
    /// Multiply dtype of weights stored narrower than the activations, by storage dtype. Absent altogether: any such
    /// weights, at the wider of the two.
    std::optional<std::array<std::optional<DType>, kDTypeCount>> weight_only;
    /// Bytes stored per group of weights that shares a scale: the scale, and an offset if the format has one. Absent: a
    /// scale of 16 bits.
    std::optional<Parameter<Bytes>> group_scale;
    /// Rate of scaling and adding partial sums, per cycle and core: group-scaled weights give each result one partial
    /// sum per group. Absent: no cost.
    std::optional<Parameter<Operations>> group_sums;
};

/// Work per element of one vector class: elements per cycle and core, and traffic relative to reading each input and
/// writing the result once (a norm built from several passes reads and writes more).
struct VectorRate {
    Parameter<Operations> per_cycle;
    Parameter<double> traffic;
    std::optional<Parameter<double>> narrow;       ///< speed-up of 8-bit elements; absent: 1
    std::optional<Parameter<double>> call_cycles;  ///< fixed cycles of a kernel, on one core, before rows are dealt
    std::optional<Parameter<double>> row_cycles;   ///< cycles of a row besides its elements: reductions, roots
    std::optional<Parameter<double>> tail_cycles;  ///< cycles per element of a row beyond its last whole vector
};

/// Attention as one operator of the runtime. Scores stay on chip where a tile of them fits and the runtime keeps them;
/// otherwise each moves `score_bytes` through DRAM. Besides the MACs, engines process `per_cycle` scores.
struct AttentionEngine {
    Parameter<Bytes> score_bytes;                ///< DRAM traffic per score element that does not stay on chip
    Parameter<Operations> per_cycle;             ///< score elements per cycle and core
    std::int64_t row_granule = 1;                ///< sequence lengths that are no multiple of it pay `unaligned`
    std::optional<Parameter<double>> unaligned;  ///< factor on score_bytes; absent: there is no granule
    std::optional<Parameter<Time>> per_head;     ///< fixed time per head and batch item whose scores spill
    /// Host-core cycles per element of new queries, keys and values: rotary positions, sorting by head and writing to
    /// the KV cache. Absent: none.
    std::optional<Parameter<double>> layout_cycles;
    bool skips_masked = true;                           ///< scores hidden by a causal mask or a window cost nothing
    bool keeps_scores = true;                           ///< the runtime has a schedule that leaves scores on chip
    std::optional<Parameter<Bytes>> keeps_scores_from;  ///< in memories of at least this size; absent: in any
};

enum class MemoryShare : std::uint8_t { kCore, kCluster, kDevice };
inline constexpr std::array<Choice<MemoryShare>, 3> kMemoryShareNames{
    {{"core", MemoryShare::kCore}, {"cluster", MemoryShare::kCluster}, {"device", MemoryShare::kDevice}}};

/// Which weights of a graph are still resident in a level when the next pass reads them.
enum class WeightsKept : std::uint8_t { kAllOrNone, kNone, kPart };
inline constexpr std::array<Choice<WeightsKept>, 3> kWeightsKeptNames{
    {{"all_or_none", WeightsKept::kAllOrNone}, {"none", WeightsKept::kNone}, {"part", WeightsKept::kPart}}};

/// A memory level between the engines and DRAM; levels are listed nearest first.
struct MemoryLevel {
    std::string name;
    Parameter<Bytes> capacity;
    MemoryShare share = MemoryShare::kCore;
    std::optional<Parameter<Bandwidth>> bandwidth;  ///< per core
    bool keeps_tensors = false;                     ///< a tensor may stay here from one kernel to the next
    /// Weight residency of a level that keeps tensors and is no cache (caches follow evictions). Absent: all or none.
    std::optional<WeightsKept> weights;
    /// Rate at which a core reads lines from another core's cache, through this level; absent: costs nothing.
    std::optional<Parameter<Bandwidth>> coherence_transfer;
    /// Rate at which co-runners (other programs, other machines on the same processor) bring lines in; absent: none.
    std::optional<Parameter<Bandwidth>> co_runners;
};

/// Descriptor-driven copies between DRAM and the device.
struct Dma {
    Parameter<Time> setup;  ///< per descriptor, that is per tile
    std::int64_t channels = 1;
    Parameter<double> write_cost;  ///< cost of a written byte relative to a read one
    /// Share of the shorter of DRAM time and all other time that the longer hides; absent: as between engines and
    /// caches.
    std::optional<Parameter<double>> overlap;
};

/// Order-of-magnitude energy numbers; a device without them has no energy predictions.
struct EnergyModel {
    std::array<std::optional<Parameter<EnergyPerOperation>>, kDTypeCount> per_mac;
    Parameter<EnergyPerOperation> per_vector_element;
    Parameter<EnergyPerByte> per_dram_byte;
    Parameter<Power> static_power;
};

/// Residual errors of predictions against measured rows after calibration, per class; they widen every interval.
struct ModelError {
    Parameter<double> matmul, attention, vector, handover;
    std::optional<Parameter<double>> library;  ///< calls of the runtime's matmul library; absent: as matmul
};

/// Host core on which a runtime does element-wise work and starts kernels.
struct HostCore {
    std::string clock_path;  ///< path of its clock, as in parameters()
    Parameter<Frequency> clock;
};

/// Range of a DRAM clock, relative to the clock at which its bandwidths hold.
inline constexpr double kLeastDramClock = 0.1;
inline constexpr double kMostDramClock = 2;

/// DRAM clock. Bandwidths of a profile hold at `rated`, and all bandwidths through DRAM scale with `clock`. Boards of
/// one chip differ in it, since a governor may keep the memory far below its rated clock.
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
    std::int64_t vector_lanes = 1;  ///< elements per vector; a row's elements beyond whole vectors take `tail_cycles`
    bool vector_by_host = false;    ///< the runtime runs element-wise work on a host core, whose cycles count
    std::optional<HostCore> host_core;  ///< core of the host's first cluster; absent: the device is the host itself
    std::optional<AttentionEngine> attention;
    std::vector<MemoryLevel> memories;
    std::optional<Parameter<Bytes>> capacity;  ///< memory that models on it may fill; absent: all of it
    Dma dma;
    Parameter<Bandwidth> dram_limit;  ///< DRAM bandwidth of all its cores together
    /// Sustained bandwidth of the DRAM shared with the host (`memory.dram.sustained`), an upper limit for every kernel.
    /// Absent: it has memory of its own.
    std::optional<Parameter<Bandwidth>> bus;
    std::optional<DramClock> dram_clock;  ///< of the DRAM shared with the host; absent: as rated
    /// Share of the shorter terms that the longest one hides: 1 under full double buffering (physics: t = max +
    /// (1 - overlap)(sum - max)).
    Parameter<double> overlap;
    Runtime runtime;
    std::optional<EnergyModel> energy;
    ModelError error;
    /// Operators measured on it; predictions of others are less certain. Absent: the profile does not say.
    std::optional<std::vector<MeasuredKind>> evidence;
    SourceLocation where;
    [[nodiscard]] int cores() const;
};

/// Cost of handing a tensor from one device to the other, in either direction.
struct Link {
    DeviceId from = 0, to = 0;
    std::size_t index = 0;                                  ///< position in the profile's list
    Parameter<Time> per_crossing;                           ///< driver submit and wait
    std::optional<Parameter<Bandwidth>> transfer;           ///< where memory is not shared
    std::optional<Parameter<Bandwidth>> cache_maintenance;  ///< flush and invalidate of the whole buffer
    std::optional<Parameter<Bandwidth>> layout_change;      ///< row-major to and from the device's own layout
    std::optional<Parameter<Bandwidth>> bus;                ///< sustained host DRAM bandwidth: `memory.dram.sustained`
    std::optional<DramClock> dram_clock;                    ///< of the host's DRAM; absent: as rated
    SourceLocation where;
};

struct Dram {
    Parameter<Bytes> capacity;
    /// Current clock, and clock at which its bandwidths hold. Absent: it has one state. Where only the rated clock is
    /// stated, readers set the current clock to it.
    std::optional<Parameter<Frequency>> clock, rated_clock;
    Parameter<Bandwidth> bandwidth;  ///< peak of the bus
    Parameter<Bandwidth> sustained;  ///< reached by all agents together
};

/// Correlated errors of numbers, as a fit leaves them: where rows determine a product but not its factors, one factor
/// is too high by as much as the other is too low.
struct Correlations {
    std::vector<std::string> paths;
    /// Factor F of the correlation matrix of the logarithms, F transpose(F); row-major, one row and column per path.
    std::vector<double> factor;

    /// Decorrelates `effect`, the effects on a log latency per path and standard deviation, into the effects of as many
    /// independent causes: transpose(F) x effect.
    [[nodiscard]] std::vector<double> independent(const std::vector<double>& effect) const;
    /// Correlation of the errors of two of the numbers, by their places in `paths`.
    [[nodiscard]] double between(std::size_t a, std::size_t b) const;
};

/// A number of the chip, its memory or its cores that a runtime beside the hardware takes from the hardware's file.
struct ChipNumber {
    std::string path, own, used;  ///< value in the runtime's file, and value in the hardware's
};

struct Profile {
    std::string name;
    std::string description;
    std::vector<std::string> extends;           ///< names of the profiles that it extends, the nearest first
    std::optional<MachineDescription> machine;  ///< whose measurements it rests on; absent: no single machine
    Dram dram;
    std::vector<Device> devices;
    std::vector<Link> links;
    DeviceId host = 0;  ///< device that inputs come from and results go to
    Correlations correlations;
    std::vector<RelativeNumber> relative;  ///< numbers stated as shares of others; paths as in ParameterView
    SourceLocation where;
    /// Other runtimes of this chip, named by stages of a scenario: profiles with the same devices in the same order,
    /// without runtimes of their own; see join_runtimes().
    std::vector<Profile> runtimes;
    std::string prefix;                ///< of a runtime's own paths in parameters(): `runtimes.NAME.`; else empty
    std::vector<std::string> shared;   ///< of a runtime: paths of the numbers that it shares with the hardware
    std::vector<ChipNumber> replaced;  ///< of a runtime: numbers of the chip that its own file states otherwise
};

/// Whether the device's runtime compiles models for the scheme. A floating-point scheme is offered where any is, since
/// models are converted.
[[nodiscard]] bool offers(const Device& device, const Scheme& scheme);
/// Whether the device's dtypes allow the scheme, whatever the runtime offers: what a what-if could grant.
[[nodiscard]] bool multiplies(const Device& device, const Scheme& scheme);
/// Names of all schemes that the device offers, each scheme once.
[[nodiscard]] std::vector<std::string> offered_precisions(const Device& device);
/// "w4a16", or in words where the scheme has no name.
[[nodiscard]] std::string scheme_name(const Scheme& scheme);
/// On-chip bytes that one step of the device's array needs: the nearest memory is at least as large.
[[nodiscard]] Bytes largest_tile(const Device& device);

[[nodiscard]] std::optional<DeviceId> device_named(const Profile& profile, std::string_view name);
/// The link between two devices in either direction; the reader has checked that the host reaches every device.
[[nodiscard]] const Link* link_between(const Profile& profile, DeviceId a, DeviceId b);
/// Whether tensors are copied to the device, rather than shared with the host in DRAM.
[[nodiscard]] bool has_own_memory(const Profile& profile, DeviceId device);
/// DRAM clock relative to the clock at which its bandwidths hold; 1 if the profile states none.
[[nodiscard]] double relative_clock(const std::optional<DramClock>& clock);
[[nodiscard]] std::optional<DramClock> state_of(const Dram& dram);
/// Sustained bandwidth of the profile's DRAM, and a device's largest DRAM bandwidth, at the DRAM's current clock.
[[nodiscard]] Bandwidth sustained_as_clocked(const Dram& dram);
[[nodiscard]] Bandwidth limit_as_clocked(const Device& device);
/// Gives each device without memory of its own, and each link, the profile's sustained DRAM bandwidth and DRAM clock.
/// Readers have done so; parameters() sets all copies together.
void share_dram(Profile& profile);
/// Gives each device but the host the clock of the host's first cluster. Readers have done so, too.
void share_host(Profile& profile);

/// Prefix of a profile's paths among those of a scenario, as in `--set`.
inline constexpr std::string_view kHardwarePrefix = "hardware.";
/// Prefix of the paths of a runtime beside the hardware; its name follows.
inline constexpr std::string_view kRuntimesPrefix = "runtimes.";
/// The path as in the profile's own file; `path` may have the prefix.
[[nodiscard]] constexpr std::string_view below_hardware(std::string_view path) {
    return path.starts_with(kHardwarePrefix) ? path.substr(kHardwarePrefix.size()) : path;
}

/// What uses a number of a profile, and so when a change of it can show.
enum class UsedBy : std::uint8_t {
    kAlways,          ///< whatever runs in its section
    kConvolution,     ///< convolutions
    kPaddedShape,     ///< shapes that are no multiple of it, or smaller
    kNarrowElements,  ///< elements of 8 bits
    kGroupedWeights,  ///< products whose weights are scaled in groups
    kSeveralCores,    ///< operators on several cores
    kLibraryCall,     ///< calls of the runtime's matmul library
    kSingleCall,      ///< operators that are called by themselves
    kProfiledLayer,   ///< layers in tables of the runtime's profiler
    kModelError,      ///< intervals: an error of the model itself
};
/// Whether measurements alone are made of it or compared with it, and no placement of a scenario is.
[[nodiscard]] constexpr bool describes_measurements(UsedBy use) {
    return use == UsedBy::kLibraryCall || use == UsedBy::kSingleCall || use == UsedBy::kProfiledLayer ||
           use == UsedBy::kModelError;
}

/// A number of a profile seen through its path, for uncertainty, sensitivity and lists of assumptions.
struct ParameterView {
    std::string path;     ///< `devices.npu.dma.setup`, as an override writes it
    double value = 0;     ///< SI
    Dimension dimension;  ///< a plain number for what is counted per cycle
    double spread = 0;
    Origin origin{};
    std::string source;
    double least = 0;                                       ///< lower bound; 1 for a factor that saves nothing at best
    double most = std::numeric_limits<double>::infinity();  ///< upper bound; 1 for a share
    SourceLocation where;
    UsedBy used_by = UsedBy::kAlways;
    std::string base{};               ///< path of the number that it is a share of; empty: not a share
    double share = 0;                 ///< share of `base`, at current values
    bool per_cycle = false;           ///< `share` is in bytes per cycle of the base, a clock
    std::function<void(double)> set;  ///< valid while the profile it was taken from lives
    /// As `set`, for a number that is asked for explicitly: from then on it is no share of another one.
    std::function<void(double)> fix;
};
/// Every number of the profile with a provenance, in the order of the structs above, then the own numbers of runtimes
/// beside it. A number that several clusters inherit from their device, or that runtimes share, appears once, and
/// setting it sets all copies. A share of a number moves with that number; setting the share states its value at the
/// base's current value, so that shares and bases may be set in any order.
[[nodiscard]] std::vector<ParameterView> parameters(Profile& profile);
/// Path in parameters() of the number of `device` at this address; for its bus `memory.dram.sustained`. Empty if the
/// address is none of the device's numbers.
[[nodiscard]] std::string parameter_path(const Device& device, const void* number);

/// Paths of all numbers that move with this one, which comes first.
[[nodiscard]] std::vector<std::string> moving_with(const Profile& profile, const std::string& path);

}  // namespace berth
