// ONNX operators with products: the counted operator of each.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph_fixtures.h"
#include "onnx_imports.h"

namespace berth {
namespace {

using testing::ElementsAre;

std::string group_query(const std::vector<std::string>& inputs, const std::string& more = "") {
    return node("GroupQueryAttention", inputs, {"y", "keys", "values"},
                runtime_domain() + attribute("num_heads", 32) + attribute("kv_num_heads", 8) + more) +
           bytes_field(12, bytes_field(1, "keys")) + bytes_field(12, bytes_field(1, "values"));
}

TEST(OnnxProducts, AttentionReadsTheCacheAndWritesTheNewOne) {
    for (const std::int64_t past : {16, 4096}) {
        const OnnxSizes cache{1, 8, past, 128};
        const NetworkImport import = imported_graph(
            group_query({"q", "k", "v", "pk", "pv"}),
            {{"q", {1, 1, 4096}}, {"k", {1, 1, 1024}}, {"v", {1, 1, 1024}}, {"pk", cache}, {"pv", cache}});
        // One query of 32 heads attends to past + 1 keys of width 128, and as many values.
        EXPECT_EQ(macs_in(import.graph), 2.0 * 32 * 128 * static_cast<double>(past + 1));
        EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("concat", "concat", "attention"));
        EXPECT_EQ(import.graph.tensors[static_cast<std::size_t>(import.graph.operators[0].output)].shape,
                  (OnnxSizes{1, 8, past + 1, 128}));
        expect_round_trip(import);
    }
}

TEST(OnnxProducts, PackedQueriesKeysAndValuesAreTakenApartForTheCache) {
    const NetworkImport import =
        imported_graph(group_query({"x", "", "", "pk", "pv"}),
                       {{"x", {1, 1, 6144}}, {"pk", {1, 8, 4096, 128}}, {"pv", {1, 8, 4096, 128}}});
    EXPECT_EQ(macs_in(import.graph), 2.0 * 32 * 128 * 4097);
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("split", "split", "split", "concat", "concat", "attention"));
    expect_round_trip(import);
    const NetworkImport first = imported_graph(group_query({"x", "", ""}), {{"x", {1, 512, 6144}}});
    EXPECT_EQ(macs_in(first.graph), 2.0 * 32 * 128 * 512 * 513 / 2);  // causal mask
    expect_round_trip(first);
}

TEST(OnnxProducts, ACacheWithRoomIsWrittenInPlace) {
    const OnnxSizes cache{1, 8, 4096, 128};
    const std::string attention = node("GroupQueryAttention", {"q", "k", "v", "pk", "pv"}, {"y", "keys", "values"},
                                       runtime_domain() + attribute("num_heads", 32) + attribute("kv_num_heads", 8)) +
                                  sized(12, "keys", cache) + sized(12, "values", cache);
    const NetworkImport import = imported_graph(
        attention, {{"q", {1, 1, 4096}}, {"k", {1, 1, 1024}}, {"v", {1, 1, 1024}}, {"pk", cache}, {"pv", cache}});
    EXPECT_EQ(macs_in(import.graph), 2.0 * 32 * 128 * 4096);  // at most the full length
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("transpose", "transpose", "attention"));
    EXPECT_EQ(import.graph.tensors[static_cast<std::size_t>(import.graph.operators[0].output)].elements(), 8 * 128);
    expect_round_trip(import);
}

TEST(OnnxProducts, ACacheMayBeEmpty) {
    // Expanded into nodes, as by exporters: new keys after an empty cache, and a product of both.
    const OnnxSizes latest{1, 4, 5, 16};
    const NetworkImport import =
        imported_graph(node("Concat", {"past", "k"}, {"all"}, attribute("axis", 2)) +
                           node("Transpose", {"all"}, {"t"}, attribute("perm", OnnxSizes{0, 1, 3, 2})) +
                           node("MatMul", {"q", "t"}, {"y"}),
                       {{"q", latest}, {"k", latest}, {"past", {1, 4, 7, 16}}}, {{{"past:2", 0}}});
    EXPECT_EQ(macs_in(import.graph), 4.0 * 5 * 5 * 16);
    expect_round_trip(import);
    const NetworkImport fused =
        imported_graph(node("Attention", {"q", "k", "k", "", "past", "past"}, {"y", "ok", "ov"}),
                       {{"q", latest}, {"k", latest}, {"past", {1, 4, 7, 16}}}, {{{"past:2", 0}}});
    EXPECT_EQ(macs_in(fused.graph), 2.0 * 4 * 5 * 5 * 16);
    expect_round_trip(fused);
}

TEST(OnnxProducts, AWindowLimitsTheKeys) {
    const NetworkImport import = imported_graph(
        group_query({"q", "k", "v", "pk", "pv"}, attribute("local_window_size", 4096)), {{"q", {1, 1, 4096}},
                                                                                         {"k", {1, 1, 1024}},
                                                                                         {"v", {1, 1, 1024}},
                                                                                         {"pk", {1, 8, 16384, 128}},
                                                                                         {"pv", {1, 8, 16384, 128}}});
    EXPECT_EQ(macs_in(import.graph), 2.0 * 32 * 128 * 4096);
}

TEST(OnnxProducts, AttentionOfTheStandardHasItsOwnHeadsAndWidths) {
    const std::vector<std::pair<std::string, OnnxSizes>> inputs{
        {"q", {1, 32, 512, 128}}, {"k", {1, 8, 512, 128}}, {"v", {1, 8, 512, 64}}};
    const NetworkImport whole = imported_graph(node("Attention", {"q", "k", "v"}, {"y"}), inputs);
    EXPECT_EQ(macs_in(whole.graph), 32.0 * 512 * 512 * (128 + 64));
    expect_round_trip(whole);
    const NetworkImport causal =
        imported_graph(node("Attention", {"q", "k", "v"}, {"y"}, attribute("is_causal", 1)), inputs);
    EXPECT_EQ(macs_in(causal.graph), 32.0 * 512 * 513 / 2 * (128 + 64));
    // Heads and width in one, with a cache.
    const NetworkImport flat = imported_graph(
        node("Attention", {"q", "k", "v", "", "pk", "pv"}, {"y", "ok", "ov"},
             attribute("q_num_heads", 8) + attribute("kv_num_heads", 2)),
        {{"q", {2, 1, 512}}, {"k", {2, 1, 128}}, {"v", {2, 1, 128}}, {"pk", {2, 2, 9, 64}}, {"pv", {2, 2, 9, 64}}});
    EXPECT_EQ(macs_in(flat.graph), 2.0 * 2 * 8 * 10 * 64);
    expect_round_trip(flat);
}

TEST(OnnxProducts, ProjectionsWithinAttentionAreWeights) {
    const NetworkImport import = imported_graph(
        constant("w", {512, 1536}) + constant("b", {1536}) +
            node("Attention", {"x", "w", "b", "", "p"}, {"y", "present"}, runtime_domain() + attribute("num_heads", 8)),
        {{"x", {2, 1, 512}}, {"p", {2, 2, 8, 100, 64}}});
    EXPECT_EQ(totals(import.graph).parameters, 512 * 1536 + 1536);
    EXPECT_EQ(macs_in(import.graph), 2.0 * 512 * 1536 + 2.0 * 2 * 8 * 101 * 64);
    expect_round_trip(import);
}

TEST(OnnxProducts, BatchesBroadcast) {
    const NetworkImport shared =
        imported_graph(node("MatMul", {"q", "k"}, {"y"}), {{"q", {1, 8, 4, 128, 64}}, {"k", {1, 8, 1, 64, 128}}});
    // Four groups of queries share the keys: their rows are stacked.
    EXPECT_EQ(std::get<MatmulDims>(shared.graph.operators[0].dims), (MatmulDims{8, 512, 64, 128, false, false}));
    const NetworkImport both =
        imported_graph(node("MatMul", {"q", "k"}, {"y"}), {{"q", {2, 1, 4, 128, 64}}, {"k", {1, 8, 1, 64, 128}}});
    EXPECT_EQ(macs_in(both.graph), 2.0 * 8 * 4 * 128 * 64 * 128);
    expect_round_trip(both);
    // A matrix of weights for each item of the batch.
    const NetworkImport several =
        imported_graph(constant("w", {3, 64, 32}) + node("MatMul", {"x", "w"}, {"y"}), {{"x", {3, 10, 64}}});
    EXPECT_EQ(macs_in(several.graph), 3.0 * 10 * 64 * 32);
    EXPECT_EQ(totals(several.graph).parameters, 3 * 64 * 32);
    expect_round_trip(several);
    const NetworkImport left =
        imported_graph(constant("w", {20, 64}) + node("MatMul", {"w", "x"}, {"y"}), {{"x", {5, 64, 7}}});
    EXPECT_EQ(std::get<MatmulDims>(left.graph.operators[0].dims), (MatmulDims{1, 35, 64, 20, true, false}));
}

TEST(OnnxProducts, WeightsOfFewBitsCountWhole) {
    const NetworkImport import =
        imported_graph(constant("w", {1024, 128, 16}) + constant("s", {131072}) +
                           node("MatMulNBits", {"x", "w", "s"}, {"y"},
                                runtime_domain() + attribute("K", 4096) + attribute("N", 1024) + attribute("bits", 4)),
                       {{"x", {1, 7, 4096}}});
    EXPECT_EQ(totals(import.graph).parameters, 4096 * 1024);
    EXPECT_EQ(macs_in(import.graph), 7.0 * 4096 * 1024);
    EXPECT_EQ(import.integer_products, 1);
}

TEST(OnnxProducts, FormsOfOnnxRuntimeAreTheProductsThatTheyName) {
    const auto macs_of = [](const std::string& nodes, const OnnxSizes& x) {
        const NetworkImport import = imported_graph(nodes, {{"x", x}});
        expect_round_trip(import);
        return macs_in(import.graph);
    };
    const auto of_runtime = [](const std::string& op, const std::vector<std::string>& inputs, const std::string& more) {
        return node(op, inputs, {"y"}, runtime_domain() + more);
    };
    // Channels last, weights in ONNX layout.
    for (const char* op : {"NhwcConv", "NhwcFusedConv"}) {
        EXPECT_EQ(macs_of(constant("w", {8, 3, 3, 3}) + of_runtime(op, {"x", "w"}, ""), {1, 16, 16, 3}),
                  8.0 * 14 * 14 * 27);
    }
    EXPECT_EQ(macs_of(constant("w", {8, 16}) + of_runtime("GemmFloat8", {"x", "w"}, attribute("transB", 1)), {4, 16}),
              4.0 * 16 * 8);
    EXPECT_EQ(macs_of(constant("w", {16, 8}) + of_runtime("FusedMatMulActivation", {"x", "w"}, ""), {4, 16}),
              4.0 * 16 * 8);
    // The matrix is packed into bytes; another input states its sizes.
    const std::string sizes = bytes_field(
        5, number_field(1, 2) + number_field(2, 7) + number_field(7, 64) + number_field(7, 48) + bytes_field(8, "s"));
    EXPECT_EQ(macs_of(constant("w", {1536}) + sizes + of_runtime("MatMulFpQ4", {"x", "w", "s"}, ""), {4, 64}),
              4.0 * 64 * 48);
    // The batch axis follows the rows.
    const NetworkImport turned = imported_graph(of_runtime("FusedMatMul", {"x", "v"}, attribute("transBatchA", 1)),
                                                {{"x", {4, 2, 16}}, {"v", {2, 16, 8}}});
    EXPECT_EQ(std::get<MatmulDims>(turned.graph.operators[0].dims), (MatmulDims{2, 4, 16, 8, false, false}));
    expect_round_trip(turned);
}

TEST(OnnxProducts, WhatMultipliesAndHasNoFormHereIsNamed) {
    for (const char* op : {"CDist", "Inverse", "LinearClassifier", "SVMRegressor", "CausalConvWithState"}) {
        EXPECT_THAT(onnx_refusal(model_of_graph(node(op, {"x"}, {"y"}) + inputs_and_result({{"x", {1, 8}}}, "y") +
                                                sized(12, "y", {1, 8}))),
                    testing::HasSubstr(fmt::format("multiply-accumulates that cannot be counted: {} (1)", op)));
    }
}

TEST(OnnxProducts, ATableOfFewBitsIsATable) {
    const std::string ids = bytes_field(
        11,
        bytes_field(1, "ids") +
            bytes_field(2, bytes_field(1, number_field(1, 7) + bytes_field(2, bytes_field(1, number_field(1, 9))))));
    const std::string table =
        bytes_field(5, number_field(1, 1000) + number_field(1, 32) + number_field(2, 2) + bytes_field(8, "w"));
    const NetworkImport import = imported_model(model_of_graph(
        table + node("GatherBlockQuantized", {"w", "ids"}, {"y"}, runtime_domain() + attribute("bits", 4)) + ids +
        bytes_field(12, bytes_field(1, "y"))));
    EXPECT_EQ(std::get<GatherDims>(import.graph.operators.at(0).dims), (GatherDims{9, 64, 1000}));
    expect_round_trip(import);
}

TEST(OnnxProducts, ConvolutionsOfAnyRankAndOfKernelsThatAreComputed) {
    const NetworkImport volume =
        imported_graph(constant("w", {32, 16, 3, 3, 3}) + constant("b", {32}) +
                           node("Conv", {"x", "w", "b"}, {"y"}, attribute("pads", OnnxSizes{1, 1, 1, 1, 1, 1})),
                       {{"x", {1, 16, 16, 56, 56}}});
    EXPECT_EQ(macs_in(volume.graph), 16.0 * 27 * 32 * 16 * 56 * 56);
    EXPECT_EQ(totals(volume.graph).parameters, 32 * 16 * 27 + 32);
    expect_round_trip(volume);
    const NetworkImport computed =
        imported_graph(node("Conv", {"x", "k"}, {"y"}), {{"x", {1, 8, 10, 10}}, {"k", {4, 8, 3, 3}}});
    EXPECT_EQ(macs_in(computed.graph), 4.0 * 8 * 9 * 64);
    EXPECT_EQ(totals(computed.graph).parameters, 0);
    expect_round_trip(computed);
    // 512 to 256 channels, each input a block of 2x2 results.
    const NetworkImport transposed =
        imported_graph(constant("w", {512, 256, 2, 2}) +
                           node("ConvTranspose", {"x", "w"}, {"y"}, attribute("strides", OnnxSizes{2, 2})),
                       {{"x", {1, 512, 32, 32}}});
    EXPECT_EQ(macs_in(transposed.graph), 512.0 * 256 * 4 * 32 * 32);
    EXPECT_EQ(transposed.graph.tensors[static_cast<std::size_t>(transposed.graph.operators[0].output)].shape,
              (OnnxSizes{1, 256, 64, 64}));
    expect_round_trip(transposed);
}

TEST(OnnxProducts, RecurrentNetworksReadTheirWeightsForEachPosition) {
    const std::string weights =
        constant("w", {1, 2048, 512}) + constant("r", {1, 2048, 512}) + constant("b", {1, 4096});
    const NetworkImport import =
        imported_graph(weights + node("LSTM", {"x", "w", "r", "b"}, {"y", "h"}, attribute("hidden_size", 512)),
                       {{"x", {100, 1, 512}}});
    EXPECT_EQ(totals(import.graph).parameters, 2 * 2048 * 512 + 4096);
    EXPECT_EQ(macs_in(import.graph), 100.0 * 2048 * 1024);
    const auto& recurrent = operator_named(import.graph, "n.recurrent");
    EXPECT_EQ(std::get<MatmulDims>(recurrent.dims), (MatmulDims{100, 1, 512, 2048, true, true}));
    expect_round_trip(import);
    const NetworkImport both = imported_graph(
        constant("w", {2, 48, 12}) + constant("r", {2, 48, 16}) +
            node("GRU", {"x", "w", "r"}, {"y"}, attribute("hidden_size", 16) + attribute("direction", "bidirectional")),
        {{"x", {20, 3, 12}}});
    EXPECT_EQ(macs_in(both.graph), 2.0 * 20 * 3 * 48 * (12 + 16));
    EXPECT_EQ(totals(both.graph).parameters, 2 * 48 * (12 + 16));
    expect_round_trip(both);
    const NetworkImport sized_by_weights =
        imported_graph(constant("w", {1, 64, 12}) + constant("r", {1, 64, 16}) + node("LSTM", {"x", "w", "r"}, {"y"}),
                       {{"x", {20, 3, 12}}});
    EXPECT_EQ(macs_in(sized_by_weights.graph), 20.0 * 3 * 64 * (12 + 16));
}

TEST(OnnxProducts, RecurrentNetworksThatAttendComputeTheirMemorysKeysOnce) {
    // 20 steps of 3 inputs, states of 16 columns; a memory of 9 rows of 10, compared in 7 columns.
    const auto attentive = [](std::int64_t directions, std::int64_t results, bool layer) {
        std::vector<std::string> inputs{"x", "w", "r", "b", "", "", "", "", "q", "k", "v", "memory"};
        std::string weights = constant("w", {directions, 64, 12 + results}) + constant("r", {directions, 64, 16}) +
                              constant("b", {directions, 128}) + constant("q", {directions, 16, 7}) +
                              constant("k", {directions, 10, 7}) + constant("v", {directions, 7});
        if (layer) {
            inputs.insert(inputs.end(), {"", "a"});
            weights += constant("a", {directions, 10 + 16, results});
        }
        const std::string direction = directions > 1 ? attribute("direction", "bidirectional") : "";
        return weights + node("AttnLSTM", inputs, {"y"}, attribute("hidden_size", 16) + direction + runtime_domain());
    };
    const std::vector<std::pair<std::string, OnnxSizes>> given{{"x", {20, 3, 12}}, {"memory", {3, 9, 10}}};
    const NetworkImport with_layer = imported_graph(attentive(1, 5, true), given);
    constexpr double kKeys = 3 * 9 * 10 * 7;
    constexpr double kCompared = 16 * 7 + 9 * 7 + 9 * 10;
    EXPECT_EQ(macs_in(with_layer.graph), kKeys + 20 * 3 * (64 * (12 + 5 + 16) + kCompared + 26 * 5));
    EXPECT_EQ(totals(with_layer.graph).parameters, 64 * (12 + 5 + 16 + 2) + 16 * 7 + 10 * 7 + 7 + 26 * 5);
    expect_round_trip(with_layer);
    const NetworkImport both = imported_graph(attentive(2, 10, false), given);
    EXPECT_EQ(macs_in(both.graph), 2 * (kKeys + 20 * 3 * (64 * (12 + 10 + 16) + kCompared)));
    expect_round_trip(both);
    // Input weights that leave no room for what is attended to.
    EXPECT_THAT(onnx_refusal(model_of_graph(attentive(1, 9, false) + inputs_and_result(given, "y"))),
                HasSubstr("multiply-accumulates that cannot be counted: AttnLSTM (1)"));
}

TEST(OnnxProducts, SumsOverAnyAxesAreTheProductsThatTheyAre) {
    const auto einsum = [](const std::string& equation, const OnnxSizes& x, const OnnxSizes& v) {
        return imported_graph(node("Einsum", {"x", "v"}, {"y"}, attribute("equation", equation)), {{"x", x}, {"v", v}});
    };
    const NetworkImport scores = einsum("bqhd,bkhd->bhqk", {1, 512, 12, 64}, {1, 500, 12, 64});
    EXPECT_EQ(macs_in(scores.graph), 12.0 * 512 * 500 * 64);
    expect_round_trip(scores);
    EXPECT_EQ(macs_in(einsum("...ij,...jk->...ik", {3, 5, 6}, {3, 6, 7}).graph), 3.0 * 5 * 6 * 7);
    EXPECT_THAT(kinds_in_order(einsum("ij,ij->ij", {5, 6}, {5, 6}).graph), ElementsAre("mul"));
}

TEST(OnnxProducts, ExpertsAreMetBySomeRowsEach) {
    const NetworkImport import =
        imported_graph(constant("up", {8, 256, 64}) + constant("down", {8, 64, 256}) +
                           node("MoE", {"x", "router", "up", "", "down"}, {"y"}, runtime_domain() + attribute("k", 2)),
                       {{"x", {16, 64}}, {"router", {16, 8}}});
    EXPECT_EQ(macs_in(import.graph), 16.0 * 2 * 2 * 64 * 256);
    EXPECT_EQ(totals(import.graph).parameters, 2 * 8 * 64 * 256);
    expect_round_trip(import);
}

TEST(OnnxProducts, AChannelShuffleIsAMove) {
    const NetworkImport import =
        imported_graph(node("DepthToSpace", {"x"}, {"y"}, attribute("blocksize", 2)), {{"x", {1, 128, 16, 16}}});
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("transpose"));
    EXPECT_TRUE(import.unknown.empty());
}

TEST(OnnxProducts, APoolThatGrowsIsAcceptedAsItIsWritten) {
    const NetworkImport import =
        imported_graph(node("AveragePool", {"x"}, {"y"},
                            attribute("kernel_shape", OnnxSizes{3, 3}) + attribute("pads", OnnxSizes{2, 2, 2, 2})),
                       {{"x", {1, 3, 28, 28}}});
    expect_round_trip(import);
}

TEST(OnnxProducts, BiasesAndPeepholesAreParameters) {
    const NetworkImport sampled =
        imported_graph(constant("w", {8, 4, 3, 3}) + constant("b", {8}) +
                           node("DeformConv", {"x", "w", "o", "b"}, {"y"}, attribute("pads", OnnxSizes{1, 1, 1, 1})),
                       {{"x", {1, 4, 6, 6}}, {"o", {1, 18, 6, 6}}});
    EXPECT_EQ(totals(sampled.graph).parameters, 8 * 4 * 9 + 8);
    const std::string matrices = constant("w", {1, 32, 4}) + constant("r", {1, 32, 8});
    const auto recurrence = [&](const std::string& constants, const std::vector<std::string>& inputs) {
        const NetworkImport import = imported_graph(
            matrices + constants + node("LSTM", inputs, {"y"}, attribute("hidden_size", 8)), {{"x", {5, 1, 4}}});
        expect_round_trip(import);
        return totals(import.graph).parameters - 32 * 12;
    };
    EXPECT_EQ(recurrence(constant("b", {1, 64}), {"x", "w", "r", "b"}), 64);
    EXPECT_EQ(recurrence(constant("b", {1, 32}), {"x", "w", "r", "b"}), 32) << "one bias for both products";
    EXPECT_EQ(recurrence(constant("p", {1, 24}), {"x", "w", "r", "", "", "", "", "p"}), 24);
}

/// Attention of two heads over four positions, whose scores get what `added` computes as `bias`.
std::string attention_with(const std::string& added) {
    return node("MatMul", {"q", "k"}, {"s"}) + added + node("Add", {"s", "bias"}, {"t"}) +
           node("Softmax", {"t"}, {"p"}) + node("MatMul", {"p", "v"}, {"y"});
}

// A number per distance is part of the attention, as a mask is; products of the query with distances are work of their
// own (Transformer-XL, DeBERTa).
TEST(OnnxProducts, ProductsThatAreAddedToScoresAreNotLost) {
    const std::vector<std::pair<std::string, OnnxSizes>> inputs{
        {"q", {1, 2, 4, 8}}, {"k", {1, 2, 8, 4}}, {"v", {1, 2, 4, 8}}, {"r", {1, 2, 8, 4}}};
    const double fused = 2 * 2 * 4 * 4 * 8;
    const NetworkImport known =
        imported_graph(attention_with(node("ReduceMean", {"r"}, {"bias"}, attribute("axes", OnnxSizes{2}))), inputs);
    EXPECT_EQ(macs_in(known.graph), fused);
    EXPECT_THAT(kinds_in_order(known.graph), testing::Contains("attention"));
    const NetworkImport multiplied = imported_graph(attention_with(node("MatMul", {"q", "r"}, {"bias"})), inputs);
    EXPECT_EQ(macs_in(multiplied.graph), 1.5 * fused);
    EXPECT_THAT(kinds_in_order(multiplied.graph), testing::Not(testing::Contains("attention")));
    expect_round_trip(multiplied);
}

}  // namespace
}  // namespace berth
