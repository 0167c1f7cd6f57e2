// Consistency of an operator's tensors with its sizes.
#pragma once

#include "berth/graph/graph.h"

namespace berth {

/// Reports errors at the operator for a wrong number of inputs and for tensors whose sizes do not match its dims. An
/// operand of an element-wise operator may be smaller and broadcast; a split reads a part.
bool tensors_fit(const Graph& graph, const Operator& op, Diagnostics& diagnostics);

}  // namespace berth
