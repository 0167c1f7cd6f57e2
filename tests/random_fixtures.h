// Numbers that property tests draw.
#pragma once

#include <rapidcheck.h>

namespace berth {

/// From `from` up to below `to`, all alike from the first case on.
inline int any_number(int from, int to) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(from, to)); }

inline bool one_in(int n) { return any_number(0, n) == 0; }

}  // namespace berth
