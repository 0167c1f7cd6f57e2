// Profiles of other runtimes as measured rows: a real one of ONNX Runtime, and tables in the formats of the RKNN
// runtime.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "berth/base/atomic_file.h"
#include "berth/base/csv.h"
#include "berth/importers/import_profile.h"
#include "graph_fixtures.h"

namespace berth {
namespace {

using testing::HasSubstr;

// Three runs of one block of an encoder at 128 tokens, ONNX Runtime 1.30, one thread; see make_models.py --weights.
std::string profile_text() {
    std::ifstream file(std::filesystem::path(BERTH_SOURCE_DIR) / "tests/data/profiles/minilm-block.onnxruntime.json");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

ProfileImport real_profile() {
    Diagnostics diagnostics;
    auto import = import_ort_profile(profile_text(), "p.json", diagnostics);
    if (!import) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*import);
}

const ProfiledStep& step_named(const ProfileImport& import, std::string_view name) {
    const auto found = std::ranges::find(import.steps, name, &ProfiledStep::name);
    if (found == import.steps.end()) {
        throw std::runtime_error("no step " + std::string(name));
    }
    return *found;
}

Time all_time(const ProfileImport& import) {
    Time sum{};
    for (const ProfiledStep& step : import.steps) {
        sum = sum + step.median;
    }
    return sum;
}

TEST(OrtProfile, WeightsThatWerePackedAwayComeBackFromTheShapes) {
    const ProfileImport import = real_profile();
    EXPECT_EQ(std::get<MatmulDims>(*step_named(import, "/encoder/layer.0/intermediate/dense/MatMul").dims),
              (MatmulDims{1, 128, 384, 1536, true, false}));
    EXPECT_EQ(std::get<MatmulDims>(*step_named(import, "fused /pooler/dense/Gemm").dims),
              (MatmulDims{1, 1, 384, 384, true, true}));
    // A product of two activations: 12 heads of 32.
    EXPECT_EQ(std::get<MatmulDims>(*step_named(import, "matmul_94").dims),
              (MatmulDims{12, 128, 128, 32, false, false}));
}

TEST(OrtProfile, TheFirstRunWarmsUp) {
    const ProfileImport import = real_profile();
    const ProfiledStep& step = step_named(import, "matmul_94");
    EXPECT_EQ(step.runs, 2U);
    EXPECT_LE(step.least, step.median);
    EXPECT_LE(step.median, step.most);
    EXPECT_EQ(step.dtype, DType::kFp32);
}

TEST(OrtProfile, ShapeArithmeticIsLeftOutAndCostsLittle) {
    const ProfileImport import = real_profile();
    Time left{};
    for (const auto& [op, time] : import.not_operators) {
        EXPECT_TRUE(op == "Gather" || op == "Unsqueeze" || op == "Slice" || op == "Shape" || op == "Concat") << op;
        left = left + time;
    }
    EXPECT_LT(left / all_time(import), 0.03);
}

TEST(OrtProfile, StepsFindTheOperatorsOfTheirModelByWorkAndName) {
    ProfileImport import = real_profile();
    const Graph graph = lay_out("ms-marco-MiniLM-L-12-v2", {1, 128});
    const std::size_t matched = match_operators(import, graph);
    EXPECT_EQ(step_named(import, "/encoder/layer.0/attention/self/key/MatMul").of_operator, "layer.0.attention.key");
    EXPECT_EQ(step_named(import, "/encoder/layer.0/attention/self/query/MatMul").of_operator,
              "layer.0.attention.query");
    EXPECT_EQ(step_named(import, "matmul_94").of_operator, "");  // part of an attention
    std::size_t named = 0;
    std::set<std::string> names;
    for (const ProfiledStep& step : import.steps) {
        named += step.of_operator.empty() ? 0U : 1U;
        names.insert(step.of_operator);
    }
    EXPECT_EQ(named, matched);
    EXPECT_EQ(names.size(), matched + 1);  // no operator matches two steps
}

TEST(OrtProfile, RowsAreATable) {
    Diagnostics diagnostics;
    const auto table = parse_csv(measured_rows_csv(real_profile(), 1, "p.json"), "rows.csv", diagnostics);
    ASSERT_TRUE(table) << diagnostics.text();
    EXPECT_EQ(table->rows.size(), real_profile().steps.size());
    for (const CsvRow& row : table->rows) {
        EXPECT_GT(std::stod(row.cells[*table->column("measured_us")].text), 0) << row.line;
        EXPECT_EQ(row.cells[*table->column("cores")].text, "1");
    }
}

TEST(OrtProfile, WhatIsNoProfileIsRefused) {
    const auto said = [](std::string_view json) {
        Diagnostics diagnostics;
        EXPECT_FALSE(import_ort_profile(json, "p.json", diagnostics));
        return diagnostics.text();
    };
    EXPECT_EQ(said(""), "p.json: error: it is no JSON list of events (expected a profile that ONNX Runtime wrote)\n");
    EXPECT_EQ(said("[1, 2"),
              "p.json: error: it is no JSON list of events (expected a profile that ONNX Runtime wrote)\n");
    EXPECT_EQ(said(R"([{"cat": "Session"}, 7, {"cat": "Node"}])"),
              "p.json: error: it holds no events of nodes (expected a profile that ONNX Runtime wrote)\n");
    // Shapes of the wrong type, negative or missing: they are not costed, and do not crash.
    const std::string odd =
        R"([{"cat":"Node","name":"a_kernel_time","dur":5,"args":{"op_name":"MatMul","parameter_size":"x",)"
        R"("input_type_shape":[{"float":[-1,"b"]},7],"output_type_shape":[{"float":[-5]}]}},)"
        R"({"cat":"Node","name":"b_kernel_time","dur":5,"args":{"op_name":"Softmax","output_type_shape":[]}}])";
    Diagnostics diagnostics;
    const auto import = import_ort_profile(odd, "p.json", diagnostics);
    ASSERT_TRUE(import);
    EXPECT_TRUE(import->steps.empty());
}

TEST(OrtProfile, CutOffAnywhereItIsReadOrRefused) {
    const std::string text = profile_text();
    for (std::size_t size = 0; size < text.size(); size += 97) {
        Diagnostics diagnostics;
        EXPECT_FALSE(import_ort_profile(std::string_view(text).substr(0, size), "p.json", diagnostics));
    }
}

constexpr const char* kRule = "----------------------------------------------------------\n";

/// Rows of a measured profile (rk3588_rknn_per_layer_profiles.csv), set as version 2 of the runtime prints them.
std::string table_text(std::string_view header, std::string_view cycles) {
    const auto row = [&](std::string_view start, std::string_view ddr, std::string_view npu, std::string_view rest) {
        return std::string(start) + "  " +
               (cycles == "one" ? fmt::format("{}/{}/{}", ddr, npu, npu) : fmt::format("{} {} {}", ddr, npu, npu)) +
               "  " + std::string(rest) + "\n";
    };
    return "I RKNN: some other line\n" + std::string(kRule) + "            Network Layer Information Table\n" + kRule +
           std::string(header) + "\n" + kRule +
           row("0    InputOperator    FLOAT16  CPU    \\  (1,80,2000)", "0", "0",
               "5   \\  0.0%/0.0%/0.0%  0  InputOperator:mel") +
           row("1  ConvExGelu  FLOAT16  NPU  (1,80,1,2000),(512,80,1,3),(512)  (1,512,1,2000)", "110587", "576000",
               "1719  27.92  100.0%/0.0%/0.0%  554  Conv:/conv1/Conv") +
           row("2  exNorm  FLOAT16  NPU  (1,512,1,1000),(512),(512)  (1,512,1,1000)", "0", "0",
               "1711  100.0%/0.0%/0.0%  1005  LayerNorm:attn_ln") +
           row("3  Conv  FLOAT16  NPU  (1,512,1,1000),(1536,512,1,1),(1536)  (1,1536,1,1000)", "239658", "1548288",
               "2334  65.81  33.3%/33.3%/33.4%  2536  Conv:qkv") +
           kRule + "Total Operator Elapsed Per Frame Time(us): 5764\n";
}

constexpr std::string_view kHeader =
    "ID   OpType  DataType Target InputShape OutputShape DDRCycles NPUCycles MaxCycles Time(us) MacUsage(%) "
    "WorkLoad(0/1/2) RW(KB) FullName";
constexpr std::string_view kShortHeader =
    "ID   OpType  DataType Target InputShape OutputShape Cycles(DDR/NPU/Total) Time(us) MacUsage(%) WorkLoad(0/1/2) "
    "RW(KB) FullName";
const LayerTableFacts kFacts{"whisper", 1000, "perf.txt"};

TEST(RknnTable, BothFormsOfCyclesGiveTheSameRows) {
    Diagnostics diagnostics;
    const auto rows = import_rknn_table(table_text(kHeader, "three"), "perf.txt", kFacts, diagnostics);
    ASSERT_TRUE(rows) << diagnostics.text();
    EXPECT_EQ(rows, import_rknn_table(table_text(kShortHeader, "one"), "perf.txt", kFacts, diagnostics));
    EXPECT_EQ(
        *rows,
        "model,npu_mhz,cores,rknn_version,layer,op_type,target,dtype,input_shape_nchw,weight_shape_oihw,output_shape_"
        "nchw,m,k,"
        "n,vendor_est_ddr_cycles,vendor_est_npu_cycles,measured_us,mac_usage_pct,rw_kb,source\n"
        "whisper,1000,1,,InputOperator:mel,InputOperator,cpu,fp16,,,\"1,80,2000\",,,,,,5,,0,perf.txt\n"
        "whisper,1000,1,,Conv:/conv1/Conv,ConvExGelu,npu,fp16,\"1,80,1,2000\",\"512,80,1,3\",\"1,512,1,2000\",2000,"
        "240,512,110587,576000,1719,27.92,554,perf.txt\n"
        "whisper,1000,1,,LayerNorm:attn_ln,exNorm,npu,fp16,\"1,512,1,1000;512;512\",,\"1,512,1,1000\",,,,,,1711,,1005,"
        "perf.txt\n"
        "whisper,1000,3,,Conv:qkv,Conv,npu,fp16,\"1,512,1,1000\",\"1536,512,1,1\",\"1,1536,1,1000\",1000,512,1536,"
        "239658,1548288,2334,65.81,2536,perf.txt\n");
}

CsvTable log_as_rows(const std::string& file) {
    Diagnostics diagnostics;
    const auto text = read_file(std::string(BERTH_SOURCE_DIR) + "/tests/data/rknn-logs/" + file, diagnostics);
    EXPECT_TRUE(is_rknn_table(text.value_or("")));
    const auto rows = import_rknn_table(text.value_or(""), file, kFacts, diagnostics);
    EXPECT_TRUE(rows) << diagnostics.text();
    return parse_csv(rows.value_or("a\n"), file, diagnostics).value();
}

std::string cell(const CsvTable& table, std::size_t row, std::string_view column) {
    return table.rows.at(row).cells.at(table.column(column).value()).text;
}

TEST(RknnTable, OfALoggerHasValuesPerCoreAndShapesThatAreLeftOut) {
    const CsvTable table = log_as_rows("yolov8s.txt");
    ASSERT_EQ(table.rows.size(), 102U);
    EXPECT_EQ(cell(table, 1, "op_type"), "ConvExSwish");
    EXPECT_EQ(cell(table, 1, "dtype"), "uint8");
    EXPECT_EQ(cell(table, 1, "mac_usage_pct"), "1.53");
    EXPECT_EQ(cell(table, 1, "cores"), "1");
    EXPECT_EQ(cell(table, 7, "op_type"), "Add");
    EXPECT_EQ(cell(table, 7, "cores"), "3");
    EXPECT_EQ(cell(table, 7, "measured_us"), "231");
    EXPECT_EQ(cell(table, 8, "input_shape_nchw"), "1,32,160,160;1,32,160,160;...");
    EXPECT_EQ(cell(table, 46, "op_type"), "Resize");
    EXPECT_EQ(cell(table, 46, "input_shape_nchw"), "1,512,20,20;4");  // constants without a size are omitted
    EXPECT_EQ(cell(table, 101, "op_type"), "OutputOperator");
}

TEST(RknnTable, OfTwoRowsByThemselvesIsRead) {
    const CsvTable table = log_as_rows("mac_usage_per_core.txt");
    ASSERT_EQ(table.rows.size(), 2U);
    EXPECT_EQ(cell(table, 1, "mac_usage_pct"), "0.68");
    EXPECT_EQ(cell(table, 1, "cores"), "3");
}

TEST(RknnTable, OfVersion15HasHeadersOfTwoWordsAndStatesItsVersion) {
    const CsvTable table = log_as_rows("version_1_5.md");
    ASSERT_EQ(table.rows.size(), 2U);
    EXPECT_EQ(cell(table, 1, "rknn_version"), "1.5.3");
    EXPECT_EQ(cell(table, 1, "op_type"), "ConvRelu");
    EXPECT_EQ(cell(table, 1, "vendor_est_ddr_cycles"), "94150");
    EXPECT_EQ(cell(table, 1, "measured_us"), "428");
    EXPECT_EQ(cell(table, 1, "mac_usage_pct"), "2.47");
    EXPECT_EQ(cell(table, 1, "rw_kb"), "543.75");
}

TEST(RknnTable, RowsThatAreMissingAreTold) {
    const auto said = [](const std::string& text) {
        Diagnostics diagnostics;
        EXPECT_TRUE(import_rknn_table(text, "perf.txt", kFacts, diagnostics));
        return diagnostics.text();
    };
    const std::string whole = table_text(kHeader, "three");
    EXPECT_EQ(said(whole), "");
    const std::size_t last = whole.find("3  Conv  FLOAT16");
    EXPECT_EQ(said(whole.substr(0, last)),
              "perf.txt:9:1: warning: the table does not end with its total time: it may be cut off, and rows that are "
              "missing count nowhere\n");
    EXPECT_EQ(said(whole.substr(0, last) + whole.substr(whole.find('\n', last) + 1)),
              "perf.txt:11:1: warning: the table says that its layers take 5764 us, the rows before it take 3435: rows "
              "are missing or repeated, and only those here count\n");
}

// Other lines of the log, prefixes of a logger before rules and rows, and dtypes that no kernel is of.
TEST(RknnTable, GoesOnBehindForeignLinesAndDtypes) {
    std::string text = table_text(kHeader, "three");
    text.replace(text.find("exNorm  FLOAT16"), 15, "exNorm  INT64");
    const std::size_t last = text.find("3  Conv  FLOAT16");
    text.insert(last, "12:00:01 camera 5 frames of 30\n" + std::string(kRule));
    std::string prefixed;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        prefixed += "D RKNN: [10:11:12.047] " + text.substr(at, end + 1 - at);
        at = end + 1;
    }
    for (const std::string& one : {text, prefixed}) {
        Diagnostics diagnostics;
        const auto rows = import_rknn_table(one, "perf.txt", kFacts, diagnostics);
        EXPECT_EQ(diagnostics.text(), "");
        const CsvTable table = parse_csv(rows.value_or("a\n"), "perf.txt", diagnostics).value();
        ASSERT_EQ(table.rows.size(), 4U);
        EXPECT_EQ(cell(table, 2, "dtype"), "int64");
        EXPECT_EQ(cell(table, 3, "measured_us"), "2334");
    }
}

TEST(RknnTable, SharesOfCoresMayBeFollowedByTheGain) {
    std::string text = table_text(kHeader, "three");
    text.replace(text.find("33.3%/33.3%/33.4%"), 17, "50.1%/49.9% - Up:98.2%");
    Diagnostics diagnostics;
    const auto rows = import_rknn_table(text, "perf.txt", kFacts, diagnostics);
    EXPECT_EQ(cell(parse_csv(rows.value_or("a\n"), "perf.txt", diagnostics).value(), 3, "cores"), "2");
}

TEST(RknnTable, IsRecognised) {
    EXPECT_TRUE(is_rknn_table(table_text(kHeader, "three")));
    EXPECT_FALSE(is_rknn_table("model: a\n"));
    EXPECT_FALSE(is_rknn_table(""));
}

TEST(RknnTable, BrokenTablesAreToldByLine) {
    const auto said = [](const std::string& text) {
        Diagnostics diagnostics;
        EXPECT_FALSE(import_rknn_table(text, "perf.txt", kFacts, diagnostics));
        return diagnostics.text();
    };
    std::string text = table_text(kHeader, "three");
    text.replace(text.find("(1,512,1,1000),(512)"), 8, "(1,512,x");
    EXPECT_EQ(said(text),
              "perf.txt:9:1: error: '(1,512,x,1000),(512),(512)' is no list of shapes (expected such as "
              "(1,512,1,1000))\n");
    text = table_text(kHeader, "three");
    text.replace(text.find("  2334  65.81"), 13, "");
    EXPECT_THAT(said(text), HasSubstr("perf.txt:10:1: error: the row has"));
    text = table_text(kHeader, "three");
    text.replace(text.find("Time(us)"), 8, "");
    EXPECT_EQ(said(text),
              "perf.txt:5:1: error: the table of layers has no column Time(us) (expected a profile taken with the "
              "runtime's performance detail switched on)\n");
    EXPECT_EQ(said("nothing\n"), "perf.txt: error: the table has no layer that was timed\n");
}

}  // namespace
}  // namespace berth
