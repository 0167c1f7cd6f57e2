// Profiles that runtimes write, as rows of measurements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/graph.h"
#include "berth/units.h"

namespace berth {

/// One step of a graph as a profiler timed it, over all runs but the first where there are several: that one warms up.
struct ProfiledStep {
    std::string name;                  ///< the runtime's
    std::string of_operator;           ///< the model's operator that it is, once matched; or empty
    std::optional<OperatorKind> kind;  ///< absent: only the name is known, until matched
    std::optional<Dims> dims;        ///< absent: what the profile says of the shapes does not tell (heads of attention,
                                     ///< weights of convolutions), or it says nothing of them
    std::int64_t made_elements = 0;  ///< of its result; 0: not stated
    std::int64_t made_bytes = 0;     ///< of its result, where not even the elements are stated; 0: neither is this
    std::int64_t macs = 0;           ///< 0: not stated
    DType dtype{};
    Time median, least, most;
    std::size_t runs = 0;
};

struct ProfileImport {
    std::vector<ProfiledStep> steps;                          ///< in the order in which they ran
    bool states_sizes = true;                                 ///< of any step: else a model has to
    std::vector<std::pair<std::string, Time>> not_operators;  ///< by the runtime's operator type: shape arithmetic and
                                                              ///< what nobody here knows, with its time per run
};

/// Adds to the time of what is no operator.
void leave_out(ProfileImport& import, const std::string& type, Time time);

/// The profile that ONNX Runtime writes (enable_profiling): JSON events, of which those of category `Node` are read.
/// Errors: no JSON, no such events.
[[nodiscard]] std::optional<ProfileImport> import_ort_profile(std::string_view json, const std::string& name,
                                                              Diagnostics& diagnostics);

/// Gives each step an operator of the graph of its kind and sizes that none has yet: the one whose name has most words
/// in common, the first of several; and sizes to steps whose profile lacks them. Where a step states no size at all,
/// one name has to hold the other, and where it states no kind either, both are the same words. Returns how many found
/// theirs.
std::size_t match_operators(ProfileImport& import, const Graph& graph);

/// The steps of known sizes as rows that read_kernel_rows() takes: name, operator, op, dtype, cores, their sizes,
/// measured_us with the extremes, runs, source. `cores` may be absent: those that the runtime uses by default.
[[nodiscard]] std::string measured_rows_csv(const ProfileImport& import, std::optional<int> cores,
                                            std::string_view source);

/// Tables of layers by name, without their sizes.
enum class LayerReport : std::uint8_t {
    kVela,      ///< the compiler of Ethos-U: cycles that it estimates (NETWORK_per-layer.csv)
    kOpenVino,  ///< benchmark_app: counters of layers (benchmark_average_counters_report.csv and ..._detailed_...)
    kQnn,       ///< qnn-profile-viewer and ONNX Runtime's QNN provider: events of nodes at the detailed level
};

/// Which of them the text is, by its header.
[[nodiscard]] std::optional<LayerReport> layer_report_of(std::string_view text);

/// What such a table leaves open; what it states itself goes before these.
struct LayerReportFacts {
    std::optional<Frequency> clock;  ///< that its cycles count
    std::optional<DType> dtype;
};

/// Steps in the order of the table, all of them without sizes; several runs of a layer become one step. Errors: a row
/// that does not go with the header, no timed layer, a clock or a dtype that neither the table nor the facts state.
[[nodiscard]] std::optional<ProfileImport> import_layer_report(std::string_view text, LayerReport kind,
                                                               const std::string& name, const LayerReportFacts& facts,
                                                               Diagnostics& diagnostics);

/// What the RKNN runtime's table of layers does not say.
struct LayerTableFacts {
    std::string model;
    double clock_mhz = 0;
    std::string source;
};

/// Whether the text holds the table of layers that the RKNN runtime prints (RKNN_QUERY_PERF_DETAIL, eval_perf).
[[nodiscard]] bool is_rknn_table(std::string_view text);

/// That table as rows of the form `compiled-layers`. Columns go by their headers, since versions differ in them.
/// Errors: a header without the columns that are needed, a row that does not go with it.
[[nodiscard]] std::optional<std::string> import_rknn_table(std::string_view text, const std::string& name,
                                                           const LayerTableFacts& facts, Diagnostics& diagnostics);

}  // namespace berth
