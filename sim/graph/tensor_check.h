// Whether the tensors that an operator reads and makes are those that its sizes speak of.
#pragma once

#include "berth/graph.h"

namespace berth {

/// Errors, at the operator's place, for a wrong number of inputs and for tensors of other sizes than its dims imply. An
/// operand of an element-wise operator may be smaller and repeat; a split reads a part.
bool tensors_fit(const Graph& graph, const Operator& op, Diagnostics& diagnostics);

}  // namespace berth
