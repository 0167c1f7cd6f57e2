// Decoders beside the gated ones: GPT-2, and the two parts of T5 and Whisper, with counts worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "graph_fixtures.h"

namespace berth {
namespace {

using testing::ElementsAre;

std::int64_t parameters_of(const std::string& model, Workload workload = {1, 8}) {
    return totals(lay_out(model, workload)).parameters;
}

TEST(SequenceModels, ParametersOfWholeModelsAreThosePublished) {
    EXPECT_EQ(parameters_of("gpt2"), 124439808);
    EXPECT_EQ(parameters_of("distilgpt2"), 81912576);
    // Both parts of T5 use one word table; each has a table of 32 relative positions by heads that is not laid out.
    EXPECT_EQ(parameters_of("t5-small-encoder") + parameters_of("t5-small-decoder") + 2 * 32 * 8 - 32128 * 512,
              60506624);
    EXPECT_EQ(parameters_of("flan-t5-base-encoder") + parameters_of("flan-t5-base-decoder") + 2 * 32 * 12 - 32128 * 768,
              247577856);
    const auto whisper = [](const std::string& size) {
        return parameters_of("whisper-" + size + "-encoder", {1, 1500}) + parameters_of("whisper-" + size + "-decoder");
    };
    EXPECT_EQ(whisper("tiny"), 37760640);
    EXPECT_EQ(whisper("base"), 72593920);
    EXPECT_EQ(whisper("small"), 241734912);
}

TEST(SequenceModels, OnlyDecodersGiveScoresOfWords) {
    const auto scores = [](const std::string& model) {
        const Graph graph = lay_out(model, {1, 8});
        return std::ranges::count_if(graph.tensors, &Tensor::scores);
    };
    for (const char* decoder : {"gpt2", "qwen2-0.5b", "tinyllama-1.1b", "whisper-tiny-decoder", "rwkv-4-169m"}) {
        EXPECT_EQ(scores(decoder), 1) << decoder;
    }
    for (const char* other :
         {"bert-base-uncased", "distilbert-base-uncased-masked-lm", "resnet-18", "whisper-tiny-encoder"}) {
        EXPECT_EQ(scores(other), 0) << other;
    }
}

TEST(SequenceModels, WorkOfAPromptByHand) {
    // 128 tokens through 12 blocks of 4 h^2 + 2 h 4h, 128 x 129 / 2 scores by two products, one position's logits.
    constexpr double kHidden = 768;
    constexpr double kBlock = 128 * 12 * kHidden * kHidden + 2 * 8256 * kHidden;
    EXPECT_EQ(totals(lay_out("gpt2", {1, 128})).macs, operations(12 * kBlock + kHidden * 50257));
}

TEST(SequenceModels, WorkOfAnEncoderByHand) {
    // 512 tokens: 6 blocks of 4 h^2 + 2 x 4 h^2, and two products of 512 x 512 scores.
    constexpr double kHidden = 512;
    EXPECT_EQ(totals(lay_out("t5-small-encoder", {1, 512})).macs,
              operations(6 * (512 * 12 * kHidden * kHidden + 2 * 512 * 512 * kHidden)));
    // The gated network has three matrices of 768 x 2048, the heads together 768 columns.
    constexpr double kWide = 768;
    EXPECT_EQ(totals(lay_out("flan-t5-base-encoder", {1, 100})).macs,
              operations(12 * (100 * (4 * kWide * kWide + 3 * kWide * 2048) + 2 * 100 * 100 * kWide)));
}

TEST(SequenceModels, ASourceIsProjectedWithTheFirstPass) {
    const Graph first = lay_out("whisper-tiny-decoder", {1, 4});
    EXPECT_EQ(operator_named(first, "layer.3.cross.key").dims, Dims(MatmulDims{.m = 1500, .k = 384, .n = 384}));
    EXPECT_THAT(read_by(first, "layer.0.cross.value"), ElementsAre("audio"));
    EXPECT_THAT(read_by(first, "layer.0.cross.first_scores"),
                ElementsAre("layer.0.cross.query", "layer.0.cross.key", "layer.0.cross.value"));
    EXPECT_THAT(read_by(first, "layer.0.cross.output"), ElementsAre("layer.0.cross.first_scores"));
    // Per block: 4 positions through 4 + 2 + 8 matrices of h^2, 1500 through two; 10 scores of the text and 4 x 1500 of
    // the audio by two products; one position's logits.
    constexpr double kHidden = 384;
    constexpr double kBlock = (4 * 14 + 1500 * 2) * kHidden * kHidden + 2 * (10 + 4 * 1500) * kHidden;
    EXPECT_EQ(totals(first).macs, operations(4 * kBlock + kHidden * 51865));
}

TEST(SequenceModels, LaterStepsFindTheSourceInTheCache) {
    const Graph step = lay_out("whisper-tiny-decoder", {1, 1, 20});
    EXPECT_THROW(operator_named(step, "layer.0.cross.key"), std::runtime_error);
    EXPECT_THAT(read_by(step, "layer.0.cross.scores"), ElementsAre("layer.0.cross.query"));
    const Operator& cross = operator_named(step, "layer.0.cross.scores");
    EXPECT_EQ(
        cross.dims,
        Dims(AttentionDims{
            .batch = 1, .heads = 6, .kv_heads = 6, .seq = 1, .kv_seq = 1500, .head_dim = 64, .heads_apart = true}));
    EXPECT_EQ(input_elements(cross.kind, cross.dims), 384 + 2 * 1500 * 384);
    EXPECT_THAT(read_by(step, "layer.0.cross.output"), ElementsAre("layer.0.cross.scores"));
    constexpr double kHidden = 384;
    constexpr double kBlock = 14 * kHidden * kHidden + 2 * (21 + 1500) * kHidden;
    EXPECT_EQ(totals(step).macs, operations(4 * kBlock + kHidden * 51865));
    for (const Tensor& tensor : step.tensors) {
        EXPECT_NE(tensor.name, "audio");
    }
    EXPECT_TRUE(keeps_context(*shipped_model("t5-small-decoder").architecture));
    EXPECT_FALSE(keeps_context(*shipped_model("t5-small-encoder").architecture));
}

TEST(SequenceModels, AStepOverALongerSource) {
    Model model = shipped_model("flan-t5-base-decoder");
    model.sizes["source_positions"] = 300;
    const Graph step = lay_out(model, {2, 1, 9});
    EXPECT_EQ(std::get<AttentionDims>(operator_named(step, "layer.11.cross.scores").dims).kv_seq, 300);
    EXPECT_EQ(operator_named(step, "head.logits").table_of, kNoOperator);
    EXPECT_THAT(read_by(step, "layer.2.ffn.mul"), ElementsAre("layer.2.ffn.gelu", "layer.2.ffn.up"));
    EXPECT_THAT(read_by(lay_out("t5-small-decoder", {1, 1, 9}), "layer.2.ffn.down"), ElementsAre("layer.2.ffn.relu"));
}

// One input of attention: a query whose keys and values lie in the cache, or all three packed. Nothing in between.
TEST(SequenceModels, AnAttentionOfOneInputIsAQueryOrPacksItsKeys) {
    const auto said_of_width = [](const std::string& width) {
        WrittenModel model("architecture: tiny\nsizes: {}\ninputs: {x: {shape: [tokens, " + width +
                           "]}}\nsections:\n  - section: s\n    result: a\n    operators:\n"
                           "      - {name: a, op: attention, inputs: [x], heads: 2, kv_heads: 1, seq: tokens, kv_seq: "
                           "context + tokens, "
                           "head_dim: 4, shape: [tokens, 8]}\n");
        static_cast<void>(model.graph({1, 3, 5}));
        return model.said();
    };
    EXPECT_EQ(said_of_width("8"), "");
    EXPECT_EQ(said_of_width("16"), "");
    EXPECT_EQ(said_of_width("4"), "tiny.yaml:8:9: error: s.a: 'x' holds 12 elements, but its sizes need 88\n");
    EXPECT_EQ(said_of_width("12"), "tiny.yaml:8:9: error: s.a: 'x' holds 36 elements, but its sizes need 88\n");
    EXPECT_EQ(said_of_width("32"), "tiny.yaml:8:9: error: s.a: 'x' holds 96 elements, but its sizes need 88\n");
}

}  // namespace
}  // namespace berth
