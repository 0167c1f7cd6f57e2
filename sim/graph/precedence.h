// Who comes before whom among numbered nodes: an order that respects it, and what stands in the way of one.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace berth {

/// The first of the two comes before the second, both by number. A pair may be listed more than once.
using Precedence = std::pair<int, int>;

/// All nodes so that what comes before another stands before it. Of those that may be next, the one with the smallest
/// preference, and of equals (or without preferences) the smallest number: what is in order already stays as it is.
/// Fewer than there are nodes if some form a cycle.
[[nodiscard]] std::vector<int> topological_order(std::size_t nodes, std::span<const Precedence> pairs,
                                                 std::span<const double> preference = {});

/// The nodes of a cycle, each before the next and the last before the first, which has the smallest number; where there
/// are several cycles, the one that is found first going back from the smallest number. Empty if there is none.
[[nodiscard]] std::vector<int> find_cycle(std::size_t nodes, std::span<const Precedence> pairs);

/// [node] number of its strongly connected component: nodes that lead to each other have the same (Tarjan 1972).
[[nodiscard]] std::vector<int> strong_components(std::size_t nodes, std::span<const Precedence> pairs);

}  // namespace berth
