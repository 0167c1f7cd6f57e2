// Constants that compilers fold into the preceding product, and piecewise linear activations written as several nodes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onnx_imports.h"

namespace berth {
namespace {

using testing::ElementsAre;

const std::vector<std::pair<std::string, OnnxSizes>> kPicture{{"x", {1, 8, 4, 6}}};

std::string conv_to(const std::string& name) {
    return constant("w", {16, 8, 1, 1}) + node("Conv", {"x", "w"}, {name}, attribute("kernel_shape", OnnxSizes{1, 1}));
}

bool has_bias(const NetworkImport& import) { return std::get<ConvDims>(import.graph.operators.front().dims).bias; }

TEST(OnnxFolding, ScalesAndShiftsOfChannelsGoIntoTheConvolution) {
    const NetworkImport import =
        imported_graph(conv_to("a") + constant("s", {1, 16, 1, 1}) + constant("t", {}) + constant("u", {16, 1, 1}) +
                           node("Mul", {"a", "s"}, {"b"}) + node("Add", {"t", "b"}, {"c"}) +
                           node("Div", {"c", "u"}, {"d"}) + node("Sub", {"d", "u"}, {"e"}) + node("Relu", {"e"}, {"y"}),
                       kPicture);
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("conv2d", "relu"));
    EXPECT_TRUE(has_bias(import));
    expect_round_trip(import);
    const NetworkImport scaled =
        imported_graph(conv_to("a") + constant("s", {1, 16, 1, 1}) + node("Mul", {"a", "s"}, {"y"}), kPicture);
    EXPECT_THAT(kinds_in_order(scaled.graph), ElementsAre("conv2d"));
    EXPECT_FALSE(has_bias(scaled)) << "a scale alone shifts nothing";
}

// Not foldable: one number per position, a numerator, and a result that another node reads unmodified.
TEST(OnnxFolding, WhatIsNotOfAChannelStays) {
    const auto kinds = [](const std::string& more) {
        return kinds_in_order(imported_graph(conv_to("a") + more, kPicture).graph);
    };
    EXPECT_THAT(kinds(constant("s", {4, 6}) + node("Mul", {"a", "s"}, {"y"})), ElementsAre("conv2d", "mul"));
    EXPECT_THAT(kinds(constant("s", {16, 4, 1}) + node("Add", {"a", "s"}, {"y"})), ElementsAre("conv2d", "add"));
    EXPECT_THAT(kinds(constant("s", {}) + node("Div", {"s", "a"}, {"y"})), ElementsAre("conv2d", "mul"));
    EXPECT_THAT(kinds(constant("s", {}) + node("Mul", {"a", "s"}, {"b"}) + node("Add", {"a", "b"}, {"y"})),
                ElementsAre("conv2d", "mul", "add"));
}

TEST(OnnxFolding, ScalesOfColumnsGoIntoTheProduct) {
    const NetworkImport import =
        imported_graph(constant("w", {8, 16}) + constant("s", {16}) + node("MatMul", {"x", "w"}, {"a"}) +
                           node("Mul", {"a", "s"}, {"b"}) + node("Add", {"b", "s"}, {"y"}),
                       {{"x", {4, 8}}});
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("matmul"));
    EXPECT_TRUE(std::get<MatmulDims>(import.graph.operators.front().dims).bias);
    expect_round_trip(import);
}

std::string clipped_to(const std::string& name) {
    return constant("three", {}) + constant("zero", {}) + constant("six", {}) + node("Add", {"x", "three"}, {"a"}) +
           node("Clip", {"a", "zero", "six"}, {name});
}

TEST(OnnxFolding, PiecewiseLinearActivationsAreOneOperator) {
    const auto kinds = [](const std::string& nodes) { return kinds_in_order(imported_graph(nodes, kPicture).graph); };
    EXPECT_THAT(kinds(clipped_to("b") + node("Mul", {"x", "b"}, {"c"}) + node("Div", {"c", "six"}, {"y"})),
                ElementsAre("silu"));
    EXPECT_THAT(kinds(clipped_to("b") + node("Div", {"b", "six"}, {"c"}) + node("Mul", {"c", "x"}, {"y"})),
                ElementsAre("silu"));
    EXPECT_THAT(kinds(clipped_to("b") + node("Div", {"b", "six"}, {"y"})), ElementsAre("sigmoid"));
    EXPECT_THAT(kinds(node("HardSigmoid", {"x"}, {"a"}) + node("Mul", {"x", "a"}, {"y"})), ElementsAre("silu"));
    EXPECT_THAT(kinds(clipped_to("y")), ElementsAre("add", "relu")) << "a shifted clip is no activation";
}

RowsDims rows_at(const NetworkImport& import, std::size_t op) {
    return std::get<RowsDims>(import.graph.operators.at(op).dims);
}

// Devices store the channels of a position contiguously, so 7 columns of an image do not occupy 7 of 16 lanes.
TEST(OnnxFolding, TheColumnsOfAPictureAreItsChannels) {
    const std::vector<std::pair<std::string, OnnxSizes>> small{{"x", {1, 48, 7, 7}}};
    for (const char* op : {"Relu", "Sigmoid", "Neg"}) {
        const RowsDims found = rows_at(imported_graph(node(op, {"x"}, {"y"}), small), 0);
        EXPECT_EQ(found.rows, 49) << op;
        EXPECT_EQ(found.cols, 48) << op;
    }
    const NetworkImport joined = imported_graph(node("Concat", {"x", "x"}, {"y"}, attribute("axis", 1)), small);
    EXPECT_EQ(rows_at(joined, 0).cols, 96);
    expect_round_trip(joined);
    const RowsDims rows = rows_at(imported_graph(node("Relu", {"x"}, {"y"}), {{"x", {1, 128, 384}}}), 0);
    EXPECT_EQ(rows.rows, 128) << "rows of three axes stay rows";
    EXPECT_EQ(rows.cols, 384);
}

TEST(OnnxFolding, ABatchNormByItselfScalesAndShifts) {
    const NetworkImport import = imported_graph(
        constant("s", {48}) + node("BatchNormalization", {"x", "s", "s", "s", "s"}, {"y"}), {{"x", {1, 48, 7, 7}}});
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("mul"));
    EXPECT_EQ(rows_at(import, 0).cols, 48);
    EXPECT_TRUE(rows_at(import, 0).affine);
    expect_round_trip(import);
}

TEST(OnnxFolding, ABatchNormCountsItsScaleAndShiftWhereverItStands) {
    const auto counted = [](const std::string& nodes, const OnnxSizes& input) {
        const NetworkImport import = imported_graph(nodes, {{"x", input}});
        expect_round_trip(import);
        return std::pair(kinds_in_order(import.graph), totals(import.graph).parameters);
    };
    using Kinds = std::vector<std::string>;
    const auto norm = [](const std::string& from, const std::string& to, const std::string& more = "") {
        return node("BatchNormalization", {from, "s", "s", "s", "s"}, {to}, more);
    };
    const std::string eight = constant("s", {8});
    const std::string sixteen = constant("s", {16});
    EXPECT_EQ(counted(eight + norm("x", "y"), {1, 8, 1, 1}), std::pair(Kinds{"mul"}, std::int64_t{16}));
    EXPECT_EQ(counted(eight + norm("x", "y"), {1, 8, 5, 5}), std::pair(Kinds{"mul"}, std::int64_t{16}));
    EXPECT_EQ(counted(eight + norm("x", "y"), {3, 8}), std::pair(Kinds{"mul"}, std::int64_t{16}));
    const std::string conv = constant("w", {16, 8, 1, 1}) + node("Conv", {"a", "w"}, {"b"});
    EXPECT_EQ(counted(eight + norm("x", "a") + conv + node("Relu", {"b"}, {"y"}), {1, 8, 5, 5}),
              std::pair(Kinds{"mul", "conv2d", "relu"}, std::int64_t{16 + 128}))
        << "before a convolution that pads, the shift is not the same at the edges";
    EXPECT_EQ(counted(sixteen + node("Concat", {"x", "x"}, {"a"}, attribute("axis", 1)) + norm("a", "y"), {1, 8, 5, 5}),
              std::pair(Kinds{"concat", "mul"}, std::int64_t{32}));
    const std::string after = constant("w", {16, 8, 1, 1}) + node("Conv", {"x", "w"}, {"a"}) + sixteen;
    EXPECT_EQ(counted(after + norm("a", "b") + norm("b", "y"), {1, 8, 5, 5}),
              std::pair(Kinds{"conv2d"}, std::int64_t{128 + 16}));
    EXPECT_EQ(counted(after + norm("a", "y", attribute("training_mode", 1)), {1, 8, 5, 5}),
              std::pair(Kinds{"conv2d", "layer_norm"}, std::int64_t{128 + 32}))
        << "with the statistics of the batch it cannot be folded";
}

TEST(OnnxFolding, WeightsOnTheLeftHaveTheirColumnsInRows) {
    const auto counted = [](const OnnxSizes& summand) {
        const NetworkImport import =
            imported_graph(constant("w", {16, 8}) + constant("b", summand) + node("MatMul", {"w", "x"}, {"a"}) +
                               node("Add", {"a", "b"}, {"y"}),
                           {{"x", {8, 4}}});
        expect_round_trip(import);
        return std::pair(kinds_in_order(import.graph).size(), totals(import.graph).parameters);
    };
    EXPECT_EQ(counted({16, 1}), std::pair(std::size_t{1}, std::int64_t{128 + 16}));
    EXPECT_EQ(counted({4}), std::pair(std::size_t{2}, std::int64_t{128 + 4})) << "one number per position";
}

std::string padded(const OnnxSizes& pads, const std::string& more = "") {
    return node("Pad", {"x"}, {"p"}, attribute("pads", pads) + more);
}

TEST(OnnxFolding, ZerosAroundAnImageAreThePaddingOfItsConvolution) {
    const std::string conv = constant("w", {16, 8, 3, 3}) + node("Conv", {"p", "w"}, {"y"});
    const NetworkImport import = imported_graph(padded({0, 0, 1, 1, 0, 0, 1, 1}) + conv, kPicture);
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("conv2d"));
    EXPECT_EQ(macs_in(import.graph), 4.0 * 6 * 16 * 8 * 9);
    expect_round_trip(import);
    const auto kinds = [&](const std::string& nodes) { return kinds_in_order(imported_graph(nodes, kPicture).graph); };
    const OnnxSizes around{0, 0, 1, 1, 0, 0, 1, 1};
    EXPECT_THAT(kinds(padded(around, attribute("mode", "reflect")) + conv), ElementsAre("concat", "conv2d"));
    EXPECT_THAT(kinds(constant("n", {}) + node("Pad", {"x", "", "n"}, {"p"}, attribute("pads", around)) + conv),
                ElementsAre("concat", "conv2d"))
        << "not known to be zero";
    EXPECT_THAT(kinds(padded({0, 0, -1, 1, 0, 0, 1, 1}) + conv), ElementsAre("concat", "conv2d"));
    EXPECT_THAT(kinds(padded({0, 0, 0, 0, 0, 0, -1, -1}) + conv), ElementsAre("split", "conv2d"));
    EXPECT_THAT(kinds(padded(OnnxSizes(8, 0)) + node("Relu", {"p"}, {"y"})), ElementsAre("relu"));
    EXPECT_THAT(kinds(padded({0, 0, -1, 0, 0, 0, 1, 0}) + node("Relu", {"p"}, {"y"})), ElementsAre("concat", "relu"));
    EXPECT_THAT(kinds(padded(around) + conv + node("Relu", {"p"}, {"z"}) + bytes_field(12, bytes_field(1, "z"))),
                ElementsAre("concat", "conv2d", "relu"));
}

// A shortcut to more channels: as Pad, or as a join with zeros that the graph makes.
TEST(OnnxFolding, ZerosBesideTheChannelsAreNoWeights) {
    const std::string zeros = node("Constant", {}, {"s"}, attribute("value_ints", OnnxSizes{1, 3, 4, 6})) +
                              node("ConstantOfShape", {"s"}, {"z"}) +
                              node("Concat", {"x", "z"}, {"p"}, attribute("axis", 1));
    for (const std::string& channels : {padded({0, 0, 0, 0, 0, 3, 0, 0}), zeros}) {
        const NetworkImport import = imported_graph(channels + node("Relu", {"p"}, {"y"}), kPicture);
        EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("concat", "relu"));
        EXPECT_EQ(totals(import.graph).parameters, 0);
        EXPECT_EQ(rows_at(import, 0).cols, 11);
        EXPECT_TRUE(import.unknown.empty());
        expect_round_trip(import);
    }
    const NetworkImport places =
        imported_graph(constant("c", {1, 3, 4, 6}) + node("Concat", {"x", "c"}, {"y"}, attribute("axis", 1)), kPicture);
    EXPECT_THAT(kinds_in_order(places.graph), ElementsAre("concat"));
    EXPECT_EQ(totals(places.graph).parameters, 3 * 4 * 6) << "these are stored";
    expect_round_trip(places);
}

TEST(OnnxFolding, NormsHaveTheParametersOfTheFile) {
    const std::string scale = constant("s", {8}) + constant("t", {8});
    const NetworkImport image = imported_graph(scale + node("InstanceNormalization", {"x", "s", "t"}, {"y"}), kPicture);
    EXPECT_EQ(totals(image.graph).parameters, 2 * 8);
    EXPECT_EQ(rows_at(image, 0).cols, 8);
    const NetworkImport groups =
        imported_graph(scale + node("InstanceNormalization", {"x", "s", "t"}, {"y"}), {{"x", {1, 8, 400}}});
    EXPECT_EQ(totals(groups.graph).parameters, 0) << "a scale per row is negligible";
    EXPECT_EQ(rows_at(groups, 0).rows, 8);
    const NetworkImport layer = imported_graph(
        constant("s", {4, 6}) + node("LayerNormalization", {"x", "s", "s"}, {"y"}, attribute("axis", 2)), kPicture);
    EXPECT_EQ(totals(layer.graph).parameters, 2 * 24);
    EXPECT_EQ(rows_at(layer, 0).rows, 8);
    expect_round_trip(layer);
}

// Constants beside the matrices: each is a weight of the file that some operator reads.
TEST(OnnxFolding, SlopesScalesAndShiftsOfChannelsAreParameters) {
    const auto parameters = [](const std::string& nodes) {
        const NetworkImport import = imported_graph(nodes, kPicture);
        expect_round_trip(import);
        return totals(import.graph).parameters;
    };
    EXPECT_EQ(parameters(constant("s", {8, 1, 1}) + node("PRelu", {"x", "s"}, {"y"})), 8);
    EXPECT_EQ(parameters(constant("s", {1}) + node("PRelu", {"x", "s"}, {"y"})), 1) << "one for all channels";
    EXPECT_EQ(parameters(constant("s", {8, 4, 6}) + node("PRelu", {"x", "s"}, {"y"})), 8 * 4 * 6);
    EXPECT_EQ(parameters(constant("s", {8}) + node("BatchNormalization", {"x", "s", "s", "s", "s"}, {"y"})), 2 * 8)
        << "a scale and a shift, made of four constants";
    const auto groups = [&](std::int64_t scales) {
        return parameters(constant("s", {scales}) +
                          node("GroupNormalization", {"x", "s", "s"}, {"y"}, attribute("num_groups", 2)));
    };
    EXPECT_EQ(groups(8), 2 * 8);
    EXPECT_EQ(groups(2), 2 * 2) << "the first form has a scale per group";
}

TEST(OnnxFolding, OperatorsOfNoKindAreCountedAsUnknown) {
    const NetworkImport import = imported_graph(node("CumSum", {"x"}, {"y"}), kPicture);
    EXPECT_THAT(import.unknown, ElementsAre(std::pair<std::string, std::int64_t>("CumSum", 1)));
    const NetworkImport sampled =
        imported_graph(constant("g", {1, 4, 6, 2}) + node("GridSample", {"x", "g"}, {"y"}), kPicture);
    EXPECT_TRUE(sampled.losses.empty()) << "places of samples are no weights";
    const NetworkImport transformed =
        imported_graph(node("Constant", {}, {"step"}, attribute("value_int", 160)) + constant("window", {400}) +
                           node("Constant", {}, {"length"}, attribute("value_int", 400)) +
                           node("STFT", {"x", "step", "window", "length"}, {"y"}),
                       {{"x", {1, 1600, 1}}});
    EXPECT_TRUE(transformed.losses.empty()) << "nor are windows of transforms";
    EXPECT_TRUE(sampled.unknown.empty()) << "it interpolates";
}

}  // namespace
}  // namespace berth
