// Operators that exporters write out in small steps: layer normalisation, GELU, SiLU, attention, biases.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "berth/operators.h"
#include "importers/onnx_network.h"

namespace berth {

/// An operator that stands for several nodes.
struct OnnxGroup {
    OperatorKind kind{};
    Dims dims;
    std::vector<ValueId> inputs;
    ValueId output = kNoValue;
};

struct OnnxPatterns {
    std::map<NodeId, OnnxGroup> groups;  ///< by the last node of each
    std::set<NodeId> biased;             ///< products whose bias, or normalisation, is a node of its own
};

/// A step of a pattern reads two operands, or three with a condition; variadic operators may read any number.
inline constexpr std::size_t kMostOperands = 3;

/// Finds the groups and absorbs their nodes. A group whose steps are read from outside stays apart.
[[nodiscard]] OnnxPatterns find_patterns(OnnxNetwork& network);

/// The single activation of a node of which all else is constant; kNoValue otherwise.
[[nodiscard]] ValueId only_activation(const OnnxNetwork& network, NodeId node);
/// Whether the node is this operator, of one activation and one constant.
[[nodiscard]] bool with_constant(const OnnxNetwork& network, NodeId node, std::string_view op);

/// Rows and columns of element-wise work: in pictures, which devices keep with the channels of a position together,
/// those are the columns, wherever the file has them.
[[nodiscard]] RowsDims positions_of(const OnnxNetwork& network, const Shape& shape);

// By subject; each adds to `found`.
void fold_constants(OnnxNetwork& network, OnnxPatterns& found);
void find_norms(OnnxNetwork& network, OnnxPatterns& found);
void find_activations(OnnxNetwork& network, OnnxPatterns& found);
void find_attention(OnnxNetwork& network, OnnxPatterns& found);

/// Rows and columns of a value: the last size is the columns.
[[nodiscard]] RowsDims rows_of(const Shape& shape);

}  // namespace berth
