// Finds operators that exporters write out as several nodes: layer normalisation, GELU, SiLU, attention, biases.
#pragma once

#include <map>
#include <vector>

#include "berth/graph/operators.h"
#include "importers/onnx_network.h"

namespace berth {

/// An operator that replaces several nodes.
struct OnnxGroup {
    OperatorKind kind{};
    Dims dims;
    std::vector<ValueId> inputs;
    ValueId output = kNoValue;
    std::vector<ValueId> constants{};  ///< its scale and shift
};

/// Nodes behind a product or convolution that its weights and its bias take in.
struct OnnxFolded {
    bool shifted = false;  ///< there is a bias now
    std::vector<ValueId> constants;
};

struct OnnxPatterns {
    std::map<NodeId, OnnxGroup> groups;   ///< by the last node of each group
    std::map<NodeId, OnnxFolded> folded;  ///< by the product or convolution
};

/// Operands that one step of a pattern reads: two, or three with a condition. Variadic operators may have any number.
inline constexpr std::size_t kMostOperands = 3;

/// Finds groups and absorbs their nodes. A group with an intermediate result that other nodes read is left as it is.
[[nodiscard]] OnnxPatterns find_patterns(OnnxNetwork& network);

/// The single activation input of a node whose other inputs are all constant; kNoValue otherwise.
[[nodiscard]] ValueId only_activation(const OnnxNetwork& network, NodeId node);
/// Whether the node is this operator with one activation and one constant as inputs.
[[nodiscard]] bool with_constant(const OnnxNetwork& network, NodeId node, std::string_view op);

/// Whether the constant is a single number, or one number per column of the result, whose columns lie on `axis`.
[[nodiscard]] bool one_per_column(const OnnxNetwork& network, ValueId constant, const Shape& made, std::size_t axis);
/// Whether a batch norm is one of inference: constants are all that it needs besides its input.
[[nodiscard]] bool has_fixed_statistics(const OnnxNetwork& network, NodeId node);

/// Rows and columns of element-wise work. For images the columns are the channels, whichever axis they have in the
/// file, because devices store the channels of a position contiguously.
[[nodiscard]] RowsDims positions_of(const OnnxNetwork& network, const Shape& shape);

/// Zeros around the positions of an image belong to the convolution that reads them; padding of no size is nothing.
void fold_pads(OnnxNetwork& network);

// One function per kind of pattern; each adds to `found`.
void fold_constants(OnnxNetwork& network, OnnxPatterns& found);
void find_norms(OnnxNetwork& network, OnnxPatterns& found);
void find_activations(OnnxNetwork& network, OnnxPatterns& found);
void find_attention(OnnxNetwork& network, OnnxPatterns& found);

/// Rows and columns of a value: the last axis gives the columns.
[[nodiscard]] RowsDims rows_of(const Shape& shape);

}  // namespace berth
