// Which colour classes can be joined without forbidding anything.
#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "base/index.h"
#include "placement/costed/placement_units.h"

namespace berth {

namespace {

constexpr std::size_t kMostWaysIn = 64;  // a class with more of them is taken as open, which is safe

/// Producers and consumers of each node.
struct Neighbours {
    std::vector<std::vector<int>> producers, consumers;
};

struct ClassShape {
    std::vector<int> ways_in, ways_out;
};

ClassShape shape_of(const std::vector<int>& members, const Labels& class_of, const Neighbours& neighbours) {
    ClassShape shape;
    for (const int node : members) {
        const auto outside = [&](int other) { return class_of[at(other)] != class_of[at(node)]; };
        if (std::ranges::any_of(neighbours.producers[at(node)], outside)) {
            shape.ways_in.push_back(node);
        }
        if (std::ranges::any_of(neighbours.consumers[at(node)], outside)) {
            shape.ways_out.push_back(node);
        }
    }
    return shape;
}

bool is_closed(const std::vector<int>& members, const Labels& class_of, const Neighbours& neighbours) {
    const ClassShape shape = shape_of(members, class_of, neighbours);
    if (shape.ways_in.size() > kMostWaysIn) {
        return false;
    }
    for (const int entry : shape.ways_in) {
        std::vector<int> reached{entry};
        std::unordered_map<int, bool> seen{{entry, true}};
        for (std::size_t next = 0; next < reached.size(); ++next) {
            for (const int consumer : neighbours.consumers[at(reached[next])]) {
                if (class_of[at(consumer)] == class_of[at(entry)] && seen.emplace(consumer, true).second) {
                    reached.push_back(consumer);
                }
            }
        }
        const auto is_reached = [&](int node) { return seen.contains(node); };
        if (!std::ranges::all_of(shape.ways_out, is_reached)) {
            return false;
        }
    }
    return true;
}

}  // namespace

ColorClasses color_classes(const CostedGraph& graph) {
    const std::size_t nodes = graph.nodes.size();
    Neighbours neighbours{std::vector<std::vector<int>>(nodes), std::vector<std::vector<int>>(nodes)};
    for (const auto& [producer, consumer] : graph.edges) {
        neighbours.producers[at(consumer)].push_back(producer);
        neighbours.consumers[at(producer)].push_back(consumer);
    }
    ColorClasses classes;
    classes.closed.resize(nodes);
    std::iota(classes.closed.begin(), classes.closed.end(), 0);
    Labels class_of = classes.closed;
    std::unordered_map<std::int64_t, std::size_t> position;
    std::vector<std::vector<int>> members;
    for (std::size_t node = 0; node < nodes; ++node) {
        if (const auto& color = graph.nodes[node].color) {
            const auto [found, is_new] = position.emplace(*color, members.size());
            if (is_new) {
                members.emplace_back();
            }
            members[found->second].push_back(static_cast<int>(node));
            class_of[node] = members[found->second].front();
        }
    }
    for (auto& nodes_of_class : members) {
        if (nodes_of_class.size() == 1) {
            continue;
        }
        if (is_closed(nodes_of_class, class_of, neighbours)) {
            for (const int node : nodes_of_class) {
                classes.closed[at(node)] = nodes_of_class.front();
            }
        } else {
            classes.open.push_back(std::move(nodes_of_class));
        }
    }
    return classes;
}

}  // namespace berth
