// An ONNX graph during simplification: values replaced by others, nodes absorbed into larger operators.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "importers/onnx_flow.h"

namespace berth {

using NodeId = std::int32_t;
inline constexpr NodeId kNoNode = -1;

class OnnxNetwork {
  public:
    /// Removes constant nodes, and those that only change how numbers are stored: casts, quantisation and its scales.
    explicit OnnxNetwork(OnnxFlow flow);

    [[nodiscard]] const OnnxFlow& flow() const { return flow_; }
    [[nodiscard]] NodeId size() const { return static_cast<NodeId>(flow_.nodes.size()); }
    [[nodiscard]] const OnnxStep& step(NodeId node) const { return flow_.nodes[static_cast<std::size_t>(node)]; }
    [[nodiscard]] bool gone(NodeId node) const { return gone_[static_cast<std::size_t>(node)]; }
    /// Whether the node is still present, is not part of a group, and has this operator.
    [[nodiscard]] bool is(NodeId node, std::string_view op) const {
        return node != kNoNode && !gone(node) && !grouped_[static_cast<std::size_t>(node)] &&
               step(node).source->op == op;
    }
    [[nodiscard]] ValueId resolved(ValueId value) const;
    /// The value that input `i` resolves to; kNoValue if it is not given.
    [[nodiscard]] ValueId input(NodeId node, std::size_t i) const;
    [[nodiscard]] ValueId output(NodeId node) const { return step(node).outputs.front(); }
    /// The node's inputs that are given, not constant and not empty.
    [[nodiscard]] std::vector<ValueId> activations(NodeId node) const;
    /// The node's constant inputs, in order.
    [[nodiscard]] std::vector<ValueId> constants_of(NodeId node) const;
    /// The constant of the file behind a constant that only stores it differently: transposed, reshaped, quantised.
    [[nodiscard]] ValueId origin(ValueId value) const;
    [[nodiscard]] bool constant(ValueId value) const { return value != kNoValue && flow_.at(value).constant; }
    /// Whether the file stores the numbers of the constant; otherwise they are drawn at random, or one number
    /// throughout.
    [[nodiscard]] bool stored(ValueId value) const;
    /// Whether the value has no elements, such as a cache of no positions.
    [[nodiscard]] bool empty(ValueId value) const {
        return value != kNoValue && flow_.at(value).shape && elements(value) == 0;
    }
    /// The node that produces the value; kNoNode for inputs and constants.
    [[nodiscard]] NodeId maker(ValueId value) const;
    /// Nodes that currently read the value, in order.
    [[nodiscard]] std::vector<NodeId> readers(ValueId value) const;
    /// Whether all readers of the value are among `nodes`.
    [[nodiscard]] bool read_only_by(ValueId value, const std::vector<NodeId>& nodes) const;
    /// The only reader of the value; kNoNode if there are several or the value is an output of the graph.
    [[nodiscard]] NodeId only_reader(ValueId value) const;
    /// Shape of the value; the shape of a scalar if it is not known.
    [[nodiscard]] const Shape& shape(ValueId value) const {
        static const Shape kNone;
        return value == kNoValue || !flow_.at(value).shape ? kNone : *flow_.at(value).shape;
    }
    [[nodiscard]] std::int64_t elements(ValueId value) const { return elements_of(shape(value)); }

    void absorb(NodeId node) { gone_[static_cast<std::size_t>(node)] = true; }
    /// Removes the node and replaces its result by `value`.
    void pass_by(NodeId node, ValueId value);
    /// Turns the node into the representative of a group, which reads `inputs`.
    void stand_for_group(NodeId node, const std::vector<ValueId>& inputs);
    /// Removes nodes whose results have no reader.
    void remove_unread();

    /// Whether images have their channels last, as in TensorFlow.
    [[nodiscard]] bool channels_last() const { return channels_last_; }

    /// Number of matrix products and convolutions that the file specifies in integers.
    [[nodiscard]] std::int64_t integer_products() const { return integer_products_; }

  private:
    void pass_by_storage(NodeId node);
    void gather_readers();
    [[nodiscard]] bool rescales(NodeId node) const;

    OnnxFlow flow_;
    std::vector<ValueId> stands_for_;
    std::vector<bool> gone_, grouped_;
    std::vector<bool> output_;                  ///< by value: it is a result of the graph, or replaces one
    std::vector<std::vector<NodeId>> readers_;  ///< by value; includes nodes that have been removed since
    std::int64_t integer_products_ = 0;
    bool channels_last_ = false;
};

}  // namespace berth
