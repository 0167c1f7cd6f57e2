// Advice on buckets: more of them never cost time, and what has none is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "berth/analysis/buckets.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Scenario shipped_scenario(const std::string& name) {
    Diagnostics diagnostics;
    auto scenario = load_scenario(Library{{BERTH_SOURCE_DIR}}, name, {}, diagnostics);
    if (!scenario) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*scenario);
}

TEST(Buckets, TheDocumentsLengthsWantASmallBucket) {
    const Scenario scenario = shipped_scenario("rag-rk3588");
    Diagnostics diagnostics;
    const auto advice = advise_buckets(scenario.stages.back(), scenario.profile, 0,
                                       {{24, 0.25}, {122, 0.5}, {400, 0.25}}, 4, diagnostics);
    ASSERT_TRUE(advice) << diagnostics.text();
    ASSERT_EQ(advice->rows.size(), 4U);
    EXPECT_THAT(advice->rows[0].buckets, ElementsAre(400));
    for (std::size_t k = 1; k < 4; ++k) {
        EXPECT_LE(advice->rows[k].mean, advice->rows[k - 1].mean);
        EXPECT_GE(advice->rows[k].activations, advice->rows[k - 1].activations);
    }
    EXPECT_LT(advice->rows[1].mean, advice->rows[0].mean * 0.6);
    EXPECT_LE(advice->rows[2].mean, advice->unpadded);
    ASSERT_TRUE(advice->now);
    EXPECT_GT(advice->now->mean, advice->rows[0].mean);
}

TEST(Buckets, WhatHasNoBucketsIsRefused) {
    const Scenario chat = shipped_scenario("chat-rk3588");
    Diagnostics diagnostics;
    EXPECT_FALSE(advise_buckets(chat.stages.front(), chat.profile, 0, {{24, 1}}, 4, diagnostics));
    EXPECT_THAT(diagnostics.text(), HasSubstr("has no buckets"));
    const Scenario scenario = shipped_scenario("rag-rk3588");
    Diagnostics too_long;
    EXPECT_FALSE(advise_buckets(scenario.stages.back(), scenario.profile, 0, {{5000, 1}}, 4, too_long));
    EXPECT_TRUE(too_long.has_errors());
}

}  // namespace
}  // namespace berth
