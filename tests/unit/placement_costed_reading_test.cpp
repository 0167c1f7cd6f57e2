// Reading of costed graphs: the kept content, and a message with a location for every error.
#include <gtest/gtest.h>

#include <string>

#include "berth/placement/costed_graph.h"

namespace berth {
namespace {

const std::string kHead = "{\"maxSizePerFPGA\": 5, \"maxFPGAs\": 2, \"maxCPUs\": 1,\n \"nodes\": [\n";

std::string node(int id, const std::string& more = "") {
    return "  {\"id\": " + std::to_string(id) +
           ", \"supportedOnFpga\": true, \"cpuLatency\": 3, \"fpgaLatency\": 1.5, \"size\": 2" + more + "}";
}

std::string edge(int from, int to, const std::string& cost = "0.5") {
    return "  {\"sourceId\": " + std::to_string(from) + ", \"destId\": " + std::to_string(to) + ", \"cost\": " + cost +
           "}";
}

std::string graph_text(const std::string& nodes, const std::string& edges) {
    return kHead + nodes + "\n ],\n \"edges\": [\n" + edges + "\n ]}\n";
}

std::string errors_of(const std::string& text) {
    Diagnostics diagnostics;
    EXPECT_FALSE(read_costed_graph(text, "g.json", diagnostics)) << text;
    return diagnostics.text();
}

TEST(CostedGraphReading, KeepsWhatPlacementNeeds) {
    Diagnostics diagnostics;
    const auto graph = read_costed_graph(
        graph_text(node(7, ", \"name\": \"a \\\"b\\\"\", \"colorClass\": 4") + ",\n" + node(-3), edge(7, -3)), "g.json",
        diagnostics);
    ASSERT_TRUE(graph) << diagnostics.text();
    EXPECT_TRUE(diagnostics.empty());
    EXPECT_EQ(graph->accelerators, 2U);
    EXPECT_EQ(graph->cpus, 1U);
    EXPECT_EQ(graph->accelerator_memory, 5);
    ASSERT_EQ(graph->nodes.size(), 2U);
    EXPECT_EQ(graph->nodes[0].id, 7);
    EXPECT_EQ(graph->nodes[0].name, "a \"b\"");
    EXPECT_EQ(graph->nodes[0].color, 4);
    EXPECT_EQ(graph->nodes[0].cpu_time, 3);
    EXPECT_EQ(graph->nodes[0].accelerator_time, 1.5);
    EXPECT_EQ(graph->nodes[0].size, 2);
    EXPECT_EQ(graph->nodes[0].transfer, 0.5);
    EXPECT_EQ(graph->nodes[1].transfer, 0);
    EXPECT_EQ(graph->nodes[1].where.text(), "g.json:4:3");
    EXPECT_EQ(graph->edges, (std::vector<std::pair<int, int>>{{0, 1}}));
}

TEST(CostedGraphReading, AnOutputMovesAsAWhole) {
    Diagnostics diagnostics;
    const auto graph = read_costed_graph(
        graph_text(node(1) + ",\n" + node(2) + ",\n" + node(3), edge(1, 2, "1") + ",\n" + edge(1, 3, "2")), "g.json",
        diagnostics);
    ASSERT_TRUE(graph);
    EXPECT_EQ(graph->nodes[0].transfer, 2);
    EXPECT_EQ(diagnostics.text(),
              "g.json:9:3: warning: edges of node 1 cost 1 and 2: its output moves as a whole, for the larger\n");
}

TEST(CostedGraphReading, MissingAndUnknownKeys) {
    EXPECT_EQ(errors_of("{\"maxFPGAs\": 1, \"maxCPUs\": 1, \"nodes\": []}"),
              "g.json:1:1: error: this graph has no key 'maxSizePerFPGA'\n"
              "g.json:1:1: error: this graph has no key 'edges'\n");
    EXPECT_EQ(errors_of(graph_text("  {\"id\": 1, \"supportedOnFpga\": true, \"cpuLatency\": 3, \"size\": 2}", "")),
              "g.json:3:3: error: this node has no key 'fpgaLatency'\n");
    EXPECT_EQ(errors_of(graph_text(node(1), "  {\"sourceId\": 1, \"destId\": 1}")),
              "g.json:6:3: error: this edge has no key 'cost'\n");
    EXPECT_EQ(errors_of(graph_text(node(1, ", \"size\": 3"), "")),
              "g.json:3:86: error: the key 'size' is given twice\n");
}

TEST(CostedGraphReading, ValuesOfAnotherKindOrOutOfRange) {
    const auto with = [](const std::string& from, const std::string& to) {
        std::string text = graph_text(node(1), "");
        return errors_of(text.replace(text.find(from), from.size(), to));
    };
    EXPECT_EQ(with("\"cpuLatency\": 3", "\"cpuLatency\": -3"),
              "g.json:3:52: error: 'cpuLatency' is -3 (expected a number that is not negative)\n");
    EXPECT_EQ(
        with("\"cpuLatency\": 3", "\"cpuLatency\": \"3\""),
        "g.json:3:52: error: 'cpuLatency' has a value of another kind (expected a number that is not negative)\n");
    EXPECT_EQ(
        with("\"cpuLatency\": 3", "\"cpuLatency\": {\"ms\": 3}"),
        "g.json:3:52: error: 'cpuLatency' has a value of another kind (expected a number that is not negative)\n");
    EXPECT_EQ(with("\"id\": 1", "\"id\": 1.5"),
              "g.json:3:10: error: 'id' has a value of another kind (expected an integer)\n");
    EXPECT_EQ(with("true", "2"),
              "g.json:3:32: error: 'supportedOnFpga' has a value of another kind (expected true or "
              "false)\n");
    EXPECT_EQ(with("\"maxCPUs\": 1", "\"maxCPUs\": -1"),
              "g.json:1:49: error: 'maxCPUs' has a value of another kind (expected an integer from 0 to 100000)\n");
    EXPECT_EQ(with("  {\"id\"", "  5, {\"id\""),
              "g.json:3:3: error: this is no node (expected an object with id, cpuLatency, fpgaLatency, ...)\n");
    EXPECT_EQ(errors_of(graph_text(node(1, ", \"isBackwardNode\": true"), "")),
              "g.json:3:104: error: backward nodes are not placed (expected a graph of inference)\n");
    EXPECT_EQ(errors_of("[]"), "g.json:1:1: error: this is no graph (expected an object with nodes and edges)\n");
    EXPECT_EQ(errors_of("{\"maxSizePerFPGA\": 5, \"maxFPGAs\": 0, \"maxCPUs\": 0, \"nodes\": [], \"edges\": []}"),
              "g.json:1:1: error: this graph has no nodes (expected at least one)\n"
              "g.json:1:1: error: this graph has no devices (expected maxFPGAs or maxCPUs of at least 1)\n");
}

TEST(CostedGraphReading, WhatIsNoJson) {
    for (const std::string text :
         {"", "{", "nan", "{\"maxFPGAs\": NaN}", "{\"maxFPGAs\": 1e999}", "\xff\xfe", "{\"a\" 1}"}) {
        const std::string errors = errors_of(text);
        EXPECT_EQ(errors.find("g.json:1:"), 0U) << errors;
        EXPECT_NE(errors.find("error: no JSON: "), std::string::npos) << errors;
    }
    EXPECT_EQ(errors_of("{\n \"maxFPGAs\": ,\n}").substr(0, 26), "g.json:2:14: error: no JSO");
    errors_of(std::string(200'000, '['));
}

TEST(CostedGraphReading, IdsAndEdges) {
    EXPECT_EQ(errors_of(graph_text(node(1) + ",\n" + node(1), "")),
              "g.json:4:3: error: the id 1 is given twice (expected an id of its own; the first is at g.json:3:3)\n");
    EXPECT_EQ(errors_of(graph_text(node(1), edge(1, 9))),
              "g.json:6:3: error: destId 9 is no node (expected the id of a node)\n");
    EXPECT_EQ(errors_of(graph_text(node(1), edge(1, 1))), "g.json:6:3: error: the node 1 reads itself\n");
    EXPECT_EQ(errors_of(graph_text(node(1) + ",\n" + node(2) + ",\n" + node(3),
                                   edge(1, 2) + ",\n" + edge(2, 3) + ",\n" + edge(3, 2))),
              "g.json:4:3: error: nodes read each other in a cycle: 2 -> 3 -> 2\n");
    std::string nodes = node(1), edges = edge(10, 1);
    for (int id = 2; id <= 10; ++id) {
        nodes += ",\n" + node(id);
        edges += ",\n" + edge(id - 1, id);
    }
    EXPECT_EQ(errors_of(graph_text(nodes, edges)),
              "g.json:3:3: error: nodes read each other in a cycle: 1 -> 2 -> 3 -> 4 -> ... -> 7 -> 8 -> 9 -> 10 -> "
              "1\n");
}

}  // namespace
}  // namespace berth
