// ONNX nodes that become several operators: attention with caches, recurrent networks, Einstein sums, fused norms and
// embeddings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/graph/operators.h"
#include "importers/onnx_attention_form.h"
#include "importers/onnx_network.h"

namespace berth {

/// Input of a part: a value of the network, or the result of an earlier part.
struct OnnxSource {
    ValueId value = kNoValue;
    std::size_t part = 0;  ///< index of the earlier part, used if there is no value
};

struct OnnxPart {
    std::string suffix;  ///< appended to the node's name; empty for the part that represents the node
    OperatorKind kind{};
    Dims dims;
    std::vector<OnnxSource> inputs;
    Shape shape;
    ValueId makes = kNoValue;       ///< the network value that it produces; kNoValue: only other parts read it
    ValueId weights = kNoValue;     ///< the constant that holds the matrix or the table
    std::vector<ValueId> beside{};  ///< the constants that its bias, or its scale and shift, come from
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
    /// The value of output `i`; kNoValue if it has no reader.
    [[nodiscard]] ValueId out(std::size_t i) const;
    [[nodiscard]] OnnxSource input(std::size_t i) const { return {in(i)}; }

    OnnxSource add(OnnxPart part);
    /// Takes a slice of `from`, which is larger; `shape` is [rows, cols].
    OnnxSource piece(const std::string& suffix, OnnxSource from, const Shape& shape);
    /// Adds the last part, which represents the node and produces output `output`.
    void stand_for_node(const Shape& shape, std::size_t output);
    /// Declares the result of a part to be an output of the node.
    void makes(OnnxSource part, std::size_t output);

    /// States in words what is assumed where only the run time knows.
    void assume(std::string what) { assumed_.push_back(std::move(what)); }

    [[nodiscard]] std::vector<OnnxPart> take() { return std::move(parts_); }
    [[nodiscard]] const std::vector<std::string>& assumed() const { return assumed_; }

  private:
    const OnnxNetwork& network_;
    NodeId node_;
    std::vector<OnnxPart> parts_;
    std::vector<std::string> assumed_;
};

/// A constant matrix of `columns` columns, or that part of one: inputs of the node.
struct OnnxMatrix {
    std::int64_t columns = 0;
    std::size_t weights = 0, bias = 0;
};
/// Product of [a, b, width] with a constant matrix.
OnnxSource projection(OnnxParts& parts, const std::string& suffix, OnnxSource from, Shape shape,
                      const OnnxMatrix& matrix);

/// The parts of a node in order; empty if the node is of none of these kinds, or if its sizes do not fit. What they
/// assume is appended to `assumed`.
[[nodiscard]] std::vector<OnnxPart> parts_of(const OnnxNetwork& network, NodeId node,
                                             std::vector<std::string>& assumed);

/// Sizes of an attention node, and its parts where they are already known.
[[nodiscard]] std::optional<AttentionForm> form_of(const OnnxParts& parts);
bool add_attention_parts_of(OnnxParts& parts, std::optional<AttentionForm> form);
/// Positions of a cache updated in place that attention reads. Where only the run time knows how much of it is filled,
/// the upper limit is its size.
[[nodiscard]] std::int64_t filled_positions(const OnnxParts& parts, const AttentionForm& form);

// One function per kind of node; false if the sizes do not fit.
bool add_attention_parts(OnnxParts& parts);
bool add_recurrent_parts(OnnxParts& parts);
bool add_attentive_recurrent_parts(OnnxParts& parts);
bool add_einsum_parts(OnnxParts& parts);
bool add_gated_bias_parts(OnnxParts& parts);
bool add_causal_conv_parts(OnnxParts& parts);
bool add_split_gelu_parts(OnnxParts& parts);
bool add_skip_group_norm_parts(OnnxParts& parts);
bool add_inverse_parts(OnnxParts& parts);
bool add_linear_parts(OnnxParts& parts);
bool add_longformer_parts(OnnxParts& parts);
bool add_block_sparse_parts(OnnxParts& parts);
bool add_ordered_attention_parts(OnnxParts& parts);
bool add_decoder_attention_parts(OnnxParts& parts);
bool add_paged_parts(OnnxParts& parts);
bool add_linear_attention_parts(OnnxParts& parts);
bool add_word_parts(OnnxParts& parts);

}  // namespace berth
