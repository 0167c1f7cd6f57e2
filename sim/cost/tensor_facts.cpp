// One walk over the tensors of a graph: sizes, live ranges, readers, and required dtype conversions.
//
// Quantise and dequantise operators are inserted where real runtimes put them: with static scales between regions of
// different dtypes, with dynamic scales before each quantised product. Either way a tensor that readers want at another
// dtype than it is produced in is converted once per dtype, at its producer.
#include <algorithm>

#include "cost/lowering.h"

namespace berth {

StepRole conversion_role(DType from, DType to) {
    if (is_quantized(to) && !is_quantized(from)) {
        return StepRole::kQuantize;
    }
    return is_quantized(from) && !is_quantized(to) ? StepRole::kDequantize : StepRole::kCast;
}

OperatorKind conversion_kind(StepRole role) {
    switch (role) {
        case StepRole::kQuantize:
            return OperatorKind::kQuantize;
        case StepRole::kDequantize:
            return OperatorKind::kDequantize;
        case StepRole::kCast:
        case StepRole::kOperator:
        case StepRole::kPart:
            break;
    }
    return OperatorKind::kCast;
}

std::vector<TensorFacts> tensor_facts(const Graph& graph, const OperatorClasses& classes) {
    std::vector<TensorFacts> facts(graph.tensors.size());
    for (std::size_t t = 0; t < facts.size(); ++t) {
        const Tensor& tensor = graph.tensors[t];
        TensorFacts& fact = facts[t];
        fact.made_here = tensor.producer != kNoOperator;
        fact.first = fact.made_here ? static_cast<std::uint32_t>(tensor.producer) : 0;
        fact.last = tensor.graph_output ? static_cast<std::uint32_t>(graph.operators.size() - 1) : fact.first;
        const OperatorClass* maker = fact.made_here ? &classes[fact.first] : nullptr;
        const bool converts = maker != nullptr && maker->support.supported && !tensor.integer;
        for (const OperatorId consumer : tensor.consumers) {
            fact.last = std::max(fact.last, static_cast<std::uint32_t>(consumer));
            const Support& reader = classes.support(static_cast<std::size_t>(consumer));
            if (converts && reader.supported && reader.ran_at() != maker->made_at) {
                fact.wanted.set(static_cast<std::size_t>(reader.ran_at()));
            }
        }
        if (tensor.consumers.size() == 1 && !tensor.graph_output) {
            fact.only_reader = tensor.consumers.front();
        }
        // Token ids and graph inputs have 32 bits.
        const Bytes element = maker != nullptr && !tensor.integer ? maker->made_element : bytes(4);
        fact.size = element * static_cast<double>(tensor.elements());
    }
    return facts;
}

}  // namespace berth
