// The graph: operators in execution order, the tensors between them, and the precision each is asked to run at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/operators.h"
#include "berth/scheme.h"

namespace berth {

using OperatorId = std::int32_t;
using TensorId = std::int32_t;
inline constexpr OperatorId kNoOperator = -1;

/// An activation: made by one operator (or given to the graph) and read by others.
struct Tensor {
    std::string name;
    std::vector<std::int64_t> shape;
    OperatorId producer = kNoOperator;  ///< kNoOperator: an input of the graph
    std::vector<OperatorId> consumers;
    bool graph_output = false;
    bool integer = false;  ///< token ids and the like: 32-bit whatever the precision
    /// Scores of the next word, which callers sample from: handed over in 32-bit floating point whatever the precision.
    bool scores = false;
    [[nodiscard]] std::int64_t elements() const;
};

struct Operator {
    std::string name;  ///< `layer.0.attention.query`
    OperatorKind kind{};
    Dims dims;
    Category category{};
    int block = -1;                ///< index of the repeated block it belongs to, -1 for none
    Scheme dtype;                  ///< asked for; a runtime may run it at another
    std::vector<TensorId> inputs;  ///< activations only
    TensorId output = -1;
    OperatorId table_of = kNoOperator;  ///< an earlier operator whose weights it uses too (a head tied to the words)
    std::optional<CacheStorage> cache;  ///< of attention: asked for its keys and values; absent: as it computes
    bool shares_all = false;            ///< with `table_of`: its bias and affine terms too, as a repeated block does
    SourceLocation where;
};

/// Operators stand in an order that respects the tensors: each input is made before.
struct Graph {
    std::string name;
    std::vector<Operator> operators;
    std::vector<Tensor> tensors;
    int blocks = 0;
};

/// Sums over the graph.
struct GraphTotals {
    Operations macs;              ///< matmul, convolution and attention
    std::int64_t parameters = 0;  ///< all constants once: weights, tables, biases, affine terms
};
[[nodiscard]] GraphTotals totals(const Graph& graph);
/// Of an operator's weight_elements(), those that an operator before it holds already.
[[nodiscard]] std::int64_t shared_elements(const Operator& op);

/// Bytes of all constants at the operators' schemes (see weight_storage). A table that two operators share counts once
/// if both store it alike.
[[nodiscard]] Bytes weight_bytes(const Graph& graph);
[[nodiscard]] Bytes weight_bytes(const Operator& op);

/// Puts operators in an order that respects the tensors; an error naming the operators of a cycle if there is none.
/// Stable: operators that are already ordered stay as they are.
bool sort_topologically(Graph& graph, Diagnostics& diagnostics);

/// What a stage asks for: one scheme, and others for operators whose name matches a pattern with `*`; later rows win.
struct PrecisionRule {
    std::string pattern;
    Scheme dtype;
    SourceLocation where;
};
struct Precision {
    Scheme dtype;
    std::vector<PrecisionRule> rules;
    std::optional<CacheStorage> cache{};  ///< of keys and values; absent: as attention computes
};
/// Sets every operator's scheme, as far as it applies to the operator. A pattern that matches nothing is an error.
bool apply_precision(Graph& graph, const Precision& precision, Diagnostics& diagnostics);
/// `*` matches any run of characters, `?` one.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view text);
/// Which operators have a name that the pattern matches; where none has, which do whatever the case of letters.
[[nodiscard]] std::vector<std::size_t> operators_matching(const Graph& graph, std::string_view pattern);

}  // namespace berth
