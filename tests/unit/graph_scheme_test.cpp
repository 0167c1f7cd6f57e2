// Quantisation schemes: names, what weights take, and which operators they apply to.
#include <gtest/gtest.h>

#include <algorithm>

#include "berth/graph/graph.h"
#include "berth/graph/scheme.h"
#include "graph_fixtures.h"

namespace berth {
namespace {

Scheme named(std::string_view name) { return choice_named(kSchemeNames, name).value(); }

TEST(GraphScheme, NamesSayWeightsFirst) {
    EXPECT_EQ(named("w4a16").weights, DType::kInt4);
    EXPECT_EQ(named("w4a16").activations, DType::kFp16);
    EXPECT_EQ(named("w4a16_g128").group, 128);
    EXPECT_EQ(named("w8a16").weights, DType::kInt8);
    EXPECT_TRUE(named("w8a16").weight_only());
    EXPECT_EQ(named("w8a8"), named("int8"));
    EXPECT_FALSE(named("w8a8").weight_only());
    EXPECT_TRUE(named("int8_dynamic").dynamic);
    EXPECT_EQ(choice_name(kSchemeNames, Scheme(DType::kInt8)), "int8") << "the plain name comes first";
}

TEST(GraphScheme, GroupsBringAScaleOfTwoBytes) {
    EXPECT_EQ(stored_size(DType::kInt4, 0), bytes(0.5));
    EXPECT_EQ(stored_size(DType::kInt4, 128), bytes(0.5 + 2.0 / 128));
    const MatmulDims dims{1, 16, 256, 64, true, true};
    const WeightStorage storage = weight_storage(OperatorKind::kMatmul, dims, named("w4a16_g128"));
    EXPECT_EQ(storage.matrix, bytes(256 * 64 / 2));
    EXPECT_EQ(storage.scales, bytes(256.0 * 64 / 128 * 2));
    EXPECT_EQ(storage.beside, bytes(64 * 2)) << "biases are as wide as activations";
    EXPECT_EQ(storage.beside_at, DType::kFp16);
    EXPECT_EQ(weight_storage(OperatorKind::kMatmul, dims, named("w8a8")).beside, bytes(64 * 4));
}

TEST(GraphScheme, OnlyProductsWithWeightsUnpackThem) {
    const Scheme w4a16 = named("w4a16");
    EXPECT_EQ(scheme_for(OperatorKind::kMatmul, MatmulDims{1, 1, 8, 8}, w4a16), w4a16);
    EXPECT_EQ(scheme_for(OperatorKind::kMatmul, MatmulDims{1, 1, 8, 8, false}, w4a16), Scheme(DType::kFp16));
    EXPECT_EQ(scheme_for(OperatorKind::kEmbedding, GatherDims{8, 8, 100}, w4a16), Scheme(DType::kFp16));
    EXPECT_EQ(scheme_for(OperatorKind::kSoftmax, RowsDims{8, 8}, w4a16), Scheme(DType::kFp16));
}

TEST(GraphScheme, PatternsMixSchemes) {
    Graph graph = lay_out("ms-marco-MiniLM-L-12-v2", {1, 64});
    Diagnostics diagnostics;
    Precision precision{named("w4a16_g128"), {{"layer.11.*", named("w8a8"), {}}}};
    ASSERT_TRUE(apply_precision(graph, precision, diagnostics)) << diagnostics.text();
    EXPECT_EQ(operator_named(graph, "layer.0.ffn.up").dtype, named("w4a16_g128"));
    EXPECT_EQ(operator_named(graph, "layer.0.ffn.norm").dtype, Scheme(DType::kFp16));
    EXPECT_EQ(operator_named(graph, "layer.11.ffn.up").dtype, Scheme(DType::kInt8));
}

TEST(GraphScheme, NarrowWeightsTakeLess) {
    Graph graph = lay_out("ms-marco-MiniLM-L-12-v2", {1, 64});
    Diagnostics diagnostics;
    const auto weights = [&](std::string_view scheme) {
        EXPECT_TRUE(apply_precision(graph, {named(scheme), {}}, diagnostics));
        return weight_bytes(graph);
    };
    EXPECT_LT(weights("w4a16"), weights("w4a16_g128"));
    EXPECT_LT(weights("w4a16_g128"), weights("w8a16"));
    EXPECT_LT(weights("w8a16"), weights("fp16"));
    EXPECT_LT(weights("w8a8"), weights("w8a16")) << "tables are quantised too";
}

TEST(GraphScheme, BlocksTakeTheirShareOfScalesAndMinima) {
    // sizeof(block_q2_K) and so on over 256 or 32 weights, in bits.
    EXPECT_NEAR(8 * in_bytes(element_size(DType::kQ2K)), 2.625, 1e-12);
    EXPECT_NEAR(8 * in_bytes(element_size(DType::kQ3K)), 3.4375, 1e-12);
    EXPECT_NEAR(8 * in_bytes(element_size(DType::kQ4K)), 4.5, 1e-12);
    EXPECT_NEAR(8 * in_bytes(element_size(DType::kQ5K)), 5.5, 1e-12);
    EXPECT_NEAR(8 * in_bytes(element_size(DType::kQ6K)), 6.5625, 1e-12);
    EXPECT_NEAR(8 * in_bytes(element_size(DType::kQ5Zero)), 5.5, 1e-12);
    EXPECT_NEAR(8 * in_bytes(element_size(DType::kQ5One)), 6, 1e-12);
    EXPECT_NEAR(8 * in_bytes(element_size(DType::kIq4Nl)), 4.5, 1e-12);
    EXPECT_TRUE(is_block_format(DType::kQ6K));
    EXPECT_FALSE(is_block_format(DType::kInt32));
}

TEST(GraphScheme, MixesWidenWhatLlamaCppWidens) {
    const Scheme medium = named("q4_k_m");
    const auto at = [&](std::string_view name, std::int64_t layer) {
        return weight_format(medium, {name, Category::kFfn, false, layer, 32});
    };
    // use_more_bits(): of 32 layers the first and the last four, and every third of those between.
    EXPECT_EQ(at("layer.3.ffn.down", 3), DType::kQ6K);
    EXPECT_EQ(at("layer.4.ffn.down", 4), DType::kQ4K);
    EXPECT_EQ(at("layer.6.ffn.down", 6), DType::kQ6K);
    EXPECT_EQ(at("layer.28.attention.value", 28), DType::kQ6K);
    EXPECT_EQ(at("layer.28.ffn.up", 28), DType::kQ4K);
    EXPECT_EQ(weight_format(medium, {"logits", Category::kHead, false, -1, 32}), DType::kQ6K);
    EXPECT_EQ(weight_format(medium, {"word", Category::kEmbedding, false, -1, 32}), DType::kQ4K);
    EXPECT_EQ(weight_format(medium, {"word", Category::kEmbedding, true, -1, 32}), DType::kQ6K);
    EXPECT_EQ(weight_format(named("q4_k"), {"logits", Category::kHead, false, -1, 32}), DType::kQ4K);
}

// llama-quantize widens the head of a file in Q4_0, and the table that it is tied to, and nothing of one in Q8_0.
TEST(GraphScheme, FilesKeepTheirTablesInTheirFormat) {
    Graph tied = lay_out("qwen2.5-0.5b", {1, 1});
    Graph untied = lay_out("llama-3.1-8b", {1, 1});
    const auto table_and_head = [](Graph& graph, std::string_view scheme) {
        Diagnostics diagnostics;
        EXPECT_TRUE(apply_precision(graph, {named(scheme), {}}, diagnostics));
        const auto table = std::ranges::find(graph.operators, OperatorKind::kEmbedding, &Operator::kind);
        EXPECT_EQ(graph.operators.back().category, Category::kHead);
        return std::pair(table->dtype, graph.operators.back().dtype);
    };
    const Scheme q6k = named("q6_k");
    const Scheme q40 = named("w4a16_g32");
    const Scheme q80 = named("int8_dynamic_g32");
    EXPECT_EQ(table_and_head(tied, "q4_0"), std::pair(q6k, q6k));
    EXPECT_EQ(table_and_head(untied, "q4_0"), std::pair(q40, q6k));
    EXPECT_EQ(table_and_head(untied, "q8_0"), std::pair(Scheme(DType::kInt8, DType::kFp16, 32), q80));
    EXPECT_EQ(table_and_head(untied, "w4a16_g32").first, Scheme(DType::kFp16));
}

TEST(GraphScheme, MixesTakeWhatPublishedFilesTake) {
    // Llama-3.1-8B, bits per weight (tools/quantize/README.md of ggml-org/llama.cpp).
    Graph graph = lay_out("llama-3.1-8b", {1, 1});
    Diagnostics diagnostics;
    const auto bits = [&](std::string_view scheme) {
        EXPECT_TRUE(apply_precision(graph, {named(scheme), {}}, diagnostics));
        return 8 * in_bytes(weight_bytes(graph)) / static_cast<double>(totals(graph).parameters);
    };
    EXPECT_NEAR(bits("q3_k_m"), 3.9960, 0.01);
    EXPECT_NEAR(bits("q4_k_s"), 4.6672, 0.01);
    EXPECT_NEAR(bits("q4_k_m"), 4.8944, 0.01);
    // Files of 4.66 and 8.54 GB (bartowski/Meta-Llama-3.1-8B-Instruct-GGUF), of which some 8 MB are the vocabulary.
    EXPECT_NEAR(bits("q4_0"), 4.636, 0.01);
    EXPECT_NEAR(bits("q8_0"), 8.501, 0.01);
    EXPECT_NEAR(bits("q5_k_s"), 5.5704, 0.01);
    EXPECT_NEAR(bits("q5_k_m"), 5.7036, 0.01);
    EXPECT_NEAR(bits("q6_k"), 6.5633, 0.01);
}

}  // namespace
}  // namespace berth
