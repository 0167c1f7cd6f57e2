// Fusion by the runtime's own rules: a producer and the only reader of its result become one kernel.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "cost/lowering.h"

namespace berth {

namespace {

// The only operator that reads what `op` makes, if there is just one and nobody outside wants the tensor.
OperatorId only_reader(const Graph& graph, const Operator& op) {
    const Tensor& made = graph.tensors[static_cast<std::size_t>(op.output)];
    return made.consumers.size() == 1 && !made.graph_output ? made.consumers.front() : kNoOperator;
}

// Operators of the group that the pattern makes from `first`; empty if it does not match.
std::vector<OperatorId> matched(const Graph& graph, const std::vector<Support>& support, OperatorId first,
                                const FusionRule& rule) {
    std::vector<OperatorId> group;
    OperatorId at = first;
    for (const OperatorKind kind : rule.pattern) {
        if (at == kNoOperator || graph.operators[static_cast<std::size_t>(at)].kind != kind ||
            !support[static_cast<std::size_t>(at)].supported) {
            return {};
        }
        group.push_back(at);
        at = only_reader(graph, graph.operators[static_cast<std::size_t>(at)]);
    }
    return group;
}

bool element_wise(OperatorKind kind) {
    const VectorClass vector_class = traits(kind).vector_class;
    return traits(kind).form == DimsForm::kRows && !traits(kind).free_when_contiguous &&
           (vector_class == VectorClass::kElementwise || vector_class == VectorClass::kActivation);
}

// Pairs that some runtimes fuse and this one left apart: an element-wise operator after its only producer.
std::vector<std::string> missed_pairs(const Graph& graph, const Fusion& fusion) {
    std::map<std::pair<OperatorKind, OperatorKind>, int> count;
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
        const OperatorId reader = only_reader(graph, graph.operators[i]);
        if (reader == kNoOperator || fusion.into[static_cast<std::size_t>(reader)] != kNoOperator) {
            continue;
        }
        const OperatorKind kind = graph.operators[static_cast<std::size_t>(reader)].kind;
        if (element_wise(kind)) {
            ++count[{graph.operators[i].kind, kind}];
        }
    }
    std::vector<std::string> missed;
    for (const auto& [pair, times] : count) {
        missed.push_back(fmt::format("{} + {} x{}", traits(pair.first).name, traits(pair.second).name, times));
    }
    return missed;
}

}  // namespace

Fusion fuse(const Graph& graph, const std::vector<Support>& support, const Runtime& runtime) {
    Fusion fusion;
    fusion.into.assign(graph.operators.size(), kNoOperator);
    fusion.rule.assign(graph.operators.size(), nullptr);
    std::vector<bool> taken(graph.operators.size(), false);
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
        if (taken[i]) {
            continue;
        }
        const FusionRule* best_rule = nullptr;
        std::vector<OperatorId> best;
        for (const FusionRule& rule : runtime.fuses) {
            std::vector<OperatorId> group = matched(graph, support, static_cast<OperatorId>(i), rule);
            const bool free = std::none_of(group.begin(), group.end(),
                                           [&taken](OperatorId id) { return taken[static_cast<std::size_t>(id)]; });
            if (free && group.size() > best.size() && group.size() <= Kernel::kMaxFollowers + 1) {
                best = std::move(group);
                best_rule = &rule;
            }
        }
        for (std::size_t j = 0; j < best.size(); ++j) {
            taken[static_cast<std::size_t>(best[j])] = true;
            if (j > 0) {
                fusion.into[static_cast<std::size_t>(best[j])] = best[j - 1];
                fusion.rule[static_cast<std::size_t>(best[j])] = best_rule;
            }
        }
    }
    fusion.missed = missed_pairs(graph, fusion);
    return fusion;
}

}  // namespace berth
