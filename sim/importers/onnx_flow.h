// An ONNX graph with every shape worked out: values by number, nodes in order.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
    bool scale = false;                       ///< comes of quantising: a scale or a zero point
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
    std::vector<std::string> unknown;  ///< operators without a shape rule, in order of first use

    [[nodiscard]] const OnnxFacts& at(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
    [[nodiscard]] OnnxFacts& at(ValueId id) { return values[static_cast<std::size_t>(id)]; }
};

/// Saturates at kLargestCount.
[[nodiscard]] std::int64_t elements_of(const Shape& shape);
/// Whether a tensor can have this shape: few axes, no size below zero or beyond all reason.
[[nodiscard]] bool possible(const Shape& shape);
/// The whole number nearest to zero; bounds of slices are often the largest there is. 0 for what is no number.
[[nodiscard]] std::int64_t whole_number(double value);

/// Sizes for the named dimensions of the inputs.
using DimBindings = std::map<std::string, std::int64_t, std::less<>>;

/// Numbers the values and follows shapes and small constants from node to node. An operator without a rule is taken to
/// make what the file says of its results, else what it reads. Errors: a named dimension without a size, a size for a
/// name that no input has, a constant of an impossible shape, a node without results, a value that nothing makes or
/// that two nodes make.
[[nodiscard]] std::optional<OnnxFlow> follow_shapes(const OnnxFile& file, const std::string& name,
                                                    const DimBindings& dims, Diagnostics& diagnostics);

/// Applies the rule of the node's operator: shapes and, where they are small and known, data of its outputs. Absent if
/// there is no rule; false if what the rule needs is not known.
[[nodiscard]] std::optional<bool> infer_shapes(const OnnxStep& step, std::vector<OnnxFacts>& values);

}  // namespace berth
