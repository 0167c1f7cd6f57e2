// Sentences of an answer whose numbers have to agree with each other.
#include <algorithm>
#include <string>

#include "cli/run_berth.h"

namespace berth {
namespace {

class CliSentences : public BerthCommand {
  protected:
    // On one line, with single spaces.
    static std::string unbroken(std::string text) {
        std::ranges::replace(text, '\n', ' ');
        const auto repeated = std::ranges::unique(text, [](char a, char b) { return a == ' ' && b == ' '; });
        text.erase(repeated.begin(), repeated.end());
        return text;
    }
};

// Both sizes have binary prefixes.
TEST_F(CliSentences, WhatDoesNotFitIsToldInTheUnitsOfTheMemory) {
    write("large.yaml",
          "scenario: Large\nhardware: rk3588-rkllm-ggml\nstages:\n  - {name: answer, model: llama-3.1-8b, dtype: "
          "fp16, phase: decode, prompt: 1024, on: cpu}\n");
    const std::string complaint =
        unbroken(berth({"run", "large.yaml", "--set", "hardware.memory.dram.capacity=8 GiB"}).err);
    EXPECT_NE(complaint.find(" GiB of the "), std::string::npos) << complaint;
    EXPECT_EQ(complaint.find(" GB of the "), std::string::npos) << complaint;
}

// "takes 1.04 times as long as npu (17.5 ms); most of the difference is convolution: 11.2 ms against 10.4 ms"
TEST_F(CliSentences, ASentenceThatComparesPutsTheChosenPlacementFirst) {
    write("stream.yaml",
          "scenario: Stream\nhardware: rk3588-rknn-2.3.2\nobjective: throughput\nstages:\n  - {name: look, model: "
          "yolov8n, dtype: int8}\n");
    const std::string text = unbroken(berth({"run", "stream.yaml"}).out);
    const std::string_view leads = "convolution: ";
    const auto at = text.find(leads);
    ASSERT_NE(text.find("times as long as"), std::string::npos) << text;
    ASSERT_NE(at, std::string::npos) << text;
    const double chosen = std::stod(text.substr(at + leads.size()));
    const auto against = text.find(" against ", at);
    EXPECT_GT(chosen, std::stod(text.substr(against + 9))) << text;
}

}  // namespace
}  // namespace berth
