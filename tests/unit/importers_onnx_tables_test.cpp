// Learned tables of which only some rows are read, or some rows several times: their size is that of the file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onnx_imports.h"

namespace berth {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

/// x of [1, 16, 8], to which the rows that the given nodes make are added before a product of 64 weights.
NetworkImport added_rows(const std::string& picking) {
    const NetworkImport import = imported_graph(
        picking + node("Add", {"x", "rows"}, {"a"}) + constant("w", {8, 8}) + node("MatMul", {"a", "w"}, {"y"}),
        {{"x", {1, 16, 8}}});
    expect_round_trip(import);
    return import;
}

std::string numbers(const std::string& name, std::int64_t count) {
    OnnxSizes values;
    for (std::int64_t i = 0; i < count; ++i) {
        values.push_back(i);
    }
    return whole_constants(name, {count}, values);
}

TEST(OnnxTables, TheRowsThatAnInputLengthSelectsAreOfTheWholeTable) {
    const std::string table = constant("t", {512, 8});
    const std::string slice = whole_constants("from", {1}, {0}) + whole_constants("to", {1}, {16}) +
                              whole_constants("axis", {1}, {0}) + node("Slice", {"t", "from", "to", "axis"}, {"rows"});
    const std::string gather = numbers("ids", 16) + node("Gather", {"t", "ids"}, {"rows"});
    const std::string batched = whole_constants("front", {1}, {0}) + numbers("ids", 16) +
                                node("Gather", {"t", "ids"}, {"r"}) + node("Unsqueeze", {"r", "front"}, {"rows"});
    for (const std::string& nodes : {slice, gather, batched}) {
        const NetworkImport import = added_rows(table + nodes);
        EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("embedding", "add", "matmul"));
        EXPECT_EQ(import.graph.operators.front().dims, Dims(GatherDims{16, 8, 512}));
        EXPECT_EQ(totals(import.graph).parameters, 512 * 8 + 64);
    }
    EXPECT_EQ(totals(added_rows(constant("rows", {1, 16, 8})).graph).parameters, 16 * 8 + 64) << "the whole table";
}

// Rows of a grid of positions that is scaled to the image, as in DINOv2: the class token's and the others.
TEST(OnnxTables, ARescaledTableCountsAsItIsStored) {
    const auto sliced = [](const std::string& name, std::int64_t from, std::int64_t to) {
        return whole_constants(name + "f", {1}, {from}) + whole_constants(name + "t", {1}, {to}) +
               node("Slice", {"t", name + "f", name + "t", "axis"}, {name});
    };
    const std::string nodes = constant("t", {37, 8}) + whole_constants("axis", {1}, {0}) + sliced("first", 0, 1) +
                              sliced("rest", 1, 37) + whole_constants("sizes", {2}, {15, 8}) +
                              node("Resize", {"rest", "", "", "sizes"}, {"scaled"}) +
                              node("Concat", {"first", "scaled"}, {"rows"}, attribute("axis", 0));
    EXPECT_EQ(totals(added_rows(nodes).graph).parameters, 37 * 8 + 64);
}

TEST(OnnxTables, SlicesThatDivideAMatrixStayItsWeights) {
    const std::string cut = constant("w", {24, 8}) + whole_constants("from", {1}, {8}) +
                            whole_constants("to", {1}, {16}) + whole_constants("axis", {1}, {0}) +
                            node("Slice", {"w", "from", "to", "axis"}, {"v"}) + node("MatMul", {"x", "v"}, {"y"});
    EXPECT_THAT(kinds_in_order(imported_graph(cut, {{"x", {4, 8}}}).graph), ElementsAre("matmul"));
}

/// Scores of 2 heads over 4 positions, to which `bias` is added before the softmax.
NetworkImport biased_attention(const std::string& bias) {
    const NetworkImport import = imported_graph(
        bias + node("Transpose", {"x"}, {"t"}, attribute("perm", OnnxSizes{0, 1, 3, 2})) +
            node("MatMul", {"x", "t"}, {"q"}) + node("Add", {"q", "bias"}, {"s"}) + node("Softmax", {"s"}, {"p"}) +
            node("MatMul", {"p", "x"}, {"o"}) + constant("w", {8, 8}) + node("MatMul", {"o", "w"}, {"y"}),
        {{"x", {3, 2, 4, 8}}});
    expect_round_trip(import);
    return import;
}

TEST(OnnxTables, BiasesOfRelativePositionsAreLearned) {
    // Seven distances by two heads, looked up for each pair of positions.
    const std::string table = constant("d", {7, 2}) + numbers("pairs", 16);
    const std::string turned = whole_constants("sizes", {3}, {4, 4, 2}) + whole_constants("front", {1}, {0}) +
                               node("Reshape", {"r", "sizes"}, {"g"}) +
                               node("Transpose", {"g"}, {"h"}, attribute("perm", OnnxSizes{2, 0, 1})) +
                               node("Unsqueeze", {"h", "front"}, {"bias"});
    const NetworkImport looked_up = biased_attention(table + node("Gather", {"d", "pairs"}, {"r"}) + turned);
    EXPECT_EQ(totals(looked_up.graph).parameters, 7 * 2 + 64);
    EXPECT_EQ(looked_up.graph.operators.front().dims, Dims(GatherDims{16, 2, 7}));
    EXPECT_THAT(kinds_in_order(looked_up.graph), Not(Contains("attention"))) << "the scores have a bias of their own";
    // The exporter wrote the biases out: one for each head and pair.
    EXPECT_EQ(totals(biased_attention(constant("bias", {1, 2, 4, 4})).graph).parameters, 2 * 4 * 4 + 64);
    // A mask is the same for all heads.
    for (const OnnxSizes& mask : {OnnxSizes{1, 1, 4, 4}, OnnxSizes{3, 1, 4, 4}, OnnxSizes{1, 1, 1, 4}}) {
        const NetworkImport masked = biased_attention(constant("bias", mask));
        EXPECT_EQ(totals(masked.graph).parameters, 64);
        EXPECT_THAT(kinds_in_order(masked.graph), Contains("attention"));
    }
}

}  // namespace
}  // namespace berth
