// Small hand-wired graphs, for tests of the lowering passes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "berth/cost/plan.h"

namespace berth {

/// Operators in the order of their addition; the result of the last one is the output of the graph.
class WiredGraph {
  public:
    /// Adds an operator that reads the results of the operators in `reads`, or an input of the graph if there are none.
    OperatorId add(OperatorKind kind, Dims dims, const std::vector<OperatorId>& reads, Scheme scheme) {
        const auto id = static_cast<OperatorId>(graph.operators.size());
        Operator op;
        op.name = std::string(traits(kind).name) + "." + std::to_string(id);
        op.kind = kind;
        op.dims = dims;
        op.dtype = scheme_for(kind, dims, scheme);
        for (const OperatorId maker : reads) {
            op.inputs.push_back(graph.operators[static_cast<std::size_t>(maker)].output);
        }
        if (reads.empty()) {
            op.inputs.push_back(tensor(kNoOperator, {1, input_elements(kind, dims)}));
        }
        for (const TensorId input : op.inputs) {
            graph.tensors[static_cast<std::size_t>(input)].consumers.push_back(id);
        }
        const std::int64_t columns = columns_of(dims);
        op.output = tensor(id, {output_elements(kind, dims) / columns, columns});
        graph.operators.push_back(std::move(op));
        return id;
    }

    /// The graph, with the last result marked as its output.
    Graph& done() {
        graph.tensors[static_cast<std::size_t>(graph.operators.back().output)].graph_output = true;
        return graph;
    }

    Graph graph;

  private:
    static std::int64_t columns_of(const Dims& dims) {
        if (const auto* matmul = std::get_if<MatmulDims>(&dims)) {
            return matmul->n;
        }
        const auto* rows = std::get_if<RowsDims>(&dims);
        return rows != nullptr ? rows->cols : 1;
    }

    TensorId tensor(OperatorId producer, std::vector<std::int64_t> shape) {
        Tensor made;
        made.producer = producer;
        made.shape = std::move(shape);
        graph.tensors.push_back(std::move(made));
        return static_cast<TensorId>(graph.tensors.size() - 1);
    }
};

/// Time of all operators of a plan.
inline Time total_of(const DevicePlan& plan) {
    Time total;
    for (const OperatorPlan& op : plan.operators) {
        for (const Step& step : op.steps) {
            total += plan.costs[static_cast<std::size_t>(step.kernel)].total;
        }
    }
    return total;
}

}  // namespace berth
