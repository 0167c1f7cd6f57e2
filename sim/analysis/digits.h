// Precision of numbers that are written and read back.
#pragma once

namespace berth {

/// Significant digits with which values of a range survive writing and reading.
inline constexpr int kKeptDigits = 12;

}  // namespace berth
