// One scenario on several chips: each answer equals that of a single run, and the differences add up.
#include <filesystem>
#include <fstream>

#include "cli/run_berth.h"

namespace berth {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

class CliCompare : public BerthCommand {};

const Json& chip_of(const Json& comparison, const std::string& name) {
    for (const Json& chip : comparison["chips"]) {
        if (chip["hardware"] == name) {
            return chip;
        }
    }
    throw std::runtime_error("no chip " + name);
}

TEST_F(CliCompare, EachChipAnswersAsByItself) {
    const std::vector<std::string> chips{"rk3588-rknn-2.3.2", "rk3576-rknn-2.3.2", "rk3588-rkllm-1.3.0"};
    const Json compared =
        Json::parse(berth({"compare", "rag-rk3588", "--hardware", chips[0] + "," + chips[1], "--hardware", chips[2],
                           "--set", "stages.rerank.tokens=100", "--format", "json"})
                        .out);
    ASSERT_EQ(compared["chips"].size(), chips.size());
    double least = 1e9;
    std::string best;
    for (const std::string& name : chips) {
        const Json alone = Json::parse(berth({"run", "rag-rk3588", "--set", "hardware=" + name, "--set",
                                              "stages.rerank.tokens=100", "--format", "json"})
                                           .out);
        const Json& chip = chip_of(compared, name);
        EXPECT_EQ(chip["latency_ms"], alone["total"]["latency_ms"]) << name;
        EXPECT_EQ(chip["low_ms"], alone["total"]["low_ms"]) << name;
        for (std::size_t i = 0; i < alone["stages"].size(); ++i) {
            EXPECT_EQ(chip["stages"][i]["chosen"], alone["stages"][i]["chosen"]) << name;
            EXPECT_EQ(chip["stages"][i]["latency_ms"], alone["stages"][i]["latency_ms"]) << name;
        }
        if (chip["latency_ms"] < least) {
            least = chip["latency_ms"];
            best = name;
        }
    }
    EXPECT_EQ(compared["best"], best);
    EXPECT_TRUE(compared["difference"].is_null());
}

// Each step changes a few numbers at most, and the steps lead from one total to the other.
TEST_F(CliCompare, TheWaterfallAddsUp) {
    const Json compared = Json::parse(
        berth({"compare", "rag-rk3588", "--hardware", "rk3588-rknn-2.3.2,rk3576-rknn-2.3.2", "--format", "json"}).out);
    const Json& difference = compared["difference"];
    double total = difference["before"]["latency_ms"];
    EXPECT_EQ(total, chip_of(compared, "rk3588-rknn-2.3.2")["latency_ms"]);
    std::size_t steps = 0;
    for (const Json& step : difference["steps"]) {
        EXPECT_LE(step["inputs"].size(), 3U) << step;
        total += step["change_ms"].get<double>();
        steps += step["without_effect"] ? 0 : 1;
    }
    EXPECT_GT(steps, 5U);
    const double after = difference["after"]["latency_ms"];
    EXPECT_NEAR(total, after, 1e-4 * after);
}

// Chips differ in a hundred numbers: the text lists those with an effect, JSON lists all.
TEST_F(CliCompare, NumbersWithoutEffectAreCounted) {
    const std::vector<std::string> question{"compare", "rag-rk3588", "--hardware",
                                            "rk3588-rknn-2.3.2,rk3576-rknn-2.3.2"};
    const std::string text = berth(question).out;
    EXPECT_LT(std::ranges::count(text, '\n'), 150);
    EXPECT_THAT(text, HasSubstr("more, which JSON lists"));
    EXPECT_THAT(text, HasSubstr("the same value on both sides, but not the same spread and origin"));
    auto as_json = question;
    as_json.insert(as_json.end(), {"--format", "json"});
    const Json compared = Json::parse(berth(as_json).out);
    EXPECT_GT(compared["difference"]["steps"].size(), 100U);
}

TEST_F(CliCompare, AChipThatCannotRunItSaysWhy) {
    const Outcome text = berth({"compare", "rag-rk3588", "--hardware", "rk3588-rknn-2.3.2,x86-onnxruntime", "--set",
                                "hardware.devices.npu.clock=800 MHz"});
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_THAT(text.out, HasSubstr("Cannot run it"));
    const Json json = Json::parse(berth({"compare", "rag-rk3588", "--hardware", "rk3588-rknn-2.3.2,x86-onnxruntime",
                                         "--set", "hardware.devices.npu.clock=800 MHz", "--format", "json"})
                                      .out);
    EXPECT_FALSE(chip_of(json, "x86-onnxruntime")["runs"]);
    const Json cannot = chip_of(json, "x86-onnxruntime");
    EXPECT_NE(cannot["why_not"], "");
    for (const auto& [key, value] : chip_of(json, "rk3588-rknn-2.3.2").items()) {
        EXPECT_TRUE(cannot.contains(key)) << key;
        EXPECT_TRUE(!value.is_number() || key == "warnings" || cannot[key].is_null()) << key;
    }
    EXPECT_EQ(json["best"], "rk3588-rknn-2.3.2");
}

TEST_F(CliCompare, WritesARowPerChipAndItsPictures) {
    const Outcome made = berth({"compare", "rag-rk3588", "--hardware", "rk3588-rknn-2.3.2,rk3576-rknn-2.3.2",
                                "--report", "both", "--format", "csv"});
    ASSERT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(std::ranges::count(made.out, '\n'), 3);
    for (const char* file : {"compare.txt", "compare.json", "compare.csv", "compare.svg", "compare.png",
                             "waterfall.svg", "waterfall.png"}) {
        EXPECT_TRUE(std::filesystem::exists(folder() / "both" / file)) << file;
    }
}

TEST_F(CliCompare, BadNamesAreSaid) {
    const auto refused = [this](const std::vector<std::string>& words, const std::string& says) {
        const Outcome outcome = berth(words);
        EXPECT_EQ(outcome.status, 2) << outcome.out;
        EXPECT_THAT(outcome.err, HasSubstr(says));
        EXPECT_EQ(outcome.out, "");
    };
    refused({"compare", "rag-rk3588", "--hardware", "rk3589"}, "rk3589");
    refused({"compare", "rag-rk3599", "--hardware", "all"}, "rag-rk3599");
    refused({"compare", "rag-rk3588", "--hardware", "rk3588-rknn-2.3.2,rk3576-rknn-2.3.2", "--between",
             "rk3588-rknn-2.3.2,x86-onnxruntime"},
            "none of the chips that run it");
    refused({"compare", "rag-rk3588", "--hardware", "rk3588-rknn-2.3.2", "--set", "hardware.devices.npu.clokc=1 GHz"},
            "clokc");
}

}  // namespace
}  // namespace berth
