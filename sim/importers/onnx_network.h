// An ONNX graph while it is simplified: values that stand for others, nodes that are absorbed by larger operators.
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
    /// Leaves out what is constant, and what only changes how numbers are stored: casts, quantisation and its scales.
    explicit OnnxNetwork(OnnxFlow flow);

    [[nodiscard]] const OnnxFlow& flow() const { return flow_; }
    [[nodiscard]] NodeId size() const { return static_cast<NodeId>(flow_.nodes.size()); }
    [[nodiscard]] const OnnxStep& step(NodeId node) const { return flow_.nodes[static_cast<std::size_t>(node)]; }
    [[nodiscard]] bool gone(NodeId node) const { return gone_[static_cast<std::size_t>(node)]; }
    /// Whether the node is there, stands for itself and is this operator.
    [[nodiscard]] bool is(NodeId node, std::string_view op) const {
        return node != kNoNode && !gone(node) && !grouped_[static_cast<std::size_t>(node)] &&
               step(node).source->op == op;
    }
    [[nodiscard]] ValueId resolved(ValueId value) const;
    /// What the node reads in the end; kNoValue if it is not given.
    [[nodiscard]] ValueId input(NodeId node, std::size_t i) const;
    [[nodiscard]] ValueId output(NodeId node) const { return step(node).outputs.front(); }
    /// Its inputs that are given, not constant and not empty.
    [[nodiscard]] std::vector<ValueId> activations(NodeId node) const;
    /// The constant of the file that a constant is made of by storing it otherwise: transposed, reshaped, quantised.
    [[nodiscard]] ValueId origin(ValueId value) const;
    [[nodiscard]] bool constant(ValueId value) const { return value != kNoValue && flow_.at(value).constant; }
    /// Whether it has no elements: a cache of no positions.
    [[nodiscard]] bool empty(ValueId value) const {
        return value != kNoValue && flow_.at(value).shape && elements(value) == 0;
    }
    /// The node that makes it; kNoNode for inputs and constants.
    [[nodiscard]] NodeId maker(ValueId value) const;
    /// Nodes that read it now, in order.
    [[nodiscard]] std::vector<NodeId> readers(ValueId value) const;
    /// Whether all of them are among `nodes`.
    [[nodiscard]] bool read_only_by(ValueId value, const std::vector<NodeId>& nodes) const;
    /// The only node that reads it, if it is no output of the graph.
    [[nodiscard]] NodeId only_reader(ValueId value) const;
    /// That of a single number where it is not known.
    [[nodiscard]] const Shape& shape(ValueId value) const {
        static const Shape kNone;
        return value == kNoValue || !flow_.at(value).shape ? kNone : *flow_.at(value).shape;
    }
    [[nodiscard]] std::int64_t elements(ValueId value) const { return elements_of(shape(value)); }

    void absorb(NodeId node) { gone_[static_cast<std::size_t>(node)] = true; }
    /// Leaves the node out: what it makes is `value`.
    void pass_by(NodeId node, ValueId value);
    /// From now on the node stands for a group, which reads `inputs`.
    void stand_for_group(NodeId node, const std::vector<ValueId>& inputs);
    /// Leaves out nodes whose results nobody reads.
    void remove_unread();

    /// Whether pictures have their channels last, as TensorFlow does.
    [[nodiscard]] bool channels_last() const { return channels_last_; }

    /// Matrix products and convolutions that the file asks for in integers.
    [[nodiscard]] std::int64_t integer_products() const { return integer_products_; }

  private:
    void pass_by_storage(NodeId node);
    void gather_readers();
    [[nodiscard]] bool rescales(NodeId node) const;

    OnnxFlow flow_;
    std::vector<ValueId> stands_for_;
    std::vector<bool> gone_, grouped_;
    std::vector<bool> output_;                  ///< by value: it, or one that it stands for, is a result of the graph
    std::vector<std::vector<NodeId>> readers_;  ///< by value, nodes that are gone since among them
    std::int64_t integer_products_ = 0;
    bool channels_last_ = false;
};

}  // namespace berth
