// A set number keeps its spread, kind and source, unless the new text states them.
#include <gtest/gtest.h>

#include "berth/base/yaml_reader.h"

namespace berth {
namespace {

constexpr std::string_view kNumbers =
    "described: {value: 8 GB/s, spread: 10%, kind: calibrated, source: \"table 3\"}\n"
    "absolute: {value: 8 GB/s, spread: 2 GB/s, kind: measured}\n"
    "within: {value: 8 GB/s ± 10%, kind: measured, source: a bench}\n"
    "short: 8 GB/s ± 10% per core\n"
    "bare: 8 GB/s\n"
    "cores: 3\n"
    "name: npu\n";

/// The number at `key` after `path` was set to `value` in the document.
class SetNumber {
  public:
    explicit SetNumber(const std::string& key) : key_(key) {}

    SetNumber& set(const std::string& value, const std::string& below = "") {
        EXPECT_TRUE(document_.set(key_ + below, value, diagnostics_)) << diagnostics_.text();
        return *this;
    }
    [[nodiscard]] Parameter<Bandwidth> number() {
        const auto read = node().parameter<Bandwidth>({.allow_zero = true, .allow_per = true});
        EXPECT_TRUE(read.has_value()) << diagnostics_.text();
        return read.value_or(Parameter<Bandwidth>{});
    }
    [[nodiscard]] YamlNode node() { return document_.root(diagnostics_).require(key_); }
    [[nodiscard]] const Diagnostics& diagnostics() const { return diagnostics_; }

  private:
    std::string key_;
    Diagnostics diagnostics_;
    YamlDocument document_ = YamlDocument::parse(kNumbers, "p.yaml", diagnostics_).value();
};

TEST(BaseYamlNumber, ANewValueKeepsSpreadKindAndSourceAndSaysWhatItWas) {
    for (const char* below : {"", ".value"}) {
        const auto number = SetNumber("described").set("4 GB/s", below).number();
        EXPECT_EQ(number.value, gigabytes_per_second(4));
        EXPECT_DOUBLE_EQ(number.spread, 0.1);
        EXPECT_EQ(number.origin, Origin::kCalibrated);
        EXPECT_EQ(number.source, "set on the command line; was 8 GB/s, calibrated: table 3");
    }
}

TEST(BaseYamlNumber, AnAbsoluteSpreadStaysRelative) {
    const auto number = SetNumber("absolute").set("4 GB/s").number();
    EXPECT_DOUBLE_EQ(number.spread, 0.25);
    EXPECT_EQ(number.origin, Origin::kMeasured);
    EXPECT_EQ(SetNumber("absolute").set("0 GB/s").number().spread, 0.25) << "also of nothing";
}

TEST(BaseYamlNumber, ASpreadInTheValueStays) {
    EXPECT_DOUBLE_EQ(SetNumber("within").set("4 GB/s").number().spread, 0.1);
    const auto number = SetNumber("short").set("4 GB/s").number();
    EXPECT_EQ(number.value, gigabytes_per_second(4));
    EXPECT_DOUBLE_EQ(number.spread, 0.1);
    EXPECT_EQ(number.source, "set on the command line; was 8 GB/s ± 10% per core, assumed");
}

TEST(BaseYamlNumber, ASpreadOfItsOwnReplacesTheOldOne) {
    for (const char* key : {"described", "absolute", "within", "short", "bare"}) {
        EXPECT_DOUBLE_EQ(SetNumber(key).set("4 GB/s ± 5%").number().spread, 0.05) << key;
        EXPECT_DOUBLE_EQ(SetNumber(key).set("{value: 4 GB/s, spread: 5%}").number().spread, 0.05) << key;
        EXPECT_DOUBLE_EQ(SetNumber(key).set("{spread: 5%}").number().spread, 0.05) << key;
    }
    EXPECT_EQ(SetNumber("described").set("4 GB/s ± 0%").number().spread, 0) << "exact if it says so";
}

TEST(BaseYamlNumber, AMapReplacesWhatItGives) {
    const auto number = SetNumber("described").set("{value: 4 GB/s, kind: datasheet, source: sheet}").number();
    EXPECT_DOUBLE_EQ(number.spread, 0.1);
    EXPECT_EQ(number.origin, Origin::kDatasheet);
    EXPECT_EQ(number.source, "sheet");
    const auto from_bare = SetNumber("short").set("{value: 4 GB/s, kind: measured}").number();
    EXPECT_DOUBLE_EQ(from_bare.spread, 0.1);
    EXPECT_EQ(from_bare.origin, Origin::kMeasured);
}

TEST(BaseYamlNumber, TheValueThatItHasChangesNothing) {
    for (const char* key : {"described", "absolute", "within", "short", "bare"}) {
        SetNumber untouched(key);
        for (const char* same : {"8 GB/s", "8000 MB/s", "0.008 TB/s"}) {
            SetNumber set(key);
            set.set(same);
            EXPECT_EQ(set.node().where(), untouched.node().where()) << key;
            EXPECT_EQ(set.number().source, untouched.number().source) << key;
            EXPECT_EQ(set.number().spread, untouched.number().spread) << key;
        }
        SetNumber back(key);
        back.set("4 GB/s").set("8 GB/s");
        EXPECT_EQ(back.number().source, untouched.number().source) << "set back";
    }
}

TEST(BaseYamlNumber, SetTwiceItSaysWhatTheFileHas) {
    const auto number = SetNumber("described").set("4 GB/s").set("5 GB/s").number();
    EXPECT_EQ(number.value, gigabytes_per_second(5));
    EXPECT_EQ(number.source, "set on the command line; was 8 GB/s, calibrated: table 3");
}

TEST(BaseYamlNumber, WhatIsNoNumberOfThatDimensionIsRefusedAsItIsWritten) {
    for (const char* wrong : {"4 GHz", "fast", "[1, 2]"}) {
        SetNumber set("described");
        set.set(wrong);
        EXPECT_FALSE(set.node().parameter<Bandwidth>().has_value()) << wrong;
        EXPECT_EQ(set.diagnostics().text().find("--set described:1:1: error: "), 0U) << set.diagnostics().text();
        EXPECT_EQ(set.diagnostics().text().find("10%"), std::string::npos) << set.diagnostics().text();
    }
}

TEST(BaseYamlNumber, WhatHasNoSpreadIsReplacedAsItIs) {
    EXPECT_EQ(SetNumber("cores").set("6").node().integer(), 6);
    EXPECT_EQ(SetNumber("name").set("cpu").node().text(), "cpu");
    const auto number = SetNumber("bare").set("4 GB/s").number();
    EXPECT_EQ(number.spread, 0);
    EXPECT_EQ(number.source, "set on the command line; was 8 GB/s, assumed");
}

}  // namespace
}  // namespace berth
