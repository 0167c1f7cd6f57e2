// Where a condition changes between two values: the one rule by which every crossing converges.
#pragma once

#include <functional>
#include <utility>

namespace berth {

/// Halves between `yes`, where the condition holds, and `no`, where it does not, until they are neighbouring whole
/// numbers or agree to a ten-thousandth; returns the last two.
[[nodiscard]] std::pair<double, double> narrowed(double yes, double no, bool whole,
                                                 const std::function<bool(double)>& holds);

}  // namespace berth
