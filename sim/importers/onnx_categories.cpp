// Derives the category of an imported operator from its neighbours, because files do not state it.
#include "importers/onnx_graph.h"

namespace berth {

namespace {

bool arranges(OperatorKind kind) { return kind == OperatorKind::kReshape || kind == OperatorKind::kTranspose; }

void mark_makers(Graph& graph, TensorId tensor, int depth) {
    const OperatorId maker = graph.tensors[static_cast<std::size_t>(tensor)].producer;
    if (maker == kNoOperator || depth == 0) {
        return;
    }
    Operator& op = graph.operators[static_cast<std::size_t>(maker)];
    if (op.kind == OperatorKind::kMatmul) {
        op.category = Category::kAttention;
    } else if ((arranges(op.kind) || op.kind == OperatorKind::kSplit) && !op.inputs.empty()) {
        op.category = Category::kAttention;
        mark_makers(graph, op.inputs.front(), depth - 1);
    }
}

void mark_readers(Graph& graph, TensorId tensor, int depth) {
    const auto& readers = graph.tensors[static_cast<std::size_t>(tensor)].consumers;
    if (readers.size() != 1 || depth == 0) {
        return;
    }
    Operator& op = graph.operators[static_cast<std::size_t>(readers.front())];
    if (op.kind == OperatorKind::kMatmul) {
        op.category = Category::kAttention;
    } else if (arranges(op.kind)) {
        op.category = Category::kAttention;
        mark_readers(graph, op.output, depth - 1);
    }
}

}  // namespace

void assign_categories(Graph& graph) {
    constexpr int kMovesBefore = 4;
    constexpr int kMovesAfter = 3;
    for (const Operator& op : graph.operators) {
        if (op.kind != OperatorKind::kAttention) {
            continue;
        }
        for (const TensorId input : op.inputs) {
            mark_makers(graph, input, kMovesBefore);
        }
        mark_readers(graph, op.output, kMovesAfter);
    }
}

}  // namespace berth
