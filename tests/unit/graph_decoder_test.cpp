// Decoders: hand-counted parameters, shapes of a prompt and of a step with a cache, windows, shared tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph_fixtures.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Published configuration of a decoder.
struct Decoder {
    std::string name;
    std::int64_t layers, hidden, heads, kv_heads, head_dim, ffn, vocab;
    bool tied;
    std::int64_t published;
    bool qkv_bias = false, qk_norm = false, norms_after = false;
};

/// Table and head; per block four projections, three matrices of the gated network, norms; the last norm.
std::int64_t parameters(const Decoder& d) {
    const std::int64_t queries = d.heads * d.head_dim;
    const std::int64_t keys = d.kv_heads * d.head_dim;
    const std::int64_t attention = 2 * d.hidden * queries + 2 * d.hidden * keys +
                                   (d.qkv_bias ? queries + 2 * keys : 0) + (d.qk_norm ? 2 * d.head_dim : 0);
    const std::int64_t norms = (d.norms_after ? 4 : 2) * d.hidden;
    return (d.tied ? 1 : 2) * d.vocab * d.hidden + d.layers * (attention + 3 * d.hidden * d.ffn + norms) + d.hidden;
}

const std::vector<Decoder>& decoders() {
    static const std::vector<Decoder> all{
        {"qwen2-0.5b", 24, 896, 14, 2, 64, 4864, 151936, true, 494032768, true},
        {"tinyllama-1.1b", 22, 2048, 32, 4, 64, 5632, 32000, false, 1100048384},
        {"qwen2.5-1.5b", 28, 1536, 12, 2, 128, 8960, 151936, true, 1543714304, true},
        {"qwen3-0.6b", 28, 1024, 16, 8, 128, 3072, 151936, true, 596049920, false, true},
        {"qwen3-1.7b", 28, 2048, 16, 8, 128, 6144, 151936, true, 1720574976, false, true},
        {"internlm2-1.8b", 24, 2048, 16, 8, 128, 8192, 92544, false, 1889110016},
        {"llama-3.2-1b", 16, 2048, 32, 8, 64, 8192, 128256, true, 1235814400},
        {"llama-3.2-3b", 28, 3072, 24, 8, 128, 8192, 128256, true, 3212749824},
        {"gemma2-2b", 26, 2304, 8, 4, 256, 9216, 256000, true, 2614341888, false, false, true},
        {"smollm2-135m", 30, 576, 9, 3, 64, 1536, 49152, true, 134515008},
        {"smollm2-1.7b", 24, 2048, 32, 32, 64, 8192, 49152, true, 1711376384},
        {"phi3-3.8b", 32, 3072, 32, 32, 96, 8192, 32064, false, 3821079552},
        {"chatglm3-6b", 28, 4096, 32, 2, 128, 13696, 65024, false, 6243584000, true},
        {"mistral-7b", 32, 4096, 32, 8, 128, 14336, 32000, false, 7241732096},
    };
    return all;
}

TEST(GraphDecoder, ParametersAreExact) {
    for (const Decoder& decoder : decoders()) {
        EXPECT_EQ(parameters(decoder), decoder.published) << decoder.name;
        EXPECT_EQ(totals(lay_out(decoder.name, {1, 8})).parameters, decoder.published) << decoder.name;
        EXPECT_EQ(totals(lay_out(decoder.name, {1, 1, 100})).parameters, decoder.published) << decoder.name;
    }
}

TEST(GraphDecoder, APromptIsCausalAndEndsInOnePositionsLogits) {
    const Graph graph = lay_out("tinyllama-1.1b", {2, 128});
    EXPECT_EQ(operator_named(graph, "layer.0.attention.scores").dims,
              Dims(AttentionDims{
                  .batch = 2, .heads = 32, .kv_heads = 4, .seq = 128, .kv_seq = 128, .head_dim = 64, .causal = true}));
    EXPECT_EQ(operator_named(graph, "layer.21.ffn.gate").dims,
              Dims(MatmulDims{.m = 256, .k = 2048, .n = 5632, .bias = false}));
    EXPECT_EQ(operator_named(graph, "head.logits").dims, Dims(MatmulDims{.m = 2, .k = 2048, .n = 32000}));
    EXPECT_EQ(operator_named(graph, "layer.3.attention.key_rotary").category, Category::kAttention);
    // Queries see 1 to 128 keys: 8256 scores per head, two products of 64 columns each.
    EXPECT_EQ(macs(operator_named(graph, "layer.0.attention.scores").dims), operations(2.0 * 2 * 32 * 8256 * 64));
}

TEST(GraphDecoder, AStepComputesOnePositionAndReadsTheCache) {
    const Graph graph = lay_out("tinyllama-1.1b", {1, 1, 200});
    const Operator& scores = operator_named(graph, "layer.7.attention.scores");
    EXPECT_EQ(scores.dims,
              Dims(AttentionDims{
                  .batch = 1, .heads = 32, .kv_heads = 4, .seq = 1, .kv_seq = 201, .head_dim = 64, .causal = true}));
    EXPECT_EQ(macs(scores.dims), operations(2.0 * 32 * 201 * 64));
    // The query, and keys and values of 201 positions in 4 heads.
    EXPECT_EQ(input_elements(scores.kind, scores.dims), 32 * 64 + 2 * 4 * 201 * 64);
    EXPECT_EQ(operator_named(graph, "layer.7.attention.query").dims, Dims(MatmulDims{.m = 1, .k = 2048, .n = 2048}));
}

TEST(GraphDecoder, ALaterPieceOfAPromptSeesWhatStandsBeforeIt) {
    const Graph graph = lay_out("tinyllama-1.1b", {1, 100, 28});
    // The first of the 100 queries sees 29 keys, the last all 128.
    EXPECT_EQ(visible_scores(std::get<AttentionDims>(operator_named(graph, "layer.0.attention.scores").dims)),
              100 * 128 - 99 * 100 / 2);
}

TEST(GraphDecoder, SwitchesChangeTheBlock) {
    const Graph gemma = lay_out("gemma2-2b", {1, 1, 6000});
    EXPECT_THAT(read_by(gemma, "layer.0.ffn.mul"), ElementsAre("layer.0.ffn.gelu", "layer.0.ffn.up"));
    EXPECT_THAT(read_by(gemma, "layer.0.attention.residual"),
                ElementsAre("layer.0.attention.norm_after", "embeddings.word"));
    const Operator& windowed = operator_named(gemma, "layer.0.attention.scores");
    const Operator& whole = operator_named(gemma, "layer.1.attention.scores");
    EXPECT_EQ(std::get<AttentionDims>(windowed.dims).window, 4096);
    EXPECT_EQ(std::get<AttentionDims>(whole.dims).window, 0);
    EXPECT_EQ(keys_read(std::get<AttentionDims>(windowed.dims)), 4096);
    EXPECT_EQ(keys_read(std::get<AttentionDims>(whole.dims)), 6001);

    const Graph qwen3 = lay_out("qwen3-0.6b", {1, 16});
    EXPECT_THAT(read_by(qwen3, "layer.0.attention.query_rotary"), ElementsAre("layer.0.attention.query_norm"));
    const Graph llama = lay_out("llama-3.2-1b", {1, 16});
    EXPECT_THAT(read_by(llama, "layer.0.attention.query_rotary"), ElementsAre("layer.0.attention.query"));
    EXPECT_THAT(read_by(llama, "layer.0.ffn.mul"), ElementsAre("layer.0.ffn.silu", "layer.0.ffn.up"));
    EXPECT_TRUE(std::get<MatmulDims>(operator_named(lay_out("qwen2-0.5b", {1, 4}), "layer.0.attention.key").dims).bias);
}

TEST(GraphDecoder, ATiedHeadIsStoredOnceUnlessAtAnotherDtype) {
    Graph graph = lay_out("qwen2-0.5b", {1, 4});
    const Operator& head = operator_named(graph, "head.tied");
    ASSERT_NE(head.table_of, kNoOperator);
    EXPECT_EQ(graph.operators[static_cast<std::size_t>(head.table_of)].name, "embeddings.word");
    Diagnostics diagnostics;
    ASSERT_TRUE(apply_precision(graph, {DType::kFp16, {}}, diagnostics));
    EXPECT_EQ(in_bytes(weight_bytes(graph)), 2.0 * 494032768);
    ASSERT_TRUE(apply_precision(graph, {DType::kFp16, {{"embeddings.word", DType::kFp32, {}}}}, diagnostics));
    EXPECT_EQ(in_bytes(weight_bytes(graph)), 2.0 * 494032768 + 4.0 * 151936 * 896);
}

TEST(GraphDecoder, PositionsBehindTheLastAreRefused) {
    const Model model = shipped_model("tinyllama-1.1b");
    Diagnostics diagnostics;
    EXPECT_TRUE(instantiate(model, {1, 1, 2047}, diagnostics));
    EXPECT_FALSE(instantiate(model, {1, 1, 2048}, diagnostics));
    EXPECT_THAT(diagnostics.text(), HasSubstr("1 tokens behind 2048 others are more than max_positions 2048"));
    EXPECT_FALSE(instantiate(model, {1, 1, -1}, diagnostics));
    EXPECT_THAT(diagnostics.text(), HasSubstr("a context of -1 positions is impossible (expected 0 or more)"));
}

TEST(GraphDecoder, OnlyArchitecturesWithACacheGenerate) {
    EXPECT_TRUE(keeps_context(*shipped_model("tinyllama-1.1b").architecture));
    EXPECT_FALSE(keeps_context(*shipped_model("bert-base-uncased").architecture));
}

constexpr std::string_view kTied =
    "architecture: tiny\n"
    "sizes: {width: w, rows: r}\n"
    "inputs: {ids: {shape: [tokens], integer: true}}\n"
    "sections:\n"
    "  - section: a\n"
    "    result: word\n"
    "    operators:\n"
    "      - {name: word, op: embedding, inputs: [ids], rows: tokens, cols: width, table_rows: rows, shape: [tokens, "
    "width]}\n"
    "  - section: b\n"
    "    result: head\n"
    "    operators:\n";

TEST(GraphDecoder, SharedWeightsAreChecked) {
    WrittenModel stranger(std::string(kTied) +
                          "      - {name: head, op: matmul, inputs: [input], m: tokens, k: width, n: rows, table_of: "
                          "a.words, shape: [tokens, rows]}\n");
    EXPECT_THAT(stranger.said(),
                HasSubstr("there is no operator 'a.words' before it in its section or in an earlier one"));
    WrittenModel other_size(std::string(kTied) +
                                "      - {name: head, op: matmul, inputs: [input], m: tokens, k: width, n: 3, "
                                "table_of: a.word, shape: [tokens, 3]}\n",
                            "sizes: {width: 4, rows: 5}\n");
    EXPECT_FALSE(other_size.graph({1, 2}));
    EXPECT_THAT(other_size.said(),
                HasSubstr("b.head uses the weights of a.word, which holds 20 of them instead of 12"));
}

}  // namespace
}  // namespace berth
