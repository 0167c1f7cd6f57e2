// What the profiler of the RKNN runtime calls a layer, and the operators that it is here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/operators.h"

namespace berth {

/// How the sizes of a layer follow from its shapes.
enum class LayerForm : std::uint8_t {
    kProduct,      ///< with weights: a convolution, or a matmul where it has one tap and positions stand in a row
    kTransposed,   ///< a transposed convolution
    kActivations,  ///< a matmul of two activations
    kAttention,
    kElementwise,
    kNorm,
    kConcat,
    kCopy,  ///< of all that it reads
    kPart,  ///< of what it writes
    kPool,  ///< pooling and resizing: of another number of positions
    kMove,  ///< transposes and reshapes
};

struct LayerType {
    LayerForm form{};
    OperatorKind kind{};
    std::vector<OperatorKind> epilogue;  ///< fused into it, at most three
};

/// `ConvExSwish`, `exSDPAttention`: absent for what is no operator of a graph, such as handing over its inputs. Names
/// of convolutions are `Conv`, `ConvTranspose`, followed by the names of what is fused, in any number and order.
[[nodiscard]] std::optional<LayerType> layer_type(std::string_view name);

/// `matmul + gelu`.
[[nodiscard]] std::string class_name(const LayerType& type);

}  // namespace berth
