// Max-min fairness by water filling in ascending order of caps.
#include "simulation/max_min.h"

#include <algorithm>
#include <cstddef>

namespace berth {

void max_min_rates(double capacity, std::span<const double> caps, std::span<double> rates) {
    for (std::size_t i = 0; i < caps.size(); ++i) {
        rates[i] = std::min(caps[i], capacity / static_cast<double>(caps.size() - i));
        capacity -= rates[i];
    }
}

namespace {

// Whether no part exceeds its limit; `left` receives the remaining bandwidth of each part.
bool parts_suffice(std::span<const int> part, std::span<const double> limits, std::span<double> left,
                   std::span<const double> rates) {
    std::ranges::copy(limits, left.begin());
    for (std::size_t i = 0; i < rates.size(); ++i) {
        if (part[i] >= 0) {
            left[static_cast<std::size_t>(part[i])] -= rates[i];
        }
    }
    return std::ranges::all_of(left, [](double rest) { return rest >= 0; });
}

}  // namespace

// Progressive filling: raises all unfrozen rates together until one reaches its cap, its part's limit or the capacity.
void max_min_rates(double capacity, std::span<const double> caps, std::span<const int> part,
                   std::span<const double> limits, std::span<double> left, std::span<double> rates) {
    constexpr double kFull = 1e-12;  // relative remainder that rounding may leave
    max_min_rates(capacity, caps, rates);
    if (parts_suffice(part, limits, left, rates)) {
        return;
    }
    std::ranges::copy(limits, left.begin());
    std::ranges::fill(rates, 0.0);
    double rest = capacity;
    const auto rises = [&](std::size_t i) {
        const bool part_full = part[i] >= 0 && left[static_cast<std::size_t>(part[i])] <=
                                                   kFull * limits[static_cast<std::size_t>(part[i])];
        return rates[i] < caps[i] && !part_full;
    };
    while (rest > kFull * capacity) {
        double rising = 0, step = rest;
        for (std::size_t i = 0; i < caps.size(); ++i) {
            if (rises(i)) {
                rising += 1;
                step = std::min(step, caps[i] - rates[i]);
            }
        }
        if (rising == 0) {
            return;
        }
        step = std::min(step, rest / rising);
        for (std::size_t p = 0; p < limits.size(); ++p) {
            double users = 0;
            for (std::size_t i = 0; i < caps.size(); ++i) {
                users += part[i] == static_cast<int>(p) && rises(i) ? 1 : 0;
            }
            step = users > 0 ? std::min(step, left[p] / users) : step;
        }
        // The step is fixed before any rate changes, so that one user's increase cannot freeze another user of its
        // part.
        for (std::size_t i = 0; i < caps.size(); ++i) {
            if (rises(i)) {
                rates[i] = caps[i] - rates[i] <= step ? caps[i] : rates[i] + step;
            }
        }
        rest = capacity;
        std::ranges::copy(limits, left.begin());
        for (std::size_t i = 0; i < caps.size(); ++i) {
            rest -= rates[i];
            if (part[i] >= 0) {
                left[static_cast<std::size_t>(part[i])] -= rates[i];
            }
        }
    }
}

}  // namespace berth
