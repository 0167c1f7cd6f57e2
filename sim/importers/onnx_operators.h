// One ONNX node as an operator of the graph: its kind and its sizes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/operators.h"
#include "importers/onnx_network.h"

namespace berth {

/// An operator with the values that it reads and makes. `made` is empty where the value is that of the file; operators
/// that stand in between make a shape of their own.
struct OnnxOperator {
    OperatorKind kind{};
    Dims dims;
    std::vector<ValueId> inputs;
    Shape made;
    ValueId weights = kNoValue;  ///< the constant that holds its matrix, kernels or table
};

/// A node, one of its outputs, and its kind by the table.
struct OnnxSubject {
    const OnnxNetwork& network;
    NodeId node;
    OperatorKind kind;
    const Shape& made;
    bool biased;  ///< the bias is a node of its own

    [[nodiscard]] const OnnxNode& source() const { return *network.step(node).source; }
    [[nodiscard]] ValueId in(std::size_t i) const { return network.input(node, i); }
    [[nodiscard]] bool given(std::size_t i) const { return in(i) != kNoValue; }
    [[nodiscard]] bool constant(std::size_t i) const { return given(i) && network.constant(in(i)); }
};

/// The kind that the operator table names for an ONNX operator.
[[nodiscard]] std::optional<OperatorKind> kind_of_onnx(std::string_view op);

/// What a node does to make its output `output` (an index). A kind whose form does not fit what the node reads becomes
/// `other`: a pass over its data.
[[nodiscard]] OnnxOperator operator_of(const OnnxNetwork& network, NodeId node, std::size_t output, bool biased);

/// A pass over all inputs that makes `shape`.
[[nodiscard]] OnnxOperator pass_over(const OnnxNetwork& network, const std::vector<ValueId>& inputs,
                                     const Shape& shape);

}  // namespace berth
