// ONNX operators that multiply: what each is counted as, and that nothing that multiplies is lost without a word.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "berth/import_onnx.h"
#include "graph_fixtures.h"
#include "onnx_bytes.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Sizes = std::vector<std::int64_t>;

std::string inputs_and_result(const std::vector<std::pair<std::string, Sizes>>& inputs, const std::string& output) {
    std::string fields;
    for (const auto& [name, sizes] : inputs) {
        fields += sized(11, name, sizes);
    }
    return fields + bytes_field(12, bytes_field(1, output));
}

std::string model_of_graph(const std::string& graph) { return bytes_field(7, graph); }

OnnxImport imported_from_bytes(const std::string& bytes, const OnnxOptions& options = {}) {
    Diagnostics diagnostics;
    auto import = import_onnx(bytes, "m.onnx", options, diagnostics);
    if (!import) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*import);
}

OnnxImport imported_graph(const std::string& nodes, const std::vector<std::pair<std::string, Sizes>>& inputs,
                          const OnnxOptions& options = {}) {
    return imported_from_bytes(model_of_graph(nodes + inputs_and_result(inputs, "y")), options);
}

std::string refusal(const std::string& bytes, const OnnxOptions& options = {}) {
    Diagnostics diagnostics;
    EXPECT_FALSE(import_onnx(bytes, "m.onnx", options, diagnostics));
    return diagnostics.text();
}

double macs_in(const Graph& graph) { return in_operations(totals(graph).macs); }

std::vector<std::string> kinds_in_order(const Graph& graph) {
    std::vector<std::string> kinds;
    for (const Operator& op : graph.operators) {
        kinds.emplace_back(traits(op.kind).name);
    }
    return kinds;
}

/// The model as it is written is read again, and is the same.
void expect_round_trip(const OnnxImport& import) {
    Diagnostics diagnostics;
    const std::string text = written_model(import, "m", "test");
    const auto document = YamlDocument::parse(text, "m.yaml", diagnostics);
    const auto model = document ? read_model(document->root(diagnostics), {}) : std::nullopt;
    const auto graph = model ? instantiate(*model, {1, 1}, diagnostics) : std::nullopt;
    ASSERT_TRUE(graph) << diagnostics.text() << text;
    EXPECT_EQ(totals(*graph).macs, totals(import.graph).macs);
    EXPECT_EQ(totals(*graph).parameters, totals(import.graph).parameters);
    EXPECT_EQ(kinds_in_order(*graph), kinds_in_order(import.graph));
}

std::string group_query(const std::vector<std::string>& inputs, const std::string& more = "") {
    return node("GroupQueryAttention", inputs, {"y", "keys", "values"},
                runtime_domain() + attribute("num_heads", 32) + attribute("kv_num_heads", 8) + more) +
           bytes_field(12, bytes_field(1, "keys")) + bytes_field(12, bytes_field(1, "values"));
}

TEST(OnnxProducts, AttentionReadsTheCacheAndWritesTheNewOne) {
    for (const std::int64_t past : {16, 4096}) {
        const Sizes cache{1, 8, past, 128};
        const OnnxImport import = imported_graph(
            group_query({"q", "k", "v", "pk", "pv"}),
            {{"q", {1, 1, 4096}}, {"k", {1, 1, 1024}}, {"v", {1, 1, 1024}}, {"pk", cache}, {"pv", cache}});
        // One query of 32 heads meets past + 1 keys of width 128, and as many values.
        EXPECT_EQ(macs_in(import.graph), 2.0 * 32 * 128 * static_cast<double>(past + 1));
        EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("concat", "concat", "attention"));
        EXPECT_EQ(import.graph.tensors[static_cast<std::size_t>(import.graph.operators[0].output)].shape,
                  (Sizes{1, 8, past + 1, 128}));
        expect_round_trip(import);
    }
}

TEST(OnnxProducts, PackedQueriesKeysAndValuesAreTakenApartForTheCache) {
    const OnnxImport import =
        imported_graph(group_query({"x", "", "", "pk", "pv"}),
                       {{"x", {1, 1, 6144}}, {"pk", {1, 8, 4096, 128}}, {"pv", {1, 8, 4096, 128}}});
    EXPECT_EQ(macs_in(import.graph), 2.0 * 32 * 128 * 4097);
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("split", "split", "split", "concat", "concat", "attention"));
    expect_round_trip(import);
    const OnnxImport first = imported_graph(group_query({"x", "", ""}), {{"x", {1, 512, 6144}}});
    EXPECT_EQ(macs_in(first.graph), 2.0 * 32 * 128 * 512 * 513 / 2);  // no token sees a later one
    expect_round_trip(first);
}

TEST(OnnxProducts, AWindowLimitsTheKeys) {
    const OnnxImport import = imported_graph(
        group_query({"q", "k", "v", "pk", "pv"}, attribute("local_window_size", 4096)), {{"q", {1, 1, 4096}},
                                                                                         {"k", {1, 1, 1024}},
                                                                                         {"v", {1, 1, 1024}},
                                                                                         {"pk", {1, 8, 16384, 128}},
                                                                                         {"pv", {1, 8, 16384, 128}}});
    EXPECT_EQ(macs_in(import.graph), 2.0 * 32 * 128 * 4096);
}

TEST(OnnxProducts, AttentionOfTheStandardHasItsOwnHeadsAndWidths) {
    const std::vector<std::pair<std::string, Sizes>> inputs{
        {"q", {1, 32, 512, 128}}, {"k", {1, 8, 512, 128}}, {"v", {1, 8, 512, 64}}};
    const OnnxImport whole = imported_graph(node("Attention", {"q", "k", "v"}, {"y"}), inputs);
    EXPECT_EQ(macs_in(whole.graph), 32.0 * 512 * 512 * (128 + 64));
    expect_round_trip(whole);
    const OnnxImport causal =
        imported_graph(node("Attention", {"q", "k", "v"}, {"y"}, attribute("is_causal", 1)), inputs);
    EXPECT_EQ(macs_in(causal.graph), 32.0 * 512 * 513 / 2 * (128 + 64));
    // Heads and width in one, with a cache.
    const OnnxImport flat = imported_graph(
        node("Attention", {"q", "k", "v", "", "pk", "pv"}, {"y", "ok", "ov"},
             attribute("q_num_heads", 8) + attribute("kv_num_heads", 2)),
        {{"q", {2, 1, 512}}, {"k", {2, 1, 128}}, {"v", {2, 1, 128}}, {"pk", {2, 2, 9, 64}}, {"pv", {2, 2, 9, 64}}});
    EXPECT_EQ(macs_in(flat.graph), 2.0 * 2 * 8 * 10 * 64);
    expect_round_trip(flat);
}

TEST(OnnxProducts, ProjectionsWithinAttentionAreWeights) {
    const OnnxImport import = imported_graph(
        constant("w", {512, 1536}) + constant("b", {1536}) +
            node("Attention", {"x", "w", "b", "", "p"}, {"y", "present"}, runtime_domain() + attribute("num_heads", 8)),
        {{"x", {2, 1, 512}}, {"p", {2, 2, 8, 100, 64}}});
    EXPECT_EQ(totals(import.graph).parameters, 512 * 1536 + 1536);
    EXPECT_EQ(macs_in(import.graph), 2.0 * 512 * 1536 + 2.0 * 2 * 8 * 101 * 64);
    expect_round_trip(import);
}

TEST(OnnxProducts, BatchesBroadcast) {
    const OnnxImport shared =
        imported_graph(node("MatMul", {"q", "k"}, {"y"}), {{"q", {1, 8, 4, 128, 64}}, {"k", {1, 8, 1, 64, 128}}});
    // Four groups of queries share the keys: their rows stand below each other.
    EXPECT_EQ(std::get<MatmulDims>(shared.graph.operators[0].dims), (MatmulDims{8, 512, 64, 128, false, false}));
    const OnnxImport both =
        imported_graph(node("MatMul", {"q", "k"}, {"y"}), {{"q", {2, 1, 4, 128, 64}}, {"k", {1, 8, 1, 64, 128}}});
    EXPECT_EQ(macs_in(both.graph), 2.0 * 8 * 4 * 128 * 64 * 128);
    expect_round_trip(both);
    // A matrix of weights for each item of the batch.
    const OnnxImport several =
        imported_graph(constant("w", {3, 64, 32}) + node("MatMul", {"x", "w"}, {"y"}), {{"x", {3, 10, 64}}});
    EXPECT_EQ(macs_in(several.graph), 3.0 * 10 * 64 * 32);
    EXPECT_EQ(totals(several.graph).parameters, 3 * 64 * 32);
    expect_round_trip(several);
    const OnnxImport left =
        imported_graph(constant("w", {20, 64}) + node("MatMul", {"w", "x"}, {"y"}), {{"x", {5, 64, 7}}});
    EXPECT_EQ(std::get<MatmulDims>(left.graph.operators[0].dims), (MatmulDims{1, 35, 64, 20, true, false}));
}

TEST(OnnxProducts, WeightsOfFewBitsCountWhole) {
    const OnnxImport import =
        imported_graph(constant("w", {1024, 128, 16}) + constant("s", {131072}) +
                           node("MatMulNBits", {"x", "w", "s"}, {"y"},
                                runtime_domain() + attribute("K", 4096) + attribute("N", 1024) + attribute("bits", 4)),
                       {{"x", {1, 7, 4096}}});
    EXPECT_EQ(totals(import.graph).parameters, 4096 * 1024);
    EXPECT_EQ(macs_in(import.graph), 7.0 * 4096 * 1024);
    EXPECT_EQ(import.integer_products, 1);
}

TEST(OnnxProducts, ATableOfFewBitsIsATable) {
    const std::string ids = bytes_field(
        11,
        bytes_field(1, "ids") +
            bytes_field(2, bytes_field(1, number_field(1, 7) + bytes_field(2, bytes_field(1, number_field(1, 9))))));
    const std::string table =
        bytes_field(5, number_field(1, 1000) + number_field(1, 32) + number_field(2, 2) + bytes_field(8, "w"));
    const OnnxImport import = imported_from_bytes(model_of_graph(
        table + node("GatherBlockQuantized", {"w", "ids"}, {"y"}, runtime_domain() + attribute("bits", 4)) + ids +
        bytes_field(12, bytes_field(1, "y"))));
    EXPECT_EQ(std::get<GatherDims>(import.graph.operators.at(0).dims), (GatherDims{9, 64, 1000}));
    expect_round_trip(import);
}

TEST(OnnxProducts, ConvolutionsOfAnyRankAndOfKernelsThatAreComputed) {
    const OnnxImport volume =
        imported_graph(constant("w", {32, 16, 3, 3, 3}) + constant("b", {32}) +
                           node("Conv", {"x", "w", "b"}, {"y"}, attribute("pads", Sizes{1, 1, 1, 1, 1, 1})),
                       {{"x", {1, 16, 16, 56, 56}}});
    EXPECT_EQ(macs_in(volume.graph), 16.0 * 27 * 32 * 16 * 56 * 56);
    EXPECT_EQ(totals(volume.graph).parameters, 32 * 16 * 27 + 32);
    expect_round_trip(volume);
    const OnnxImport computed =
        imported_graph(node("Conv", {"x", "k"}, {"y"}), {{"x", {1, 8, 10, 10}}, {"k", {4, 8, 3, 3}}});
    EXPECT_EQ(macs_in(computed.graph), 4.0 * 8 * 9 * 64);
    EXPECT_EQ(totals(computed.graph).parameters, 0);
    expect_round_trip(computed);
    // 512 to 256 channels, each input a block of 2x2 results.
    const OnnxImport transposed = imported_graph(
        constant("w", {512, 256, 2, 2}) + node("ConvTranspose", {"x", "w"}, {"y"}, attribute("strides", Sizes{2, 2})),
        {{"x", {1, 512, 32, 32}}});
    EXPECT_EQ(macs_in(transposed.graph), 512.0 * 256 * 4 * 32 * 32);
    EXPECT_EQ(transposed.graph.tensors[static_cast<std::size_t>(transposed.graph.operators[0].output)].shape,
              (Sizes{1, 256, 64, 64}));
    expect_round_trip(transposed);
}

TEST(OnnxProducts, RecurrentNetworksReadTheirWeightsForEachPosition) {
    const std::string weights =
        constant("w", {1, 2048, 512}) + constant("r", {1, 2048, 512}) + constant("b", {1, 4096});
    const OnnxImport import =
        imported_graph(weights + node("LSTM", {"x", "w", "r", "b"}, {"y", "h"}, attribute("hidden_size", 512)),
                       {{"x", {100, 1, 512}}});
    EXPECT_EQ(totals(import.graph).parameters, 2 * 2048 * 512 + 4096);
    EXPECT_EQ(macs_in(import.graph), 100.0 * 2048 * 1024);
    const auto& recurrent = operator_named(import.graph, "n.recurrent");
    EXPECT_EQ(std::get<MatmulDims>(recurrent.dims), (MatmulDims{100, 1, 512, 2048, true, true}));
    expect_round_trip(import);
    const OnnxImport both = imported_graph(
        constant("w", {2, 48, 12}) + constant("r", {2, 48, 16}) +
            node("GRU", {"x", "w", "r"}, {"y"}, attribute("hidden_size", 16) + attribute("direction", "bidirectional")),
        {{"x", {20, 3, 12}}});
    EXPECT_EQ(macs_in(both.graph), 2.0 * 20 * 3 * 48 * (12 + 16));
    EXPECT_EQ(totals(both.graph).parameters, 2 * 48 * (12 + 16));
    expect_round_trip(both);
}

TEST(OnnxProducts, SumsOverAnyAxesAreTheProductsThatTheyAre) {
    const auto einsum = [](const std::string& equation, const Sizes& x, const Sizes& v) {
        return imported_graph(node("Einsum", {"x", "v"}, {"y"}, attribute("equation", equation)), {{"x", x}, {"v", v}});
    };
    const OnnxImport scores = einsum("bqhd,bkhd->bhqk", {1, 512, 12, 64}, {1, 500, 12, 64});
    EXPECT_EQ(macs_in(scores.graph), 12.0 * 512 * 500 * 64);
    expect_round_trip(scores);
    EXPECT_EQ(macs_in(einsum("...ij,...jk->...ik", {3, 5, 6}, {3, 6, 7}).graph), 3.0 * 5 * 6 * 7);
    EXPECT_THAT(kinds_in_order(einsum("ij,ij->ij", {5, 6}, {5, 6}).graph), ElementsAre("mul"));
}

TEST(OnnxProducts, ExpertsAreMetBySomeRowsEach) {
    const OnnxImport import =
        imported_graph(constant("up", {8, 256, 64}) + constant("down", {8, 64, 256}) +
                           node("MoE", {"x", "router", "up", "", "down"}, {"y"}, runtime_domain() + attribute("k", 2)),
                       {{"x", {16, 64}}, {"router", {16, 8}}});
    EXPECT_EQ(macs_in(import.graph), 16.0 * 2 * 2 * 64 * 256);
    EXPECT_EQ(totals(import.graph).parameters, 2 * 8 * 64 * 256);
    expect_round_trip(import);
}

TEST(OnnxProducts, AChannelShuffleIsAMove) {
    const OnnxImport import =
        imported_graph(node("DepthToSpace", {"x"}, {"y"}, attribute("blocksize", 2)), {{"x", {1, 128, 16, 16}}});
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("transpose"));
    EXPECT_TRUE(import.unknown.empty());
}

TEST(OnnxProducts, APoolThatGrowsIsAcceptedAsItIsWritten) {
    const OnnxImport import =
        imported_graph(node("AveragePool", {"x"}, {"y"},
                            attribute("kernel_shape", Sizes{3, 3}) + attribute("pads", Sizes{2, 2, 2, 2})),
                       {{"x", {1, 3, 28, 28}}});
    expect_round_trip(import);
}

TEST(OnnxProducts, NumbersDrawnAtRandomAreNoWeights) {
    const OnnxImport import = imported_graph(
        node("RandomNormal", {}, {"r"}, attribute("shape", Sizes{1, 192, 200})) + node("Add", {"x", "r"}, {"y"}),
        {{"x", {1, 192, 200}}});
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("add"));
    EXPECT_EQ(totals(import.graph).parameters, 0);
}

TEST(OnnxProducts, WeightsThatSeveralOperatorsUseCountOnce) {
    const std::string weights = constant("w", {8, 8});
    const OnnxImport import = imported_graph(weights + node("MatMul", {"x", "w"}, {"t"}) +
                                                 node("Transpose", {"w"}, {"u"}) + node("MatMul", {"t", "u"}, {"y"}),
                                             {{"x", {4, 8}}});
    EXPECT_EQ(totals(import.graph).parameters, 64);
    EXPECT_EQ(macs_in(import.graph), 2.0 * 4 * 64);
    expect_round_trip(import);
}

// Bodies.

std::string branch(const std::string& name, std::int64_t width) {
    const std::string weights = "w" + std::to_string(width);
    return body_attribute(name, constant(weights, {8, width}) + node("MatMul", {"x", weights}, {name}) +
                                    bytes_field(12, bytes_field(1, name)));
}

TEST(OnnxBodies, OfAConditionTheDearerBranchCounts) {
    for (const auto& [yes, no] : {std::pair(16, 32), std::pair(32, 16)}) {
        const OnnxImport import =
            imported_graph(node("If", {"c"}, {"y"}, branch("then_branch", yes) + branch("else_branch", no)),
                           {{"x", {4, 8}}, {"c", {}}});
        EXPECT_EQ(macs_in(import.graph), 4.0 * 8 * 32);
        EXPECT_EQ(totals(import.graph).parameters, 8 * 32);
        expect_round_trip(import);
    }
}

/// x goes through eight columns again and again.
std::string loop(const std::string& count) {
    return node("Loop", {count, "", "x"}, {"y"},
                body_attribute("body", constant("w", {8, 8}) + node("MatMul", {"s", "w"}, {"t"}) +
                                           node("Identity", {"c"}, {"d"}) + sized(11, "i", {}) + sized(11, "c", {}) +
                                           sized(11, "s", {4, 8}) + bytes_field(12, bytes_field(1, "d")) +
                                           bytes_field(12, bytes_field(1, "t"))));
}

std::string whole_constant(const std::string& name, std::int64_t value) {
    return bytes_field(5, number_field(2, 7) + number_field(7, value) + bytes_field(8, name));
}

TEST(OnnxBodies, ALoopRunsAsOftenAsTheGraphSays) {
    const OnnxImport import = imported_graph(whole_constant("n", 12) + loop("n"), {{"x", {4, 8}}});
    EXPECT_EQ(macs_in(import.graph), 12.0 * 4 * 64);
    EXPECT_EQ(totals(import.graph).parameters, 64);  // the same weights each time
    expect_round_trip(import);
}

TEST(OnnxBodies, ALoopOfUnknownLengthNeedsAnOption) {
    const std::string bytes = model_of_graph(loop("n") + inputs_and_result({{"x", {4, 8}}, {"n", {}}}, "y"));
    EXPECT_EQ(
        refusal(bytes),
        "m.onnx: error: multiply-accumulates that cannot be counted: Loop 'n', which runs an unknown number of times "
        "(berth import --iterations N) (expected an export without them; berth import --allow-unknown imports all "
        "else)\n");
    EXPECT_EQ(macs_in(imported_from_bytes(bytes, {{}, 7}).graph), 7.0 * 4 * 64);
    EXPECT_EQ(macs_in(imported_from_bytes(bytes, {{}, std::nullopt, true}).graph), 4.0 * 64);
    EXPECT_THAT(refusal(bytes, {{}, 1'000'000}), HasSubstr("loops and functions make more than 250000 nodes"));
}

TEST(OnnxBodies, AScanGoesAlongItsInput) {
    const std::string body = body_attribute(
        "body", constant("w", {8, 8}) + node("MatMul", {"h", "w"}, {"t"}) + node("Add", {"t", "x_t"}, {"g"}) +
                    node("Relu", {"g"}, {"o"}) + sized(11, "h", {4, 8}) + sized(11, "x_t", {4, 8}) +
                    bytes_field(12, bytes_field(1, "g")) + bytes_field(12, bytes_field(1, "o")));
    const OnnxImport import =
        imported_graph(node("Scan", {"h0", "x"}, {"h1", "y"}, body + attribute("num_scan_inputs", 1)),
                       {{"h0", {4, 8}}, {"x", {20, 4, 8}}});
    EXPECT_EQ(macs_in(import.graph), 20.0 * 4 * 64);
    EXPECT_EQ(totals(import.graph).parameters, 64);
    EXPECT_EQ(import.graph.tensors[static_cast<std::size_t>(import.graph.operators.back().output)].shape,
              (Sizes{20, 4, 8}));
    expect_round_trip(import);
}

/// A function `local.Twice` of its first input and a matrix.
std::string function(const std::string& nodes) {
    return bytes_field(25, bytes_field(1, "Twice") + bytes_field(10, "local") + bytes_field(4, "a") +
                               bytes_field(4, "m") + bytes_field(5, "b") + nodes);
}

std::string in_function(std::string node_bytes) {  // field 7 of a function, not 1 of a graph
    node_bytes[0] = static_cast<char>(7U << 3U | 2U);
    return node_bytes;
}

TEST(OnnxBodies, FunctionsStandAsTheirNodes) {
    const std::string call = node("Twice", {"x", "w"}, {"y"}, bytes_field(7, "local"));
    const std::string graph = constant("w", {8, 8}) + call + inputs_and_result({{"x", {4, 8}}}, "y");
    const std::string twice =
        function(in_function(node("MatMul", {"a", "m"}, {"t"})) + in_function(node("MatMul", {"t", "m"}, {"b"})));
    const OnnxImport import = imported_from_bytes(model_of_graph(graph) + twice);
    EXPECT_EQ(macs_in(import.graph), 2.0 * 4 * 64);
    EXPECT_EQ(totals(import.graph).parameters, 64);
    const std::string itself = function(in_function(node("Twice", {"a", "m"}, {"b"}, bytes_field(7, "local"))));
    EXPECT_THAT(refusal(model_of_graph(graph) + itself), HasSubstr("function 'Twice' calls itself"));
}

TEST(OnnxBodies, BodiesWithinBodiesHaveAnEnd) {
    std::string body = node("Relu", {"x"}, {"y"});
    for (int i = 0; i < 40; ++i) {
        body = node("If", {"x"}, {"y"}, body_attribute("then_branch", body) + body_attribute("else_branch", ""));
    }
    EXPECT_THAT(refusal(model_bytes(body)), HasSubstr("graphs are nested more than 32 deep"));
}

TEST(OnnxBodies, SequencesAreOnlyPlumbing) {
    const OnnxImport import = imported_graph(
        constant("w", {8, 8}) + node("SequenceConstruct", {"x", "x"}, {"s"}) + node("MatMul", {"x", "w"}, {"t"}) +
            node("SequenceInsert", {"s", "t"}, {"u"}) + node("ConcatFromSequence", {"u"}, {"y"}, attribute("axis", 0)),
        {{"x", {4, 8}}});
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("matmul", "concat"));
    EXPECT_EQ(import.graph.tensors[static_cast<std::size_t>(import.graph.operators.back().output)].shape,
              (Sizes{12, 8}));
    expect_round_trip(import);
}

// What is lost.

TEST(OnnxLosses, WeightsOfUnknownOperatorsAreNotLostSilently) {
    const std::string bytes =
        model_of_graph(constant("w", {64, 64}) + node("Mystery", {"x", "w"}, {"y"}, bytes_field(7, "example.org")) +
                       sized(11, "x", {4, 64}) + sized(12, "y", {4, 64}));
    EXPECT_EQ(
        refusal(bytes),
        "m.onnx: error: 100% of the parameters are of operators that count as a pass over their data: Mystery "
        "(1) with 4096 weights (expected an export without them; berth import --allow-unknown imports all else)\n");
    const OnnxImport import = imported_from_bytes(bytes, {{}, std::nullopt, true});
    ASSERT_EQ(import.losses.size(), 1U);
    EXPECT_EQ(import.losses[0].weights, 4096);
    EXPECT_FALSE(import.losses[0].multiplies);
}

TEST(OnnxLosses, ProductsThatCannotBeCountedAreRefused) {
    const std::string bytes = model_of_graph(node("PackedAttention", {"x"}, {"y"}, runtime_domain()) +
                                             sized(11, "x", {4, 64}) + sized(12, "y", {4, 64}));
    EXPECT_THAT(refusal(bytes), HasSubstr("multiply-accumulates that cannot be counted: PackedAttention (1)"));
    EXPECT_TRUE(imported_from_bytes(bytes, {{}, std::nullopt, true}).losses.at(0).multiplies);
}

TEST(OnnxSizes, DimensionsWithoutNameHaveAPlace) {
    const std::string open = bytes_field(
        11, bytes_field(1, "x") +
                bytes_field(
                    2, bytes_field(1, number_field(1, 1) +
                                          bytes_field(2, bytes_field(1, "") + bytes_field(1, number_field(1, 8))))));
    const std::string bytes = model_of_graph(node("Relu", {"x"}, {"y"}) + open + sized(12, "y", {4, 8}));
    EXPECT_EQ(refusal(bytes), "m.onnx: error: no size for dimension x:0 (expected berth import with --dim x:0=SIZE)\n");
    const OnnxImport import = imported_from_bytes(bytes, {{{"x:0", 5}}});
    EXPECT_EQ(import.graph.tensors[0].shape, (Sizes{5, 8}));
    EXPECT_THAT(refusal(bytes, {{{"x:0", 5}, {"x:9", 1}}}), HasSubstr("no input has a dimension 'x:9'"));
}

TEST(OnnxSizes, ASizeOfZeroIsCalledSo) {
    EXPECT_EQ(
        refusal(model_of_graph(node("Relu", {"x"}, {"y"}) + sized(11, "x", {1, 0, 16}) + sized(12, "y", {1, 0, 16}))),
        "m.onnx: error: input 'x' has a size of 0 on axis 1: there is nothing to compute (expected a size of at "
        "least 1: berth import with --dim x:1=SIZE)\n");
}

TEST(OnnxSizes, APointerIsNotTheModel) {
    EXPECT_EQ(
        refusal("version https://git-lfs.github.com/spec/v1\noid sha256:f7ff\nsize 548\n"),
        "m.onnx: error: it is a pointer of Git LFS, not the model (expected the model itself, which 'git lfs pull' "
        "fetches)\n");
}

}  // namespace
}  // namespace berth
