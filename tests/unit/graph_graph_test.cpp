// Graphs: sums, order, precision.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph_fixtures.h"

namespace berth {
namespace {

using testing::ElementsAre;

/// Element-wise operators of one row each; operator i produces tensor i and reads the tensors in `reads[i]`.
Graph wired(const std::vector<std::vector<TensorId>>& reads) {
    Graph graph;
    for (std::size_t i = 0; i < reads.size(); ++i) {
        Operator op;
        op.name = std::string(1, static_cast<char>('a' + i));
        op.kind = OperatorKind::kAdd;
        op.dims = RowsDims{.rows = 1, .cols = 4, .inputs = static_cast<std::int64_t>(reads[i].size())};
        op.inputs = reads[i];
        op.output = static_cast<TensorId>(i);
        op.where = SourceLocation("g", static_cast<int>(i) + 1);
        graph.operators.push_back(op);
        Tensor tensor;
        tensor.name = op.name;
        tensor.shape = {1, 4};
        tensor.producer = static_cast<OperatorId>(i);
        graph.tensors.push_back(tensor);
    }
    for (std::size_t i = 0; i < reads.size(); ++i) {
        for (const TensorId input : reads[i]) {
            graph.tensors[static_cast<std::size_t>(input)].consumers.push_back(static_cast<OperatorId>(i));
        }
    }
    return graph;
}

std::string order_of(const Graph& graph) {
    std::string names;
    for (const Operator& op : graph.operators) {
        names += op.name;
    }
    return names;
}

TEST(GraphOrder, AnOrderedGraphStaysAsItIs) {
    Graph graph = wired({{}, {}, {0}, {1}, {2, 3}});
    Diagnostics diagnostics;
    EXPECT_TRUE(sort_topologically(graph, diagnostics));
    EXPECT_EQ(order_of(graph), "abcde");
}

TEST(GraphOrder, OnlyWhatMustMoveMoves) {
    Graph graph = wired({{3}, {}, {1}, {1}, {0, 2}});  // a waits for d
    Diagnostics diagnostics;
    EXPECT_TRUE(sort_topologically(graph, diagnostics));
    EXPECT_EQ(order_of(graph), "bcdae");
    EXPECT_EQ(graph.tensors[3].producer, 2);                     // d is now the third
    EXPECT_THAT(graph.tensors[1].consumers, ElementsAre(1, 2));  // b is read by c and d
    EXPECT_THAT(graph.tensors[0].consumers, ElementsAre(4));
}

TEST(GraphOrder, ACycleIsNamedAlongItsTensors) {
    Graph graph = wired({{}, {0, 3}, {1}, {2}, {3}});  // b -> c -> d -> b
    const Graph before = graph;
    Diagnostics diagnostics;
    EXPECT_FALSE(sort_topologically(graph, diagnostics));
    EXPECT_EQ(diagnostics.text(), "g:2: error: operators form a cycle: b -> c -> d -> b\n");
    EXPECT_EQ(order_of(graph), order_of(before));
}

TEST(GraphOrder, AnOperatorThatReadsItselfIsACycle) {
    Graph graph = wired({{0}});
    Diagnostics diagnostics;
    EXPECT_FALSE(sort_topologically(graph, diagnostics));
    EXPECT_EQ(diagnostics.text(), "g:1: error: operators form a cycle: a -> a\n");
}

TEST(GraphTotals, AddUpOverOperators) {
    Graph graph;
    graph.operators.resize(2);
    graph.operators[0].kind = OperatorKind::kMatmul;
    graph.operators[0].dims = MatmulDims{.m = 3, .k = 5, .n = 7, .bias = true};
    graph.operators[1].kind = OperatorKind::kLayerNorm;
    graph.operators[1].dims = RowsDims{.rows = 3, .cols = 7, .affine = true};
    EXPECT_EQ(totals(graph).macs, operations(105));
    EXPECT_EQ(totals(graph).parameters, 56);  // 5 x 7 + 7, 2 x 7
    EXPECT_EQ(totals(Graph{}).parameters, 0);
}

TEST(GraphWeightBytes, BiasesAndNormsStayWideBesideQuantisedWeights) {
    Operator op;
    op.kind = OperatorKind::kMatmul;
    op.dims = MatmulDims{.m = 3, .k = 5, .n = 7, .bias = true};
    op.dtype = DType::kFp32;
    EXPECT_EQ(weight_bytes(op), bytes(168));  // 42 x 4
    op.dtype = DType::kFp16;
    EXPECT_EQ(weight_bytes(op), bytes(84));  // 42 x 2
    op.dtype = DType::kInt8;
    EXPECT_EQ(weight_bytes(op), bytes(63));  // 35 + 7 x 4
    op.dtype = DType::kInt4;
    EXPECT_EQ(weight_bytes(op), bytes(45.5));  // 35 / 2 + 7 x 4
    op.kind = OperatorKind::kLayerNorm;
    op.dims = RowsDims{.rows = 3, .cols = 7, .affine = true};
    EXPECT_EQ(weight_bytes(op), bytes(56));  // 14 x 4
}

TEST(GraphPrecision, Patterns) {
    EXPECT_TRUE(matches_pattern("*", ""));
    EXPECT_TRUE(matches_pattern("layer.0.*", "layer.0.ffn.up"));
    EXPECT_FALSE(matches_pattern("layer.0.*", "layer.10.ffn.up"));
    EXPECT_TRUE(matches_pattern("layer.?.ffn.*", "layer.3.ffn.gelu"));
    EXPECT_FALSE(matches_pattern("layer.?.ffn.*", "layer.11.ffn.gelu"));
    EXPECT_TRUE(matches_pattern("*norm", "layer.0.attention.norm"));
    EXPECT_FALSE(matches_pattern("*norm", "normalize"));
    EXPECT_TRUE(matches_pattern("*a*b*c", "xaxxbxbbxc"));
    EXPECT_FALSE(matches_pattern("abc", "abcd"));
    EXPECT_FALSE(matches_pattern("abcd", "abc"));
    EXPECT_FALSE(matches_pattern("", "a"));
    EXPECT_TRUE(matches_pattern("", ""));
}

TEST(GraphPrecision, LaterRowsWin) {
    Graph graph = lay_out("ms-marco-MiniLM-L-12-v2", {1, 16});
    Precision precision;
    precision.dtype = DType::kInt8;
    precision.rules = {{"*norm", DType::kFp16, {}}, {"layer.11.*", DType::kFp32, {}}};
    Diagnostics diagnostics;
    EXPECT_TRUE(apply_precision(graph, precision, diagnostics));
    EXPECT_EQ(operator_named(graph, "layer.0.ffn.up").dtype, DType::kInt8);
    EXPECT_EQ(operator_named(graph, "layer.0.ffn.norm").dtype, DType::kFp16);
    EXPECT_EQ(operator_named(graph, "layer.11.ffn.norm").dtype, DType::kFp32);
    EXPECT_EQ(operator_named(graph, "layer.11.ffn.up").dtype, DType::kFp32);
}

TEST(GraphPrecision, APatternThatMatchesNothingIsAnError) {
    Graph graph = lay_out("ms-marco-MiniLM-L-12-v2", {1, 16});
    Diagnostics diagnostics;
    EXPECT_FALSE(apply_precision(
        graph, {DType::kFp16, {{"embedings.norm", DType::kFp32, SourceLocation("s.yaml", 4, 5)}}}, diagnostics));
    EXPECT_EQ(diagnostics.text(),
              "s.yaml:4:5: error: 'embedings.norm' matches no operator of ms-marco-MiniLM-L-12-v2 "
              "(did you mean embeddings.norm?)\n");
}

}  // namespace
}  // namespace berth
