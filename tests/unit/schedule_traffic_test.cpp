// Traffic of a scenario: how it is read, and that a simulated request agrees with the predicted total.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "berth/simulated_scenario.h"
#include "berth/traffic_report.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

using namespace literals;

class ReadTraffic : public ScenarioFolder {
  protected:
    [[nodiscard]] Loaded load_arrivals(const std::string& arrivals) const {
        return load_text("scenario: s\nhardware: board\nstages: [{name: a, takes: 1 ms}]\narrivals: " + arrivals +
                         "\n");
    }
};

TEST_F(ReadTraffic, UsersRateAndTrace) {
    const auto users = load_arrivals("{users: 4, think: 100 ms, requests: 500, warm_up: 10, seed: 7}");
    ASSERT_TRUE(users.scenario && users.scenario->traffic);
    const auto& loop = std::get<ClosedLoop>(users.scenario->traffic->arrivals);
    EXPECT_EQ(loop.users, 4);
    EXPECT_EQ(loop.think, 100_ms);
    EXPECT_EQ(users.scenario->traffic->requests, 500U);
    EXPECT_EQ(users.scenario->traffic->warm_up, 10U);
    EXPECT_EQ(users.scenario->traffic->seed, 7U);

    const auto rate = load_arrivals("{rate: 5 Hz}");
    ASSERT_TRUE(rate.scenario && rate.scenario->traffic);
    EXPECT_EQ(std::get<PoissonArrivals>(rate.scenario->traffic->arrivals).rate, 5_Hz);

    write("scenarios/log.csv", "user,arrival_ms\na,0\nb,2.5\nb,2.5\n");
    const auto trace = load_arrivals("{trace: log.csv}");
    ASSERT_TRUE(trace.scenario && trace.scenario->traffic) << trace.complaints;
    EXPECT_EQ(std::get<ArrivalTrace>(trace.scenario->traffic->arrivals).times,
              (std::vector<Time>{0_ms, milliseconds(2.5), milliseconds(2.5)}));
    EXPECT_EQ(trace.scenario->traffic->requests, 3U);
    EXPECT_EQ(trace.scenario->traffic->warm_up, 0U);
}

TEST_F(ReadTraffic, WhatIsWrongWithIt) {
    EXPECT_EQ(load_arrivals("{rate: 5 Hz, users: 2}").complaints,
              "scenarios/s.yaml:4:11: error: arrivals: arrivals are of one kind (expected one of users, rate and "
              "trace)\n");
    EXPECT_EQ(load_arrivals("5").complaints,
              "scenarios/s.yaml:4:11: error: arrivals: this is no traffic (expected a map, such as {rate: 5 Hz})\n");
    EXPECT_THAT(load_arrivals("{rate: 0 Hz}").complaints, testing::HasSubstr("s.yaml:4:18: error: arrivals.rate"));
    EXPECT_THAT(load_arrivals("{users: 0}").complaints, testing::HasSubstr("s.yaml:4:19: error: arrivals.users"));
    EXPECT_THAT(load_arrivals("{rate: 5 Hz, think: 1 s}").complaints, testing::HasSubstr("only users think"));
    EXPECT_THAT(load_arrivals("{rate: 5 Hz, sed: 1}").complaints, testing::HasSubstr("did you mean seed?"));
    EXPECT_THAT(load_arrivals("{trace: none.csv}").complaints, testing::HasSubstr("no file 'none.csv'"));
    write("scenarios/log.csv", "arrival_ms\n5\n4\n");
    EXPECT_THAT(load_arrivals("{trace: log.csv}").complaints, testing::HasSubstr("'4' is no time of arrival"));
    write("scenarios/log.csv", "when\n5\n");
    EXPECT_THAT(load_arrivals("{trace: log.csv}").complaints, testing::HasSubstr("has no column 'arrival_ms'"));
}

struct Evaluation {
    std::optional<ScenarioResult> result;
    std::string complaints;
};

struct Traffic1 {
    Scenario scenario;
    ScenarioResult result;
};

Traffic1 reference(const std::string& name, const std::string& arrivals) {
    Diagnostics diagnostics;
    auto scenario = load_scenario({{BERTH_SOURCE_DIR}}, name, {{"arrivals", arrivals}}, diagnostics);
    auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
    if (!result) {
        throw std::runtime_error(diagnostics.text());
    }
    result->traffic = simulate_traffic(*scenario, *result, 2);
    return {std::move(*scenario), std::move(*result)};
}

class RequestAlone : public testing::TestWithParam<const char*> {};

TEST_P(RequestAlone, TakesThePredictedTotal) {
    const auto [scenario, result] = reference(GetParam(), "{users: 1, requests: 3, warm_up: 0}");
    const double predicted = in_milliseconds(result.total.latency.median);
    EXPECT_NEAR(in_milliseconds(time_alone(result.traffic->system)), predicted, 1e-9 * predicted);
    EXPECT_NEAR(in_milliseconds(result.traffic->simulation.latency->p50.value), predicted, 1e-9 * predicted);
}

INSTANTIATE_TEST_SUITE_P(Shipped, RequestAlone,
                         testing::Values("rag-rk3588", "rag-rk3588-bucket-128", "rag-rk3588-no-npu", "rag-rk3588-batch",
                                         "rag-rk3588-no-reranker"));

TEST(SimulatedScenario, OverloadAndTrace) {
    const auto [slow, overloaded] = reference("rag-rk3588", "{rate: 100 Hz}");
    EXPECT_FALSE(overloaded.traffic->simulation.stable);
    EXPECT_THAT(traffic_text(*overloaded.traffic, slow), testing::StartsWith("Unstable under 100 requests per second"));

    const auto [scenario, result] = reference("rag-rk3588-bucket-128", "{rate: 3 Hz, requests: 2000}");
    ASSERT_TRUE(result.traffic->simulation.stable);
    EXPECT_GE(result.traffic->simulation.latency->p99.value, result.traffic->simulation.latency->p50.value);
    EXPECT_GE(result.traffic->simulation.latency->mean.value, time_alone(result.traffic->system) * (1 - 1e-9));
    const auto trace = nlohmann::json::parse(chrome_trace(*result.traffic));
    std::size_t spans = 0;
    for (const auto& event : trace["traceEvents"]) {
        spans += event["ph"] == "X" ? 1 : 0;
        EXPECT_TRUE(event["ph"] != "X" || event["dur"].get<double>() >= 0);
    }
    EXPECT_EQ(spans, 2 * result.traffic->system.tasks.size());
}

// With one request at a time arrivals leave nothing to chance: the outlook is the probability of the total.
TEST(SimulatedScenario, OutlookOnTheBudget) {
    const auto [scenario, alone] = reference("rag-rk3588-bucket-128", "{users: 1, requests: 400, warm_up: 0}");
    ASSERT_TRUE(alone.traffic->budget && alone.total.budget_probability);
    EXPECT_EQ(alone.traffic->budget->by_chance, 1);
    EXPECT_NEAR(alone.traffic->budget->probability, *alone.total.budget_probability, 0.08);
    EXPECT_EQ(alone.traffic->budget->unstable, 0);

    const auto [busy_scenario, busy] = reference("rag-rk3588-bucket-128", "{rate: 5 Hz, requests: 4000}");
    EXPECT_LT(busy.traffic->budget->by_chance, 1);
    EXPECT_GT(busy.traffic->budget->by_chance, busy.traffic->budget->probability);
    EXPECT_THAT(traffic_text(*busy.traffic, busy_scenario), testing::HasSubstr("lost to contention"));
    Time stages;
    for (const PhaseTime& phase : busy.traffic->simulation.phases) {
        stages += phase.mean;
    }
    EXPECT_NEAR(in_seconds(stages), in_seconds(busy.traffic->simulation.latency->mean.value), 1e-9);
}

Evaluation slowed(const std::string& rerank, const std::string& allowed) {
    Diagnostics diagnostics;
    Evaluation all;
    auto scenario = load_scenario({{BERTH_SOURCE_DIR}}, "rag-rk3588-bucket-128",
                                  {{"arrivals", "{rate: 3 Hz, requests: 2000}"},
                                   {"stages.embed.on", "cpu"},
                                   {"stages.embed.slows", "{retrieve: " + allowed + "}"},
                                   {"stages.rerank.on", rerank}},
                                  diagnostics);
    all.result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
    all.complaints = diagnostics.text();
    return all;
}

TEST(SimulatedScenario, OneStageMustNotSlowAnother) {
    const auto loose = slowed("npu", "10000%");
    ASSERT_TRUE(loose.result) << loose.complaints;
    ASSERT_EQ(loose.result->slowdowns.size(), 1U);
    const double share = loose.result->slowdowns.front().share.value();
    EXPECT_GT(share, 0.05);  // the search waits while all of the CPU embeds
    const auto strict = slowed("npu", "1%");
    EXPECT_FALSE(strict.result);
    EXPECT_THAT(strict.complaints, testing::HasSubstr("stage 'embed' has no placement that keeps to 'slows': on cpu it "
                                                      "slows 'retrieve' by "));
    Diagnostics diagnostics;
    const auto free = load_scenario({{BERTH_SOURCE_DIR}}, "rag-rk3588-bucket-128",
                                    {{"arrivals", "{rate: 3 Hz, requests: 2000}"},
                                     {"hardware.devices.npu.clock", "300 MHz"},
                                     {"stages.embed.slows", "{retrieve: 1%}"}},
                                    diagnostics);
    ASSERT_TRUE(free) << diagnostics.text();
    const auto placed = evaluate(*free, diagnostics);
    ASSERT_TRUE(placed) << diagnostics.text();
    EXPECT_EQ(placed->stages.front().candidates[*placed->stages.front().chosen].placement, "npu");
}

TEST(SimulatedScenario, NoArrivalsNoTraffic) {
    Diagnostics diagnostics;
    const auto scenario = load_scenario({{BERTH_SOURCE_DIR}}, "rag-rk3588", {}, diagnostics);
    const auto result = evaluate(*scenario, diagnostics);
    EXPECT_FALSE(simulate_traffic(*scenario, *result));
}

}  // namespace
}  // namespace berth
