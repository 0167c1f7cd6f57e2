// Lower bounds on the latency of one sample from the operators of a path.
#pragma once

#include <vector>

#include "berth/placement/costed_graph.h"
#include "placement/costed/relations.h"

namespace berth {

/// A path through the graph, from producers to consumers.
using Path = std::vector<int>;

/// Path with the largest sum of node weights.
[[nodiscard]] Path heaviest_path(const Relations& relations, const std::vector<double>& weight);

/// Lower bound on the latency of any placement, from one path. Each operator of the path either runs on the CPU after
/// its predecessor or belongs to a stretch of the path inside one block. Such a block contains everything between its
/// first and last operator and their complete colour classes. It must fit into memory, and pays for receiving inputs
/// from before the stretch and for sending outputs that are read after it. The cheapest division into stretches is
/// found by dynamic programming.
[[nodiscard]] double path_bound(const CostedGraph& graph, const Relations& relations, const Path& path);

/// Largest of the bounds along a few heavy paths.
[[nodiscard]] double latency_bound(const CostedGraph& graph, const Relations& relations);

}  // namespace berth
