// Quantisation schemes: names, what weights take, and which operators they apply to.
#include <gtest/gtest.h>

#include "berth/graph.h"
#include "berth/scheme.h"
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

}  // namespace
}  // namespace berth
