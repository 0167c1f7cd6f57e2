// Profiles with layer names but without sizes: tables of Vela, OpenVINO's benchmark_app and QNN's profile viewer, and
// a profile of ONNX Runtime without shapes, each joined with the profiled model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "berth/base/atomic_file.h"
#include "berth/importers/import_profile.h"
#include "graph_fixtures.h"
#include "layer_reports.h"
#include "onnx_imports.h"

namespace berth {
namespace {

using testing::HasSubstr;

Graph small_cnn() {
    Diagnostics diagnostics;
    auto import = import_onnx(std::filesystem::path(BERTH_SOURCE_DIR) / "tests/data/onnx/small-cnn.onnx",
                              {.dims = {{"N", 1}}}, diagnostics);
    if (!import) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(import->graph);
}

ProfileImport layers_of(std::string_view text, const LayerReportFacts& facts) {
    Diagnostics diagnostics;
    const auto kind = layer_report_of(text);
    auto import = kind ? import_layer_report(text, *kind, "layers.csv", facts, diagnostics) : std::nullopt;
    if (!import) {
        throw std::runtime_error("no table of layers: " + diagnostics.text());
    }
    return std::move(*import);
}

std::string refusal_of(std::string_view text, const LayerReportFacts& facts = {}) {
    Diagnostics diagnostics;
    EXPECT_FALSE(import_layer_report(text, layer_report_of(text).value(), "layers.csv", facts, diagnostics));
    return diagnostics.text();
}

TEST(LayerReport, VelasCyclesAreTimesAtTheClockAndPartsOfAnOperatorAddUp) {
    ProfileImport import = layers_of(kVela, {.clock = megahertz(500), .dtype = {}});
    ASSERT_EQ(import.steps.size(), 3U);
    EXPECT_DOUBLE_EQ(in_microseconds(import.steps[0].median), 18);
    EXPECT_DOUBLE_EQ(in_microseconds(import.steps[1].median), 4.8);
    EXPECT_EQ(import.steps[1].dtype, DType::kInt8);
    EXPECT_EQ(match_operators(import, small_cnn()), 2U);
    EXPECT_EQ(import.steps[0].of_operator, "stem.Conv");
    EXPECT_EQ(std::get<ConvDims>(*import.steps[1].dims).groups, 32);
    EXPECT_FALSE(import.steps[2].dims);
    EXPECT_EQ(
        refusal_of(kVela),
        "--clock: error: the table counts cycles and does not state the clock (expected --clock such as 1000MHz)\n");
}

TEST(LayerReport, AnotherNumberOfMacsIsAnotherLayer) {
    std::string text(kVela);
    text.replace(text.find("221184"), 6, "221185");
    ProfileImport import = layers_of(text, {.clock = megahertz(500), .dtype = {}});
    EXPECT_EQ(match_operators(import, small_cnn()), 1U);
}

TEST(LayerReport, OpenVinosTypesSayTheKindAndTheDtype) {
    ProfileImport import = layers_of(kOpenVino, {});
    EXPECT_EQ(match_operators(import, small_cnn()), 3U);
    ASSERT_EQ(import.steps.size(), 3U);  // fused layers have no time; reorders and parameters are no operators
    EXPECT_DOUBLE_EQ(in_microseconds(import.steps[0].median), 31);
    EXPECT_EQ(import.steps[0].dtype, DType::kFp32);
    EXPECT_EQ(import.steps[1].dtype, DType::kInt8);
    EXPECT_EQ(import.steps[2].kind, OperatorKind::kAdd);  // the kind of an element-wise layer follows from its name
    ASSERT_EQ(import.not_operators.size(), 2U);
    EXPECT_EQ(import.not_operators[1].first, "Reorder");
    std::string microseconds_stated(kOpenVino);
    microseconds_stated.replace(microseconds_stated.find("(ms)"), 4, "(us)");
    EXPECT_DOUBLE_EQ(in_microseconds(layers_of(microseconds_stated, {}).steps[0].median), 0.031);
}

// benchmark_app in Python writes the status of a layer with the name of its type.
TEST(LayerReport, BothProgramsOfOpenVinoAreRead) {
    std::string text(kOpenVino);
    for (const std::string_view status : {";EXECUTED;", ";OPTIMIZED_OUT;"}) {
        for (std::size_t at = 0; (at = text.find(status, at)) != std::string::npos; at += status.size()) {
            text.insert(at + 1, "Status.");
        }
    }
    const ProfileImport python = layers_of(text, {}), cpp = layers_of(kOpenVino, {});
    ASSERT_EQ(python.steps.size(), cpp.steps.size());
    EXPECT_FALSE(cpp.steps.empty());
    EXPECT_EQ(in_seconds(python.steps.front().median), in_seconds(cpp.steps.front().median));
}

TEST(LayerReport, QnnStatesItsClockAndNothingButNames) {
    ProfileImport import = layers_of(kQnn, {.clock = {}, .dtype = DType::kFp16});
    ASSERT_EQ(import.steps.size(), 2U);
    EXPECT_DOUBLE_EQ(in_microseconds(import.steps[0].median), 0.6);  // at 1 GHz, of all runs after the first
    EXPECT_EQ(import.steps[0].runs, 2U);
    EXPECT_EQ(import.steps[0].dtype, DType::kFp16);
    EXPECT_EQ(match_operators(import, small_cnn()), 1U);
    EXPECT_EQ(import.steps[0].of_operator, "stem.Conv");
    EXPECT_EQ(import.steps[1].of_operator, "");  // the number belongs to another convolution
}

TEST(LayerReport, WhatIsIncompleteIsRefusedWithAWayOut) {
    const std::string qnn(kQnn);
    EXPECT_EQ(refusal_of(qnn),
              "--dtype: error: the table does not state what its layers multiply at (expected --dtype such as int8)\n");
    EXPECT_EQ(refusal_of(qnn.substr(0, qnn.find("1,NODE")), {.clock = {}, .dtype = DType::kInt8}),
              "layers.csv: error: the table of QNN times no layer (expected a profile at the level 'detailed', which "
              "times nodes)\n");
    const std::string headless = qnn.substr(0, qnn.find('\n') + 1) + qnn.substr(qnn.find("1,NODE"));
    EXPECT_EQ(refusal_of(headless, {.clock = {}, .dtype = DType::kInt8}),
              "--clock: error: the table counts cycles and does not state the clock (expected --clock such as "
              "1000MHz)\n");
    const std::string openvino(kOpenVino);
    EXPECT_EQ(refusal_of(openvino.substr(0, openvino.find("0.031"))),
              "layers.csv:3:1: error: the row has 5 cells (expected 7, as in the header: a whole table)\n");
    EXPECT_EQ(refusal_of(openvino.substr(0, openvino.find('\n'))),
              "layers.csv: error: the table of OpenVINO times no layer (expected rows of layers that were executed)\n");
    std::string word(openvino);
    word.replace(word.find("0.031"), 5, "soon!");
    EXPECT_EQ(refusal_of(word),
              "layers.csv:3:1: error: the time of '/stem/Conv' is 'soon!' (expected a number of at least 0)\n");
    EXPECT_FALSE(layer_report_of("layer,time\nconv,1\n"));
    EXPECT_FALSE(layer_report_of(""));
}

TEST(LayerReport, CutOffAnywhereItIsReadOrRefused) {
    for (const std::string_view text : {kVela, kOpenVino, kQnn}) {
        for (std::size_t size = text.find('\n') + 1; size < text.size(); ++size) {
            Diagnostics diagnostics;
            const auto cut = text.substr(0, size);
            const auto import = import_layer_report(cut, layer_report_of(cut).value(), "layers.csv",
                                                    {.clock = megahertz(500), .dtype = DType::kInt8}, diagnostics);
            EXPECT_NE(import.has_value(), diagnostics.has_errors()) << cut;
        }
    }
}

// The real profile of importers_profile_test.cpp, as written by versions that list no shapes.
TEST(OrtProfileWithoutShapes, IsJoinedWithTheModelByNameKindAndBytes) {
    Diagnostics diagnostics;
    const auto file = std::filesystem::path(BERTH_SOURCE_DIR) / "tests/data/profiles/minilm-block.onnxruntime.json";
    auto events = nlohmann::json::parse(read_file(file, diagnostics).value());
    for (auto& event : events) {
        if (event.contains("args")) {
            event["args"].erase("input_type_shape");
            event["args"].erase("output_type_shape");
        }
    }
    auto import = import_ort_profile(events.dump(), "p.json", diagnostics).value();
    EXPECT_FALSE(import.states_sizes);
    EXPECT_GT(match_operators(import, lay_out("ms-marco-MiniLM-L-12-v2", {1, 128})), 3U);
    const auto step_named = [&import](std::string_view name) {
        return *std::ranges::find(import.steps, name, &ProfiledStep::name);
    };
    const ProfiledStep query = step_named("/encoder/layer.0/attention/self/query/MatMul");
    EXPECT_EQ(query.of_operator, "layer.0.attention.query");
    EXPECT_EQ(std::get<MatmulDims>(query.dims.value()), (MatmulDims{1, 128, 384, 384, true, true}));
    // Part of an attention has the same number of bytes as a product of the model, but is another operator.
    EXPECT_FALSE(step_named("matmul_94").dims);
    // With another number of tokens the byte counts differ.
    auto of_others = import_ort_profile(events.dump(), "p.json", diagnostics).value();
    static_cast<void>(match_operators(of_others, lay_out("ms-marco-MiniLM-L-12-v2", {1, 64})));
    EXPECT_FALSE(std::ranges::find(of_others.steps, query.name, &ProfiledStep::name)->dims);
}

}  // namespace
}  // namespace berth
