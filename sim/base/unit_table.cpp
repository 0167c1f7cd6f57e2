// Units, prefixes and named dimensions.
#include "base/unit_table.h"

#include <algorithm>
#include <array>

#include "base/mapped.h"

namespace berth {

namespace {

constexpr Dimension kNumber{};
constexpr Dimension kTime = Time::kDimension;
constexpr Dimension kBytes = Bytes::kDimension;
constexpr Dimension kOperations = Operations::kDimension;

// "u" is printed; the two other spellings are the micro sign and the Greek letter.
constexpr std::array<Prefix, 16> kPrefixes{{
    {"", 1.0, PrefixKind::kDecimal},
    {"p", 1e-12, PrefixKind::kSmall},
    {"n", 1e-9, PrefixKind::kSmall},
    {"u", 1e-6, PrefixKind::kSmall},
    {"\u00b5", 1e-6, PrefixKind::kSmall},
    {"\u03bc", 1e-6, PrefixKind::kSmall},
    {"m", 1e-3, PrefixKind::kSmall},
    {"k", 1e3, PrefixKind::kDecimal},
    {"M", 1e6, PrefixKind::kDecimal},
    {"G", 1e9, PrefixKind::kDecimal},
    {"T", 1e12, PrefixKind::kDecimal},
    {"P", 1e15, PrefixKind::kDecimal},
    {"Ki", 1024.0, PrefixKind::kBinary},
    {"Mi", 1024.0 * 1024.0, PrefixKind::kBinary},
    {"Gi", 1024.0 * 1024.0 * 1024.0, PrefixKind::kBinary},
    {"Ti", 1024.0 * 1024.0 * 1024.0 * 1024.0, PrefixKind::kBinary},
}};

constexpr std::array<Unit, 18> kUnits{{
    {"s", 1.0, kTime, true, false, false},
    {"min", 60.0, kTime},
    {"h", 3600.0, kTime},
    {"B", 1.0, kBytes, false, true, true},
    {"bit", 0.125, kBytes, false, true, true},
    {"Hz", 1.0, Frequency::kDimension, false, true, false},
    {"op", 1.0, kOperations, false, true, false},
    {"OP", 1.0, kOperations, false, true, false},
    {"MAC", 1.0, kOperations, false, true, false},
    {"element", 1.0, kOperations, false, true, false},
    {"elements", 1.0, kOperations, false, true, false},
    // One multiply-accumulate is two floating-point operations.
    {"FLOP", 0.5, kOperations, false, true, false},
    {"FLOPS", 0.5, OperationRate::kDimension, false, true, false},
    {"J", 1.0, Energy::kDimension, true, true, false},
    {"W", 1.0, Power::kDimension, true, true, false},
    {"%", 0.01, kNumber},
    {"cycle", 1.0, kNumber},
    {"cycles", 1.0, kNumber},
}};

// The ranges leave room for machines of any kind, and keep products of a few such numbers far from the limits of a
// double.
constexpr std::array<NamedDimension, 15> kNamed{{
    {kNumber, "a plain number", "0.8 or 80%", "", "", {1e-9, 1e9}},
    {kTime, "a time", "30 us", "s", "", {1e-12, 1e9}},
    {kBytes, "a size in bytes", "384 KiB", "B", "", {1e-3, 1e15}},
    {kOperations, "a number of operations", "1024 op", "op", "", {1e-9, 1e18}},
    {Frequency::kDimension, "a frequency", "1 GHz", "Hz", "", {1e-6, 1e13}},
    {Bandwidth::kDimension, "a bandwidth", "7.8 GB/s", "B", "/s", {1, 1e16}},
    {OperationRate::kDimension, "an operation rate", "500 GMAC/s", "op", "/s", {1e-3, 1e21}},
    {Energy::kDimension, "an energy", "3 mJ", "J", "", {1e-18, 1e12}},
    {Power::kDimension, "a power", "2.5 W", "W", "", {1e-9, 1e9}},
    {EnergyPerByte::kDimension, "an energy per byte", "20 pJ/B", "J", "/B", {1e-18, 1}},
    {EnergyPerOperation::kDimension, "an energy per operation", "0.5 pJ/MAC", "J", "/op", {1e-18, 1}},
    {Intensity::kDimension, "an arithmetic intensity", "12 op/B", "op", "/B", {1e-9, 1e9}},
    {TimePerByte::kDimension, "a time per byte", "0.1 ns/B", "s", "/B", {1e-18, 1e3}},
    {TimePerOperation::kDimension, "a time per operation", "4 ns/element", "s", "/op", {1e-18, 1e3}},
    {{0, 1, -1, 0}, "a number of bytes per operation", "2 B/op", "B", "/op", {1e-9, 1e9}},
}};

const Unit* unit_named(std::string_view text) {
    const auto* found = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& unit) { return unit.text == text; });
    return found == kUnits.end() ? nullptr : found;
}

bool takes(const Unit& unit, const Prefix& prefix) {
    if (prefix.text.empty()) {
        return true;
    }
    switch (prefix.kind) {
        case PrefixKind::kSmall:
            return unit.takes_small;
        case PrefixKind::kDecimal:
            return unit.takes_decimal;
        case PrefixKind::kBinary:
            return unit.takes_binary;
    }
    return false;
}

}  // namespace

std::optional<ResolvedUnit> resolve_unit(std::string_view text) {
    for (const Unit& unit : kUnits) {
        if (!text.ends_with(unit.text)) {
            continue;
        }
        const std::string_view before = text.substr(0, text.size() - unit.text.size());
        for (const Prefix& prefix : kPrefixes) {
            if (prefix.text == before && takes(unit, prefix)) {
                return ResolvedUnit{prefix.factor * unit.factor, unit.dimension};
            }
        }
    }
    return std::nullopt;
}

std::vector<std::string> all_unit_texts() {
    std::vector<std::string> result;
    for (const Unit& unit : kUnits) {
        for (const Prefix& prefix : kPrefixes) {
            if (takes(unit, prefix)) {
                result.push_back(std::string(prefix.text) + std::string(unit.text));
            }
        }
    }
    return result;
}

std::vector<Dimension> unit_dimensions() {
    std::vector<Dimension> result;
    for (const Unit& unit : kUnits) {
        if (std::find(result.begin(), result.end(), unit.dimension) == result.end()) {
            result.push_back(unit.dimension);
        }
    }
    return result;
}

std::string unit_pattern(Dimension dimension) {
    std::string pattern;
    for (const Unit& unit : kUnits) {
        if (!(unit.dimension == dimension)) {
            continue;
        }
        std::string prefixes;
        for (const Prefix& prefix : kPrefixes) {
            if (!prefix.text.empty() && takes(unit, prefix)) {
                prefixes += (prefixes.empty() ? "" : "|") + std::string(prefix.text);
            }
        }
        pattern += (pattern.empty() ? "" : "|") + (prefixes.empty() ? "" : "(?:" + prefixes + ")?");
        pattern += unit.text;
    }
    return pattern.empty() ? pattern : "(?:" + pattern + ")";
}

std::vector<Dimension> named_dimensions() { return mapped(kNamed, &NamedDimension::dimension); }

const NamedDimension* named_dimension(Dimension dimension) {
    const auto* found = std::find_if(kNamed.begin(), kNamed.end(),
                                     [&](const NamedDimension& named) { return named.dimension == dimension; });
    return found == kNamed.end() ? nullptr : found;
}

std::vector<Prefix> prefixes_of(std::string_view unit_text, bool binary) {
    std::vector<Prefix> result;
    const Unit* unit = unit_named(unit_text);
    for (const Prefix& prefix : kPrefixes) {
        const bool wanted = prefix.text.empty() || (prefix.kind == PrefixKind::kBinary) == binary;
        if (unit != nullptr && wanted && takes(*unit, prefix)) {
            result.push_back(prefix);
        }
    }
    // Stable, so that the first spelling of "micro" is the one printed.
    std::stable_sort(result.begin(), result.end(),
                     [](const Prefix& a, const Prefix& b) { return a.factor > b.factor; });
    return result;
}

}  // namespace berth
