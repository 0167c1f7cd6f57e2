// Linear orders of a graph, for heuristics that partition along an order.
#include "base/index.h"
#include "placement/costed/placement_units.h"

namespace berth {

namespace {

using Lists = std::vector<std::vector<int>>;

// [node] Position in depth-first postorder: all nodes that it leads to come before it.
std::vector<double> left_in_order(const Lists& next, const std::vector<int>& starts) {
    std::vector<double> position(next.size(), -1);
    std::vector<std::size_t> taken(next.size());
    std::vector<bool> entered(next.size(), false);
    double count = 0;
    for (const int start : starts) {
        std::vector<int> path;
        if (!entered[at(start)]) {
            path.push_back(start);
            entered[at(start)] = true;
        }
        while (!path.empty()) {
            const int node = path.back();
            if (taken[at(node)] < next[at(node)].size()) {
                const int other = next[at(node)][taken[at(node)]++];
                if (!entered[at(other)]) {
                    entered[at(other)] = true;
                    path.push_back(other);
                }
                continue;
            }
            position[at(node)] = count++;
            path.pop_back();
        }
    }
    return position;
}

}  // namespace

std::vector<std::vector<double>> order_preferences(const Relations& relations) {
    const std::vector<int>& order = relations.order;
    std::vector<double> listed(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        listed[at(order[i])] = static_cast<double>(i);
    }
    std::vector<double> from_inputs = left_in_order(relations.consumers, order);
    for (double& position : from_inputs) {
        position = -position;
    }
    return {left_in_order(relations.producers, {order.rbegin(), order.rend()}), std::move(from_inputs),
            std::move(listed)};
}

}  // namespace berth
