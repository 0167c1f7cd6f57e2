// ONNX models: the imported graphs, their equality with the same models in YAML, and refusals.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>

#include "berth/importers/import_onnx.h"
#include "graph_fixtures.h"
#include "onnx_imports.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::filesystem::path onnx_file(const std::string& name) {
    return std::filesystem::path(BERTH_SOURCE_DIR) / "tests/data/onnx" / (name + ".onnx");
}

std::string bytes_of(const std::string& name) {
    std::ifstream file(onnx_file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

NetworkImport imported(const std::string& name, const DimSizes& dims = {}) {
    Diagnostics diagnostics;
    auto import = import_onnx(onnx_file(name), {dims}, diagnostics);
    if (!import) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*import);
}

const DimSizes kOneOf128{{"batch", 1}, {"sequence", 128}};

std::map<std::string, int> kinds(const Graph& graph) {
    std::map<std::string, int> counts;
    for (const Operator& op : graph.operators) {
        ++counts[std::string(traits(op.kind).name)];
    }
    return counts;
}

double macs_of(const Graph& graph, OperatorKind kind) {
    double sum = 0;
    for (const Operator& op : graph.operators) {
        sum += op.kind == kind ? in_operations(macs(op.dims)) : 0;
    }
    return sum;
}

std::string said_of_onnx(std::string_view bytes, const DimSizes& dims = {}) {
    Diagnostics diagnostics;
    EXPECT_FALSE(import_onnx(bytes, "m.onnx", {dims}, diagnostics));
    return diagnostics.text();
}

TEST(OnnxImport, ALargeEncoderHasTheWorkOfItsYamlModel) {
    const NetworkImport import = imported("minilm-l12", kOneOf128);
    const Graph written = lay_out("ms-marco-MiniLM-L-12-v2", {1, 128});
    EXPECT_EQ(macs_of(import.graph, OperatorKind::kMatmul), macs_of(written, OperatorKind::kMatmul));
    EXPECT_EQ(macs_of(import.graph, OperatorKind::kAttention), macs_of(written, OperatorKind::kAttention));
    // Twelve blocks of six products, one attention, one GELU and two norms; pooler, classifier and the first norm.
    const auto counts = kinds(import.graph);
    EXPECT_EQ(counts.at("matmul"), 74);
    EXPECT_EQ(counts.at("attention"), 12);
    EXPECT_EQ(counts.at("gelu"), 12);
    EXPECT_EQ(counts.at("layer_norm"), 25);
    EXPECT_EQ(counts.count("other"), 0U);
    EXPECT_EQ(import.graph.blocks, 12);
    EXPECT_EQ(import.tokens, 128);
    EXPECT_TRUE(import.unknown.empty());
}

TEST(OnnxImport, QuantisedFormsOfABlockAreTheFloatBlock) {
    const NetworkImport plain = imported("minilm-block", kOneOf128);
    EXPECT_EQ(plain.integer_products, 0);
    for (const char* name : {"minilm-block-dynamic-int8", "minilm-block-qdq"}) {
        const NetworkImport quantised = imported(name, kOneOf128);
        EXPECT_EQ(kinds(quantised.graph), kinds(plain.graph)) << name;
        EXPECT_EQ(totals(quantised.graph).parameters, totals(plain.graph).parameters) << name;
        EXPECT_EQ(totals(quantised.graph).macs, totals(plain.graph).macs) << name;
        EXPECT_EQ(quantised.integer_products, 6) << name;
    }
}

TEST(OnnxImport, ABatchAndALengthReachEveryOperator) {
    const Graph graph = imported("minilm-block", {{"batch", 3}, {"sequence", 40}}).graph;
    const auto& query = std::get<MatmulDims>(operator_named(graph, "encoder.layer.0.attention.self.query.MatMul").dims);
    EXPECT_EQ(query, (MatmulDims{1, 120, 384, 384, true, true}));
    const auto attention = std::find_if(graph.operators.begin(), graph.operators.end(),
                                        [](const Operator& op) { return op.kind == OperatorKind::kAttention; });
    ASSERT_NE(attention, graph.operators.end());
    EXPECT_EQ(std::get<AttentionDims>(attention->dims), (AttentionDims{3, 12, 12, 40, 40, 32, false, 0}));
    EXPECT_EQ(attention->category, Category::kAttention);
}

TEST(OnnxImport, ADecoderBlockKeepsWhatNobodyKnows) {
    Diagnostics diagnostics;
    const auto import = import_onnx(onnx_file("gpt-block"), {}, diagnostics);
    ASSERT_TRUE(import) << diagnostics.text();
    const auto counts = kinds(import->graph);
    EXPECT_EQ(counts.at("matmul"), 4);
    EXPECT_EQ(counts.at("split"), 3);
    EXPECT_EQ(counts.at("attention"), 1);
    EXPECT_EQ(counts.at("gelu"), 1);
    EXPECT_EQ(counts.at("layer_norm"), 2);
    EXPECT_EQ(counts.at("add"), 2);
    EXPECT_THAT(import->unknown, ElementsAre(std::pair<std::string, std::int64_t>("FancyScan", 1)));
    EXPECT_EQ(operator_named(import->graph, "h.0.fancy").kind, OperatorKind::kOther);
    EXPECT_THAT(diagnostics.text(), HasSubstr("unknown operators count as a pass over their data: FancyScan (1)"));
    EXPECT_FALSE(diagnostics.has_errors());
}

TEST(OnnxImport, AConvolutionTakesItsNormalisationIn) {
    const Graph graph = imported("small-cnn", {{"N", 2}}).graph;
    EXPECT_EQ(std::get<ConvDims>(operator_named(graph, "stem.Conv").dims),
              (ConvDims{2, 3, 32, 32, 32, 3, 3, 2, 1, 16, 16, true}));
    EXPECT_EQ(std::get<ConvDims>(operator_named(graph, "block.0.depthwise.Conv").dims),
              (ConvDims{2, 32, 32, 16, 16, 3, 3, 1, 32, 16, 16, true}));
    EXPECT_FALSE(std::get<ConvDims>(operator_named(graph, "block.0.pointwise.Conv").dims).bias);
    EXPECT_EQ(kinds(graph).count("layer_norm"), 0U);
    // 3x3x3x32 on 16x16, 3x3x32 on 16x16, 32x32 on 16x16, 32x10; twice.
    EXPECT_EQ(in_operations(totals(graph).macs), 2 * (27 * 32 * 256 + 9 * 32 * 256 + 32 * 32 * 256 + 320));
}

TEST(OnnxImport, FusedOperatorsOfTheRuntimeAreTakenApart) {
    const Graph graph = imported("contrib-block").graph;
    EXPECT_EQ(std::get<MatmulDims>(operator_named(graph, "attention.qkv").dims),
              (MatmulDims{1, 128, 384, 1152, true, true}));
    EXPECT_EQ(std::get<AttentionDims>(operator_named(graph, "attention").dims),
              (AttentionDims{1, 12, 12, 128, 128, 32, false, 0}));
    EXPECT_EQ(operator_named(graph, "norm_1").kind, OperatorKind::kLayerNorm);
    EXPECT_EQ(operator_named(graph, "norm_1.add").kind, OperatorKind::kAdd);
    EXPECT_EQ(operator_named(graph, "embed.word").kind, OperatorKind::kEmbedding);
    EXPECT_EQ(kinds(graph).count("other"), 0U);
}

TEST(OnnxImport, TheModelFileIsTheSameGraph) {
    for (const char* name : {"minilm-l12", "minilm-block", "minilm-block-qdq", "gpt-block", "contrib-block"}) {
        const bool named = std::string(name).starts_with("minilm");
        const NetworkImport import = imported(name, named ? kOneOf128 : DimSizes{});
        const std::string text = written_model(import, name, "test");
        Diagnostics diagnostics;
        const auto document = YamlDocument::parse(text, "written.yaml", diagnostics);
        const auto model = document ? read_model(document->root(diagnostics), {}) : std::nullopt;
        const auto graph = model ? instantiate(*model, {1, 1}, diagnostics) : std::nullopt;
        ASSERT_TRUE(graph) << name << ": " << diagnostics.text();
        ASSERT_EQ(graph->operators.size(), import.graph.operators.size()) << name;
        for (std::size_t i = 0; i < graph->operators.size(); ++i) {
            const Operator& a = graph->operators[i];
            const Operator& b = import.graph.operators[i];
            EXPECT_EQ(a.name, b.name);
            EXPECT_EQ(a.kind, b.kind) << a.name;
            EXPECT_EQ(a.dims, b.dims) << a.name;
            EXPECT_EQ(a.category, b.category) << a.name;
            EXPECT_EQ(a.block, b.block) << a.name;
            EXPECT_EQ(a.inputs.size(), b.inputs.size()) << a.name;
        }
        EXPECT_EQ(graph->blocks, import.graph.blocks) << name;
    }
}

TEST(OnnxImport, AModelTakesNoMoreTokensThanItWasLaidOutFor) {
    const Model model = model_of(imported("minilm-block", kOneOf128), "block", SourceLocation("block.onnx"));
    Diagnostics diagnostics;
    EXPECT_TRUE(instantiate(model, {1, 128}, diagnostics));
    EXPECT_FALSE(instantiate(model, {1, 129}, diagnostics));
    EXPECT_EQ(diagnostics.text(),
              "block.onnx: error: 129 tokens are more than the 128 that the graph was laid out for\n");
}

TEST(OnnxImport, NamedDimensionsNeedSizes) {
    const std::string bytes = bytes_of("minilm-block");
    EXPECT_EQ(said_of_onnx(bytes, {{"batch", 1}}),
              "m.onnx: error: no size for dimension sequence (expected berth import with --dim sequence=SIZE)\n");
    EXPECT_THAT(said_of_onnx(bytes, {{"batch", 1}, {"sequense", 128}, {"sequence", 128}}),
                HasSubstr("--dim: error: no input has a dimension 'sequense' (expected batch or sequence, did you mean "
                          "sequence?)"));
}

TEST(OnnxImport, WhatIsNoModelIsRefused) {
    EXPECT_EQ(said_of_onnx(""), "m.onnx: error: the file is empty (expected an ONNX model)\n");
    EXPECT_THAT(said_of_onnx("model: text\n"), HasSubstr("m.onnx: error: "));
    const std::string bytes = bytes_of("gpt-block");
    EXPECT_THAT(said_of_onnx(std::string_view(bytes).substr(0, bytes.size() / 2)),
                HasSubstr("m.onnx: error: broken at byte"));
    const std::string whole = model_bytes(node("Relu", {"x"}, {"y"}));
    EXPECT_EQ(said_of_onnx(std::string_view(whole).substr(0, 40)),
              fmt::format("m.onnx: error: broken at byte 2 of 40: what begins before it goes on for {} more than there "
                          "are (expected a whole ONNX model, such as a download that was not cut off)\n",
                          whole.size() - 40));
}

// A converter to float16 appends the casts of the inputs, although others read them.
TEST(OnnxImport, WhatADownloadLooksLikeIsSaid) {
    EXPECT_THAT(onnx_refusal("\n<!DOCTYPE html><html>"), HasSubstr("it is a web page instead of the download"));
    EXPECT_THAT(onnx_refusal("<HTML><head>"), HasSubstr("it is a web page instead of the download"));
    EXPECT_THAT(onnx_refusal("\x1f\x8b\x08 and more"), HasSubstr("it is compressed by gzip"));
    EXPECT_THAT(onnx_refusal("PK\x03\x04 and more"), HasSubstr("it is a zip archive"));
}

TEST(OnnxImport, NodesStandBehindWhatTheyRead) {
    const auto said = [](const std::string& nodes) {
        Diagnostics diagnostics;
        const auto import = import_onnx(model_bytes(nodes), "m.onnx", {}, diagnostics);
        std::string names;
        for (const Operator& op : import ? import->graph.operators : std::vector<Operator>{}) {
            names += std::string(traits(op.kind).name) + " ";
        }
        return names + diagnostics.text();
    };
    const std::string relu = node("Relu", {"x"}, {"h"});
    const std::string tanh = node("Tanh", {"h"}, {"t"});
    const std::string sigmoid = node("Sigmoid", {"t"}, {"y"});
    EXPECT_EQ(said(sigmoid + tanh + relu), "relu tanh sigmoid ");
    EXPECT_EQ(said(tanh + sigmoid + relu), said(relu + tanh + sigmoid));
}

TEST(OnnxImport, ImpossibleGraphsAreToldApart) {
    EXPECT_EQ(said_of_onnx(model_bytes(node("Relu", {"z"}, {"y"}))),
              "m.onnx: error: Relu 'n' reads 'z', which nothing before it makes\n");
    EXPECT_EQ(said_of_onnx(model_bytes(node("Relu", {"y"}, {"y"}))),
              "m.onnx: error: Relu 'n' reads 'y', which nothing before it makes\n");
    EXPECT_EQ(said_of_onnx(model_bytes(node("Relu", {"b"}, {"a"}) + node("Relu", {"a"}, {"b"}))),
              "m.onnx: error: Relu 'n' reads 'b', which nothing before it makes\n");
    EXPECT_EQ(said_of_onnx(model_bytes(node("Relu", {"x"}, {"y"}) + node("Tanh", {"x"}, {"y"}))),
              "m.onnx: error: Tanh 'n' makes 'y', which is there already (expected one node for each value)\n");
    EXPECT_EQ(said_of_onnx(model_bytes(node("Relu", {"x"}, {}))),
              "m.onnx: error: Relu 'n' makes nothing (expected at least one output)\n");
    for (const std::int64_t size : {std::int64_t{-1}, std::int64_t{1} << 62U, std::int64_t{-1} << 63U}) {
        EXPECT_EQ(said_of_onnx(model_bytes(constant("w", {8, size}) + node("MatMul", {"x", "w"}, {"y"}))),
                  "m.onnx: error: constant 'w' has an impossible shape (expected up to 64 sizes of 0 to 2147483648)\n");
    }
    EXPECT_EQ(
        said_of_onnx(model_bytes(constant("w", std::vector<std::int64_t>(65, 1)) + node("Add", {"x", "w"}, {"y"}))),
        "m.onnx: error: constant 'w' has an impossible shape (expected up to 64 sizes of 0 to 2147483648)\n");
}

TEST(OnnxImport, NumbersThatOverflowAreNoSizes) {
    const std::int64_t most = std::numeric_limits<std::int64_t>::max();
    const std::string picture = bytes_field(7, constant("w", {8, 3, 3, 3}) +
                                                   node("Conv", {"x", "w"}, {"y"},
                                                        attribute("pads", std::vector{most, most, most, most}) +
                                                            attribute("dilations", std::vector{most, most})) +
                                                   sized(11, "x", {1, 3, 32, 32}) + sized(12, "y", {}));
    EXPECT_EQ(
        said_of_onnx(picture),
        "m.onnx: error: multiply-accumulates that cannot be counted: Conv (1) with 216 weights (expected an export "
        "without them; berth import --allow-unknown imports all else)\n");
    Diagnostics diagnostics;
    const auto import = import_onnx(picture, "m.onnx", {{}, std::nullopt, true}, diagnostics);
    ASSERT_TRUE(import) << diagnostics.text();
    EXPECT_EQ(kinds(import->graph).at("other"), 1);
}

TEST(OnnxImport, AMillionNodesAreRefused) {
    const std::string one = node("Relu", {"x"}, {"y"});
    std::string body;
    body.reserve(1'000'000 * one.size());
    for (int i = 0; i < 1'000'000; ++i) {
        body += one;
    }
    EXPECT_EQ(
        said_of_onnx(model_bytes(body)),
        "m.onnx: error: the graph has more than 250000 nodes (expected a graph of operators; the largest models have "
        "some ten thousand)\n");
}

TEST(OnnxImport, ManyReadersOfOneValueTakeTheirTimeOnce) {
    constexpr int kReaders = 50'000;
    std::string body;
    std::string outputs;
    for (int i = 0; i < kReaders; ++i) {
        body += node("Identity", {"x"}, {fmt::format("i{}", i)}) +
                node("Sqrt", {fmt::format("i{}", i)}, {fmt::format("y{}", i)});
        outputs += sized(12, fmt::format("y{}", i), {4, 8});
    }
    Diagnostics diagnostics;
    const auto import = import_onnx(bytes_field(7, body + sized(11, "x", {4, 8}) + outputs), "m.onnx", {}, diagnostics);
    ASSERT_TRUE(import) << diagnostics.text();
    EXPECT_EQ(import->graph.operators.size(), static_cast<std::size_t>(kReaders));
}

// A truncated or corrupted file is read or refused with a message; the program never crashes.
class OnnxBytes : public testing::TestWithParam<const char*> {};

DimSizes dims_of(const std::string& name) {
    return name.starts_with("minilm") ? kOneOf128 : name == "small-cnn" ? DimSizes{{"N", 2}} : DimSizes{};
}

TEST_P(OnnxBytes, AreReadOrRefusedWhereverTheyAreBroken) {
    const std::string bytes = bytes_of(GetParam());
    const auto outcome = [](std::string_view text) {
        Diagnostics diagnostics;
        const auto import = import_onnx(text, "m.onnx", {dims_of(GetParam())}, diagnostics);
        EXPECT_NE(import.has_value(), diagnostics.has_errors());
        return import.has_value();
    };
    ASSERT_TRUE(outcome(bytes));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        outcome(std::string_view(bytes).substr(0, size));
    }
    std::size_t refused = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (const int change : {0x01, 0x80, 0xff}) {
            std::string changed = bytes;
            changed[at] = static_cast<char>(changed[at] ^ change);
            refused += outcome(changed) ? 0U : 1U;
        }
    }
    EXPECT_GT(refused, bytes.size() / 8);
}

INSTANTIATE_TEST_SUITE_P(Files, OnnxBytes,
                         testing::Values("gpt-block", "small-cnn", "contrib-block", "minilm-block-qdq"));

TEST(OnnxImport, AGraphOfManyOperatorsIsReadAgain) {
    constexpr int kMany = 20'001;  // more than rounds of sections may come to
    std::string nodes;
    for (int i = 0; i < kMany; ++i) {
        nodes +=
            node("Relu", {i == 0 ? "x" : fmt::format("t{}", i)}, {i + 1 == kMany ? "y" : fmt::format("t{}", i + 1)});
    }
    const NetworkImport import = imported_graph(nodes, {{"x", {1, 2}}});
    EXPECT_EQ(import.graph.operators.size(), static_cast<std::size_t>(kMany));
    expect_round_trip(import);
}

}  // namespace
}  // namespace berth
