// Bisection for the value at which a condition changes, with the convergence rule common to all crossings.
#pragma once

#include <functional>
#include <utility>

namespace berth {

/// Bisects between `yes`, where the condition holds, and `no`, where it does not, until they are neighbouring whole
/// numbers or differ by at most a ten-thousandth; returns the final pair.
[[nodiscard]] std::pair<double, double> narrowed(double yes, double no, bool whole,
                                                 const std::function<bool(double)>& holds);

}  // namespace berth
