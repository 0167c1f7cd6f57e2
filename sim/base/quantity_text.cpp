// Writes quantities as text, independent of the locale.
#include <fmt/format.h>

#include <cmath>
#include <string>

#include "base/unit_table.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

void strip_trailing_zeros(std::string& text) {
    if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.') {
            text.pop_back();
        }
    }
}

// Decimal exponent of the first digit after rounding to `digits` significant digits: 1 for 9.9996 with four digits.
int rounded_exponent(double value, int digits) {
    const std::string text = fmt::format("{:.{}e}", value, digits - 1);
    return std::stoi(text.substr(text.find('e') + 1));
}

struct Scaled {
    std::string text;  // number and prefix, without the unit
    bool exact = false;
};

// Uses the largest prefix that leaves a number of at least 1.
Scaled scaled_text(double si, std::string_view unit, bool binary, int digits) {
    const std::vector<Prefix> prefixes = prefixes_of(unit, binary);
    const Prefix* chosen = &prefixes.back();
    for (const Prefix& prefix : prefixes) {
        if (si == 0 ? prefix.text.empty() : rounded_exponent(si / prefix.factor, digits) >= 0) {
            chosen = &prefix;
            break;
        }
    }
    const std::string number = number_text(si / chosen->factor, digits);
    const double printed = parse_number(number).value_or(0) * chosen->factor;
    return {fmt::format("{} {}", number, chosen->text), std::abs(printed - si) <= 1e-12 * std::abs(si)};
}

std::string dimension_exponents(Dimension dimension) {
    std::string result;
    const auto add = [&](std::string_view unit, int exponent) {
        if (exponent != 0) {
            result += fmt::format("{}{}^{}", result.empty() ? "" : " ", unit, exponent);
        }
    };
    add("s", dimension.time);
    add("B", dimension.byte);
    add("op", dimension.operation);
    add("J", dimension.energy);
    return result;
}

}  // namespace

std::string number_text(double value, int digits) {
    if (!std::isfinite(value)) {
        return fmt::format("{}", value);
    }
    const int exponent = value == 0 ? 0 : rounded_exponent(value, digits);
    if (exponent < -4 || exponent >= 15) {
        std::string text = fmt::format("{:.{}e}", value, digits - 1);
        std::string mantissa = text.substr(0, text.find('e'));
        strip_trailing_zeros(mantissa);
        return mantissa + text.substr(text.find('e'));
    }
    std::string text = fmt::format("{:.{}f}", value, std::max(0, digits - 1 - exponent));
    strip_trailing_zeros(text);
    return text == "-0" ? "0" : text;
}

std::string percent_text(double ratio, int digits) { return number_text(ratio * 100.0, digits) + "%"; }

std::string relative_share_text(double share, bool per_cycle, int digits) {
    return per_cycle ? number_text(share, digits) + " B/cycle" : percent_text(share, digits);
}

std::string quantity_text(double si, Dimension dimension, int digits) {
    const NamedDimension* named = named_dimension(dimension);
    if (named == nullptr) {
        return fmt::format("{} {}", number_text(si, digits), dimension_exponents(dimension));
    }
    if (!std::isfinite(si)) {  // no digits to choose a prefix by
        return fmt::format("{} {}{}", si, named->unit, named->suffix);
    }
    if (named->unit.empty()) {
        return number_text(si, digits);
    }
    Scaled best = scaled_text(si, named->unit, false, digits);
    if (dimension == Bytes::kDimension) {
        Scaled binary = scaled_text(si, named->unit, true, digits);
        if (!best.exact || (binary.exact && binary.text.size() < best.text.size())) {
            best = std::move(binary);
        }
    }
    return fmt::format("{}{}{}", best.text, named->unit, named->suffix);
}

DimensionRange plausible_range(Dimension dimension) {
    const NamedDimension* named = named_dimension(dimension);
    return named != nullptr ? named->range : DimensionRange{};
}

std::string range_text(Dimension dimension) {
    const DimensionRange range = plausible_range(dimension);
    return fmt::format("from {} to {}", quantity_text(range.least, dimension), quantity_text(range.most, dimension));
}

std::string dimension_name(Dimension dimension) {
    const NamedDimension* named = named_dimension(dimension);
    return named != nullptr ? std::string(named->name)
                            : fmt::format("a quantity in {}", dimension_exponents(dimension));
}

std::string dimension_with_example(Dimension dimension) {
    const NamedDimension* named = named_dimension(dimension);
    return named != nullptr ? fmt::format("{} such as {}", named->name, named->example) : dimension_name(dimension);
}

}  // namespace berth
