// Who reads whom in a costed graph, and what has to stay together: looked up by every part of a search.
#pragma once

#include <vector>

#include "berth/costed_graph.h"

namespace berth {

struct Relations {
    std::vector<std::vector<int>> producers, consumers;  ///< [node], ascending
    std::vector<int> order;                              ///< producers before consumers
    std::vector<int> class_of;                           ///< [node] its colour class; -1: none
    std::vector<std::vector<int>> classes;               ///< nodes of each colour class, ascending
};
[[nodiscard]] Relations relations_of(const CostedGraph& graph);

}  // namespace berth
