// Bisection.
#include "analysis/crossing_search.h"

#include <algorithm>
#include <cmath>

namespace berth {

namespace {

constexpr double kClose = 1e-4;

bool close(double a, double b, bool whole) {
    return std::abs(a - b) <= (whole ? 1 : kClose * std::max(std::abs(a), std::abs(b)));
}

}  // namespace

std::pair<double, double> narrowed(double yes, double no, bool whole, const std::function<bool(double)>& holds) {
    while (!close(yes, no, whole)) {
        const double middle = whole ? std::floor((yes + no) / 2) : (yes + no) / 2;
        (holds(middle) ? yes : no) = middle;
    }
    return {yes, no};
}

}  // namespace berth
