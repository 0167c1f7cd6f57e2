// Patterns of quantities accept exactly the texts that the parser accepts.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "berth/base/quantity_text.h"

namespace berth {
namespace {

const std::vector<std::string> kTexts{"30 us",
                                      "30 \u00b5s",
                                      "30\u03bcs",
                                      "2 min",
                                      "1.5 h",
                                      "384 KiB",
                                      "4MB",
                                      "4 MIB",
                                      "7.8 GB/s",
                                      " 7.8 GB / s ",
                                      "1 Gbit/s",
                                      "7.8 GB/s/s",
                                      "1 GHz",
                                      "3 mHz",
                                      "1024 op",
                                      "6 TFLOP/s",
                                      "6 TFLOPS",
                                      "1 GOPS",
                                      "0.2 pJ/MAC",
                                      "20 pJ/B",
                                      "2.5 W",
                                      "0.8",
                                      "80%",
                                      "80 %",
                                      "3 cycles",
                                      "+3 us",
                                      "-3 us",
                                      "+-3 us",
                                      "0 us",
                                      "0.0e5 s",
                                      "1e-3 s",
                                      "1.e3 s",
                                      ".5 s",
                                      ". s",
                                      "e3 s",
                                      "1 e3 s",
                                      "1_000 s",
                                      "0x10 s",
                                      "inf s",
                                      "nan",
                                      "s",
                                      "",
                                      "1",
                                      "1 2 s",
                                      "7.8 GB/s ± 10%",
                                      "7.8 GB/s+-1%",
                                      "7.8 GB/s +/- 0.5 GB/s",
                                      "7.8 GB/s ± 2 ms",
                                      "26 ms ± 3",
                                      "26 ms ± -3%",
                                      "0.8 ± 0.1",
                                      "0.8 ± 10%",
                                      "7.8 GB/s ±",
                                      "7.8 GB/s per core",
                                      "7.8 GB/s per device",
                                      "7.8 GB/s per core ± 10%",
                                      "7.8 GB/s ± 10% per core",
                                      "7.8 GB/s percore",
                                      "4 ns/element",
                                      "12 op/B",
                                      "2 B/op",
                                      "1 element",
                                      "5 GB/min",
                                      "1 GiB/h"};

struct Named {
    std::string_view name;
    Dimension dimension;
};
constexpr std::array<Named, 11> kDimensions{{{"number", Dimension{}},
                                             {"time", Time::kDimension},
                                             {"bytes", Bytes::kDimension},
                                             {"operations", Operations::kDimension},
                                             {"frequency", Frequency::kDimension},
                                             {"bandwidth", Bandwidth::kDimension},
                                             {"rate", OperationRate::kDimension},
                                             {"energy per byte", EnergyPerByte::kDimension},
                                             {"energy per operation", EnergyPerOperation::kDimension},
                                             {"power", Power::kDimension},
                                             {"time per operation", TimePerOperation::kDimension}}};

bool is_read(const std::string& text, Dimension dimension, const QuantityForm& form) {
    const auto read = parse_quantity(text, dimension);
    const auto* quantity = std::get_if<ParsedQuantity>(&read);
    return quantity != nullptr && (quantity->value > 0 || (quantity->value == 0 && form.allow_zero)) &&
           (!quantity->spread || form.allow_spread) && (!quantity->per || quantity->per == form.per);
}

TEST(BaseQuantityPattern, AcceptsWhatIsReadAndNothingElse) {
    int accepted = 0;
    for (const Named& named : kDimensions) {
        for (const bool zero : {false, true}) {
            for (const bool spread : {false, true}) {
                for (const auto& per : {std::optional<Sharing>(), std::optional(Sharing::kCore)}) {
                    const QuantityForm form{.allow_zero = zero, .allow_spread = spread, .per = per};
                    const std::regex pattern(quantity_pattern(named.dimension, form));
                    for (const std::string& text : kTexts) {
                        const bool matches = std::regex_search(text, pattern);
                        accepted += matches ? 1 : 0;
                        EXPECT_EQ(matches, is_read(text, named.dimension, form))
                            << "'" << text << "' as a " << named.name << (zero ? ", zero" : "")
                            << (spread ? ", spread" : "") << (per ? ", per core" : "");
                    }
                }
            }
        }
    }
    EXPECT_GT(accepted, 200);
}

TEST(BaseQuantityPattern, OfACountHasNoUnit) {
    const std::regex pattern(quantity_pattern(Dimension{}, {.allow_unit = false}));
    for (const std::string& text : kTexts) {
        EXPECT_EQ(std::regex_search(text, pattern), is_read(text, Dimension{}, {}) && !has_unit(text)) << text;
    }
    EXPECT_TRUE(std::regex_search("512 ± 10%", pattern));
    EXPECT_FALSE(std::regex_search("200%", pattern));
}

// One complete pattern, for inspection.
TEST(BaseQuantityPattern, OfAFrequency) {
    EXPECT_EQ(quantity_pattern(Frequency::kDimension, {.allow_zero = true, .allow_spread = false, .per = {}}),
              "^[ \\t]*\\+?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \\t]*(?:(?:(?:k|M|G|T|P)?Hz)|"
              "(?:%|cycle|cycles)[ \\t]*/[ \\t]*(?:(?:p|n|u|\u00b5|\u03bc|m)?s|min|h)|"
              "(?:(?:k|M|G|T|P)?FLOPS)[ \\t]*/[ \\t]*(?:(?:k|M|G|T|P)?op|(?:k|M|G|T|P)?OP|(?:k|M|G|T|P)?MAC|"
              "(?:k|M|G|T|P)?element|(?:k|M|G|T|P)?elements|(?:k|M|G|T|P)?FLOP)|"
              "(?:(?:p|n|u|\u00b5|\u03bc|m|k|M|G|T|P)?W)[ \\t]*/[ \\t]*(?:(?:p|n|u|\u00b5|\u03bc|m|k|M|G|T|P)?J)|"
              "(?:(?:k|M|G|T|P)?Hz)[ \\t]*/[ \\t]*(?:%|cycle|cycles))[ \\t]*$");
}

TEST(RelativePattern, AcceptsWhatIsReadAsAShareOfAnotherNumber) {
    const QuantityForm form{.allow_zero = false, .allow_spread = true, .per = Sharing::kCore};
    const std::regex pattern(relative_pattern(form), std::regex::ECMAScript);
    for (const std::string text :
         {"83% of bandwidth", "83 % of memory.dram.bandwidth", " 8.3e1% of x ± 5%",
          "42.6% of memory.dram.bandwidth per core", "120% of a.b+-1%", "83% of bandwidth ± 5% per core",
          "16 B/cycle of clock", "0.5 KiB/cycle of devices.npu.clock ± 5% per core"}) {
        const auto read = parse_relative(text);
        ASSERT_TRUE(read.has_value()) << text;
        EXPECT_TRUE(std::holds_alternative<RelativeText>(*read)) << text;
        EXPECT_TRUE(std::regex_match(text, pattern)) << text;
    }
    for (const std::string text :
         {"83% bandwidth", "83 of bandwidth", "0% of bandwidth", "-5% of bandwidth", "% of bandwidth", "83% of",
          "83% of bandwidth ± 2 GB/s", "16 MAC/cycle of clock", "0 B/cycle of clock", "16 B of clock"}) {
        const auto read = parse_relative(text);
        EXPECT_FALSE(read && std::holds_alternative<RelativeText>(*read)) << text;
        EXPECT_FALSE(std::regex_match(text, pattern)) << text;
    }
}

TEST(RelativePattern, ReadsWithWhomItIsSharedOnce) {
    const auto read = parse_relative("83% of bandwidth per core ± 5% per core");
    ASSERT_TRUE(read && std::holds_alternative<QuantityError>(*read));
    EXPECT_EQ(std::get<QuantityError>(*read).message, "'83% of bandwidth per core ± 5% per core' says 'per' twice");
}

}  // namespace
}  // namespace berth
