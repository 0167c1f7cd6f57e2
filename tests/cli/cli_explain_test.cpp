// The numbers of `berth explain` add up, and a request is limited by the sustained memory bandwidth.
#include "cli/run_berth.h"
#include "printed_formula.h"

namespace berth {
namespace {

using Json = nlohmann::json;

class CliExplain : public BerthCommand {
  protected:
    // A model of twelve layers on two cores of a CPU: its products overlap with DRAM less than with the caches.
    void SetUp() override {
        write("host.yaml",
              "scenario: host\nhardware: x86-avx512-vnni\nstages:\n"
              "  - {name: rerank, model: ms-marco-MiniLM-L-12-v2, dtype: int8, tokens: 122}\n");
    }

    [[nodiscard]] Json explained(const std::string& scenario, const std::string& op,
                                 const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words{"explain", scenario, "--stage", "rerank", "--op", op, "--format", "json"};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = berth(words);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return outcome.json();
    }
};

TEST_F(CliExplain, TermsGiveTheTotalUnderThePrintedRule) {
    for (const char* op : {"layer.0.ffn.up", "layer.0.attention.query", "layer.3.ffn.down"}) {
        const Json answer = explained("host.yaml", op);
        EXPECT_TRUE(comes_to(answer["rule_filled_in"], answer["kernel_ms"].get<double>() / 1e3)) << answer.dump(2);
        EXPECT_EQ(answer["rule"], answer["sum"]);
        EXPECT_NE(answer["rule"].get<std::string>().find("overlap of DRAM"), std::string::npos);
        for (const Json& term : answer["terms"]) {
            EXPECT_EQ(wrong_in(term["formula"], term["filled_in"], term["inputs"], term["time_ms"].get<double>() / 1e3),
                      "");
        }
    }
}

TEST_F(CliExplain, TermsOfATableOfOperatorsHaveTheirRule) {
    const Outcome outcome = berth({"ops", "host.yaml", "--stage", "rerank", "--format", "json"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const Json answer = outcome.json();
    for (const Json& op : answer["operators"]) {
        if (op["terms"].is_null()) {
            EXPECT_TRUE(op["rule"].is_null());
            continue;
        }
        EXPECT_EQ(op["rule"].get<std::string>().substr(0, 8), "dispatch") << op.dump(2);
    }
}

TEST_F(CliExplain, PathsStandAsTheyAreTyped) {
    const Outcome text = berth({"explain", "rag-rk3588", "--stage", "rerank", "--op", "layer.0.ffn.up"});
    ASSERT_EQ(text.status, 0) << text.err;
    EXPECT_EQ(text.out.find("\ndevices."), std::string::npos);
    const Json answer = explained("rag-rk3588", "layer.0.ffn.up");
    for (const Json& number : answer["numbers"]) {
        const std::string path = number["path"];
        EXPECT_NE(text.out.find(path), std::string::npos);
        EXPECT_EQ(berth({"ops", "rag-rk3588", "--stage", "rerank", "--set",
                         path + "=" + number["value"].get<std::string>(), "--format", "csv"})
                      .status,
                  0)
            << path;
    }
}

TEST_F(CliExplain, NamesTheNumberThatDecidesTheDramRate) {
    const auto decides = [this](const std::vector<std::string>& more) {
        return explained("rag-rk3588", "layer.0.ffn.up", more)["dram_rate_decided_by"].get<std::string>();
    };
    EXPECT_EQ(decides({"--device", "npu"}), "hardware.devices.npu.dma.bandwidth");
    EXPECT_EQ(decides({"--device", "npu", "--set", "hardware.memory.dram.sustained=4 GB/s"}),
              "hardware.memory.dram.sustained");
    EXPECT_EQ(decides({"--device", "cpu"}), "hardware.devices.cpu.dma.limit");
}

TEST_F(CliExplain, AChatReadsItsWeightsNoFasterThanTheMemorySustains) {
    const auto tokens_per_second = [this](const std::string& rate) {
        const Outcome outcome =
            berth({"run", "chat-rk3588", "--set", "hardware.memory.dram.sustained=" + rate, "--format", "json"});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        const Json answer = outcome.json();
        return answer["stages"][0]["candidates"][0]["tokens_per_s"].is_null()
                   ? answer["stages"][0]["candidates"][1]["tokens_per_s"].get<double>()
                   : answer["stages"][0]["candidates"][0]["tokens_per_s"].get<double>();
    };
    EXPECT_LT(tokens_per_second("4 GB/s"), 9);  // each token reads half a gigabyte
    EXPECT_GT(tokens_per_second("31 GB/s"), 35);
}

// An operator that takes several kernels is explained kernel by kernel, and its latency is their sum.
TEST_F(CliExplain, EveryKernelOfAnOperatorIsExplained) {
    write("chip.yaml", "profile: chip\nextends: [x86-cpu, npu-vector]\ndevices: {npu: {clock: 1 GHz}}\n");
    write("chip-rag.yaml",
          "scenario: chip\nhardware: chip.yaml\nstages:\n"
          "  - {name: rerank, model: all-MiniLM-L6-v2, dtype: int8, tokens: 100, buckets: [128], on: npu}\n");
    const Json answer = explained("chip-rag.yaml", "layer.0.attention.scores");
    ASSERT_FALSE(answer["further_kernels"].empty()) << answer.dump(2);
    double sum =
        answer["kernel_ms"].get<double>() + answer["conversion_ms"].get<double>() + answer["handover_ms"].get<double>();
    for (const Json& kernel : answer["further_kernels"]) {
        sum += kernel["kernel_ms"].get<double>() * kernel["count"].get<int>();
        EXPECT_TRUE(comes_to(kernel["rule_filled_in"], kernel["kernel_ms"].get<double>() / 1e3)) << kernel.dump(2);
        EXPECT_FALSE(kernel["terms"].empty());
    }
    EXPECT_NEAR(sum / answer["latency_ms"].get<double>(), 1, 1e-4);
    const Outcome text = berth({"explain", "chip-rag.yaml", "--stage", "rerank", "--op", "layer.0.attention.scores"});
    EXPECT_NE(text.out.find("\nOther kernel: "), std::string::npos) << text.out;
    EXPECT_EQ(text.out.find("its other kernels 0"), std::string::npos);
}

}  // namespace
}  // namespace berth
