// Layer types of the RKNN profiler, and the operators that they correspond to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/graph/operators.h"

namespace berth {

/// How a layer's sizes follow from its shapes.
enum class LayerForm : std::uint8_t {
    kProduct,     ///< product with weights: a convolution, or a matmul if it has one tap and its positions lie in a row
    kTransposed,  ///< a transposed convolution
    kActivations,  ///< matmul of two activations
    kAttention,
    kElementwise,
    kNorm,
    kConcat,
    kCopy,  ///< copy of all inputs
    kPart,  ///< copy of a part, sized by the output
    kPool,  ///< pooling and resizing: the number of positions changes
    kMove,  ///< transposes and reshapes
};

struct LayerType {
    LayerForm form{};
    OperatorKind kind{};
    std::vector<OperatorKind> epilogue;  ///< operators fused into it, at most three
};

/// Layer type of a name such as `ConvExSwish` or `exSDPAttention`; absent for layers that are not operators of a graph,
/// such as the transfer of inputs. Names of convolutions are `Conv` or `ConvTranspose`, followed by any number of fused
/// operators in any order.
[[nodiscard]] std::optional<LayerType> layer_type(std::string_view name);

/// Name of the operator class, such as `matmul + gelu`.
[[nodiscard]] std::string class_name(const LayerType& type);

}  // namespace berth
