// The shipped models of images: parameters and work against counts worked out from the papers' tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph_fixtures.h"

namespace berth {
namespace {

using testing::ElementsAre;

struct VisionModel {
    std::string name;
    std::int64_t parameters;  ///< of the graph, with batch norms folded: one bias per channel
    double giga_macs;         ///< for one image, convolutions, matmuls and attention
};

const std::vector<VisionModel>& vision_models() {
    static const std::vector<VisionModel> all{
        // Published counts less one scale per channel of a batch norm: 4800, 26560 and 17056.
        {"resnet-18", 11684712, 1.814},
        {"resnet-50", 25530472, 4.089},
        {"mobilenet-v2", 3487816, 0.3008},
        {"mobilenet-v1", 4221032, 0.5687},
        // Transformers: blocks of 12 h^2 + 13 h, and the tables. 197 tokens: 17.47 G of matmuls, 0.72 G of attention
        // less
        // the convolution's own; worked out below.
        {"vit-b-16", 86567656, 17.564},
        {"deit-s-16", 22050664, 4.609},
        {"clip-vit-b-32-image", 87849216, 4.408},
        {"clip-vit-b-16-image", 86192640, 17.564},
        {"clip-vit-l-14-image", 303966208, 81.08},
        // 196 tokens: blocks 17.37 G, patches 0.12 G, and a probe that attends to all: 0.23 G of keys and values.
        {"siglip-b-16-image", 92884224, 17.71},
    };
    return all;
}

TEST(VisionModels, ParametersAreExact) {
    for (const VisionModel& model : vision_models()) {
        EXPECT_EQ(totals(lay_out(model.name, {})).parameters, model.parameters) << model.name;
    }
}

TEST(VisionModels, WorkIsThatOfThePapers) {
    for (const VisionModel& model : vision_models()) {
        EXPECT_NEAR(in_operations(totals(lay_out(model.name, {})).macs) / 1e9, model.giga_macs, 0.003 * model.giga_macs)
            << model.name;
    }
}

TEST(VisionModels, DoNotDependOnTokens) {
    for (const VisionModel& model : vision_models()) {
        const Model loaded = shipped_model(model.name);
        EXPECT_FALSE(depends_on_tokens(*loaded.architecture)) << model.name;
        EXPECT_EQ(totals(lay_out(loaded, {1, 7})).macs, totals(lay_out(loaded, {1, 1})).macs) << model.name;
        EXPECT_EQ(totals(lay_out(loaded, {3, 1})).macs, 3.0 * totals(lay_out(loaded, {1, 1})).macs) << model.name;
    }
    EXPECT_TRUE(depends_on_tokens(*shipped_model("clip-vit-b-32-text").architecture));
}

TEST(VisionModels, ATransformersWorkByHand) {
    // 197 tokens: 12 blocks of 12 h^2 per token and 2 x 197^2 h of attention; 196 patches of 768 pixels; the
    // classifier.
    constexpr double kTokens = 197;
    constexpr double kHidden = 768;
    constexpr double kBlock = kTokens * 12 * kHidden * kHidden + 2 * kTokens * kTokens * kHidden;
    constexpr double kAll = 12 * kBlock + 196 * 768 * kHidden + kHidden * 1000;
    EXPECT_EQ(totals(lay_out("vit-b-16", {})).macs, operations(kAll));
}

TEST(VisionModels, BothSidesOfTheContrastiveModelTogether) {
    const auto text = totals(lay_out("clip-vit-b-32-text", {1, 77})).parameters;
    EXPECT_EQ(text, 63428096);
    EXPECT_NEAR(static_cast<double>(text + 87849216) / 151.3e6, 1, 0.001);
}

TEST(VisionModels, AProbeInsteadOfAClassToken) {
    const Graph graph = lay_out("siglip-b-16-image", {2, 1});
    EXPECT_THROW(operator_named(graph, "embeddings.class_token"), std::runtime_error);
    EXPECT_THAT(read_by(graph, "embeddings.add_position"), ElementsAre("embeddings.patches"));
    EXPECT_THAT(read_by(graph, "pooling.scores"), ElementsAre("pooling.query", "pooling.key", "pooling.value"));
    EXPECT_EQ(operator_named(graph, "pooling.scores").dims,
              Dims(AttentionDims{.batch = 2, .heads = 12, .kv_heads = 12, .seq = 1, .kv_seq = 196, .head_dim = 64}));
    EXPECT_EQ(graph.operators.back().name, "pooling.residual");
    constexpr double kHidden = 768;
    constexpr double kBlock = 196 * 12 * kHidden * kHidden + 2 * 196 * 196 * kHidden;
    // Keys and values of all positions, query and result of the probe, its two products, the network behind it.
    constexpr double kProbe = (2 * 196 + 2 + 8) * kHidden * kHidden + 2 * 196 * kHidden;
    EXPECT_EQ(totals(graph).macs, operations(2 * (12 * kBlock + 196 * 768 * kHidden + kProbe)));
    // With the text model, a scale and a shift of the loss: the published count of both.
    EXPECT_EQ(totals(graph).parameters + totals(lay_out("siglip-b-16-text", {1, 64})).parameters + 2, 203155970);
}

TEST(VisionModels, StagesOfTheResidualNetwork) {
    const Graph graph = lay_out("resnet-50", {});
    const auto conv = [&](std::string_view name) { return std::get<ConvDims>(operator_named(graph, name).dims); };
    EXPECT_EQ(conv("stem.conv"), (ConvDims{.in_channels = 3,
                                           .out_channels = 64,
                                           .in_height = 224,
                                           .in_width = 224,
                                           .kernel_height = 7,
                                           .kernel_width = 7,
                                           .stride = 2,
                                           .out_height = 112,
                                           .out_width = 112,
                                           .bias = true}));
    EXPECT_EQ(conv("stage_1.0.shortcut").out_channels, 256);
    EXPECT_EQ(conv("stage_1.0.reduce").in_channels, 64);
    EXPECT_EQ(conv("stage_1.1.reduce").in_channels, 256);
    EXPECT_EQ(conv("stage_3.0.conv").stride, 2);
    EXPECT_EQ(conv("stage_3.0.conv").out_height, 14);
    EXPECT_EQ(conv("stage_3.1.conv").stride, 1);
    EXPECT_EQ(conv("stage_4.2.expand").out_channels, 2048);
    EXPECT_THROW(operator_named(graph, "stage_2.1.shortcut"), std::runtime_error);
    EXPECT_THAT(read_by(graph, "stage_2.0.add_shortcut"), ElementsAre("stage_2.0.expand", "stage_2.0.shortcut"));
    EXPECT_THAT(read_by(graph, "stage_2.0.relu"), ElementsAre("stage_2.0.add_shortcut"));
    EXPECT_THAT(read_by(graph, "stage_2.1.add_input"), ElementsAre("stage_2.1.expand", "stage_2.0.relu"));
    EXPECT_EQ(graph.blocks, 16);
}

TEST(VisionModels, TheSecondVersionBeginsBlocksWithNormAndRelu) {
    const Graph graph = lay_out("resnet-50-v2", {});
    EXPECT_THAT(read_by(graph, "stage_2.0.shortcut"), ElementsAre("stage_2.0.norm_relu"));
    EXPECT_THAT(read_by(graph, "stage_2.1.add_input"), ElementsAre("stage_2.1.expand", "stage_2.0.add_shortcut"));
    EXPECT_THAT(read_by(graph, "stage_2.1.norm"), ElementsAre("stage_2.0.add_shortcut"));
    EXPECT_THROW(operator_named(graph, "stage_2.1.relu"), std::runtime_error);
}

TEST(VisionModels, InvertedResiduals) {
    const Graph graph = lay_out("mobilenet-v2", {});
    const auto conv = [&](std::string_view name) { return std::get<ConvDims>(operator_named(graph, name).dims); };
    EXPECT_THROW(operator_named(graph, "stage_1.0.widen"), std::runtime_error);
    EXPECT_EQ(conv("stage_2.0.widen").out_channels, 96);
    EXPECT_EQ(conv("stage_2.1.widen").out_channels, 144);
    EXPECT_EQ(conv("stage_2.1.depthwise").groups, 144);
    EXPECT_EQ(conv("stage_6.0.depthwise").stride, 2);
    EXPECT_EQ(conv("stage_7.0.narrow").out_channels, 320);
    EXPECT_THROW(operator_named(graph, "stage_5.0.add"), std::runtime_error);
    EXPECT_THAT(read_by(graph, "stage_5.1.add"), ElementsAre("stage_5.1.narrow", "stage_5.0.narrow"));
}

TEST(VisionModels, ConstantsOfATransformerAreItsOwn) {
    const Graph graph = lay_out("deit-s-16", {2, 1});
    EXPECT_EQ(weight_elements(OperatorKind::kConcat, operator_named(graph, "embeddings.class_token").dims), 384);
    EXPECT_EQ(weight_elements(OperatorKind::kAdd, operator_named(graph, "embeddings.add_position").dims), 197 * 384);
    EXPECT_THAT(operator_named(graph, "embeddings.class_token").inputs, testing::SizeIs(1));
}

}  // namespace
}  // namespace berth
