// Import of profiler output of runtimes as rows of measurements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/base/units.h"
#include "berth/graph/graph.h"

namespace berth {

/// One step of a graph as timed by a profiler, over all runs but the first where there are several: that one is the
/// warm-up.
struct ProfiledStep {
    std::string name;                  ///< the runtime's name of the step
    std::string of_operator;           ///< the matching operator of the model; empty until matched
    std::optional<OperatorKind> kind;  ///< absent: only the name is known, until matched
    /// Absent: the profile states no shapes, or shapes that do not determine the dims (heads of attention, weights of
    /// convolutions).
    std::optional<Dims> dims;
    std::int64_t made_elements = 0;  ///< elements of its result; 0: not stated
    std::int64_t made_bytes = 0;     ///< bytes of its result, where the elements are not stated; 0: not stated either
    std::int64_t macs = 0;           ///< 0: not stated
    DType dtype{};
    Time median, least, most;
    std::size_t runs = 0;
};

struct ProfileImport {
    std::vector<ProfiledStep> steps;  ///< in execution order
    bool states_sizes = true;         ///< whether any step states sizes; otherwise a model must supply them
    /// Time per run of steps that are not operators, by the runtime's operator type: shape arithmetic and unknown
    /// types.
    std::vector<std::pair<std::string, Time>> not_operators;
};

/// Adds to the time of a type in `not_operators`.
void leave_out(ProfileImport& import, const std::string& type, Time time);

/// Imports the profile that ONNX Runtime writes (enable_profiling): JSON events, of which those of category `Node` are
/// read. Errors: malformed JSON, no such events.
[[nodiscard]] std::optional<ProfileImport> import_ort_profile(std::string_view json, const std::string& name,
                                                              Diagnostics& diagnostics);

/// Matches each step to an unmatched operator of the graph of the same kind and sizes: the one whose name has most
/// words in common, the first of several. Supplies sizes to steps whose profile lacks them. For a step without any size
/// one name has to contain the other; without a kind, too, both names consist of the same words. Returns the number of
/// matched steps.
std::size_t match_operators(ProfileImport& import, const Graph& graph);

/// Steps of known sizes as rows for read_kernel_rows(): name, operator, op, dtype, cores, their sizes, measured_us with
/// the extremes, runs, source. `cores` may be absent: the runtime's default.
[[nodiscard]] std::string measured_rows_csv(const ProfileImport& import, std::optional<int> cores,
                                            std::string_view source);

/// Formats of per-layer tables that have names but no sizes.
enum class LayerReport : std::uint8_t {
    kVela,      ///< the compiler of Ethos-U: cycles that it estimates (NETWORK_per-layer.csv)
    kOpenVino,  ///< benchmark_app: counters of layers (benchmark_average_counters_report.csv and ..._detailed_...)
    kQnn,       ///< qnn-profile-viewer and ONNX Runtime's QNN provider: events of nodes at the detailed level
};

/// Format of the text, by its header.
[[nodiscard]] std::optional<LayerReport> layer_report_of(std::string_view text);

/// Facts that such a table lacks; what the table states itself takes precedence.
struct LayerReportFacts {
    std::optional<Frequency> clock;  ///< clock of its cycle counts
    std::optional<DType> dtype;
};

/// Imports the steps in the order of the table, all without sizes; several runs of a layer become one step. Errors: a
/// row that does not match the header, no timed layer, a clock or a dtype that neither the table nor the facts state.
[[nodiscard]] std::optional<ProfileImport> import_layer_report(std::string_view text, LayerReport kind,
                                                               const std::string& name, const LayerReportFacts& facts,
                                                               Diagnostics& diagnostics);

/// Facts that the RKNN runtime's table of layers lacks.
struct LayerTableFacts {
    std::string model;
    std::optional<double> clock_mhz;  ///< of the NPU; absent: not stated
    std::string source;
};

/// Whether the text holds the table of layers that the RKNN runtime prints (RKNN_QUERY_PERF_DETAIL, eval_perf).
[[nodiscard]] bool is_rknn_table(std::string_view text);

/// Imports that table as rows of the form `compiled-layers`. Columns are found by their headers, since versions differ.
/// Errors: a header without a required column, a row that does not match the header.
[[nodiscard]] std::optional<std::string> import_rknn_table(std::string_view text, const std::string& name,
                                                           const LayerTableFacts& facts, Diagnostics& diagnostics);

}  // namespace berth
