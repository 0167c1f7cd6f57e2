// Precomputed relations of a costed graph: producers, consumers and colour classes.
#pragma once

#include <vector>

#include "berth/placement/costed_graph.h"

namespace berth {

struct Relations {
    std::vector<std::vector<int>> producers, consumers;  ///< [node], ascending
    std::vector<int> order;                              ///< topological order
    std::vector<int> class_of;                           ///< [node] its colour class; -1: none
    std::vector<std::vector<int>> classes;               ///< [colour class] its nodes, ascending
};
[[nodiscard]] Relations relations_of(const CostedGraph& graph);

}  // namespace berth
