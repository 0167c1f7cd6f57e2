// Models whose graph is written out operator by operator.
#include <gtest/gtest.h>

#include "berth/importers/network_import.h"
#include "graph_fixtures.h"

namespace berth {
namespace {

struct Read {
    Diagnostics diagnostics;
    std::optional<Model> model;
    explicit Read(const std::string& text) {
        if (const auto document = YamlDocument::parse(text, "model.yaml", diagnostics)) {
            model = read_model(document->root(diagnostics), {});
        }
    }
    std::optional<Graph> graph(Workload workload) {
        return model ? instantiate(*model, workload, diagnostics) : std::nullopt;
    }
};

constexpr const char* kTwo =
    "model: two\ngraph:\n  tokens: 64\n  inputs: {x: {shape: [batch, tokens, 8]}}\n  operators:\n"
    "    - {name: b, op: gelu, inputs: [a], block: 1, rows: batch * tokens, cols: 16, shape: [batch, tokens, 16]}\n"
    "    - {name: a, op: matmul, inputs: [x], block: 0, m: batch * tokens, k: 8, n: 16, bias: true,\n"
    "       shape: [batch, tokens, 16]}\n";

TEST(WrittenGraph, OperatorsStandInAnyOrderAndUseTheWorkload) {
    Read read(kTwo);
    const auto graph = read.graph({2, 10});
    ASSERT_TRUE(graph) << read.diagnostics.text();
    ASSERT_EQ(graph->operators.size(), 2U);
    EXPECT_EQ(graph->operators[0].name, "a");
    EXPECT_EQ(std::get<MatmulDims>(graph->operators[0].dims), (MatmulDims{1, 20, 8, 16, true, true}));
    EXPECT_EQ(graph->operators[0].block, 0);
    EXPECT_EQ(graph->operators[1].block, 1);
    EXPECT_EQ(graph->blocks, 2);
    EXPECT_TRUE(graph->tensors[static_cast<std::size_t>(graph->operators[1].output)].graph_output);
    EXPECT_EQ(totals(*graph).parameters, 8 * 16 + 16);
}

TEST(WrittenGraph, AResultThatOperatorsReadLeavesTheGraphIfItSaysSo) {
    const auto leaves = [](const std::string& output) {
        std::string text = kTwo;
        text.replace(text.find("m: batch"), 0, output);
        Read read(text);
        const auto graph = read.graph({1, 4});
        EXPECT_TRUE(graph) << read.diagnostics.text();
        return graph && graph->tensors[static_cast<std::size_t>(graph->operators[0].output)].graph_output;
    };
    EXPECT_FALSE(leaves(""));
    EXPECT_FALSE(leaves("output: false, "));
    EXPECT_TRUE(leaves("output: true, "));
}

TEST(WrittenGraph, SumsAreALineThatProgramsRead) {
    Read read(
        "model: one\ngraph:\n  tokens: 64\n  inputs: {x: {shape: [batch, tokens, 8]}}\n  operators:\n"
        "    - {name: a, op: gelu, inputs: [x], rows: batch * tokens, cols: 8, shape: [batch, tokens, 8]}\n");
    const auto graph = read.graph({1, 4});
    ASSERT_TRUE(graph) << read.diagnostics.text();
    EXPECT_EQ(sums_text(*graph), "1 operators, 0 parameters, 0 MACs");
}

TEST(WrittenGraph, TokensBoundTheInput) {
    Read read(kTwo);
    EXPECT_TRUE(read.graph({1, 64}));
    EXPECT_FALSE(read.graph({1, 65}));
    EXPECT_EQ(read.diagnostics.text(),
              "model.yaml:1:1: error: 65 tokens are more than the 64 that the graph was laid out for\n");
}

TEST(WrittenGraph, AGraphAndAnArchitectureExcludeEachOther) {
    Read read(std::string(kTwo) + "architecture: bert-encoder\nsizes: {layers: 2}\n");
    EXPECT_EQ(read.diagnostics.text(),
              "model.yaml:9:15: error: architecture: it does not go with 'graph' (expected the one or the other)\n"
              "model.yaml:10:8: error: sizes: it does not go with 'graph' (expected the one or the other)\n");
}

TEST(WrittenGraph, MistakesAreToldWhereTheyStand) {
    std::string text = kTwo;
    text.replace(text.find("inputs: [a]"), 11, "inputs: [aa]");
    Read unknown(text);
    EXPECT_EQ(unknown.diagnostics.text(),
              "model.yaml:6:36: error: graph.operators.0.inputs.0: there is no operator 'aa' to read\n");
    text = kTwo;
    text.replace(text.find("name: b"), 7, "name: a");
    Read twice(text);
    EXPECT_EQ(twice.diagnostics.text(), "model.yaml:7:7: error: there are two operators 'a'\n");
    text = kTwo;
    text.replace(text.find("k: 8"), 4, "k: 9");
    Read disagree(text);
    EXPECT_FALSE(disagree.graph({1, 10}));
    EXPECT_EQ(disagree.diagnostics.text(), "model.yaml:7:7: error: a: 'x' holds 80 elements, but its sizes need 90\n");
    Read empty("model: e\ngraph: {inputs: {x: {shape: [4]}}, operators: []}\n");
    EXPECT_EQ(empty.diagnostics.text(),
              "model.yaml:2:47: error: graph.operators: a graph needs at least one operator\n");
    Read key("model: e\ngraph: {inputs: {x: {shape: [4]}}, operator: []}\n");
    EXPECT_FALSE(key.model);
    EXPECT_NE(key.diagnostics.text().find("unknown key 'operator' in 'graph' (did you mean operators?)"),
              std::string::npos)
        << key.diagnostics.text();
}

TEST(WrittenGraph, AnArchitectureHasNoBlockKeys) {
    WrittenModel model(
        "architecture: tiny\nsizes: {}\ninputs: {x: {shape: [4]}}\nsections:\n  - section: s\n    result: a\n"
        "    operators:\n      - {name: a, op: gelu, inputs: [x], block: 1, rows: 1, cols: 4, shape: [4]}\n");
    EXPECT_NE(model.said().find("unknown key 'block'"), std::string::npos) << model.said();
}

}  // namespace
}  // namespace berth
