// Core masks: the comparison equals a simulation of the scenario with that number of cores.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "berth/analysis/core_splits.h"
#include "berth/analysis/findings.h"
#include "berth/evaluation/simulated_scenario.h"

namespace berth {
namespace {

struct Ran {
    Scenario scenario;
    ScenarioResult result;
};

Ran ran(std::vector<Override> overrides) {
    Diagnostics diagnostics;
    auto scenario = load_scenario({{BERTH_SOURCE_DIR}}, "rag-rk3588-bucket-128", overrides, diagnostics);
    auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
    if (!result) {
        throw std::runtime_error(diagnostics.text());
    }
    result->core_splits = core_splits(*scenario, *result);
    return {std::move(*scenario), std::move(*result)};
}

const Override kBusy{"arrivals", "{rate: 10 Hz, requests: 3000, warm_up: 300}"};

TEST(CoreSplits, AgreeWithTheSimulator) {
    const auto [scenario, result] = ran({kBusy});
    const auto stages = splits_by_stage(result.core_splits);
    ASSERT_EQ(stages.size(), 2U);
    for (const CoreSplit& split : stages.back()) {
        ASSERT_EQ(split.stage, "rerank");
        EXPECT_EQ(split.side_by_side, 3 / split.cores);
        const auto same = ran({kBusy, {"stages.rerank.cores", "{npu: " + std::to_string(split.cores) + "}"}});
        const auto traffic = simulate_traffic(same.scenario, same.result, {.outlook = false});
        EXPECT_NEAR(in_seconds(split.alone), in_seconds(same.result.total.latency.median), 1e-9);
        EXPECT_EQ(split.sustainable, traffic->simulation.sustainable);
        ASSERT_EQ(split.mean.has_value(), traffic->simulation.latency.has_value());
        if (split.mean) {
            EXPECT_EQ(*split.mean, traffic->simulation.latency->mean.value);
            EXPECT_EQ(*split.p95, traffic->simulation.latency->p95.value);
        }
    }
    EXPECT_EQ(std::ranges::count(stages.back(), true, &CoreSplit::current), 1);
}

TEST(CoreSplits, SideBySideSustainsMoreThanOneOverAllCores) {
    const auto [scenario, result] = ran({{"objective", "throughput"}});
    for (const auto splits : splits_by_stage(result.core_splits)) {
        for (std::size_t i = 1; i < splits.size(); ++i) {
            EXPECT_LE(splits[i].alone, splits[i - 1].alone * (1 + 1e-2));  // cores read some operands redundantly
            EXPECT_LE(splits[i].sustainable, splits[i - 1].sustainable * (1 + 1e-2));
        }
        EXPECT_EQ(best_split(splits, Objective::kThroughput)->cores, 1);
        EXPECT_FALSE(splits.front().mean);
    }
}

TEST(CoreSplits, RecommendWhatServesBest) {
    const auto [scenario, result] =
        ran({{"objective", "throughput"}, {"stages.rerank.core_mask", "{npu: 7}"}, {"stages.rerank.on", "npu"}});
    const auto found = findings(scenario, result);
    const auto cores = std::ranges::find_if(
        found, [](const Finding& each) { return each.kind == FindingKind::kCores && each.stage == "rerank"; });
    ASSERT_NE(cores, found.end());
    EXPECT_THAT(cores->text,
                testing::StartsWith("With 1 core of npu per request (3 requests side by side) instead of 3 (1), "));
    EXPECT_EQ(cores->change.front(), (std::pair<std::string, std::string>{"stages.rerank.cores", "{npu: 1}"}));
}

TEST(CoreSplits, BestOfNumbers) {
    CoreSplit one, two, three;
    one.current = true;
    one.sustainable = hertz(30);
    two.sustainable = hertz(30.5);
    three.sustainable = hertz(20);
    std::vector<CoreSplit> splits{one, two, three};
    EXPECT_EQ(best_split(splits, Objective::kThroughput), &splits[0]);  // a gain of 1.7 % does not justify a change
    EXPECT_EQ(best_split(splits, Objective::kLatency), &splits[0]);     // none is stable: the highest sustainable rate
    splits[1].mean = milliseconds(50);
    splits[2].mean = milliseconds(40);
    EXPECT_EQ(best_split(splits, Objective::kLatency), &splits[2]);
    splits[0].mean = milliseconds(41);
    EXPECT_EQ(best_split(splits, Objective::kLatency), &splits[0]);
    EXPECT_EQ(best_split({}, Objective::kLatency), nullptr);
}

}  // namespace
}  // namespace berth
