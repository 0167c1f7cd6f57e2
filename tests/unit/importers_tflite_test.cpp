// TFLite models: hand counts of all operators with products, open sizes, bodies, damaged files, and real models.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "onnx_imports.h"
#include "tflite_models.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr auto kConv = "Conv2DOptions";

/// An image network in int8: a convolution of stride 2 with ReLU6, a depthwise one, pooling and a classifier.
TfliteModel small_classifier() {
    TfliteModel model;
    model.tensor("image", {1, 32, 32, 3}, "INT8", {-1, 32, 32, 3})
        .tensor("kernels", {8, 3, 3, 3}, "INT8")
        .tensor("bias", {8}, "INT32")
        .tensor("features", {1, 16, 16, 8}, "INT8", {-1, 16, 16, 8})
        .tensor("each", {1, 3, 3, 8}, "INT8")
        .tensor("deeper", {1, 14, 14, 8}, "INT8", {-1, 14, 14, 8})
        .tensor("pooled", {1, 1, 1, 8}, "INT8", {-1, 1, 1, 8})
        .tensor("classes", {10, 8}, "INT8")
        .tensor("scores", {1, 10}, "INT8", {-1, 10})
        .op("CONV_2D", {"image", "kernels", "bias"}, {"features"}, kConv,
            "padding:SAME,stride_w:2,stride_h:2,fused_activation_function:RELU6")
        .op("DEPTHWISE_CONV_2D", {"features", "each", "bias"}, {"deeper"}, "DepthwiseConv2DOptions",
            "padding:VALID,stride_w:1,stride_h:1,depth_multiplier:1")
        .op("AVERAGE_POOL_2D", {"deeper"}, {"pooled"}, "Pool2DOptions",
            "padding:VALID,stride_w:14,stride_h:14,filter_width:14,filter_height:14")
        .op("FULLY_CONNECTED", {"pooled", "classes", ""}, {"scores"}, "FullyConnectedOptions")
        .graph({"image"}, {"scores"});
    return model;
}

constexpr double kClassifierMacs = 16.0 * 16 * 8 * 27 + 14.0 * 14 * 8 * 9 + 10 * 8;

TEST(Tflite, ConvolutionsHaveTheirChannelsLast) {
    const NetworkImport import = imported_tflite(small_classifier().bytes());
    EXPECT_EQ(macs_in(import.graph), kClassifierMacs);
    EXPECT_EQ(totals(import.graph).parameters, 8 * 27 + 8 * 9 + 8 + 80) << "one bias for both convolutions";
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("conv2d", "relu", "conv2d", "pool", "reshape", "matmul"));
    EXPECT_THAT(import.products, ElementsAre(Pair("int8 by int8", 3)));
    const auto& conv = std::get<ConvDims>(import.graph.operators[2].dims);
    EXPECT_EQ(conv.groups, 8);
    EXPECT_EQ(conv.in_width, 16);
    EXPECT_EQ(std::get<RowsDims>(import.graph.operators[3].dims).cols, 8);
    expect_round_trip(import);
}

TEST(Tflite, TheBatchIsThatOfTheFileUnlessAskedFor) {
    const NetworkImport import = imported_tflite(small_classifier().bytes(), {{{"image:0", 4}}});
    EXPECT_EQ(macs_in(import.graph), 4 * kClassifierMacs);
    expect_round_trip(import);
}

TEST(Tflite, OtherOpenAxesNeedASize) {
    TfliteModel model;
    model.tensor("ids", {1, 1, 16}, "FLOAT32", {1, -1, 16})
        .tensor("w", {8, 16})
        .tensor("y", {1, 1, 8}, "FLOAT32", {1, -1, 8})
        .op("FULLY_CONNECTED", {"ids", "w", ""}, {"y"}, "FullyConnectedOptions", "keep_num_dims:true")
        .graph({"ids"}, {"y"});
    EXPECT_THAT(tflite_refusal(model.bytes()), HasSubstr("no size for dimension ids:1"));
    EXPECT_EQ(macs_in(imported_tflite(model.bytes(), {{{"ids:1", 12}}}).graph), 12.0 * 16 * 8);
    EXPECT_THAT(tflite_refusal(model.bytes(), {{{"ids:1", 12}, {"ids:7", 2}}}),
                HasSubstr("no input has a dimension 'ids:7'"));
}

TEST(Tflite, TransposedAndDeepConvolutions) {
    TfliteModel up;
    up.numbers("size", {1, 16, 16, 4})
        .tensor("w", {4, 2, 2, 8})
        .tensor("x", {1, 8, 8, 8})
        .tensor("y", {1, 16, 16, 4})
        .op("TRANSPOSE_CONV", {"size", "w", "x"}, {"y"}, "TransposeConvOptions", "padding:SAME,stride_w:2,stride_h:2")
        .graph({"x"}, {"y"});
    const NetworkImport raised = imported_tflite(up.bytes());
    EXPECT_EQ(macs_in(raised.graph), 8.0 * 8 * 8 * 4 * 2 * 2);
    EXPECT_EQ(totals(raised.graph).parameters, 4 * 2 * 2 * 8);
    TfliteModel deep;
    deep.tensor("x", {1, 4, 8, 8, 2})
        .tensor("w", {3, 3, 3, 2, 5})
        .tensor("y", {1, 4, 8, 8, 5})
        .op("CONV_3D", {"x", "w"}, {"y"}, "Conv3DOptions", "padding:SAME,stride_d:1,stride_w:1,stride_h:1")
        .graph({"x"}, {"y"});
    EXPECT_EQ(macs_in(imported_tflite(deep.bytes()).graph), 4.0 * 8 * 8 * 5 * 27 * 2);
}

/// Kinds of operators of a padded image that a convolution reads.
std::vector<std::string> padded(const std::string& kind, const TfliteNames& inputs, std::int32_t fill) {
    TfliteModel model;
    model.tensor("x", {1, 8, 8, 2})
        .numbers("pads", {0, 0, 1, 1, 1, 1, 0, 0})
        .numbers("fill", {fill}, true)
        .tensor("p", {1, 10, 10, 2})
        .tensor("w", {4, 3, 3, 2})
        .tensor("y", {1, 8, 8, 4})
        .op(kind, inputs, {"p"})
        .op("CONV_2D", {"p", "w", ""}, {"y"}, "Conv2DOptions", "padding:VALID,stride_w:1,stride_h:1")
        .graph({"x"}, {"y"});
    return kinds_in_order(imported_tflite(model.bytes()).graph);
}

// Zeros around an image belong to the convolution; other numbers, and copies of the image, are written by themselves.
TEST(Tflite, ANumberThatFillsPaddingIsKept) {
    using testing::ElementsAre;
    EXPECT_THAT(padded("PAD", {"x", "pads"}, 0), ElementsAre("conv2d"));
    EXPECT_THAT(padded("PADV2", {"x", "pads", "fill"}, 0), ElementsAre("conv2d"));
    EXPECT_THAT(padded("PADV2", {"x", "pads", "fill"}, 7), ElementsAre("concat", "conv2d"));
    EXPECT_THAT(padded("MIRROR_PAD", {"x", "pads"}, 0), ElementsAre("concat", "conv2d"));
}

TEST(Tflite, AttentionWrittenOutIsOneOperator) {
    TfliteModel model;
    model.tensor("q", {1, 2, 6, 4}).tensor("k", {1, 2, 6, 4}).tensor("v", {1, 2, 6, 4});
    model.tensor("scores", {1, 2, 6, 6}).tensor("shares", {1, 2, 6, 6}).tensor("y", {1, 2, 6, 4});
    model.op("BATCH_MATMUL", {"q", "k"}, {"scores"}, "BatchMatMulOptions", "adj_y:true")
        .op("SOFTMAX", {"scores"}, {"shares"})
        .op("BATCH_MATMUL", {"shares", "v"}, {"y"}, "BatchMatMulOptions")
        .graph({"q", "k", "v"}, {"y"});
    const NetworkImport import = imported_tflite(model.bytes());
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("attention"));
    EXPECT_EQ(macs_in(import.graph), 2.0 * 2 * 6 * 6 * 4);
}

/// `Folded`: gamma into the reciprocal of the root, the mean into the shift, as Keras' layer leaves its converter.
TEST(Tflite, NormsAreOneOperator) {
    TfliteModel model;
    model.tensor("x", {1, 6, 16}).numbers("axes", {2}).tensor("epsilon", {}).tensor("gamma", {16}).tensor("beta", {16});
    for (const char* name : {"mean", "variance", "shifted", "inverse"}) {
        model.tensor(name, {1, 6, 1});
    }
    for (const char* name : {"squares", "scale", "scaled", "offset", "shift", "y"}) {
        model.tensor(name, {1, 6, 16});
    }
    model.op("MEAN", {"x", "axes"}, {"mean"}, "ReducerOptions", "keep_dims:true")
        .op("SQUARED_DIFFERENCE", {"x", "mean"}, {"squares"})
        .op("MEAN", {"squares", "axes"}, {"variance"}, "ReducerOptions", "keep_dims:true")
        .op("ADD", {"variance", "epsilon"}, {"shifted"}, "AddOptions")
        .op("RSQRT", {"shifted"}, {"inverse"})
        .op("MUL", {"inverse", "gamma"}, {"scale"}, "MulOptions")
        .op("MUL", {"x", "scale"}, {"scaled"}, "MulOptions")
        .op("MUL", {"mean", "scale"}, {"offset"}, "MulOptions")
        .op("SUB", {"beta", "offset"}, {"shift"}, "SubOptions")
        .op("ADD", {"scaled", "shift"}, {"y"}, "AddOptions")
        .graph({"x"}, {"y"});
    const NetworkImport import = imported_tflite(model.bytes());
    EXPECT_THAT(kinds_in_order(import.graph), ElementsAre("layer_norm"));
    EXPECT_EQ(totals(import.graph).parameters, 32);
    expect_round_trip(import);
}

TfliteModel lstm_model(bool coupled, bool projected) {
    TfliteModel model;
    model.tensor("x", {2, 5, 3}).tensor("y", {2, 5, 4}).tensor("h", {2, 4}).tensor("c", {2, 4}).tensor("b", {4});
    TfliteNames inputs{"x"};
    for (const auto& [letter, columns] : {std::pair("w", 3), std::pair("r", 4)}) {
        for (int gate = 0; gate < 4; ++gate) {
            const std::string name = fmt::format("{}{}", letter, gate);
            model.tensor(name, {4, columns});
            inputs.push_back(gate == 0 && coupled ? "" : name);
        }
    }
    inputs.insert(inputs.end(), {"", "", "", coupled ? "" : "b", "b", "b", "b"});
    model.tensor("p", {4, 4});
    inputs.insert(inputs.end(), {projected ? "p" : "", "", "h", "c"});
    return model
        .op("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, {"y"}, "UnidirectionalSequenceLSTMOptions", "time_major:false")
        .graph({"x"}, {"y"});
}

TEST(Tflite, RecurrentNetworksReadTheirWeightsEachStep) {
    EXPECT_EQ(macs_in(imported_tflite(lstm_model(false, false).bytes()).graph), 2.0 * 5 * 4 * 4 * (3 + 4));
    EXPECT_EQ(macs_in(imported_tflite(lstm_model(true, false).bytes()).graph), 2.0 * 5 * 3 * 4 * (3 + 4));
    expect_round_trip(imported_tflite(lstm_model(false, false).bytes()));
    EXPECT_THAT(tflite_refusal(lstm_model(false, true).bytes()),
                HasSubstr("multiply-accumulates that cannot be counted: UNIDIRECTIONAL_SEQUENCE_LSTM (1)"));
}

TEST(Tflite, FiltersOfRankOneAreTwoProducts) {
    TfliteModel model;
    model.tensor("x", {1, 40})
        .tensor("features", {16, 40})
        .tensor("times", {16, 8})
        .tensor("bias", {8})
        .tensor("state", {1, 128})
        .tensor("y", {1, 8})
        .op("SVDF", {"x", "features", "times", "bias", "state"}, {"y"}, "SVDFOptions",
            "rank:2,fused_activation_function:RELU")
        .graph({"x"}, {"y"});
    const NetworkImport import = imported_tflite(model.bytes());
    EXPECT_EQ(macs_in(import.graph), 16.0 * 40 + 16 * 8);
    expect_round_trip(import);
}

/// A loop with a counter and a state [4, 8], which the body multiplies.
TfliteModel loop_model(bool known) {
    TfliteModel model;
    model.tensor("x", {4, 8}).numbers("zero", {0}, true).tensor("start", {}, "INT32").tensor("n", {}, "INT32");
    model.tensor("y", {4, 8})
        .op("WHILE", {known ? "zero" : "start", "x"}, {"n", "y"}, "WhileOptions",
            "cond_subgraph_index:1,body_subgraph_index:2")
        .graph(known ? TfliteNames{"x"} : TfliteNames{"x", "start"}, {"y"});
    model.tensor("i", {}, "INT32").tensor("s", {4, 8}).numbers("bound", {7}, true).tensor("less", {}, "BOOL");
    model.op("LESS", {"i", "bound"}, {"less"}).graph({"i", "s"}, {"less"});
    model.tensor("i", {}, "INT32").tensor("s", {4, 8}).numbers("one", {1}, true).tensor("next", {}, "INT32");
    model.tensor("w", {8, 8}).tensor("t", {4, 8});
    model.op("ADD", {"i", "one"}, {"next"}, "AddOptions")
        .op("FULLY_CONNECTED", {"s", "w", ""}, {"t"}, "FullyConnectedOptions")
        .graph({"i", "s"}, {"next", "t"});
    return model;
}

TEST(Tflite, LoopsRunAsOftenAsTheirCounterSays) {
    const NetworkImport import = imported_tflite(loop_model(true).bytes());
    EXPECT_EQ(macs_in(import.graph), 7.0 * 4 * 8 * 8);
    EXPECT_EQ(totals(import.graph).parameters, 64);
    EXPECT_THAT(tflite_refusal(loop_model(false).bytes()), HasSubstr("--iterations N"));
    EXPECT_EQ(macs_in(imported_tflite(loop_model(false).bytes(), {{}, 3}).graph), 3.0 * 4 * 8 * 8);
}

TEST(Tflite, OfABranchTheDearerOneCounts) {
    TfliteModel model;
    model.tensor("c", {}, "BOOL").tensor("x", {4, 8}).tensor("y", {4, 32});
    model.op("IF", {"c", "x"}, {"y"}, "IfOptions", "then_subgraph_index:1,else_subgraph_index:2")
        .graph({"c", "x"}, {"y"});
    model.tensor("x", {4, 8}).tensor("w", {32, 8}).tensor("y", {4, 32});
    model.op("FULLY_CONNECTED", {"x", "w", ""}, {"y"}, "FullyConnectedOptions").graph({"x"}, {"y"});
    model.tensor("x", {4, 8}).numbers("times", {1, 4}).tensor("y", {4, 32});
    model.op("TILE", {"x", "times"}, {"y"}).graph({"x"}, {"y"});
    EXPECT_EQ(macs_in(imported_tflite(model.bytes()).graph), 4.0 * 8 * 32);
}

TEST(Tflite, ABodyWithinItselfIsRefused) {
    TfliteModel model;
    model.tensor("c", {}, "BOOL").tensor("x", {4, 8}).tensor("y", {4, 8});
    model.op("IF", {"c", "x"}, {"y"}, "IfOptions", "then_subgraph_index:1,else_subgraph_index:1")
        .graph({"c", "x"}, {"y"});
    model.tensor("x", {4, 8}).tensor("c", {}, "BOOL").tensor("y", {4, 8});
    model.op("IF", {"c", "x"}, {"y"}, "IfOptions", "then_subgraph_index:1,else_subgraph_index:1").graph({"x"}, {"y"});
    EXPECT_THAT(tflite_refusal(model.bytes()), HasSubstr("IF ("));
}

TEST(Tflite, SignaturesAreChosenByName) {
    TfliteModel model = small_classifier();
    model.tensor("x", {2, 8}).tensor("w", {4, 8}).tensor("y", {2, 4});
    model.op("FULLY_CONNECTED", {"x", "w", ""}, {"y"}, "FullyConnectedOptions").graph({"x"}, {"y"});
    const std::string bytes = model.signature("see", 0).signature("decode", 1).bytes();
    EXPECT_THAT(tflite_refusal(bytes),
                HasSubstr("2 signatures (expected berth import with --part and one of see, decode)"));
    NetworkOptions options;
    options.part = "decode";
    EXPECT_EQ(macs_in(imported_tflite(bytes, options).graph), 64);
    options.part = "decoed";
    EXPECT_THAT(tflite_refusal(bytes, options),
                HasSubstr("no signature 'decoed' (expected see or decode, did you mean decode?)"));
}

TEST(Tflite, CustomOperatorsGoByTheirName) {
    TfliteModel model;
    model.tensor("x", {1, 8}).tensor("boxes", {1, 4}).tensor("y", {1, 4});
    model.op("\"TFLite_Detection_PostProcess\"", {"x"}, {"boxes"}).op("RELU", {"boxes"}, {"y"}).graph({"x"}, {"y"});
    Diagnostics diagnostics;
    EXPECT_TRUE(import_tflite(model.bytes(), "m.tflite", {}, diagnostics));
    EXPECT_THAT(diagnostics.text(), HasSubstr("pass over their data: TFLite_Detection_PostProcess (1)"));
    TfliteModel packed;
    packed.tensor("x", {1, 8}).tensor("y", {1, 4}).op("\"edgetpu-custom-op\"", {"x"}, {"y"}).graph({"x"}, {"y"});
    EXPECT_THAT(tflite_refusal(packed.bytes()), HasSubstr("cannot be counted: edgetpu-custom-op (1)"));
}

TEST(Tflite, DamagedFilesAreToldAsSuch) {
    const std::string bytes = small_classifier().bytes();
    EXPECT_THAT(tflite_refusal(""), HasSubstr("the file is empty"));
    EXPECT_THAT(tflite_refusal("PK\x03\x04 an archive"), HasSubstr("it is no TFLite model"));
    EXPECT_THAT(tflite_refusal("version https://git-lfs.github.com/spec/v1\noid sha256:0"), HasSubstr("git lfs pull"));
    EXPECT_THAT(tflite_refusal(bytes.substr(0, bytes.size() / 2)), HasSubstr("cut off or damaged"));
    EXPECT_THAT(tflite_refusal(tflite_from_json("{version:2}")), HasSubstr("version 2 of the schema"));
    EXPECT_THAT(tflite_refusal(tflite_from_json("{version:3}")), HasSubstr("no graph"));
    const auto graph = [](const std::string& fields) {
        return tflite_from_json("{version:3,operator_codes:[{}],subgraphs:[{tensors:[{shape:[2]}]," + fields + "}]}");
    };
    EXPECT_THAT(tflite_refusal(graph("inputs:[5]")), HasSubstr("tensor 5 of 1"));
    EXPECT_THAT(tflite_refusal(graph("operators:[{opcode_index:3}]")), HasSubstr("operator 0 is of kind 3 of 1"));
    EXPECT_THAT(tflite_refusal(graph("operators:[{outputs:[-1]}]")), HasSubstr("tensor -1"));
}

/// Any damage leads to an answer or an error, never to a crash.
TEST(Tflite, DamageAnywhereIsSurvived) {
    const std::string whole = small_classifier().bytes();
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string bytes = whole;
        for (const char value : {'\x00', '\x7f', '\xff'}) {
            bytes[at] = value;
            Diagnostics diagnostics;
            const auto import = import_tflite(bytes, "m.tflite", {}, diagnostics);
            EXPECT_TRUE(import || diagnostics.has_errors()) << at;
        }
        Diagnostics diagnostics;
        EXPECT_FALSE(import_tflite(whole.substr(0, at), "m.tflite", {}, diagnostics)) << at;
    }
}

}  // namespace
}  // namespace berth
