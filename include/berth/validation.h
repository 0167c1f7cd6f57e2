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
    kOperators,       ///< operators one by one, in the columns that read_kernel_rows() takes, with measured_us
};
inline constexpr std::array<Choice<RowForm>, 5> kRowFormNames{{
    {"matmul-library", RowForm::kMatmulLibrary},
    {"compiled-layers", RowForm::kCompiledLayers},
    {"model-totals", RowForm::kModelTotals},
    {"generation", RowForm::kGeneration},
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

/// A row of a file: what was timed, and how long it took.
struct MeasuredRow {
    std::string name;      ///< `mlp.0, 1 core, 300 MHz`
    std::string op_class;  ///< `matmul + gelu`, or a model's name
    DType dtype{};
    DeviceId device = 0;
    std::variant<TimedKernel, ModelStage> work;
    bool without_handover = false;  ///< of a model: timed from the call of the runtime to its return, inputs in place
    Time measured;
    std::optional<Time> vendor_estimate;  ///< what the vendor's compiler expected, for one core
};

/// The rows of one file, in its order.
struct MeasuredSet {
    std::string name, file;
    RowForm form{};
    RowUse use{};
    std::string note;
    std::vector<MeasuredRow> rows;
    std::vector<std::string> left_out;  ///< rows that the profile cannot predict, with the reason
};

/// Reads `measured/PROFILE/validation.yaml` beside the profile, and the files that it names. `hardware` is the name or
/// path that the profile was loaded by. Absent, with errors, if there is no such file or a row makes no sense.
[[nodiscard]] std::optional<std::vector<MeasuredSet>> load_measured_sets(const Library& library,
                                                                         std::string_view hardware,
                                                                         const Profile& profile,
                                                                         Diagnostics& diagnostics);

/// Reads one file of measurements, whose columns tell its form. `device` ran its operators; files of whole models name
/// theirs. Errors: columns of no form, a row that makes no sense, no row that the profile can predict.
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
};

/// Two devices that ran the same model: which was faster, and which was predicted to be.
struct Decision {
    std::string model;
    DType dtype{};
    DeviceId measured_faster = 0, predicted_faster = 0;
    friend bool operator==(const Decision&, const Decision&) = default;
};

struct ValidatedSet {
    std::string name, file;
    RowForm form{};
    RowUse use{};
    std::string note;
    std::vector<ValidatedRow> rows;
    std::vector<ClassSummary> classes;  ///< in the order in which they first appear; last, all rows together
    std::vector<Decision> decisions;
    std::vector<std::string> left_out;
};

struct Validation {
    std::string profile;
    std::vector<std::string> devices;
    std::vector<ValidatedSet> sets;
};

/// Predicts every row and summarises the errors. Absent, with errors, if a model cannot be laid out.
[[nodiscard]] std::optional<Validation> validate(const Profile& profile, std::span<const MeasuredSet> sets,
                                                 Diagnostics& diagnostics);

/// Summaries by class and dtype, and of all rows.
[[nodiscard]] std::vector<ClassSummary> summarise_classes(std::span<const ValidatedRow> rows);

/// For every model and dtype that ran on more than one device: which was the fastest.
[[nodiscard]] std::vector<Decision> decisions(std::span<const ValidatedRow> rows);

/// max(MACs / peak rate of the cores offered, compulsory bytes / peak bandwidth of the bus): what one would estimate
/// without a model (Williams, Waterman, Patterson 2009). A dtype without MAC rate counts its bytes only.
[[nodiscard]] Time naive_roofline(Operations macs, Bytes compulsory, DType dtype, const Device& device,
                                  const Execution& execution, const Dram& dram);

}  // namespace berth
