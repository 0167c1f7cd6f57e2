// Summary statistics over plain numbers. What cannot be computed is absent.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace berth {

/// Arithmetic mean; absent for no values.
[[nodiscard]] std::optional<double> mean(std::span<const double> values);

/// Middle value, the mean of the two middle ones for an even number; absent for no values.
[[nodiscard]] std::optional<double> median(std::span<const double> values);

/// Quantile at `share` in [0, 1], linear between order statistics (Hyndman and Fan 1996, type 7); absent for no values.
/// A share outside [0, 1] is a std::logic_error.
[[nodiscard]] std::optional<double> quantile(std::span<const double> values, double share);

/// Sample standard deviation (n - 1); absent for fewer than two values.
[[nodiscard]] std::optional<double> standard_deviation(std::span<const double> values);

/// exp(mean(log x)); absent for no values or if one is not positive.
[[nodiscard]] std::optional<double> geometric_mean(std::span<const double> values);

/// |predicted - measured| / |measured| of each pair, as ratios (0.1 is 10 %); absent for a measured zero. Unequal
/// lengths are a std::logic_error here and below.
[[nodiscard]] std::optional<std::vector<double>> percentage_errors(std::span<const double> predicted,
                                                                   std::span<const double> measured);

/// Share of values that are at most `limit`; absent for no values.
[[nodiscard]] std::optional<double> share_at_most(std::span<const double> values, double limit);

/// Spearman's rank correlation, ties given their mean rank; absent below two pairs or if one side is constant.
[[nodiscard]] std::optional<double> spearman_rank(std::span<const double> a, std::span<const double> b);

}  // namespace berth
