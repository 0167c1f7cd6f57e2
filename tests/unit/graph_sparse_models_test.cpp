// Models that are not dense transformers: mixtures of experts, recurrent decoders, detectors. Counts by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph_fixtures.h"

namespace berth {
namespace {

using testing::ElementsAre;

std::int64_t sparse_parameters(const std::string& model) { return totals(lay_out(model, {1, 8})).parameters; }

TEST(ExpertModels, ParametersAreExact) {
    EXPECT_EQ(sparse_parameters("mixtral-8x7b"), 46702792704);
    EXPECT_EQ(sparse_parameters("olmoe-1b-7b"), 6919161856);
    EXPECT_EQ(sparse_parameters("qwen1.5-moe-a2.7b"), 14315784192);
    EXPECT_EQ(sparse_parameters("qwen3-30b-a3b"), 30532122624);
}

TEST(ExpertModels, AStepComputesItsOwnExpertsOnly) {
    const Graph step = lay_out("olmoe-1b-7b", {1, 1, 99});
    // 16 blocks: four projections, two products over 100 positions, the router, three matrices of eight experts; a
    // head.
    constexpr double kHidden = 2048;
    constexpr double kBlock = 4 * kHidden * kHidden + 2 * 100 * kHidden + kHidden * 64 + 8 * 3 * kHidden * 1024;
    EXPECT_EQ(totals(step).macs, operations(16 * kBlock + kHidden * 50304));
    EXPECT_EQ(operator_named(step, "layer.0.ffn.down").dims,
              Dims(MatmulDims{.m = 1, .k = 1024, .n = 2048, .experts = 64, .active = 8}));
    // The published 12.9 G of active parameters of Mixtral: what a step multiplies, and the word table.
    const double active = in_operations(totals(lay_out("mixtral-8x7b", {1, 1, 0})).macs) + 32000.0 * 4096;
    EXPECT_NEAR(active / 12.9e9, 1, 0.005);
}

TEST(ExpertModels, AnExpertForAllStandsBeside) {
    const Graph graph = lay_out("qwen1.5-moe-a2.7b", {1, 16});
    EXPECT_THAT(read_by(graph, "layer.0.ffn.residual"),
                ElementsAre("layer.0.shared.add", "layer.0.attention.residual"));
    EXPECT_THAT(read_by(lay_out("mixtral-8x7b", {1, 16}), "layer.0.ffn.residual"),
                ElementsAre("layer.0.ffn.sum", "layer.0.attention.residual"));
    EXPECT_EQ(operator_named(graph, "layer.0.ffn.sum").dims, Dims(RowsDims{.rows = 64, .cols = 2048, .out_rows = 16}));
}

TEST(RecurrentModels, ParametersAreExact) {
    EXPECT_EQ(sparse_parameters("rwkv-4-169m"), 169342464);
    EXPECT_EQ(sparse_parameters("rwkv-4-430m"), 430397440);
    EXPECT_EQ(sparse_parameters("rwkv-7-1.5b"), 1527404544);
}

TEST(RecurrentModels, AStepCostsTheSameHoweverLongTheText) {
    for (const std::string name : {"rwkv-4-430m", "rwkv-7-1.5b"}) {
        EXPECT_TRUE(keeps_context(*shipped_model(name).architecture)) << name;
        const Graph early = lay_out(name, {1, 1, 1});
        const Graph late = lay_out(name, {1, 1, 100'000});
        ASSERT_EQ(early.operators.size(), late.operators.size()) << name;
        for (std::size_t i = 0; i < early.operators.size(); ++i) {
            EXPECT_EQ(early.operators[i].dims, late.operators[i].dims) << early.operators[i].name;
        }
    }
}

TEST(RecurrentModels, WorkByHand) {
    // Over time four matrices of h^2, over channels 4 + 4 + 1 of them; 100 tokens, one position's logits.
    constexpr double kHidden = 1024;
    const Graph graph = lay_out("rwkv-4-430m", {1, 100});
    EXPECT_EQ(totals(graph).macs, operations(24.0 * 100 * 13 * kHidden * kHidden + kHidden * 50277));
    EXPECT_EQ(operator_named(graph, "layer.0.time.state").dims,
              Dims(ScanDims{.seq = 100, .channels = 1024, .state = 3, .inputs = 2, .constant_rows = 2}));
    // Seventh version: 4 + 8 matrices of h^2 and the narrow pairs; the first block has none for the values.
    constexpr double kWide = 2048;
    constexpr double kPairs = 2 * kWide * (96 + 96 + 256);
    EXPECT_EQ(totals(lay_out("rwkv-7-1.5b", {1, 1, 5})).macs,
              operations(24 * (12 * kWide * kWide + kPairs) + 23 * 2 * kWide * 64 + kWide * 65536));
    EXPECT_EQ(vector_elements(operator_named(lay_out("rwkv-7-1.5b", {1, 1, 5}), "layer.9.time.state").dims),
              operations(2048.0 * 64));
}

TEST(Detectors, ParametersAndWorkAreThosePublished) {
    // With batch norms folded; 640 pixels. Published: 4.5 and 16.5 G of operations, two for each of these.
    EXPECT_EQ(sparse_parameters("yolov5n"), 1867405);
    EXPECT_EQ(sparse_parameters("yolov5s"), 7225885);
    EXPECT_EQ(totals(lay_out("yolov5n", {})).macs, operations(2234060800));
    EXPECT_EQ(totals(lay_out("yolov5s", {})).macs, operations(8216780800));
    Model medium = shipped_model("yolov5s");
    medium.sizes["width"] = 48;
    medium.sizes["depth"] = 2;
    EXPECT_EQ(totals(lay_out(medium, {})).parameters, 21172173);
}

TEST(Detectors, TheNeckJoinsWhatTheBackboneMade) {
    const Graph graph = lay_out("yolov5s", {2, 1});
    EXPECT_THAT(read_by(graph, "up_1.concat"), ElementsAre("up_1.resize", "stage_3_join.conv_silu"));
    EXPECT_THAT(read_by(graph, "down_2.concat"), ElementsAre("down_2.down_silu", "up_1.reduce_silu"));
    EXPECT_THAT(read_by(graph, "stage_3_join.concat"), ElementsAre("stage_3_block.2.add", "stage_3.past_silu"));
    EXPECT_THAT(read_by(graph, "up_2_join.concat"), ElementsAre("up_2_block.0.conv_silu", "up_2.past_silu"));
    EXPECT_THAT(read_by(graph, "pyramid.concat"),
                ElementsAre("pyramid.reduce_silu", "pyramid.pool_1", "pyramid.pool_2", "pyramid.pool_3"));
    EXPECT_EQ(operator_named(graph, "up_2.resize").dims,
              Dims(RowsDims{.rows = 2 * 40 * 40, .cols = 128, .out_rows = 2 * 80 * 80}));
    std::vector<std::string> outputs;
    for (const Tensor& tensor : graph.tensors) {
        if (tensor.graph_output) {
            outputs.push_back(tensor.name);
        }
    }
    EXPECT_THAT(outputs, ElementsAre("heads.small_sigmoid", "heads.middle_sigmoid", "heads.large_sigmoid"));
}

}  // namespace
}  // namespace berth
