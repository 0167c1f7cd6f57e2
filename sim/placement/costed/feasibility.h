// Detects infeasible constraints before any search.
#pragma once

#include "berth/base/diagnostics.h"
#include "berth/placement/costed_graph.h"

namespace berth {

/// Reports nodes and colour classes that fit no device, and graphs that do not fit on all accelerators together. With a
/// CPU, placing everything on it is always allowed.
[[nodiscard]] bool is_placeable(const CostedGraph& graph, Diagnostics& diagnostics);

}  // namespace berth
