// Maps ids to positions and edge transfers to producers, and detects cycles.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "graph/precedence.h"
#include "placement/costed/graph_document.h"

namespace berth {

namespace {

using Positions = std::unordered_map<std::int64_t, int>;

Positions positions_of(const std::vector<CostedNode>& nodes, Diagnostics& diagnostics) {
    Positions positions;
    positions.reserve(nodes.size());
    for (std::size_t node = 0; node < nodes.size(); ++node) {
        const auto [found, is_new] = positions.emplace(nodes[node].id, static_cast<int>(node));
        if (!is_new) {
            const CostedNode& first = nodes[static_cast<std::size_t>(found->second)];
            diagnostics.error(nodes[node].where, fmt::format("the id {} is given twice", nodes[node].id),
                              fmt::format("an id of its own; the first is at {}", first.where.text()));
        }
    }
    return positions;
}

std::optional<int> end_of(const GraphDocument::Edge& edge, std::int64_t id, const Positions& positions,
                          std::string_view key, Diagnostics& diagnostics) {
    const auto found = positions.find(id);
    if (found == positions.end()) {
        diagnostics.error(edge.where, fmt::format("{} {} is no node", key, id), "the id of a node");
        return std::nullopt;
    }
    return found->second;
}

void add_edge(const GraphDocument::Edge& edge, const Positions& positions, std::vector<bool>& has_cost,
              CostedGraph& graph, Diagnostics& diagnostics) {
    const auto producer = end_of(edge, edge.source, positions, "sourceId", diagnostics);
    const auto consumer = end_of(edge, edge.destination, positions, "destId", diagnostics);
    if (!producer || !consumer) {
        return;
    }
    if (*producer == *consumer) {
        diagnostics.error(edge.where, fmt::format("the node {} reads itself", edge.source));
        return;
    }
    graph.edges.emplace_back(*producer, *consumer);
    CostedNode& node = graph.nodes[static_cast<std::size_t>(*producer)];
    if (has_cost[static_cast<std::size_t>(*producer)] && node.transfer != edge.cost) {
        diagnostics.warning(edge.where,
                            fmt::format("edges of node {} cost {} and {}: its output moves as a whole, for the larger",
                                        edge.source, node.transfer, edge.cost));
    }
    has_cost[static_cast<std::size_t>(*producer)] = true;
    node.transfer = std::max(node.transfer, edge.cost);
}

constexpr std::size_t kMostNamed = 8;  // number of cycle nodes that are named in the error

void report_cycle(const CostedGraph& graph, const std::vector<int>& cycle, Diagnostics& diagnostics) {
    const auto id_of = [&graph](int node) { return graph.nodes[static_cast<std::size_t>(node)].id; };
    constexpr std::size_t kAtEachEnd = kMostNamed / 2;
    std::string text;
    for (std::size_t i = 0; i < cycle.size(); ++i) {
        if (cycle.size() <= kMostNamed || i < kAtEachEnd || i + kAtEachEnd >= cycle.size()) {
            text += fmt::format("{} -> ", id_of(cycle[i]));
        } else if (i == kAtEachEnd) {
            text += "... -> ";
        }
    }
    diagnostics.error(graph.nodes[static_cast<std::size_t>(cycle.front())].where,
                      fmt::format("nodes read each other in a cycle: {}{}", text, id_of(cycle.front())));
}

}  // namespace

CostedGraph graph_of(GraphDocument document, Diagnostics& diagnostics) {
    CostedGraph graph;
    graph.accelerators = static_cast<std::size_t>(document.accelerators);
    graph.cpus = static_cast<std::size_t>(document.cpus);
    graph.accelerator_memory = document.accelerator_memory;
    graph.nodes = std::move(document.nodes);
    if (graph.nodes.empty()) {
        diagnostics.error(document.where, "this graph has no nodes", "at least one");
    }
    if (graph.accelerators + graph.cpus == 0) {
        diagnostics.error(document.where, "this graph has no devices", "maxFPGAs or maxCPUs of at least 1");
    }
    const Positions positions = positions_of(graph.nodes, diagnostics);
    std::vector<bool> has_cost(graph.nodes.size(), false);
    for (const GraphDocument::Edge& edge : document.edges) {
        add_edge(edge, positions, has_cost, graph, diagnostics);
    }
    std::ranges::sort(graph.edges);
    graph.edges.erase(std::unique(graph.edges.begin(), graph.edges.end()), graph.edges.end());
    const std::vector<int> cycle = find_cycle(graph.nodes.size(), graph.edges);
    if (!cycle.empty()) {
        report_cycle(graph, cycle, diagnostics);
    }
    return graph;
}

}  // namespace berth
