// ONNX nodes that become several operators: attention with its caches, recurrent networks, sums over any axes, fused
// norms and embeddings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/operators.h"
#include "importers/onnx_network.h"

namespace berth {

/// What a part reads: a value of the network, or what an earlier part made.
struct OnnxSource {
    ValueId value = kNoValue;
    std::size_t part = 0;  ///< its index, if there is no value
};

struct OnnxPart {
    std::string suffix;  ///< behind the node's name; the part that stands for the node has none
    OperatorKind kind{};
    Dims dims;
    std::vector<OnnxSource> inputs;
    Shape shape;
    ValueId makes = kNoValue;    ///< of the network; kNoValue: only other parts read it
    ValueId weights = kNoValue;  ///< the constant that holds its matrix or table
};

/// Collects the parts of a node.
class OnnxParts {
  public:
    OnnxParts(const OnnxNetwork& network, NodeId node) : network_(network), node_(node) {}

    [[nodiscard]] const OnnxNetwork& network() const { return network_; }
    [[nodiscard]] NodeId node() const { return node_; }
    [[nodiscard]] const OnnxNode& source() const { return *network_.step(node_).source; }
    [[nodiscard]] ValueId in(std::size_t i) const { return network_.input(node_, i); }
    [[nodiscard]] bool given(std::size_t i) const { return in(i) != kNoValue; }
    [[nodiscard]] bool constant(std::size_t i) const { return given(i) && network_.constant(in(i)); }
    [[nodiscard]] const Shape& shape(std::size_t i) const { return network_.shape(in(i)); }
    /// The value of an output; kNoValue if nobody reads it.
    [[nodiscard]] ValueId out(std::size_t i) const;
    [[nodiscard]] OnnxSource input(std::size_t i) const { return {in(i)}; }

    OnnxSource add(OnnxPart part);
    /// [rows, cols] of `from`, which has more.
    OnnxSource piece(const std::string& suffix, OnnxSource from, const Shape& shape);
    /// The last part stands for the node, and makes one of its outputs.
    void stand_for_node(const Shape& shape, std::size_t output);
    /// Names what the part makes as an output of the node.
    void makes(OnnxSource part, std::size_t output);

    [[nodiscard]] std::vector<OnnxPart> take() { return std::move(parts_); }

  private:
    const OnnxNetwork& network_;
    NodeId node_;
    std::vector<OnnxPart> parts_;
};

/// The parts of a node of one of these kinds, in order; nothing if it is none of them, or if its sizes do not fit.
[[nodiscard]] std::vector<OnnxPart> parts_of(const OnnxNetwork& network, NodeId node);

// By subject; false if the sizes do not fit.
bool add_attention_parts(OnnxParts& parts);
bool add_recurrent_parts(OnnxParts& parts);
bool add_einsum_parts(OnnxParts& parts);

}  // namespace berth
