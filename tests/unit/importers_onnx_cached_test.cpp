// Operators of ONNX Runtime with caches, states or characters: their products, and what stays refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onnx_imports.h"

namespace berth {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kBool = 9;

std::string flag(const std::string& name, bool value) {
    return bytes_field(5, number_field(1, 1) + number_field(2, kBool) + bytes_field(8, name) +
                              bytes_field(9, std::string(1, value ? '\1' : '\0')));
}

const std::vector<std::pair<std::string, OnnxSizes>> kDecoderInputs{
    {"x", {3, 2, 8}}, {"s", {5, 2, 8}}, {"kc", {2, 4, 7, 2}}, {"vc", {2, 4, 7, 2}}};

/// A call with 3 positions of 2 sequences, a source of 5 positions, and caches of 7.
std::string decoder(bool of_source, bool use_past, const std::string& outputs = "y") {
    return node("DecoderAttention", {"x", "s", "q", "kv", "b", "", "kc", "vc", "f0", "f1", "f2", "f3"}, {outputs},
                attribute("num_heads", 4) + runtime_domain()) +
           constant("q", {8, 8}) + constant("kv", {8, 16}) + constant("b", {24}) + flag("f0", of_source) +
           flag("f1", use_past) + flag("f2", true) + flag("f3", false);
}

double decoder_macs(bool of_source, bool use_past) {
    const NetworkImport import = imported_graph(decoder(of_source, use_past), kDecoderInputs);
    expect_round_trip(import);
    return macs_in(import.graph);
}

TEST(OnnxCached, ADecoderReadsItsOwnPositionsOrASource) {
    const double query = 3 * 2 * 8 * 8;
    const auto attention = [](double keys) { return 2 * 2 * 3 * keys * 8; };
    EXPECT_EQ(decoder_macs(false, false), query + 3 * 2 * 8 * 16 + attention(3));
    EXPECT_EQ(decoder_macs(false, true), query + 3 * 2 * 8 * 16 + attention(7 + 3));
    EXPECT_EQ(decoder_macs(true, false), query + 5 * 2 * 8 * 16 + attention(5));
    EXPECT_EQ(decoder_macs(true, true), query + attention(7));  // keys and values of the source are in the caches
}

TEST(OnnxCached, ADecoderWhoseFlagsOnlyTheRunTimeKnowsIsRefused) {
    const std::string open =
        node("DecoderAttention", {"x", "s", "q", "kv", "b", "", "kc", "vc", "f0", "f1", "f2", "f3"}, {"y"},
             attribute("num_heads", 4) + runtime_domain()) +
        constant("q", {8, 8}) + constant("kv", {8, 16}) + constant("b", {24}) + flag("f1", true) + flag("f2", true) +
        flag("f3", false);
    auto inputs = kDecoderInputs;
    inputs.emplace_back("f0", OnnxSizes{1});
    EXPECT_THAT(onnx_refusal(model_of_graph(open + inputs_and_result(inputs, "y"))), HasSubstr("DecoderAttention"));
}

std::string paged(const std::vector<std::string>& query_key_value) {
    std::vector<std::string> inputs = query_key_value;
    inputs.insert(inputs.end(), {"kc", "vc", "c", "p", "t"});
    return node("PagedAttention", inputs, {"y"},
                attribute("num_heads", 4) + attribute("kv_num_heads", 2) + runtime_domain());
}

// 6 tokens of 2 sequences behind full blocks: 4 of 8 positions for each sequence.
// Without earlier positions the caches are the new keys and values, moved.
TEST(OnnxCached, FirstCachesAreMoves) {
    const NetworkImport import = imported_model(
        model_of_graph(node("GroupQueryAttention", {"x", "k", "v"}, {"y", "pk", "pv"},
                            attribute("num_heads", 8) + attribute("kv_num_heads", 2) + runtime_domain()) +
                       sized(11, "x", {1, 16, 64}) + sized(11, "k", {1, 16, 16}) + sized(11, "v", {1, 16, 16}) +
                       sized(12, "y", {1, 16, 64}) + sized(12, "pk", {1, 2, 16, 8}) + sized(12, "pv", {1, 2, 16, 8})));
    EXPECT_THAT(kinds_in_order(import.graph), testing::ElementsAre("transpose", "transpose", "attention"));
    EXPECT_TRUE(import.unknown.empty());
    expect_round_trip(import);
}

TEST(OnnxCached, PagesAreTakenAsFull) {
    const std::vector<std::pair<std::string, OnnxSizes>> inputs{
        {"x", {6, 32}},        {"k", {6, 16}}, {"v", {6, 16}}, {"kc", {20, 8, 2, 8}},
        {"vc", {20, 8, 2, 8}}, {"c", {3}},     {"p", {2}},     {"t", {2, 4}}};
    Diagnostics diagnostics;
    const std::string bytes = model_of_graph(paged({"x", "k", "v"}) + inputs_and_result(inputs, "y"));
    const auto import = import_onnx(bytes, "m.onnx", {}, diagnostics);
    ASSERT_TRUE(import) << diagnostics.text();
    EXPECT_THAT(diagnostics.text(), HasSubstr("full blocks and sequences of equal lengths in PagedAttention"));
    // Of 32 positions the queries of a sequence see 30, 31 and 32.
    EXPECT_EQ(macs_in(import->graph), 2.0 * 2 * (30 + 31 + 32) * 32);
    auto packed = inputs;
    packed[0].second = {6, 64};
    EXPECT_EQ(macs_in(imported_graph(paged({"x", "", ""}), packed).graph), macs_in(import->graph));
    auto uneven = inputs;
    uneven[0].second = {7, 32};
    EXPECT_THAT(onnx_refusal(model_of_graph(paged({"x", "k", "v"}) + inputs_and_result(uneven, "y"))),
                HasSubstr("PagedAttention"));
}

TEST(OnnxCached, LinearAttentionIsARecurrence) {
    const auto graph = [](std::int64_t query_heads) {
        return node("LinearAttention", {"q", "k", "v", "s", "d", "b"}, {"y", "state"},
                    attribute("q_num_heads", query_heads) + attribute("kv_num_heads", 2) + runtime_domain());
    };
    const std::vector<std::pair<std::string, OnnxSizes>> inputs{
        {"q", {1, 6, 8}}, {"k", {1, 6, 8}}, {"v", {1, 6, 16}}, {"s", {1, 2, 4, 8}}, {"d", {1, 6, 2}}, {"b", {1, 6, 2}}};
    const NetworkImport import = imported_graph(graph(2), inputs);
    expect_round_trip(import);
    ASSERT_EQ(kinds_in_order(import.graph), std::vector<std::string>{"scan"});
    const auto& dims = std::get<ScanDims>(import.graph.operators.front().dims);
    EXPECT_EQ(dims, (ScanDims{1, 6, 16, 4, 5, 0}));
    EXPECT_THAT(onnx_refusal(model_of_graph(graph(4) + inputs_and_result(inputs, "y"))), HasSubstr("LinearAttention"));
}

TEST(OnnxCached, WordsAreConvolvedOverTheirCharacters) {
    const auto graph = [](std::int64_t window) {
        return node("WordConvEmbedding", {"x", "w", "b", "c"}, {"y"},
                    attribute("embedding_size", 12) + attribute("conv_window_size", window) +
                        attribute("char_embedding_size", 5) + runtime_domain()) +
               constant("w", {12, 1, window, 5}) + constant("b", {12}) + constant("c", {100, 5});
    };
    const NetworkImport import = imported_graph(graph(3), {{"x", {4, 9}}});
    expect_round_trip(import);
    EXPECT_EQ(macs_in(import.graph), 4.0 * (9 - 3 + 1) * 3 * 5 * 12);
    EXPECT_EQ(totals(import.graph).parameters, 12 * 3 * 5 + 12 + 100 * 5);
    EXPECT_THAT(onnx_refusal(model_of_graph(graph(10) + inputs_and_result({{"x", {4, 9}}}, "y"))),
                HasSubstr("WordConvEmbedding"));
}

TEST(OnnxCached, WindowsInIntegersAreWindows) {
    const std::string graph = node("QOrderedLongformerAttention",
                                   {"x", "sx", "w", "sw", "b", "sb", "sg", "m", "g", "sgw", "c", "sgg", "f", "so"},
                                   {"y"}, attribute("num_heads", 2) + attribute("window", 2) + runtime_domain()) +
                              constant("w", {8, 24}) + constant("b", {24}) + constant("g", {8, 24}) +
                              constant("c", {24}) + constant("sx", {1}) + constant("sw", {1}) + constant("sb", {1}) +
                              constant("sg", {1}) + constant("sgw", {1}) + constant("sgg", {1}) + constant("so", {1});
    const NetworkImport import = imported_graph(graph, {{"x", {1, 10, 8}}, {"m", {1, 10}}, {"f", {1, 10}}});
    EXPECT_EQ(macs_in(import.graph),
              10.0 * 8 * 24 + 10 * 8 * 16 + 8 * 8 + 2 * 8 * (3 + 4 + 6 * 5 + 4 + 3) + 2 * 2 * 8 * 10);
}

}  // namespace
}  // namespace berth
