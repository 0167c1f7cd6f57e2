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
        if (RowsDims* const table = all ? table_in(graph, id, nodes) : nullptr) {
            table->affine = false;
        }
    }
}

void tell_rotations(Graph& graph, const OnnxCombining& nodes) {
    for (const Operator& op : graph.operators) {
        if (op.kind != OperatorKind::kAdd || op.inputs.size() != 2) {
            continue;
        }
        std::vector<RowsDims*> tables;
        for (const TensorId input : op.inputs) {
            const OperatorId maker = graph.tensors[static_cast<std::size_t>(input)].producer;
            const bool product =
                maker != kNoOperator && graph.operators[static_cast<std::size_t>(maker)].kind == OperatorKind::kMul;
            tables.push_back(product ? table_in(graph, maker, nodes) : nullptr);
        }
        if (tables[0] != nullptr && tables[1] != nullptr && *tables[0] == *tables[1]) {
            tables[0]->affine = tables[1]->affine = false;
        }
    }
}

}  // namespace

void tell_places_from_weights(Graph& graph, const OnnxCombining& nodes) {
    tell_rotations(graph, nodes);
    tell_behind_the_learned(graph, nodes);
    tell_before_softmax(graph, nodes);
}

}  // namespace berth
