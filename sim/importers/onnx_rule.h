// What the shape rules of ONNX operators share: a node with its values at hand.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "importers/onnx_flow.h"

namespace berth {

/// One node while its outputs are worked out. Rules return false where they lack something.
struct RuleContext {
    const OnnxStep& step;
    std::vector<OnnxFacts>& values;

    [[nodiscard]] const OnnxNode& node() const { return *step.source; }
    /// Null if it is not given.
    [[nodiscard]] const OnnxFacts* in(std::size_t i) const {
        return i < step.inputs.size() && step.inputs[i] != kNoValue ? &values[static_cast<std::size_t>(step.inputs[i])]
                                                                    : nullptr;
    }
    /// Null if it is not given or has no shape.
    [[nodiscard]] const Shape* shape(std::size_t i) const {
        const OnnxFacts* facts = in(i);
        return facts != nullptr && facts->shape ? &*facts->shape : nullptr;
    }
    /// Null if it is not known.
    [[nodiscard]] const std::vector<double>* data(std::size_t i) const {
        const OnnxFacts* facts = in(i);
        return facts != nullptr && facts->data ? &*facts->data : nullptr;
    }
    /// Whole numbers of an input, else of an attribute; absent if neither is known.
    [[nodiscard]] std::optional<Shape> integers(std::size_t i, std::string_view attribute) const;
    bool make(std::size_t i, Shape shape) const;
    void make_data(std::size_t i, std::vector<double> data) const;
};

using ShapeRule = bool (*)(const RuleContext& context);
struct NamedRule {
    std::string_view op;
    ShapeRule rule;
};
/// Rules by subject; each name stands in one of the tables.
[[nodiscard]] std::span<const NamedRule> elementwise_rules();
[[nodiscard]] std::span<const NamedRule> layout_rules();
[[nodiscard]] std::span<const NamedRule> matrix_rules();
[[nodiscard]] std::span<const NamedRule> picking_rules();
[[nodiscard]] std::span<const NamedRule> sequence_rules();

/// A factor of a matrix product, the first or the second, with its axes where the product has them.
[[nodiscard]] Shape factor_shape(const OnnxNode& node, Shape shape, bool second);

/// ONNX has channels right behind the batch. A node with the attribute `channels_last`, or of the kinds of ONNX Runtime
/// called Nhwc, has them last, as TensorFlow does: its shape the way ONNX has it, and back again.
[[nodiscard]] bool has_channels_last(const OnnxNode& node);
[[nodiscard]] Shape channels_second(const OnnxNode& node, Shape shape);
[[nodiscard]] Shape as_laid_out(const OnnxNode& node, Shape shape);
/// A kernel's shape the way ONNX has it, of which `kernel_axes` gives the places in the node's own.
[[nodiscard]] Shape kernel_shape(const OnnxNode& node, const Shape& shape);

/// numpy's rule; absent if the shapes do not go together.
[[nodiscard]] std::optional<Shape> broadcast(const Shape& a, const Shape& b);

}  // namespace berth
