// Sums over a graph, and its execution order.
#include "berth/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "graph/precedence.h"

namespace berth {

namespace {

bool is_ordered(const Graph& graph) {
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
        for (const TensorId input : graph.operators[i].inputs) {
            const OperatorId producer = graph.tensors[static_cast<std::size_t>(input)].producer;
            if (producer != kNoOperator && static_cast<std::size_t>(producer) >= i) {
                return false;
            }
        }
    }
    return true;
}

/// Pairs of producer and reader, in the order in which readers list their inputs.
std::vector<Precedence> precedence_of(const Graph& graph) {
    std::vector<Precedence> pairs;
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
        for (const TensorId input : graph.operators[i].inputs) {
            const OperatorId producer = graph.tensors[static_cast<std::size_t>(input)].producer;
            if (producer != kNoOperator) {
                pairs.emplace_back(producer, static_cast<OperatorId>(i));
            }
        }
    }
    return pairs;
}

/// Permutes operators to `order` and updates the ids in the tensors.
void reorder(Graph& graph, const std::vector<OperatorId>& order) {
    std::vector<OperatorId> new_id(order.size());
    std::vector<Operator> moved;
    moved.reserve(order.size());
    for (const OperatorId old : order) {
        new_id[static_cast<std::size_t>(old)] = static_cast<OperatorId>(moved.size());
        moved.push_back(std::move(graph.operators[static_cast<std::size_t>(old)]));
    }
    graph.operators = std::move(moved);
    for (Operator& op : graph.operators) {
        for (OperatorId* owner : {&op.table_of, &op.bias_of}) {
            if (*owner != kNoOperator) {
                *owner = new_id[static_cast<std::size_t>(*owner)];
            }
        }
    }
    for (Tensor& tensor : graph.tensors) {
        if (tensor.producer != kNoOperator) {
            tensor.producer = new_id[static_cast<std::size_t>(tensor.producer)];
        }
        for (OperatorId& consumer : tensor.consumers) {
            consumer = new_id[static_cast<std::size_t>(consumer)];
        }
        std::sort(tensor.consumers.begin(), tensor.consumers.end());
    }
}

// Bytes of what is shared with earlier operators; at another dtype it is a separate copy.
Bytes shared_bytes(const Graph& graph, const Operator& op) {
    const auto shared = [&](OperatorId owner) {
        return owner != kNoOperator && graph.operators[static_cast<std::size_t>(owner)].dtype == op.dtype;
    };
    if (op.table_of == kNoOperator && op.bias_of == kNoOperator) {
        return Bytes{};
    }
    const WeightStorage storage = weight_storage(op.kind, op.dims, op.dtype);
    return (shared(op.table_of) ? storage.matrix + storage.scales : Bytes{}) +
           (shared(op.bias_of) ? storage.beside : Bytes{});
}

}  // namespace

std::int64_t Tensor::elements() const {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
        if (__builtin_mul_overflow(count, size, &count) || count > kLargestCount) {
            return kLargestCount;
        }
    }
    return count;
}

GraphTotals totals(const Graph& graph) {
    GraphTotals sum;
    for (const Operator& op : graph.operators) {
        sum.macs += macs(op.dims);
        sum.parameters += weight_elements(op.kind, op.dims) - shared_elements(op);
    }
    return sum;
}

void share_bias(Operator& op, OperatorId owner) {
    op.bias_of = owner;
    op.table_of = matrix_elements(op.dims) == 0 ? owner : op.table_of;
}

std::int64_t shared_elements(const Operator& op) {
    const std::int64_t matrix = matrix_elements(op.dims);
    return (op.table_of == kNoOperator ? 0 : matrix) +
           (op.bias_of == kNoOperator ? 0 : weight_elements(op.kind, op.dims) - matrix);
}

Bytes weight_bytes(const Operator& op) { return weight_storage(op.kind, op.dims, op.dtype).total(); }

Bytes weight_bytes(const Graph& graph) {
    Bytes sum;
    for (const Operator& op : graph.operators) {
        sum += weight_bytes(op) - shared_bytes(graph, op);
    }
    return sum;
}

bool sort_topologically(Graph& graph, Diagnostics& diagnostics) {
    if (is_ordered(graph)) {
        return true;
    }
    const std::vector<Precedence> pairs = precedence_of(graph);
    const std::vector<OperatorId> order = topological_order(graph.operators.size(), pairs);
    if (order.size() == graph.operators.size()) {
        reorder(graph, order);
        return true;
    }
    const std::vector<OperatorId> cycle = find_cycle(graph.operators.size(), pairs);
    const Operator& first = graph.operators[static_cast<std::size_t>(cycle.front())];
    std::string names = first.name;
    for (std::size_t i = 1; i < cycle.size(); ++i) {
        names += " -> " + graph.operators[static_cast<std::size_t>(cycle[i])].name;
    }
    diagnostics.error(first.where, fmt::format("operators form a cycle: {} -> {}", names, first.name));
    return false;
}

}  // namespace berth
