// A stage whose inputs have several lengths: latency, optimum, classes and bounds are means over all of them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "berth/report/report.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string mixed_report(const Answered& all) {
    return text_report(*all.result, *all.scenario, {}, {}, TextWidth(200));
}

Time all_classes(const Candidate& candidate) {
    Time sum = candidate.handover;
    for (const auto& [category, time] : candidate.by_category) {
        sum += time;
    }
    return sum;
}

const std::vector<std::vector<Override>> kMixes{
    {{"stages.rerank.tokens", "{from: 20, to: 400}"}, {"stages.rerank.buckets", "[128, 512]"}},
    {{"stages.rerank.tokens", "{from: 20, to: 120}"}, {"stages.rerank.buckets", "[64, 128, 512]"}},
    {{"stages.rerank.tokens", "{from: 300, to: 500}"}, {"stages.rerank.granularity", "operator"}},
};

TEST(InputLengths, TheOptimumIsOfAllLengths) {
    for (const auto& mix : kMixes) {
        const auto all = answered("rag-rk3588", mix);
        const StageResult& stage = all.result->stages.back();
        ASSERT_GT(stage.lengths, 1U);
        ASSERT_TRUE(stage.optimum);
        EXPECT_LE(stage.optimum->lower_bound, stage.optimum->latency * (1 + 1e-9));
        double least_regret = 1;
        for (const Candidate& candidate : stage.candidates) {
            if (!candidate.feasible) {
                continue;
            }
            // Candidate, optimum, regret and gap refer to the same time.
            EXPECT_NEAR(*candidate.regret / candidate.latency.median,
                        1 - stage.optimum->latency / candidate.latency.median, 1e-9);
            EXPECT_NEAR(candidate.optimality_gap, candidate.latency.median / stage.optimum->lower_bound - 1, 1e-9);
            least_regret = std::min(least_regret, *candidate.regret / candidate.latency.median);
        }
        EXPECT_NEAR(least_regret, 0, 1e-9);  // the split is found for all lengths together
    }
}

TEST(InputLengths, ClassesAddUpToTheMean) {
    for (const auto& mix : kMixes) {
        const auto all = answered("rag-rk3588", mix);
        for (const Candidate& candidate : all.result->stages.back().candidates) {
            EXPECT_NEAR(all_classes(candidate) / candidate.latency.median, 1, 1e-9) << candidate.placement;
        }
        EXPECT_THAT(mixed_report(all), HasSubstr("Times and bound are"));
    }
}

TEST(InputLengths, TheBestOfTwoLengthsIsAtMostAsGoodAsEachByItself) {
    const auto optimum = [](const std::string& tokens) {
        return answered("rag-rk3588", {{"stages.rerank.tokens", tokens}, {"stages.rerank.buckets", "[128, 512]"}})
            .result->stages.back()
            .optimum->latency;
    };
    const Time both = optimum("{from: 100, to: 101}");
    EXPECT_GE(both, 0.5 * (optimum("100") + optimum("101")) * (1 - 1e-9));
    EXPECT_LE(both, optimum("101") * (1 + 1e-9));
}

TEST(InputLengths, ActivationsAreThoseOfTheLengthWithMost) {
    const std::vector<Override> buckets{{"stages.rerank.buckets", "[32, 512]"}, {"stages.rerank.on", "npu"}};
    const auto with = [&buckets](const std::string& tokens) {
        auto set = buckets;
        set.emplace_back("stages.rerank.tokens", tokens);
        const auto all = answered("rag-rk3588", set);
        return all.result->stages.back().candidates[*all.result->stages.back().chosen];
    };
    // most inputs are short, so that one of the small bucket is listed
    const Candidate mixed = with("{from: 10, to: 40}");
    const Candidate small = with("20");
    const Candidate large = with("40");
    EXPECT_EQ(mixed.padded_tokens, 32);
    EXPECT_GT(large.peak_activation_bytes, small.peak_activation_bytes);
    EXPECT_EQ(mixed.peak_activation_bytes, large.peak_activation_bytes);
    EXPECT_EQ(mixed.spilled_bytes, large.spilled_bytes);
    EXPECT_EQ(mixed.activations.front().peak, large.activations.front().peak);
    EXPECT_GT(mixed.spilling_tokens, 32);
}

TEST(InputLengths, AFinerPlacementIsAdvisedOnlyIfItHoldsAllOfThem) {
    std::size_t refused = 0;
    for (int tenths = 690; tenths < 760; tenths += 5) {
        std::vector<Override> set{{"hardware.memory.dram.capacity", fmt::format("{} MB", tenths / 10.0)},
                                  {"stages.embed.enabled", "false"},
                                  {"stages.rerank.tokens", "{from: 10, to: 40}"},
                                  {"stages.rerank.buckets", "[32, 512]"}};
        const auto complaints = [&set] {
            Diagnostics diagnostics;
            const auto scenario = load_scenario(kShipped, "rag-rk3588", set, diagnostics);
            const bool runs = scenario && evaluate(*scenario, diagnostics);
            return runs ? std::string() : diagnostics.text();
        };
        const std::string said = complaints();
        refused += said.empty() ? 0 : 1;
        if (said.find("expected granularity: operator") != std::string::npos) {
            set.emplace_back("stages.rerank.granularity", "operator");
            EXPECT_EQ(complaints(), "");
        }
    }
    EXPECT_GT(refused, 0U);
}

TEST(InputLengths, OneLengthNeedsNoNote) {
    EXPECT_THAT(mixed_report(answered("rag-rk3588", {})), Not(HasSubstr("Times and bound are")));
    // Concurrent devices are another reason for classes that add up to more than the time.
    const auto picture =
        answered("camera-rk3588", {{"objective", "makespan"}, {"stages.detect.granularity", "operator"}});
    const std::string text = mixed_report(picture);
    EXPECT_THAT(text, Not(HasSubstr("tokens.")));
    for (const StageResult& stage : picture.result->stages) {
        const Candidate& chosen = stage.candidates[*stage.chosen];
        if (!chosen.tasks.empty()) {
            EXPECT_THAT(text, HasSubstr("Devices work at once"));
            EXPECT_GT(all_classes(chosen), chosen.latency.median);
        }
    }
}

}  // namespace
}  // namespace berth
