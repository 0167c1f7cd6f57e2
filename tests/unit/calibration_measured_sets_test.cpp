// Manifests of measurements and their files: read rows, omitted rows, and the exact text of every error.
#include <gmock/gmock.h>

#include "berth/calibration/validation.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

using namespace berth::literals;

constexpr std::string_view kLibraryHeader = "m,k,n,dtype_in,ac_native_layout,b_native_layout,us\n";
constexpr std::string_view kLayerHeader =
    "npu_mhz,cores,layer,op_type,dtype,input_shape_nchw,m,k,n,vendor_est_ddr_cycles,vendor_est_npu_cycles,measured_us,"
    "rw_kb\n";
constexpr std::string_view kShapeHeader =
    "npu_mhz,cores,layer,op_type,dtype,input_shape_nchw,weight_shape_oihw,output_shape_nchw,m,k,n,"
    "vendor_est_ddr_cycles,vendor_est_npu_cycles,measured_us,rw_kb\n";
constexpr std::string_view kTotalHeader = "model,device,dtype,tokens,bucket,batch,cores,measured_ms\n";

class MeasuredSets : public ScenarioFolder {
  protected:
    struct Outcome {
        std::optional<std::vector<MeasuredSet>> sets;
        std::string complaints;
    };

    static std::string library_set(const std::string& more = "") {
        return "{name: calls, file: rows.csv, form: matmul-library, time: us, device: npu, cores: 1, use: fitted, "
               "note: n" +
               more + "}";
    }
    static std::string layer_set() {
        return "{name: layers, file: rows.csv, form: compiled-layers, device: npu, use: fitted, note: n}";
    }
    static std::string total_set() {
        return "{name: totals, file: rows.csv, form: model-totals, use: unseen, note: n}";
    }

    [[nodiscard]] Outcome load_manifest(const std::string& manifest, const std::string& rows = "") const {
        write("hardware/measured/board/validation.yaml", manifest);
        write("hardware/measured/board/rows.csv", rows);
        return load_board();
    }
    [[nodiscard]] Outcome load_board() const {
        Diagnostics diagnostics;
        const auto profile = load_hardware(library(), "board", {}, SourceLocation("test"), diagnostics);
        EXPECT_TRUE(profile.has_value()) << diagnostics.text();
        auto sets = load_measured_sets(library(), "board", *profile, diagnostics);
        EXPECT_EQ(sets.has_value(), !diagnostics.has_errors()) << diagnostics.text();
        return {std::move(sets), shortened(diagnostics)};
    }
    [[nodiscard]] Outcome load_set(const std::string& set, const std::string& rows) const {
        return load_manifest("profile: board\nsets:\n  - " + set + "\n", rows);
    }
};

constexpr std::string_view kManifest = "hardware/measured/board/validation.yaml";
constexpr std::string_view kRowsFile = "hardware/measured/board/rows.csv";

TEST_F(MeasuredSets, ReadCallsOfTheLibraryInTheNativeLayout) {
    const auto outcome = load_set(library_set(", below_m: 128"), std::string(kLibraryHeader) +
                                                                     "1,64,64,int8,1,1,30\n"
                                                                     "1,64,64,int8,0,1,60\n"
                                                                     "128,64,64,int8,1,1,90\n");
    ASSERT_EQ(outcome.complaints, "");
    ASSERT_EQ(outcome.sets->size(), 1U);
    const MeasuredSet& set = outcome.sets->front();
    EXPECT_EQ(set.form, RowForm::kMatmulLibrary);
    EXPECT_EQ(set.use, RowUse::kFitted);
    ASSERT_EQ(set.rows.size(), 1U);  // rows with another layout or with 128 rows are omitted
    EXPECT_THAT(set.left_out, testing::ElementsAre("1 call of another layout than the library's own"));
    EXPECT_EQ(set.rows.front().name, "m=1,k=64,n=64");
    EXPECT_EQ(set.rows.front().dtype, DType::kInt8);
    EXPECT_DOUBLE_EQ(in_microseconds(set.rows.front().measured), 30);
    EXPECT_TRUE(std::get<TimedKernel>(set.rows.front().work).kernel.library_call);
}

TEST_F(MeasuredSets, SayWhetherEachCallWasMadeOnce) {
    const auto cache = [&](const std::string& column, const std::string& repetitions) {
        std::string header(kLibraryHeader);
        header.insert(header.size() - 1, column);
        const auto outcome = load_set(library_set(), header + "1,64,64,int8,1,1,50" + repetitions + "\n");
        EXPECT_EQ(outcome.complaints, "");
        return std::get<TimedKernel>(outcome.sets->front().rows.front().work).kernel.cache;
    };
    EXPECT_EQ(cache("", ""), CacheState::kHot);
    EXPECT_EQ(cache(",reps", ",30"), CacheState::kHot);
    EXPECT_EQ(cache(",reps", ",1"), CacheState::kCold);
}

TEST_F(MeasuredSets, SayHowFarARepetitionWouldBeOff) {
    const auto outcome =
        load_set(library_set(", call_noise: 25 us, noise: 4%"), std::string(kLibraryHeader) + "1,64,64,int8,1,1,50\n");
    ASSERT_EQ(outcome.complaints, "");
    EXPECT_DOUBLE_EQ(in_microseconds(outcome.sets->front().call_noise), 25);
    EXPECT_DOUBLE_EQ(outcome.sets->front().noise, 0.04);
}

TEST_F(MeasuredSets, LeaveOutWhatTheProfileCannotPredict) {
    const auto outcome =
        load_set(library_set(), std::string(kLibraryHeader) + "1,64,64,int4,1,1,30\n1,9000,64,int8,1,1,30\n");
    ASSERT_EQ(outcome.complaints, "");
    EXPECT_TRUE(outcome.sets->front().rows.empty());
    EXPECT_THAT(
        outcome.sets->front().left_out,
        testing::ElementsAre("m=1,k=64,n=64: compiled 1.0 does not run matmul here: npu multiplies fp16 and int8, "
                             "not int4",
                             testing::AllOf(testing::StartsWith("m=1,k=9000,n=64: "),
                                            testing::HasSubstr("k is 9000, the limit is 8192"))));
}

TEST_F(MeasuredSets, ReadLayersWithTheirFollowersAndTheVendorsEstimate) {
    const auto outcome = load_set(layer_set(), std::string(kLayerHeader) +
                                                   "1000,1,up,ConvAdd,fp16,,10,64,32,5000,2000,40,\n"
                                                   "500,3,norm,exNorm,fp16,\"1,64,1,10\",,,,,,9,\n"
                                                   "1000,1,out,OutputOperator,fp16,,,,,,,1,\n");
    ASSERT_EQ(outcome.complaints, "");
    const MeasuredSet& set = outcome.sets->front();
    ASSERT_EQ(set.rows.size(), 2U);
    EXPECT_EQ(set.rows[0].name, "up ConvAdd, 1 core, 1000 MHz");
    EXPECT_EQ(set.rows[0].op_class, "matmul + add");
    EXPECT_DOUBLE_EQ(in_microseconds(set.rows[0].vendor_estimate.value()), 5);  // the longer of both, at 1 GHz
    const auto& matmul = std::get<TimedKernel>(set.rows[0].work).kernel;
    EXPECT_EQ(matmul.epilogue_length, 1);
    EXPECT_EQ(std::get<MatmulDims>(matmul.dims).n, 32);
    EXPECT_EQ(set.rows[1].name, "norm exNorm, 3 cores, 500 MHz");
    EXPECT_FALSE(set.rows[1].vendor_estimate.has_value());
    const auto& norm = std::get<RowsDims>(std::get<TimedKernel>(set.rows[1].work).kernel.dims);
    EXPECT_EQ(norm.rows, 10);
    EXPECT_EQ(norm.cols, 64);
    EXPECT_THAT(set.left_out, testing::ElementsAre("OutputOperator: no operator of a graph, 2% of the time"));
}

TEST_F(MeasuredSets, ReadConvolutionsAndReshapesFromTheirShapes) {
    const auto outcome =
        load_set(layer_set(), std::string(kShapeHeader) +
                                  "1000,1,wide,Conv,fp16,\"1,64,1,20\",\"32,64,1,3\",\"1,32,1,10\",10,192,32,,,9,\n"
                                  "1000,1,point,Conv,fp16,\"1,64,1,20\",\"32,64,1,1\",\"1,32,1,20\",20,64,32,,,9,\n"
                                  "1000,1,heads,Reshape,fp16,\"1,64,1,20\",,\"4,16,1,20\",,,,,,1,\n"
                                  "1000,1,out,Reshape,fp16,\"1,64,1,20\",,\"1,64,20\",,,,,,9,\n");
    ASSERT_EQ(outcome.complaints, "");
    const auto& rows = outcome.sets->front().rows;
    ASSERT_EQ(rows.size(), 4U);
    const auto dims = [&rows](std::size_t i) { return std::get<TimedKernel>(rows[i].work).kernel.dims; };
    EXPECT_EQ(rows[0].op_class, "conv2d");
    EXPECT_EQ(dims(0), Dims(ConvDims{.in_channels = 64,
                                     .out_channels = 32,
                                     .in_width = 20,
                                     .kernel_width = 3,
                                     .stride = 2,
                                     .out_width = 10,
                                     .bias = true}));
    EXPECT_EQ(rows[1].op_class, "matmul");  // one tap
    EXPECT_EQ(dims(2), Dims(RowsDims{.rows = 20, .cols = 256 / 4, .run = 64, .out_run = 16}));
    EXPECT_EQ(dims(3), Dims(RowsDims{.rows = 20, .cols = 64, .run = 64, .out_run = 1}));
}

// The vendor prints a filter per channel as 1 x channels; a transposed convolution has its results per group second.
TEST_F(MeasuredSets, ReadFiltersPerChannelAndTransposedConvolutions) {
    const auto outcome =
        load_set(layer_set(), std::string(kShapeHeader) +
                                  "1000,1,a,ConvExSwish,int8,\"1,144,56,56\",\"1,144,3,3\",\"1,144,56,56\",,,,,,9,\n"
                                  "1000,1,b,ConvExSwish,int8,\"1,144,56,56\",\"144,1,3,3\",\"1,144,56,56\",,,,,,9,\n"
                                  "1000,1,c,ConvTranspose,int8,\"1,64,20,20\",\"64,32,2,2\",\"1,32,40,40\",,,,,,9,\n"
                                  "1000,1,d,Conv,int8,\"1,64,20,20\",\"1,64,1,1\",\"1,1,20,20\",,,,,,9,\n");
    ASSERT_EQ(outcome.complaints, "");
    const auto& rows = outcome.sets->front().rows;
    ASSERT_EQ(rows.size(), 4U);
    const auto conv = [&rows](std::size_t i) {
        return std::get<ConvDims>(std::get<TimedKernel>(rows[i].work).kernel.dims);
    };
    EXPECT_EQ(conv(0).groups, 144);
    EXPECT_EQ(conv(0), conv(1));
    EXPECT_EQ(conv(2).out_channels, 32);
    EXPECT_EQ(conv(2).groups, 1);
    EXPECT_EQ(conv(3).out_channels, 1);
    EXPECT_EQ(conv(3).groups, 1);
}

TEST_F(MeasuredSets, ReadHeadsThatAreLaidOutAsImages) {
    const auto outcome = load_set(
        layer_set(), std::string(kShapeHeader) +
                         "1000,1,a,exSDPAttention,fp16,\"12,64,32,32;12,64,1,1024;...\",,\"12,64,32,32\",,,,,,9,\n");
    ASSERT_EQ(outcome.complaints, "");
    const Kernel& kernel = std::get<TimedKernel>(outcome.sets->front().rows.front().work).kernel;
    EXPECT_EQ(kernel.dims, Dims(AttentionDims{1, 12, 12, 1024, 1024, 64}));
}

// Names of dtypes in any case; a product in one that the array lacks is multiplied in the nearest; what no kernel is of
// is left out by name.
TEST_F(MeasuredSets, ReadLayersOfAnyDtype) {
    const std::string rows =
        "1000,1,a,Conv,FP16,,10,64,32,,,40,\n1000,1,b,Conv,fp32,,10,64,32,,,40,\n1000,1,c,Conv,bool,,10,64,32,,,20,\n";
    const auto outcome = load_set(layer_set(), std::string(kLayerHeader) + rows);
    ASSERT_EQ(outcome.complaints, "");
    const MeasuredSet& set = outcome.sets->front();
    ASSERT_EQ(set.rows.size(), 2U);
    EXPECT_EQ(set.rows[0].dtype, DType::kFp16);
    EXPECT_FALSE(std::get<TimedKernel>(set.rows[0].work).kernel.multiply);
    EXPECT_EQ(std::get<TimedKernel>(set.rows[1].work).kernel.multiply, DType::kFp16);
    EXPECT_THAT(set.left_out, testing::ElementsAre("Conv: no kernel is of dtype 'bool', 20% of the time"));
}

// The runtime's printouts do not state it; the profile's then holds, and a fit may look for it.
TEST_F(MeasuredSets, LayersWithoutAClockHaveTheProfiles) {
    const auto outcome = load_set(layer_set(), std::string(kLayerHeader) + ",1,up,Conv,fp16,,10,64,32,,,40,\n");
    EXPECT_THAT(outcome.complaints, testing::HasSubstr("warning: the table does not state the clock of npu, and is "
                                                       "judged at 1 GHz (expected --set hardware.devices.npu.clock="));
    const MeasuredRow& row = outcome.sets->front().rows.front();
    EXPECT_EQ(row.name, "up Conv, 1 core");
    EXPECT_FALSE(std::get<TimedKernel>(row.work).execution.clock);
}

// The table states the fusion; without a rule of the runtime, its traffic defaults to one read of three.
TEST_F(MeasuredSets, ReadPairsThatTheRuntimeHasNoRuleFor) {
    write("hardware/board.yaml", [] {
        std::string text = board_text();
        const std::string rule = "{pattern: [matmul, add], traffic: 0.33}, ";
        text.erase(text.find(rule), rule.size());
        return text;
    }());
    const auto outcome = load_set(layer_set(), std::string(kLayerHeader) + "1000,1,up,ConvAdd,fp16,,10,64,32,,,40,\n");
    ASSERT_EQ(outcome.complaints, "");
    const Kernel& kernel = std::get<TimedKernel>(outcome.sets->front().rows.front().work).kernel;
    ASSERT_EQ(kernel.epilogue_length, 1);
    EXPECT_EQ(kernel.epilogue[0].kind, OperatorKind::kAdd);
    EXPECT_DOUBLE_EQ(kernel.epilogue[0].traffic, 1.0 / 3);
}

TEST_F(MeasuredSets, ReadImagesAndTheTimeOfWhatIsNone) {
    const auto outcome =
        load_set(layer_set(),
                 "npu_mhz,cores,layer,op_type,target,dtype,input_shape_nchw,weight_shape_oihw,output_shape_nchw,m,k,n,"
                 "vendor_est_ddr_cycles,vendor_est_npu_cycles,measured_us,rw_kb\n"
                 "1000,3,a,ConvReluAdd,npu,uint8,\"1,32,16,20\",\"64,32,3,3\",\"1,64,8,10\",,,,0,0,60,\n"
                 "1000,1,b,Concat,npu,int8,\"1,32,8,10;1,32,8,10;...\",,\"1,96,8,10\",,,,,,20,\n"
                 "1000,1,c,MaxPool,npu,int8,\"1,32,8,10\",,\"1,32,4,5\",,,,,,10,\n"
                 "1000,1,d,Reshape,npu,fp16,\"1,64,1,32\",,\"1,32,2,32\",,,,,,0,\n"
                 "1000,1,e,Wobble,npu,fp16,\"1,64,1,32\",,\"1,32,2,32\",,,,,,10,\n");
    ASSERT_EQ(outcome.complaints, "");
    const MeasuredSet& set = outcome.sets->front();
    ASSERT_EQ(set.rows.size(), 3U);  // rows without time are omitted
    EXPECT_EQ(set.rows[0].op_class, "conv2d + relu + add");
    EXPECT_EQ(set.rows[0].dtype, DType::kInt8);
    const auto& conv = std::get<ConvDims>(std::get<TimedKernel>(set.rows[0].work).kernel.dims);
    EXPECT_EQ(conv.stride, 2);
    EXPECT_EQ(conv.out_height, 8);
    const auto& pool = std::get<RowsDims>(std::get<TimedKernel>(set.rows[2].work).kernel.dims);
    EXPECT_EQ(pool.rows, 80);
    EXPECT_EQ(pool.out_rows, 20);
    EXPECT_THAT(set.left_out, testing::ElementsAre("Wobble: a type of layer that is not known, 10% of the time"));
}

TEST_F(MeasuredSets, ReadTotalsWithTheLengthThatWasPaidFor) {
    const auto outcome = load_set(total_set(), std::string(kTotalHeader) +
                                                   "tiny,npu,fp16,10,16,1,1,2.5\n"
                                                   "tiny,cpu,fp32,10,,1,6,4\n"
                                                   "tiny,npu,fp16,,32,1,1,5\n");
    ASSERT_EQ(outcome.complaints, "");
    const auto& rows = outcome.sets->front().rows;
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].name, "tiny fp16 on npu, bucket of 16");
    EXPECT_EQ(rows[1].name, "tiny fp32 on cpu, 10 tokens");
    EXPECT_DOUBLE_EQ(in_milliseconds(rows[0].measured), 2.5);
    EXPECT_EQ(std::get<ModelStage>(rows[0].work).tokens.front().tokens, 10);
    EXPECT_EQ(std::get<ModelStage>(rows[2].work).tokens.front().tokens, 32);  // unknown: assumed to be full
}

TEST_F(MeasuredSets, NeedAManifest) {
    EXPECT_EQ(load_board().complaints,
              "--hardware: error: board has no measurements to compare with (expected a file "
              "hardware/measured/board/validation.yaml)\n");
}

TEST_F(MeasuredSets, RefuseAManifestOfAnotherProfile) {
    EXPECT_EQ(load_manifest("profile: other\nsets: []\n").complaints,
              std::string(kManifest) + ":1:10: error: profile: these are measurements of 'other' (expected board)\n");
}

TEST_F(MeasuredSets, RefuseUnknownKeysFormsUsesAndDevices) {
    const auto where = [](int column) { return std::string(kManifest) + ":3:" + std::to_string(column) + ": error: "; };
    EXPECT_THAT(load_set("{name: x, file: rows.csv, form: model-totals, use: unseen, note: n, nots: m}", "").complaints,
                testing::StartsWith(where(73) + "unknown key 'nots'"));
    EXPECT_THAT(load_set("{name: x, file: rows.csv, form: matmul, use: unseen, note: n}", "").complaints,
                testing::StartsWith(where(37) + "sets.0.form: unknown value 'matmul'"));
    EXPECT_THAT(load_set("{name: x, file: rows.csv, form: model-totals, use: seen, note: n}", "").complaints,
                testing::HasSubstr("unknown value 'seen'"));
    EXPECT_THAT(
        load_set("{name: x, file: rows.csv, form: compiled-layers, device: gpu, use: unseen, note: n}", "").complaints,
        testing::HasSubstr("no device 'gpu' (expected npu or cpu"));
}

TEST_F(MeasuredSets, RefuseATableWithoutAColumn) {
    const std::string once = std::string(kRowsFile) + ":1:1: error: column '";
    EXPECT_EQ(load_set(library_set(), "m,k,n\n1,64,64\n2,64,64\n").complaints, once + "dtype_in' is missing\n");
    EXPECT_EQ(load_set(library_set(), "m,k,dtype_in,ac_native_layout,b_native_layout\n1,64,int8,1,1\n").complaints,
              once + "n' is missing\n" + once + "us' is missing\n");
}

TEST_F(MeasuredSets, RefuseCellsThatMakeNoSense) {
    const auto complaints = [this](const std::string& row) {
        return load_set(library_set(), std::string(kLibraryHeader) + row + "\n").complaints;
    };
    const std::string line = std::string(kRowsFile) + ":2:";
    EXPECT_EQ(complaints("0,64,64,int8,1,1,30"), line + "1: error: m is '0' (expected a whole number of at least 1)\n");
    EXPECT_EQ(complaints("1,64,x,int8,1,1,30"), line + "6: error: n is 'x' (expected a whole number of at least 1)\n");
    EXPECT_EQ(complaints("1,64,64,int8,1,1,-3"), line + "18: error: us is '-3' (expected a number greater than 0)\n");
    EXPECT_EQ(complaints("1,64,64,int8,1,1,nan"), line + "18: error: us is 'nan' (expected a number greater than 0)\n");
    EXPECT_EQ(complaints("1,64,64,int8,1,1,"), line + "18: error: us is empty (expected the time that was measured)\n");
    EXPECT_THAT(complaints("1,64,64,int9,1,1,30"), testing::StartsWith(line + "9: error: unknown dtype 'int9'"));
}

TEST_F(MeasuredSets, RefuseTotalsOfNothing) {
    const auto complaints = [this](const std::string& row) {
        return load_set(total_set(), std::string(kTotalHeader) + row + "\n").complaints;
    };
    EXPECT_THAT(complaints("tiny,npu,fp16,,,1,1,5"), testing::HasSubstr("neither tokens nor a bucket are given"));
    EXPECT_THAT(complaints("tiny,gpu,fp16,8,,1,1,5"), testing::HasSubstr("no device 'gpu' in board"));
    EXPECT_THAT(complaints("tinny,npu,fp16,8,,1,1,5"), testing::HasSubstr("'tinny'"));
    EXPECT_THAT(complaints("tiny,npu,fp16,8,,1,1,"), testing::HasSubstr("no time is given"));
}

TEST_F(MeasuredSets, CountThePassesThatNothingDisturbed) {
    const auto outcome = load_set(total_set(),
                                  "model,device,dtype,tokens,bucket,batch,cores,pass,measured_ms,pace\n"
                                  "tiny,cpu,fp32,10,,1,6,1,4,0.95\n"
                                  "tiny,cpu,fp32,10,,1,6,2,9,0.6\n"
                                  "tiny,cpu,fp32,10,,1,6,3,5,0.99\n"
                                  "tiny,npu,fp16,10,16,1,1,1,8,0.8\n"
                                  "tiny,npu,fp16,10,16,1,1,2,7,0.3\n");
    ASSERT_EQ(outcome.complaints, "");
    const auto& rows = outcome.sets->front().rows;
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_DOUBLE_EQ(in_milliseconds(rows[0].measured), 4.5);
    EXPECT_NEAR(rows[0].noise.value_or(0), 0.5 / 4.5, 1e-9);
    // All runs were disturbed, which only increases a time, so the fastest one is used.
    EXPECT_DOUBLE_EQ(in_milliseconds(rows[1].measured), 7);
    EXPECT_FALSE(rows[1].noise.has_value());
}

TEST_F(MeasuredSets, MayHaveBeenTimedWithTheInputsInPlace) {
    // A single matrix for images: no tokens, and an operator that the device supports.
    write("models/architectures/dense.yaml",
          "architecture: dense\nsizes: {width: columns}\ninputs: {image: {shape: [batch, width]}}\nsections:\n"
          "  - section: s\n    result: mul\n    operators:\n"
          "      - {name: mul, op: matmul, inputs: [image], m: batch, k: width, n: width, shape: [batch, width]}\n");
    write("models/wide.yaml", "model: wide\narchitecture: dense\nsizes: {width: 512}\n");
    const std::string header = "model,device,dtype,tokens,bucket,batch,cores,measured_ms,handover\n";
    EXPECT_THAT(load_set(total_set(), header + "wide,npu,fp16,,,1,1,2.5,half\n").complaints,
                testing::HasSubstr("'half' is not known here (expected included or excluded)"));
    const auto outcome =
        load_set(total_set(), header + "wide,npu,fp16,,,1,1,2.5,included\nwide,npu,fp16,,,1,1,2.5,excluded\n");
    ASSERT_EQ(outcome.complaints, "");
    Diagnostics diagnostics;
    const auto profile = load_hardware(library(), "board", {}, SourceLocation("test"), diagnostics);
    const auto validation = validate(*profile, *outcome.sets, diagnostics);
    ASSERT_TRUE(validation.has_value()) << diagnostics.text();
    const auto& rows = validation->sets.front().rows;
    EXPECT_EQ(rows.front().name, "wide fp16 on npu");
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_LT(rows[1].predicted.median, rows[0].predicted.median);
    EXPECT_GT(rows[1].predicted.median, profile->devices.front().runtime.dispatch_per_graph.value);
    EXPECT_NEAR(rows[1].predicted.high / rows[1].predicted.median, rows[0].predicted.high / rows[0].predicted.median,
                1e-9);
}

TEST_F(MeasuredSets, AreComparedRowByRow) {
    auto outcome =
        load_set(library_set(), std::string(kLibraryHeader) + "1,64,64,int8,1,1,30\n128,512,512,int8,1,1,400\n");
    ASSERT_EQ(outcome.complaints, "");
    Diagnostics diagnostics;
    const auto profile = load_hardware(library(), "board", {}, SourceLocation("test"), diagnostics);
    const auto validation = validate(*profile, *outcome.sets, diagnostics);
    ASSERT_TRUE(validation.has_value()) << diagnostics.text();
    ASSERT_EQ(validation->sets.size(), 1U);
    const auto& rows = validation->sets.front().rows;
    ASSERT_EQ(rows.size(), 2U);
    for (const ValidatedRow& row : rows) {
        EXPECT_LT(row.predicted.low, row.predicted.median);
        EXPECT_LT(row.predicted.median, row.predicted.high);
        EXPECT_LT(row.roofline, row.predicted.median) << "nothing is faster than the peak";
    }
    EXPECT_EQ(validation->sets.front().classes.size(), 2U);  // int8, and all
}

constexpr std::string_view kGenerationHeader = "model,dtype,prompt_tokens,new_tokens,ttft_ms,decode_tokens_per_s\n";

std::string generation_set(const std::string& more = "") {
    return "{name: chat, file: rows.csv, form: generation, device: npu, cores: 2, use: unseen, note: n" + more + "}";
}

TEST_F(MeasuredSets, ReadTheFirstTokenAndTheStepOfARow) {
    const auto outcome =
        load_set(generation_set(", models: [tiny]"), std::string(kGenerationHeader) + "tiny,w8a8,128,64,145.9,40\n" +
                                                         "tiny,w3a16,128,64,100,50\ntiny-1.5,w8a8,128,64,200,20\n");
    ASSERT_TRUE(outcome.sets) << outcome.complaints;
    const MeasuredSet& set = outcome.sets->front();
    ASSERT_EQ(set.rows.size(), 2U);
    EXPECT_EQ(set.rows[0].name, "tiny w8a8, first token after 128");
    EXPECT_EQ(set.rows[0].op_class, "prefill");
    EXPECT_EQ(set.rows[0].measured, milliseconds(145.9));
    const auto& first = std::get<ModelStage>(set.rows[0].work);
    EXPECT_EQ(first.generation->phase, Phase::kPrefill);
    EXPECT_EQ(first.generation->prompt, 128);
    EXPECT_EQ(first.generation->new_tokens, 0);
    EXPECT_EQ(first.precision.dtype, DType::kInt8);
    EXPECT_EQ(first.cores.at(set.rows[0].device), 2);
    EXPECT_EQ(set.rows[1].op_class, "decode");
    EXPECT_NEAR(in_milliseconds(set.rows[1].measured), 25, 1e-9);
    EXPECT_EQ(std::get<ModelStage>(set.rows[1].work).generation->new_tokens, 64);
    EXPECT_THAT(set.left_out, testing::ElementsAre("tiny: w3a16 cannot be predicted"));
}

TEST_F(MeasuredSets, GenerationNeedsOneOfBothTimes) {
    const auto step = load_set(generation_set(), std::string(kGenerationHeader) + "tiny,w8a8,128,64,,40\n");
    ASSERT_TRUE(step.sets) << step.complaints;
    ASSERT_EQ(step.sets->front().rows.size(), 1U);
    EXPECT_EQ(step.sets->front().rows.front().op_class, "decode");
    const auto none = load_set(generation_set(), std::string(kGenerationHeader) + "tiny,w8a8,128,64,,\n");
    EXPECT_FALSE(none.sets);
    EXPECT_THAT(none.complaints, testing::HasSubstr("no time is given"));
}

}  // namespace
}  // namespace berth
