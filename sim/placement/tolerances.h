// How close sums may come before they count as equal.
#pragma once

namespace berth {

/// Sums of the same costs in different orders differ by rounding; up to this ratio placements count as equally good,
/// and one as close as that to a bound as proved optimal.
inline constexpr double kEqualCosts = 1e-9;

/// Ratio by which one sum of up to a million numbers may differ from itself in another order.
inline constexpr double kSumRounding = 1e-12;

/// Whether a sum of sizes, rounded as it may be, is within a capacity.
[[nodiscard]] constexpr bool fits(double size, double capacity) { return size <= capacity * (1 + kSumRounding); }

}  // namespace berth
