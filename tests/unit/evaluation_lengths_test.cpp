// A stage whose inputs have several lengths: latency, optimum, classes and bounds are means over all of them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "berth/report.h"
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
        EXPECT_THAT(mixed_report(all), HasSubstr("Times are means over "));
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

TEST(InputLengths, OneLengthNeedsNoNote) {
    EXPECT_THAT(mixed_report(answered("rag-rk3588", {})), Not(HasSubstr("means over")));
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
