// Traffic of a scenario: reading, and agreement of a single simulated request with the predicted total.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "berth/evaluation/simulated_scenario.h"
#include "berth/report/traffic_report.h"
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
    EXPECT_FALSE(load_arrivals("{rate: 5 Hz}").scenario->traffic->warm_up);
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
    write("scenarios/log.csv", "arrival_ms\n5\n1e300\n");
    EXPECT_THAT(load_arrivals("{trace: log.csv}").complaints,
                testing::HasSubstr("'1e300' is no time of arrival (expected milliseconds, not before the row above and "
                                   "at most 1e12)"));
    write("scenarios/log.csv", "when\n5\n");
    EXPECT_THAT(load_arrivals("{trace: log.csv}").complaints, testing::HasSubstr("has no column 'arrival_ms'"));
}

// Both ends of every range are valid; a value beyond is an error that states the range.
TEST_F(ReadTraffic, EveryNumberHasARange) {
    for (const char* good : {"{users: 1, think: 0 s}", "{users: 100000, think: 100000 s}", "{rate: 1e-5 Hz}",
                             "{rate: 1 MHz}", "{rate: 1 Hz, requests: 1, warm_up: 0, seed: 0}",
                             "{rate: 1 Hz, requests: 100000000, warm_up: 100000, seed: 1000000000}"}) {
        EXPECT_EQ(load_arrivals(good).complaints, "") << good;
    }
    for (const auto& [bad, range] :
         std::vector<std::pair<std::string, std::string>>{{"{users: 1, think: 1e308 s}", "arrivals.think"},
                                                          {"{users: 1, think: 100001 s}", "(expected 0 s to "},
                                                          {"{users: 1, think: -1 s}", "'-1 s' is negative"},
                                                          {"{users: 100001}", "100000"},
                                                          {"{rate: 1e308 Hz}", "arrivals.rate"},
                                                          {"{rate: 1e-300 Hz}", "arrivals.rate"},
                                                          {"{rate: 2 MHz}", " to 1 MHz)"},
                                                          {"{rate: 1 Hz, requests: 0}", "100000000"},
                                                          {"{rate: 1 Hz, warm_up: -1}", "100000"},
                                                          {"{rate: 1 Hz, warm_up: 100001}", "100000"},
                                                          {"{rate: 1 Hz, seed: 1e10}", "seed"}}) {
        EXPECT_THAT(load_arrivals(bad).complaints, testing::HasSubstr(range)) << bad;
    }
}

struct Evaluation {
    std::optional<ScenarioResult> result;
    std::string complaints;
};

struct Traffic1 {
    Scenario scenario;
    ScenarioResult result;
};

Traffic1 reference(const std::string& name, const std::string& arrivals, std::vector<Override> settings = {}) {
    Diagnostics diagnostics;
    settings.push_back({"arrivals", arrivals});
    auto scenario = load_scenario({{BERTH_SOURCE_DIR}}, name, settings, diagnostics);
    auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
    if (!result) {
        throw std::runtime_error(diagnostics.text());
    }
    StreamOptions stream;
    stream.traced = 2;
    result->traffic = simulate_traffic(*scenario, *result, stream);
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

// A stream at two thirds of its NPU's capacity, with a thousand operators per request.
constexpr const char* kSpokenAnswer = R"(scenario: A spoken question on one NPU
hardware: rk3588-rkllm-1.3.0
stages:
  - {name: listen, model: whisper-base-encoder, dtype: fp16, tokens: 1500, on: npu}
  - {name: transcribe, model: whisper-base-decoder, dtype: fp16, phase: generate, prompt: 1, new_tokens: 20, on: npu}
  - {name: read, model: qwen2.5-1.5b, dtype: int8, phase: prefill, prompt: 128, on: npu}
  - {name: rerank, model: ms-marco-MiniLM-L-12-v2, dtype: int8, tokens: 122, buckets: [128], repeat: 5, on: npu}
budget: 3 s
)";

Traffic1 spoken(double load, std::int64_t requests) {
    Diagnostics diagnostics;
    const ScratchFolder folder;
    const auto path = folder.write("spoken-answer.yaml", kSpokenAnswer);
    const auto with = [&](double rate) {
        const std::string arrivals = fmt::format("{{rate: {} Hz, requests: {}}}", rate, requests);
        return load_scenario({{BERTH_SOURCE_DIR}}, path.string(), {{"arrivals", arrivals}}, diagnostics);
    };
    auto scenario = with(1);
    auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
    if (!result) {
        throw std::runtime_error(diagnostics.text());
    }
    const double sustainable = in_hertz(simulate_traffic(*scenario, *result)->simulation.sustainable);
    scenario = with(load * sustainable);
    result->traffic = simulate_traffic(*scenario, *result);
    return {std::move(*scenario), std::move(*result)};
}

TEST(SimulatedScenario, AStreamAtTwoThirdsDoesNotPileUp) {
    const auto [scenario, result] = spoken(0.65, 100'000);
    const TrafficResult& traffic = *result.traffic;
    EXPECT_TRUE(traffic.simulation.stable);
    EXPECT_TRUE(traffic.simulation.converged);
    EXPECT_NEAR(traffic.simulation.load->value, 0.65, 1e-3);
    EXPECT_EQ(traffic.simulation.load->bottleneck, "npu");
    EXPECT_NEAR(traffic.simulation.pools[0].name == "npu" ? traffic.simulation.pools[0].utilisation
                                                          : traffic.simulation.pools[1].utilisation,
                0.65, 0.03);
    EXPECT_LT(traffic.stability->unstable, 0.2);
    EXPECT_LE(traffic.stability->low, 0.65);
    EXPECT_GE(traffic.stability->high, 0.65);
    EXPECT_THAT(traffic_text(traffic, scenario), Not(testing::HasSubstr("99.9")));
    EXPECT_LT(traffic.system.tasks.size(), 400U);  // of about a thousand operators
}

// Stability, load, and the probability of instability agree on both sides of the sustainable rate.
TEST(SimulatedScenario, StabilityIsSaidOnce) {
    double before = 0;
    for (const double load : {0.3, 0.9, 0.99, 1.01, 1.2, 3.0}) {
        const auto [scenario, result] = spoken(load, 8'000);  // near its capacity a stream is long
        const TrafficResult& traffic = *result.traffic;
        EXPECT_EQ(traffic.simulation.stable, load < 1) << load;
        EXPECT_NEAR(traffic.simulation.load->value, load, 2e-3 * load);
        EXPECT_EQ(traffic.simulation.latency.has_value(), load < 1);
        const double unstable = traffic.stability->unstable;
        EXPECT_GE(unstable, before);
        before = unstable;
        EXPECT_TRUE(load < 1 ? unstable < 0.52 : unstable > 0.48) << load << ": " << unstable;
        EXPECT_LE(traffic.budget->probability.value, 1 - unstable + 1e-9);
    }
}

// A stage of fixed time occupies its device, or nothing if it has none.
TEST(SimulatedScenario, AFixedTimeHoldsCoresOfItsDevice) {
    const auto waited = [](const std::string& on) {
        const auto [scenario, result] = reference("rag-rk3588-bucket-128", "{rate: 3 Hz}",
                                                  {{"stages.retrieve", "{name: retrieve, takes: 150 ms" + on + "}"}});
        Time sum;
        for (const OperatorContention& one : result.traffic->operators) {
            sum += one.delay.waited + one.delay.slowed;
        }
        return sum;
    };
    const Time elsewhere = waited("");
    const Time one_core = waited(", on: npu");
    const Time all_cores = waited(", on: npu, cores: {npu: 3}");
    EXPECT_LT(elsewhere, one_core);
    EXPECT_LT(one_core, all_cores);
    EXPECT_LT(elsewhere, waited(", on: cpu"));  // embedding lookups use all its cores
}

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

// Requirements of trace viewers: names, spans that do not overlap on a thread, an end for every begin, arrows within
// spans, counters.
TEST(SimulatedScenario, TraceHasNamesRequestsArrowsAndBandwidth) {
    const auto [scenario, result] = reference("rag-rk3588-bucket-128", "{rate: 30 Hz, requests: 400}");
    TrafficResult first{result.traffic->system,
                        simulate_first_requests(result.traffic->system, scenario.traffic->arrivals, 6, 1)};
    const auto trace = nlohmann::json::parse(chrome_trace(first));
    using Thread = std::pair<int, int>;
    std::map<Thread, std::vector<std::pair<double, double>>> spans;
    std::set<int> processes;
    std::set<Thread> threads;
    std::map<int, std::vector<double>> requests, arrows;
    std::vector<std::pair<Thread, double>> ends_of_arrows;
    std::size_t counters = 0;
    for (const auto& event : trace["traceEvents"]) {
        const std::string kind = event["ph"];
        const Thread thread{event["pid"], event["tid"]};
        EXPECT_GT(thread.first, 0);
        if (event["name"] == "process_name") {
            EXPECT_TRUE(processes.insert(thread.first).second);
        } else if (event["name"] == "thread_name") {
            EXPECT_TRUE(threads.insert(thread).second);
        } else if (kind == "X") {
            const double start = event["ts"];
            spans[thread].emplace_back(start, start + event["dur"].get<double>());
        } else if (kind == "b" || kind == "e") {
            requests[event["id"].get<int>()].push_back(event["ts"]);
        } else if (kind == "s" || kind == "f") {
            arrows[event["id"].get<int>()].push_back(event["ts"]);
            ends_of_arrows.emplace_back(thread, event["ts"]);
        } else if (kind == "C") {
            ++counters;
            EXPECT_GE(event["args"]["GB/s"].get<double>(), 0);
        }
    }
    EXPECT_EQ(requests.size(), 6U);
    EXPECT_GT(counters, 10U);
    EXPECT_FALSE(arrows.empty());
    for (const auto* pairs : {&requests, &arrows}) {
        for (const auto& [id, times] : *pairs) {
            ASSERT_EQ(times.size(), 2U) << id;
            EXPECT_LE(times[0], times[1]) << id;
        }
    }
    for (auto& [thread, of_thread] : spans) {
        EXPECT_TRUE(threads.contains(thread) && processes.contains(thread.first));
        std::ranges::sort(of_thread);
        for (std::size_t i = 1; i < of_thread.size(); ++i) {
            EXPECT_LE(of_thread[i - 1].second, of_thread[i].first + 0.002);
        }
    }
    for (const auto& [thread, at] : ends_of_arrows) {
        EXPECT_TRUE(std::ranges::any_of(spans[thread],
                                        [at = at](const auto& span) { return span.first <= at && at <= span.second; }));
    }
}

// With one request at a time arrivals add no randomness, so the outlook is the probability of the total.
TEST(SimulatedScenario, OutlookOnTheBudget) {
    const auto [scenario, alone] = reference("rag-rk3588-bucket-128", "{users: 1, requests: 400, warm_up: 0}");
    ASSERT_TRUE(alone.traffic->budget && alone.total.budget_probability);
    EXPECT_EQ(alone.traffic->budget->by_chance.value, 1);
    EXPECT_LE(alone.traffic->budget->probability.low - 0.01, *alone.total.budget_probability);
    EXPECT_GE(alone.traffic->budget->probability.high + 0.01, *alone.total.budget_probability);
    EXPECT_TRUE(alone.traffic->budget->converged);
    EXPECT_FALSE(alone.traffic->stability);

    const auto [busy_scenario, busy] = reference("rag-rk3588-bucket-128", "{rate: 5 Hz, requests: 4000}");
    EXPECT_LT(busy.traffic->budget->by_chance.value, 1);
    EXPECT_GT(busy.traffic->budget->by_chance.value, busy.traffic->budget->probability.value);
    EXPECT_THAT(traffic_text(*busy.traffic, busy_scenario), testing::HasSubstr("delay by contention"));
    Time stages;
    for (const PhaseTime& phase : busy.traffic->simulation.phases) {
        stages += phase.mean;
    }
    EXPECT_NEAR(in_seconds(stages), in_seconds(busy.traffic->simulation.latency->mean.value), 1e-9);
}

// Where no number is uncertain, the arrivals decide alone, and one probability is given.
TEST(SimulatedScenario, ABudgetWithoutUncertainNumbersHasOneProbability) {
    const auto [scenario, fixed] =
        reference("rag-rk3588", "{rate: 80 Hz}",
                  {{"stages.embed.enabled", "false"},
                   {"stages.rerank.enabled", "false"},
                   {"stages.retrieve", "{name: retrieve, takes: 10 ms, on: npu, cores: {npu: 3}}"},
                   {"budget", "30 ms"}});
    const auto& budget = fixed.traffic->budget;
    ASSERT_TRUE(budget);
    EXPECT_GT(budget->by_chance.value, 0);
    EXPECT_LT(budget->by_chance.value, 1);
    EXPECT_EQ(budget->probability.value, budget->by_chance.value);
    const std::string text = traffic_text(*fixed.traffic, scenario);
    EXPECT_THAT(text, testing::HasSubstr("Nothing else is uncertain."));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("uncertainty included")));
}

// Each uncertain number has its own random stream: removing one does not change the draws of the others.
TEST(SimulatedScenario, WhatIsDrawnDoesNotDependOnWhatElseIsUncertain) {
    const auto outlook = [](const std::string& path, const std::string& value) {
        Diagnostics diagnostics;
        const auto scenario = load_scenario({{BERTH_SOURCE_DIR}}, "rag-rk3588-bucket-128",
                                            {{"arrivals", "{rate: 4 Hz, requests: 500}"}, {path, value}}, diagnostics);
        const auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
        EXPECT_TRUE(result.has_value()) << diagnostics.text();
        const auto budget = simulate_traffic(*scenario, *result)->budget.value();
        return std::tuple(budget.by_chance.value, budget.probability.value, result->uncertain_numbers.size());
    };
    const auto as_it_is = outlook("hardware.devices.cpu.matrix.efficiency", "21%");
    const auto [by_chance, probability, numbers] = outlook("hardware.devices.npu.vector.gather.per_cycle", "1.26 ± 0%");
    EXPECT_EQ(std::get<0>(as_it_is), by_chance);
    EXPECT_EQ(std::get<1>(as_it_is), probability);
    EXPECT_EQ(std::get<2>(as_it_is), numbers + 1);
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
    EXPECT_GT(share, 0.05);  // the search waits while embedding uses the whole CPU
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

TEST(SimulatedScenario, AMillionPassesAreSimulatedAsLongerOnes) {
    for (const char* repeat : {"256", "257", "1000000"}) {
        const auto [scenario, result] =
            reference("rag-rk3588", "{users: 1, think: 1 s, requests: 2}", {{"stages.rerank.repeat", repeat}});
        EXPECT_LT(result.traffic->system.tasks.size(), 20000U) << repeat;
        EXPECT_NEAR(time_alone(result.traffic->system) / result.total.latency.median, 1, 1e-6) << repeat;
    }
}

TEST(SimulatedScenario, NoArrivalsNoTraffic) {
    Diagnostics diagnostics;
    const auto scenario = load_scenario({{BERTH_SOURCE_DIR}}, "rag-rk3588", {}, diagnostics);
    const auto result = evaluate(*scenario, diagnostics);
    EXPECT_FALSE(simulate_traffic(*scenario, *result));
}

}  // namespace
}  // namespace berth
