// Summary statistics; formulas as in the header.
#include "berth/base/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <stdexcept>

#include "base/mapped.h"

namespace berth {

namespace {

void require_pairs(std::span<const double> a, std::span<const double> b) {
    if (a.size() != b.size()) {
        throw std::logic_error("paired statistics need two lists of equal length");
    }
}

// Ranks from 1; equal values get the mean of their ranks.
std::vector<double> ranks(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> result(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t end = first + 1;
        while (end < order.size() && values[order[end]] == values[order[first]]) {
            ++end;
        }
        const double shared = (static_cast<double>(first + 1) + static_cast<double>(end)) / 2.0;
        for (std::size_t i = first; i < end; ++i) {
            result[order[i]] = shared;
        }
        first = end;
    }
    return result;
}

}  // namespace

std::optional<double> mean(std::span<const double> values) {
    if (values.empty()) {
        return std::nullopt;
    }
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::optional<double> median(std::span<const double> values) { return quantile(values, 0.5); }

std::optional<double> quantile(std::span<const double> values, double share) {
    if (!(share >= 0 && share <= 1)) {
        throw std::logic_error("a quantile's share lies between 0 and 1");
    }
    if (values.empty()) {
        return std::nullopt;
    }
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    const double position = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(std::floor(position));
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    // std::lerp is exact at both ends and monotonic between them.
    return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

std::optional<double> standard_deviation(std::span<const double> values) {
    if (values.size() < 2) {
        return std::nullopt;
    }
    const double centre = *mean(values);
    double squares = sum_of<double>(values, [&](const double value) { return (value - centre) * (value - centre); });
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::optional<double> geometric_mean(std::span<const double> values) {
    if (values.empty()) {
        return std::nullopt;
    }
    double logs = 0;
    for (const double value : values) {
        if (!(value > 0)) {
            return std::nullopt;
        }
        logs += std::log(value);
    }
    return std::exp(logs / static_cast<double>(values.size()));
}

std::optional<std::vector<double>> percentage_errors(std::span<const double> predicted,
                                                     std::span<const double> measured) {
    require_pairs(predicted, measured);
    std::vector<double> errors;
    errors.reserve(measured.size());
    for (std::size_t i = 0; i < measured.size(); ++i) {
        if (measured[i] == 0) {
            return std::nullopt;
        }
        errors.push_back(std::abs(predicted[i] - measured[i]) / std::abs(measured[i]));
    }
    return errors;
}

std::optional<double> share_at_most(std::span<const double> values, double limit) {
    if (values.empty()) {
        return std::nullopt;
    }
    const auto within = std::ranges::count_if(values, [limit](double value) { return value <= limit; });
    return static_cast<double>(within) / static_cast<double>(values.size());
}

std::optional<double> spearman_rank(std::span<const double> a, std::span<const double> b) {
    require_pairs(a, b);
    if (a.size() < 2) {
        return std::nullopt;
    }
    const std::vector<double> rank_a = ranks(a);
    const std::vector<double> rank_b = ranks(b);
    const double centre = (static_cast<double>(a.size()) + 1.0) / 2.0;
    double covariance = 0;
    double variance_a = 0;
    double variance_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        covariance += (rank_a[i] - centre) * (rank_b[i] - centre);
        variance_a += (rank_a[i] - centre) * (rank_a[i] - centre);
        variance_b += (rank_b[i] - centre) * (rank_b[i] - centre);
    }
    if (variance_a == 0 || variance_b == 0) {
        return std::nullopt;
    }
    return covariance / std::sqrt(variance_a * variance_b);
}

}  // namespace berth
