// Quantities from and to text, with the exact text of every error.
#include "berth/base/quantity_text.h"

#include <gtest/gtest.h>

#include <locale>

namespace berth {
namespace {

using namespace literals;

ParsedQuantity parsed(std::string_view text) {
    const auto result = parse_quantity(text);
    if (const auto* error = std::get_if<QuantityError>(&result)) {
        ADD_FAILURE() << text << ": " << error->message;
        return {};
    }
    return std::get<ParsedQuantity>(result);
}

QuantityError failure(std::string_view text, Dimension wanted) {
    const auto result = parse_quantity(text, wanted);
    if (std::holds_alternative<ParsedQuantity>(result)) {
        ADD_FAILURE() << text << " was accepted";
        return {};
    }
    return std::get<QuantityError>(result);
}

struct Example {
    std::string_view text;
    double value;
    Dimension dimension;
};

class BaseQuantityParse : public testing::TestWithParam<Example> {};

TEST_P(BaseQuantityParse, ReadsValueAndDimension) {
    const ParsedQuantity result = parsed(GetParam().text);
    EXPECT_DOUBLE_EQ(result.value, GetParam().value);
    EXPECT_EQ(result.dimension, GetParam().dimension);
    EXPECT_FALSE(result.spread.has_value());
    EXPECT_FALSE(result.per.has_value());
}

INSTANTIATE_TEST_SUITE_P(
    Units, BaseQuantityParse,
    testing::Values(
        Example{"30 us", 30e-6, Time::kDimension}, Example{"30 \u00b5s", 30e-6, Time::kDimension},
        Example{"30\u03bcs", 30e-6, Time::kDimension}, Example{"2 min", 120, Time::kDimension},
        Example{"1.5 h", 5400, Time::kDimension}, Example{"3 ps", 3e-12, Time::kDimension},
        Example{"384 KiB", 393216, Bytes::kDimension}, Example{"4MB", 4e6, Bytes::kDimension},
        Example{"4MiB", 4194304, Bytes::kDimension}, Example{"1 TiB", 1099511627776.0, Bytes::kDimension},
        Example{"2 PB", 2e15, Bytes::kDimension}, Example{"1 Gbit/s", 125e6, Bandwidth::kDimension},
        Example{"7.8 GB/s", 7.8e9, Bandwidth::kDimension}, Example{" 7.8 GB / s ", 7.8e9, Bandwidth::kDimension},
        Example{"1 GHz", 1e9, Frequency::kDimension}, Example{"1024 op", 1024, Operations::kDimension},
        Example{"1 GMAC", 1e9, Operations::kDimension}, Example{"1 GFLOP", 0.5e9, Operations::kDimension},
        Example{"6 TFLOP/s", 3e12, OperationRate::kDimension}, Example{"6 TFLOPS", 3e12, OperationRate::kDimension},
        Example{"1 GOP/s", 1e9, OperationRate::kDimension}, Example{"250 Melement/s", 250e6, OperationRate::kDimension},
        Example{"4 ns/element", 4e-9, TimePerOperation::kDimension},
        Example{"0.5 pJ/MAC", 0.5e-12, EnergyPerOperation::kDimension},
        Example{"20 pJ/B", 20e-12, EnergyPerByte::kDimension}, Example{"2.5 W", 2.5, Power::kDimension},
        Example{"3 mJ", 3e-3, Energy::kDimension}, Example{"3 MJ", 3e6, Energy::kDimension},
        Example{"12 op/B", 12, Intensity::kDimension}, Example{"16 B/cycle", 16, Bytes::kDimension},
        Example{"1024 MAC/cycle", 1024, Operations::kDimension}, Example{"80%", 0.8, Dimension{}},
        Example{"0.8", 0.8, Dimension{}}, Example{"+2e3", 2000, Dimension{}}, Example{"-3 ms", -3e-3, Time::kDimension},
        Example{".5 s", 0.5, Time::kDimension}, Example{"1e3 ns", 1e-6, Time::kDimension}));

TEST(BaseQuantityText, ReadsRelativeAndAbsoluteSpread) {
    for (const std::string_view text : {"7.8 GB/s \u00b1 10%", "7.8GB/s\u00b110%", "7.8 GB/s +- 10 %",
                                        "7.8 GB/s +/- 10%", "7.8 GB/s \u00b1 780 MB/s"}) {
        const ParsedQuantity result = parsed(text);
        EXPECT_DOUBLE_EQ(result.value, 7.8e9) << text;
        ASSERT_TRUE(result.spread.has_value()) << text;
        EXPECT_NEAR(*result.spread, 0.1, 1e-12) << text;
    }
    EXPECT_DOUBLE_EQ(*parsed("7.8 GB/s \u00b1 0.5 GB/s").spread, 0.5 / 7.8);
    EXPECT_DOUBLE_EQ(*parsed("0.8 \u00b1 0.2").spread, 0.25) << "absolute, in the value's dimension";
    EXPECT_DOUBLE_EQ(*parsed("80% \u00b1 10%").spread, 0.1) << "a percentage is relative";
}

TEST(BaseQuantityText, ReadsWhatItIsCountedPer) {
    EXPECT_EQ(parsed("7.8 GB/s per core").per, Sharing::kCore);
    EXPECT_EQ(parsed("384 KiB per cluster").per, Sharing::kCluster);
    const ParsedQuantity before = parsed("7.8 GB/s per channel \u00b1 10%");
    EXPECT_EQ(before.per, Sharing::kChannel);
    EXPECT_DOUBLE_EQ(*before.spread, 0.1);
    const ParsedQuantity after = parsed("7.8 GB/s \u00b1 10% per device");
    EXPECT_EQ(after.per, Sharing::kDevice);
    EXPECT_DOUBLE_EQ(*after.spread, 0.1);
}

TEST(BaseQuantityText, SaysWhatWasFoundAndWhatWasExpected) {
    const QuantityError error = failure("1 GHz", Bytes::kDimension);
    EXPECT_EQ(error.message, "GHz is a frequency, not a size in bytes");
    EXPECT_EQ(error.expected, "a size in bytes such as 384 KiB");
    EXPECT_EQ(error.suggestion, "");
    EXPECT_EQ(failure("3 ms \u00b1 10%", Bandwidth::kDimension).message, "ms is a time, not a bandwidth");
    EXPECT_EQ(failure("3 ms per core", Bandwidth::kDimension).message, "ms is a time, not a bandwidth");
    EXPECT_EQ(failure("5", Time::kDimension).message, "'5' has no unit");
    EXPECT_EQ(failure("5 ms", Dimension{}).message, "ms is a time, not a plain number");
    EXPECT_EQ(failure("fast", Time::kDimension).message, "'fast' does not begin with a number");
    EXPECT_EQ(failure("fast", Time::kDimension).expected, "a time such as 30 us");
    EXPECT_EQ(failure("", Time::kDimension).message, "'' does not begin with a number");
    EXPECT_EQ(failure("5 B/s/s", Bandwidth::kDimension).message, "'s/s' is not a unit");
}

TEST(BaseQuantityText, SuggestsTheRightSpelling) {
    const QuantityError lower_case = failure("5 mb", Bytes::kDimension);
    EXPECT_EQ(lower_case.message, "'mb' is not a unit");
    EXPECT_EQ(lower_case.suggestion, "MB");
    EXPECT_EQ(failure("5 ghz", Frequency::kDimension).suggestion, "GHz");
    EXPECT_EQ(failure("5 KB", Bytes::kDimension).suggestion, "kB");
    EXPECT_EQ(failure("5 gb/s", Bandwidth::kDimension).suggestion, "GB");
    EXPECT_EQ(failure("5 mib", Bytes::kDimension).suggestion, "MiB");
    EXPECT_EQ(failure("5 parsecs", Time::kDimension).suggestion, "");
    EXPECT_EQ(failure("4 ns per element", TimePerOperation::kDimension).suggestion, "/element");
    EXPECT_EQ(failure("4 GB/s per cor", Bandwidth::kDimension).suggestion, "core");
    EXPECT_EQ(failure("4 GB/s per cor", Bandwidth::kDimension).expected, "per core, cluster, channel or device");
}

TEST(BaseQuantityText, RefusesAmbiguousOperationCounts) {
    const QuantityError error = failure("6 TOPS", OperationRate::kDimension);
    EXPECT_EQ(error.message, "'TOPS' does not say whether a multiply-add counts once or twice");
    EXPECT_EQ(error.expected, "MAC/s (a multiply-add counts once) or FLOP/s (it counts twice)");
}

TEST(BaseQuantityText, RefusesWhatIsNoMeasurement) {
    for (const std::string_view text : {"inf s",
                                        "nan s",
                                        "1e999 s",
                                        "1e308 GB",
                                        "1,000 B",
                                        "0x10 B",
                                        "1 2 B",
                                        "3 m s",
                                        "3 mHz",
                                        "3 KiHz",
                                        "3 kmin",
                                        "5 ms \u00b1",
                                        "5 ms \u00b1 -10%",
                                        "5 ms \u00b1 3 GHz",
                                        "5 ms \u00b1 2",
                                        "0 ms \u00b1 1 ms",
                                        "5 ms per core \u00b1 10% per core",
                                        "5 ms per",
                                        "GB/s",
                                        "--5 s",
                                        "5 /s",
                                        "5 B/"}) {
        EXPECT_TRUE(std::holds_alternative<QuantityError>(parse_quantity(text))) << text;
    }
}

TEST(BaseQuantityText, PrintsWithAFittingPrefix) {
    EXPECT_EQ(to_text(184_ms), "184 ms");
    EXPECT_EQ(to_text(29.4_us), "29.4 us");
    EXPECT_EQ(to_text(29.43721_us), "29.44 us");
    EXPECT_EQ(to_text(7.8_GBps), "7.8 GB/s");
    EXPECT_EQ(to_text(1_GHz), "1 GHz");
    EXPECT_EQ(to_text(999.96_us), "1 ms") << "the prefix is chosen after rounding";
    EXPECT_EQ(to_text(999.94_us), "999.9 us");
    EXPECT_EQ(to_text(12345_s), "12345 s");
    EXPECT_EQ(to_text(Time{}), "0 s");
    EXPECT_EQ(to_text(-(3_ms)), "-3 ms");
    EXPECT_EQ(to_text(1024_op * 1_GHz), "1.024 Top/s");
    EXPECT_EQ(to_text(20_pJ / 1_B), "20 pJ/B");
    EXPECT_EQ(to_text(4_ns / 1_op), "4 ns/op");
    EXPECT_EQ(to_text(2.5_W), "2.5 W");
    EXPECT_EQ(to_text(12_op / 1_B), "12 op/B");
    EXPECT_EQ(to_text(3_mJ * 2_s), "0.006 s^1 J^1") << "no named unit";
}

TEST(BaseQuantityText, PrintsSizesInTheShorterExactForm) {
    EXPECT_EQ(to_text(384_KiB), "384 KiB");
    EXPECT_EQ(to_text(4_MB), "4 MB");
    EXPECT_EQ(to_text(4_MiB), "4 MiB");
    EXPECT_EQ(to_text(16_GiB), "16 GiB");
    EXPECT_EQ(to_text(1536_B), "1.5 KiB");
    EXPECT_EQ(to_text(1000_B), "1 kB");
    EXPECT_EQ(to_text(512_B), "512 B");
    EXPECT_EQ(to_text(33213456_B), "31.67 MiB") << "neither is exact: binary, as capacities are";
    EXPECT_EQ(to_text(Bytes{}), "0 B");
}

TEST(BaseQuantityText, PrintsPlainNumbersAndPercentages) {
    EXPECT_EQ(number_text(0), "0");
    EXPECT_EQ(number_text(-0.0), "0");
    EXPECT_EQ(number_text(0.5), "0.5");
    EXPECT_EQ(number_text(1234567), "1234567");
    EXPECT_EQ(number_text(3.14159, 3), "3.14");
    EXPECT_EQ(number_text(0.000123456), "0.0001235");
    EXPECT_EQ(number_text(1.5e-9), "1.5e-09");
    EXPECT_EQ(number_text(2e20), "2e+20");
    EXPECT_EQ(percent_text(0.125), "12.5%");
    EXPECT_EQ(percent_text(1), "100%");
}

/// German number format: 7,8 and 12.345.
class CommaForPoint : public std::numpunct<char> {
  protected:
    [[nodiscard]] char do_decimal_point() const override { return ','; }
    [[nodiscard]] char do_thousands_sep() const override { return '.'; }
    [[nodiscard]] std::string do_grouping() const override { return "\3"; }
};

TEST(BaseQuantityText, DoesNotFollowTheLocale) {
    const std::locale before = std::locale::global(std::locale(std::locale::classic(), new CommaForPoint));
    EXPECT_EQ(to_text(7.8_GBps), "7.8 GB/s");
    EXPECT_EQ(to_text(12345_s), "12345 s");
    EXPECT_DOUBLE_EQ(parsed("7.8 GB/s").value, 7.8e9);
    std::locale::global(before);
}

TEST(BaseQuantityText, ReadsPlainNumbers) {
    EXPECT_EQ(parse_number(" 12.5 "), 12.5);
    EXPECT_EQ(parse_number("1e3"), 1000);
    EXPECT_EQ(parse_number("12 B"), std::nullopt);
    EXPECT_EQ(parse_number("1.2.3"), std::nullopt);
    EXPECT_EQ(parse_number("nan"), std::nullopt);
    EXPECT_EQ(parse_number(""), std::nullopt);
}

}  // namespace
}  // namespace berth
