// Shapes of ONNX operators that change the number of positions, in the forms of all operator sets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onnx_imports.h"

namespace berth {
namespace {

using testing::HasSubstr;

struct Positions {
    std::string name, nodes;
    double positions;  ///< of the result, to which a convolution of 8 channels from 4 is applied
};

class OnnxPositions : public testing::TestWithParam<Positions> {};

/// A picture of 4 channels, 10 by 10.
NetworkImport convolved(const std::string& nodes) {
    return imported_graph(nodes + constant("w", {8, 4, 1, 1}) + node("Conv", {"u", "w"}, {"y"}),
                          {{"x", {1, 4, 10, 10}}});
}

TEST_P(OnnxPositions, FollowFromTheNode) {
    const NetworkImport import = convolved(GetParam().nodes);
    EXPECT_EQ(macs_in(import.graph), GetParam().positions * 8 * 4);
    EXPECT_TRUE(import.assumed.empty());
    expect_round_trip(import);
}

const std::string kTwice = real_constant("s", {1, 1, 2, 2});
const std::string kWide = whole_constants("s", {4}, {1, 4, 20, 30});
std::string of_floats(const std::string& name, const std::vector<std::uint32_t>& bits) {
    std::string message = bytes_field(1, name);
    for (const std::uint32_t each : bits) {
        std::string raw;
        for (unsigned shift = 0; shift < 32; shift += 8) {
            raw += static_cast<char>((each >> shift) & 0xffU);
        }
        message += varint(std::uint64_t{7} << 3U | 5U) + raw;
    }
    return bytes_field(5, message);
}
constexpr std::uint32_t kOne = 0x3f800000, kTwo = 0x40000000;

INSTANTIATE_TEST_SUITE_P(
    All, OnnxPositions,
    testing::Values(
        Positions{"OpsetTen", kTwice + node("Resize", {"x", "s"}, {"u"}), 400},
        Positions{"OpsetEleven", kTwice + node("Resize", {"x", "", "s"}, {"u"}), 400},
        Positions{"OpsetNine", kTwice + node("Upsample", {"x", "s"}, {"u"}), 400},
        Positions{"OpsetSeven", node("Upsample", {"x"}, {"u"}, of_floats("scales", {kOne, kOne, kTwo, kTwo})), 400},
        Positions{"ListOfNumbers",
                  node("Constant", {}, {"s"}, of_floats("value_floats", {kOne, kOne, kTwo, kTwo})) +
                      node("Resize", {"x", "", "s"}, {"u"}),
                  400},
        Positions{
            "NamedAxes",
            real_constant("s", {2, 3}) + node("Resize", {"x", "", "s"}, {"u"}, attribute("axes", OnnxSizes{3, 2})),
            600},
        Positions{"Sizes", kWide + node("Resize", {"x", "", "", "s"}, {"u"}), 600},
        Positions{"KeptRatio",
                  kWide + node("Resize", {"x", "", "", "s"}, {"u"},
                               attribute("keep_aspect_ratio_policy", std::string("not_smaller"))),
                  900},
        Positions{"Unpooled",
                  node("MaxUnpool", {"x", "x"}, {"u"},
                       attribute("kernel_shape", OnnxSizes{2, 2}) + attribute("strides", OnnxSizes{2, 2})),
                  400},
        Positions{"UnpooledTo",
                  whole_constants("o", {4}, {1, 4, 21, 21}) +
                      node("MaxUnpool", {"x", "x", "o"}, {"u"}, attribute("kernel_shape", OnnxSizes{2, 2})),
                  441},
        Positions{"Compressed",
                  whole_constants("c", {10}, {1, 0, 1, 0, 0, 0, 0, 0, 0, 1}) +
                      node("Compress", {"x", "c"}, {"u"}, attribute("axis", 3)),
                  30},
        Positions{"Cropped", node("Crop", {"x"}, {"u"}, attribute("border", OnnxSizes{1, 2, 3, 4})), 24},
        Positions{"FirstPad", node("Pad", {"x"}, {"u"}, attribute("paddings", OnnxSizes{0, 0, 1, 2, 0, 0, 3, 4})), 224},
        Positions{"FirstTile",
                  whole_constants("t", {}, {3}) + whole_constants("a", {}, {2}) + node("Tile", {"x", "t", "a"}, {"u"}),
                  300}),
    [](const auto& each) { return each.param.name; });

TEST(OnnxPositionsOf, AnEarlyConcatJoinsChannels) {
    const NetworkImport import = imported_graph(
        constant("w", {8, 8, 1, 1}) + node("Concat", {"x", "x"}, {"u"}) + node("Conv", {"u", "w"}, {"y"}),
        {{"x", {1, 4, 10, 10}}});
    EXPECT_EQ(macs_in(import.graph), 100.0 * 8 * 8);
}

TEST(OnnxPositionsOf, AConditionOfTheRunTimeIsAssumedToHold) {
    Diagnostics diagnostics;
    const std::string nodes = node("Compress", {"x", "c"}, {"y"}, attribute("axis", 1));
    const auto import = import_onnx(model_of_graph(nodes + inputs_and_result({{"x", {1, 4}}, {"c", {4}}}, "y")),
                                    "m.onnx", {}, diagnostics);
    ASSERT_TRUE(import) << diagnostics.text();
    EXPECT_THAT(diagnostics.text(), HasSubstr("that Compress keeps the shape of its input"));
}

// Its work would be that of one repetition. Beside the products a guess costs little.
TEST(OnnxPositionsOf, ASizeOfTheRunTimeBeforeAProductIsRefused) {
    const std::string tiled = node("Tile", {"x", "t"}, {"u"});
    const std::string inputs = inputs_and_result({{"x", {1, 4}}, {"t", {2}}}, "y");
    EXPECT_THAT(
        onnx_refusal(model_of_graph(tiled + constant("w", {4, 8}) + node("MatMul", {"u", "w"}, {"y"}) + inputs)),
        HasSubstr("a Range or a Tile of values that only the run time knows sets the size of MatMul"));
    Diagnostics diagnostics;
    EXPECT_TRUE(import_onnx(model_of_graph(tiled + node("Relu", {"u"}, {"y"}) + inputs), "m.onnx", {}, diagnostics));
}

}  // namespace
}  // namespace berth
