// A crossing has the same position in every view.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <variant>

#include "analysis/crossing_search.h"
#include "berth/analysis/crossover.h"
#include "berth/analysis/latency_curve.h"

namespace berth {
namespace {

using namespace literals;

LatencyCurve steps(std::vector<std::pair<std::int64_t, Time>> points) {
    LatencyCurve curve;
    curve.steps = true;
    for (const auto& [tokens, time] : points) {
        curve.points.push_back({tokens, log_normal_estimate(time, 0.1)});
    }
    return curve;
}

LatencyCurve line(std::int64_t from, std::int64_t to, const std::function<Time(std::int64_t)>& latency) {
    LatencyCurve curve;
    for (const std::int64_t tokens : {from, to}) {
        curve.points.push_back({tokens, log_normal_estimate(latency(tokens), 0.1)});
    }
    return curve;
}

TEST(CrossingSearch, WholeNumbersAndShares) {
    EXPECT_EQ(narrowed(1, 100, true, [](double value) { return value < 42; }), (std::pair{41.0, 42.0}));
    EXPECT_EQ(narrowed(100, 1, true, [](double value) { return value >= 42; }), (std::pair{42.0, 41.0}));
    const auto [below, above] = narrowed(1, 100, false, [](double value) { return value < 42.5; });
    EXPECT_LT(below, 42.5);
    EXPECT_GE(above, 42.5);
    EXPECT_LE(above - below, 42.5e-4);
}

// 10 ms up to 128 tokens and 40 ms from 129 on, against a quadratic curve that no line between its points matches.
TEST(CurveCrossings, AreNarrowedDownToTheToken) {
    const auto bent = [](std::int64_t tokens) {
        return milliseconds(4.999 + 0.0005 * static_cast<double>(tokens * tokens));
    };
    const std::vector<LatencyCurve> curves{steps({{128, 10_ms}, {512, 40_ms}}), line(1, 512, bent)};
    const auto found = curve_crossings(curves, [&](std::size_t curve, std::int64_t tokens) {
        EXPECT_EQ(curve, 1U);
        return bent(tokens);
    });
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].tokens, 101);  // 4.999 + 0.0005 x 101^2 = 10.1; 9.999 at 100
    EXPECT_FALSE(found[0].second_is_faster);
    EXPECT_EQ(found[1].tokens, 129);
    EXPECT_TRUE(found[1].second_is_faster);
    EXPECT_EQ(found[1].latency, bent(129));
    EXPECT_EQ(found[2].tokens, 265);  // 4.999 + 0.0005 x 265^2 = 40.1
    EXPECT_EQ(found[2].latency, 40_ms);
}

TEST(CurveCrossings, NoneOfOneThatIsProposedOrAlwaysSlower) {
    const auto never = [](std::size_t, std::int64_t) -> Time { throw std::logic_error("nothing is between"); };
    LatencyCurve slow = steps({{128, 50_ms}, {512, 60_ms}});
    const LatencyCurve fast = steps({{256, 10_ms}, {512, 40_ms}});
    EXPECT_TRUE(curve_crossings({slow, fast}, never).empty());
    slow = steps({{128, 1_ms}, {512, 60_ms}});
    EXPECT_EQ(curve_crossings({slow, fast}, never).size(), 1U);
    slow.proposed = true;
    EXPECT_TRUE(curve_crossings({slow, fast}, never).empty());
    EXPECT_TRUE(curve_crossings({LatencyCurve{}, fast}, never).empty());
}

class Reference : public testing::Test {
  protected:
    [[nodiscard]] static CrossoverQuestion question(const std::string& range) {
        Diagnostics diagnostics;
        return {{{{BERTH_SOURCE_DIR}}, "rag-rk3588", {}}, *parse_range(range, diagnostics), "rerank", {"npu", "cpu"}};
    }
};

TEST_F(Reference, TheCommandTheMapAndTheCurvesAgree) {
    Diagnostics diagnostics;
    const auto along = find_crossovers(question("stages.rerank.tokens=16:512"), diagnostics);
    ASSERT_TRUE(along) << diagnostics.text();
    ASSERT_EQ(along->crossings.size(), 1U);
    const auto tokens = static_cast<std::int64_t>(along->crossings.front().above);

    const auto up = parse_range("stages.rerank.tokens=16:512", diagnostics);
    const auto map = map_crossovers(question("models.ms-marco-MiniLM-L-12-v2.sizes.layers=11:12"), *up, 1, diagnostics);
    ASSERT_TRUE(map) << diagnostics.text();
    ASSERT_EQ(map->across.values.back(), "12");
    ASSERT_EQ(map->crossings.back().size(), 1U);
    EXPECT_EQ(map->crossings.back().front().above, static_cast<double>(tokens));
    EXPECT_EQ(map->crossings.back().front().from, std::to_string(tokens));
    EXPECT_TRUE(map->crossings.back().front().first_wins);

    const auto scenario = load_scenario({{BERTH_SOURCE_DIR}}, "rag-rk3588", {}, diagnostics);
    const auto stage = std::ranges::find(scenario->stages, std::string("rerank"), &Stage::name);
    const TokenCurves curves = latency_curves(*stage, scenario->profile);
    ASSERT_EQ(curves.crossings.size(), 1U);
    EXPECT_EQ(curves.crossings.front().tokens, tokens);
    EXPECT_LE(curves.crossings.front().latency,
              curves.curves[curves.crossings.front().first].points.back().latency.high);
}

// A crossing between two values of the map has the same position as between two points of the curve.
TEST_F(Reference, OtherStepsFindTheSameCrossing) {
    Diagnostics diagnostics;
    const auto coarse = find_crossovers(question("stages.rerank.tokens=100:500"), diagnostics);
    const auto fine = find_crossovers(question("stages.rerank.tokens=200:300"), diagnostics);
    ASSERT_TRUE(coarse && fine) << diagnostics.text();
    ASSERT_EQ(coarse->crossings.size(), 1U);
    ASSERT_EQ(fine->crossings.size(), 1U);
    EXPECT_EQ(coarse->crossings.front().above, fine->crossings.front().above);
}

// The same for a number that is written as a share of another one.
TEST(CrossingSearch, AMapKnowsTheScenarioAsItIs) {
    Diagnostics diagnostics;
    const Library shipped{{BERTH_SOURCE_DIR}};
    const auto across = parse_stepped_range("stages.rerank.tokens=100:200:100", 10, diagnostics);
    const auto up = parse_stepped_range("hardware.devices.npu.dma.bandwidth=10 GB/s:20 GB/s:10 GB/s", 10, diagnostics);
    const auto map =
        map_crossovers({{shipped, "rag-rk3588", {}}, *across, "rerank", {"npu", "cpu"}}, *up, 1, diagnostics);
    ASSERT_TRUE(map && map->today) << diagnostics.text();
    EXPECT_EQ(map->today->first, "122");
    auto now = load_scenario(shipped, "rag-rk3588", {}, diagnostics);
    const auto views = parameters(now->profile);
    const auto view = std::ranges::find(views, "devices.npu.dma.bandwidth", &ParameterView::path);
    EXPECT_FALSE(view->base.empty());
    EXPECT_EQ(map->today->second, up->text(view->value / 1e9));
}

}  // namespace
}  // namespace berth
