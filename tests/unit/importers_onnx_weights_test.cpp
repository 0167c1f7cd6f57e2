// Which constants of a file are weights, and that each counts once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onnx_imports.h"

namespace berth {
namespace {

using testing::ElementsAre;

TEST(OnnxWeights, NumbersDrawnAtRandomAreNoWeights) {
    const NetworkImport import = imported_graph(
        node("RandomNormal", {}, {"r"}, attribute("shape", OnnxSizes{1, 192, 200})) + node("Add", {"x", "r"}, {"y"}),
        {{"x", {1, 192, 200}}});
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("add"));
    EXPECT_EQ(totals(import.graph).parameters, 0);
}

TEST(OnnxWeights, WeightsThatSeveralOperatorsUseCountOnce) {
    const std::string weights = constant("w", {8, 8});
    const NetworkImport import = imported_graph(weights + node("MatMul", {"x", "w"}, {"t"}) +
                                                    node("Transpose", {"w"}, {"u"}) + node("MatMul", {"t", "u"}, {"y"}),
                                                {{"x", {4, 8}}});
    EXPECT_EQ(totals(import.graph).parameters, 64);
    EXPECT_EQ(macs_in(import.graph), 2.0 * 4 * 64);
    expect_round_trip(import);
}

// By their order: two products, norms or convolutions, of which the second reads constants of the first.
TEST(OnnxWeights, BiasesScalesAndShiftsThatSeveralOperatorsUseCountOnce) {
    const auto parameters = [](const std::string& nodes, const OnnxSizes& input) {
        const NetworkImport import = imported_graph(
            constant("v", {8, 8}) + constant("w", {8, 8}) + constant("b", {8}) + constant("c", {8}) + nodes,
            {{"x", input}});
        expect_round_trip(import);
        return totals(import.graph).parameters;
    };
    const auto sums = [](const std::string& second, const std::string& bias) {
        return node("MatMul", {"x", "v"}, {"a"}) + node("Add", {"a", "b"}, {"t"}) +
               node("MatMul", {"t", second}, {"d"}) + node("Add", {"d", bias}, {"y"});
    };
    EXPECT_EQ(parameters(sums("w", "b"), {4, 8}), 64 + 64 + 8);
    EXPECT_EQ(parameters(sums("v", "b"), {4, 8}), 64 + 8);
    EXPECT_EQ(parameters(sums("v", "c"), {4, 8}), 64 + 8 + 8);
    const auto norms = [](const std::string& shift) {
        return node("LayerNormalization", {"x", "b", "c"}, {"a"}) + node("Relu", {"a"}, {"d"}) +
               node("LayerNormalization", {"d", "b", shift}, {"y"});
    };
    EXPECT_EQ(parameters(norms("c"), {4, 8}), 8 + 8);
    EXPECT_EQ(parameters(norms("b"), {4, 8}), 2 * (8 + 8)) << "another shift";
    const std::string kernels = constant("k", {8, 8, 1, 1});
    const auto normed = [&](const std::string& shift) {
        return kernels + node("Conv", {"x", "k"}, {"a"}) +
               node("BatchNormalization", {"a", "b", "c", "b", "c"}, {"d"}) + node("Conv", {"d", "k"}, {"e"}) +
               node("BatchNormalization", {"e", "b", shift, "b", "c"}, {"y"});
    };
    EXPECT_EQ(parameters(normed("c"), {1, 8, 4, 4}), 64 + 8);
    EXPECT_EQ(parameters(normed("b"), {1, 8, 4, 4}), 64 + 8 + 8);
}

// A norm has nothing but its scale and shift, so that all of it is shared.
TEST(OnnxWeights, SharedNormsAreStoredOnce) {
    const auto stored = [](const std::string& scale) {
        return in_bytes(weight_bytes(imported_graph(constant("b", {8}) + constant("c", {8}) + constant("d", {8}) +
                                                        node("LayerNormalization", {"x", "b", "c"}, {"a"}) +
                                                        node("Relu", {"a"}, {"r"}) +
                                                        node("LayerNormalization", {"r", scale, "c"}, {"y"}),
                                                    {{"x", {4, 8}}})
                                         .graph));
    };
    EXPECT_EQ(2 * stored("b"), stored("d"));
}

std::string bytes_constant(const std::string& name, const OnnxSizes& sizes) {
    constexpr std::int64_t kUint8 = 2;
    std::string tensor = number_field(2, kUint8) + bytes_field(8, name);
    for (const std::int64_t size : sizes) {
        tensor += number_field(1, size);
    }
    return bytes_field(5, tensor);
}

// Operators of ONNX Runtime that become several, or whose weights are packed: each twice, with the same constants.
TEST(OnnxWeights, PackedWeightsAndPartsOfNodesAreSharedToo) {
    const auto twice = [](const std::string& constants, const OnnxSizes& shape, const std::string& op,
                          const std::vector<std::string>& more, const std::string& attributes) {
        const auto reading = [&](const std::string& value) {
            std::vector<std::string> inputs{value};
            inputs.insert(inputs.end(), more.begin(), more.end());
            return inputs;
        };
        const auto counted = [&](const std::string& nodes) {
            const NetworkImport import = imported_graph(constants + nodes, {{"x", shape}});
            expect_round_trip(import);
            return totals(import.graph).parameters;
        };
        const std::int64_t once = counted(node(op, reading("x"), {"y"}, attributes));
        EXPECT_GT(once, 0) << op;
        EXPECT_EQ(counted(node(op, reading("x"), {"a"}, attributes) + node("Relu", {"a"}, {"r"}) +
                          node(op, reading("r"), {"y"}, attributes)),
                  once)
            << op;
        return once;
    };
    const std::string bits =
        runtime_domain() + attribute("K", 64) + attribute("N", 64) + attribute("bits", 4) + attribute("block_size", 32);
    EXPECT_EQ(
        twice(bytes_constant("w", {64, 2, 16}) + constant("s", {128}), {1, 16, 64}, "MatMulNBits", {"w", "s"}, bits),
        64 * 64);
    EXPECT_EQ(twice(bytes_constant("w", {2048}) + constant("s", {128}), {1, 16, 64}, "MatMulBnb4", {"w", "s"},
                    bits + attribute("quant_type", 1)),
              64 * 64);
    EXPECT_EQ(twice(constant("w", {64, 192}) + constant("b", {192}), {1, 16, 64}, "Attention", {"w", "b"},
                    runtime_domain() + attribute("num_heads", 4)),
              64 * 192 + 192);
    EXPECT_EQ(twice(constant("g", {64}) + constant("b", {64}) + constant("c", {64}), {1, 16, 64},
                    "SkipLayerNormalization", {"x", "g", "b", "c"}, runtime_domain()),
              3 * 64);
    EXPECT_EQ(twice(constant("g", {64}), {1, 16, 64}, "SkipSimplifiedLayerNormalization", {"x", "g"}, runtime_domain()),
              64);
    EXPECT_EQ(twice(constant("gates", {16, 4}) + constant("w1", {4, 128, 64}) + constant("b1", {4, 128}) +
                        constant("w2", {4, 64, 128}) + constant("b2", {4, 64}),
                    {16, 64}, "MoE", {"gates", "w1", "b1", "w2", "b2"}, runtime_domain() + attribute("k", 2)),
              4 * (2 * 64 * 128 + 128 + 64));
}

TEST(OnnxWeights, APackedTableIsThatOfThePackedProduct) {
    const std::string bits = runtime_domain() + attribute("bits", 4) + attribute("block_size", 32);
    const std::string graph =
        bytes_constant("w", {1000, 32}) + constant("s", {1000, 2}) +
        node("GatherBlockQuantized", {"w", "ids", "s"}, {"e"}, bits) + node("Relu", {"e"}, {"h"}) +
        whole_constants("sizes", {3}, {1000, 2, 16}) + node("Reshape", {"w", "sizes"}, {"v"}) +
        node("MatMulNBits", {"h", "v", "s"}, {"y"}, bits + attribute("K", 64) + attribute("N", 1000));
    EXPECT_EQ(totals(imported_graph(graph, {{"ids", {1, 16}}}).graph).parameters, 64'000);
}

// Quantisers of Brevitas, QONNX and FINN store weights differently; the graph multiplies by the same matrix.
TEST(OnnxWeights, QuantisersOfWeightsAreStorage) {
    const std::string weights = constant("w", {8, 16}) + real_constant("s", {0.5F});
    for (const char* op : {"Quant", "IntQuant", "BipolarQuant", "FloatQuant"}) {
        const std::string quantised = node(op, {"w", "s"}, {"v"}, bytes_field(7, "qonnx.custom_op.general"));
        const NetworkImport import = imported_graph(
            weights + quantised + node(op, {"x", "s"}, {"a"}, bytes_field(7, "qonnx.custom_op.general")) +
                node("MatMul", {"a", "v"}, {"y"}),
            {{"x", {4, 8}}});
        EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("matmul")) << op;
        EXPECT_EQ(totals(import.graph).parameters, 128) << op;
        EXPECT_TRUE(import.unknown.empty()) << op;
    }
    const NetworkImport unknown = imported_graph(
        weights + node("Secret", {"w", "s"}, {"v"}) + node("MatMul", {"x", "v"}, {"y"}), {{"x", {4, 8}}});
    EXPECT_EQ(totals(unknown.graph).parameters, 128);
    EXPECT_THAT(unknown.unknown, ElementsAre(testing::Pair("Secret", 1))) << "it is named";
}

TEST(OnnxWeights, SparseConstantsCountAsTheDenseOnes) {
    const std::string values = number_field(1, 3) + number_field(2, 1) + bytes_field(8, "w");
    const std::string sparse = bytes_field(15, bytes_field(1, values) + number_field(3, 8) + number_field(3, 16));
    EXPECT_EQ(totals(imported_graph(sparse + node("MatMul", {"x", "w"}, {"y"}), {{"x", {4, 8}}}).graph).parameters,
              128);
}

TEST(OnnxWeights, ASummandOfAGemmIsABiasOrATable) {
    const auto counted = [](const OnnxSizes& summand) {
        const NetworkImport import = imported_graph(
            constant("w", {8, 16}) + constant("c", summand) + node("Gemm", {"x", "w", "c"}, {"y"}), {{"x", {4, 8}}});
        expect_round_trip(import);
        EXPECT_EQ(macs_in(import.graph), 4 * 8 * 16);
        return std::pair(kinds_in_order(import.graph).size(), totals(import.graph).parameters);
    };
    EXPECT_EQ(counted({16}), std::pair(std::size_t{1}, std::int64_t{128 + 16}));
    EXPECT_EQ(counted({1, 16}), std::pair(std::size_t{1}, std::int64_t{128 + 16}));
    EXPECT_EQ(counted({4, 16}), std::pair(std::size_t{2}, std::int64_t{128 + 64}));
    EXPECT_EQ(counted({4, 1}), std::pair(std::size_t{2}, std::int64_t{128 + 4})) << "a number for each row";
    EXPECT_EQ(counted({1}), std::pair(std::size_t{2}, std::int64_t{128 + 1})) << "one for all";
    const auto zero = imported_graph(
        constant("w", {8, 16}) + real_constant("c", {0}) + node("Gemm", {"x", "w", "c"}, {"y"}), {{"x", {4, 8}}});
    EXPECT_THAT(kinds_in_order(zero.graph), ElementsAre("matmul"));
    for (const OnnxSizes& made : {OnnxSizes{4, 16}, {4, 1}, {16}, {1}}) {
        const auto added =
            imported_graph(constant("w", {8, 16}) + node("Gemm", {"x", "w", "c"}, {"y"}), {{"x", {4, 8}}, {"c", made}});
        EXPECT_THAT(kinds_in_order(added.graph), ElementsAre("matmul", "add")) << "what the network computes is added";
        expect_round_trip(added);
    }
}

// Constants that do not fill whole rows: one for all columns of a row.
TEST(OnnxWeights, AConstantForEachRowCountsOncePerRow) {
    const NetworkImport import = imported_graph(constant("c", {5, 1}) + node("Add", {"x", "c"}, {"t"}) +
                                                    constant("w", {8, 8}) + node("MatMul", {"t", "w"}, {"y"}),
                                                {{"x", {2, 5, 8}}});
    EXPECT_EQ(totals(import.graph).parameters, 64 + 5);
    expect_round_trip(import);
}

// Lengths that are constants make the biases the same for every input, but the table is in the file.
TEST(OnnxWeights, ATableOfDistancesIsLearnedWhateverTheLengths) {
    const NetworkImport import = imported_graph(
        constant("t", {32, 4}) + whole_constants("n", {}, {16}) +
            node("RelativePositionBias", {"t", "n", "n"}, {"b"}, runtime_domain()) + node("Add", {"x", "b"}, {"y"}),
        {{"x", {1, 4, 16, 16}}});
    EXPECT_EQ(totals(import.graph).parameters, 32 * 4);
    expect_round_trip(import);
}

// Cosines and sines of positions that are looked up, with a new axis for the heads; a third lookup reads one of them.
TEST(OnnxWeights, RotationsThatAreLookedUpAreNoParameters) {
    const std::string tables = constant("c", {100, 8}) + constant("s", {100, 8}) + whole_constants("axes", {1}, {1});
    const std::string found = node("Gather", {"c", "at"}, {"cs"}) + node("Gather", {"s", "at"}, {"ss"}) +
                              node("Unsqueeze", {"cs", "axes"}, {"co"}) + node("Unsqueeze", {"ss", "axes"}, {"si"});
    const std::string rotated = node("Mul", {"x", "co"}, {"a"}) + node("Neg", {"x"}, {"n"}) +
                                node("Mul", {"n", "si"}, {"b"}) + node("Add", {"a", "b"}, {"q"}) +
                                constant("w", {8, 8});
    const std::string last =
        node("MatMul", {"q", "w"}, {"r"}) + node("Gather", {"c", "at"}, {"again"}) + node("Add", {"r", "again"}, {"y"});
    const NetworkImport import = imported_graph(tables + found + rotated + last, {{"x", {1, 2, 4, 8}}, {"at", {1, 4}}});
    EXPECT_EQ(totals(import.graph).parameters, 64);
    expect_round_trip(import);
    const std::string one = node("Mul", {"x", "co"}, {"q"}) + constant("w", {8, 8}) + node("MatMul", {"q", "w"}, {"y"});
    EXPECT_EQ(totals(imported_graph(tables + found + one, {{"x", {1, 2, 4, 8}}, {"at", {1, 4}}}).graph).parameters,
              64 + 800)
        << "a factor by itself is learned";
}

TEST(OnnxWeights, RoomForACacheIsNoWeight) {
    for (const char* op : {"ScatterND", "ScatterElements", "TensorScatter"}) {
        const NetworkImport import = imported_graph(
            constant("cache", {64, 8}) + node(op, {"cache", "at", "new"}, {"k"}) + node("MatMul", {"x", "k"}, {"y"}),
            {{"x", {4, 64}}, {"at", {2, 1}}, {"new", {2, 8}}});
        EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("other", "matmul")) << op;
        EXPECT_EQ(totals(import.graph).parameters, 0);
    }
}

// Constants of operators that exporters and optimisers write beside products: each counts once, wherever it stands.
TEST(OnnxWeights, BiasesOfOtherFormsAreParameters) {
    const auto parameters = [](const std::string& nodes, const OnnxSizes& input) {
        const NetworkImport import = imported_graph(nodes, {{"x", input}});
        expect_round_trip(import);
        return totals(import.graph).parameters;
    };
    const std::string product = constant("w", {8, 16}) + constant("b", {16}) + node("MatMul", {"x", "w"}, {"a"});
    for (const char* op : {"BiasGelu", "FastGelu"}) {
        EXPECT_EQ(parameters(product + node(op, {"a", "b"}, {"y"}, runtime_domain()), {4, 8}), 128 + 16) << op;
    }
    const std::string last = constant("k", {12, 3, 1, 1}) + constant("b", {12}) + node("Conv", {"x", "k"}, {"a"}) +
                             node("Transpose", {"a"}, {"t"}, attribute("perm", OnnxSizes{0, 2, 3, 1})) +
                             node("Add", {"t", "b"}, {"y"});
    EXPECT_EQ(parameters(last, {1, 3, 5, 5}), 36 + 12) << "channels last, as TensorFlow has them";
    const std::string integers = constant("s", {}) + constant("z", {}) + product +
                                 node("QLinearAdd", {"a", "s", "z", "b", "s", "z", "s", "z"}, {"y"}, runtime_domain());
    EXPECT_EQ(parameters(integers, {4, 8}), 128 + 16);
}

// Attention in its parts: masks and biases of distances for each pair of positions, and the sines of rotary positions.
TEST(OnnxWeights, TablesOfPositionsWithinAttentionAreNoParameters) {
    const auto parameters = [](const std::string& nodes) {
        const NetworkImport import = imported_graph(nodes, {{"x", {1, 2, 4, 8}}, {"g", {1, 2, 4, 1}}});
        expect_round_trip(import);
        return totals(import.graph).parameters;
    };
    const std::string softmax = node("Softmax", {"s"}, {"p"}) + node("MatMul", {"p", "x"}, {"o"}) +
                                constant("w", {8, 8}) + node("MatMul", {"o", "w"}, {"y"});
    const std::string scores =
        node("Transpose", {"x"}, {"t"}, attribute("perm", OnnxSizes{0, 1, 3, 2})) + node("MatMul", {"x", "t"}, {"q"});
    const std::string gated = constant("d", {1, 2, 4, 4}) + node("Sigmoid", {"g"}, {"f"}) +
                              node("Mul", {"f", "d"}, {"b"}) + node("Add", {"q", "b"}, {"s"});
    EXPECT_EQ(parameters(scores + gated + softmax), 64);
    const std::string rotated = constant("c", {4, 8}) + constant("i", {4, 8}) + node("Mul", {"x", "c"}, {"a"}) +
                                node("Neg", {"x"}, {"n"}) + node("Mul", {"n", "i"}, {"b"}) +
                                node("Add", {"a", "b"}, {"q"}) + constant("w", {8, 8}) +
                                node("MatMul", {"q", "w"}, {"y"});
    EXPECT_EQ(parameters(rotated), 64);
    const std::string one = constant("c", {4, 8}) + node("Mul", {"x", "c"}, {"q"}) + constant("w", {8, 8}) +
                            node("MatMul", {"q", "w"}, {"y"});
    EXPECT_EQ(parameters(one), 64 + 32) << "a factor by itself is learned";
}

TEST(OnnxWeights, PlacesOfResultsAreNoParameters) {
    // Boxes are moved from 100 places and scaled; positions before a product are learned.
    const std::string boxes = constant("learned", {1, 100, 8}) + constant("w", {8, 4}) + constant("b", {4}) +
                              constant("places", {1, 100, 4}) + constant("strides", {1, 100, 1});
    const std::string moved = node("Add", {"x", "learned"}, {"p"}) + node("MatMul", {"p", "w"}, {"r"}) +
                              node("Add", {"r", "b"}, {"s"}) + node("Add", {"s", "places"}, {"t"});
    const NetworkImport import =
        imported_graph(boxes + moved + node("Mul", {"t", "strides"}, {"y"}), {{"x", {1, 100, 8}}});
    EXPECT_EQ(totals(import.graph).parameters, 100 * 8 + 8 * 4 + 4);
    const auto& last = std::get<RowsDims>(import.graph.operators[import.graph.operators.size() - 2].dims);
    EXPECT_EQ(last.constant_rows, 100);
    EXPECT_FALSE(last.affine);
    expect_round_trip(import);
    const std::string again =
        constant("u", {4, 2}) + node("Mul", {"t", "strides"}, {"z"}) + node("MatMul", {"z", "u"}, {"y"});
    EXPECT_EQ(totals(imported_graph(boxes + moved + again, {{"x", {1, 100, 8}}}).graph).parameters,
              100 * 8 + 8 * 4 + 4 + 100 * 4 + 100 + 4 * 2);
    // Regions that a map is sampled at, before more products.
    const std::string sampled = constant("places", {5, 4}) + constant("w", {2, 8, 7, 7}) +
                                node("Add", {"x", "places"}, {"regions"}) +
                                node("RoiAlign", {"map", "regions", "which"}, {"r"},
                                     attribute("output_height", 7) + attribute("output_width", 7)) +
                                node("Conv", {"r", "w"}, {"y"});
    EXPECT_EQ(
        totals(imported_graph(sampled, {{"x", {5, 4}}, {"map", {1, 8, 50, 50}}, {"which", {5}}}).graph).parameters,
        2 * 8 * 7 * 7);
}

}  // namespace
}  // namespace berth
