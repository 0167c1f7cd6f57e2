// Features of the architecture language: sizes per round, weights shared between rounds, absent operators.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph_fixtures.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string with_block(const std::string& sizes, const std::string& section, const std::string& operators) {
    return "architecture: tiny\nsizes: {layers: blocks, width: columns" + sizes +
           "}\ninputs: {x: {shape: [tokens, width]}}\nsections:\n  - section: layer.{i}\n    repeat: layers\n" +
           section +
           "    result: out\n    operators:\n      - {name: first, op: gelu, inputs: [x], rows: tokens, cols: width, "
           "shape: [tokens, width]}\n" +
           operators;
}

constexpr const char* kSwitched =
    "      - {name: out, op: matmul, inputs: [first], m: tokens, k: width, n: width, bias: wide, shape: [tokens, "
    "width]}\n";

std::vector<bool> biases(const Graph& graph) {
    std::vector<bool> found;
    for (const Operator& op : graph.operators) {
        if (const auto* matmul = std::get_if<MatmulDims>(&op.dims)) {
            found.push_back(matmul->bias);
        }
    }
    return found;
}

TEST(GraphLanguage, ASizePerRoundHasAValueForEach) {
    const std::string tiny =
        with_block(", wide: {per: layers, default: i == 1, min: 0, max: 1, meaning: m}", "", kSwitched);
    WrittenModel by_default(tiny, "sizes: {layers: 3, width: 4}\n");
    EXPECT_THAT(biases(by_default.graph({1, 2}).value()), ElementsAre(false, true, false)) << by_default.said();
    WrittenModel listed(tiny, "sizes: {layers: 3, width: 4, wide: [true, true, false]}\n");
    EXPECT_THAT(biases(listed.graph({1, 2}).value()), ElementsAre(true, true, false)) << listed.said();
    WrittenModel repeated(tiny, "sizes: {layers: 5, width: 4, wide: [true, false]}\n");
    EXPECT_THAT(biases(repeated.graph({1, 2}).value()), ElementsAre(true, false, true, false, true)) << repeated.said();
    WrittenModel same(tiny, "sizes: {layers: 2, width: 4, wide: true}\n");
    EXPECT_THAT(biases(same.graph({1, 2}).value()), ElementsAre(true, true)) << same.said();
}

std::string beside(const std::string& first_result) {
    return "architecture: tiny\nsizes: {width: columns}\ninputs: {x: {shape: [tokens, width]}}\nsections:\n"
           "  - section: start\n    result: " +
           first_result +
           "\n    operators:\n      - {name: made, op: gelu, inputs: [x], rows: tokens, cols: width, shape: [tokens, "
           "width]}\n"
           "  - section: aside\n    result: input\n    operators:\n"
           "      - {name: taken, op: relu, inputs: [input], rows: tokens, cols: width, shape: [tokens, width]}\n"
           "  - section: end\n    result: sum\n    operators:\n"
           "      - {name: next, op: silu, inputs: [input], rows: tokens, cols: width, shape: [tokens, width]}\n"
           "      - {name: sum, op: add, inputs: [next, aside.taken], rows: tokens, cols: width, shape: [tokens, "
           "width]}\n";
}

TEST(GraphLanguage, ASectionMayStandAside) {
    WrittenModel model(beside("made"), "sizes: {width: 4}\n");
    const auto graph = model.graph({1, 2});
    ASSERT_TRUE(graph) << model.said();
    const auto reads = [&graph](const std::string& reader) {
        const auto found = std::ranges::find(graph->operators, reader, &Operator::name);
        return graph->tensors[static_cast<std::size_t>(found->inputs.front())].name;
    };
    EXPECT_EQ(reads("aside.taken"), "start.made");
    EXPECT_EQ(reads("end.next"), "start.made");
    EXPECT_THAT(WrittenModel(beside("input"), "sizes: {width: 4}\n").said(),
                HasSubstr("sections.0.result: there is no operator 'input' in this section"));
}

TEST(GraphLanguage, ValuesPerRoundAreChecked) {
    const std::string tiny = with_block(", wide: {per: layers, min: 0, max: 1, meaning: which}", "", kSwitched);
    EXPECT_THAT(WrittenModel(tiny, "sizes: {layers: 2, width: 4, wide: [1, 0, 1]}\n").said(),
                HasSubstr("error: size 'wide' has more values than there are layers (expected at most 2; fewer are "
                          "repeated)"));
    EXPECT_THAT(WrittenModel(tiny, "sizes: {layers: 2, width: 4, wide: [1, 2]}\n").said(), HasSubstr("error"));
    EXPECT_THAT(WrittenModel(tiny, "sizes: {layers: 2, width: 4}\n").said(),
                HasSubstr("error: missing size 'wide' (expected which)"));
    EXPECT_THAT(WrittenModel(with_block(", wide: {per: layrs, default: 1, meaning: m}", "", kSwitched),
                             "sizes: {layers: 2, width: 4}\n")
                    .said(),
                HasSubstr("'layrs' is no size of one value that stands before"));
    // The value is not defined outside the rounds.
    EXPECT_THAT(WrittenModel("architecture: tiny\nsizes: {layers: l, wide: {per: layers, default: 1, meaning: m}}\n"
                             "inputs: {x: {shape: [wide]}}\nsections:\n  - section: s\n    result: a\n    operators:\n"
                             "      - {name: a, op: gelu, inputs: [x], rows: 1, cols: 1, shape: [1]}\n",
                             "sizes: {layers: 2}\n")
                    .said(),
                HasSubstr("error: unknown symbol 'wide'"));
}

TEST(GraphLanguage, RoundsShareWeightsBiasAndAll) {
    const std::string operators =
        "      - {name: norm, op: layer_norm, inputs: [first], rows: tokens, cols: width, shape: [tokens, width]}\n"
        "      - {name: out, op: matmul, inputs: [norm], m: tokens, k: width, n: width, bias: true, shape: [tokens, "
        "width]}\n";
    const auto parameters = [&](const std::string& section) {
        WrittenModel model(with_block("", section, operators), "sizes: {layers: 4, width: 8}\n");
        const Graph graph = model.graph({1, 2}).value();
        EXPECT_EQ(graph.operators.size(), 12U) << model.said();
        return std::pair(totals(graph).parameters, in_bytes(weight_bytes(graph)));
    };
    const auto own = parameters("");
    const auto one = parameters("    weights_of: 0\n");
    const auto two = parameters("    weights_of: 2 * floor(i / 2)\n");
    EXPECT_EQ(own.first, 4 * (16 + 64 + 8));
    EXPECT_EQ(one.first, 16 + 64 + 8);
    EXPECT_EQ(two.first, 2 * (16 + 64 + 8));
    EXPECT_EQ(one.second * 4, own.second);
    WrittenModel later(with_block("", "    weights_of: i + 1\n", operators), "sizes: {layers: 2, width: 8}\n");
    static_cast<void>(later.graph({1, 2}));
    EXPECT_THAT(later.said(), HasSubstr("error: round 0 cannot use the weights of a later one"));
}

TEST(GraphLanguage, AnAbsentOperatorLeavesWhatItSays) {
    const std::string operators =
        "      - {name: second, op: relu, inputs: [first], rows: tokens, cols: width, shape: [tokens, width]}\n"
        "      - {name: third, op: silu, inputs: [second], when: i == 1, otherwise: first, rows: tokens, cols: width, "
        "shape: [tokens, width]}\n"
        "      - {name: out, op: add, inputs: [third, second], rows: tokens, cols: width, shape: [tokens, width]}\n";
    WrittenModel model(with_block("", "", operators), "sizes: {layers: 2, width: 8}\n");
    const Graph graph = model.graph({1, 2}).value();
    EXPECT_THAT(read_by(graph, "layer.0.out"), ElementsAre("layer.0.first", "layer.0.second"));
    EXPECT_THAT(read_by(graph, "layer.1.out"), ElementsAre("layer.1.third", "layer.1.second"));
    std::string misspelt = operators;
    misspelt.replace(misspelt.find("otherwise: first"), 16, "otherwise: frist");
    EXPECT_THAT(WrittenModel(with_block("", "", misspelt), "sizes: {layers: 2, width: 8}\n").said(),
                HasSubstr("there is no operator 'frist' to read (did you mean first?)"));
}

TEST(GraphLanguage, LaterSectionsReadWhatAnAbsentOperatorLeft) {
    WrittenModel model(
        "architecture: tiny\nsizes: {normed: {default: 0, min: 0, max: 1, meaning: m}}\ninputs: {x: {shape: [4]}}\n"
        "sections:\n  - section: a\n    result: norm\n    operators:\n"
        "      - {name: start, op: gelu, inputs: [x], rows: 1, cols: 4, shape: [4]}\n"
        "      - {name: norm, op: rms_norm, inputs: [start], when: normed, rows: 1, cols: 4, shape: [4]}\n"
        "  - section: b\n    result: end\n    operators:\n"
        "      - {name: end, op: silu, inputs: [a.norm], rows: 1, cols: 4, shape: [4]}\n",
        "sizes: {}\n");
    EXPECT_THAT(read_by(model.graph({1, 1}).value(), "b.end"), ElementsAre("a.start"));
}

TEST(GraphLanguage, TwoOperatorsOfARoundShareATable) {
    const std::string operators =
        "      - {name: again, op: matmul, inputs: [out], table_of: out, m: tokens, k: width, n: width, "
        "shape: [tokens, width]}\n";
    WrittenModel model(with_block(", wide: {default: 0, min: 0, max: 1, meaning: m}", "", kSwitched + operators),
                       "sizes: {layers: 3, width: 8}\n");
    const Graph graph = model.graph({1, 2}).value();
    EXPECT_EQ(totals(graph).parameters, 3 * 64) << model.said();
    EXPECT_EQ(graph.operators.at(5).table_of, 4);
}

TEST(GraphLanguage, TwoOperatorsOfARoundShareABias) {
    const auto written = [](const std::string& width) {
        return WrittenModel(
            "architecture: tiny\nsizes: {width: w}\ninputs: {x: {shape: [2, 8]}}\nsections:\n  - section: a\n"
            "    result: next\n    operators:\n      - {name: norm, op: layer_norm, inputs: [x], rows: 2, cols: 8, "
            "shape: [2, 8]}\n      - {name: next, op: layer_norm, inputs: [norm], bias_of: norm, rows: 16 / width, "
            "cols: width, shape: [2, 8]}\n",
            "sizes: {width: " + width + "}\n");
    };
    WrittenModel shared = written("8");
    const Graph graph = shared.graph({1, 1}).value();
    EXPECT_EQ(totals(graph).parameters, 2 * 8) << shared.said();
    EXPECT_EQ(weight_bytes(graph), weight_bytes(graph.operators.front()));
    WrittenModel other = written("4");
    EXPECT_FALSE(other.graph({1, 1}));
    EXPECT_THAT(other.said(), HasSubstr("a.next uses the bias of norm, which holds 16 numbers instead of 8"));
}

// DeepSeek's heads: keys of 192 columns, values of 128.
TEST(GraphLanguage, ValuesMayBeNarrowerThanKeys) {
    const Graph graph = lay_out("deepseek-v2-lite", {1, 100});
    const Operator& scores = operator_named(graph, "layer.26.attention.scores");
    EXPECT_EQ(macs(scores.dims), operations(16.0 * 5050 * (192 + 128)));
    EXPECT_EQ(output_elements(scores.kind, scores.dims), 100 * 16 * 128);
    EXPECT_EQ(input_elements(scores.kind, scores.dims), 100 * 16 * (192 + 192 + 128));
    EXPECT_THAT(read_by(graph, "layer.3.attention.key"),
                ElementsAre("layer.3.attention.key_own", "layer.3.attention.key_rotary"));
}

// One learned score per head, and all biases: the published count is exact.
TEST(GraphLanguage, SinksAreWeights) {
    const Graph graph = lay_out("gpt-oss-20b", {1, 200});
    EXPECT_EQ(totals(graph).parameters, 20914757184);
    const Operator& scores = operator_named(graph, "layer.0.attention.scores");
    EXPECT_EQ(weight_elements(scores.kind, scores.dims), 64);
    EXPECT_EQ(std::get<AttentionDims>(scores.dims).window, 128);
    EXPECT_EQ(std::get<AttentionDims>(operator_named(graph, "layer.1.attention.scores").dims).window, 0);
}

TEST(GraphLanguage, LocalBlocksSeeTheirNeighbours) {
    const Graph graph = lay_out("modernbert-base", {1, 512});
    EXPECT_EQ(std::get<AttentionDims>(operator_named(graph, "layer.0.attention.scores").dims).window, 0);
    const auto& local = std::get<AttentionDims>(operator_named(graph, "layer.1.attention.scores").dims);
    EXPECT_EQ(local.window, 129);
    // 64 on each side, fewer at both ends: 512 x 129 - 64 x 65.
    EXPECT_EQ(visible_scores(local), 512 * 129 - 64 * 65);
}

}  // namespace
}  // namespace berth
