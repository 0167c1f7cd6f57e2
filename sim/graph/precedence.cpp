// Topological order with preferences, and strongly connected components by Boost.Graph.
#include "graph/precedence.h"

#include <algorithm>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/strong_components.hpp>
#include <boost/range/iterator_range_core.hpp>
#include <functional>
#include <queue>

#include "base/index.h"

namespace berth {

namespace {

using Successors = boost::compressed_sparse_row_graph<boost::directedS>;

Successors successors_of(std::size_t nodes, std::span<const Precedence> pairs) {
    return {boost::edges_are_unsorted_multi_pass, pairs.begin(), pairs.end(), nodes};
}

}  // namespace

// Kahn's algorithm (1962). Boost's depth-first topological_sort has no preferences and would reorder an ordered input.
std::vector<int> topological_order(std::size_t nodes, std::span<const Precedence> pairs,
                                   std::span<const double> preference) {
    const Successors successors = successors_of(nodes, pairs);
    std::vector<int> waiting(nodes);
    for (const Precedence& pair : pairs) {
        ++waiting[at(pair.second)];
    }
    using Entry = std::pair<double, int>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
    const auto add_if_ready = [&](std::size_t node) {
        if (waiting[node] == 0) {
            ready.emplace(preference.empty() ? 0.0 : preference[node], static_cast<int>(node));
        }
    };
    for (std::size_t node = 0; node < nodes; ++node) {
        add_if_ready(node);
    }
    std::vector<int> order;
    order.reserve(nodes);
    while (!ready.empty()) {
        order.push_back(ready.top().second);
        ready.pop();
        for (const auto next : boost::make_iterator_range(boost::adjacent_vertices(at(order.back()), successors))) {
            --waiting[next];
            add_if_ready(next);
        }
    }
    return order;
}

std::vector<int> find_cycle(std::size_t nodes, std::span<const Precedence> pairs) {
    const std::vector<int> order = topological_order(nodes, pairs);
    std::vector<bool> stuck(nodes, true);
    for (const int node : order) {
        stuck[at(node)] = false;
    }
    std::vector<int> before(nodes, -1);  // [node] its first listed predecessor that is stuck as well
    for (const auto& [first, second] : pairs) {
        if (stuck[at(first)] && before[at(second)] < 0) {
            before[at(second)] = first;
        }
    }
    const auto start = std::ranges::find(stuck, true);
    if (start == stuck.end()) {
        return {};
    }
    // Every stuck node has a stuck predecessor, so walking backwards must reach a cycle.
    std::vector<int> path;
    std::vector<bool> passed(nodes, false);
    int node = static_cast<int>(start - stuck.begin());
    for (; !passed[at(node)]; node = before[at(node)]) {
        passed[at(node)] = true;
        path.push_back(node);
    }
    path.erase(path.begin(), std::ranges::find(path, node));
    std::ranges::reverse(path);
    std::rotate(path.begin(), std::ranges::min_element(path), path.end());
    return path;
}

std::vector<int> strong_components(std::size_t nodes, std::span<const Precedence> pairs) {
    const Successors successors = successors_of(nodes, pairs);
    std::vector<int> component(nodes);
    boost::strong_components(
        successors, boost::make_iterator_property_map(component.begin(), boost::get(boost::vertex_index, successors)));
    return component;
}

}  // namespace berth
