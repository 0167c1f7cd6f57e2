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
    std::string name;         ///< the runtime's
    std::string of_operator;  ///< the model's operator that it is, once matched; or empty
    OperatorKind kind{};
    std::optional<Dims> dims;        ///< absent: what the profile says of the shapes does not tell (heads of attention,
                                     ///< weights of convolutions)
    std::int64_t made_elements = 0;  ///< of its result
    DType dtype{};
    Time median, least, most;
    std::size_t runs = 0;
};

struct ProfileImport {
    std::vector<ProfiledStep> steps;                          ///< in the order in which they ran
    std::vector<std::pair<std::string, Time>> not_operators;  ///< by the runtime's operator type: shape arithmetic and
                                                              ///< what nobody here knows, with its time per run
};

/// The profile that ONNX Runtime writes (enable_profiling): JSON events, of which those of category `Node` are read.
/// Errors: no JSON, no such events.
[[nodiscard]] std::optional<ProfileImport> import_ort_profile(std::string_view json, const std::string& name,
                                                              Diagnostics& diagnostics);

/// Gives each step an operator of the graph of its kind and sizes that none has yet: the one whose name has most words
/// in common, the first of several; and sizes to steps whose profile lacks them. Returns how many found theirs.
std::size_t match_operators(ProfileImport& import, const Graph& graph);

/// The steps of known sizes as rows that read_kernel_rows() takes: name, operator, op, dtype, cores, their sizes,
/// measured_us with the extremes, runs, source. `cores` may be absent: those that the runtime uses by default.
[[nodiscard]] std::string measured_rows_csv(const ProfileImport& import, std::optional<int> cores,
                                            std::string_view source);

/// What the table of layers does not say.
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
