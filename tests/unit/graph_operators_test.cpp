// The operator table: names, sizes, and counts worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "berth/graph/operators.h"

namespace berth {
namespace {

using K = OperatorKind;
using testing::ElementsAre;

TEST(GraphOperators, TableHasOneRowPerKindWithItsOwnName) {
    std::set<std::string_view> names;
    for (const OperatorTraits& row : operator_table()) {
        names.insert(row.name);
        EXPECT_EQ(&traits(row.kind), &row);
        EXPECT_EQ(choice_named(operator_names(), row.name), row.kind);
        EXPECT_EQ(row.onnx.empty(), row.kind == K::kOther || row.kind == K::kScan) << row.name;
    }
    EXPECT_EQ(names.size(), kOperatorKindCount);
    EXPECT_EQ(traits(K::kLayerNorm).name, "layer_norm");
    EXPECT_EQ(traits(K::kCast).name, "cast");
    EXPECT_TRUE(traits(K::kReshape).free_when_contiguous);
    EXPECT_FALSE(traits(K::kTranspose).free_when_contiguous);
}

TEST(GraphOperators, NoOnnxOperatorMapsToTwoKinds) {
    std::set<std::string_view> seen;
    for (const OperatorTraits& row : operator_table()) {
        for (const std::string_view onnx : row.onnx) {
            EXPECT_TRUE(seen.insert(onnx).second) << onnx;
        }
    }
}

TEST(GraphOperators, ElementSizes) {
    EXPECT_EQ(element_size(DType::kFp32), bytes(4));
    EXPECT_EQ(element_size(DType::kFp16), bytes(2));
    EXPECT_EQ(element_size(DType::kBf16), bytes(2));
    EXPECT_EQ(element_size(DType::kInt8), bytes(1));
    EXPECT_EQ(element_size(DType::kInt4), bytes(0.5));
    EXPECT_EQ(element_size(DType::kInt32), bytes(4));
    EXPECT_TRUE(is_quantized(DType::kInt4));
    EXPECT_FALSE(is_quantized(DType::kInt32));
}

TEST(GraphOperators, MatmulCounts) {
    const Dims dims = MatmulDims{.batch = 2, .m = 3, .k = 5, .n = 7, .weights = true, .bias = true};
    EXPECT_EQ(macs(dims), operations(210));            // 2 x 3 x 5 x 7
    EXPECT_EQ(matrix_elements(dims), 35);              // 5 x 7, one for the whole batch
    EXPECT_EQ(weight_elements(K::kMatmul, dims), 42);  // and a bias of 7
    EXPECT_EQ(input_elements(K::kMatmul, dims), 30);   // 2 x 3 x 5
    EXPECT_EQ(output_elements(K::kMatmul, dims), 42);  // 2 x 3 x 7
    EXPECT_EQ(vector_elements(dims), operations(0));
}

TEST(GraphOperators, MatmulOfTwoActivationsHasNoWeights) {
    const Dims dims = MatmulDims{.batch = 2, .m = 3, .k = 5, .n = 7, .weights = false};
    EXPECT_EQ(weight_elements(K::kMatmul, dims), 0);
    EXPECT_EQ(input_elements(K::kMatmul, dims), 100);  // 2 x 3 x 5 + 2 x 5 x 7
}

TEST(GraphOperators, AttentionCounts) {
    const Dims dims = AttentionDims{.batch = 2, .heads = 4, .kv_heads = 2, .seq = 3, .kv_seq = 10, .head_dim = 8};
    EXPECT_EQ(macs(dims), operations(3840));               // 2 products x 2 batch x 4 heads x 3 x 10 scores x 8
    EXPECT_EQ(vector_elements(dims), operations(240));     // 2 x 4 x 3 x 10 scores
    EXPECT_EQ(input_elements(K::kAttention, dims), 832);   // queries 2 x 4 x 3 x 8, keys and values 2 x 2 x 2 x 10 x 8
    EXPECT_EQ(output_elements(K::kAttention, dims), 192);  // 2 x 4 x 3 x 8
    EXPECT_EQ(weight_elements(K::kAttention, dims), 0);
}

TEST(GraphOperators, MasksAndWindowsHideScores) {
    AttentionDims d{.heads = 1, .kv_heads = 1, .seq = 4, .kv_seq = 4, .head_dim = 1, .causal = true};
    EXPECT_EQ(visible_scores(d), 10);  // 1 + 2 + 3 + 4
    d.window = 2;
    EXPECT_EQ(visible_scores(d), 7);  // 1 + 2 + 2 + 2
    d.causal = false;
    EXPECT_EQ(visible_scores(d), 7);  // each sees the one before it and itself
    d.window = 3;
    EXPECT_EQ(visible_scores(d), 10);  // one on each side, but at the ends
    d.window = 0;
    EXPECT_EQ(visible_scores(d), 16);
    EXPECT_EQ(visible_scores({.seq = 1, .kv_seq = 9, .causal = true}), 9);               // one new token sees all
    EXPECT_EQ(visible_scores({.seq = 2, .kv_seq = 9, .causal = true}), 17);              // 8 + 9
    EXPECT_EQ(visible_scores({.seq = 1, .kv_seq = 9, .causal = true, .window = 4}), 4);  // the window's keys
}

TEST(GraphOperators, RowsCounts) {
    const Dims two = RowsDims{.rows = 3, .cols = 5, .inputs = 2};
    EXPECT_EQ(input_elements(K::kAdd, two), 30);
    EXPECT_EQ(output_elements(K::kAdd, two), 15);
    EXPECT_EQ(vector_elements(two), operations(15));
    EXPECT_EQ(weight_elements(K::kAdd, two), 0);
    EXPECT_EQ(input_elements(K::kConcat, two), 15);  // the pieces together are what comes out

    const Dims norm = RowsDims{.rows = 3, .cols = 5, .affine = true};
    EXPECT_EQ(weight_elements(K::kLayerNorm, norm), 10);  // scale and shift
    EXPECT_EQ(weight_elements(K::kRmsNorm, norm), 5);     // scale
    EXPECT_EQ(weight_elements(K::kMul, norm), 5);         // a constant per column
    EXPECT_EQ(matrix_elements(norm), 0);
    EXPECT_EQ(macs(norm), operations(0));

    const Dims pool = RowsDims{.rows = 6, .cols = 5, .out_rows = 2};
    EXPECT_EQ(input_elements(K::kPool, pool), 30);
    EXPECT_EQ(output_elements(K::kPool, pool), 10);
    EXPECT_EQ(vector_elements(pool), operations(30));
}

TEST(GraphOperators, GatherCounts) {
    const Dims dims = GatherDims{.rows = 3, .cols = 5, .table_rows = 100};
    EXPECT_EQ(weight_elements(K::kEmbedding, dims), 500);
    EXPECT_EQ(matrix_elements(dims), 500);
    EXPECT_EQ(input_elements(K::kEmbedding, dims), 3);
    EXPECT_EQ(output_elements(K::kEmbedding, dims), 15);
    EXPECT_EQ(vector_elements(dims), operations(15));
}

TEST(GraphOperators, ConvolutionCounts) {
    ConvDims d{.batch = 2,
               .in_channels = 4,
               .out_channels = 6,
               .in_height = 8,
               .in_width = 10,
               .kernel_height = 3,
               .kernel_width = 5,
               .stride = 2,
               .groups = 1,
               .out_height = 4,
               .out_width = 5,
               .bias = true};
    EXPECT_EQ(macs(d), operations(14400));           // 2 x 6 x 4 x 5 outputs, each 4 x 3 x 5
    EXPECT_EQ(weight_elements(K::kConv2d, d), 366);  // 6 x 4 x 3 x 5 + 6
    EXPECT_EQ(input_elements(K::kConv2d, d), 640);   // 2 x 4 x 8 x 10
    EXPECT_EQ(output_elements(K::kConv2d, d), 240);  // 2 x 6 x 4 x 5
    d.groups = 2;
    EXPECT_EQ(macs(d), operations(7200));
    EXPECT_EQ(matrix_elements(d), 180);
}

TEST(GraphOperators, ExpertCounts) {
    const Dims dims = MatmulDims{.m = 3, .k = 5, .n = 7, .bias = true, .experts = 4, .active = 2};
    EXPECT_EQ(macs(dims), operations(2 * 105));
    EXPECT_EQ(matrix_elements(dims), 4 * 35);
    EXPECT_EQ(weight_elements(K::kMatmul, dims), 4 * 42);
    EXPECT_EQ(input_elements(K::kMatmul, dims), 2 * 15);
    EXPECT_EQ(output_elements(K::kMatmul, dims), 2 * 21);
}

TEST(GraphOperators, ExpertsMetByAFewRows) {
    const auto met = [](std::int64_t rows) {
        return met_experts({.m = rows, .k = 64, .n = 32, .experts = 64, .active = 8});
    };
    // One row meets its eight, two 64 (1 - (7/8)^2) = 15, four 64 (1 - (7/8)^4) = 26.48; many all of them.
    EXPECT_EQ(met(1), (MatmulDims{.batch = 8, .m = 1, .k = 64, .n = 32}));
    EXPECT_EQ(met(2), (MatmulDims{.batch = 15, .m = 2, .k = 64, .n = 32}));
    EXPECT_EQ(met(4), (MatmulDims{.batch = 26, .m = 2, .k = 64, .n = 32}));
    EXPECT_EQ(met(1000), (MatmulDims{.batch = 64, .m = 125, .k = 64, .n = 32}));
    const MatmulDims plain{.batch = 2, .m = 3, .k = 5, .n = 7, .bias = true};
    EXPECT_EQ(met_experts(plain), plain);
}

TEST(GraphOperators, ScanCounts) {
    const ScanDims scan{.batch = 2, .seq = 3, .channels = 5, .state = 7, .inputs = 4, .constant_rows = 2};
    EXPECT_EQ(macs(scan), operations(0));
    EXPECT_EQ(vector_elements(scan), operations(2 * 3 * 5 * 7));
    EXPECT_EQ(weight_elements(K::kScan, scan), 2 * 5);
    EXPECT_EQ(input_elements(K::kScan, scan), 4 * 2 * 3 * 5);
    EXPECT_EQ(output_elements(K::kScan, scan), 2 * 3 * 5);
    EXPECT_EQ(state_size(scan), bytes(4 * 2 * 5 * 7));
}

TEST(GraphOperators, ResizeCounts) {
    const Dims larger = RowsDims{.rows = 4, .cols = 3, .out_rows = 16};
    EXPECT_EQ(input_elements(K::kResize, larger), 12);
    EXPECT_EQ(output_elements(K::kResize, larger), 48);
    EXPECT_EQ(vector_elements(larger), operations(48));
}

TEST(GraphOperators, CountsStopInsteadOfOverflowing) {
    const std::int64_t huge = kLargestCount - 1;
    const Dims dims = MatmulDims{.batch = huge, .m = huge, .k = huge, .n = huge};
    EXPECT_EQ(input_elements(K::kMatmul, dims), kLargestCount);
    EXPECT_EQ(output_elements(K::kMatmul, dims), kLargestCount);
    EXPECT_EQ(weight_elements(K::kMatmul, dims), kLargestCount);
}

std::vector<std::string> field_names(K kind) {
    std::vector<std::string> names;
    for (const SizeField& field : size_fields(kind)) {
        names.emplace_back(field.name);
    }
    return names;
}

TEST(GraphOperators, SizeFields) {
    EXPECT_THAT(field_names(K::kMatmul), ElementsAre("batch", "m", "k", "n", "weights", "bias", "experts", "active"));
    EXPECT_THAT(field_names(K::kSoftmax), ElementsAre("rows", "cols"));
    EXPECT_THAT(field_names(K::kLayerNorm), ElementsAre("rows", "cols", "affine"));
    EXPECT_THAT(field_names(K::kPool), ElementsAre("rows", "cols", "out_rows"));
    EXPECT_THAT(field_names(K::kEmbedding), ElementsAre("rows", "cols", "table_rows", "learned"));
}

using Sizes = std::vector<std::optional<std::int64_t>>;
constexpr std::nullopt_t kNotGiven = std::nullopt;

/// The dims, or what was said instead.
std::variant<Dims, std::string> made(K kind, const Sizes& sizes) {
    Diagnostics diagnostics;
    const auto dims = make_dims(kind, sizes, "x", SourceLocation("f", 3), diagnostics);
    EXPECT_EQ(dims.has_value(), !diagnostics.has_errors());
    return dims ? std::variant<Dims, std::string>(*dims) : diagnostics.text();
}

TEST(GraphOperators, SizesThatAreNotGivenHaveTheirDefaults) {
    EXPECT_EQ(std::get<Dims>(made(K::kMatmul, {kNotGiven, 3, 5, 7, kNotGiven, kNotGiven, kNotGiven, kNotGiven})),
              Dims(MatmulDims{.batch = 1, .m = 3, .k = 5, .n = 7, .weights = true, .bias = false}));
    EXPECT_EQ(std::get<Dims>(made(K::kAttention, {2, 4, kNotGiven, 3, kNotGiven, 8, kNotGiven, kNotGiven, kNotGiven,
                                                  kNotGiven, kNotGiven})),
              Dims(AttentionDims{.batch = 2, .heads = 4, .kv_heads = 4, .seq = 3, .kv_seq = 3, .head_dim = 8}));
    EXPECT_EQ(
        std::get<Dims>(made(K::kAttention, {2, 4, 2, 3, 9, 8, 1, 5, kNotGiven, kNotGiven, kNotGiven})),
        Dims(AttentionDims{
            .batch = 2, .heads = 4, .kv_heads = 2, .seq = 3, .kv_seq = 9, .head_dim = 8, .causal = true, .window = 5}));
    EXPECT_EQ(std::get<Dims>(made(K::kAdd, {3, 5, kNotGiven, kNotGiven, kNotGiven, kNotGiven})),
              Dims(RowsDims{.rows = 3, .cols = 5, .inputs = 2}));
    EXPECT_EQ(std::get<Dims>(made(K::kRmsNorm, {3, 5, kNotGiven})),
              Dims(RowsDims{.rows = 3, .cols = 5, .affine = true}));
    EXPECT_EQ(std::get<Dims>(made(K::kReshape, {3, 5, kNotGiven, kNotGiven})),
              Dims(RowsDims{.rows = 3, .cols = 5, .run = 5, .out_run = 5}));
    EXPECT_EQ(std::get<Dims>(made(K::kSoftmax, {3, 5})), Dims(RowsDims{.rows = 3, .cols = 5}));
}

TEST(GraphOperators, BadSizesAreNamed) {
    EXPECT_EQ(std::get<std::string>(made(K::kMatmul, {kNotGiven, 3, kNotGiven, 0, kNotGiven, 2, kNotGiven, kNotGiven})),
              "f:3: error: x: matmul needs the size k\n"
              "f:3: error: x: n is 0 (expected 1 or more)\n"
              "f:3: error: x: bias is 2 (expected 0 to 1)\n");
    EXPECT_EQ(std::get<std::string>(made(K::kAttention, {1, 6, 4, 3, 3, 8, 0, 0, 0, 0, 0})),
              "f:3: error: x: heads 6 is not divisible by kv_heads 4\n");
    EXPECT_EQ(std::get<std::string>(made(K::kPool, {3, 5, 4})), "f:3: error: x: out_rows 4 is more than rows 3\n");
    EXPECT_TRUE(std::holds_alternative<Dims>(made(K::kResize, {3, 5, 12})));
    EXPECT_EQ(std::get<std::string>(made(K::kMatmul, {1, 3, 5, 7, 1, 0, 2, 3})),
              "f:3: error: x: active 3 is more than experts 2\n");
    EXPECT_EQ(std::get<std::string>(made(K::kMatmul, {1, 3, 5, 7, 0, 0, 2, 1})),
              "f:3: error: x: experts 2 are weights\n");
    EXPECT_EQ(std::get<std::string>(made(K::kConv2d, {1, 6, 8, 4, 4, 3, 3, 1, 4, 4, 4, 0, 1, 1, 1, 1, 0})),
              "f:3: error: x: groups 4 does not divide in_channels 6 and out_channels 8\n");
    EXPECT_EQ(std::get<std::string>(made(K::kAdd, {4, 6, 2, 1, 4, 4})),
              "f:3: error: x: constant_cols 4 do not repeat into cols 6\n");
    EXPECT_EQ(std::get<std::string>(made(K::kSoftmax, {kLargestCount, kLargestCount})),
              "f:3: error: x: its tensors would hold more than 9007199254740992 elements\n");
}

TEST(GraphOperators, SizesComeBackInTheirOrder) {
    for (const OperatorTraits& row : operator_table()) {
        Sizes sizes;
        std::vector<std::int64_t> plain;
        for (const SizeField& field : row.sizes) {
            plain.push_back(field.max == 1 ? 1 : field.name == "groups" || field.name == "out_rows" ? 1 : 4);
            sizes.emplace_back(plain.back());
        }
        EXPECT_EQ(size_values(row.kind, std::get<Dims>(made(row.kind, sizes))), plain) << row.name;
    }
}

}  // namespace
}  // namespace berth
