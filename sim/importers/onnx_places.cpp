#include "importers/onnx_places.h"

#include <algorithm>
#include <span>
#include <variant>
#include <vector>

namespace berth {

namespace {

/// The sizes of a node that combines its inputs with a table of more than one row; null for all others.
RowsDims* table_in(Graph& graph, OperatorId id, const OnnxCombining& nodes) {
    auto* const rows = std::get_if<RowsDims>(&graph.operators[static_cast<std::size_t>(id)].dims);
    const bool holds = nodes.combining.contains(id) && rows != nullptr && rows->affine && rows->constant_rows > 1;
    return holds ? rows : nullptr;
}

void tell_behind_the_learned(Graph& graph, const OnnxCombining& nodes) {
    std::vector<bool> learned_behind(graph.tensors.size());
    for (auto id = static_cast<OperatorId>(graph.operators.size()); id-- > 0;) {
        const Operator& op = graph.operators[static_cast<std::size_t>(id)];
        const bool behind = learned_behind[static_cast<std::size_t>(op.output)];
        if (RowsDims* const table = behind ? nullptr : table_in(graph, id, nodes)) {
            table->affine = false;
        }
        const bool learned = behind || (!nodes.combining.contains(id) && weight_elements(op.kind, op.dims) > 0);
        // The places at which an operator samples its first input are not learned either.
        const std::size_t read =
            nodes.sampling.contains(id) ? std::min<std::size_t>(1, op.inputs.size()) : op.inputs.size();
        for (const TensorId input : std::span(op.inputs).first(read)) {
            const auto index = static_cast<std::size_t>(input);
            learned_behind[index] = learned_behind[index] || learned;
        }
    }
}

/// Whether what the reader makes of a score is a score, too.
bool keeps_scores(OperatorKind kind) {
    return kind == OperatorKind::kAdd || kind == OperatorKind::kMul || kind == OperatorKind::kReshape ||
           kind == OperatorKind::kTranspose;
}

void tell_before_softmax(Graph& graph, const OnnxCombining& nodes) {
    std::vector<bool> scores(graph.tensors.size());
    const auto read_as_scores = [&](TensorId tensor, OperatorId reader) {
        const Operator& op = graph.operators[static_cast<std::size_t>(reader)];
        return op.kind == OperatorKind::kSoftmax ||
               (op.kind == OperatorKind::kAttention && std::ranges::find(op.inputs, tensor) - op.inputs.begin() >= 3) ||
               (keeps_scores(op.kind) && scores[static_cast<std::size_t>(op.output)]);
    };
    for (auto id = static_cast<OperatorId>(graph.operators.size()); id-- > 0;) {
        const TensorId made = graph.operators[static_cast<std::size_t>(id)].output;
        const auto& readers = graph.tensors[static_cast<std::size_t>(made)].consumers;
        const bool all = !readers.empty() &&
                         std::ranges::all_of(readers, [&](OperatorId reader) { return read_as_scores(made, reader); });
        scores[static_cast<std::size_t>(made)] = all;
        if (RowsDims* const table = all && !nodes.by_head.contains(id) ? table_in(graph, id, nodes) : nullptr) {
            table->affine = false;
        }
    }
}

/// The operator that makes a tensor, past those that only give it another shape; kNoOperator for an input.
OperatorId maker_of(const Graph& graph, TensorId tensor) {
    OperatorId maker = graph.tensors[static_cast<std::size_t>(tensor)].producer;
    while (maker != kNoOperator && graph.operators[static_cast<std::size_t>(maker)].kind == OperatorKind::kReshape) {
        const TensorId before = graph.operators[static_cast<std::size_t>(maker)].inputs.front();
        maker = graph.tensors[static_cast<std::size_t>(before)].producer;
    }
    return maker;
}

/// The operator that looks up a factor of a product in a table; kNoOperator if none does.
OperatorId lookup_in(const Graph& graph, const Operator& product) {
    for (const TensorId input : product.inputs) {
        const OperatorId maker = maker_of(graph, input);
        if (maker != kNoOperator && graph.operators[static_cast<std::size_t>(maker)].kind == OperatorKind::kEmbedding) {
            return maker;
        }
    }
    return kNoOperator;
}

/// Whether two lookups find rows of two tables of one size at the same places.
bool look_up_alike(const Operator& a, const Operator& b) {
    return a.dims == b.dims && a.inputs == b.inputs && a.table_of == kNoOperator && b.table_of == kNoOperator &&
           a.output != b.output;
}

void tell_rotations(Graph& graph, const OnnxCombining& nodes) {
    const auto at = [&](OperatorId id) -> Operator& { return graph.operators[static_cast<std::size_t>(id)]; };
    for (const Operator& op : graph.operators) {
        if (op.kind != OperatorKind::kAdd || op.inputs.size() != 2) {
            continue;
        }
        std::vector<RowsDims*> tables;
        std::vector<OperatorId> lookups;
        for (const TensorId input : op.inputs) {
            const OperatorId maker = graph.tensors[static_cast<std::size_t>(input)].producer;
            const bool product = maker != kNoOperator && at(maker).kind == OperatorKind::kMul;
            tables.push_back(product ? table_in(graph, maker, nodes) : nullptr);
            lookups.push_back(product ? lookup_in(graph, at(maker)) : kNoOperator);
        }
        if (tables[0] != nullptr && tables[1] != nullptr && *tables[0] == *tables[1]) {
            tables[0]->affine = tables[1]->affine = false;
        }
        if (lookups[0] != kNoOperator && lookups[1] != kNoOperator && look_up_alike(at(lookups[0]), at(lookups[1]))) {
            std::get<GatherDims>(at(lookups[0]).dims).learned = false;
            std::get<GatherDims>(at(lookups[1]).dims).learned = false;
        }
    }
}

/// Another lookup in a table that is not learned finds nothing learned either.
void tell_further_lookups(Graph& graph) {
    for (Operator& op : graph.operators) {
        auto* const lookup = std::get_if<GatherDims>(&op.dims);
        if (lookup == nullptr || op.table_of == kNoOperator) {
            continue;
        }
        const Operator& owner = graph.operators[static_cast<std::size_t>(op.table_of)];
        if (const auto* table = std::get_if<GatherDims>(&owner.dims); table != nullptr && !table->learned) {
            lookup->learned = false;
            op.table_of = kNoOperator;
        }
    }
}

}  // namespace

void tell_places_from_weights(Graph& graph, const OnnxCombining& nodes) {
    tell_rotations(graph, nodes);
    tell_further_lookups(graph);
    tell_behind_the_learned(graph, nodes);
    tell_before_softmax(graph, nodes);
}

}  // namespace berth
