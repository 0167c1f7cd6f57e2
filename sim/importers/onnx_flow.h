// An ONNX graph with every shape worked out: values by number, nodes in order.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "berth/network_import.h"
#include "importers/onnx_file.h"

namespace berth {

using ValueId = std::int32_t;
inline constexpr ValueId kNoValue = -1;
using Shape = std::vector<std::int64_t>;

/// What is known of a value.
struct OnnxFacts {
    std::string_view name;
    OnnxType type = OnnxType::kUndefined;
    std::optional<Shape> shape;
    std::optional<std::vector<double>> data;  ///< of small values that depend on shapes and constants only
    bool constant = false;                    ///< the same for every input: a runtime computes it once
    bool drawn = false;                       ///< at random: held by no file
    bool scale = false;                       ///< comes of quantising: a scale or a zero point
    bool assumed = false;                     ///< its shape follows from nothing: it is that of its maker's first input
    std::int32_t producer = -1;               ///< index of the node; -1 for inputs and constants
};

struct OnnxStep {
    const OnnxNode* source = nullptr;
    std::vector<ValueId> inputs, outputs;  ///< kNoValue: not given
};

struct OnnxFlow {
    std::vector<OnnxFacts> values;
    std::vector<OnnxStep> nodes;
    std::vector<ValueId> inputs, outputs;
    std::unordered_set<std::string_view> unknown;  ///< operators without a shape rule
    /// What multiplies but cannot be counted, such as a loop that runs nobody knows how often.
    std::vector<std::string> uncounted;
    std::deque<OnnxNode> made;  ///< nodes that are not in the file: of functions and of loops that are written out

    [[nodiscard]] const OnnxFacts& at(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
    [[nodiscard]] OnnxFacts& at(ValueId id) { return values[static_cast<std::size_t>(id)]; }
};

/// What stands for the results of all iterations of a loop, put together: no operator of ONNX.
inline constexpr std::string_view kStackedSlices = "StackedSlices";

/// An axis counted from the front; absent if the shape has no such axis.
[[nodiscard]] std::optional<std::size_t> axis_of(std::int64_t axis, std::size_t rank);
/// Saturates at kLargestCount.
[[nodiscard]] std::int64_t elements_of(const Shape& shape);
/// Whether a tensor can have this shape: few axes, no size below zero or beyond all reason.
[[nodiscard]] bool possible(const Shape& shape);
/// The whole number nearest to zero; bounds of slices are often the largest there is. 0 for what is no number.
[[nodiscard]] std::int64_t whole_number(double value);

/// Numbers the values and follows shapes and small constants from node to node. Functions stand as their nodes; of a
/// condition the branch that multiplies more, unless the condition is a constant; of a loop its body as often as it
/// runs. An operator without a rule is taken to make what the file says of its results, else what it reads. Errors: a
/// dimension without a size or of size 0, a size for a dimension that no input has, a constant of an impossible shape,
/// a node without results, a value that nothing makes or that two nodes make, loops that make too many nodes.
[[nodiscard]] std::optional<OnnxFlow> follow_shapes(const OnnxFile& file, const std::string& name,
                                                    const NetworkOptions& options, Diagnostics& diagnostics);

/// Applies the rule of the node's operator: shapes and, where they are small and known, data of its outputs. Absent if
/// there is no rule; false if what the rule needs is not known.
[[nodiscard]] std::optional<bool> infer_shapes(const OnnxStep& step, std::vector<OnnxFacts>& values);

}  // namespace berth
