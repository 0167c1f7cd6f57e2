// Kernels worth measuring are those that share uncertain numbers with a decision.
#include <gmock/gmock.h>

#include "berth/analysis/next_measurement.h"
#include "berth/scenario/scenario.h"

namespace berth {
namespace {

class NextMeasurement : public ::testing::Test {
  protected:
    static std::vector<WorthMeasuring> ranked(const std::vector<Override>& settings, double noise) {
        Diagnostics diagnostics;
        const auto scenario = load_scenario({{std::string(BERTH_SOURCE_DIR)}}, "rag-rk3588", settings, diagnostics);
        const auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
        EXPECT_TRUE(result.has_value()) << diagnostics.text();
        return next_measurements(*scenario, *result, noise);
    }
};

TEST_F(NextMeasurement, RanksSharesOfTheVariance) {
    const auto found = ranked({}, 0.05);
    ASSERT_GT(found.size(), 10U);
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_GE(found[i].removes, 0);
        EXPECT_LE(found[i].removes, 1);  // by Cauchy and Schwarz
        EXPECT_TRUE(i == 0 || found[i].removes <= found[i - 1].removes);
    }
    EXPECT_GT(found.front().removes, 0.1);
}

TEST_F(NextMeasurement, AWorseMeasurementTellsLess) {
    EXPECT_LT(ranked({}, 1.0).front().removes, ranked({}, 0.05).front().removes);
}

TEST_F(NextMeasurement, WhereADecisionIsSureTheLatencyIsTheGoal) {
    bool decides = false, narrows = false;
    for (const WorthMeasuring& one : ranked({}, 0.05)) {
        // The embedder runs on the NPU with more than 99.9 %, the reranker on the CPU with 95 %.
        EXPECT_EQ(one.goal, one.stage == "embed" ? MeasurementGoal::kLatency : MeasurementGoal::kDecision) << one.stage;
        decides = decides || one.goal == MeasurementGoal::kDecision;
        narrows = narrows || one.goal == MeasurementGoal::kLatency;
    }
    EXPECT_TRUE(decides && narrows);
}

TEST_F(NextMeasurement, NamesEachKernelOnce) {
    const auto found = ranked({}, 0.05);
    for (std::size_t i = 0; i < found.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            EXPECT_FALSE(found[i].device == found[j].device && found[i].kernel == found[j].kernel);
        }
    }
}

}  // namespace
}  // namespace berth
