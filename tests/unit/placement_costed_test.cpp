// Placement on costed graphs: published optima, hand-calculated loads, refusals, larger graphs of the same structure.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "costed_fixtures.h"

namespace berth {
namespace {

void expect_obeys_definitions(const CostedGraph& graph, const Assignment& assignment) {
    const DefinitionCheck check(graph, assignment);
    EXPECT_TRUE(check.is_allowed()) << violation(graph, assignment);
    EXPECT_TRUE(check.is_convex());
}

// Tarnawski et al. (2020) publish 27.9186 as what their exact dynamic programme finds.
TEST(CostedPlacement, PublishedThroughputOptimum) {
    const CostedGraph graph = shipped_graph("bert3-throughput.json");
    ASSERT_EQ(graph.nodes.size(), 235U);
    Diagnostics diagnostics;
    const auto placement = throughput_placement(graph, diagnostics);
    ASSERT_TRUE(placement);
    EXPECT_NEAR(placement->objective, 27.9186, 5e-5);
    EXPECT_TRUE(placement->proved_optimal);
    EXPECT_EQ(placement->lower_bound, placement->objective);
    expect_obeys_definitions(graph, placement->assignment);
    EXPECT_DOUBLE_EQ(DefinitionCheck(graph, placement->assignment).largest_load(), placement->objective);
}

// Their greedy finds 416.2.
TEST(CostedPlacement, LatencyBelowThePublishedGreedyWithinAPerMilleOfItsBound) {
    const CostedGraph graph = shipped_graph("bert3-latency.json");
    Diagnostics diagnostics;
    const auto placement = latency_placement(graph, diagnostics);
    ASSERT_TRUE(placement);
    EXPECT_LT(placement->objective, 408.5);
    EXPECT_LT(placement->gap(), 0.0011);
    expect_obeys_definitions(graph, placement->assignment);
    EXPECT_NEAR(DefinitionCheck(graph, placement->assignment).sample_time(), placement->objective, 1e-9);
}

class EncoderLike : public ::testing::TestWithParam<int> {};

TEST_P(EncoderLike, ThroughputIsProved) {
    const CostedGraph graph = encoder_like(GetParam(), 6, 1e4);
    Diagnostics diagnostics;
    const auto placement = throughput_placement(graph, diagnostics);
    ASSERT_TRUE(placement);
    EXPECT_TRUE(placement->proved_optimal);
    expect_obeys_definitions(graph, placement->assignment);
    EXPECT_NEAR(DefinitionCheck(graph, placement->assignment).largest_load(), placement->objective, 1e-9);
}

TEST_P(EncoderLike, LatencyIsNearItsBoundWhereMemoryIsShort) {
    const CostedGraph graph = encoder_like(GetParam(), 6, 480);
    Diagnostics diagnostics;
    const auto placement = latency_placement(graph, diagnostics);
    ASSERT_TRUE(placement);
    EXPECT_LT(placement->gap(), 0.02);
    expect_obeys_definitions(graph, placement->assignment);
    EXPECT_NEAR(DefinitionCheck(graph, placement->assignment).sample_time(), placement->objective, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Layers, EncoderLike, ::testing::Values(3, 6, 12));

TEST(CostedPlacement, LoadsByHand) {
    CostedGraph graph;
    graph.accelerators = 2;
    graph.cpus = 1;
    graph.accelerator_memory = 10;
    const int a = add_node(graph, 5, 1, 3, 7);    // read on both accelerators and the CPU
    const int b = add_node(graph, 50, 2, 3, 11);  // read by d on its own accelerator only
    const int c = add_node(graph, 50, 4, 3, 13);
    const int d = add_node(graph, 60, 8, 3, 17);
    const int e = add_node(graph, 9, 16, 3, 19);
    for (const auto& [from, to] : std::vector<std::pair<int, int>>{{a, b}, {a, c}, {a, e}, {a, d}, {b, d}, {c, d}}) {
        connect(graph, from, to);
    }
    const Assignment assignment{0, 1, 0, 1, 2};
    const auto loads = device_loads(graph, assignment);
    ASSERT_EQ(loads.size(), 3U);
    EXPECT_EQ(loads[0].computing, 5);
    EXPECT_EQ(loads[0].receiving, 0);
    EXPECT_EQ(loads[0].sending, 7 + 13);  // a is sent once, whatever the number of its readers
    EXPECT_EQ(loads[1].computing, 10);
    EXPECT_EQ(loads[1].receiving, 7 + 13);
    EXPECT_EQ(loads[1].sending, 0);
    EXPECT_EQ(loads[2].total(), 9);
    EXPECT_EQ(throughput_load(graph, assignment), 30);
    EXPECT_EQ(sample_latency(graph, assignment), 25 + 30);  // e waits for the block of a and ends at 25 + 9
}

TEST(CostedPlacement, BlocksMayNotWaitForEachOther) {
    CostedGraph graph;
    graph.accelerators = 2;
    graph.accelerator_memory = 10;
    const int a = add_node(graph, 1, 1);
    const int b = add_node(graph, 1, 1);
    const int c = add_node(graph, 1, 1);
    const int d = add_node(graph, 1, 1);
    connect(graph, a, b);
    connect(graph, c, d);
    EXPECT_EQ(violation(graph, {0, 1, 1, 0}), "a path leaves the block of an accelerator and comes back to it");
    EXPECT_EQ(sample_latency(graph, {0, 1, 1, 0}), std::nullopt);
    EXPECT_EQ(sample_latency(graph, {0, 1, 0, 1}), 4);
}

TEST(CostedPlacement, ViolationsAreNamed) {
    CostedGraph graph;
    graph.accelerators = 2;
    graph.cpus = 1;
    graph.accelerator_memory = 5;
    add_node(graph, 1, 1, 3);
    add_node(graph, 1, 1, 3);
    add_node(graph, 1, 1, 3);
    graph.nodes[0].color = graph.nodes[1].color = 7;
    graph.nodes[2].on_accelerator = false;
    graph.nodes[2].name = "gather";
    EXPECT_EQ(violation(graph, {0, 1, 2}), "colour class 7 is split between node 100 and node 101");
    EXPECT_EQ(violation(graph, {0, 0, 2}), "accelerator0 holds 6 of 5");
    EXPECT_EQ(violation(graph, {2, 2, 1}), "node 102 (gather) cannot run on an accelerator");
    EXPECT_EQ(violation(graph, {2, 2, 3}), "node 102 (gather) has no device");
    EXPECT_EQ(violation(graph, {2, 2, 2}), "");
}

// A non-contiguous colour class is permitted on the CPU; as one block it includes the expensive node.
TEST(CostedPlacement, AClassOnTheCpuMayRunBeforeAndAfterABlock) {
    CostedGraph graph;
    graph.accelerators = 1;
    graph.cpus = 1;
    graph.accelerator_memory = 4;
    const int before = add_node(graph, 1, 1, 3);
    const int middle = add_node(graph, 100, 5, 3);
    const int after = add_node(graph, 1, 1, 3);
    connect(graph, before, middle);
    connect(graph, middle, after);
    graph.nodes[0].color = graph.nodes[2].color = 1;
    Diagnostics diagnostics;
    const auto placement = throughput_placement(graph, diagnostics);
    ASSERT_TRUE(placement);
    EXPECT_EQ(placement->assignment, (Assignment{1, 0, 1}));
    EXPECT_EQ(placement->objective, 5);
    EXPECT_TRUE(placement->proved_optimal);
    EXPECT_EQ(latency_placement(graph, diagnostics)->objective, 7);
}

TEST(CostedPlacement, SeveralCpusShareWhatRunsOnThem) {
    CostedGraph graph;
    graph.cpus = 2;
    for (const double time : {3.0, 3.0, 2.0, 2.0, 2.0}) {
        add_node(graph, time, 0);
    }
    Diagnostics diagnostics;
    const auto placement = throughput_placement(graph, diagnostics);
    ASSERT_TRUE(placement);
    EXPECT_EQ(placement->objective, 7);            // longest first; the optimum is 6
    EXPECT_NEAR(placement->lower_bound, 6, 1e-9);  // half of the total
    EXPECT_FALSE(placement->proved_optimal);
}

std::string refusal(const CostedGraph& graph) {
    Diagnostics diagnostics;
    EXPECT_FALSE(throughput_placement(graph, diagnostics));
    Diagnostics of_latency;
    EXPECT_FALSE(latency_placement(graph, of_latency));
    EXPECT_EQ(diagnostics.text().substr(0, 20), of_latency.text().substr(0, 20));
    return diagnostics.text();
}

TEST(CostedPlacement, ClashesAreNamed) {
    const std::string expected = " (expected a CPU (maxCPUs), or constraints that an accelerator meets)\n";
    CostedGraph graph;
    graph.accelerators = 2;
    graph.accelerator_memory = 5;
    add_node(graph, 1, 1, 3);
    add_node(graph, 1, 1, 3);
    graph.nodes[0].on_accelerator = false;
    EXPECT_EQ(refusal(graph), "error: node 100 has no device: supportedOnFpga is false, and maxCPUs is 0" + expected);
    graph.nodes[0].on_accelerator = true;
    graph.nodes[0].size = 6;
    EXPECT_EQ(refusal(graph),
              "error: node 100 has no device: its size 6 is above maxSizePerFPGA 5, and maxCPUs is 0" + expected);
    graph.nodes[0].size = 3;
    graph.nodes[0].color = graph.nodes[1].color = 4;
    EXPECT_EQ(refusal(graph),
              "error: colour class 4 has no device: its 2 nodes take 6 together, maxSizePerFPGA is 5, "
              "and maxCPUs is 0" +
                  expected);
    graph.nodes[0].color = graph.nodes[1].color = std::nullopt;
    graph.accelerators = 1;
    EXPECT_EQ(refusal(graph),
              "error: the graph has no place: its nodes take 6 together, 1 accelerators hold 5, and "
              "maxCPUs is 0" +
                  expected);
    graph.accelerators = 2;
    graph.accelerator_memory = 6;
    add_node(graph, 1, 1, 3);
    add_node(graph, 1, 1, 3);
    connect(graph, 0, 1);
    connect(graph, 1, 2);
    graph.nodes[0].color = graph.nodes[2].color = 4;  // must include node 101
    EXPECT_EQ(refusal(graph),
              "error: no placement is allowed: whole blocks with their colour classes do not fit the "
              "accelerators (expected more memory (maxSizePerFPGA), more accelerators (maxFPGAs) or a "
              "CPU (maxCPUs))\n");
}

TEST(CostedPlacement, AWideGraphGetsAnAnswerWithABound) {
    CostedGraph graph;
    graph.accelerators = 3;
    graph.cpus = 1;
    graph.accelerator_memory = 1e6;
    const int root = add_node(graph, 1000, 1, 1, 0.5);
    for (int i = 0; i < 400; ++i) {
        connect(graph, root, add_node(graph, 1000, 1 + 0.1 * (i % 7), 1, 0.5));
    }
    Diagnostics diagnostics;
    const auto placement = throughput_placement(graph, diagnostics);
    ASSERT_TRUE(placement);
    expect_obeys_definitions(graph, placement->assignment);
    EXPECT_LT(placement->gap(), 0.02);
    EXPECT_GT(placement->lower_bound, 0);
}

}  // namespace
}  // namespace berth
