// Architectures: features of templates, and the exact text of every error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "graph_fixtures.h"

namespace berth {
namespace {

using testing::ElementsAre;

std::vector<std::string> names(const Graph& graph) {
    std::vector<std::string> result;
    for (const Operator& op : graph.operators) {
        result.push_back(op.name);
    }
    return result;
}

/// One section `s` over `width` columns with the given operators; its result is `end`.
std::string one_section(std::string_view operators) {
    return "architecture: tiny\n"
           "sizes: {width: columns, extra: {default: 0, min: 0, meaning: a flag}}\n"
           "inputs: {image: {shape: [batch, width]}}\n"
           "sections:\n"
           "  - section: s\n"
           "    result: end\n"
           "    operators:\n" +
           std::string(operators);
}

TEST(GraphArchitecture, OperatorsThatDoNotExistPassTheirFirstInputOn) {
    const std::string text = one_section(
        "      - {name: a, op: relu, inputs: [image], rows: batch, cols: width, shape: [batch, width], when: extra}\n"
        "      - {name: b, op: gelu, inputs: [a], rows: batch, cols: width, shape: [batch, width], when: extra}\n"
        "      - {name: end, op: tanh, inputs: [b], rows: batch, cols: width, shape: [batch, width]}\n");
    {
        WrittenModel without(text, "sizes: {width: 4}\n");
        const auto graph = without.graph();
        ASSERT_TRUE(graph) << without.said();
        EXPECT_THAT(names(*graph), ElementsAre("s.end"));
        EXPECT_THAT(read_by(*graph, "s.end"), ElementsAre("image"));
    }
    WrittenModel with(text, "sizes: {width: 4, extra: 1}\n");
    const auto graph = with.graph();
    ASSERT_TRUE(graph) << with.said();
    EXPECT_THAT(names(*graph), ElementsAre("s.a", "s.b", "s.end"));
    EXPECT_THAT(read_by(*graph, "s.end"), ElementsAre("s.b"));
}

constexpr std::string_view kSharedBlock =
    "architecture: tiny\n"
    "sizes: {width: columns}\n"
    "inputs: {image: {shape: [batch, width]}}\n"
    "sections:\n"
    "  - section: stem\n"
    "    result: relu\n"
    "    operators:\n"
    "      - {name: relu, op: relu, inputs: [image], rows: batch, cols: width, shape: [batch, width]}\n"
    "  - section: first.{i}\n"
    "    repeat: 2\n"
    "    let: {in: (1 + (i > 0)) * width, out: 2 * width}\n"
    "    result: dense\n"
    "    operators: &block\n"
    "      - {name: dense, op: matmul, inputs: [input], m: batch, k: in, n: out, shape: [batch, out]}\n"
    "  - section: second.{i}\n"
    "    repeat: 1\n"
    "    let: {in: 2 * width, out: in + width}\n"
    "    result: dense\n"
    "    operators: *block\n";

TEST(GraphArchitecture, SectionsShareOperatorsAndDifferByTheirLocalSizes) {
    WrittenModel written(kSharedBlock, "sizes: {width: 4}\n");
    const auto graph = written.graph();
    ASSERT_TRUE(graph) << written.said();
    const auto dense = [&](std::string_view name) { return std::get<MatmulDims>(operator_named(*graph, name).dims); };
    EXPECT_EQ(dense("first.0.dense"), (MatmulDims{.m = 1, .k = 4, .n = 8}));
    EXPECT_EQ(dense("first.1.dense"), (MatmulDims{.m = 1, .k = 8, .n = 8}));
    EXPECT_EQ(dense("second.0.dense"), (MatmulDims{.m = 1, .k = 8, .n = 12}));
    EXPECT_FALSE(depends_on_tokens(*written.model->architecture));
}

TEST(GraphArchitecture, ALocalSizeIsKnownInItsSectionOnly) {
    WrittenModel written(
        "architecture: tiny\n"
        "sizes: {width: columns}\n"
        "inputs: {image: {shape: [batch, width]}}\n"
        "sections:\n"
        "  - section: a\n"
        "    let: {inner: 2 * width, width: 3}\n"
        "    result: end\n"
        "    operators:\n"
        "      - {name: end, op: tanh, inputs: [image], rows: batch, cols: width, shape: [batch, width]}\n"
        "  - section: b\n"
        "    result: end\n"
        "    operators:\n"
        "      - {name: end, op: tanh, inputs: [input], rows: batch, cols: inner, shape: [batch, width]}\n",
        "sizes: {width: 4}\n");
    EXPECT_THAT(written.said(), testing::HasSubstr("'width' already has a meaning here"));
    EXPECT_THAT(written.said(), testing::HasSubstr("unknown symbol 'inner' in 'inner'"));
}

TEST(GraphArchitecture, OperatorsMayStandInAnyOrder) {
    WrittenModel written(
        one_section("      - {name: end, op: tanh, inputs: [a], rows: batch, cols: width, shape: [batch, width]}\n"
                    "      - {name: a, op: relu, inputs: [image], rows: batch, cols: width, shape: [batch, width]}\n"),
        "sizes: {width: 4}\n");
    const auto graph = written.graph();
    ASSERT_TRUE(graph) << written.said();
    EXPECT_THAT(names(*graph), ElementsAre("s.a", "s.end"));
}

TEST(GraphArchitecture, ACycleIsNamed) {
    WrittenModel written(
        one_section("      - {name: a, op: add, inputs: [image, end], rows: 1, cols: width, shape: [1, width]}\n"
                    "      - {name: end, op: tanh, inputs: [a], rows: 1, cols: width, shape: [1, width]}\n"),
        "sizes: {width: 4}\n");
    EXPECT_FALSE(written.graph());
    EXPECT_EQ(written.said(), "tiny.yaml:8:9: error: operators form a cycle: s.a -> s.end -> s.a\n");
}

constexpr std::string_view kTwoSections = R"(architecture: tiny
sizes: {layers: rounds, width: {default: 2 * layers, meaning: columns}}
inputs: {image: {shape: [batch, width]}}
sections:
  - section: stem
    result: out
    operators:
      - {name: out, op: relu, inputs: [image], rows: batch, cols: width, shape: [batch, width]}
  - section: block.{i}
    repeat: layers
    result: out
    operators:
      - {name: wide, op: matmul, inputs: [input], m: batch, k: width, n: width + i, shape: [batch, width + i]}
      - {name: narrow, op: matmul, inputs: [wide], m: batch, k: width + i, n: width, shape: [batch, width]}
      - {name: out, op: add, inputs: [narrow, stem.out], when: i > 0, rows: batch, cols: width, shape: [batch, width]}
)";

TEST(GraphArchitecture, RoundsMayDifferAndReadEarlierSections) {
    WrittenModel written(kTwoSections, "sizes: {layers: 3}\n");
    const auto graph = written.graph();
    ASSERT_TRUE(graph) << written.said();
    // Round 0 has no `out`: its result is what `out` would have read first.
    EXPECT_THAT(names(*graph),
                ElementsAre("stem.out", "block.0.wide", "block.0.narrow", "block.1.wide", "block.1.narrow",
                            "block.1.out", "block.2.wide", "block.2.narrow", "block.2.out"));
    EXPECT_THAT(read_by(*graph, "block.1.wide"), ElementsAre("block.0.narrow"));
    EXPECT_THAT(read_by(*graph, "block.2.out"), ElementsAre("block.2.narrow", "stem.out"));
    EXPECT_EQ(operator_named(*graph, "block.2.wide").dims, Dims(MatmulDims{.m = 1, .k = 6, .n = 8}));
    EXPECT_EQ(graph->blocks, 3);
}

TEST(GraphArchitecture, NamesAndSymbolsThatDoNotExistAreCorrected) {
    WrittenModel written(
        one_section("      - {name: a, op: relu, inputs: [imag], rows: batch, cols: widht, shape: [batch, width]}\n"
                    "      - {name: a, op: rleu, inputs: [a], rows: batch, cols: width, shape: [batch, width]}\n"
                    "      - {name: a, op: tanh, inputs: [a], rows: i, cols: width, shape: [batch, width]}\n"),
        "sizes: {width: 4}\n");
    EXPECT_EQ(written.said(),
              "tiny.yaml:6:13: error: sections.0.result: there is no operator 'end' in this section\n"
              "tiny.yaml:8:38: error: sections.0.operators.0.inputs.0: there is no operator 'imag' to "
              "read (did you mean image?)\n"
              "tiny.yaml:8:64: error: unknown symbol 'widht' in 'widht' (did you mean width?)\n"
              "tiny.yaml:9:23: error: sections.0.operators.1.op: unknown value 'rleu' (expected matmul, "
              "conv2d, attention, softmax, layer_norm, rms_norm, gelu, silu, relu, tanh, sigmoid, add, "
              "mul, transpose, reshape, split, concat, embedding, pool, resize, scan, normalize, quantize, dequantize, "
              "cast or other, did you mean relu?)\n"
              "tiny.yaml:10:9: error: there are two operators 's.a'\n"
              "tiny.yaml:10:48: error: unknown symbol 'i' in 'i'\n");
}

TEST(GraphArchitecture, SizesMustBeThoseOfTheKind) {
    WrittenModel written(
        one_section(
            "      - {name: a, op: matmul, inputs: [image], m: batch, n: width, shape: [batch, width]}\n"
            "      - {name: end, op: tanh, inputs: [a], rows: batch, cols: width, out_rows: 1, shape: [batch]}\n"),
        "sizes: {width: 4}\n");
    EXPECT_EQ(written.said(),
              "tiny.yaml:8:9: error: sections.0.operators.0: missing key 'k' (expected a size of every "
              "matmul)\n"
              "tiny.yaml:9:70: error: unknown key 'out_rows' in 'sections.0.operators.1' (expected name, "
              "op, category, inputs, shape, when, otherwise, output, table_of, bias_of, rows or cols)\n");
}

TEST(GraphArchitecture, OperatorsMustAgreeAboutTensors) {
    WrittenModel written(
        one_section("      - {name: a, op: relu, inputs: [image], rows: batch, cols: width, shape: [batch, width]}\n"
                    "      - {name: b, op: matmul, inputs: [a], m: batch, k: width + 1, n: 8, shape: [batch, 8]}\n"
                    "      - {name: c, op: matmul, inputs: [b, b], m: batch, k: 8, n: 8, shape: [batch, 8]}\n"
                    "      - {name: d, op: add, inputs: [c, image], rows: batch, cols: 9, shape: [batch, 9]}\n"
                    "      - {name: e, op: concat, inputs: [a, b], rows: batch, cols: 13, shape: [batch, 13]}\n"
                    "      - {name: end, op: tanh, inputs: [d], rows: batch, cols: 9, shape: [batch, 3, 2]}\n"),
        "sizes: {width: 4}\n");
    EXPECT_FALSE(written.graph());
    EXPECT_EQ(written.said(),
              "tiny.yaml:9:9: error: s.b: 's.a' holds 4 elements, but its sizes need 5\n"
              "tiny.yaml:10:9: error: s.c: 2 inputs are given, but this matmul reads 1\n"
              "tiny.yaml:11:9: error: s.d: 's.c' holds 8 elements, but its sizes need 9\n"
              "tiny.yaml:11:9: error: s.d: 'image' holds 4 elements, but its sizes need 9\n"
              "tiny.yaml:12:9: error: s.e: its inputs hold 12 elements together, but its sizes need 13\n"
              "tiny.yaml:13:9: error: s.end: its shape holds 6 elements, but its sizes make 9\n");
}

TEST(GraphArchitecture, ASplitCannotTakeMoreThanThereIs) {
    const auto split = [](const std::string& cols) {
        WrittenModel written(one_section("      - {name: end, op: split, inputs: [image], rows: batch, cols: " + cols +
                                         ", shape: [batch, " + cols + "]}\n"),
                             "sizes: {width: 4}\n");
        static_cast<void>(written.graph());
        return written.said();
    };
    EXPECT_EQ(split("3"), "");
    EXPECT_EQ(split("5"), "tiny.yaml:8:9: error: s.end: 'image' holds 4 elements, but its sizes need 5\n");
}

TEST(GraphArchitecture, TheFirstSectionHasNothingBeforeIt) {
    WrittenModel written(
        one_section("      - {name: end, op: tanh, inputs: [input], rows: 1, cols: width, shape: [1, width]}\n"),
        "sizes: {width: 4}\n");
    EXPECT_EQ(written.said(),
              "tiny.yaml:8:40: error: sections.0.operators.0.inputs.0: there is no operator 'input' to read\n");

    WrittenModel left_out(R"(architecture: tiny
sizes: {width: {default: 4, meaning: columns}}
inputs: {image: {shape: [batch, width]}}
sections:
  - section: stem
    when: width > 4
    result: end
    operators:
      - {name: end, op: relu, inputs: [image], rows: batch, cols: width, shape: [batch, width]}
  - section: s
    result: end
    operators:
      - {name: end, op: tanh, inputs: [input], rows: batch, cols: width, shape: [batch, width]}
)");
    EXPECT_FALSE(left_out.graph());
    EXPECT_EQ(left_out.said(), "tiny.yaml:13:9: error: s.end reads 'input', which does not exist with these sizes\n");
}

TEST(GraphArchitecture, WhatDoesNotExistCannotBeRead) {
    WrittenModel written(
        one_section("      - {name: a, op: embedding, inputs: [], when: extra,\n"
                    "         rows: batch, cols: width, table_rows: 7, shape: [batch, width]}\n"
                    "      - {name: end, op: tanh, inputs: [a], rows: batch, cols: width, shape: [batch, width]}\n"),
        "sizes: {width: 4}\n");
    EXPECT_FALSE(written.graph());
    EXPECT_EQ(written.said(),
              "tiny.yaml:10:9: error: s.end reads 'a', which does not exist with these sizes and passes "
              "nothing on\n");
}

TEST(GraphArchitecture, ImpossibleSizesAreNamed) {
    WrittenModel written(
        one_section("      - {name: end, op: tanh, inputs: [image], rows: batch, cols: width - 4, shape: [1, 4]}\n"),
        "sizes: {width: 4}\n");
    EXPECT_FALSE(written.graph());
    WrittenModel half(
        one_section("      - {name: end, op: tanh, inputs: [image], rows: batch, cols: width / 3, shape: [1, 4]}\n"),
        "sizes: {width: 4}\n");
    EXPECT_FALSE(half.graph());
    EXPECT_EQ(written.said(), "tiny.yaml:8:9: error: s.end: cols is 0 (expected 1 or more)\n");
    EXPECT_EQ(half.said(),
              "tiny.yaml:8:67: error: 'width / 3' is 1.3333333333333333 (expected a whole number from 0 "
              "to 2^53)\n");
}

TEST(GraphArchitecture, SectionsAreChecked) {
    WrittenModel written(R"(architecture: tiny
sizes: {layers: rounds, batch: no, late: {default: later, meaning: x}, later: {default: 1, meaning: x, mni: 0}}
checks:
  - {law: layers > 0, message: "layers {layer}"}
inputs: {input: {shape: []}}
sections:
  - section: a
    repeat: layers
    result: x
    operators:
      - {name: input, op: relu, inputs: [input], rows: 1, cols: 1, shape: [1]}
  - section: b.{i}
    result: y
    operatrs: []
)",
                         "sizes: {layers: 1}\n");
    EXPECT_EQ(written.said(),
              "tiny.yaml:2:25: error: 'batch' cannot be a size: it is built in\n"
              "tiny.yaml:2:52: error: unknown symbol 'later' in 'later' (did you mean layers?)\n"
              "tiny.yaml:2:104: error: unknown key 'mni' in 'sizes.later' (did you mean min?)\n"
              "tiny.yaml:4:32: error: checks.0.message: unknown symbol '{layer}' (did you mean layers?)\n"
              "tiny.yaml:5:10: error: 'input' is taken: it stands for what came before (2 times, also at 11:9)\n"
              "tiny.yaml:5:25: error: inputs.input.shape: a shape needs at least one size (expected a "
              "list such as [batch, tokens, hidden])\n"
              "tiny.yaml:7:14: error: sections.0.section: the rounds of this section would share their "
              "names (expected {i} in the name)\n"
              "tiny.yaml:9:13: error: sections.0.result: there is no operator 'x' in this section\n"
              "tiny.yaml:12:5: error: sections.1: missing key 'operators' (expected a list of "
              "operators)\n"
              "tiny.yaml:12:14: error: sections.1.section: {i} numbers the rounds of a section, but this "
              "one is not repeated (expected a 'repeat' beside it)\n"
              "tiny.yaml:13:13: error: sections.1.result: there is no operator 'y' in this section\n"
              "tiny.yaml:14:5: error: unknown key 'operatrs' in 'sections.1' (did you mean operators?)\n");
}

TEST(GraphArchitecture, TooManyRoundsAreRefused) {
    WrittenModel written(kTwoSections, "sizes: {layers: 1000000000, width: 4}\n");
    EXPECT_FALSE(written.graph());
    EXPECT_EQ(written.said(),
              "tiny.yaml:9:5: error: 1000000000 rounds of 'block.{i}' make too large a graph (expected "
              "at most 20000 operators)\n");
}

/// The fenced YAML of docs/yaml.md that starts with `first_line`.
std::string documented(const std::string& first_line) {
    std::ifstream file(std::filesystem::path(BERTH_SOURCE_DIR) / "docs" / "yaml.md");
    std::ostringstream text;
    text << file.rdbuf();
    const std::string all = text.str();
    const std::size_t start = all.find("```yaml\n" + first_line) + 8;
    return all.substr(start, all.find("```", start) - start);
}

TEST(GraphArchitecture, TheDocumentedExampleWorks) {
    WrittenModel written(documented("architecture: small-mlp"), "sizes: {layers: 2, hidden: 16, groups: 4}\n");
    const auto graph = written.graph({1, 64});
    ASSERT_TRUE(graph) << written.said();
    EXPECT_THAT(names(*graph), ElementsAre("stem.norm", "block.0.dense", "block.0.act", "block.0.add", "block.1.dense",
                                           "block.1.act", "block.1.add"));
    EXPECT_EQ(totals(*graph).parameters, 576);  // 2 x 16 for the norm, 2 x (16 x 16 + 16)
    EXPECT_EQ(written.model->sizes.at("max_positions"), 128);
    EXPECT_FALSE(written.graph({1, 129}));
    EXPECT_EQ(written.said(), "model.yaml:1:1: error: 129 tokens exceed max_positions 128\n");
}

}  // namespace
}  // namespace berth
