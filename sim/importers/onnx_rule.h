// Common part of the shape rules of ONNX operators: a node with access to its values.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "importers/onnx_flow.h"

namespace berth {

/// One node whose outputs are being inferred. A rule returns false if it lacks an input that it needs.
struct RuleContext {
    const OnnxStep& step;
    std::vector<OnnxFacts>& values;

    [[nodiscard]] const OnnxNode& node() const { return *step.source; }
    /// Null if the input is not given.
    [[nodiscard]] const OnnxFacts* in(std::size_t i) const {
        return i < step.inputs.size() && step.inputs[i] != kNoValue ? &values[static_cast<std::size_t>(step.inputs[i])]
                                                                    : nullptr;
    }
    /// Null if the input is not given or has no shape.
    [[nodiscard]] const Shape* shape(std::size_t i) const {
        const OnnxFacts* facts = in(i);
        return facts != nullptr && facts->shape ? &*facts->shape : nullptr;
    }
    /// Null if the data is not known.
    [[nodiscard]] const std::vector<double>* data(std::size_t i) const {
        const OnnxFacts* facts = in(i);
        return facts != nullptr && facts->data ? &*facts->data : nullptr;
    }
    /// Whole numbers of input `i`, or else of the attribute; absent if neither is known.
    [[nodiscard]] std::optional<Shape> integers(std::size_t i, std::string_view attribute) const;
    bool make(std::size_t i, Shape shape) const;
    void make_data(std::size_t i, std::vector<double> data) const;
};

using ShapeRule = bool (*)(const RuleContext& context);
struct NamedRule {
    std::string_view op;
    ShapeRule rule;
};
/// Rules by group of operators; each operator name is in exactly one of the tables.
[[nodiscard]] std::span<const NamedRule> elementwise_rules();
[[nodiscard]] std::span<const NamedRule> layout_rules();
[[nodiscard]] std::span<const NamedRule> matrix_rules();
[[nodiscard]] std::span<const NamedRule> picking_rules();
[[nodiscard]] std::span<const NamedRule> resize_rules();
[[nodiscard]] std::span<const NamedRule> runtime_rules();
[[nodiscard]] std::span<const NamedRule> sequence_rules();
[[nodiscard]] std::span<const NamedRule> signal_rules();

/// Whether the operator is a Fourier transform: its shape has a rule, but its work is no product and counts as a pass.
[[nodiscard]] bool transforms(std::string_view op);

/// Shape of a factor of a matrix product, with transposed axes put back in the order of the product.
[[nodiscard]] Shape factor_shape(const OnnxNode& node, Shape shape, bool second);

/// ONNX has channels directly after the batch. A node with the attribute `channels_last`, or an Nhwc operator of ONNX
/// Runtime, has them last, as TensorFlow does. These convert its shapes to the axis order of ONNX and back.
[[nodiscard]] bool has_channels_last(const OnnxNode& node);
[[nodiscard]] Shape channels_second(const OnnxNode& node, Shape shape);
[[nodiscard]] Shape as_laid_out(const OnnxNode& node, Shape shape);
/// Shape of a kernel in the axis order of ONNX; the attribute `kernel_axes` gives the place of each ONNX axis in the
/// node's own order. Kernels of Nhwc operators have the order of their images in some files and that of ONNX in others;
/// `channels`, the channels of the images, tells which.
[[nodiscard]] Shape kernel_shape(const OnnxNode& node, const Shape& shape, std::int64_t channels);

/// Shape of the inputs from `first` on, each `step`-th of them, joined along the attribute `axis`; absent if one is not
/// known or has another number of axes.
[[nodiscard]] std::optional<Shape> joined_shape(const RuleContext& c, std::size_t first, std::size_t step);

/// Broadcast by numpy's rule; absent if the shapes are incompatible.
[[nodiscard]] std::optional<Shape> broadcast(const Shape& a, const Shape& b);

}  // namespace berth
