// Estimates with uncertainty: a median and the 5-95 % interval.
#pragma once

#include <cmath>

namespace berth {

/// A median and the bounds between which 90 % of the outcomes are expected; `Q` is a quantity or double.
template <class Q>
struct Estimate {
    Q median{};
    Q low{};   ///< 5th percentile
    Q high{};  ///< 95th percentile
};

/// 95th percentile of the standard normal distribution.
inline constexpr double kNormal95 = 1.6448536269514722;

/// 5th, 50th and 95th percentile of a log-normal variable; `sigma` is the standard deviation of its logarithm.
template <class Q>
[[nodiscard]] Estimate<Q> log_normal_estimate(Q median, double sigma) {
    const double factor = std::exp(kNormal95 * sigma);
    return {median, median / factor, median * factor};
}

/// The sigma that `log_normal_estimate` would need for this interval; 0 for a single point.
template <class Q>
[[nodiscard]] double log_normal_sigma(const Estimate<Q>& estimate) {
    return std::log(estimate.high / estimate.low) / (2.0 * kNormal95);
}

}  // namespace berth
