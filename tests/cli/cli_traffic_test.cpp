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
            seen.insert(event.at("tid").get<int>());
        }
    }
    EXPECT_GT(seen.size(), 5U);
}

TEST_F(CliTraffic, ATraceNeedsArrivals) {
    const Outcome outcome = berth({"run", "rag-rk3588", "--trace", "trace.json"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, ::testing::HasSubstr("--trace: error: "));
    EXPECT_TRUE(files().empty());
}

}  // namespace
}  // namespace berth
