// berth place: answers, reproducible bytes, refusals.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/run_berth.h"

namespace berth {
namespace {

using CliPlace = BerthCommand;

const std::string kGraphs = std::string(BERTH_SOURCE_DIR) + "/scenarios/placement-graphs/";

TEST_F(CliPlace, ThroughputAsJson) {
    const std::vector<std::string> words{
        "place", kGraphs + "bert3-throughput.json", "--objective", "throughput", "--format", "json"};
    const Outcome outcome = berth(words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    const auto answer = outcome.json();
    EXPECT_EQ(answer["problem"], "throughput");
    EXPECT_NEAR(answer["objective"].get<double>(), 27.9186, 1e-4);
    EXPECT_EQ(answer["lower_bound"], answer["objective"]);
    EXPECT_EQ(answer["gap"], 0);
    EXPECT_EQ(answer["proved_optimal"], true);
    ASSERT_EQ(answer["assignment"].size(), 235U);
    std::size_t nodes = 0;
    for (const auto& device : answer["devices"]) {
        nodes += device["nodes"].get<std::size_t>();
        EXPECT_LE(device["load"].get<double>(), answer["objective"].get<double>());
    }
    EXPECT_EQ(nodes, 235U);
    for (const auto& [node, device] : answer["assignment"].items()) {
        EXPECT_THAT(device.get<std::string>(), ::testing::MatchesRegex("accelerator[0-2]|cpu")) << node;
    }
    EXPECT_EQ(berth(words).out, outcome.out);
}

TEST_F(CliPlace, LatencyAsText) {
    const Outcome outcome = berth({"place", kGraphs + "bert3-latency.json", "--objective", "latency"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out.find(
                  "Time of one sample 408.474, at most 0.1% above the optimum, which is no less than 408.065.\n"),
              0U)
        << outcome.out;
    EXPECT_THAT(outcome.out, ::testing::HasSubstr("\naccelerator0"));
    EXPECT_THAT(outcome.out, ::testing::HasSubstr("\ncpu "));
}

TEST_F(CliPlace, Refusals) {
    EXPECT_EQ(berth({"place", "missing.json", "--objective", "latency"}).status, 2);
    write("g.json",
          "{\"maxSizePerFPGA\": 5, \"maxFPGAs\": 1, \"maxCPUs\": 0, \"edges\": [], \"nodes\": [\n"
          "{\"id\": 4, \"supportedOnFpga\": false, \"cpuLatency\": 1, \"fpgaLatency\": 1, \"size\": 1}]}");
    for (const std::string objective : {"latency", "throughput"}) {
        expect_refused(
            {"place", "g.json", "--objective", objective, "--format", "json"},
            "g.json:2:1: error: node 4 has no device: supportedOnFpga is false, and maxCPUs is 0 (expected a "
            "CPU (maxCPUs), or constraints that an accelerator meets)\n");
    }
    EXPECT_EQ(berth({"place", "g.json"}).status, 2);
    EXPECT_EQ(berth({"place", "g.json", "--objective", "speed"}).status, 2);
    EXPECT_EQ(berth({"place", "g.json", "--objective", "latency", "--format", "csv"}).status, 2);
}

TEST_F(CliPlace, KeysThatOthersAddAreNotUsedAndNoError) {
    const std::string shipped = std::string(BERTH_SOURCE_DIR) + "/scenarios/placement-graphs/bert3-latency.json";
    std::string text = content_of(shipped);
    std::size_t nodes = 0;
    for (std::size_t at = text.find("\"cpuLatency\""); at != std::string::npos; at = text.find("\"cpuLatency\"", at)) {
        const std::string more = fmt::format("\"layerId\": {}, \"opType\": {{\"kind\": [1, 2]}}, ", nodes++ / 80);
        text.insert(at, more);
        at += more.size() + 1;
    }
    write("g.json", text);
    const Outcome plain = berth({"place", shipped, "--objective", "latency"});
    const Outcome more = berth({"place", "g.json", "--objective", "latency"});
    EXPECT_EQ(more.status, 0);
    EXPECT_EQ(more.out, plain.out);
    EXPECT_NE(more.err.find("unknown key 'opType' is not used"), std::string::npos) << more.err;
    EXPECT_NE(more.err.find(fmt::format("({} times)\n", nodes)), std::string::npos) << more.err;
    EXPECT_EQ(std::count(more.err.begin(), more.err.end(), '\n'), 1) << more.err;
}

}  // namespace
}  // namespace berth
