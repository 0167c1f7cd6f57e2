// Digits of numbers that are written down and read again.
#pragma once

namespace berth {

/// Digits that a double can keep: values of a range come back as they were written.
inline constexpr int kKeptDigits = 12;

}  // namespace berth
