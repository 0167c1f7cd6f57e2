// How often loops and scans of ONNX files run, and which branches and sizes inputs choose.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onnx_imports.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kWholeType = 7, kTruthType = 9;

std::string typed(unsigned field, const std::string& name, std::int64_t type, const OnnxSizes& sizes) {
    std::string shape;
    for (const std::int64_t size : sizes) {
        shape += bytes_field(1, number_field(1, size));
    }
    return bytes_field(
        field, bytes_field(1, name) + bytes_field(2, bytes_field(1, number_field(1, type) + bytes_field(2, shape))));
}

std::string results(const std::vector<std::string>& names) {
    std::string fields;
    for (const std::string& name : names) {
        fields += bytes_field(12, bytes_field(1, name));
    }
    return fields;
}

/// A loop that multiplies x, and goes on as long as the given nodes make `d`. A counter k runs from 0.
std::string counted_loop(const std::string& trips, const std::string& condition) {
    const std::string body = constant("w", {8, 8}) + node("MatMul", {"s", "w"}, {"t"}) +
                             whole_constants("one", {}, {1}) + whole_constants("six", {}, {6}) +
                             node("Add", {"k", "one"}, {"next"}) + condition + sized(11, "i", {}) + sized(11, "c", {}) +
                             sized(11, "s", {4, 8}) + sized(11, "k", {}) + results({"d", "t", "next"});
    return whole_constants("n", {}, {100}) + whole_constants("huge", {}, {std::int64_t{1} << 62U}) +
           whole_constants("zero", {}, {0}) +
           node("Loop", {trips, "", "x", "zero"}, {"y", "k_last"}, body_attribute("body", body));
}

double iterations_of(const NetworkImport& import) { return macs_in(import.graph) / (4 * 64); }

TEST(OnnxLoops, AConditionOfCountersEndsALoop) {
    const std::string carried = node("Less", {"next", "six"}, {"d"});
    const std::string iteration = node("Less", {"i", "six"}, {"d"});
    for (const char* trips : {"n", "huge", ""}) {
        EXPECT_EQ(iterations_of(imported_graph(counted_loop(trips, carried), {{"x", {4, 8}}})), 6) << trips;
        const NetworkImport seven = imported_graph(counted_loop(trips, iteration), {{"x", {4, 8}}});
        EXPECT_EQ(iterations_of(seven), 7) << trips;
        EXPECT_THAT(seven.assumed, ElementsAre());
        expect_round_trip(seven);
    }
}

TEST(OnnxLoops, AConditionThatOnlyTheRunTimeKnowsLeavesALimit) {
    const std::string open = node("ReduceMax", {"t"}, {"d"}, attribute("keepdims", std::int64_t{0}));
    const NetworkImport all = imported_graph(counted_loop("n", open), {{"x", {4, 8}}});
    EXPECT_EQ(iterations_of(all), 100);
    EXPECT_THAT(all.assumed, ElementsAre(HasSubstr("never ends before its 100 iterations")));
    const NetworkImport told = imported_graph(counted_loop("n", open), {{"x", {4, 8}}}, {{}, 9});
    EXPECT_EQ(iterations_of(told), 9);
    EXPECT_THAT(told.assumed, ElementsAre());
    const std::string endless = node("Identity", {"c"}, {"d"});
    for (const std::string& condition : {open, endless}) {
        const std::string bytes =
            model_of_graph(counted_loop("huge", condition) + inputs_and_result({{"x", {4, 8}}}, "y"));
        EXPECT_THAT(onnx_refusal(bytes), HasSubstr("runs an unknown number of times (berth import --iterations N)"));
        EXPECT_EQ(iterations_of(imported_model(bytes, {{}, 9})), 9);
    }
    EXPECT_EQ(iterations_of(imported_graph(counted_loop("n", endless), {{"x", {4, 8}}}, {{}, 9})), 100)
        << "the graph says how often";
}

// Operator set 8: lengths of sequences come first, and everything has a batch axis.
TEST(OnnxLoops, AnOldScanGoesThroughItsBatch) {
    const std::string body = body_attribute(
        "body", constant("w", {8, 8}) + node("MatMul", {"h", "w"}, {"t"}) + node("Add", {"t", "x_t"}, {"g"}) +
                    node("Relu", {"g"}, {"o"}) + sized(11, "h", {8}) + sized(11, "x_t", {8}) + results({"g", "o"}));
    const NetworkImport import =
        imported_graph(node("Scan", {"", "h0", "x"}, {"h1", "y"}, body + attribute("num_scan_inputs", 1)),
                       {{"h0", {3, 8}}, {"x", {3, 20, 8}}});
    EXPECT_EQ(macs_in(import.graph), 3.0 * 20 * 64);
    EXPECT_EQ(totals(import.graph).parameters, 64);
    EXPECT_EQ(import.graph.tensors[static_cast<std::size_t>(import.graph.operators.back().output)].shape,
              (OnnxSizes{3, 20, 8}));
    expect_round_trip(import);
}

std::string branch_of(const std::string& name, std::int64_t width) {
    const std::string weights = "w" + std::to_string(width);
    return body_attribute(name, constant(weights, {8, width}) + node("MatMul", {"x", weights}, {name}) +
                                    bytes_field(12, bytes_field(1, name)));
}

TEST(OnnxLoops, AnInputOfTruthChoosesABranch) {
    const auto imported = [](std::int64_t type, const OnnxSizes& sizes, const DimSizes& dims) {
        return imported_model(
            model_of_graph(
                node("If", {"use_cache"}, {"y"}, branch_of("then_branch", 16) + branch_of("else_branch", 32)) +
                sized(11, "x", {4, 8}) + typed(11, "use_cache", type, sizes) + results({"y"})),
            {dims});
    };
    for (const OnnxSizes& sizes : {OnnxSizes{}, OnnxSizes{1}}) {
        for (const std::int64_t type : {kTruthType, kWholeType}) {
            EXPECT_EQ(macs_in(imported(type, sizes, {{"use_cache", 1}}).graph), 4 * 8 * 16);
            EXPECT_EQ(macs_in(imported(type, sizes, {{"use_cache", 0}}).graph), 4 * 8 * 32);
        }
        const NetworkImport untold = imported(kTruthType, sizes, {});
        EXPECT_EQ(macs_in(untold.graph), 4 * 8 * 32);
        EXPECT_THAT(untold.assumed,
                    ElementsAre("that If 'n' takes its else branch, which multiplies more; berth import "
                                "--dim use_cache=1 takes the other"));
        EXPECT_THAT(imported(kTruthType, sizes, {{"use_cache", 1}}).assumed, ElementsAre());
    }
}

/// An input of named sizes.
std::string named(const std::string& name, const std::vector<std::string>& dims) {
    std::string shape;
    for (const std::string& dim : dims) {
        shape += bytes_field(1, bytes_field(2, dim));
    }
    return bytes_field(
        11, bytes_field(1, name) + bytes_field(2, bytes_field(1, number_field(1, 1) + bytes_field(2, shape))));
}

TEST(OnnxLoops, SizesThatAreFormulasFollowFromOthers) {
    const std::string bytes = model_of_graph(named("x", {"past + 1", "width"}) + named("v", {"width", "2*past"}) +
                                             node("MatMul", {"x", "v"}, {"y"}) + results({"y"}));
    EXPECT_EQ(macs_in(imported_model(bytes, {{{"past", 99}, {"width", 8}}}).graph), 100 * 8 * 198);
    EXPECT_EQ(macs_in(imported_model(bytes, {{{"past + 1", 4}, {"width", 8}, {"2*past", 3}}}).graph), 4 * 8 * 3);
    EXPECT_EQ(onnx_refusal(bytes, {{{"width", 8}}}),
              "m.onnx: error: no size for dimension past (expected berth import with --dim past=SIZE)\n");
    const std::string odd =
        model_of_graph(named("x", {"my length", "8 / w"}) + node("Relu", {"x"}, {"y"}) + results({"y"}));
    EXPECT_THAT(onnx_refusal(odd, {{{"w", 3}}}), HasSubstr("--dim 'my length=SIZE' --dim '8 / w=SIZE'"));
}

}  // namespace
}  // namespace berth
