// Laws of the base: printed values can be read back, expressions agree with C++, statistics with their definitions.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/base/expression.h"
#include "berth/base/quantity_text.h"
#include "berth/base/statistics.h"
#include "berth/base/units.h"
#include "berth/base/yaml_reader.h"

namespace berth {
namespace {

constexpr std::array<Dimension, 14> kDimensions{Time::kDimension,
                                                Bytes::kDimension,
                                                Operations::kDimension,
                                                Energy::kDimension,
                                                Frequency::kDimension,
                                                Bandwidth::kDimension,
                                                OperationRate::kDimension,
                                                Power::kDimension,
                                                EnergyPerByte::kDimension,
                                                Intensity::kDimension,
                                                TimePerByte::kDimension,
                                                TimePerOperation::kDimension,
                                                Dimension{},
                                                EnergyPerOperation::kDimension};

// A positive number, log-uniform over many powers of ten.
double any_magnitude() {
    const int mantissa = *rc::gen::inRange(100000, 1000000);
    const int exponent = *rc::gen::inRange(-18, 20);
    return mantissa / 1e5 * std::pow(10.0, exponent);
}

RC_GTEST_PROP(BaseQuantityProperty, WhatIsPrintedCanBeRead, ()) {
    const Dimension dimension = *rc::gen::elementOf(kDimensions);
    const double size = any_magnitude();
    const DimensionRange range = plausible_range(dimension);
    RC_PRE(size > range.least * 1.001 && size < range.most / 1.001);
    const double value = size * (*rc::gen::arbitrary<bool>() ? 1 : -1);
    const std::string text = quantity_text(value, dimension);
    const auto read = parse_quantity(text, dimension);
    RC_LOG() << text;
    RC_ASSERT(std::holds_alternative<ParsedQuantity>(read));
    RC_ASSERT(std::abs(std::get<ParsedQuantity>(read).value - value) <= 5.0001e-4 * std::abs(value));
    RC_ASSERT(quantity_text(std::get<ParsedQuantity>(read).value, dimension) == text);
}

RC_GTEST_PROP(BaseQuantityProperty, WhatIsOutOfRangeIsRefused, ()) {
    const Dimension dimension = *rc::gen::elementOf(kDimensions);
    const DimensionRange range = plausible_range(dimension);
    const double far = std::pow(10.0, *rc::gen::inRange(1, 200));
    const bool large = *rc::gen::arbitrary<bool>();
    const std::string unit = quantity_text(1, dimension).substr(1);
    const auto read =
        parse_quantity(fmt::format("{:e}{}", large ? range.most * far : range.least / far, unit), dimension);
    RC_ASSERT(std::holds_alternative<QuantityError>(read));
    RC_ASSERT(std::get<QuantityError>(read).message.find(large ? "too large" : "too small") != std::string::npos);
}

RC_GTEST_PROP(BaseQuantityProperty, WholePowersOfTwoArePrintedExactly, ()) {
    const int count = *rc::gen::inRange(1, 1024);
    const int power = *rc::gen::inRange(0, 5);
    const double size = count * std::pow(1024.0, power);
    const auto read = parse_quantity(to_text(bytes(size)), Bytes::kDimension);
    RC_ASSERT(std::get<ParsedQuantity>(read).value == size);
}

RC_GTEST_PROP(BaseQuantityProperty, AnyTextIsAQuantityOrAnError, (const std::string& tail)) {
    const std::string text = *rc::gen::element<std::string>("", "3", "7.8 GB", "5 ms \u00b1") + tail;
    const auto read = parse_quantity(text);
    if (const auto* quantity = std::get_if<ParsedQuantity>(&read)) {
        RC_ASSERT(std::isfinite(quantity->value));
    } else {
        RC_ASSERT(!std::get<QuantityError>(read).message.empty());
    }
}

RC_GTEST_PROP(BaseUnitsProperty, ProductAndQuotientUndoEachOther, ()) {
    const Bytes size = bytes(any_magnitude());
    const Bandwidth rate = bytes_per_second(any_magnitude());
    RC_ASSERT(std::abs((size / rate) * rate / size - 1.0) < 1e-12);
}

RC_GTEST_PROP(BaseExpressionProperty, AgreesWithIntegerArithmetic, ()) {
    const auto a = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 53);
    const auto b = *rc::gen::inRange<std::int64_t>(1, std::int64_t{1} << 30);
    const Symbols symbols{{"a", static_cast<double>(a)}, {"b", static_cast<double>(b)}};
    Diagnostics diagnostics;
    const auto count = [&](std::string_view text) {
        return parse_expression(text, SourceLocation("x", 1, 1), diagnostics)
            .value()
            .evaluate_count(symbols, diagnostics);
    };
    RC_ASSERT(count("ceil(a / b)") == a / b + (a % b != 0 ? 1 : 0));
    RC_ASSERT(count("floor(a / b)") == a / b);
    RC_ASSERT(count("a % b") == a % b);
    RC_ASSERT(count("max(a, b) - min(a, b)") == std::abs(a - b));
    RC_ASSERT(count("(a < b) + (a == b) + (a > b)") == 1);
}

RC_GTEST_PROP(BaseExpressionProperty, AnyTextIsAnExpressionOrAnError, ()) {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("a", "b", "1", "2.5", "+", "-", "*", "/", "%", "(", ")", ",", "min", "ceil",
                                      " and ", " or ", " not ", "<", "==", " ", "#"));
    std::string text;
    for (const std::string& piece : pieces) {
        text += piece;
    }
    Diagnostics diagnostics;
    const auto expression = parse_expression(text, SourceLocation("x", 1, 1), diagnostics);
    RC_ASSERT(expression.has_value() != diagnostics.has_errors());
    if (expression) {
        const auto value = expression->evaluate({{"a", 3}, {"b", 0}}, diagnostics);
        RC_ASSERT(value.has_value() != diagnostics.has_errors());
    }
}

RC_GTEST_PROP(BaseNearestNameProperty, EditDistanceIsSymmetricAndBounded,
              (const std::string& a, const std::string& b)) {
    const std::size_t distance = edit_distance(a, b);
    RC_ASSERT(distance == edit_distance(b, a));
    RC_ASSERT(distance <= std::max(a.size(), b.size()));
    RC_ASSERT(distance >= std::max(a.size(), b.size()) - std::min(a.size(), b.size()));
    RC_ASSERT((distance == 0) == (a == b));
}

RC_GTEST_PROP(BaseStatisticsProperty, QuantilesAreOrderedAndWithinTheData, ()) {
    const auto raw = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(-1000, 1000)));
    const std::vector<double> values(raw.begin(), raw.end());
    const double low = *rc::gen::inRange(0, 101) / 100.0;
    const double high = *rc::gen::inRange(0, 101) / 100.0;
    RC_ASSERT(*quantile(values, std::min(low, high)) <= *quantile(values, std::max(low, high)));
    RC_ASSERT(*quantile(values, 0) == *std::min_element(values.begin(), values.end()));
    RC_ASSERT(*quantile(values, 1) == *std::max_element(values.begin(), values.end()));
}

RC_GTEST_PROP(BaseStatisticsProperty, SpearmanIgnoresIncreasingMaps, ()) {
    const auto pairs = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(-20, 20), rc::gen::inRange(-20, 20)));
    std::vector<double> a;
    std::vector<double> b;
    std::vector<double> mapped;
    for (const auto& [x, y] : pairs) {
        a.push_back(x);
        b.push_back(y);
        mapped.push_back(std::exp(y / 10.0));
    }
    const auto plain = spearman_rank(a, b);
    const auto after = spearman_rank(a, mapped);
    RC_ASSERT(plain.has_value() == after.has_value());
    if (plain) {
        RC_ASSERT(std::abs(*plain - *after) < 1e-12);
        RC_ASSERT(std::abs(*plain) <= 1 + 1e-12);
    }
}

// Any text either becomes a traversable document or gives an error; nothing is thrown.
RC_GTEST_PROP(BaseYamlProperty, AnyTextIsADocumentOrAnError, ()) {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("a", "b", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ", ", "&x ", "*x", "\"",
                                      "'", "|", "#", "---", "?", "!t ", "%", "\t"));
    std::string text;
    for (const std::string& piece : pieces) {
        text += piece;
    }
    Diagnostics diagnostics;
    auto document = YamlDocument::parse(text, "t", diagnostics);
    RC_ASSERT(document.has_value() != diagnostics.has_errors());
    if (document) {
        (void)document->root(diagnostics).entries();
        RC_ASSERT(document->set("a", "1", diagnostics) || diagnostics.has_errors());
        document->root(diagnostics).reject_unknown_keys();
    }
}

// A set value can be read back, and nothing else changes.
RC_GTEST_PROP(BaseYamlProperty, SetChangesOneValueOnly, ()) {
    const auto count = *rc::gen::inRange(1, 8);
    const auto chosen = *rc::gen::inRange(0, count);
    const auto number = *rc::gen::inRange(100, 1000);
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "k" + std::to_string(i) + ": {x: " + std::to_string(i) + "}\n";
    }
    Diagnostics diagnostics;
    auto document = YamlDocument::parse(text, "t", diagnostics).value();
    RC_ASSERT(document.set("k" + std::to_string(chosen) + ".x", std::to_string(number), diagnostics));
    const YamlNode root = document.root(diagnostics);
    for (int i = 0; i < count; ++i) {
        RC_ASSERT(root.require("k" + std::to_string(i)).require("x").integer() == (i == chosen ? number : i));
    }
}

}  // namespace
}  // namespace berth
