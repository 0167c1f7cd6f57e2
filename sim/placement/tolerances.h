// Tolerances for the comparison of sums.
#pragma once

namespace berth {

/// Relative tolerance for sums of the same costs in different orders. Placements within it count as equally good, and a
/// placement within it of a lower bound counts as proved optimal.
inline constexpr double kEqualCosts = 1e-9;

/// Relative rounding error of a sum of up to a million numbers under reordering.
inline constexpr double kSumRounding = 1e-12;

/// Whether a sum of sizes is within a capacity, up to rounding.
[[nodiscard]] constexpr bool fits(double size, double capacity) { return size <= capacity * (1 + kSumRounding); }

}  // namespace berth
