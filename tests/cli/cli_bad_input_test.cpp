// Every kind of bad input: its message, exit status 2, and nothing written.
#include "cli/run_berth.h"

namespace berth {
namespace {

class CliBadInput : public BerthCommand {
  protected:
    // Writes a scenario with one stage that runs a model; tests make it invalid.
    void write_scenario(const std::string& stages) const {
        write("s.yaml", "scenario: S\nhardware: rk3588-rknn-2.3.2\nstages:\n" + stages + "objective: latency\n");
    }
    // Writes a profile that extends the shipped one with one change.
    void write_profile(const std::string& change) const {
        write("p.yaml", "profile: p\nextends: rk3588-rknn-2.3.2\n" + change);
    }
};

TEST_F(CliBadInput, AMissingScenarioNamesTheNearestThatShips) {
    expect_refused({"run", "rag-rk3855"},
                   "rag-rk3855: error: there is no scenario 'rag-rk3855' (expected a file, or a name that `berth list "
                   "scenarios` shows, did you mean rag-rk3588?)\n");
    expect_refused({"run", "nothing-like-it.yaml", "--format", "json", "--report", "out"},
                   "nothing-like-it.yaml: error: there is no scenario 'nothing-like-it.yaml' (expected a file, or a "
                   "name that `berth list scenarios` shows)\n");
}

TEST_F(CliBadInput, AMissingModelOrProfileNamesTheNearest) {
    expect_refused(
        {"predict", "--hardware", "rk3588-rknn-2.3.1", "--device", "npu", "--model", "bert-base-uncased"},
        "--hardware: error: there is no hardware 'rk3588-rknn-2.3.1' (expected a file, or a name that `berth "
        "list hardware` shows, did you mean rk3588-rknn-2.3.2?)\n");
    expect_refused({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--model", "bert-base-unkased"},
                   "--model: error: there is no model 'bert-base-unkased' (expected a file, or a name that `berth list "
                   "models` shows, did you mean bert-base-uncased?)\n");
}

TEST_F(CliBadInput, ABatchNeedsAGraphThatNamesIt) {
    write_scenario("  - {name: det, model: ppocr-v4-det, dtype: int8, batch: 16}\n");
    const std::string refusal = "ppocr-v4-det has one input per pass: its graph names no 'batch' (expected ";
    for (const char* command : {"run", "check"}) {
        expect_refused({command, "s.yaml"},
                       "s.yaml:4:58: error: stages.0.batch: " + refusal + "batch: 1, and repeat: 16 for 16 passes)\n");
    }
    const Outcome one =
        berth({"run", "s.yaml", "--set", "stages.det.batch=1", "--set", "objective=throughput", "--format", "json"});
    EXPECT_TRUE(one.json().contains("core_splits"));
    EXPECT_FALSE(one.json().contains("batch_sizes")) << "they would cost as much as one input";
    const Outcome swept = berth({"sweep", "s.yaml", "--set", "stages.det.batch=1", "--vary", "stages.det.batch=1,2"});
    EXPECT_NE((swept.out + swept.err).find(refusal), std::string::npos) << swept.out << swept.err;
    const std::string expected = "1, or a model whose graph names 'batch')\n";
    expect_refused({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--dtype", "int8", "--model",
                    "ppocr-v4-det", "--batch", "64"},
                   "--batch: error: " + refusal + expected);
    write("t.csv", "model,dtype,batch,ms\nppocr-v4-det,int8,4,20\n");
    const Outcome rows =
        berth({"validate", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--measured", "t.csv"});
    EXPECT_EQ(rows.status, 2);
    EXPECT_NE(rows.err.find("t.csv:2:19: error: " + refusal + expected), std::string::npos) << rows.err;
}

TEST_F(CliBadInput, AMissingFileToCheckNamesTheNearestInItsFolder) {
    write("model.yaml", "");
    expect_refused({"check", "modle.yaml"},
                   "modle.yaml: error: cannot open the file: No such file or directory (did you mean model.yaml?)\n");
}

TEST_F(CliBadInput, AnUnknownKeyNamesTheNearestKnownOne) {
    write_scenario("  - {name: rerank, model: bert-base-uncased, dtype: int8, tokns: 122, tokens: 122}\n");
    expect_refused({"run", "s.yaml"}, "s.yaml:4:59: error: unknown key 'tokns' in 'stages.0' (did you mean tokens?)\n");
}

TEST_F(CliBadInput, AFrequencyIsNoSize) {
    write_profile("devices: {npu: {memories: {sram: {capacity: 4 GHz}}}}\n");
    expect_refused({"check", "p.yaml"},
                   "p.yaml:3:45: error: devices.npu.memories.sram.capacity: GHz is a frequency, not a size in bytes "
                   "(expected a size in bytes such as 384 KiB)\n");
}

TEST_F(CliBadInput, ZeroAndNegativeValuesAreNamed) {
    write_profile("memory: {dram: {bandwidth: 0 GB/s}}\ndevices: {npu: {clock: -1 GHz}}\n");
    const Outcome outcome = berth({"check", "p.yaml"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find("p.yaml:3:28: error: memory.dram.bandwidth: '0 GB/s' is zero"), std::string::npos)
        << outcome.err;
    EXPECT_NE(outcome.err.find("p.yaml:4:24: error: devices.npu.clock: '-1 GHz' is negative"), std::string::npos)
        << outcome.err;
}

TEST_F(CliBadInput, NumbersOutsideTheRangeOfTheirDimension) {
    write("s.yaml",
          "scenario: S\nhardware: rk3588-rknn-2.3.2\nstages:\n  - {name: a, takes: 1 ms}\n"
          "arrivals: {users: 1, think: 1e308 s}\n");
    expect_refused(
        {"run", "s.yaml"},
        "s.yaml:5:29: error: arrivals.think: '1e308 s' is too large for a time (expected a value from 1 ps to "
        "1000000000 s)\n");
    write_profile("devices: {npu: {vector: {norm: {traffic: 1e308}}}}\n");
    expect_refused(
        {"check", "p.yaml"},
        "p.yaml:3:42: error: devices.npu.vector.norm.traffic: '1e308' is too large for a plain number (expected "
        "a value from 1e-09 to 1000000000)\n");
    const Outcome clock = berth({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--op", "matmul",
                                 "--shape", "m=1,k=1,n=1", "--dtype", "int8", "--clock", "1e300 Hz"});
    EXPECT_EQ(clock.status, 2);
    EXPECT_NE(clock.err.find("is too large for a frequency"), std::string::npos) << clock.err;
}

TEST_F(CliBadInput, HeadsThatDoNotDivideTheWidth) {
    write("m.yaml",
          "model: m\narchitecture: bert-encoder\n"
          "sizes: {layers: 1, hidden: 100, heads: 12, ffn: 64, vocab: 10, max_positions: 16}\n");
    expect_refused({"check", "m.yaml"}, "m.yaml:3:28: error: hidden 100 is not divisible by heads 12\n");
}

TEST_F(CliBadInput, ABucketSmallerThanTheTokens) {
    write_scenario("  - {name: rerank, model: bert-base-uncased, dtype: int8, tokens: 122, buckets: [64]}\n");
    expect_refused(
        {"run", "s.yaml"},
        "s.yaml:4:81: error: stages.0.buckets: the largest bucket, 64, is smaller than the 122 tokens of the "
        "input (expected a bucket of at least 122, did you mean 128?)\n");
    expect_refused({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--model", "bert-base-uncased",
                    "--tokens", "122", "--bucket", "64"},
                   "--bucket: error: a bucket of 64 does not hold 122 tokens (expected a bucket of at least 122)\n");
}

TEST_F(CliBadInput, AnOperatorThatNoDeviceSupports) {
    std::string profile = content_of(std::string(BERTH_SOURCE_DIR) + "/hardware/onednn-cpu.yaml");
    const std::size_t rule = profile.find("layer_norm:");
    ASSERT_NE(rule, std::string::npos);
    profile.erase(rule, profile.find('\n', rule) - rule);
    ASSERT_EQ(profile.find("layer_norm:"), std::string::npos);
    write("h.yaml", profile);
    write("s.yaml",
          "scenario: S\nhardware: h.yaml\nstages:\n"
          "  - {name: encode, model: bert-base-uncased, dtype: fp32, tokens: 16}\nobjective: latency\n");
    const std::string why = "embeddings.norm: oneDNN does not run layer_norm here: the profile does not list it";
    expect_refused({"run", "s.yaml"}, "s.yaml:4:5: error: stage 'encode' cannot run on cpu: " + why + "\n");
    expect_refused({"check", "s.yaml"}, "s.yaml:4:5: error: stage 'encode' cannot run on cpu: " + why + "\n");
    const Outcome predicted =
        berth({"predict", "--hardware", "h.yaml", "--device", "cpu", "--model", "bert-base-uncased", "--tokens", "16"});
    EXPECT_EQ(predicted.status, 2);
    EXPECT_EQ(predicted.out, "");
    EXPECT_NE(predicted.err.find(why), std::string::npos) << predicted.err;
}

TEST_F(CliBadInput, OperatorsThatReadEachOther) {
    write("architectures/loop.yaml",
          "architecture: loop\n"
          "sizes: {width: columns}\n"
          "inputs:\n"
          "  x: {shape: [tokens, width]}\n"
          "sections:\n"
          "  - section: body\n"
          "    result: b\n"
          "    operators:\n"
          "      - {name: a, op: add, inputs: [x, b], rows: tokens, cols: width, shape: [tokens, width]}\n"
          "      - {name: b, op: gelu, inputs: [a], rows: tokens, cols: width, shape: [tokens, width]}\n");
    write("m.yaml", "model: m\narchitecture: loop\nsizes: {width: 64}\n");
    expect_refused({"check", "architectures/loop.yaml"},
                   "architectures/loop.yaml:9:9: error: operators form a cycle: a -> b -> a\n");
    const Outcome outcome = berth({"check", "m.yaml"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("operators form a cycle: body.a -> body.b -> body.a"), std::string::npos) << outcome.err;
}

TEST_F(CliBadInput, AStageNamedTwice) {
    write_scenario(
        "  - {name: rerank, takes: 1 ms}\n"
        "  - {name: rerank, takes: 2 ms}\n");
    const Outcome outcome = berth({"run", "s.yaml"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find("s.yaml:5:"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("rerank"), std::string::npos) << outcome.err;
}

TEST_F(CliBadInput, AReportWhereNoFolderCanBe) {
    write("taken", "a file");
    expect_refused({"run", "rag-rk3588", "--report", "taken/report"},
                   "taken/report: error: cannot make the folder of the report: Not a directory\n");
    expect_refused({"run", "rag-rk3588", "--report", "taken"},
                   "taken: error: cannot make the folder of the report: Not a directory\n");
}

TEST_F(CliBadInput, ASettingWithAnUnknownPath) {
    expect_refused({"run", "rag-rk3588", "--set", "stages.rerank.tokns=128"},
                   "--set stages.rerank.tokns:1:1: error: unknown key 'tokns' in 'stages.2' (did you mean tokens?)\n");
    const Outcome stage = berth({"run", "rag-rk3588", "--set", "stages.rerunk.tokens=128"});
    EXPECT_EQ(stage.status, 2);
    EXPECT_EQ(stage.out, "");
    EXPECT_NE(stage.err.find("did you mean rerank?"), std::string::npos) << stage.err;
    const Outcome device = berth({"ops", "rag-rk3588", "--set", "hardware.devices.nqu.clock=1 GHz"});
    EXPECT_EQ(device.status, 2);
    EXPECT_EQ(device.out, "");
    EXPECT_NE(device.err.find("did you mean npu?"), std::string::npos) << device.err;
    expect_refused({"run", "rag-rk3588", "--set", "stages.rerank.tokens"},
                   "--set: error: 'stages.rerank.tokens' gives no value to a path (expected PATH=VALUE, such as "
                   "stages.rerank.tokens=122)\n");
}

TEST_F(CliBadInput, AllBadCellsOfATableAtOnce) {
    write("rows.csv",
          "op,dtype,m,k,n,layot,cores,clock_mhz,id\n"
          "matmull,fp16,1,2,3,,,,\n"
          "matmul,fp61,x,2,,,9,-5,\n"
          "gelu,fp16,,,,,1.5,,\n");
    expect_refused(
        {"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--csv", "rows.csv"},
        "rows.csv:1:16: error: unknown column 'layot' (did you mean layout?)\n"
        "rows.csv:1:38: warning: column 'id' is not read\n"
        "rows.csv:2:1: error: unknown op 'matmull' (expected matmul, conv2d, attention, softmax, layer_norm, rms_norm, "
        "gelu, silu, relu, tanh, sigmoid, add, mul, transpose, reshape, split, concat, embedding, pool, resize, scan, "
        "normalize, quantize, dequantize, cast or other, did you mean matmul?)\n"
        "rows.csv:3:1: error: shape: matmul needs the size n\n"
        "rows.csv:3:8: error: unknown dtype 'fp61' (expected fp32, fp16, bf16, int8, int4, w8a8, w8a16, w4a16, "
        "w4a16_g128, w4a16_g32, int8_dynamic, int8_dynamic_g32, q8_0, q4_0, q2_k, q3_k, q4_k, q5_k, q6_k, q5_0, q5_1, "
        "iq4_nl, q3_k_m, q4_k_s, q4_k_m, q5_k_s or q5_k_m, did you mean fp16?)\n"
        "rows.csv:3:13: error: m is 'x' (expected a whole number)\n"
        "rows.csv:3:19: error: '9' is no number of cores (expected 1 to 3, the cores of npu)\n"
        "rows.csv:3:21: error: '-5' is no clock in MHz (expected a number greater than 0)\n"
        "rows.csv:4:1: error: shape: gelu needs the size rows\n"
        "rows.csv:4:1: error: shape: gelu needs the size cols\n"
        "rows.csv:4:15: error: '1.5' is no number of cores (expected 1 to 3, the cores of npu)\n");
}

TEST_F(CliBadInput, ATableThatWasPredictedBefore) {
    write("rows.csv", "op,dtype,m,k,n,predicted_us\nmatmul,fp16,1,2,3,4\n");
    expect_refused({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--csv", "rows.csv"},
                   "rows.csv:1:16: error: column 'predicted_us' is there already (expected a table without the columns "
                   "that are added)\n");
}

TEST_F(CliBadInput, OptionsThatCannotBe) {
    const std::vector<std::string> start{"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu"};
    const auto with = [&start](std::vector<std::string> more) {
        more.insert(more.begin(), start.begin(), start.end());
        return more;
    };
    expect_refused(
        with({"--op", "matmul", "--shape", "m=1,k=2,p=3,m=4,n", "--dtype", "fp16", "--cores", "4", "--clock",
              "750 MHz"}),
        "--clock: error: npu does not run at 750 MHz (expected 300 MHz, 400 MHz, 500 MHz, 600 MHz, "
        "700 MHz, 800 MHz, 900 MHz or 1 GHz)\n"
        "--cores: error: npu has no 4 cores (expected 1 to 3)\n"
        "--shape:1:9: error: matmul has no size 'p' (expected batch, m, k, n, weights, bias, experts or active)\n"
        "--shape:1:13: error: size 'm' is given twice\n"
        "--shape:1:17: error: 'n' is no size (expected SIZE=NUMBER, such as m=128)\n");
    expect_refused(with({"--op", "matmul", "--shape", "m=0,k=2", "--dtype", "fp16"}),
                   "--op: error: shape: m is 0 (expected 1 or more)\n"
                   "--op: error: shape: matmul needs the size n\n");
    expect_refused(with({"--op", "matmul", "--shape", "m=16,k=9000,n=64,weights=0", "--dtype", "fp16"}),
                   "--op: error: rknn 2.3.2 does not run matmul here: k is 9000, the limit is 8192\n");
    expect_refused(with({"--op", "gelu", "--shape", "rows=1,cols=1", "--dtype", "fp16", "--layout", "native"}),
                   "--layout: error: gelu has no layout (expected matmul)\n");
    expect_refused(with({"--op", "gelu", "--shape", "rows=1,cols=1", "--dtype", "fp16", "--tokens", "4"}),
                   "--tokens: error: it cannot be combined with --op\n");
    expect_refused(with({"--model", "bert-base-uncased", "--clock", "4 GiB"}),
                   "--clock: error: GiB is a size in bytes, not a frequency (expected a frequency such as 1 GHz)\n");
    expect_refused(with({"--model", "bert-base-uncased", "--phase", "generate"}),
                   "--new-tokens: error: phase generate needs it (expected the number of tokens to generate)\n"
                   "--phase: error: bert-base-uncased does not generate text (expected a model that reads its whole "
                   "input at once, with --tokens)\n"
                   "--prompt: error: phase generate needs it (expected the tokens of the prompt)\n");
    expect_refused(with({"--model", "tinyllama-1.1b", "--phase", "decod", "--prompt", "4"}),
                   "--phase: error: unknown phase 'decod' (expected prefill, decode or generate)\n");
    expect_refused(with({"--model", "tinyllama-1.1b", "--prompt", "4"}),
                   "--prompt: error: it needs --phase (expected --phase generate)\n");
    expect_refused(with({"--model", "tinyllama-1.1b", "--phase", "prefill", "--prompt", "4", "--new-tokens", "2",
                         "--tokens", "4"}),
                   "--new-tokens: error: phase prefill generates none (expected phase generate)\n"
                   "--tokens: error: it cannot be combined with --phase (expected --prompt)\n");
}

TEST_F(CliBadInput, AStageOrOperatorThatIsNotThere) {
    expect_refused({"explain", "rag-rk3588", "--stage", "reran", "--op", "x"},
                   "--stage: error: no stage 'reran' in RAG query on RK3588 (expected embed or rerank, did you mean "
                   "rerank?)\n");
    expect_refused({"explain", "rag-rk3588", "--stage", "retrieve", "--op", "x"},
                   "--stage: error: stage 'retrieve' has a fixed time, no operators\n");
    expect_refused({"explain", "rag-rk3588", "--stage", "rerank", "--op", "layer.0.ffn.upp"},
                   "--op: error: no operator 'layer.0.ffn.upp' (expected a name that `berth ops` lists, did you mean "
                   "layer.0.ffn.up?)\n");
    expect_refused({"ops", "rag-rk3588", "--device", "gpu"},
                   "--device: error: no device 'gpu' in rk3588-rknn-2.3.2 (expected npu or cpu, did you mean npu?)\n");
}

TEST_F(CliBadInput, AFileThatDescribesNothing) {
    write("x.yaml", "modle: x\n");
    write("empty.yaml", "");
    expect_refused({"check", "x.yaml", "empty.yaml"},
                   "empty.yaml:1:1: error: the file does not say what it describes (expected a first key that is "
                   "profile, model, architecture or scenario)\n"
                   "x.yaml:1:1: error: the file does not say what it describes (expected a first key that is profile, "
                   "model, architecture or scenario, did you mean model?)\n");
}

TEST_F(CliBadInput, UnknownCommandsAndOptions) {
    expect_refused(
        {"rnu"},
        "berth: error: unknown command 'rnu' (expected run, predict, ops, explain, explore, sweep, crossover, "
        "sensitivity, diff, compare, gate, optimise, buckets, place, profile-host, measure, calibrate, validate, "
        "new-chip, list, import, check, schema, completion or man, did you mean run?)\n");
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"run"},
                                               {"run", "rag-rk3588", "--fromat", "json"},
                                               {"run", "rag-rk3588", "--format", "xml"},
                                               {"list", "planes"},
                                               {"explain", "rag-rk3588"},
                                               {"--nope"},
                                               {"explain", "rag-rk3588", "--format", "csv"}}) {
        const Outcome outcome = berth(words);
        EXPECT_EQ(outcome.status, 2) << ::testing::PrintToString(words);
        EXPECT_EQ(outcome.out, "");
        EXPECT_NE(outcome.err.find("Run with --help for more information."), std::string::npos) << outcome.err;
    }
}

TEST_F(CliBadInput, APictureHasNoTokens) {
    write_scenario("  - {name: see, model: yolov8n, dtype: int8, tokens: 1}\n");
    expect_refused({"run", "s.yaml"},
                   "s.yaml:4:54: error: stages.0.tokens: yolov8n has inputs of one size (expected no tokens)\n");
    const std::vector<std::string> predict{"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu",
                                           "--model", "yolov8n",    "--dtype",           "int8"};
    std::vector<std::string> with_tokens = predict;
    with_tokens.insert(with_tokens.end(), {"--tokens", "640", "--bucket", "1000"});
    const Outcome outcome = berth(with_tokens);
    EXPECT_EQ(outcome.err,
              "--bucket: warning: no effect: yolov8n has inputs of one size\n"
              "--tokens: warning: no effect: yolov8n has inputs of one size\n");
    EXPECT_EQ(outcome.out, berth(predict).out);
}

TEST_F(CliBadInput, APictureHasNoBuckets) {
    write_scenario("  - {name: see, model: yolov8n, dtype: int8, buckets: [128]}\n");
    expect_refused({"run", "s.yaml"},
                   "s.yaml:4:55: error: stages.0.buckets: yolov8n has inputs of one size (expected no buckets)\n");
}

TEST_F(CliBadInput, BucketsWithoutBracketsAreNoNumber) {
    write_scenario("  - {name: rerank, model: bert-base-uncased, dtype: int8, tokens: 20}\n");
    expect_refused(
        {"run", "s.yaml", "--set", "stages.rerank.buckets=32,256"},
        "--set stages.rerank.buckets:1:1: error: stages.0.buckets: '32,256' is no list (expected [32,256])\n");
}

TEST_F(CliBadInput, AnInputThatIsTooLongNamesTheStageThatAsksForIt) {
    write_scenario("  - {name: rerank, model: bert-base-uncased, dtype: int8, tokens: 600}\n");
    const Outcome input = berth({"run", "s.yaml"});
    EXPECT_EQ(input.status, 2);
    EXPECT_NE(input.err.find("600 tokens need more than max_positions 512"), std::string::npos) << input.err;
    EXPECT_NE(input.err.find("s.yaml:4:27: error: stage 'rerank' needs an input of 600 tokens\n"), std::string::npos)
        << input.err;
    write_scenario(
        "  - {name: answer, model: qwen2-0.5b, dtype: int8, phase: generate, prompt: 131072, new_tokens: 64}\n");
    const Outcome answer = berth({"run", "s.yaml", "--set", "hardware=rk3588-rkllm-1.3.0"});
    EXPECT_NE(answer.err.find("s.yaml:4:27: error: stage 'answer' needs 131136 positions, of which 64 are new "
                              "tokens\n"),
              std::string::npos)
        << answer.err;
}

TEST_F(CliBadInput, AProfileIsNotOfferedToItself) {
    write("near.yaml", "profile: near\nextends: neer\n");
    const Outcome outcome = berth({"run", "rag-rk3588", "--set", "hardware=near.yaml"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.err.rfind("near.yaml:2:10: error: no profile 'neer' (expected ", 0), 0U) << outcome.err;
    EXPECT_EQ(outcome.err.find("did you mean near?"), std::string::npos) << outcome.err;
}

TEST_F(CliBadInput, ASuggestedBucketIsOneThatTheModelReads) {
    write_scenario("  - {name: rerank, model: bert-base-uncased, dtype: int8, tokens: 500, buckets: [128]}\n");
    expect_refused({"run", "s.yaml"},
                   "s.yaml:4:81: error: stages.0.buckets: the largest bucket, 128, is smaller than the 500 tokens of "
                   "the input (expected a "
                   "bucket of at least 500, did you mean 512?)\n");
    write_scenario("  - {name: rerank, model: bert-base-uncased, dtype: int8, tokens: 600, buckets: [128]}\n");
    expect_refused({"run", "s.yaml"},
                   "s.yaml:4:81: error: stages.0.buckets: the largest bucket, 128, is smaller than the 600 tokens of "
                   "the input (expected an "
                   "input of at most 512 tokens, which is what bert-base-uncased reads)\n");
}

TEST_F(CliBadInput, OnlyProfilesCanBeExtended) {
    write_scenario("  - {name: see, model: yolov8n, dtype: int8}\n");
    write("p.yaml", "profile: p\nextends: s\n");
    const Outcome outcome = berth({"check", "p.yaml"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("p.yaml:2:10: error: no profile 's' (expected "), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.err.find("(expected s,"), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.err.find(", s,"), std::string::npos) << outcome.err;
}

TEST_F(CliBadInput, AMisspeltDeviceOfAnExtendedProfileIsNamed) {
    write_profile("devices: {npuu: {clock: 600 MHz}}\n");
    expect_refused(
        {"check", "p.yaml"},
        "p.yaml:3:11: error: the profile extends none with a device 'npuu', and its 'kind' and 'runtime' are "
        "missing (expected npu or cpu, did you mean npu?)\n");
}

TEST_F(CliBadInput, ADeviceIsNotComparedWithItself) {
    expect_refused({"crossover", "rag-rk3588", "--vary", "stages.rerank.tokens=16:512", "--between", "npu,npu"},
                   "--between: error: 'npu' is compared with itself (expected two devices, such as npu,cpu)\n");
}

TEST_F(CliBadInput, AShareAboveOneIsGivenInPercent) {
    expect_refused(
        {"diff", "rag-rk3588", "rag-rk3588-bucket-128", "--fail-on", "latency=5"},
        "--fail-on: error: 'latency=5' is nothing to fail on (expected decision, or latency= and a share such "
        "as 5%, did you mean latency=5%?)\n");
    EXPECT_EQ(berth({"diff", "rag-rk3588", "rag-rk3588-bucket-128", "--fail-on", "latency=500%"}).status, 0);
}

TEST_F(CliBadInput, ProfilesThatTakeAPrecisionAreAllNamed) {
    const Outcome outcome = berth({"run", "camera-rk3588", "--set", "hardware=coral-usb", "--set",
                                   "stages.detect.on=npu", "--set", "stages.detect.dtype=fp16"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("fp16 is offered by "), std::string::npos) << outcome.err;
    for (const char* profile : {"jetson-orin-nano (gpu)", "rk3588-rknn-2.3.2 (npu)"}) {
        EXPECT_NE(outcome.err.find(profile), std::string::npos) << outcome.err;
    }
}

}  // namespace
}  // namespace berth
