// Functions, branches and loops of ONNX files, information lost in the import, and open sizes.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onnx_imports.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string if_branch(const std::string& name, std::int64_t width) {
    const std::string weights = "w" + std::to_string(width);
    return body_attribute(name, constant(weights, {8, width}) + node("MatMul", {"x", weights}, {name}) +
                                    bytes_field(12, bytes_field(1, name)));
}

TEST(OnnxBodies, OfAConditionTheDearerBranchCounts) {
    for (const auto& [yes, no] : {std::pair(16, 32), std::pair(32, 16)}) {
        const NetworkImport import =
            imported_graph(node("If", {"c"}, {"y"}, if_branch("then_branch", yes) + if_branch("else_branch", no)),
                           {{"x", {4, 8}}, {"c", {}}});
        EXPECT_EQ(macs_in(import.graph), 4.0 * 8 * 32);
        EXPECT_EQ(totals(import.graph).parameters, 8 * 32);
        expect_round_trip(import);
    }
}

// A small network decides whether a larger one runs.
TEST(OnnxBodies, ProductsOfAConditionCount) {
    const std::string decides = constant("v", {8, 2}) + constant("t", {}) + node("MatMul", {"x", "v"}, {"s"}) +
                                node("Greater", {"s", "t"}, {"g"}) + node("Cast", {"g"}, {"c"});
    const std::string branches =
        if_branch("then_branch", 32) +
        body_attribute("else_branch", node("Identity", {"x"}, {"b"}) + bytes_field(12, bytes_field(1, "b")));
    const NetworkImport import = imported_graph(decides + node("If", {"c"}, {"y"}, branches), {{"x", {4, 8}}});
    EXPECT_EQ(macs_in(import.graph), 4.0 * 8 * (2 + 32));
    EXPECT_EQ(totals(import.graph).parameters, 8 * (2 + 32));
    expect_round_trip(import);
    const NetworkImport constant_alone =
        imported_graph(constant("t", {}) + node("Greater", {"k", "t"}, {"c"}) + node("If", {"c"}, {"y"}, branches),
                       {{"x", {4, 8}}, {"k", {}}});
    EXPECT_THAT(kinds_in_order(constant_alone.graph), ElementsAre("matmul")) << "a comparison alone is negligible";
}

/// A loop in which x passes repeatedly through a product of eight columns.
std::string loop_of(const std::string& count) {
    return node("Loop", {count, "", "x"}, {"y"},
                body_attribute("body", constant("w", {8, 8}) + node("MatMul", {"s", "w"}, {"t"}) +
                                           node("Identity", {"c"}, {"d"}) + sized(11, "i", {}) + sized(11, "c", {}) +
                                           sized(11, "s", {4, 8}) + bytes_field(12, bytes_field(1, "d")) +
                                           bytes_field(12, bytes_field(1, "t"))));
}

std::string whole_constant(const std::string& name, std::int64_t value) {
    return bytes_field(5, number_field(2, 7) + number_field(7, value) + bytes_field(8, name));
}

TEST(OnnxBodies, ALoopRunsAsOftenAsTheGraphSays) {
    const NetworkImport import = imported_graph(whole_constant("n", 12) + loop_of("n"), {{"x", {4, 8}}});
    EXPECT_EQ(macs_in(import.graph), 12.0 * 4 * 64);
    EXPECT_EQ(totals(import.graph).parameters, 64);  // all iterations share the weights
    expect_round_trip(import);
}

TEST(OnnxBodies, ProductsOfTheConditionOfALoopCount) {
    const std::string body = constant("v", {8, 1}) + node("MatMul", {"s", "v"}, {"h"}) + node("Cast", {"h"}, {"d"}) +
                             node("Relu", {"s"}, {"t"}) + sized(11, "i", {}) + sized(11, "c", {}) +
                             sized(11, "s", {4, 8}) + bytes_field(12, bytes_field(1, "d")) +
                             bytes_field(12, bytes_field(1, "t"));
    const NetworkImport import = imported_graph(
        whole_constant("n", 3) + node("Loop", {"n", "", "x"}, {"y"}, body_attribute("body", body)), {{"x", {4, 8}}});
    EXPECT_EQ(macs_in(import.graph), 3.0 * 4 * 8);
    expect_round_trip(import);
}

/// The body of a loop over x whose `nodes` compute `t` from `s`.
std::string body_of_nodes(const std::string& nodes) {
    return body_attribute("body", nodes + node("Identity", {"c"}, {"d"}) + sized(11, "i", {}) + sized(11, "c", {}) +
                                      sized(11, "s", {4, 8}) + bytes_field(12, bytes_field(1, "d")) +
                                      bytes_field(12, bytes_field(1, "t")));
}

std::string square_matrix(const std::string& name) {
    return number_field(1, 8) + number_field(1, 8) + number_field(2, 1) + bytes_field(8, name) +
           bytes_field(9, std::string(8 * 8 * 4, '\0'));
}

TEST(OnnxBodies, WeightsInsideABodyOfABodyAreTheSameEachTime) {
    const auto branch = [](const std::string& name, const std::string& nodes, const std::string& result) {
        return body_attribute(name, nodes + bytes_field(12, bytes_field(1, result)));
    };
    const std::string condition =
        node("If", {"c"}, {"t"},
             branch("then_branch", constant("w", {8, 8}) + node("MatMul", {"s", "w"}, {"a"}), "a") +
                 branch("else_branch", node("Identity", {"s"}, {"b"}), "b"));
    const NetworkImport import = imported_graph(
        whole_constant("n", 12) + node("Loop", {"n", "", "x"}, {"y"}, body_of_nodes(condition)), {{"x", {4, 8}}});
    EXPECT_EQ(macs_in(import.graph), 12.0 * 4 * 64);
    EXPECT_EQ(totals(import.graph).parameters, 64);
    expect_round_trip(import);
}

TEST(OnnxBodies, AConstantThatABodyMakesIsTheSameEachTime) {
    const std::string made =
        node("Constant", {}, {"w"}, bytes_field(5, bytes_field(1, "value") + bytes_field(5, square_matrix("")))) +
        node("MatMul", {"s", "w"}, {"t"});
    const NetworkImport import = imported_graph(
        whole_constant("n", 12) + node("Loop", {"n", "", "x"}, {"y"}, body_of_nodes(made)), {{"x", {4, 8}}});
    EXPECT_EQ(macs_in(import.graph), 12.0 * 4 * 64);
    EXPECT_EQ(totals(import.graph).parameters, 64);
    expect_round_trip(import);
}

// PyTorch lists the last axis first and reverses the list in the graph: 3 before, 64 after.
TEST(OnnxBodies, PaddingThatIsTurnedRoundIsWorkedOut) {
    const NetworkImport import =
        imported_graph(whole_constants("p", {2, 2}, {3, 64, 0, 0}) + whole_constants("from", {1}, {-1}) +
                           whole_constants("to", {1}, {-1000}) + whole_constants("axis", {1}, {0}) +
                           whole_constants("step", {1}, {-1}) + whole_constants("flat", {1}, {-1}) +
                           constant("w", {643, 5}) + node("Slice", {"p", "from", "to", "axis", "step"}, {"s"}) +
                           node("Transpose", {"s"}, {"t"}, attribute("perm", std::vector<std::int64_t>{1, 0})) +
                           node("Reshape", {"t", "flat"}, {"pads"}) + node("Pad", {"x", "pads"}, {"q"}) +
                           node("MatMul", {"q", "w"}, {"y"}),
                       {{"x", {1, 576}}});
    EXPECT_EQ(macs_in(import.graph), 643.0 * 5);
    expect_round_trip(import);
}

// tf2onnx converts pairs of padding by a split and a join: 0 and 1 for height and width.
TEST(OnnxBodies, PaddingThatIsSplitAndJoinedIsWorkedOut) {
    const NetworkImport import = imported_graph(
        whole_constants("p", {8}, {0, 0, 0, 0, 0, 1, 0, 1}) + constant("w", {4, 3, 3, 3}) +
            node("Split", {"p"}, {"a", "b", "c", "d", "e", "f", "g", "h"}) +
            node("Concat", {"a", "c", "e", "g", "b", "d", "f", "h"}, {"pads"}, attribute("axis", 0)) +
            node("Pad", {"x", "pads"}, {"q"}) + node("Conv", {"q", "w"}, {"y"}, attribute("strides", OnnxSizes{2, 2})),
        {{"x", {1, 3, 32, 32}}});
    EXPECT_EQ(macs_in(import.graph), 16.0 * 16 * 4 * 27);
    expect_round_trip(import);
}

TEST(OnnxBodies, PaddingOfSomeAxesIsWorkedOut) {
    const NetworkImport import = imported_graph(
        whole_constants("pads", {2}, {3, 4}) + whole_constants("axes", {1}, {-1}) + constant("w", {15, 5}) +
            node("Pad", {"x", "pads", "", "axes"}, {"q"}) + node("MatMul", {"q", "w"}, {"y"}),
        {{"x", {2, 8}}});
    EXPECT_EQ(macs_in(import.graph), 2.0 * 15 * 5);
}

TEST(OnnxBodies, ASizeThatOnlyTheRunTimeKnowsIsAssumedWithAWarning) {
    Diagnostics diagnostics;
    const std::string nodes = node("Pad", {"x", "pads"}, {"q"}) + node("Relu", {"q"}, {"y"});
    ASSERT_TRUE(import_onnx(model_of_graph(nodes + inputs_and_result({{"x", {2, 8}}, {"pads", {4}}}, "y")), "m.onnx",
                            {}, diagnostics));
    EXPECT_THAT(diagnostics.text(),
                HasSubstr("assumed, because only the run time knows: that Pad keeps the shape of its input"));
}

// In a model of two sampling rates, an input length fits one branch only: the LSTM of the other gets too many axes.
TEST(OnnxBodies, ABranchThatDoesNotTakeTheInputIsNotTaken) {
    const auto branch = [](const std::string& name, const std::string& nodes) {
        return body_attribute(name, nodes + bytes_field(12, bytes_field(1, name)));
    };
    const std::string fits = constant("w", {8, 16}) + node("MatMul", {"x", "w"}, {"then_branch"});
    const std::string does_not = constant("v", {1, 256, 8}) + constant("r", {1, 256, 64}) +
                                 node("LSTM", {"x", "v", "r"}, {"else_branch"}, attribute("hidden_size", 64));
    const NetworkImport import =
        imported_graph(node("If", {"c"}, {"y"}, branch("then_branch", fits) + branch("else_branch", does_not)),
                       {{"x", {4, 8}}, {"c", {}}});
    EXPECT_EQ(macs_in(import.graph), 4.0 * 8 * 16);
}

TEST(OnnxBodies, ALoopOfUnknownLengthNeedsAnOption) {
    const std::string bytes = model_of_graph(loop_of("n") + inputs_and_result({{"x", {4, 8}}, {"n", {}}}, "y"));
    EXPECT_EQ(
        onnx_refusal(bytes),
        "m.onnx: error: multiply-accumulates that cannot be counted: Loop 'n', which runs an unknown number of times "
        "(berth import --iterations N) (expected an export without them; berth import --allow-unknown imports all "
        "else)\n");
    EXPECT_EQ(macs_in(imported_model(bytes, {{}, 7}).graph), 7.0 * 4 * 64);
    EXPECT_EQ(macs_in(imported_model(bytes, {{}, std::nullopt, true}).graph), 4.0 * 64);
    EXPECT_THAT(onnx_refusal(bytes, {{}, 1'000'000}), HasSubstr("loops and functions make more than 250000 nodes"));
}

TEST(OnnxBodies, AScanGoesAlongItsInput) {
    const std::string body = body_attribute(
        "body", constant("w", {8, 8}) + node("MatMul", {"h", "w"}, {"t"}) + node("Add", {"t", "x_t"}, {"g"}) +
                    node("Relu", {"g"}, {"o"}) + sized(11, "h", {4, 8}) + sized(11, "x_t", {4, 8}) +
                    bytes_field(12, bytes_field(1, "g")) + bytes_field(12, bytes_field(1, "o")));
    const NetworkImport import =
        imported_graph(node("Scan", {"h0", "x"}, {"h1", "y"}, body + attribute("num_scan_inputs", 1)),
                       {{"h0", {4, 8}}, {"x", {20, 4, 8}}});
    EXPECT_EQ(macs_in(import.graph), 20.0 * 4 * 64);
    EXPECT_EQ(totals(import.graph).parameters, 64);
    EXPECT_EQ(import.graph.tensors[static_cast<std::size_t>(import.graph.operators.back().output)].shape,
              (OnnxSizes{20, 4, 8}));
    expect_round_trip(import);
}

/// A function `local.Twice` of its first input and a matrix.
std::string twice_of(const std::string& nodes) {
    return bytes_field(25, bytes_field(1, "Twice") + bytes_field(10, "local") + bytes_field(4, "a") +
                               bytes_field(4, "m") + bytes_field(5, "b") + nodes);
}

std::string in_function(std::string node_bytes) {  // field 7 of a function, not 1 of a graph
    node_bytes[0] = static_cast<char>(7U << 3U | 2U);
    return node_bytes;
}

TEST(OnnxBodies, FunctionsStandAsTheirNodes) {
    const std::string call = node("Twice", {"x", "w"}, {"y"}, bytes_field(7, "local"));
    const std::string graph = constant("w", {8, 8}) + call + inputs_and_result({{"x", {4, 8}}}, "y");
    const std::string twice =
        twice_of(in_function(node("MatMul", {"a", "m"}, {"t"})) + in_function(node("MatMul", {"t", "m"}, {"b"})));
    const NetworkImport import = imported_model(model_of_graph(graph) + twice);
    EXPECT_EQ(macs_in(import.graph), 2.0 * 4 * 64);
    EXPECT_EQ(totals(import.graph).parameters, 64);
    const std::string itself = twice_of(in_function(node("Twice", {"a", "m"}, {"b"}, bytes_field(7, "local"))));
    EXPECT_THAT(onnx_refusal(model_of_graph(graph) + itself), HasSubstr("function 'Twice' calls itself"));
}

TEST(OnnxBodies, BodiesWithinBodiesHaveAnEnd) {
    std::string body = node("Relu", {"x"}, {"y"});
    for (int i = 0; i < 40; ++i) {
        body = node("If", {"x"}, {"y"}, body_attribute("then_branch", body) + body_attribute("else_branch", ""));
    }
    EXPECT_THAT(onnx_refusal(model_bytes(body)), HasSubstr("graphs are nested more than 32 deep"));
}

TEST(OnnxBodies, SequencesAreOnlyPlumbing) {
    const NetworkImport import = imported_graph(
        constant("w", {8, 8}) + node("SequenceConstruct", {"x", "x"}, {"s"}) + node("MatMul", {"x", "w"}, {"t"}) +
            node("SequenceInsert", {"s", "t"}, {"u"}) + node("ConcatFromSequence", {"u"}, {"y"}, attribute("axis", 0)),
        {{"x", {4, 8}}});
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("matmul", "concat"));
    EXPECT_EQ(import.graph.tensors[static_cast<std::size_t>(import.graph.operators.back().output)].shape,
              (OnnxSizes{12, 8}));
    expect_round_trip(import);
}

// Information lost in the import.

TEST(OnnxLosses, WeightsOfUnknownOperatorsAreNotLostSilently) {
    const std::string bytes =
        model_of_graph(constant("w", {64, 64}) + node("Mystery", {"x", "w"}, {"y"}, bytes_field(7, "example.org")) +
                       sized(11, "x", {4, 64}) + sized(12, "y", {4, 64}));
    EXPECT_EQ(
        onnx_refusal(bytes),
        "m.onnx: error: 100% of the parameters are of operators that count as a pass over their data: Mystery "
        "(1) with 4096 weights (expected an export without them; berth import --allow-unknown imports all else)\n");
    const NetworkImport import = imported_model(bytes, {{}, std::nullopt, true});
    ASSERT_EQ(import.losses.size(), 1U);
    EXPECT_EQ(import.losses[0].weights, 4096);
    EXPECT_FALSE(import.losses[0].multiplies);
}

/// An operator of which nothing is known beside a product of 4 million multiply-accumulates.
std::string mystery(const OnnxSizes& second, const OnnxSizes& made, const std::string& op = "Mystery") {
    return model_of_graph(constant("w", {2048, 2048}) + node("MatMul", {"x", "w"}, {"z"}) +
                          node(op, {"a", "b"}, {"y"}, bytes_field(7, "example.org")) + sized(11, "x", {1, 2048}) +
                          sized(11, "a", {256, 256}) + sized(11, "b", second) + sized(12, "z", {1, 2048}) +
                          sized(12, "y", made));
}

// A product of matrices takes the square root of the product of its three sizes.
TEST(OnnxLosses, UnknownOperatorsThatCouldDoMostOfTheWorkAreRefused) {
    EXPECT_EQ(
        onnx_refusal(mystery({256, 256}, {256, 256})),
        "m.onnx: error: multiply-accumulates of unknown operators could be much of the model's: Mystery (1), up to "
        "1.7e+07 by its sizes (expected an export without them; berth import --allow-unknown imports all else)\n");
    EXPECT_EQ(imported_model(mystery({256, 256}, {256, 256}), {{}, std::nullopt, true}).losses.at(0).possible_macs,
              256.0 * 256 * 256);
    EXPECT_FALSE(imported_model(mystery({4}, {256, 256})).unknown.empty()) << "little work: a warning";
    EXPECT_FALSE(imported_model(mystery({256, 256}, {256, 256}, "Unique")).unknown.empty())
        << "known to multiply nothing";
}

TEST(OnnxLosses, ProductsThatCannotBeCountedAreRefused) {
    const std::string bytes = model_of_graph(node("PackedAttention", {"x"}, {"y"}, runtime_domain()) +
                                             sized(11, "x", {4, 64}) + sized(12, "y", {4, 64}));
    EXPECT_THAT(onnx_refusal(bytes), HasSubstr("multiply-accumulates that cannot be counted: PackedAttention (1)"));
    EXPECT_TRUE(imported_model(bytes, {{}, std::nullopt, true}).losses.at(0).multiplies);
}

TEST(OnnxSizes, DimensionsWithoutNameHaveAPlace) {
    const std::string open = bytes_field(
        11, bytes_field(1, "x") +
                bytes_field(
                    2, bytes_field(1, number_field(1, 1) +
                                          bytes_field(2, bytes_field(1, "") + bytes_field(1, number_field(1, 8))))));
    const std::string bytes = model_of_graph(node("Relu", {"x"}, {"y"}) + open + sized(12, "y", {4, 8}));
    EXPECT_EQ(onnx_refusal(bytes),
              "m.onnx: error: no size for dimension x:0 (expected berth import with --dim x:0=SIZE)\n");
    const NetworkImport import = imported_model(bytes, {{{"x:0", 5}}});
    EXPECT_EQ(import.graph.tensors[0].shape, (OnnxSizes{5, 8}));
    EXPECT_THAT(onnx_refusal(bytes, {{{"x:0", 5}, {"x:9", 1}}}), HasSubstr("no input has a dimension 'x:9'"));
}

TEST(OnnxSizes, ASizeOfZeroIsCalledSo) {
    EXPECT_EQ(onnx_refusal(
                  model_of_graph(node("Relu", {"x"}, {"y"}) + sized(11, "x", {1, 0, 16}) + sized(12, "y", {1, 0, 16}))),
              "m.onnx: error: input 'x' has a size of 0 on axis 1: there is nothing to compute (expected a size of at "
              "least 1: berth import with --dim x:1=SIZE)\n");
}

TEST(OnnxSizes, APointerIsNotTheModel) {
    EXPECT_EQ(
        onnx_refusal("version https://git-lfs.github.com/spec/v1\noid sha256:f7ff\nsize 548\n"),
        "m.onnx: error: it is a pointer of Git LFS, not the model (expected the model itself, which 'git lfs pull' "
        "fetches)\n");
}

}  // namespace
}  // namespace berth
