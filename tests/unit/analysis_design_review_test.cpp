// Additional analyses of a design review.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "berth/analysis/design_review.h"

namespace berth {
namespace {

DesignReview review_of(const std::string& scenario, const std::vector<Override>& settings = {}) {
    Diagnostics diagnostics;
    const auto loaded = load_scenario(Library{{BERTH_SOURCE_DIR}}, scenario, settings, diagnostics);
    const auto result = loaded ? evaluate(*loaded, diagnostics) : std::nullopt;
    EXPECT_TRUE(result) << diagnostics.text();
    return result ? design_review(*loaded, *result) : DesignReview{};
}

TEST(DesignReview, AnswersEveryQuestionOfAShippedScenario) {
    const DesignReview review = review_of("rag-rk3588");
    ASSERT_TRUE(review.sensitivity);
    EXPECT_FALSE(review.sensitivity->numbers.empty());
    ASSERT_EQ(review.crossovers.size(), 2U);
    EXPECT_EQ(review.crossovers[1].question.stage, "rerank");
    EXPECT_EQ(review.crossovers[1].question.range.to, 512);  // the longest bucket
    ASSERT_EQ(review.crossovers[1].answer.crossings.size(), 1U);
    EXPECT_TRUE(review.crossovers[1].answer.crossings[0].sure_below);
    EXPECT_FALSE(review.measurements.empty());
    ASSERT_TRUE(review.accuracy);
    EXPECT_TRUE(
        std::ranges::any_of(review.accuracy->sets, [](const ValidatedSet& set) { return set.use == RowUse::kUnseen; }));
}

// A what-if changes the chip of the scenario, not the measured one.
TEST(DesignReview, AccuracyIsOfTheProfileAsItWasWritten) {
    const auto errors = [](const DesignReview& review) {
        std::vector<std::optional<double>> all;
        for (const ValidatedSet& set : review.accuracy->sets) {
            all.push_back(set.classes.empty() ? std::nullopt : set.classes.back().model.mean_error);
        }
        return all;
    };
    const DesignReview as_it_is = review_of("rag-rk3588");
    const DesignReview what_if = review_of("rag-rk3588", {{"hardware.memory.dram.bandwidth", "100 GB/s"}});
    ASSERT_TRUE(as_it_is.accuracy && what_if.accuracy);
    EXPECT_EQ(errors(as_it_is), errors(what_if));
}

TEST(DesignReview, LeavesOutWhatTheScenarioDoesNotHave) {
    const DesignReview review = review_of("chat-rk3588");
    EXPECT_TRUE(review.sensitivity);
    EXPECT_TRUE(review.crossovers.empty());  // generated text has no single length
}

}  // namespace
}  // namespace berth
