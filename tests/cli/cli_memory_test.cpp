// Memory of a placed stage: what the head of the table says is what its rows add up to.
#include <algorithm>
#include <string>

#include "cli/run_berth.h"

namespace berth {
namespace {

using Json = nlohmann::json;

class CliMemory : public BerthCommand {
  protected:
    [[nodiscard]] Json memory_of(const std::string& scenario, const std::string& stage, const std::string& device,
                                 const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words{"ops",  scenario,   "--stage",  stage, "--device",
                                       device, "--memory", "--format", "json"};
        words.insert(words.end(), more.begin(), more.end());
        return berth(words).json();
    }
};

void expect_head_of_rows(const Json& memory) {
    double peak = 0;
    double spilled = 0;
    for (const Json& op : memory["operators"]) {
        peak = std::max(peak, op["alive_bytes"].get<double>());
        spilled += op["result_on_chip"].get<bool>() ? 0 : op["result_bytes"].get<double>();
    }
    EXPECT_GT(peak, 0);
    EXPECT_NEAR(memory["peak_activation_bytes"].get<double>(), peak, 1e-5 * peak);
    EXPECT_NEAR(memory["spilled_bytes"].get<double>(), spilled, 1e-5 * spilled);
}

// Devices that only run what falls back compute in dtypes of their own.
TEST_F(CliMemory, TheHeadIsThatOfTheRows) {
    write("prompt.yaml",
          "scenario: Prompt\nhardware: rk3588-rkllm-ggml\nstages:\n  - {name: answer, model: qwen2.5-1.5b, dtype: "
          "int8, phase: prefill, prompt: 1024, on: npu}\n");
    const Json prompt = memory_of("prompt.yaml", "answer", "npu");
    expect_head_of_rows(prompt);
    const Json narrower = memory_of("prompt.yaml", "answer", "npu", {"--set", "stages.answer.dtypes={cpu: w4a16_g32}"});
    EXPECT_EQ(narrower["peak_activation_bytes"], prompt["peak_activation_bytes"]);
    expect_head_of_rows(memory_of("rag-rk3588", "embed", "npu"));
    expect_head_of_rows(memory_of("rag-rk3588", "rerank", "cpu"));
    expect_head_of_rows(memory_of("chat-rk3588-both", "answer", "npu"));
    expect_head_of_rows(memory_of("chat-rk3588-both", "answer", "cpu"));
}

TEST_F(CliMemory, EachDeviceKeepsTensorsInItsOwnMemory) {
    const Json memory = memory_of("rag-rk3588", "embed", "npu");
    EXPECT_EQ(memory["keeping_capacity_bytes"]["npu"], 0);
    EXPECT_EQ(memory["keeping_capacity_bytes"]["cpu"], 3 * 1024 * 1024);
    const std::string text = berth({"ops", "rag-rk3588", "--stage", "embed", "--device", "npu", "--memory"}).out;
    EXPECT_NE(text.find("npu none"), std::string::npos) << text;
    const Json on_cpu = memory_of("rag-rk3588", "rerank", "cpu");
    EXPECT_EQ(on_cpu["keeping_capacity_bytes"].size(), 1U);
}

}  // namespace
}  // namespace berth
