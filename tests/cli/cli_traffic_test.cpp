// berth run with arrivals: percentiles, overload, traces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/run_berth.h"

namespace berth {
namespace {

using CliTraffic = BerthCommand;

TEST_F(CliTraffic, AsJsonAndAsTrace) {
    const std::vector<std::string> words{"run",      "rag-rk3588-bucket-128",
                                         "--set",    "arrivals={rate: 3 Hz, requests: 2000}",
                                         "--trace",  "trace.json",
                                         "--format", "json"};
    const Outcome outcome = berth(words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const auto traffic = outcome.json()["traffic"];
    EXPECT_EQ(traffic["stable"], true);
    EXPECT_LE(traffic["p50"]["value_ms"].get<double>(), traffic["p99"]["value_ms"].get<double>());
    EXPECT_LE(traffic["p95"]["low_ms"].get<double>(), traffic["p95"]["value_ms"].get<double>());
    EXPECT_GT(traffic["utilisation"]["npu"].get<double>(), 0);
    EXPECT_LE(traffic["utilisation"]["npu"].get<double>(), 1);
    EXPECT_GT(traffic["sustainable_per_s"].get<double>(), 3);
    EXPECT_TRUE(nlohmann::json::parse(content_of(folder() / "trace.json")).contains("traceEvents"));
    EXPECT_EQ(berth(words).out, outcome.out);
    EXPECT_FALSE(berth({"run", "rag-rk3588", "--format", "json"}).json().contains("traffic"));
}

TEST_F(CliTraffic, OverloadHasNoPercentiles) {
    const Outcome outcome =
        berth({"run", "rag-rk3588-bucket-128", "--set", "arrivals={rate: 50 Hz}", "--format", "json"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const auto traffic = outcome.json()["traffic"];
    EXPECT_EQ(traffic["stable"], false);
    EXPECT_TRUE(traffic["p95"].is_null());
    EXPECT_LT(traffic["sustainable_per_s"].get<double>(), 50);
    EXPECT_THAT(
        berth({"run", "rag-rk3588-bucket-128", "--set", "arrivals={rate: 50 Hz}"}).out,
        ::testing::HasSubstr("Unstable under 50 requests per second at random times (Poisson): requests pile up."));
}

// Calls on one core of the NPU and on all three: what is called sustainable must not pile up, and more must.
TEST_F(CliTraffic, CallsOnOneAndOnAllCoresSustainWhatIsSaid) {
    const auto at = [this](double rate) {
        return berth({"run", "camera-rk3588", "--set", "stages.classify.cores={npu: 3}", "--set",
                      "arrivals={rate: " + std::to_string(rate) + " Hz, requests: 20000}", "--format", "json"})
            .json()["traffic"];
    };
    const double most = at(20)["sustainable_per_s"].get<double>();
    const auto below = at(0.9 * most);
    EXPECT_EQ(below["stable"], true);
    EXPECT_LT(below["mean"]["value_ms"].get<double>(), 1000);
    EXPECT_NEAR(below["throughput_per_s"].get<double>(), 0.9 * most, 0.02 * most);
    EXPECT_EQ(at(1.1 * most)["stable"], false);
}

TEST_F(CliTraffic, ATraceOfWhatPilesUpHoldsItsFirstRequests) {
    const Outcome outcome =
        berth({"run", "rag-rk3588-bucket-128", "--set", "arrivals={rate: 50 Hz}", "--trace", "trace.json"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.err, ::testing::HasSubstr("trace.json: warning: requests pile up"));
    const auto trace = nlohmann::json::parse(content_of(folder() / "trace.json"));
    EXPECT_TRUE(trace.contains("command"));
    std::set<int> seen;  // requests
    for (const auto& event : trace["traceEvents"]) {
        if (event.value("ph", "") == "X") {
            seen.insert(event.at("args").at("request").get<int>());
        }
    }
    EXPECT_GT(seen.size(), 5U);
}

// Ten thousand times what is sustainable: turns with all later requests would never let the first ones end.
TEST_F(CliTraffic, ATraceOfHeavyOverloadIsThatOfItsFirstRequestsAlone) {
    const Outcome outcome = berth({"run", "voice-rk3588", "--set", "arrivals={rate: 10 kHz}", "--trace", "trace.json"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.err,
                ::testing::HasSubstr("these are the first 20, as they would be served if none came after"));
    const auto trace = nlohmann::json::parse(content_of(folder() / "trace.json"));
    std::set<int> seen;  // requests
    for (const auto& event : trace["traceEvents"]) {
        if (event.value("ph", "") == "X") {
            seen.insert(event.at("args").at("request").get<int>());
        }
    }
    EXPECT_EQ(seen.size(), 20U);
}

// Results that are shown twice are computed once: those for the current number of cores, and the stability.
TEST_F(CliTraffic, OneConfigurationHasOneAnswer) {
    for (const char* rate : {"3 Hz", "10 Hz", "30 Hz"}) {
        const std::string arrivals = std::string("arrivals={rate: ") + rate + "}";
        const Outcome outcome = berth({"run", "rag-rk3588-bucket-128", "--set", arrivals, "--format", "json"});
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        const auto json = outcome.json();
        const auto& traffic = json["traffic"];
        EXPECT_EQ(traffic["stable"].get<bool>(), traffic["load"]["value"].get<double>() < 1);
        EXPECT_EQ(traffic["load"]["unstable_probability"], traffic["budget"]["unstable_probability"]);
        for (const auto& [resource, busy] : traffic["utilisation"].items()) {
            EXPECT_LE(busy.get<double>(), 1 + 1e-9) << resource;
        }
        for (const auto& split : json["core_splits"]) {
            if (split["current"] == true) {
                EXPECT_EQ(split["p95_ms"], traffic["p95"].is_null() ? nlohmann::json() : traffic["p95"]["value_ms"]);
                EXPECT_EQ(split["mean_ms"], traffic["mean"].is_null() ? nlohmann::json() : traffic["mean"]["value_ms"]);
                EXPECT_EQ(split["sustainable_per_s"], traffic["sustainable_per_s"]);
            }
        }
    }
}

// No permitted number of the arrivals leads to a non-finite result.
TEST_F(CliTraffic, NoRangeEndsInNoNumber) {
    const auto words = [](const std::string& arrivals, const std::string& format) {
        return std::vector<std::string>{"run",   "rag-rk3588-bucket-128", "--set",    "arrivals=" + arrivals,
                                        "--set", "budget=200 ms",         "--format", format};
    };
    for (const char* arrivals :
         {"{users: 1, think: 100000 s}", "{users: 200, think: 0 s, requests: 500}", "{rate: 1e-5 Hz}", "{rate: 1 MHz}",
          "{rate: 3 Hz, requests: 1}", "{rate: 3 Hz, requests: 10, warm_up: 0, seed: 0}"}) {
        for (const char* format : {"text", "json"}) {
            const Outcome outcome = berth(words(arrivals, format));
            EXPECT_EQ(outcome.status, 0) << arrivals << outcome.err;
            EXPECT_THAT(outcome.out, ::testing::Not(::testing::ContainsRegex("[^a-z]-?(nan|inf)[^a-z]"))) << arrivals;
        }
    }
    for (const char* arrivals : {"{users: 1, think: 1e308 s}", "{rate: 1e308 Hz}", "{users: 1000000}"}) {
        const Outcome outcome = berth(words(arrivals, "text"));
        EXPECT_EQ(outcome.status, 2) << arrivals;
        EXPECT_THAT(outcome.err, ::testing::HasSubstr("expected")) << arrivals;
    }
}

TEST_F(CliTraffic, ATraceNeedsArrivals) {
    const Outcome outcome = berth({"run", "rag-rk3588", "--trace", "trace.json"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, ::testing::HasSubstr("--trace: error: "));
    EXPECT_TRUE(files().empty());
}

// What a request takes alone says nothing about one among others: the headline says which it is, and what piles up
// first.
TEST_F(CliTraffic, TheHeadlineSaysWhatPilesUp) {
    const std::vector<std::string> chats{"run", "chats-rk3588", "--set", "arrivals.rate=0.4 Hz"};
    const Outcome piling = berth(chats);
    ASSERT_EQ(piling.status, 0) << piling.err;
    EXPECT_THAT(piling.out,
                ::testing::ContainsRegex("Under the scenario's arrivals chats pile up \\(load [0-9]+%\\)\\. A "
                                         "request alone takes "));
    const Outcome requests = berth({"run", "rag-rk3588-bucket-128", "--set", "arrivals={rate: 50 Hz}"});
    EXPECT_THAT(requests.out, ::testing::HasSubstr("Under the scenario's arrivals requests pile up (load "));
    const Outcome stable = berth({"run", "rag-rk3588-bucket-128", "--set", "arrivals={rate: 2 Hz}"});
    EXPECT_THAT(stable.out, ::testing::HasSubstr("\nA request alone takes "));
    EXPECT_THAT(stable.out, ::testing::Not(::testing::HasSubstr("pile up (")));
    std::vector<std::string> as_json = chats;
    as_json.insert(as_json.end(), {"--format", "json"});
    const auto answer = berth(as_json).json();
    for (const auto& one : answer["chats"]) {
        EXPECT_TRUE(one["stable"] || (one["busy"].is_null() && one["at_once"].is_null())) << one.dump();
    }
    const auto& total = answer["total"];
    EXPECT_EQ(total["alone"], true);
    EXPECT_EQ(total["piles_up"], true);
    EXPECT_FALSE(berth({"run", "rag-rk3588", "--format", "json"}).json()["total"].contains("alone"));
}

TEST_F(CliTraffic, LengthsOfChatsAreThoseOfTheFile) {
    const Outcome outcome = berth({"run", "chats-rk3588"});
    EXPECT_THAT(outcome.out, ::testing::HasSubstr("prompts of 16 to 512 tokens"));
    EXPECT_THAT(outcome.out, ::testing::HasSubstr("answers of 16 to 256 tokens"));
}

TEST_F(CliTraffic, UsersWhoThinkAFixedTimeAreNotRandom) {
    write("mix.yaml",
          "scenario: mix\nhardware: rk3588-rknn-2.3.2\nstages:\n"
          "  - {name: see, model: yolov8n, dtype: int8, on: npu}\n"
          "  - {name: emb, model: all-MiniLM-L6-v2, dtype: fp16, tokens: 24, buckets: [32]}\n"
          "  - {name: post, takes: 3 ms, on: cpu, cores: {cpu: 2}}\n"
          "arrivals: {users: 3, think: 20 ms}\nbudget: 60 ms\n");
    const Outcome outcome = berth({"run", "mix.yaml"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, ::testing::Not(::testing::HasSubstr("random arrivals")));
    EXPECT_THAT(outcome.out, ::testing::Not(::testing::HasSubstr(" ps ")));  // rounding of the simulated clock
    EXPECT_THAT(outcome.out, ::testing::Not(::testing::HasSubstr("%->")));   // "98%->99.9%" is no range
}

TEST_F(CliTraffic, ADifferenceOfChatsIsInWords) {
    const Outcome outcome = berth({"diff", "chats-rk3588", "--set", "arrivals.rate=0.01 Hz"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, ::testing::ContainsRegex("median time to the first token.429 ms"));
    EXPECT_THAT(outcome.out, ::testing::Not(::testing::ContainsRegex("_ms|_per_s")));
}

// Requests of a stream differ in length, which the simulation leaves out.
TEST_F(CliTraffic, SaysWhichStagesHaveMeanLengths) {
    const std::vector<std::string> words{"run",   "rag-rk3588-bucket-128",
                                         "--set", "stages.rerank.tokens={from: 20, to: 120}",
                                         "--set", "arrivals={rate: 1 Hz}"};
    EXPECT_THAT(berth(words).out, ::testing::HasSubstr("mean time of the input lengths of rerank"));
    std::vector<std::string> as_json = words;
    as_json.insert(as_json.end(), {"--format", "json"});
    EXPECT_EQ(berth(as_json).json()["traffic"]["mean_lengths"], nlohmann::json::array({"rerank"}));
}

}  // namespace
}  // namespace berth
