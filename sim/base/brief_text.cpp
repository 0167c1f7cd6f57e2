// Rounding to significant digits, shares without false precision, counts in words.
#include "berth/brief_text.h"

#include <fmt/format.h>

namespace berth {

double with_digits(double value, int digits) {
    return parse_number(fmt::format("{:.{}e}", value, digits - 1)).value_or(value);
}

std::string times_text(std::int64_t count) {
    return count == 1 ? "once" : count == 2 ? "twice" : fmt::format("{} times", count);
}

std::string share_text(double share) {
    constexpr double kEnd = 0.001;
    if (share > 1 - kEnd) {
        return ">99.9%";
    }
    if (share < kEnd) {
        return "<0.1%";
    }
    return percent_text(share, share > 0.99 ? 3 : 2);
}

}  // namespace berth
