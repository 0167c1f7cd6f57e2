// Differences between scenarios add up, inputs that need each other are changed together, buckets pay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "berth/buckets.h"
#include "berth/optimise.h"
#include "berth/scenario_diff_report.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Scenario loaded(const std::string& name, const std::vector<Override>& settings = {}) {
    Diagnostics diagnostics;
    auto scenario = load_scenario(Library{{BERTH_SOURCE_DIR}}, name, settings, diagnostics);
    if (!scenario) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*scenario);
}

ScenarioDiff diff_of(const Scenario& before, const Scenario& after) {
    Diagnostics diagnostics;
    auto diff = diff_scenarios(before, after, diagnostics);
    if (!diff) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*diff);
}

std::vector<std::string> paths_of(const DiffStep& step) {
    std::vector<std::string> paths;
    for (const InputDifference& input : step.inputs) {
        paths.push_back(input.path);
    }
    return paths;
}

// The last step ends at what the second scenario takes, each starts where the one before ended, and classes add up too.
void expect_whole(const ScenarioDiff& diff) {
    Time at = diff.before.total.latency.median;
    for (const DiffStep& step : diff.steps) {
        EXPECT_EQ(step.before, at);
        at = step.after;
    }
    EXPECT_NEAR(at / diff.after.total.latency.median, 1, 1e-12);
    Time change;
    for (const ClassDifference& one : diff.classes) {
        change += one.after - one.before;
    }
    EXPECT_NEAR(in_seconds(change), in_seconds(diff.after.total.latency.median - diff.before.total.latency.median),
                1e-12);
}

TEST(ScenarioDiff, ShippedScenariosAddUp) {
    const Scenario base = loaded("rag-rk3588");
    for (const char* other :
         {"rag-rk3588-bucket-128", "rag-rk3588-6-layer", "rag-rk3588-batch", "rag-rk3588-big-cores",
          "rag-rk3588-mixed-precision", "rag-rk3588-no-npu", "rag-rk3588-no-reranker", "voice-rk3588"}) {
        SCOPED_TRACE(other);
        const Scenario after = loaded(other);
        const ScenarioDiff diff = diff_of(base, after);
        EXPECT_FALSE(diff.steps.empty());
        expect_whole(diff);
        expect_whole(diff_of(after, base));
    }
}

TEST(ScenarioDiff, NothingDiffers) {
    const Scenario base = loaded("rag-rk3588");
    const ScenarioDiff diff = diff_of(base, base);
    EXPECT_TRUE(diff.steps.empty());
    EXPECT_TRUE(diff.decisions.empty());
    EXPECT_THAT(diff_text(diff), HasSubstr("No input differs."));
}

TEST(ScenarioDiff, EachInputIsAStepInTheStatedOrder) {
    const Scenario base = loaded("rag-rk3588");
    const Scenario after = loaded("rag-rk3588", {{"stages.rerank.buckets", "[128, 512]"},
                                                 {"stages.rerank.dtype", "fp16"},
                                                 {"hardware.devices.npu.dma.bandwidth", "9 GB/s"},
                                                 {"stages.rerank.repeat", "4"}});
    const ScenarioDiff diff = diff_of(base, after);
    expect_whole(diff);
    ASSERT_EQ(diff.steps.size(), 4U);
    EXPECT_THAT(paths_of(diff.steps[0]), ElementsAre("hardware.devices.npu.dma.bandwidth"));
    EXPECT_THAT(paths_of(diff.steps[1]), ElementsAre("stages.rerank.dtype"));
    EXPECT_THAT(paths_of(diff.steps[2]), ElementsAre("stages.rerank.buckets"));
    EXPECT_THAT(paths_of(diff.steps[3]), ElementsAre("stages.rerank.repeat"));
    EXPECT_EQ(diff.steps[2].inputs[0].before, "[512]");
    EXPECT_EQ(diff.steps[2].inputs[0].after, "[128, 512]");
    ASSERT_EQ(diff.steps[2].decisions.size(), 1U);
    EXPECT_EQ(diff.steps[2].decisions[0].after, "npu");
}

// 300 tokens do not fit a bucket of 256, and 200 heads do not divide the width: what comes later makes them fit.
TEST(ScenarioDiff, InputsThatNeedEachOtherAreChangedTogether) {
    const Scenario base = loaded("rag-rk3588", {{"stages.rerank.buckets", "[256]"}});
    const Scenario after = loaded("rag-rk3588", {{"stages.rerank.tokens", "300"}, {"stages.rerank.buckets", "[320]"}});
    const ScenarioDiff diff = diff_of(base, after);
    expect_whole(diff);
    ASSERT_EQ(diff.steps.size(), 1U);
    EXPECT_THAT(paths_of(diff.steps[0]), ElementsAre("stages.rerank.tokens", "stages.rerank.buckets"));
}

TEST(ScenarioDiff, LayersOfAModelAreAnInput) {
    const ScenarioDiff diff =
        diff_of(loaded("rag-rk3588"), loaded("rag-rk3588", {{"models.ms-marco-MiniLM-L-12-v2.sizes.layers", "6"}}));
    expect_whole(diff);
    ASSERT_EQ(diff.steps.size(), 1U);
    EXPECT_EQ(diff.steps[0].inputs[0].path, "stages.rerank.model layers");
    EXPECT_EQ(diff.steps[0].inputs[0].before, "12");
    EXPECT_EQ(diff.steps[0].inputs[0].after, "6");
}

TEST(Buckets, TheDocumentsLengthsWantASmallBucket) {
    const Scenario scenario = loaded("rag-rk3588");
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
    const Scenario chat = loaded("chat-rk3588");
    Diagnostics diagnostics;
    EXPECT_FALSE(advise_buckets(chat.stages.front(), chat.profile, 0, {{24, 1}}, 4, diagnostics));
    EXPECT_THAT(diagnostics.text(), HasSubstr("has no buckets"));
    const Scenario scenario = loaded("rag-rk3588");
    Diagnostics too_long;
    EXPECT_FALSE(advise_buckets(scenario.stages.back(), scenario.profile, 0, {{5000, 1}}, 4, too_long));
    EXPECT_TRUE(too_long.has_errors());
}

Sweep small_designs() {
    Diagnostics diagnostics;
    std::vector<SweepAxis> axes;
    for (const char* text : {"hardware.devices.npu.memories.sram.capacity=256KiB:4MiB:x2",
                             "hardware.devices.npu.dma.bandwidth=4 GB/s:20 GB/s:4 GB/s"}) {
        axes.push_back(parse_axis(text, 100, diagnostics).value());
    }
    return Sweep::prepare({Library{{BERTH_SOURCE_DIR}}, "rag-rk3588-bucket-128", {}}, std::move(axes), 100, diagnostics)
        .value();
}

// Against every pair of points.
TEST(Optimise, TheFrontIsWhatNothingBetters) {
    const Sweep sweep = small_designs();
    Diagnostics diagnostics;
    OptimiseQuestion question;
    question.goals = {Goal::kCost, Goal::kLatency};
    question.cost = CostFormula::parse("capacity / 1024 + dma.bandwidth", sweep.axes(), diagnostics);
    ASSERT_TRUE(question.cost) << diagnostics.text();
    EXPECT_EQ(question.cost->at({1, 2}), 0.5 + 12);
    question.limits[static_cast<std::size_t>(Goal::kLatency)] = 0.2;
    const OptimiseAnswer answer = optimise(sweep, question, 2);
    EXPECT_EQ(answer.points, 25U);
    EXPECT_EQ(answer.running, 25U);
    ASSERT_TRUE(answer.best);
    const auto cost = [](const DesignPoint& point) { return point.values[static_cast<std::size_t>(Goal::kCost)]; };
    const auto time = [](const DesignPoint& point) { return point.values[static_cast<std::size_t>(Goal::kLatency)]; };
    std::size_t allowed = 0;
    for (const DesignPoint& point : answer.others) {  // so few that they are all there
        const bool within = time(point) <= 0.2;
        allowed += within ? 1 : 0;
        const bool on_front = std::ranges::find(answer.front, point.at, &DesignPoint::at) != answer.front.end();
        const bool bettered = std::ranges::any_of(answer.others, [&](const DesignPoint& other) {
            return cost(other) <= cost(point) && time(other) <= time(point) &&
                   (cost(other) < cost(point) || time(other) < time(point));
        });
        EXPECT_FALSE(on_front && (bettered || !within)) << point.at;
        EXPECT_TRUE(on_front || bettered || !within) << point.at;
    }
    EXPECT_EQ(answer.allowed, allowed);
    for (const DesignPoint& point : answer.front) {
        EXPECT_GE(cost(point), cost(answer.front[*answer.best]));
    }
}

TEST(Optimise, NamesOfAFormulaAreEndsOfPaths) {
    const Sweep sweep = small_designs();
    Diagnostics diagnostics;
    EXPECT_FALSE(CostFormula::parse("capacity + clock", sweep.axes(), diagnostics));
    EXPECT_THAT(diagnostics.text(), HasSubstr("--cost: error: 'clock' is not varied (expected "));
}

}  // namespace
}  // namespace berth
