// Validation: measured rows, their predictions, and errors per class of operator.
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

#include "berth/evaluation/evaluation.h"

namespace berth {

/// Format of a file of measurements: the meaning of its columns.
enum class RowForm : std::uint8_t {
    kMatmulLibrary,   ///< calls of the runtime's matmul library; rows whose matrices are in the device's own layout
    kCompiledLayers,  ///< layers of a compiled graph, as the runtime's profiler lists them
    kModelTotals,     ///< whole models
    kGeneration,      ///< text-generating models: time to first token, and rate of further tokens
    kMemory,          ///< memory probes: loops that read, write and copy, and threads woken without work
    kOperators,       ///< single operators, in the columns of read_kernel_rows(), with measured_us
};
inline constexpr std::array<Choice<RowForm>, 6> kRowFormNames{{
    {"matmul-library", RowForm::kMatmulLibrary},
    {"compiled-layers", RowForm::kCompiledLayers},
    {"model-totals", RowForm::kModelTotals},
    {"generation", RowForm::kGeneration},
    {"memory", RowForm::kMemory},
    {"operators", RowForm::kOperators},
}};

/// Whether numbers of the profile were fitted to these rows, which makes errors on them optimistic. For a user's own
/// file this is unknown.
enum class RowUse : std::uint8_t { kFitted, kUnseen, kUnknown };
inline constexpr std::array<Choice<RowUse>, 3> kRowUseNames{
    {{"fitted", RowUse::kFitted}, {"unseen", RowUse::kUnseen}, {"unknown", RowUse::kUnknown}}};

/// One operator, or a fused group, that was timed.
struct TimedKernel {
    Kernel kernel;
    Execution execution;
};

/// A memory probe: a loop over an array, split among cores, or a wake-up of cores and a wait for them. For a copy,
/// `size` is the source.
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

/// A row of a file: the timed work and its time.
struct MeasuredRow {
    std::string name;      ///< `mlp.0, 1 core, 300 MHz`
    std::string op_class;  ///< `matmul + gelu`, or a model's name
    DType dtype{};
    DeviceId device = 0;
    std::variant<TimedKernel, ModelStage, MemoryProbe> work;
    bool without_handover = false;        ///< of a model: timed from the runtime's call to its return, inputs in place
    Time measured;                        ///< the median, if it was measured in several passes
    std::optional<Time> vendor_estimate;  ///< estimate of the vendor's compiler, for one core
    /// Mean relative deviation of the passes from their median, a lower bound on prediction error. Absent: a single
    /// pass.
    std::optional<double> noise;
    std::string network;  ///< network of a layer
};

/// The rows of one file, in its order.
struct MeasuredSet {
    std::string name, file;
    RowForm form{};
    RowUse use{};
    std::string note;
    /// Of whole models: DRAM clock of their board, if known.
    std::optional<Frequency> memory_clock;
    /// Its tables count as one network, which cross-validation leaves out together.
    bool one_network = false;
    Time call_noise;   ///< run-to-run standard deviation of a timed call
    double noise = 0;  ///< the same, relative to the time; the two add in quadrature
    std::vector<MeasuredRow> rows;
    std::vector<std::string> left_out;  ///< rows that the profile cannot predict, with the reason
};

/// Reads `measured/PROFILE/validation.yaml` beside the profile, and the files that it names. `hardware` is the name or
/// path that the profile was loaded by. Absent, with errors, if there is no such file or a row is invalid.
[[nodiscard]] std::optional<std::vector<MeasuredSet>> load_measured_sets(const Library& library,
                                                                         std::string_view hardware,
                                                                         const Profile& profile,
                                                                         Diagnostics& diagnostics);

/// Reads one file of measurements, whose columns determine its form, or a table of layers as the RKNN runtime prints
/// it, at the device's clock. `device` ran its operators; of files of whole models that name their own, its rows alone
/// are kept, with a warning that counts the others. Errors: columns of no known form, an invalid row, no row of the
/// device, no row that the profile can predict.
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
    Time roofline;  ///< roofline estimate, see naive_roofline
    std::optional<Time> vendor_estimate;
    std::optional<double> noise;  ///< see MeasuredRow
    std::int64_t tokens = 0;      ///< tokens in the input of a whole model
    int cores = 0;                ///< cores that it ran on
    /// Identifier of the work, equal for equal work; empty: a memory probe.
    std::string work{};
    std::string clock{};  ///< clock of the device, if the row states it
    /// Standard deviations of log prediction by number of the profile, in the same order for all its rows. The
    /// remainder of the interval is the model's own error.
    std::vector<double> effects{};
    double measured_sigma = 0;  ///< standard deviation of log measured time; 0: unknown
};

/// Errors of predictions p against measurements m; |p - m| / m is the error of a row. Absent: too few rows.
struct ErrorSummary {
    std::size_t rows = 0;
    std::optional<double> mean_error;  ///< MAPE, as a ratio
    std::optional<double> median_error;
    std::optional<double> p90_error;
    std::optional<double> within_10;  ///< share of rows with an error of at most 10 %
    std::optional<double> spearman;   ///< rank correlation
    std::optional<double> bias;       ///< geometric mean of p / m, less 1
};
/// Throws std::logic_error for unequal lengths.
[[nodiscard]] ErrorSummary summarise(std::span<const double> predicted, std::span<const double> measured);

/// Errors of one class of rows, for the model and for estimates that need no model.
struct ClassSummary {
    std::string op_class;        ///< empty: all rows of the set
    std::optional<DType> dtype;  ///< absent: all dtypes
    ErrorSummary model;
    std::optional<double> coverage;  ///< share of rows inside their predicted 5-95 % interval
    ErrorSummary roofline;
    std::optional<ErrorSummary> vendor;        ///< errors of the vendor's compiler; absent: no row has its estimate
    std::optional<ErrorSummary> model_beside;  ///< the model's errors on the rows with a vendor estimate
    std::optional<double> noise;               ///< mean over the rows that have it: a lower bound on any model's error
};

/// Two devices that ran the same model: the faster one as measured and as predicted.
struct Decision {
    std::string model;
    DType dtype{};
    DeviceId measured_faster = 0, predicted_faster = 0;
    friend bool operator==(const Decision&, const Decision&) = default;
};

/// A deployer's choice for a model on one device.
enum class Setting : std::uint8_t { kDType, kCores };
inline constexpr std::array<Choice<Setting>, 2> kSettingNames{{{"dtype", Setting::kDType}, {"cores", Setting::kCores}}};

/// Pairs of rows that differ in one setting only: how often the faster one is predicted correctly.
struct SettingCheck {
    Setting setting{};
    std::size_t pairs = 0, agree = 0;
    std::size_t too_close = 0;  ///< excluded from `pairs`: the measured gap is within the noise of the two rows
    friend bool operator==(const SettingCheck&, const SettingCheck&) = default;
};

struct ValidatedSet {
    std::string name, file;
    RowForm form{};
    RowUse use{};
    std::string note;
    std::vector<ValidatedRow> rows;
    std::vector<ClassSummary> classes;  ///< in order of first appearance; last, all rows together
    std::vector<Decision> decisions;
    std::vector<SettingCheck> settings;  ///< of whole models; empty: no two rows differ in a single setting
    std::vector<std::string> left_out;
};

/// A number of a profile as fitted to measured rows, in SI.
struct FittedNumber {
    std::string path;  ///< as in ParameterView
    Dimension dimension;
    double before = 0;         ///< the profile's value
    double value = 0;          ///< most likely value
    double low = 0, high = 0;  ///< 5-95 % interval, within the number's range
    double spread = 0;         ///< one standard deviation, relative
    std::size_t rows = 0;      ///< number of rows fitted
};

struct Validation {
    std::string profile;
    std::vector<SettingChange> changes;  ///< overrides by the caller, before anything was fitted
    std::optional<FittedNumber> fitted;  ///< number that was fitted before the rows were predicted
    std::vector<std::string> devices;
    std::vector<ValidatedSet> sets;
    std::vector<std::vector<MeasuredKind>> evidence;  ///< [device] evidence in its fitted rows
    std::vector<Warning> warnings;                    ///< from the caller
};

/// Maximum-likelihood fit of the number at `path` (`memory.dram.clock`). Log errors follow Student's t; repeated shapes
/// count once, and the spread of the profile's own number is a prior. Errors: no such number, or no row depends on it.
[[nodiscard]] std::optional<FittedNumber> fit_number(const Profile& profile, std::span<const MeasuredSet> sets,
                                                     std::string_view path, Diagnostics& diagnostics);

/// Evidence of a device: kinds of operators among the rows that its numbers were fitted to, with the range of each
/// size; kinds that occur only inside whole networks have no ranges. In the order of operators and dtypes.
[[nodiscard]] std::vector<MeasuredKind> evidence_of(std::span<const MeasuredSet> sets, const Profile& profile,
                                                    DeviceId device, Diagnostics& diagnostics);

/// Predicts every row and summarises the errors. Absent, with errors, if a model cannot be instantiated.
[[nodiscard]] std::optional<Validation> validate(const Profile& profile, std::span<const MeasuredSet> sets,
                                                 Diagnostics& diagnostics);

/// Summaries by class and dtype, and of all rows.
[[nodiscard]] std::vector<ClassSummary> summarise_classes(std::span<const ValidatedRow> rows);

/// Predicted time of a memory probe: bytes over the bandwidth of the nearest level that holds them.
[[nodiscard]] Time probe_time(const MemoryProbe& probe, const Device& device);

/// Fastest device, for every model and dtype that ran on more than one device.
[[nodiscard]] std::vector<Decision> decisions(std::span<const ValidatedRow> rows);

/// Setting checks of whole models that ran at several dtypes or core counts of one device.
[[nodiscard]] std::vector<SettingCheck> setting_checks(std::span<const ValidatedRow> rows);

/// Roofline estimate, the baseline without a model (Williams, Waterman, Patterson 2009): max(MACs / peak rate of the
/// cores, compulsory bytes / peak bandwidth of the bus). A dtype without a MAC rate counts its bytes only.
[[nodiscard]] Time naive_roofline(Operations macs, Bytes compulsory, DType dtype, const Device& device,
                                  const Execution& execution, const Dram& dram);

}  // namespace berth
