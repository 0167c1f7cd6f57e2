// Rounding to significant digits, shares without false precision, counts in words.
#include "berth/base/brief_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace berth {

namespace {

constexpr int kDigits = 3;

struct NamedFactor {
    std::string_view name;
    double factor;
};

// The first unit of which the rounded value has at least one; else the last unit.
template <std::size_t N>
const NamedFactor& unit_of(const std::array<NamedFactor, N>& units, double value) {
    const auto found = std::ranges::find_if(
        units, [value](const NamedFactor& unit) { return with_digits(value / unit.factor, kDigits) >= 1 - 1e-9; });
    return found == units.end() ? units.back() : *found;
}

// Three significant digits, with as many decimals or zeros as needed; beyond all scales with an exponent.
std::string plain_number(double value) {
    const double rounded = with_digits(value, kDigits);
    const double size = std::abs(rounded);
    if (size > 0 && size < 1e-4 && size >= 1e-15) {
        const int decimals = kDigits - 1 - static_cast<int>(std::floor(std::log10(size) + 1e-9));
        std::string text = fmt::format("{:.{}f}", rounded, decimals);
        return text.erase(text.find_last_not_of('0') + 1);
    }
    return number_text(rounded, kDigits);
}

}  // namespace

double with_digits(double value, int digits) {
    return parse_number(fmt::format("{:.{}e}", value, digits - 1)).value_or(value);
}

std::string brief(Bytes size) {
    static constexpr std::array<NamedFactor, 6> kUnits{
        {{"PiB", 0x1p50}, {"TiB", 0x1p40}, {"GiB", 0x1p30}, {"MiB", 0x1p20}, {"KiB", 0x1p10}, {"B", 1}}};
    const NamedFactor& unit = unit_of(kUnits, std::abs(in_bytes(size)));
    return fmt::format("{} {}", plain_number(in_bytes(size) / unit.factor), unit.name);
}

std::string brief(Time time) { return TimeUnit(time).text(time); }

TimeUnit::TimeUnit(Time like) {
    static constexpr std::array<NamedFactor, 5> kUnits{
        {{"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"ps", 1e-12}}};
    const double size = std::abs(like.si());
    if (size > 0 && std::isfinite(size)) {
        const NamedFactor& unit = unit_of(kUnits, size);
        name_ = unit.name;
        seconds_ = unit.factor;
    }
}

std::string TimeUnit::number(Time time) const { return plain_number(time.si() / seconds_); }

std::string TimeUnit::text(Time time) const { return fmt::format("{} {}", number(time), name_); }

std::string range_text(const Estimate<Time>& estimate) {
    const TimeUnit unit(estimate.median > Time{} ? estimate.median : estimate.high);
    return fmt::format("{}-{} {}", unit.number(estimate.low), unit.number(estimate.high), unit.name());
}

std::string estimate_text(const Estimate<Time>& estimate) {
    const std::string median = TimeUnit(estimate.median).text(estimate.median);
    return estimate.high > estimate.low ? fmt::format("{} (5-95 %: {})", median, range_text(estimate)) : median;
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

std::string precision_text(double precision) {
    constexpr double kFinest = 0.001;
    return precision < kFinest ? "less than " + percent_text(kFinest, 1) : percent_text(precision, 2);
}

}  // namespace berth
