// Converts one ONNX node to an operator of the graph: its kind and its sizes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/graph/operators.h"
#include "importers/onnx_network.h"

namespace berth {

/// An operator with the values that it reads and produces. `made` is empty where the result is a value of the file;
/// intermediate operators state a shape of their own.
struct OnnxOperator {
    OperatorKind kind{};
    Dims dims;
    std::vector<ValueId> inputs;
    Shape made;
    ValueId weights = kNoValue;     ///< the constant that holds the matrix, the kernels or the table
    std::vector<ValueId> beside{};  ///< the constants that its bias, or its scale and shift, come from
};

/// A node with one of its outputs, and its kind from the operator table.
struct OnnxSubject {
    const OnnxNetwork& network;
    NodeId node;
    OperatorKind kind;
    const Shape& made;
    bool biased;  ///< the bias is a separate node

    [[nodiscard]] const OnnxNode& source() const { return *network.step(node).source; }
    [[nodiscard]] ValueId in(std::size_t i) const { return network.input(node, i); }
    [[nodiscard]] bool given(std::size_t i) const { return in(i) != kNoValue; }
    [[nodiscard]] bool constant(std::size_t i) const { return given(i) && network.constant(in(i)); }
};

/// Sets the rows and columns of constants, so many in all, that an operator combines with its input.
void take_constants(RowsDims& dims, std::int64_t constants);

/// The kind that the operator table gives for an ONNX operator.
[[nodiscard]] std::optional<OperatorKind> kind_of_onnx(std::string_view op);

/// The operator that computes output `output` (an index) of a node. If the shapes do not fit the kind, the kind is
/// `other`: a pass over the data.
[[nodiscard]] OnnxOperator operator_of(const OnnxNetwork& network, NodeId node, std::size_t output, bool biased);

/// A pass over all inputs that produces `shape`.
[[nodiscard]] OnnxOperator pass_over(const OnnxNetwork& network, const std::vector<ValueId>& inputs,
                                     const Shape& shape);

}  // namespace berth
