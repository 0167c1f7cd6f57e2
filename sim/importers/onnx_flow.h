// An ONNX graph with all shapes inferred: values have numbers, nodes are in order.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "berth/importers/network_import.h"
#include "importers/onnx_file.h"

namespace berth {

using ValueId = std::int32_t;
inline constexpr ValueId kNoValue = -1;
using Shape = std::vector<std::int64_t>;

/// What is known about a value.
struct OnnxFacts {
    std::string_view name;
    OnnxType type = OnnxType::kUndefined;
    std::optional<Shape> shape;
    std::optional<std::vector<double>> data;  ///< only for small values that depend on nothing but shapes and constants
    bool constant = false;                    ///< does not depend on the inputs: a runtime computes it once
    bool drawn = false;                       ///< drawn at random: not stored in the file
    bool scale = false;                       ///< a scale or a zero point, produced by quantising
    bool assumed = false;                     ///< shape not inferred: taken from the first input of the producer
    bool multiplied = false;                  ///< computed from the result of a product
    bool guessed = false;                     ///< its size depends on one that only the run time knows
    std::int32_t producer = -1;               ///< index of the producing node; -1 for inputs and constants
};

struct OnnxStep {
    const OnnxNode* source = nullptr;
    std::vector<ValueId> inputs, outputs;  ///< kNoValue: not given
};

struct OnnxFlow {
    std::vector<OnnxFacts> values;
    std::vector<OnnxStep> nodes;
    std::vector<ValueId> inputs, outputs;
    std::unordered_set<std::string_view> unknown;  ///< operators whose shape rule does not apply, or is missing
    std::map<std::string_view, std::int64_t> unknown_constants;  ///< unknown operators that read constants alone
    std::unordered_set<std::string_view> strange;                ///< operators of which nothing is known
    /// Multiplying work that cannot be counted, such as a loop with an unknown trip count.
    std::vector<std::string> uncounted;
    std::vector<std::string> assumed;  ///< assumptions where only the run time knows, in words
    std::deque<OnnxNode> made;         ///< nodes that are not in the file: from inlined functions and unrolled loops

    [[nodiscard]] const OnnxFacts& at(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
    [[nodiscard]] OnnxFacts& at(ValueId id) { return values[static_cast<std::size_t>(id)]; }
};

/// Pseudo-operator, not one of ONNX, that stacks the results of all iterations of a loop.
inline constexpr std::string_view kStackedSlices = "StackedSlices";

/// Index of an axis counted from the front; absent if the shape has no such axis.
[[nodiscard]] std::optional<std::size_t> axis_of(std::int64_t axis, std::size_t rank);
/// Number of elements; saturates at kLargestCount.
[[nodiscard]] std::int64_t elements_of(const Shape& shape);
/// Whether a tensor can have this shape: at most kMostAxes axes, no negative size, no size beyond the limit.
[[nodiscard]] bool possible(const Shape& shape);
/// Truncates towards zero and clamps, because slice bounds are often the largest number there is. 0 for NaN.
[[nodiscard]] std::int64_t whole_number(double value);

/// Numbers the values, and propagates shapes and small constants from node to node. Functions are inlined. A condition
/// is replaced by its branch that multiplies more, unless the condition is a constant; what it is computed from stays
/// if that multiplies. The body of a loop is unrolled by its trip count. For an operator without a rule, results have
/// the shapes that the file states, or else that of the first input. Errors: a dimension without a size or of size 0, a
/// size for a dimension that no input has, a constant of an impossible shape, a node without results, a value without a
/// producer or with two, loops that unroll to too many nodes.
[[nodiscard]] std::optional<OnnxFlow> follow_shapes(const OnnxFile& file, const std::string& name,
                                                    const NetworkOptions& options, Diagnostics& diagnostics);

/// Applies the shape rule of the node's operator: sets the shapes of its outputs and, where they are small and known,
/// their data. Absent if there is no rule; false if the rule lacks an input that it needs.
[[nodiscard]] std::optional<bool> infer_shapes(const OnnxStep& step, std::vector<OnnxFacts>& values);

}  // namespace berth
