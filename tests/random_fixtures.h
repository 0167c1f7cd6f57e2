// Random numbers for property tests.
#pragma once

#include <rapidcheck.h>

namespace berth {

/// A number from `from` to below `to`, uniformly distributed from the first case on.
inline int any_number(int from, int to) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(from, to)); }

inline bool one_in(int n) { return any_number(0, n) == 0; }

}  // namespace berth
