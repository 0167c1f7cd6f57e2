// Builds units from nodes: sums of times, dependencies, and a topological numbering.
#include "placement/costed/placement_units.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "base/index.h"
#include "graph/precedence.h"

namespace berth {

namespace {

using Edges = std::vector<Precedence>;

// Renumbers labels to 0, 1, ... in order of their first node.
std::size_t make_dense(Labels& labels) {
    std::unordered_map<int, int> dense;
    for (int& label : labels) {
        label = dense.emplace(label, static_cast<int>(dense.size())).first->second;
    }
    return dense.size();
}

Edges edges_between(const CostedGraph& graph, const Labels& dense) {
    Edges edges;
    for (const auto& [producer, consumer] : graph.edges) {
        if (dense[at(producer)] != dense[at(consumer)]) {
            edges.emplace_back(dense[at(producer)], dense[at(consumer)]);
        }
    }
    std::ranges::sort(edges);
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    return edges;
}

void add_producers(const CostedGraph& graph, Units& units) {
    for (auto edge = graph.edges.begin(); edge != graph.edges.end();) {
        const int node = edge->first;
        Units::Producer producer;
        producer.unit = units.unit_of[at(node)];
        producer.transfer = graph.nodes[at(node)].transfer;
        for (; edge != graph.edges.end() && edge->first == node; ++edge) {
            producer.readers.push_back(units.unit_of[at(edge->second)]);
        }
        std::ranges::sort(producer.readers);
        producer.readers.erase(std::unique(producer.readers.begin(), producer.readers.end()), producer.readers.end());
        std::erase(producer.readers, producer.unit);
        if (producer.readers.empty()) {
            continue;
        }
        const int id = static_cast<int>(units.producers.size());
        units.makes[at(producer.unit)].push_back(id);
        for (const int reader : producer.readers) {
            units.reads[at(reader)].push_back(id);
        }
        units.producers.push_back(std::move(producer));
    }
}

}  // namespace

Units units_of(const CostedGraph& graph, const Labels& labels, const std::vector<Allowed>& allowed,
               const std::vector<double>& order) {
    Units units;
    units.accelerators = graph.accelerators;
    units.cpus = graph.cpus;
    units.memory = graph.accelerator_memory;
    units.unit_of = labels;
    const std::size_t count = make_dense(units.unit_of);
    const Edges edges = edges_between(graph, units.unit_of);
    std::vector<double> preference(count, kNowhere);
    for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
        double& first = preference[at(units.unit_of[node])];
        first = std::min(first, order.empty() ? static_cast<double>(node) : order[node]);
    }
    const std::vector<int> sequence = topological_order(count, edges, preference);
    if (sequence.size() != count) {
        throw std::logic_error("units read each other in a cycle");
    }
    std::vector<int> number(count);
    for (std::size_t i = 0; i < count; ++i) {
        number[at(sequence[i])] = static_cast<int>(i);
    }
    for (auto list : {&Units::makes, &Units::reads, &Units::successors, &Units::predecessors}) {
        (units.*list).resize(count);
    }
    units.fast.assign(count, graph.accelerators > 0 ? 0 : kNowhere);
    units.slow.assign(count, graph.cpus > 0 ? 0 : kNowhere);
    units.size.assign(count, 0);
    for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
        const CostedNode& costs = graph.nodes[node];
        const std::size_t unit = at(units.unit_of[node] = number[at(units.unit_of[node])]);
        units.fast[unit] += costs.on_accelerator && allowed[node] != Allowed::kCpu ? costs.accelerator_time : kNowhere;
        units.slow[unit] += allowed[node] != Allowed::kAccelerator ? costs.cpu_time : kNowhere;
        units.size[unit] += costs.size;
    }
    for (const auto& [from, to] : edges) {
        units.successors[at(number[at(from)])].push_back(number[at(to)]);
        units.predecessors[at(number[at(to)])].push_back(number[at(from)]);
    }
    for (std::size_t unit = 0; unit < count; ++unit) {
        std::ranges::sort(units.successors[unit]);
        if (!fits(units.size[unit], units.memory)) {
            units.fast[unit] = kNowhere;
        }
    }
    add_producers(graph, units);
    return units;
}

Labels without_cycles(const CostedGraph& graph, const Labels& labels) {
    Labels dense = labels;
    const std::size_t count = make_dense(dense);
    const std::vector<int> component = strong_components(count, edges_between(graph, dense));
    for (int& label : dense) {
        label = component[at(label)];
    }
    return dense;
}

}  // namespace berth
