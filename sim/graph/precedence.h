// Precedence among numbered nodes: topological order and cycles.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace berth {

/// The first node precedes the second; a pair may be listed more than once.
using Precedence = std::pair<int, int>;

/// Stable topological order: among the nodes that are ready, the one of smallest preference is next, ties (or missing
/// preferences) broken by number, so an ordered input is unchanged. Incomplete if there is a cycle.
[[nodiscard]] std::vector<int> topological_order(std::size_t nodes, std::span<const Precedence> pairs,
                                                 std::span<const double> preference = {});

/// Nodes of a cycle in order, starting from the smallest number. Of several cycles, the first found going backwards
/// from the smallest node on or behind a cycle. Empty if there is none.
[[nodiscard]] std::vector<int> find_cycle(std::size_t nodes, std::span<const Precedence> pairs);

/// [node] number of its strongly connected component (Tarjan 1972).
[[nodiscard]] std::vector<int> strong_components(std::size_t nodes, std::span<const Precedence> pairs);

}  // namespace berth
