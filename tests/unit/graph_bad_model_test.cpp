// Invalid models: the exact text of every error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph_fixtures.h"

namespace berth {
namespace {

/// Diagnostics of reading and instantiating this model with the shipped architectures.
std::string said(std::string_view text, Workload workload = {1, 8}) {
    Diagnostics diagnostics;
    const auto document = YamlDocument::parse(text, "m.yaml", diagnostics);
    const auto model =
        document ? read_model(document->root(diagnostics), shipped_models() / "architectures") : std::nullopt;
    const auto graph = model ? instantiate(*model, workload, diagnostics) : std::nullopt;
    EXPECT_EQ(graph.has_value(), !diagnostics.has_errors());
    return diagnostics.text();
}

TEST(GraphBadModel, AGoodOneSaysNothing) {
    EXPECT_EQ(said("model: m\n"
                   "architecture: bert-encoder\n"
                   "sizes: {layers: 2, hidden: 384, heads: 12, ffn: 1536, vocab: 100, max_positions: 64}\n"),
              "");
}

TEST(GraphBadModel, UnknownArchitecture) {
    EXPECT_EQ(said("model: m\narchitecture: bert-encodr\nsizes: {layers: 2}\n"),
              "m.yaml:2:15: error: architecture: unknown architecture 'bert-encodr' (did you mean "
              "bert-encoder?)\n");
    EXPECT_THAT(said("model: m\narchitecture: ../bert-encoder\nsizes: {layers: 2}\n"),
                testing::HasSubstr("unknown architecture '../bert-encoder'"));
}

TEST(GraphBadModel, MissingAndUnknownSizes) {
    EXPECT_EQ(
        said("model: m\n"
             "architecture: bert-encoder\n"
             "sizes: {layers: 2, hiden: 384, heads: 12, vocab: 100, max_positions: 64}\n"
             "head: {colour: 3}\n"),
        "m.yaml:3:8: error: missing size 'ffn' (expected width inside the feed-forward network)\n"
        "m.yaml:3:20: error: unknown size 'hiden' (did you mean hidden?)\n"
        "m.yaml:4:8: error: unknown size 'colour' (expected layers, hidden, heads, ffn, vocab, "
        "max_positions, learned_positions, rotary, word_width, groups, qkv_bias, output_bias, up_bias, down_bias, "
        "gated, silu, reserved_positions, token_types, page_positions, adapter, mean_pooling, first_token, normalize, "
        "pooler, "
        "classes, token_classes, experts, active, experts_in or word_scores)\n");
}

TEST(GraphBadModel, SizesOutOfRange) {
    EXPECT_EQ(said("model: m\n"
                   "architecture: bert-encoder\n"
                   "sizes: {layers: 2.5, hidden: 384, heads: 0, ffn: -3, vocab: 100, max_positions: 64, hidden: 3}\n"),
              "m.yaml:3:85: error: the key 'hidden' appears twice\n");
    EXPECT_EQ(said("model: m\n"
                   "architecture: bert-encoder\n"
                   "sizes: {layers: 2.5, hidden: 384, heads: 0, ffn: -3, vocab: many, max_positions: 64}\n"
                   "head: {pooler: 2, classes: true, layers: 3}\n"),
              "m.yaml:3:17: error: sizes.layers: '2.5' is not a whole number (expected a whole number of "
              "at least 1)\n"
              "m.yaml:3:42: error: sizes.heads: 0 is out of range (expected a whole number of at least "
              "1)\n"
              "m.yaml:3:50: error: sizes.ffn: -3 is out of range (expected a whole number of at least "
              "1)\n"
              "m.yaml:3:61: error: sizes.vocab: 'many' is not a whole number (expected a whole number of "
              "at least 1)\n"
              "m.yaml:4:16: error: head.pooler: 2 is out of range (expected a whole number from 0 to 1)\n"
              "m.yaml:4:28: error: head.classes: 'true' is not a whole number (expected a whole number "
              "of at least 0)\n"
              "m.yaml:4:34: error: size 'layers' is given twice\n");
}

TEST(GraphBadModel, ChecksThatFail) {
    EXPECT_EQ(said("model: m\n"
                   "architecture: bert-encoder\n"
                   "sizes: {layers: 2, hidden: 384, heads: 7, ffn: 1536, vocab: 100, max_positions: 64}\n"
                   "head: {classes: 2}\n"),
              "m.yaml:3:28: error: hidden 384 is not divisible by heads 7\n"
              "m.yaml:4:17: error: classes 2 need the pooler\n");
}

TEST(GraphBadModel, WorkloadsThatDoNotFit) {
    constexpr std::string_view kModel =
        "model: m\n"
        "architecture: bert-encoder\n"
        "sizes: {layers: 2, hidden: 384, heads: 12, ffn: 1536, vocab: 100, max_positions: 64}\n";
    EXPECT_EQ(said(kModel, {1, 64}), "");
    EXPECT_EQ(said(kModel, {1, 65}),
              "m.yaml:3:82: error: 65 tokens need more than max_positions 64 (of which 0 are reserved)\n");
    EXPECT_EQ(said(kModel, {0, 5}),
              "m.yaml:1:1: error: a workload of batch 0 and 5 tokens is impossible (expected 1 or more "
              "of each)\n");
    EXPECT_THAT(said(kModel, {kLargestCount, 64}),
                testing::HasSubstr("a tensor of this shape would hold more than 9007199254740992 elements"));
}

/// Diagnostics of instantiating the shipped reranker with another size.
std::string said_with(const std::string& size, std::optional<double> value) {
    Model model = shipped_model("ms-marco-MiniLM-L-12-v2");
    model.where = SourceLocation("m.yaml");
    model.size_places.clear();
    if (value) {
        model.sizes[size] = *value;
    } else {
        model.sizes.erase(size);
    }
    Diagnostics diagnostics;
    EXPECT_FALSE(instantiate(model, {1, 8}, diagnostics));
    return diagnostics.text();
}

TEST(GraphBadModel, SizesThatWereChangedAfterReading) {
    EXPECT_EQ(said_with("layers", 0), "m.yaml: error: size 'layers' is 0 (expected a whole number of at least 1)\n");
    EXPECT_EQ(said_with("ffn", 1.5), "m.yaml: error: size 'ffn' is 1.5 (expected a whole number of at least 1)\n");
    EXPECT_EQ(said_with("pooler", 2), "m.yaml: error: size 'pooler' is 2 (expected a whole number from 0 to 1)\n");
    EXPECT_EQ(said_with("heads", std::nullopt), "m.yaml: error: missing size 'heads' (expected attention heads)\n");
    EXPECT_EQ(said_with("heads", 7), "m.yaml: error: hidden 384 is not divisible by heads 7\n");
}

TEST(GraphBadModel, OtherKeys) {
    EXPECT_EQ(said("model: m\n"
                   "architecture: bert-encoder\n"
                   "sizes: {layers: 2, hidden: 384, heads: 12, ffn: 1536, vocab: 100, max_positions: 64}\n"
                   "parameters: 33 X\n"
                   "unused_parameters: -1\n"
                   "heed: {}\n"),
              "m.yaml:4:13: error: parameters: '33 X' is no count of parameters (expected a count such "
              "as 33.4 M, 1.24 B or 22713601)\n"
              "m.yaml:5:20: error: unused_parameters: -1 is out of range (expected a whole number from 0 "
              "to 9007199254740992)\n"
              "m.yaml:6:1: error: unknown key 'heed' (did you mean head?)\n");
    EXPECT_EQ(said("architecture: bert-encoder\n"),
              "m.yaml:1:1: error: missing key 'model' (expected the model's name)\n"
              "m.yaml:1:1: error: missing key 'sizes' (expected a map of the architecture's sizes)\n");
}

TEST(GraphBadModel, ParametersAsModelCardsGiveThem) {
    const auto published = [](std::string_view count) {
        Diagnostics diagnostics;
        const std::string text =
            "model: m\narchitecture: bert-encoder\n"
            "sizes: {layers: 2, hidden: 384, heads: 12, ffn: 1536, vocab: 100, max_positions: 64}\nparameters: " +
            std::string(count) + "\n";
        const auto document = YamlDocument::parse(text, "m.yaml", diagnostics);
        return read_model(document->root(diagnostics), shipped_models() / "architectures")
            .value()
            .published_parameters.value();
    };
    EXPECT_EQ(published("33.4 M"), 33400000);
    EXPECT_EQ(published("1.24B"), 1240000000);
    EXPECT_EQ(published("22713601"), 22713601);
}

}  // namespace
}  // namespace berth
