// Answers of the commands: the keys that scripts rely on, and relations between their numbers.
#include <algorithm>
#include <cmath>
#include <sstream>
#include <string_view>

#include "cli/run_berth.h"

namespace berth {
namespace {

using Json = nlohmann::json;

void expect_keys(const Json& object, const std::vector<std::string>& keys) {
    for (const std::string& key : keys) {
        EXPECT_TRUE(object.contains(key)) << key;
    }
}

// Numbers are printed with six significant digits.
void expect_equal(double a, double b) { EXPECT_NEAR(a, b, 1e-5 * std::abs(b)); }

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

// Cell of an unquoted row, counted from the right, since the added columns are the last four.
std::string cell_from_right(const std::string& line, int from_right) {
    std::size_t end = line.size();
    for (; from_right > 0; --from_right) {
        end = line.rfind(',', end - 1);
    }
    const std::size_t start = line.rfind(',', end - 1) + 1;
    return line.substr(start, end - start);
}

constexpr int kPredicted = 3;

// Measured rows with their times multiplied by `factor`.
std::string slowed(const std::string& csv, std::string_view column, double factor) {
    std::string text;
    std::size_t at = 0;
    for (const std::string& line : lines_of(csv)) {
        std::vector<std::string> cells;
        std::istringstream row(line);
        for (std::string cell; std::getline(row, cell, ',');) {
            cells.push_back(cell);
        }
        if (text.empty()) {
            at = static_cast<std::size_t>(std::ranges::find(cells, column) - cells.begin());
        } else {
            cells.at(at) = std::to_string(std::stod(cells.at(at)) * factor);
        }
        for (const std::string& cell : cells) {
            text += cell + (&cell == &cells.back() ? "\n" : ",");
        }
    }
    return text;
}

class CliAnswer : public BerthCommand {
  protected:
    // Rows predicted on the NPU of the reference profile, or on another device.
    [[nodiscard]] std::vector<std::string> predicted(const std::string& csv, const std::string& device = "npu") const {
        write("rows.csv", csv);
        const Outcome outcome =
            berth({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", device, "--csv", "rows.csv"});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return lines_of(outcome.out);
    }
    [[nodiscard]] std::vector<double> microseconds(const std::string& csv, const std::string& device = "npu") const {
        const auto lines = predicted(csv, device);
        std::vector<double> times;
        for (std::size_t i = 1; i < lines.size(); ++i) {
            times.push_back(std::stod(cell_from_right(lines[i], kPredicted)));
        }
        return times;
    }
};

TEST_F(CliAnswer, RunHasTheKeysOfTheContract) {
    const Outcome outcome = berth({"run", "rag-rk3588", "--format", "json"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    const Json run = outcome.json();
    expect_keys(run, {"scenario", "hardware", "stages", "total", "findings", "warnings"});
    expect_keys(run["total"], {"latency_ms", "low_ms", "high_ms", "budget_ms", "meets_budget"});
    ASSERT_EQ(run["stages"].size(), 3U);
    for (const Json& stage : run["stages"]) {
        expect_keys(stage,
                    {"name", "model", "repeat", "chosen", "candidates", "latency_ms", "optimality_gap", "operators"});
        for (const Json& candidate : stage["candidates"]) {
            expect_keys(candidate,
                        {"placement", "feasible", "latency_ms", "low_ms", "high_ms", "energy_mj", "by_category"});
        }
        for (const Json& op : stage["operators"]) {
            expect_keys(op, {"name", "op", "device", "start_ms", "latency_ms", "bound", "macs", "dram_bytes"});
        }
    }
    for (const Json& finding : run["findings"]) {
        expect_keys(finding, {"kind", "stage", "text", "change", "latency_before_ms", "latency_after_ms"});
    }
}

TEST_F(CliAnswer, StagesAddUpToTheTotalAndRepeatsToTheStage) {
    const Json run = berth({"run", "rag-rk3588", "--format", "json"}).json();
    double total = 0;
    for (const Json& stage : run["stages"]) {
        total += stage["latency_ms"].get<double>();
        for (const Json& candidate : stage["candidates"]) {
            if (candidate["placement"] == stage["chosen"]) {
                expect_equal(stage["latency_ms"],
                             candidate["latency_ms"].get<double>() * stage["repeat"].get<double>());
            }
        }
    }
    expect_equal(run["total"]["latency_ms"], total);
}

TEST_F(CliAnswer, TheSameInputGivesTheSameBytes) {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"run", "rag-rk3588"},
                                               {"run", "rag-rk3588", "--format", "json"},
                                               {"ops", "rag-rk3588", "--format", "csv"},
                                               {"list", "--format", "json"}}) {
        const Outcome once = berth(words);
        EXPECT_EQ(once.status, 0) << once.err;
        EXPECT_FALSE(once.out.empty());
        EXPECT_EQ(once.out, berth(words).out);
    }
}

TEST_F(CliAnswer, ASettingChangesWhatIsPaidFor) {
    const auto macs_on_npu = [this](const std::vector<std::string>& more) {
        std::vector<std::string> words{"ops", "rag-rk3588", "--stage", "rerank", "--device", "npu", "--format", "json"};
        words.insert(words.end(), more.begin(), more.end());
        double macs = 0;
        const Json ops = berth(words).json();
        for (const Json& op : ops["operators"]) {
            macs += op["macs"].get<double>();
        }
        return macs;
    };
    EXPECT_GT(macs_on_npu({}), 3.9 * macs_on_npu({"--set", "stages.rerank.buckets=[128]"}));
    expect_equal(macs_on_npu({"--set", "stages.rerank.buckets=[128, 512]"}),
                 macs_on_npu({"--set", "stages.rerank.buckets=[128]"}));
}

TEST_F(CliAnswer, MemoryOfOperatorsAddsUp) {
    const std::vector<std::string> words{"ops", "rag-rk3588", "--stage", "rerank", "--device", "cpu", "--memory"};
    auto as_json = words;
    as_json.insert(as_json.end(), {"--format", "json"});
    const Json memory = berth(as_json).json();
    double peak = 0;
    double weights = 0;
    double spilled = 0;
    for (const Json& op : memory["operators"]) {
        EXPECT_EQ(op["alive_bytes"], op["on_chip_bytes"].get<double>() + op["spilled_bytes"].get<double>()) << op;
        peak = std::max(peak, op["alive_bytes"].get<double>());
        weights += op["weight_bytes"].get<double>();
        spilled += op["result_on_chip"].get<bool>() ? 0 : op["result_bytes"].get<double>();
    }
    EXPECT_EQ(memory["peak_activation_bytes"], peak);
    EXPECT_EQ(memory["spilled_bytes"], spilled);
    EXPECT_NEAR(memory["weights"]["bytes"].get<double>(), weights, 1e-5 * weights);
    double by_dtype = 0;
    for (const auto& [dtype, size] : memory["weights"]["by_dtype"].items()) {
        by_dtype += size.get<double>();
    }
    EXPECT_NEAR(by_dtype, weights, 1e-5 * weights);
    auto as_csv = words;
    as_csv.insert(as_csv.end(), {"--format", "csv"});
    EXPECT_EQ(lines_of(berth(as_csv).out).size(), memory["operators"].size() + 1);
    EXPECT_NE(berth(words).out.find("spilled KiB"), std::string::npos);
}

TEST_F(CliAnswer, SchemesAreAskedForByName) {
    const auto model_at = [this](const std::string& dtype) {
        return berth({"predict", "--hardware", "rk3576-rknn-2.3.2", "--device", "npu", "--model",
                      "ms-marco-MiniLM-L-12-v2", "--tokens", "128", "--dtype", dtype, "--format", "json"})
            .json();
    };
    EXPECT_LT(model_at("w4a16_g128")["weight_bytes"].get<double>(), model_at("fp16")["weight_bytes"].get<double>());
    EXPECT_LT(model_at("w4a16")["weight_bytes"].get<double>(), model_at("w4a16_g128")["weight_bytes"].get<double>());
    EXPECT_EQ(model_at("w8a8")["latency_ms"], model_at("int8")["latency_ms"]);
}

TEST_F(CliAnswer, APrecisionThatARuntimeDoesNotOfferNamesThoseThatDo) {
    const auto refused = [this](const std::string& dtype, const std::string& device) {
        const Outcome outcome = berth({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", device, "--model",
                                       "ms-marco-MiniLM-L-12-v2", "--tokens", "128", "--dtype", dtype});
        EXPECT_EQ(outcome.status, 2);
        EXPECT_EQ(outcome.out, "");
        return outcome.err;
    };
    EXPECT_EQ(
        refused("w4a16", "npu"),
        "--dtype: error: w4a16 is not offered: npu (rknn 2.3.2) offers fp16, int8 (expected one of these; w4a16 is "
        "offered by raspberry-pi-5-ggml (cpu), rk3576-rkllm-1.3.0 (npu), rk3576-rknn-2.3.2 (npu), rk3588-ggml (cpu), "
        "rk3588-rkllm-ggml (cpu), snapdragon-8-elite-gen-5-genie (npu), snapdragon-8-elite-genie (npu), "
        "snapdragon-x-elite-genie (npu), x86-ggml (cpu); to ask what if "
        "it were: --set "
        "'hardware.devices.npu.runtime.precisions=[fp16,int8,w4a16]')\n");
    EXPECT_NE(refused("w8a16", "npu").find("no shipped profile offers w8a16"), std::string::npos);
    EXPECT_NE(refused("int4", "npu").find("npu (rknn 2.3.2) offers fp16, int8"), std::string::npos);
    EXPECT_EQ(
        refused("int4", "cpu"),
        "--dtype: error: int4 is not offered: cpu (onnxruntime 1.x) offers fp32, int8, int8_dynamic (expected one "
        "of these; no shipped profile offers int4)\n");
}

TEST_F(CliAnswer, AWhatIfGrantsAPrecision) {
    const std::string dtype = "stages.rerank.dtype=w4a16";
    const Outcome refused = berth({"run", "rag-rk3588", "--set", dtype});
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("--set stages.rerank.dtype:1:1: error: stages.2.dtype: w4a16 is not offered: npu (rknn "
                               "2.3.2) offers fp16, int8; cpu (onnxruntime 1.x) offers fp32, int8, int8_dynamic"),
              std::string::npos)
        << refused.err;
    const Outcome granted = berth({"run", "rag-rk3588", "--set", dtype, "--set",
                                   "hardware.devices.npu.runtime.precisions=[fp16,int8,w4a16]", "--format", "json"});
    ASSERT_EQ(granted.status, 0) << granted.err;
    EXPECT_EQ(granted.json()["stages"][2]["chosen"], "npu");
}

TEST_F(CliAnswer, NamesMatchInAnyCase) {
    const Outcome exact = berth({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--model",
                                 "all-MiniLM-L6-v2", "--dtype", "int8", "--tokens", "64"});
    EXPECT_EQ(berth({"PREDICT", "--hardware", "RK3588-RKNN-2.3.2", "--device", "NPU", "--model", "ALL-minilm-l6-V2",
                     "--dtype", "INT8", "--tokens", "64", "--format", "TEXT"})
                  .out,
              exact.out);
    write("s.yaml",
          "scenario: S\nhardware: RK3588-rknn-2.3.2\nstages:\n"
          "  - {name: Rerank, model: MS-marco-minilm-l-6-v2, dtype: int8, tokens: 60, on: NPU, cores: {Npu: 2}}\n");
    const Outcome run =
        berth({"explain", "s.yaml", "--stage", "rerank", "--op", "LAYER.0.FFN.Up", "--set", "stages.RERANK.Tokens=64",
               "--set", "hardware.devices.NPU.clock=900 MHz", "--set", "models.ms-MARCO-minilm-l-6-v2.sizes.layers=2"});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_NE(run.out.find("layer.0.ffn.up"), std::string::npos) << run.out;
    write("p.yaml", "profile: p\nextends: RK3588-RKNN-2.3.2\n");
    EXPECT_EQ(berth({"check", "p.yaml"}).status, 0);
    for (const char* setting :
         {"stages.rerank.dtype=FP16", "objective=Latency", "stages.rerank.granularity=Operator"}) {
        EXPECT_EQ(berth({"run", "s.yaml", "--set", setting}).status, 0) << setting;
    }
    const std::vector<std::string> shape{
        "predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--dtype", "fp16", "--op",
        "matmul",  "--shape"};
    const auto of_shape = [&](const char* sizes) {
        auto words = shape;
        words.emplace_back(sizes);
        return berth(words);
    };
    EXPECT_EQ(of_shape("M=128,K=384,N=1536").status, 0);
    const Outcome crossover = berth(
        {"crossover", "rag-rk3588", "--vary", "stages.Rerank.Tokens=16:32", "--between", "npu,cpu", "--format", "csv"});
    EXPECT_EQ(crossover.status, 0) << crossover.err;
}

TEST_F(CliAnswer, ThePartOfANameListsWhatHoldsIt) {
    const auto suggested = [this](const std::string& model) {
        const std::string text =
            berth({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--model", model}).err;
        const std::size_t at = text.find("did you mean ");
        return at == std::string::npos ? text : text.substr(at);
    };
    EXPECT_EQ(suggested("MiniLM-L6"), "did you mean all-MiniLM-L6-v2 or ms-marco-MiniLM-L-6-v2?)\n");
    EXPECT_EQ(suggested("minilm"),
              "did you mean all-MiniLM-L12-v2, all-MiniLM-L6-v2, ms-marco-MiniLM-L-12-v2, ms-marco-MiniLM-L-6-v2 or "
              "paraphrase-multilingual-MiniLM-L12-v2?)\n");
    EXPECT_EQ(suggested("tinyllama"), "did you mean tinyllama-1.1b?)\n");
    const Outcome op = berth({"explain", "rag-rk3588", "--stage", "rank", "--op", "ffn.up"});
    EXPECT_NE(op.err.find("did you mean rerank?"), std::string::npos) << op.err;
}

TEST_F(CliAnswer, CommandsAreShownByPurpose) {
    const std::string narrow = "-u BERTH_DATA -u COLUMNS";
    const Outcome alone = berth({}, narrow);
    EXPECT_EQ(alone.status, 0);
    for (const std::string word : {"help", "--help", "-h"}) {
        EXPECT_EQ(berth({word}, narrow).out, alone.out);
    }
    EXPECT_EQ(alone.err, "");
    for (const char* part : {"Ask ", "Vary ", "Place ", "Measure ", "Find, make and check files",
                             "  berth run rag-rk3588", "  berth check ", "--help"}) {
        EXPECT_NE(alone.out.find(part), std::string::npos) << part;
    }
    for (const std::string& line : lines_of(alone.out)) {
        EXPECT_LE(line.size(), 80U) << line;
    }
    EXPECT_EQ(berth({"help", "run"}).out, berth({"run", "--help"}).out);
}

TEST_F(CliAnswer, OpsOfAllStagesAreAListAndOfOneAnObject) {
    const Json all = berth({"ops", "rag-rk3588", "--format", "json"}).json()["stages"];
    ASSERT_EQ(all.size(), 2U);
    const Json one = berth({"ops", "rag-rk3588", "--stage", "rerank", "--format", "json"}).json();
    for (const auto& [key, value] : all[1].items()) {
        EXPECT_EQ(one[key], value) << key;
    }
    const auto csv = lines_of(berth({"ops", "rag-rk3588", "--format", "csv"}).out);
    EXPECT_EQ(csv.size(), 1 + all[0]["operators"].size() + all[1]["operators"].size());
    EXPECT_EQ(std::count(csv.begin(), csv.end(), csv.front()), 1);
}

TEST_F(CliAnswer, TheOperatorsOfADeviceAddUpToItsCandidate) {
    const Json run = berth({"run", "rag-rk3588", "--format", "json"}).json();
    for (const Json& candidate : run["stages"][2]["candidates"]) {
        const std::string device = candidate["placement"];
        if (device == "split") {
            continue;
        }
        const Json ops =
            berth({"ops", "rag-rk3588", "--stage", "rerank", "--device", device, "--format", "json"}).json();
        double sum = 0;
        for (const Json& op : ops["operators"]) {
            sum += op["latency_ms"].get<double>();
        }
        EXPECT_NEAR(sum, candidate["latency_ms"].get<double>(), 1e-4 * sum) << device;
    }
}

TEST_F(CliAnswer, ExplainNamesTheTermsTheNumbersAndTheirOrigin) {
    const std::vector<std::string> words{
        "explain", "rag-rk3588", "--stage", "rerank", "--op", "layer.0.attention.scores", "--device", "npu"};
    const Outcome text = berth(words);
    ASSERT_EQ(text.status, 0) << text.err;
    for (const char* part : {"attention on npu", "Bound by", "devices.npu.attention.score_bytes", "sources"}) {
        EXPECT_NE(text.out.find(part), std::string::npos) << part;
    }
    std::vector<std::string> as_json = words;
    as_json.insert(as_json.end(), {"--format", "json"});
    EXPECT_EQ(berth(as_json).json()["name"], "layer.0.attention.scores");
}

TEST_F(CliAnswer, PredictAModel) {
    const std::vector<std::string> words{"predict",
                                         "--hardware",
                                         "rk3588-rknn-2.3.2",
                                         "--model",
                                         "ms-marco-MiniLM-L-12-v2",
                                         "--device",
                                         "npu",
                                         "--dtype",
                                         "int8",
                                         "--tokens",
                                         "122",
                                         "--bucket",
                                         "512",
                                         "--cores",
                                         "1",
                                         "--format",
                                         "json"};
    const Outcome outcome = berth(words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const Json model = outcome.json();
    expect_keys(model, {"model", "device", "latency_ms", "low_ms", "high_ms", "ttft_ms", "tokens_per_s", "weight_bytes",
                        "peak_activation_bytes", "by_category", "operators"});
    EXPECT_TRUE(model["ttft_ms"].is_null());
    EXPECT_TRUE(model["tokens_per_s"].is_null());
    const Json run = berth({"run", "rag-rk3588", "--format", "json"}).json();
    EXPECT_EQ(model["latency_ms"], run["stages"][2]["candidates"][0]["latency_ms"]);
}

TEST_F(CliAnswer, WithoutTokensAModelReadsAFullBucketOrAsMuchAsItTakes) {
    const auto held = [this](const std::vector<std::string>& more) {
        std::vector<std::string> words{"predict",  "--hardware", "rk3588-rknn-2.3.2", "--model", "roberta-base",
                                       "--device", "npu",        "--format",          "json"};
        words.insert(words.end(), more.begin(), more.end());
        const Json model = berth(words).json();
        return std::pair(model["tokens_held"].get<int>(), model["tokens_paid"].get<int>());
    };
    EXPECT_EQ(held({}), std::pair(512, 512));  // 514 positions, two of them reserved
    EXPECT_EQ(held({"--bucket", "128"}), std::pair(128, 128));
    EXPECT_EQ(held({"--bucket", "128", "--tokens", "20"}), std::pair(20, 128));
}

TEST_F(CliAnswer, PredictedRowsKeepWhatTheyWere) {
    const std::vector<std::string> rows{
        "op,dtype,batch,m,k,n,rows,cols,heads,seq,kv_seq,head_dim,layout,cores,clock_mhz",
        "matmul,fp16,1,128,384,1536,,,,,,,native,1,1000", "attention,fp16,1,,,,,,12,512,512,32,,1,1000",
        "layer_norm,fp16,1,,,,512,384,,,,,,1,1000"};
    std::string csv;
    for (const std::string& row : rows) {
        csv += row + "\r\n";
    }
    const auto lines = predicted(csv);
    ASSERT_EQ(lines.size(), rows.size());
    EXPECT_EQ(lines[0], rows[0] + ",predicted_us,low_us,high_us,bound");
    for (std::size_t i = 1; i < rows.size(); ++i) {
        EXPECT_EQ(lines[i].substr(0, rows[i].size() + 1), rows[i] + ",");
        const double low = std::stod(cell_from_right(lines[i], 2));
        const double median = std::stod(cell_from_right(lines[i], kPredicted));
        const double high = std::stod(cell_from_right(lines[i], 1));
        EXPECT_GT(low, 0);
        EXPECT_LT(low, median);
        EXPECT_LT(median, high);
        EXPECT_FALSE(cell_from_right(lines[i], 0).empty());
    }
}

TEST_F(CliAnswer, ColumnsMayComeInAnyOrderAndNumbersWithAPoint) {
    EXPECT_EQ(microseconds("op,dtype,m,k,n,layout,cores\nmatmul,fp16,128,384,1536,native,1\n"),
              microseconds("cores,n,k,m,dtype,layout,op\n1.0,1536.0,384.0,128.0,fp16,native,matmul\n"));
}

TEST_F(CliAnswer, ABatchOfRowsIsAsManyRows) {
    const auto times = microseconds("op,dtype,batch,rows,cols\ngelu,fp16,4,512,384\ngelu,fp16,,2048,384\n");
    EXPECT_EQ(times[0], times[1]);
}

TEST_F(CliAnswer, AnOperatorAloneIsItsRow) {
    const Outcome outcome = berth({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--op", "matmul",
                                   "--shape", "m=128,k=384,n=1536", "--dtype", "int8", "--layout", "native", "--cores",
                                   "1", "--clock", "600 MHz", "--format", "json"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const auto times = microseconds("op,dtype,m,k,n,layout,cores,clock_mhz\nmatmul,int8,128,384,1536,native,1,600\n");
    expect_equal(outcome.json()["latency_ms"].get<double>() * 1e3, times[0]);
}

// A call of the library pays for the call and for 32-bit results; in normal layout also to change A and C, int8 in and
// int32 out: 128 (384 + 4 x 1536) and 64 (1024 + 4 x 512) bytes, 4.25 times as many for the first.
TEST_F(CliAnswer, TheLayoutOfALibraryCallCostsByTheByte) {
    const auto times = microseconds(
        "op,dtype,m,k,n,layout,cores\n"
        "matmul,int8,128,384,1536,,1\nmatmul,int8,128,384,1536,native,1\nmatmul,int8,128,384,1536,normal,1\n"
        "matmul,int8,64,1024,512,native,1\nmatmul,int8,64,1024,512,normal,1\n");
    ASSERT_EQ(times.size(), 5U);
    EXPECT_LT(times[0], times[1]);
    EXPECT_NEAR((times[2] - times[1]) / (times[4] - times[3]), 4.25, 0.001);
}

// On the host no layout change is needed.
TEST_F(CliAnswer, TheHostHasOneLayout) {
    const auto times = microseconds(
        "op,dtype,m,k,n,layout\nmatmul,fp32,128,384,1536,native\nmatmul,fp32,128,384,1536,normal\n", "cpu");
    EXPECT_EQ(times[0], times[1]);
}

TEST_F(CliAnswer, AHigherClockIsNeverSlower) {
    const auto times = microseconds(
        "op,dtype,m,k,n,cores,clock_mhz\nmatmul,int8,512,512,512,1,300\nmatmul,int8,512,512,512,1,600\n"
        "matmul,int8,512,512,512,1,1000\n");
    EXPECT_GT(times[0], times[1]);
    EXPECT_GE(times[1], times[2]);
}

TEST_F(CliAnswer, ARowThatTheDeviceDoesNotTakeStaysEmptyWithAReason) {
    write("rows.csv", "op,dtype,rows,cols,heads\nembedding,fp16,512,384,\ngelu,fp16,512,384,12\n");
    const Outcome outcome =
        berth({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--csv", "rows.csv"});
    EXPECT_EQ(outcome.status, 0);
    const auto lines = lines_of(outcome.out);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[1], "embedding,fp16,512,384,,,,,");
    EXPECT_EQ(outcome.err,
              "rows.csv:2:1: warning: no prediction: rknn 2.3.2 does not run embedding here: the NPU has no gather "
              "hardware\n"
              "rows.csv:3:19: warning: gelu has no heads: '12' is not used\n");
    const Json rows = berth({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--csv", "rows.csv",
                             "--format", "json"})
                          .json()["rows"];
    EXPECT_TRUE(rows[0]["predicted_us"].is_null());
    EXPECT_EQ(rows[0]["rows"], 512);
    expect_equal(rows[1]["predicted_us"], std::stod(cell_from_right(lines[2], kPredicted)));
}

TEST_F(CliAnswer, EverythingThatShipsIsFine) {
    std::vector<std::string> words{"check"};
    for (const auto& entry : std::filesystem::recursive_directory_iterator(BERTH_SOURCE_DIR)) {
        const std::string folder = entry.path().parent_path().filename();
        if (entry.path().extension() == ".yaml" &&
            (folder == "models" || folder == "architectures" || folder == "hardware" || folder == "scenarios")) {
            words.push_back(entry.path());
        }
    }
    ASSERT_GT(words.size(), 10U);
    const Outcome outcome = berth(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    const auto lines = lines_of(outcome.out);
    ASSERT_EQ(lines.size(), words.size() - 1);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        EXPECT_TRUE(lines[i].starts_with(words[i + 1] + ": ok, ")) << lines[i];
    }
    words.insert(words.end(), {"--format", "json"});
    const Json answer = berth(words).json();
    for (const Json& file : answer["files"]) {
        expect_keys(file, {"file", "kind", "ok", "summary", "diagnostics"});
        EXPECT_EQ(file["ok"], true);
    }
}

TEST_F(CliAnswer, CheckSaysWhatAFileHolds) {
    const std::string root = BERTH_SOURCE_DIR;
    EXPECT_EQ(berth({"check", root + "/hardware/rk3588-rknn-2.3.2.yaml"}).out,
              root + "/hardware/rk3588-rknn-2.3.2.yaml: ok, profile with 2 devices\n");
    EXPECT_EQ(berth({"check", root + "/scenarios/rag-rk3588.yaml"}).out,
              root + "/scenarios/rag-rk3588.yaml: ok, scenario with 3 stages\n");
    EXPECT_EQ(berth({"check", root + "/models/ms-marco-MiniLM-L-12-v2.yaml"}).out,
              root + "/models/ms-marco-MiniLM-L-12-v2.yaml: ok, model with 154 operators and 33360385 parameters\n");
    // names of what ships, as other commands take them
    EXPECT_EQ(berth({"check", "rag-rk3588", "npu-vector", "bert-encoder"}).out,
              "rag-rk3588: ok, scenario with 3 stages\nnpu-vector: ok, profile with 2 devices\n"
              "bert-encoder: ok, architecture with 7 sections\n");
}

TEST_F(CliAnswer, CheckPointsAtEachError) {
    write("p.yaml", "profile: x\nmemroy:\n  dram: {capacity: 4 GHz}\n");
    const Outcome outcome = berth({"check", "p.yaml", "--format", "json"});
    EXPECT_EQ(outcome.status, 2);
    const Json file = outcome.json()["files"][0];
    EXPECT_EQ(file["kind"], "profile");
    EXPECT_EQ(file["ok"], false);
    bool found = false;
    for (const Json& one : file["diagnostics"]) {
        if (one["message"] == "unknown key 'memroy'") {
            EXPECT_EQ(one["line"], 2);
            EXPECT_EQ(one["column"], 1);
            EXPECT_EQ(one["suggestion"], "memory");
            found = true;
        }
    }
    EXPECT_TRUE(found) << outcome.out;
}

TEST_F(CliAnswer, ListHasEverythingThatShips) {
    const Json list = berth({"list", "--format", "json"}).json();
    expect_keys(list, {"models", "hardware", "scenarios"});
    bool found = false;
    for (const Json& model : list["models"]) {
        expect_keys(model, {"name", "architecture", "parameters", "published_parameters", "tokens", "macs"});
        if (model["name"] == "bert-base-uncased") {
            // Devlin et al. 2018: 110 M. Each of 12 layers multiplies 512 tokens by 12 x 768^2 weights, and scores and
            // values 2 x 512^2 x 768 times; the pooler has 768^2.
            EXPECT_EQ(model["parameters"], 109482240);
            EXPECT_EQ(model["macs"], 12LL * (512LL * 12 * 768 * 768 + 2LL * 512 * 512 * 768) + 768LL * 768);
            found = true;
        }
    }
    EXPECT_TRUE(found);
    const Json only = berth({"list", "hardware", "--format", "json"}).json();
    EXPECT_EQ(only.size(), 3U);  // beside version and command
    EXPECT_EQ(only["hardware"], list["hardware"]);
}

TEST_F(CliAnswer, AFolderOfOnesOwnComesFirst) {
    const std::string shipped = content_of(std::string(BERTH_SOURCE_DIR) + "/hardware/onednn-cpu.yaml");
    write("hardware/mine.yaml", shipped);
    const auto names = [this](const std::string& environment) {
        std::set<std::string> found;
        const Json list = berth({"list", "hardware", "--format", "json"}, environment).json();
        for (const Json& profile : list["hardware"]) {
            found.insert(profile["name"]);
        }
        return found;
    };
    const auto without = names("-u BERTH_DATA");
    auto expected = without;
    expected.insert("mine");
    EXPECT_EQ(without.count("mine"), 0U);
    EXPECT_EQ(names("BERTH_DATA=" + folder().string()), expected);
}

TEST_F(CliAnswer, AReportIsAFolderWithEverything) {
    const Outcome outcome = berth({"run", "rag-rk3588", "--report", "out/review"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    const std::string narrow = "-u BERTH_DATA -u COLUMNS";  // as reports are
    EXPECT_EQ(content_of(folder() / "out/review/report.txt"),
              berth({"run", "rag-rk3588", "--report", "out/review"}, narrow).out);
    Json report = Json::parse(content_of(folder() / "out/review/report.json"));
    Json printed = berth({"run", "rag-rk3588", "--format", "json"}).json();
    EXPECT_EQ(report["command"], "berth run rag-rk3588 --report out/review");
    EXPECT_EQ(printed["command"], "berth run rag-rk3588 --format json");
    report.erase("command");
    printed.erase("command");
    EXPECT_EQ(report, printed);
    EXPECT_EQ(content_of(folder() / "out/review/operators.csv"), berth({"run", "rag-rk3588", "--format", "csv"}).out);
    const auto found = files();
    for (const char* name : {"report.md", "roofline-npu.svg", "roofline-cpu.png", "tokens-rerank.svg",
                             "placement-embed.png", "time-by-class.svg"}) {
        EXPECT_EQ(found.count(std::string("out/review/") + name), 1U) << name;
    }
}

TEST_F(CliAnswer, HelpShowsAnExampleAndTheVersion) {
    const Outcome version = berth({"--version"});
    EXPECT_EQ(version.status, 0);
    EXPECT_TRUE(version.out.starts_with("berth ")) << version.out;
    for (const char* command : {"run", "ops", "explain", "predict", "check", "list"}) {
        const Outcome help = berth({command, "--help"});
        EXPECT_EQ(help.status, 0);
        EXPECT_NE(help.out.find(std::string("berth ") + command + " "), std::string::npos) << help.out;
        EXPECT_NE(help.out.find("Example"), std::string::npos) << command;
    }
    EXPECT_EQ(berth({"--help"}).status, 0);
}

TEST_F(CliAnswer, AnAnswerThatCannotBeWrittenIsNoSuccess) {
    const std::string line = "env -u BERTH_DATA " + shell_word(BERTH_EXE) + " list >/dev/full 2>/dev/null";
    const int status = std::system(line.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 2);
}

// A runtime that multiplies faster takes over a stage that ran on the CPU by a few percent.
TEST_F(CliAnswer, CalibrateTellsWhichDecisionsAnotherRuntimeChanges) {
    const std::string before = content_of(std::string(BERTH_SOURCE_DIR) +
                                          "/hardware/measured/rk3588-rknn-2.3.2/rk3588_npu_matmul_m128_30reps.csv");
    write("before.csv", before);
    write("after.csv", slowed(before, "latency_us_median", 0.7));
    write("scenario.yaml",
          "scenario: close\nhardware: rk3588-rknn-2.3.2\nobjective: latency\nstages:\n"
          "  - {name: rerank, model: ms-marco-MiniLM-L-12-v2, dtype: int8, tokens: 122, buckets: [304]}\n");
    const auto drift = [this](const std::string& file, const std::string& scenario) {
        return berth({"calibrate", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--measured", "before.csv",
                      "--against", file, "--decide", scenario, "--format", "json"});
    };
    const Outcome faster = drift("after.csv", "scenario.yaml");
    ASSERT_EQ(faster.status, 0) << faster.err;
    const Json answer = faster.json();
    EXPECT_GT(answer["numbers"][0]["sigmas"].get<double>(), 2);
    ASSERT_EQ(answer["decisions"].size(), 1U);
    EXPECT_EQ(answer["decisions"][0], Json({{"stage", "rerank"}, {"first", "cpu"}, {"second", "npu"}}));
    EXPECT_TRUE(drift("before.csv", "scenario.yaml").json()["decisions"].empty());
    EXPECT_EQ(
        drift("after.csv", "chat-rk3588").err,
        "--decide: error: chat-rk3588 runs on rk3588-rkllm-1.3.0, not on rk3588-rknn-2.3.2 (expected a scenario on "
        "the hardware that is calibrated)\n");
}

TEST_F(CliAnswer, ANarrowerPrecisionThanAskedForIsAWarning) {
    const Outcome outcome =
        berth({"run", "camera-rk3588", "--set", "stages.detect.dtype=fp32", "--set", "stages.detect.on=npu"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("stages.detect.dtype: npu runs "), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find(" at fp16, since it has no fp32 for them."), std::string::npos);
    EXPECT_EQ(berth({"run", "camera-rk3588"}).out.find("since it has no"), std::string::npos);
}

}  // namespace
}  // namespace berth
