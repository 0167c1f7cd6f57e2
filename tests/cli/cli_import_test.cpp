// berth import, and the other commands on what it makes.
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
              "2}\n"
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

TEST_F(CliImport, AnOnnxModelRunsDirectlyAndAsAFile) {
    const Outcome made = berth({"import", data("onnx/gpt-block.onnx"), "--out", "block.yaml"});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_NE(made.err.find("warning: unknown operators count as a pass over their data: FancyScan (1)"),
              std::string::npos)
        << made.err;
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
    expect_refused({"import", data("onnx/small-cnn.onnx"), "--dim", "N=0"},
                   "--dim: error: 'N=0' gives no size to a dimension (expected NAME=SIZE, such as sequence=128)\n");
    expect_refused({"import", data("configs/minilm-l12.json"), "--dim", "N=1"},
                   "--dim: error: a configuration has no dimensions to give sizes to (expected an ONNX model)\n");
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

}  // namespace
}  // namespace berth
