// Operators of ONNX that multiply and accumulate: which they are, and their sizes as products and convolutions.
#pragma once

#include <optional>
#include <string_view>

#include "importers/onnx_operators.h"

namespace berth {

/// Whether multiply-accumulates dominate the time of an operator: products, convolutions, attention, recurrences, and
/// models embedded in a node. Such an operator that becomes none of these is reported as a loss.
[[nodiscard]] bool multiplies(std::string_view op);
/// Whether the operator multiplies in integers, judged by its name.
[[nodiscard]] bool multiplies_integers(std::string_view op);
/// Input index of the second factor, or of the kernels. Operators that carry the scale and zero point of the first
/// factor have it after those.
[[nodiscard]] std::size_t second_factor(std::string_view op);

/// The matrix product or convolution that a node computes. Either factor may be constant, and batches may broadcast.
/// Absent if the shapes are incompatible.
[[nodiscard]] std::optional<OnnxOperator> matmul_of(const OnnxSubject& subject);
[[nodiscard]] std::optional<OnnxOperator> conv_of(const OnnxSubject& subject);

/// Whether the node is a Gemm whose summand is no bias, a constant per column of its weights, and no constant zero.
[[nodiscard]] bool adds_apart(const OnnxNetwork& network, NodeId node);

/// Whether the first input is what the others are written into: a constant there is room for a cache.
[[nodiscard]] bool writes_into(std::string_view op);

/// Whether constants of this type are weights: integers and booleans are ids, axes and masks.
[[nodiscard]] bool holds_weights(OnnxType type);

/// Whether nothing is known of an operator without a shape rule: it may multiply. Operators of TensorFlow Lite, of
/// classical machine learning and of ONNX itself are known.
[[nodiscard]] bool may_multiply(const OnnxNode& node);

/// Multiply-accumulates of a product of the node's two largest operands, or of its only one with itself, that makes
/// its largest result: a sum of products of a, b elements to c elements has at most sqrt(a b c) terms if every axis
/// belongs to two of the three (Loomis and Whitney, 1949). 0 for a node that changes one tensor in place, as
/// activations and norms do.
[[nodiscard]] double possible_macs(const OnnxNetwork& network, NodeId node);

/// Domain of TensorFlow Lite's own operators that have no equivalent in ONNX.
inline constexpr std::string_view kTfliteDomain = "tflite";

}  // namespace berth
