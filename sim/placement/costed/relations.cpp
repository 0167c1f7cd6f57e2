// Adjacency lists from edges, and classes by colour.
#include "placement/costed/relations.h"

#include <unordered_map>

#include "base/index.h"
#include "graph/precedence.h"

namespace berth {

Relations relations_of(const CostedGraph& graph) {
    const std::size_t nodes = graph.nodes.size();
    Relations relations;
    relations.producers.resize(nodes);
    relations.consumers.resize(nodes);
    for (const auto& [producer, consumer] : graph.edges) {
        relations.producers[at(consumer)].push_back(producer);
        relations.consumers[at(producer)].push_back(consumer);
    }
    relations.order = topological_order(nodes, graph.edges);
    relations.class_of.assign(nodes, -1);
    std::unordered_map<std::int64_t, int> number;
    for (std::size_t node = 0; node < nodes; ++node) {
        if (const auto& color = graph.nodes[node].color) {
            const int its = number.emplace(*color, static_cast<int>(number.size())).first->second;
            relations.class_of[node] = its;
            relations.classes.resize(number.size());
            relations.classes[at(its)].push_back(static_cast<int>(node));
        }
    }
    return relations;
}

}  // namespace berth
