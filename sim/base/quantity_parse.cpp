// Parses quantities.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/quantity_spread.h"
#include "base/trimmed.h"
#include "base/unit_table.h"
#include "berth/base/diagnostics.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Parses the number at the start of `text`, and removes it from `text`.
std::variant<double, QuantityError> take_number(std::string_view& text) {
    std::string_view digits = text;
    if (digits.starts_with('+')) {
        digits.remove_prefix(1);
    }
    const auto first = digits.starts_with('-') ? std::size_t{1} : std::size_t{0};
    const bool begins =
        digits.size() > first && ((digits[first] >= '0' && digits[first] <= '9') || digits[first] == '.');
    double value = 0;
    // The check of the first character is needed because from_chars also accepts "inf" and "nan", which are not
    // measurements.
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (begins && failure == std::errc::result_out_of_range) {
        return QuantityError{fmt::format("'{}' is too large or too small a number", trimmed(text)), "", ""};
    }
    if (!begins || failure != std::errc()) {
        return QuantityError{fmt::format("'{}' does not begin with a number", trimmed(text)), "", ""};
    }
    text = digits.substr(static_cast<std::size_t>(end - digits.data()));
    return value;
}

QuantityError unknown_unit(std::string_view unit) {
    // TOPS, GOPS: datasheets count a multiply-add as two operations, papers often as one.
    std::string_view stem = unit;
    if (stem.size() > 3 && (stem.ends_with("OPS") || stem.ends_with("ops"))) {
        return {fmt::format("'{}' does not say whether a multiply-add counts once or twice", unit),
                "MAC/s (a multiply-add counts once) or FLOP/s (it counts twice)", ""};
    }
    std::string suggestion = nearest_name(unit, all_unit_texts());
    return {fmt::format("'{}' is not a unit", unit), "", std::move(suggestion)};
}

// Parses a unit such as "GB/s", "pJ/MAC" or "%"; an empty text means a plain number.
std::variant<ResolvedUnit, QuantityError> parse_unit(std::string_view text) {
    const std::string_view whole = trimmed(text);
    if (whole.empty()) {
        return ResolvedUnit{};
    }
    const auto slash = whole.find('/');
    const std::string_view above = trimmed(whole.substr(0, slash));
    const auto numerator = resolve_unit(above);
    if (!numerator) {
        return unknown_unit(above);
    }
    if (slash == std::string_view::npos) {
        return *numerator;
    }
    const std::string_view below = trimmed(whole.substr(slash + 1));
    const auto denominator = resolve_unit(below);
    if (!denominator) {
        return unknown_unit(below);
    }
    const Dimension a = numerator->dimension;
    const Dimension b = denominator->dimension;
    return ResolvedUnit{numerator->factor / denominator->factor,
                        {a.time - b.time, a.byte - b.byte, a.operation - b.operation, a.energy - b.energy}};
}

// Splits off "per WORD": returns the text before it, and the word. Without this suffix, returns the whole text and an
// empty word.
std::pair<std::string_view, std::string_view> split_per(std::string_view text) {
    for (auto at = text.find("per"); at != std::string_view::npos; at = text.find("per", at + 1)) {
        const bool begins = at > 0 && !is_letter_or_digit(text[at - 1]);
        const bool ends = at + 3 < text.size() && kBlank.find(text[at + 3]) != std::string_view::npos;
        if (begins && ends) {
            return {text.substr(0, at), trimmed(text.substr(at + 3))};
        }
    }
    return {text, {}};
}

// Splits at the spread sign: returns the text before it and the text after it. Without a sign, returns the whole text
// and nothing.
std::pair<std::string_view, std::optional<std::string_view>> split_spread(std::string_view text) {
    for (const std::string_view sign : {"\u00b1", "+/-", "+-"}) {
        if (const auto at = text.find(sign); at != std::string_view::npos) {
            return {text.substr(0, at), text.substr(at + sign.size())};
        }
    }
    return {text, std::nullopt};
}

std::variant<Sharing, QuantityError> parse_sharing(std::string_view word) {
    if (const auto sharing = choice_named(kSharingNames, word)) {
        return *sharing;
    }
    const std::vector<std::string> names = choice_names(kSharingNames);
    QuantityError error{fmt::format("'per {}' is not a way to share", word), "per " + list_of(names),
                        nearest_name(word, names)};
    if (resolve_unit(word)) {
        error.suggestion = fmt::format("/{}", word);
    }
    return error;
}

// `number * factor`. For a small factor, divides by its reciprocal rounded to a whole number, which is exact where 1e-6
// is not: "30 us" becomes the double nearest to 30e-6.
double scaled_by(double number, double factor) {
    const double reciprocal = std::round(1.0 / factor);
    const bool whole = factor < 1 && std::abs(reciprocal * factor - 1.0) < 1e-12;
    return whole ? number / reciprocal : number * factor;
}

// Parses NUMBER [UNIT], without spread and without "per WORD".
std::variant<ParsedQuantity, QuantityError> parse_plain(std::string_view text) {
    std::string_view rest = trimmed(text);
    auto number = take_number(rest);
    if (auto* error = std::get_if<QuantityError>(&number)) {
        return std::move(*error);
    }
    auto unit = parse_unit(rest);
    if (auto* error = std::get_if<QuantityError>(&unit)) {
        return std::move(*error);
    }
    const auto& resolved = std::get<ResolvedUnit>(unit);
    ParsedQuantity result;
    result.value = scaled_by(std::get<double>(number), resolved.factor) + 0.0;  // turns -0 into +0
    result.dimension = resolved.dimension;
    if (!std::isfinite(result.value)) {
        return QuantityError{fmt::format("'{}' is too large a number", trimmed(text)), "", ""};
    }
    return result;
}

// Explains why a quantity of dimension `found`, written as `text`, is not valid where `wanted` is needed.
QuantityError wrong_dimension(std::string_view text, Dimension found, Dimension wanted) {
    std::string_view unit = split_per(split_spread(trimmed(text)).first).first;
    (void)take_number(unit);  // leaves the unit; the number was parsed before, so it is there
    unit = trimmed(unit);
    std::string message = unit.empty()
                              ? fmt::format("'{}' has no unit", trimmed(text))
                              : fmt::format("{} is {}, not {}", unit, dimension_name(found), dimension_name(wanted));
    return {std::move(message), dimension_with_example(wanted), ""};
}

}  // namespace

std::variant<double, QuantityError> parse_spread(std::string_view text, double value, Dimension dimension) {
    auto parsed = parse_plain(text);
    if (auto* error = std::get_if<QuantityError>(&parsed)) {
        error->expected = "a spread such as 10%";
        return std::move(*error);
    }
    const auto& spread = std::get<ParsedQuantity>(parsed);
    if (spread.value < 0) {
        return QuantityError{fmt::format("the spread '{}' is negative", trimmed(text)), "", ""};
    }
    if (trimmed(text).ends_with('%')) {
        return spread.value;
    }
    if (spread.dimension != dimension) {
        return QuantityError{fmt::format("the spread '{}' is {}, and the value is {}", trimmed(text),
                                         dimension_name(spread.dimension), dimension_name(dimension)),
                             "a spread such as 10%", ""};
    }
    if (value == 0) {
        return QuantityError{"a value of zero has no spread", "", ""};
    }
    return spread.value / std::abs(value);
}

namespace {

/// What may follow a value: its spread, and with whom it is shared.
struct Suffix {
    std::optional<double> spread;
    std::optional<Sharing> per;
};

// Parses the suffix of a value of a dimension: its spread, behind a sign, and "per WORD" before or behind that.
// `expected` says what the spread should be, where that is not any spread.
std::variant<Suffix, QuantityError> parse_suffix(std::string_view whole, std::string_view per,
                                                 const std::optional<std::string_view>& spread_part, double value,
                                                 Dimension dimension, std::string_view expected = "") {
    Suffix suffix;
    if (spread_part) {
        const auto [spread_text, spread_per] = split_per(*spread_part);
        auto spread = parse_spread(spread_text, value, dimension);
        if (auto* error = std::get_if<QuantityError>(&spread)) {
            error->expected = expected.empty() ? error->expected : std::string(expected);
            return std::move(*error);
        }
        suffix.spread = std::get<double>(spread);
        if (!per.empty() && !spread_per.empty()) {
            return QuantityError{fmt::format("'{}' says 'per' twice", trimmed(whole)), "", ""};
        }
        per = per.empty() ? spread_per : per;
    }
    if (!per.empty()) {
        auto sharing = parse_sharing(per);
        if (auto* error = std::get_if<QuantityError>(&sharing)) {
            return std::move(*error);
        }
        suffix.per = std::get<Sharing>(sharing);
    }
    return suffix;
}

}  // namespace

std::variant<ParsedQuantity, QuantityError> parse_quantity(std::string_view text) {
    const auto [value_part, spread_part] = split_spread(text);
    const auto [value_text, per] = split_per(value_part);
    auto parsed = parse_plain(value_text);
    auto* result = std::get_if<ParsedQuantity>(&parsed);
    if (result == nullptr) {
        return parsed;
    }
    auto suffix = parse_suffix(text, per, spread_part, result->value, result->dimension);
    if (auto* error = std::get_if<QuantityError>(&suffix)) {
        return std::move(*error);
    }
    result->spread = std::get<Suffix>(suffix).spread;
    result->per = std::get<Suffix>(suffix).per;
    return parsed;
}

std::variant<ParsedQuantity, QuantityError> parse_quantity(std::string_view text, Dimension wanted) {
    auto parsed = parse_quantity(text);
    if (auto* error = std::get_if<QuantityError>(&parsed)) {
        if (error->expected.empty()) {
            error->expected = dimension_with_example(wanted);
        }
        return parsed;
    }
    const auto& quantity = std::get<ParsedQuantity>(parsed);
    if (quantity.dimension != wanted) {
        return wrong_dimension(text, quantity.dimension, wanted);
    }
    constexpr double kRounding = 1e-12;  // of unit factors; the ends of the range are valid values
    const DimensionRange range = plausible_range(wanted);
    if (!range.holds(quantity.value) && !range.holds(quantity.value * (1 + kRounding)) &&
        !range.holds(quantity.value * (1 - kRounding))) {
        const bool small = std::abs(quantity.value) < 1 && std::abs(quantity.value) < plausible_range(wanted).least;
        return QuantityError{
            fmt::format("'{}' is too {} for {}", trimmed(text), small ? "small" : "large", dimension_name(wanted)),
            "a value " + range_text(wanted), ""};
    }
    return parsed;
}

bool has_unit(std::string_view text) { return !parse_number(split_per(split_spread(text).first).first); }

std::optional<std::variant<RelativeText, QuantityError>> parse_relative(std::string_view text) {
    constexpr std::string_view kOf = " of ";
    constexpr std::string_view kPerCycle = "/cycle";
    const auto [value_part, spread_part] = split_spread(text);
    const auto at = value_part.find(kOf);
    const std::string_view factor = trimmed(value_part.substr(0, at));
    const bool per_cycle = factor.ends_with(kPerCycle);
    if (at == std::string_view::npos || !(factor.ends_with('%') || per_cycle)) {
        return std::nullopt;
    }
    const auto share = parse_plain(factor);
    if (const auto* error = std::get_if<QuantityError>(&share)) {
        return *error;
    }
    if (per_cycle && std::get<ParsedQuantity>(share).dimension != Bytes::kDimension) {
        return QuantityError{fmt::format("'{}' is no number of bytes per cycle", factor),
                             "bytes per cycle of a clock, such as 16 B/cycle of clock", ""};
    }
    RelativeText result;
    result.share = std::get<ParsedQuantity>(share).value;
    result.per_cycle = per_cycle;
    const auto [base, per] = split_per(value_part.substr(at + kOf.size()));
    result.base = trimmed(base);
    if (result.share <= 0 || result.base.empty()) {
        return QuantityError{fmt::format("'{}' is no share of another number", trimmed(text)),
                             "a share above zero and a number, such as 83% of bandwidth", ""};
    }
    auto suffix = parse_suffix(text, per, spread_part, result.share, Dimension{},
                               "a percentage of the share, such as \u00b1 10%");
    if (auto* error = std::get_if<QuantityError>(&suffix)) {
        return std::move(*error);
    }
    result.spread = std::get<Suffix>(suffix).spread;
    result.per = std::get<Suffix>(suffix).per;
    return result;
}

std::optional<double> parse_number(std::string_view text) {
    std::string_view rest = trimmed(text);
    const auto number = take_number(rest);
    const auto* value = std::get_if<double>(&number);
    return value != nullptr && rest.empty() ? std::optional<double>(*value) : std::nullopt;
}

}  // namespace berth
