// berth import, and other commands on its output.
#include "cli/run_berth.h"

namespace berth {
namespace {

class CliImport : public BerthCommand {
  protected:
    static std::string data(const std::string& name) { return std::string(BERTH_SOURCE_DIR) + "/tests/data/" + name; }
};

TEST_F(CliImport, AConfigurationBecomesAModelFileThatRuns) {
    const Outcome made = berth({"import", data("configs/minilm-l12.json"), "--out", "mine.yaml"});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(made.out, "");
    EXPECT_NE(made.err.find("minilm-l12.json:1:1: warning: ignored 10 fields: attention_probs_dropout_prob, "),
              std::string::npos)
        << made.err;
    EXPECT_EQ(content_of(folder() / "mine.yaml"),
              "model: mine\narchitecture: bert-encoder\n"
              "sizes: {layers: 12, hidden: 384, heads: 12, ffn: 1536, vocab: 30522, max_positions: 512, token_types: "
              "2, learned_positions: true}\n"
              "head: {pooler: true, classes: 1}\nsource: \"config.json of cross-encoder/ms-marco-MiniLM-L-12-v2\"\n");
    const Outcome checked = berth({"check", "mine.yaml"});
    EXPECT_EQ(checked.status, 0) << checked.err;
    const auto predict = [this](const std::string& model) {
        return berth({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--model", model, "--dtype",
                      "int8", "--tokens", "122", "--bucket", "128", "--format", "json"})
            .json();
    };
    EXPECT_EQ(predict("mine.yaml").at("latency_ms"), predict("ms-marco-MiniLM-L-12-v2").at("latency_ms"));
}

TEST_F(CliImport, AmongModelsTheFileNamesItsSchema) {
    write("models/other.yaml", "");
    const auto first_line = [this] {
        const Outcome made = berth({"import", data("configs/minilm-l12.json"), "--out", "models/mine.yaml"},
                                   "BERTH_DATA=" + folder().string());
        EXPECT_EQ(made.status, 0) << made.err;
        const std::string text = content_of(folder() / "models/mine.yaml");
        return text.substr(0, text.find('\n'));
    };
    EXPECT_EQ(first_line(), "model: mine");  // there is no schema beside those models
    write("docs/schema/model.json", "{}");
    EXPECT_EQ(first_line(), "# yaml-language-server: $schema=../docs/schema/model.json");
}

TEST_F(CliImport, AnOnnxModelRunsDirectlyAndAsAFile) {
    const Outcome made = berth({"import", data("onnx/gpt-block.onnx"), "--out", "block.yaml"});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_NE(made.err.find("warning: unknown operators count as a pass over their data: FancyScan (1)"),
              std::string::npos)
        << made.err;
    EXPECT_EQ(made.out.rfind("block.yaml: 14 operators, ", 0), 0U) << made.out;
    EXPECT_NE(content_of(folder() / "block.yaml").find("\ngraph:  # 14 operators, "), std::string::npos);
    const auto predict = [this](const std::string& model) {
        return berth({"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--model", model, "--dtype",
                      "fp16", "--tokens", "16", "--format", "json"});
    };
    const Outcome direct = predict(data("onnx/gpt-block.onnx"));
    EXPECT_EQ(direct.status, 0) << direct.err;
    EXPECT_EQ(direct.json().at("latency_ms"), predict("block.yaml").json().at("latency_ms"));
    EXPECT_EQ(direct.json().at("operators").size(), 14U);
    const Outcome checked = berth({"check", data("onnx/gpt-block.onnx"), "block.yaml"});
    EXPECT_EQ(checked.status, 0) << checked.err;
    EXPECT_NE(checked.out.find("block.yaml: ok, model with 14 operators"), std::string::npos) << checked.out;
}

TEST_F(CliImport, AScenarioRunsAGraph) {
    ASSERT_EQ(berth({"import", data("onnx/minilm-l12.onnx"), "--dim", "batch=1", "--dim", "sequence=128", "--out",
                     "l12.yaml"})
                  .status,
              0);
    write("s.yaml",
          "scenario: S\nhardware: rk3588-rknn-2.3.2\nstages:\n"
          "  - {name: rerank, model: l12.yaml, dtype: int8, tokens: 122, buckets: [128]}\nobjective: latency\n");
    const Outcome outcome = berth({"run", "s.yaml", "--format", "json"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.json().at("stages").at(0).at("chosen"), "npu");
}

TEST_F(CliImport, SizesOfDimensionsAreChecked) {
    expect_refused(
        {"import", data("onnx/small-cnn.onnx"), "--out", "x.yaml"},
        data("onnx/small-cnn.onnx") + ": error: no size for dimension N (expected berth import with --dim N=SIZE)\n");
    expect_refused({"import", data("onnx/small-cnn.onnx"), "--dim", "N=-1"},
                   "--dim: error: 'N=-1' gives no size to a dimension (expected NAME=SIZE, such as sequence=128, or "
                   "INPUT:AXIS=SIZE)\n");
    const Outcome none = berth({"import", data("onnx/small-cnn.onnx"), "--dim", "N=0"});
    EXPECT_EQ(none.status, 2);
    EXPECT_NE(none.err.find("no operator is left that depends on an input"), std::string::npos) << none.err;
    expect_refused({"import", data("configs/minilm-l12.json"), "--dim", "N=1"},
                   "--dim: error: it does not apply to " + data("configs/minilm-l12.json") +
                       " (expected an ONNX or TFLite model)\n");
}

TEST_F(CliImport, OptionsOfAnOnnxModelApplyToNothingElse) {
    for (const std::vector<std::string>& option :
         {std::vector<std::string>{"--iterations", "3"}, {"--allow-unknown"}}) {
        std::vector<std::string> arguments{"import", data("configs/minilm-l12.json")};
        arguments.insert(arguments.end(), option.begin(), option.end());
        expect_refused(arguments, option.front() + ": error: it does not apply to " + data("configs/minilm-l12.json") +
                                      " (expected an ONNX or TFLite model)\n");
    }
}

TEST_F(CliImport, FilesThatAreNotThereOrBroken) {
    expect_refused({"import", "config.json"}, "config.json: error: cannot open the file: No such file or directory\n");
    expect_refused({"import", "model.onnx"}, "model.onnx: error: cannot open the file: No such file or directory\n");
    write("model.onnx", content_of(data("onnx/gpt-block.onnx")).substr(0, 1000));
    const Outcome cut = berth({"import", "model.onnx", "--out", "x.yaml"});
    EXPECT_EQ(cut.status, 2);
    EXPECT_EQ(cut.err.rfind("model.onnx: error: broken at byte ", 0), 0U) << cut.err;
    EXPECT_EQ(files(), std::set<std::string>{"model.onnx"});
}

TEST_F(CliImport, AProfileIsValidatedAgainst) {
    const Outcome made = berth({"import", data("profiles/minilm-block.onnxruntime.json"), "--model",
                                "ms-marco-MiniLM-L-12-v2", "--tokens", "128", "--cores", "1", "--out", "rows.csv"});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_NE(made.err.find("steps match operators of ms-marco-MiniLM-L-12-v2, which has 154"), std::string::npos)
        << made.err;
    const Outcome validated = berth(
        {"validate", "--hardware", "x86-avx512-vnni", "--device", "cpu", "--measured", "rows.csv", "--format", "json"});
    EXPECT_EQ(validated.status, 0) << validated.err;
    const auto set = validated.json().at("sets").at(0);
    EXPECT_EQ(set.at("form"), "operators");
    EXPECT_EQ(set.at("use"), "unknown");
    EXPECT_GT(set.at("rows").size(), 25U);
    // The same rows, with a prediction each.
    const Outcome predicted =
        berth({"predict", "--hardware", "x86-avx512-vnni", "--device", "cpu", "--csv", "rows.csv"});
    EXPECT_EQ(predicted.status, 0) << predicted.err;
}

TEST_F(CliImport, AModelThatNamesItsSizesTakesThemByName) {
    const std::string model = data("onnx/small-cnn.onnx");
    for (const std::string option : {"--batch", "--tokens"}) {
        expect_refused({"import", data("profiles/minilm-block.onnxruntime.json"), "--model", model, option, "2"},
                       option + ": error: it does not apply to " + model +
                           ", which names its sizes itself (expected --dim NAME=SIZE or --dim INPUT:AXIS=SIZE)\n");
    }
}

TEST_F(CliImport, ATableOfLayersTakesItsSizesFromTheModelThatRan) {
    write("layers.csv",
          "layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms);\n"
          "/stem/Conv;EXECUTED;Convolution;jit_avx512_FP32;0.031;0.031;\n"
          "/head/Gemm;EXECUTED;FullyConnected;brgemm_avx512_FP32;0.006;0.006;\n");
    ASSERT_EQ(berth({"import", data("onnx/small-cnn.onnx"), "--dim", "N=1", "--out", "cnn.yaml"}).status, 0);
    const Outcome made = berth({"import", "layers.csv", "--model", "cnn.yaml", "--cores", "1", "--out", "rows.csv"});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(made.err, "layers.csv: warning: 2 of 2 steps match operators of cnn, which has 10\n");
    const Outcome validated = berth(
        {"validate", "--hardware", "x86-avx512-vnni", "--device", "cpu", "--measured", "rows.csv", "--format", "json"});
    EXPECT_EQ(validated.status, 0) << validated.err;
    EXPECT_EQ(validated.json().at("sets").at(0).at("rows").size(), 2U);
    expect_refused({"import", "layers.csv"},
                   "layers.csv: error: it names layers and does not state their sizes (expected --model MODEL, which "
                   "states them: the ONNX or TFLite file that ran, or a model file)\n");
    expect_refused(
        {"import", "layers.csv", "--model", "cnn.yaml", "--dtype", "int7"},
        "--dtype: error: unknown dtype 'int7' (expected fp32, fp16, bf16, int8, int4, int32, int16, q2_k, q3_k, "
        "q4_k, q5_k, q6_k, q5_0, q5_1 or iq4_nl, did you mean "
        "int8?)\n");
    expect_refused({"validate", "--hardware", "x86-avx512-vnni", "--measured", "layers.csv"},
                   "layers.csv: error: a profile of another program states no sizes of operators (expected the rows "
                   "that 'berth import layers.csv --model MODEL --out rows.csv' makes of it)\n");
}

TEST_F(CliImport, OptionsThatSayNothingAboutTheFileAreRefused) {
    write("perf.txt", "ID OpType DataType Target InputShape OutputShape Time(us)\n");
    const Outcome config =
        berth({"import", data("configs/minilm-l12.json"), "--cores", "1", "--dim", "a=1", "--tokens", "8"});
    EXPECT_EQ(config.status, 2);
    EXPECT_NE(config.err.find("--dim: error: it does not apply to "), std::string::npos) << config.err;
    EXPECT_NE(config.err.find("--cores: error: it does not apply to "), std::string::npos) << config.err;
    EXPECT_NE(config.err.find("--tokens: error: it does not apply to "), std::string::npos) << config.err;
    const Outcome table = berth({"import", "perf.txt"});
    EXPECT_EQ(table.status, 2);
    EXPECT_EQ(table.err, "--clock: error: the table does not state the clock (expected --clock such as 1000MHz)\n");
    const Outcome nothing = berth({"import", data("onnx/make_models.py")});
    EXPECT_EQ(nothing.status, 2);
    EXPECT_NE(nothing.err.find("unknown file format (expected a Hugging Face config.json, "), std::string::npos)
        << nothing.err;
}

// What people have at hand in place of a config.json or an ONNX file: each is named, with what to bring instead.
TEST_F(CliImport, FilesOfOtherKindsNameTheWayOut) {
    struct Other {
        std::string file, content, said;
    };
    using std::string_literals::operator""s;
    for (const Other& other : {
             Other{"m.gguf", "GGUF\3\0\0\0"s, "this is a GGUF file (expected the config.json that it was made from, "},
             {"m.safetensors", "\x40\1\0\0\0\0\0\0{\"__metadata__\"}"s, "(expected the config.json beside it)"},
             {"m.pt", "PK\3\4\0\0"s,
              "this is a ZIP archive, as PyTorch and Keras write them (expected the model as an "},
             {"m.rknn", "RKNN\0\0"s, "(expected the ONNX or TFLite file that it was compiled from)"},
             {"m.xml", "<?xml version=\"1.0\"?><net/>",
              "(expected the ONNX or TFLite file that it was converted from)"},
             {"unet.json", R"({"_class_name": "UNet2DConditionModel"})", "this is a configuration of diffusers, "},
             {"timm.json", R"({"architecture": "resnet50", "pretrained_cfg": {}})",
              "or one that ships (berth list models)"},
             {"params.json", R"({"dim": 4096, "n_layers": 32})", "its conversion for transformers)"},
             {"adapter.json", R"({"peft_type": "LORA"})", "(expected the config.json of the model that it adapts)"},
             {"tokens.json", R"({"tokenizer_class": "T"})", "(expected the config.json beside it)"},
             {"yolo.yaml", "nc: 80\nbackbone: []\n", "this is a network in the form of ultralytics, "},
             {"own.yaml", "model: m\narchitecture: vit\nsizes: {}\n",
              "(expected 'berth predict --model', which takes it as "},
             {"own.json", R"({"d_model": 64})", "without one, the model as an ONNX file (berth import model.onnx))"},
         }) {
        write(other.file, other.content);
        const Outcome made = berth({"import", other.file});
        EXPECT_EQ(made.status, 2) << other.file;
        EXPECT_NE(made.err.find(other.said), std::string::npos) << other.file << ": " << made.err;
    }
    const Outcome whole = berth({"import", "."});
    EXPECT_NE(whole.err.find("this is a folder (expected a file in it, "), std::string::npos) << whole.err;
}

// The log and the rows imported from it agree at the same clock.
TEST_F(CliImport, ATableOfLayersSaysTheStateOfTheMemory) {
    const std::string log = data("rknn-logs/yolov8s.txt");
    EXPECT_EQ(berth({"import", log, "--clock", "1000MHz", "--out", "layers.csv"}).status, 0);
    const auto fitted = [this](const std::string& file) {
        return berth({"validate", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--measured", file, "--fit",
                      "hardware.memory.dram.clock", "--format", "json"});
    };
    const Outcome from_log = fitted(log);
    ASSERT_EQ(from_log.status, 0) << from_log.err;
    const auto number = from_log.json().at("fitted");
    EXPECT_EQ(number.at("path"), "memory.dram.clock");
    EXPECT_LE(number.at("low"), number.at("value"));
    EXPECT_LE(number.at("value"), number.at("high"));
    const auto set = from_log.json().at("sets").at(0);
    EXPECT_EQ(set.at("form"), "compiled-layers");
    EXPECT_GT(set.at("rows").size(), 95U);
    EXPECT_EQ(set.at("left_out").size(), 2U);  // inputs and outputs of the graph
    EXPECT_EQ(fitted("layers.csv").json().at("sets").at(0).at("classes"), set.at("classes"));
}

TEST_F(CliImport, ANumberIsFittedToAFileAlone) {
    const Outcome shipped = berth({"validate", "--hardware", "rk3588-rknn-2.3.2", "--fit", "memory.dram.clock"});
    EXPECT_EQ(shipped.status, 2);
    EXPECT_NE(shipped.err.find("a number is fitted to one file of measurements"), std::string::npos) << shipped.err;
    const Outcome misspelt = berth({"validate", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--measured",
                                    data("rknn-logs/yolov8s.txt"), "--fit", "hardware.memory.dram.clok"});
    EXPECT_EQ(misspelt.status, 2);
    EXPECT_NE(misspelt.err.find("did you mean memory.dram.clock?"), std::string::npos) << misspelt.err;
}

// The runtime's printout does not state the clock of the NPU; the board of this one ran at 800 MHz.
TEST_F(CliImport, TheClockOfAPrintoutCanBeFitted) {
    const Outcome fitted = berth({"validate", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--measured",
                                  data("rknn-logs/yolov8s.txt"), "--fit", "hardware.devices.npu.clock"});
    EXPECT_EQ(fitted.status, 0) << fitted.err;
    EXPECT_NE(fitted.out.find("devices.npu.clock, fitted to these"), std::string::npos) << fitted.out;
}

TEST_F(CliImport, RowsOfMeasurementsAreNotImportedAgain) {
    write("rows.csv", "model,npu_mhz,cores,layer,op_type,dtype,measured_us\nm,1000,1,a,Conv,fp16,10\n");
    const Outcome again = berth({"import", "rows.csv"});
    EXPECT_EQ(again.status, 2);
    EXPECT_EQ(again.err,
              "rows.csv: error: these layers are rows of measurements already (expected 'berth validate --measured "
              "rows.csv', which takes them as they are)\n");
}

TEST_F(CliImport, FilesOfMeasurementsAreRecognisedByTheirColumns) {
    const auto validate = [this](const std::string& text, const std::vector<std::string>& more) {
        write("m.csv", text);
        std::vector<std::string> arguments{"validate", "--hardware", "rk3588-rknn-2.3.2", "--measured", "m.csv"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return berth(arguments);
    };
    const Outcome unknown = validate("a,b\n1,2\n", {"--device", "npu"});
    EXPECT_EQ(unknown.status, 2);
    EXPECT_NE(unknown.err.find("m.csv:1:1: error: these columns are no form of measurements (expected operators (op, "
                               "dtype, measured_us), "),
              std::string::npos)
        << unknown.err;
    EXPECT_EQ(
        validate("m,k,n,dtype_in,dtype_out,ac_native_layout,b_native_layout,latency_us\n1,64,64,int8,int32,1,1,109\n",
                 {"--device", "npu"})
            .status,
        0)
        << "library calls that were timed once";
    const Outcome nobody = validate("op,dtype,m,k,n,measured_us\nmatmul,fp16,1,64,64,10\n", {});
    EXPECT_EQ(nobody.status, 2);
    EXPECT_EQ(nobody.err, "--device: error: which device ran these rows is not in the file (expected --device NAME)\n");
    const Outcome bad =
        validate("op,dtype,m,k,n,measured_us\nmatmul,fp16,1,64,64,-3\nmatmul,fp16,1,x,64,4\n", {"--device", "npu"});
    EXPECT_EQ(bad.status, 2);
    EXPECT_NE(bad.err.find("m.csv:3:15: error: k is 'x' (expected a whole number)"), std::string::npos) << bad.err;
    const Outcome shipped = berth({"validate", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu"});
    EXPECT_EQ(shipped.status, 2);
    EXPECT_EQ(shipped.err, "--device: error: the shipped measurements name their device (expected --measured FILE)\n");
}

}  // namespace
}  // namespace berth
