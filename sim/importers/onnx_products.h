// Operators of ONNX that multiply and add up: which they are, and their sizes as products and convolutions.
#pragma once

#include <optional>
#include <string_view>

#include "importers/onnx_operators.h"

namespace berth {

/// Whether an operator's time is mostly that of multiply-accumulates: products, convolutions, attention, recurrences,
/// and models inside a node. One that is not counted as such is a loss.
[[nodiscard]] bool multiplies(std::string_view op);
/// Whether it does so in integers by its name.
[[nodiscard]] bool multiplies_integers(std::string_view op);
/// Where the second factor, or the kernels, of a product stand among its inputs: behind the scale and zero point of the
/// first in operators that carry them.
[[nodiscard]] std::size_t second_factor(std::string_view op);

/// What a matrix product or a convolution computes, whatever of its factors is constant and whatever batches broadcast.
/// Absent if the shapes do not go together.
[[nodiscard]] std::optional<OnnxOperator> matmul_of(const OnnxSubject& subject);
[[nodiscard]] std::optional<OnnxOperator> conv_of(const OnnxSubject& subject);

}  // namespace berth
