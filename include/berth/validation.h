// How far predictions are from what was measured: measured rows, their predictions, and errors per class of operator.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "berth/evaluation.h"

namespace berth {

/// What the columns of a file of measurements mean.
enum class RowForm : std::uint8_t {
    kMatmulLibrary,   ///< calls of the runtime's matmul library; rows whose matrices are in the device's own layout
    kCompiledLayers,  ///< layers of a compiled graph, as the runtime's profiler lists them
    kModelTotals,     ///< whole models
    kGeneration,      ///< models that generate text: time to the first token, and rate of the others
    kMemory,          ///< loops that read, write and copy, and threads woken for nothing
    kOperators,       ///< operators one by one, in the columns that read_kernel_rows() takes, with measured_us
};
inline constexpr std::array<Choice<RowForm>, 6> kRowFormNames{{
    {"matmul-library", RowForm::kMatmulLibrary},
    {"compiled-layers", RowForm::kCompiledLayers},
    {"model-totals", RowForm::kModelTotals},
    {"generation", RowForm::kGeneration},
    {"memory", RowForm::kMemory},
    {"operators", RowForm::kOperators},
}};

/// Whether numbers of the profile were set with these rows: errors on such rows flatter. Of a file that somebody brings
/// along, only that person knows.
enum class RowUse : std::uint8_t { kFitted, kUnseen, kUnknown };
inline constexpr std::array<Choice<RowUse>, 3> kRowUseNames{
    {{"fitted", RowUse::kFitted}, {"unseen", RowUse::kUnseen}, {"unknown", RowUse::kUnknown}}};

/// One operator, or a fused group, that was timed.
struct TimedKernel {
    Kernel kernel;
    Execution execution;
    bool library_call = false;
};

/// A loop over an array, shared among cores, or cores that are woken and waited for. Of a copy `size` is the source.
enum class ProbeKind : std::uint8_t { kRead, kWrite, kCopy, kForkJoin };
inline constexpr std::array<Choice<ProbeKind>, 4> kProbeKindNames{{{"read", ProbeKind::kRead},
                                                                   {"write", ProbeKind::kWrite},
                                                                   {"copy", ProbeKind::kCopy},
                                                                   {"fork_join", ProbeKind::kForkJoin}}};
struct MemoryProbe {
    ProbeKind kind{};
    Bytes size;
    int cores = 1;
};

/// A row of a file: what was timed, and how long it took.
struct MeasuredRow {
    std::string name;      ///< `mlp.0, 1 core, 300 MHz`
    std::string op_class;  ///< `matmul + gelu`, or a model's name
    DType dtype{};
    DeviceId device = 0;
    std::variant<TimedKernel, ModelStage, MemoryProbe> work;
    bool without_handover = false;  ///< of a model: timed from the call of the runtime to its return, inputs in place
    Time measured;                  ///< the median, where it was measured in several passes
    std::optional<Time> vendor_estimate;  ///< what the vendor's compiler expected, for one core
    /// What the passes were off their median, relative, on average: no prediction is better. Absent: there was but one.
    std::optional<double> noise;
    std::string network;  ///< of a layer: the network that it is part of
};

/// The rows of one file, in its order.
struct MeasuredSet {
    std::string name, file;
    RowForm form{};
    RowUse use{};
    std::string note;
    std::optional<Frequency>
        memory_clock;          ///< of whole models: the state of the DRAM of their board, where it is known
    bool one_network = false;  ///< its tables are probes of one network, which a fit leaves out together
    Time call_noise;           ///< by how much a timed call moves when it is repeated, as a standard deviation
    double noise = 0;          ///< the same as a share of the time; both add in quadrature
    std::vector<MeasuredRow> rows;
    std::vector<std::string> left_out;  ///< rows that the profile cannot predict, with the reason
};

/// Reads `measured/PROFILE/validation.yaml` beside the profile, and the files that it names. `hardware` is the name or
/// path that the profile was loaded by. Absent, with errors, if there is no such file or a row makes no sense.
[[nodiscard]] std::optional<std::vector<MeasuredSet>> load_measured_sets(const Library& library,
                                                                         std::string_view hardware,
                                                                         const Profile& profile,
                                                                         Diagnostics& diagnostics);

/// Reads one file of measurements, whose columns tell its form, or a table of layers as the RKNN runtime prints it, at
/// the device's clock. `device` ran its operators; files of whole models name theirs. Errors: columns of no form, a row
/// that makes no sense, no row that the profile can predict.
[[nodiscard]] std::optional<MeasuredSet> load_measured_file(const Library& library, const std::filesystem::path& path,
                                                            std::optional<DeviceId> device, const Profile& profile,
                                                            Diagnostics& diagnostics);

/// A prediction beside its measurement.
struct ValidatedRow {
    std::string name, op_class;
    DType dtype{};
    DeviceId device = 0;
    Time measured;
    Estimate<Time> predicted;
    Time roofline;  ///< what a back-of-the-envelope estimate says, see naive_roofline
    std::optional<Time> vendor_estimate;
    std::optional<double> noise;  ///< see MeasuredRow
    std::int64_t tokens = 0;      ///< of a whole model: held by its input
    int cores = 0;                ///< those it ran on
    std::string work{};           ///< what was computed, equal for equal work; empty: a probe of memory
    std::string clock{};          ///< of the device, where the row states it
    /// Standard deviations of the logarithm of the prediction by number of the profile, in one order for all its rows.
    /// What they leave of its interval is the model's own error.
    std::vector<double> effects{};
    double measured_sigma = 0;  ///< standard deviation of the logarithm of the measured time; 0: not known
};

/// Errors of predictions p against measurements m; |p - m| / m is the error of a row. Absent: not enough rows.
struct ErrorSummary {
    std::size_t rows = 0;
    std::optional<double> mean_error;  ///< MAPE, as a ratio
    std::optional<double> median_error;
    std::optional<double> p90_error;
    std::optional<double> within_10;  ///< share of rows with an error of at most 10 %
    std::optional<double> spearman;   ///< rank correlation
    std::optional<double> bias;       ///< geometric mean of p / m, less 1
};
/// Unequal lengths are a std::logic_error.
[[nodiscard]] ErrorSummary summarise(std::span<const double> predicted, std::span<const double> measured);

/// The rows of one class, and beside the model's errors those of estimates that need no model.
struct ClassSummary {
    std::string op_class;        ///< empty: all rows of the set
    std::optional<DType> dtype;  ///< absent: all dtypes
    ErrorSummary model;
    std::optional<double> coverage;  ///< share of rows inside their 5-95 % interval
    ErrorSummary roofline;
    std::optional<ErrorSummary> vendor;        ///< absent: no row has an estimate of the vendor's compiler
    std::optional<ErrorSummary> model_beside;  ///< the model's errors on the same rows
    std::optional<double> noise;               ///< mean over the rows that have one: what no model can be better than
};

/// Two devices that ran the same model: which was faster, and which was predicted to be.
struct Decision {
    std::string model;
    DType dtype{};
    DeviceId measured_faster = 0, predicted_faster = 0;
    friend bool operator==(const Decision&, const Decision&) = default;
};

/// What a deployer chooses for a model on one device.
enum class Setting : std::uint8_t { kDType, kCores };
inline constexpr std::array<Choice<Setting>, 2> kSettingNames{{{"dtype", Setting::kDType}, {"cores", Setting::kCores}}};

/// Pairs of rows that differ in one setting only: how often the one that was measured faster is predicted faster.
struct SettingCheck {
    Setting setting{};
    std::size_t pairs = 0, agree = 0;
    std::size_t too_close = 0;  ///< not among the pairs: the measured gap is within the noise of the two
    friend bool operator==(const SettingCheck&, const SettingCheck&) = default;
};

struct ValidatedSet {
    std::string name, file;
    RowForm form{};
    RowUse use{};
    std::string note;
    std::vector<ValidatedRow> rows;
    std::vector<ClassSummary> classes;  ///< in the order in which they first appear; last, all rows together
    std::vector<Decision> decisions;
    std::vector<SettingCheck> settings;  ///< of whole models; empty: no two rows differ in one setting only
    std::vector<std::string> left_out;
};

/// A number of a profile as measured rows say it, in SI.
struct FittedNumber {
    std::string path;  ///< as in ParameterView
    Dimension dimension;
    double before = 0;         ///< the profile's own
    double value = 0;          ///< the likeliest
    double low = 0, high = 0;  ///< 5-95 %, within the number's range
    double spread = 0;         ///< one standard deviation, relative
    std::size_t rows = 0;      ///< that it was fitted to
};

struct Validation {
    std::string profile;
    std::vector<SettingChange> changes;  ///< by the caller, before anything was fitted
    std::optional<FittedNumber> fitted;  ///< with which the profile's rows were predicted
    std::vector<std::string> devices;
    std::vector<ValidatedSet> sets;
    std::vector<std::vector<MeasuredKind>> evidence;  ///< [device] what its fitted rows are of
    std::vector<Warning> warnings;                    ///< of the caller
};

/// The number at `path` (`memory.dram.clock`) that makes rows likeliest, whose errors are taken as Student's t in the
/// logarithm; shapes that repeat count once, and a spread of the profile's own number is a prior. Errors: no such
/// number, or none that a row depends on.
[[nodiscard]] std::optional<FittedNumber> fit_number(const Profile& profile, std::span<const MeasuredSet> sets,
                                                     std::string_view path, Diagnostics& diagnostics);

/// The kinds of operators that rows which numbers of a device were set with are of, with the range of each size; of
/// those inside whole networks none. In the order of operators and dtypes.
[[nodiscard]] std::vector<MeasuredKind> evidence_of(std::span<const MeasuredSet> sets, const Profile& profile,
                                                    DeviceId device, Diagnostics& diagnostics);

/// Predicts every row and summarises the errors. Absent, with errors, if a model cannot be laid out.
[[nodiscard]] std::optional<Validation> validate(const Profile& profile, std::span<const MeasuredSet> sets,
                                                 Diagnostics& diagnostics);

/// Summaries by class and dtype, and of all rows.
[[nodiscard]] std::vector<ClassSummary> summarise_classes(std::span<const ValidatedRow> rows);

/// A probe as the cost model sees it: bytes over the bandwidth of the nearest level that holds them.
[[nodiscard]] Time probe_time(const MemoryProbe& probe, const Device& device);

/// For every model and dtype that ran on more than one device: which was the fastest.
[[nodiscard]] std::vector<Decision> decisions(std::span<const ValidatedRow> rows);

/// For whole models that ran at several dtypes or on several numbers of cores of one device.
[[nodiscard]] std::vector<SettingCheck> setting_checks(std::span<const ValidatedRow> rows);

/// max(MACs / peak rate of the cores offered, compulsory bytes / peak bandwidth of the bus): what one would estimate
/// without a model (Williams, Waterman, Patterson 2009). A dtype without MAC rate counts its bytes only.
[[nodiscard]] Time naive_roofline(Operations macs, Bytes compulsory, DType dtype, const Device& device,
                                  const Execution& execution, const Dram& dram);

}  // namespace berth
