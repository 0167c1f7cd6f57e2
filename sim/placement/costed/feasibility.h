// Which constraints clash before any search.
#pragma once

#include "berth/costed_graph.h"
#include "berth/diagnostics.h"

namespace berth {

/// Errors for nodes and colour classes that fit no device, and for graphs that do not fit all accelerators together.
/// Where there is a CPU, everything on it is allowed.
[[nodiscard]] bool is_placeable(const CostedGraph& graph, Diagnostics& diagnostics);

}  // namespace berth
