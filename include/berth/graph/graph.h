// The graph: operators in execution order, the tensors between them, and the precision requested for each operator.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/graph/operators.h"
#include "berth/graph/scheme.h"

namespace berth {

using OperatorId = std::int32_t;
using TensorId = std::int32_t;
inline constexpr OperatorId kNoOperator = -1;

/// An activation: produced by one operator (or an input of the graph) and read by others.
struct Tensor {
    std::string name;
    std::vector<std::int64_t> shape;
    OperatorId producer = kNoOperator;  ///< kNoOperator: an input of the graph
    std::vector<OperatorId> consumers;
    bool graph_output = false;  ///< leaves the graph; operators may read it too
    bool integer = false;       ///< token ids and the like: 32-bit whatever the precision
    /// Logits of the next token, which callers sample from: handed over as 32-bit floating point whatever the
    /// precision.
    bool scores = false;
    [[nodiscard]] std::int64_t elements() const;
};

struct Operator {
    std::string name;  ///< `layer.0.attention.query`
    OperatorKind kind{};
    Dims dims;
    Category category{};
    int block = -1;                ///< index of the repeated block it belongs to, -1 for none
    Scheme dtype;                  ///< requested scheme; a runtime may run it at another
    std::vector<TensorId> inputs;  ///< activations only
    TensorId output = -1;
    OperatorId table_of = kNoOperator;  ///< an earlier operator whose weights it shares (tied embeddings)
    OperatorId bias_of = kNoOperator;   ///< an earlier operator whose bias, or scale and shift, it shares
    std::optional<CacheStorage> cache;  ///< requested storage of the KV cache of attention; absent: the compute dtype
    SourceLocation where;
};

/// Operators are in topological order: each input is produced before it is read.
struct Graph {
    std::string name;
    std::vector<Operator> operators;
    std::vector<Tensor> tensors;
    int blocks = 0;
};

/// Sums over the graph.
struct GraphTotals {
    Operations macs;              ///< matmul, convolution and attention
    std::int64_t parameters = 0;  ///< all constants, shared ones once: weights, tables, biases, affine terms
};
[[nodiscard]] GraphTotals totals(const Graph& graph);
/// Lets an operator share the bias, or scale and shift, of an earlier one. If it has no matrix or table besides, it
/// shares all its weights.
void share_bias(Operator& op, OperatorId owner);
/// Part of an operator's weight_elements() that it shares with an earlier operator.
[[nodiscard]] std::int64_t shared_elements(const Operator& op);

/// Bytes of all constants at the operators' schemes (see weight_storage). A table that two operators share counts once
/// if both store it at the same scheme.
[[nodiscard]] Bytes weight_bytes(const Graph& graph);
[[nodiscard]] Bytes weight_bytes(const Operator& op);

/// Sorts operators topologically. Reports an error that names the operators of a cycle, if there is one. Stable:
/// operators that are already ordered keep their order.
bool sort_topologically(Graph& graph, Diagnostics& diagnostics);

/// Precision requested by a stage: one scheme, and others for operators whose name matches a pattern with `*`; later
/// rules win.
struct PrecisionRule {
    std::string pattern;
    Scheme dtype;
    SourceLocation where;
};
struct Precision {
    Scheme dtype;
    std::vector<PrecisionRule> rules;
    std::optional<CacheStorage> cache{};  ///< storage of the KV cache; absent: the compute dtype
};
/// Sets every operator's scheme, as far as it applies to the operator. A pattern without a match is an error.
bool apply_precision(Graph& graph, const Precision& precision, Diagnostics& diagnostics);
/// `*` matches any run of characters, `?` one.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view text);
/// Operators whose name matches the pattern; if none does, those that match case-insensitively.
[[nodiscard]] std::vector<std::size_t> operators_matching(const Graph& graph, std::string_view pattern);

}  // namespace berth
