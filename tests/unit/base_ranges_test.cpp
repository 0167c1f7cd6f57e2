// Ranges of numbers: one per dimension, enforced by all readers; values outside and non-numbers are rejected.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "berth/base/quantity_text.h"
#include "berth/base/yaml_reader.h"

namespace berth {
namespace {

std::string complaint(const std::string& text, Dimension dimension) {
    const auto read = parse_quantity(text, dimension);
    const auto* error = std::get_if<QuantityError>(&read);
    return error == nullptr ? "" : fmt::format("{} (expected {})", error->message, error->expected);
}

TEST(BaseRanges, EveryDimensionHasEndsThatCanBeWrittenAndRead) {
    for (const Dimension dimension : named_dimensions()) {
        const DimensionRange range = plausible_range(dimension);
        EXPECT_GT(range.least, 0) << dimension_name(dimension);
        EXPECT_GT(range.most, range.least) << dimension_name(dimension);
        for (const double end : {range.least, range.most}) {
            EXPECT_EQ(complaint(quantity_text(end, dimension), dimension), "") << dimension_name(dimension);
        }
        // A product of a dozen numbers at the ends of their ranges is far from the limits of a double.
        EXPECT_LT(std::pow(range.most, 12), 1e300) << dimension_name(dimension);
        EXPECT_GT(std::pow(range.least, 12), 1e-300) << dimension_name(dimension);
    }
}

TEST(BaseRanges, WhatIsOutsideIsRefusedWithTheRange) {
    EXPECT_EQ(complaint("1e308 s", Time::kDimension),
              "'1e308 s' is too large for a time (expected a value from 1 ps to 1000000000 s)");
    EXPECT_EQ(complaint("1e-300 GB/s", Bandwidth::kDimension),
              "'1e-300 GB/s' is too small for a bandwidth (expected a value from 1 B/s to 10 PB/s)");
    EXPECT_EQ(complaint("1e308", Dimension{}),
              "'1e308' is too large for a plain number (expected a value from 1e-09 to 1000000000)");
    EXPECT_NE(complaint("4.9e-324 Hz", Frequency::kDimension), "");
    EXPECT_NE(complaint("1e309 B", Bytes::kDimension), "");
    for (const char* text : {"0x10 B", ".inf B", "-.inf B", ".nan B", "nan", "inf B", "1_000 B", "1e B"}) {
        EXPECT_NE(complaint(text, Bytes::kDimension), "") << text;
    }
}

TEST(BaseRanges, NoZeroHasASign) {
    const auto read = parse_quantity("-0 ms", Time::kDimension);
    EXPECT_FALSE(std::signbit(std::get<ParsedQuantity>(read).value));
}

TEST(BaseRanges, ASpreadIsAtMostThreeHundredPercent) {
    Diagnostics diagnostics;
    const auto document =
        YamlDocument::parse("a: 3 ms ± 1e9%\nb: 3 ms ± 300%\nc: {value: 3 ms, spread: 1 s}\n", "t.yaml", diagnostics);
    const YamlNode root = document->root(diagnostics);
    EXPECT_FALSE(root.require("a").parameter<Time>());
    EXPECT_TRUE(root.require("b").parameter<Time>());
    EXPECT_FALSE(root.require("c").parameter<Time>());
    EXPECT_NE(diagnostics.text().find("is too large (expected at most 300%)"), std::string::npos) << diagnostics.text();
    EXPECT_EQ(diagnostics.error_count(), 2U);
}

TEST(BaseRanges, WhatIsNotFiniteIsWrittenWithoutDigits) {
    EXPECT_EQ(quantity_text(std::numeric_limits<double>::infinity(), Time::kDimension), "inf s");
}

TEST(BaseRanges, AliasesOfAliasesDoNotFillTheMemory) {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        text += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i,
                            i - 1);
    }
    Diagnostics diagnostics;
    EXPECT_FALSE(YamlDocument::parse(text, "t.yaml", diagnostics));
    EXPECT_EQ(diagnostics.text(), "t.yaml: error: not valid YAML: aliases name more than 20 million values\n");
}

}  // namespace
}  // namespace berth
