// What one sample takes at least: the operators of a path, whatever is done with all others.
#pragma once

#include <vector>

#include "berth/costed_graph.h"
#include "placement/costed/relations.h"

namespace berth {

/// A path through the graph, from producers to consumers.
using Path = std::vector<int>;

/// The path with the largest sum of `weight` over its nodes.
[[nodiscard]] Path heaviest_path(const Relations& relations, const std::vector<double>& weight);

/// No placement finishes a sample sooner. Each operator of the path either runs on the CPU after the one before it, or
/// a stretch of the path is in one block. Such a block holds everything between its first and its last operator and
/// their colour classes whole; it must fit, and it pays to receive what comes from before the stretch and to send what
/// is read behind it. The cheapest division into stretches is a dynamic programme.
[[nodiscard]] double path_bound(const CostedGraph& graph, const Relations& relations, const Path& path);

/// The best of the bounds along a few heavy paths.
[[nodiscard]] double latency_bound(const CostedGraph& graph, const Relations& relations);

}  // namespace berth
