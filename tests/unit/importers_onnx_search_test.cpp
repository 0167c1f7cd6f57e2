// Searches of ONNX Runtime that generate text, and operators that run a body on each element of a sequence.
// tests/onnx_test.py counts more of them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onnx_imports.h"

namespace berth {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kPrompt = 4;
constexpr std::int64_t kHidden = 8;
constexpr std::int64_t kWords = 16;
constexpr double kPerToken = kHidden * kWords;  // the only product of the decoder

/// An input of whole numbers.
std::string ids_input(const std::string& name, const OnnxSizes& sizes) {
    std::string shape;
    for (const std::int64_t size : sizes) {
        shape += bytes_field(1, number_field(1, size));
    }
    return bytes_field(
        11, bytes_field(1, name) + bytes_field(2, bytes_field(1, number_field(1, 6) + bytes_field(2, shape))));
}

std::string result(const std::string& name) { return bytes_field(12, bytes_field(1, name)); }

/// Scores of all words for each token, without a cache: each token is read again with those before it.
std::string scoring_decoder(const std::string& more = "") {
    return body_attribute("decoder", constant("words", {kWords, kHidden}) + constant("head", {kHidden, kWords}) +
                                         node("Gather", {"words", "input_ids"}, {"x"}) +
                                         node("MatMul", {"x", "head"}, {"logits"}) + ids_input("input_ids", {1, 1}) +
                                         more + result("logits"));
}

std::string search(const std::string& op, const std::vector<std::string>& inputs, const std::string& bodies) {
    std::string graph = node(op, inputs, {"y"}, bodies + runtime_domain()) + ids_input("ids", {2, kPrompt});
    for (std::size_t i = 1; i < inputs.size(); ++i) {
        graph += ids_input(inputs[i], {1});
    }
    return model_of_graph(graph + result("y"));
}

TEST(OnnxSearch, ALengthThatIsAnInputIsGivenByItsName) {
    const std::string model = search("GreedySearch", {"ids", "longest"}, scoring_decoder());
    const double expected = 2 * (4 + 5 + 6) * kPerToken;
    EXPECT_EQ(macs_in(imported_model(model, {{{"longest", 7}}}).graph), expected);
    EXPECT_EQ(macs_in(imported_model(model, {{}, 3}).graph), expected);
    expect_round_trip(imported_model(model, {{}, 3}));
    EXPECT_EQ(
        onnx_refusal(model),
        "m.onnx: error: multiply-accumulates that cannot be counted: GreedySearch 'n', which makes an unknown "
        "number of tokens (berth import --iterations N or --dim longest=LENGTH) (expected an export without them; "
        "berth import --allow-unknown imports all else)\n");
}

TEST(OnnxSearch, EveryBeamIsASequenceOfItsOwn) {
    const std::string model = search("BeamSearch", {"ids", "longest", "least", "beams"}, scoring_decoder());
    EXPECT_EQ(macs_in(imported_model(model, {{{"longest", 6}, {"beams", 3}}}).graph), 3 * 2 * (4 + 5) * kPerToken);
    EXPECT_THAT(onnx_refusal(model, {{{"longest", 6}}}),
                HasSubstr("BeamSearch 'n', which keeps an unknown number of beams (berth import --dim beams=N)"));
}

TEST(OnnxSearch, BodiesThatDoNotFitAreRefused) {
    const NetworkOptions options{{}, 2};
    const auto refusal = [&](const std::string& bodies) {
        return onnx_refusal(search("GreedySearch", {"ids", "longest"}, bodies), options);
    };
    EXPECT_EQ(refusal(scoring_decoder(ids_input("noise", {1}))),
              "m.onnx: error: a body of GreedySearch 'n' reads 'noise', which the search does not make\n");
    EXPECT_EQ(refusal(scoring_decoder(ids_input("past_0", {1}))),
              "m.onnx: error: the cache 'past_0' of GreedySearch 'n' has no stated heads and width (expected a decoder "
              "whose inputs have shapes)\n");
    EXPECT_EQ(refusal(scoring_decoder(result("present_0"))),
              "m.onnx: error: a body of GreedySearch 'n' does not make 'present_0'\n");
    EXPECT_EQ(refusal(body_attribute("decoder", node("Identity", {"input_ids"}, {"same"}) +
                                                    ids_input("input_ids", {1, 1}) + result("same"))),
              "m.onnx: error: the decoder of GreedySearch 'n' makes no 'logits'\n");
}

std::string map_of(const std::string& body) {
    return node("SequenceConstruct", {"a", "b"}, {"s"}) + node("SequenceMap", {"s"}, {"t"}, body) +
           node("ConcatFromSequence", {"t"}, {"y"}, attribute("axis", 0));
}

TEST(OnnxSearch, ASequenceMapRunsOncePerElement) {
    const std::string body = body_attribute(
        "body", constant("w", {8, 16}) + node("MatMul", {"e", "w"}, {"f"}) + sized(11, "e", {1, 8}) + result("f"));
    const NetworkImport import = imported_graph(map_of(body), {{"a", {3, 8}}, {"b", {5, 8}}});
    EXPECT_EQ(macs_in(import.graph), 8.0 * 8 * 16);
    EXPECT_EQ(totals(import.graph).parameters, 8 * 16);
    expect_round_trip(import);
    const std::string wrong = body_attribute("body", node("Identity", {"e"}, {"f"}) + result("f"));
    EXPECT_EQ(onnx_refusal(model_of_graph(map_of(wrong) + inputs_and_result({{"a", {3, 8}}, {"b", {5, 8}}}, "y"))),
              "m.onnx: error: SequenceMap 'n' and its body do not fit\n");
}

TEST(OnnxSearch, AnInputThatIsASequenceHasAsManyElementsAsAreAskedFor) {
    const std::string tensor =
        bytes_field(1, number_field(1, 1) +
                           bytes_field(2, bytes_field(1, number_field(1, 2)) + bytes_field(1, number_field(1, 8))));
    const std::string model =
        model_of_graph(node("ConcatFromSequence", {"s"}, {"x"}, attribute("axis", 0)) +
                       node("MatMul", {"x", "w"}, {"y"}) + constant("w", {8, 16}) + result("y") +
                       bytes_field(11, bytes_field(1, "s") + bytes_field(2, bytes_field(4, bytes_field(1, tensor)))));
    EXPECT_EQ(macs_in(imported_model(model, {{{"s", 3}}}).graph), 3.0 * 2 * 8 * 16);
    EXPECT_EQ(onnx_refusal(model),
              "m.onnx: error: no size for dimension s (expected berth import with --dim s=SIZE)\n");
}

TEST(OnnxSearch, GlobalTokensThatOnlyTheRunTimeKnowsAreAssumed) {
    const std::string graph = node("LongformerAttention", {"x", "w", "b", "m", "g", "c", "f"}, {"y"},
                                   attribute("num_heads", 2) + attribute("window", 2) + runtime_domain()) +
                              constant("w", {8, 24}) + constant("b", {24}) + constant("g", {8, 24}) +
                              constant("c", {24}) +
                              inputs_and_result({{"x", {1, 10, 8}}, {"m", {1, 10}}, {"f", {1, 10}}}, "y");
    Diagnostics diagnostics;
    const auto import = import_onnx(model_of_graph(graph), "m.onnx", {}, diagnostics);
    ASSERT_TRUE(import) << diagnostics.text();
    EXPECT_EQ(diagnostics.text(),
              "m.onnx: warning: assumed, because only the run time knows: one global token per sequence in "
              "LongformerAttention\n");
    // Projections of all tokens and of the global one; windows of 3, 4, 5 ... 5, 4, 3 keys; and both ways with it.
    EXPECT_EQ(macs_in(import->graph),
              10.0 * 8 * 24 + 10 * 8 * 16 + 8 * 8 + 2 * 8 * (3 + 4 + 6 * 5 + 4 + 3) + 2 * 2 * 8 * 10);
}

}  // namespace
}  // namespace berth
