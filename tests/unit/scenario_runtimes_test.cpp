// Stages under different runtimes of one chip: the profile of each, shared numbers of the profiles, and refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "berth/evaluation/evaluation.h"
#include "berth/hardware/runtimes.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

using namespace literals;
using testing::HasSubstr;

/// The board, a runtime of it with another dispatch time, one without the NPU, and a chip with another name.
class StageRuntimes : public ScenarioFolder {
  protected:
    void SetUp() override {
        ScenarioFolder::SetUp();
        write("hardware/board.yaml", board_text() + "chip: soc\n");
        write("hardware/lazy-1.0.yaml", R"(profile: lazy-1.0
extends: board
memory: {dram: {capacity: 1 GiB}}
devices: {npu: {runtime: {name: lazy, dispatch: {per_kernel: 400 us}}}}
)");
        write("hardware/cpu-only.yaml", "profile: cpu-only\nextends: board\ndevices: {npu: {enabled: false}}\n");
        write("models/architectures/products.yaml", R"(architecture: products
sizes: {layers: number of products, hidden: width}
inputs: {features: {shape: [batch, tokens, hidden]}}
sections:
  - section: stem
    result: first
    operators:
      - {name: first, op: matmul, inputs: [features], m: batch * tokens, k: hidden, n: hidden, shape: [batch, tokens, hidden]}
  - section: block.{i}
    repeat: layers
    result: dense
    operators:
      - {name: dense, op: matmul, inputs: [input], m: batch * tokens, k: hidden, n: hidden, shape: [batch, tokens, hidden]}
)");
        write("models/products.yaml", "model: products\narchitecture: products\nsizes: {layers: 4, hidden: 1024}\n");
        write("hardware/other.yaml", "profile: other\nchip: another\nextends: board\n");
    }

    [[nodiscard]] static std::string stage_text(const std::string& name, const std::string& more) {
        return "  - {name: " + name + ", model: products, dtype: int8, tokens: 16" + more + "}\n";
    }
    [[nodiscard]] static std::string scenario_text(const std::string& hardware, const std::string& first,
                                                   const std::string& second) {
        return "scenario: two\nhardware: " + hardware + "\nstages:\n" + stage_text("first", first) +
               stage_text("second", second);
    }
    [[nodiscard]] ScenarioResult evaluated(const std::string& text, const std::vector<Override>& overrides = {}) const {
        const auto loaded = load_text(text, overrides);
        Diagnostics diagnostics;
        auto result = loaded.scenario ? evaluate(*loaded.scenario, diagnostics) : std::nullopt;
        EXPECT_TRUE(result) << loaded.complaints << diagnostics.text();
        return result.value_or(ScenarioResult{});
    }
    [[nodiscard]] static Time latency_of(const ScenarioResult& result, std::size_t stage) {
        return result.stages.at(stage).latency.median;
    }
};

TEST_F(StageRuntimes, EachStageTakesWhatItTakesUnderItsProfileAlone) {
    const ScenarioResult both = evaluated(scenario_text("board", ", on: npu", ", on: npu, runtime: lazy-1.0"));
    const ScenarioResult board = evaluated(scenario_text("board", ", on: npu", ", on: npu"));
    const ScenarioResult lazy = evaluated(scenario_text("lazy-1.0", ", on: npu", ", on: npu"));
    EXPECT_EQ(latency_of(both, 0), latency_of(board, 0));
    EXPECT_EQ(latency_of(both, 1), latency_of(lazy, 1));
    EXPECT_GT(latency_of(both, 1), latency_of(both, 0) + 500_us);
    EXPECT_EQ(both.stages[0].runtime, "board");
    EXPECT_EQ(both.stages[1].runtime, "lazy-1.0");
}

TEST_F(StageRuntimes, TheHardwaresOwnProfileIsNoOtherRuntime) {
    const auto loaded = load_text(scenario_text("board", "", ", runtime: board"));
    ASSERT_TRUE(loaded.scenario) << loaded.complaints;
    EXPECT_TRUE(loaded.scenario->profile.runtimes.empty());
}

TEST_F(StageRuntimes, WhatBothHaveAlikeIsOneNumber) {
    auto loaded = load_text(scenario_text("board", "", ", runtime: lazy-1.0"));
    ASSERT_TRUE(loaded.scenario) << loaded.complaints;
    Profile& hardware = loaded.scenario->profile;
    const auto views = parameters(hardware);
    const auto count = [&views](const std::string& path) {
        return std::ranges::count(views, path, &ParameterView::path);
    };
    EXPECT_EQ(count("devices.npu.dma.bandwidth"), 1);
    EXPECT_EQ(count("runtimes.lazy-1.0.devices.npu.dma.bandwidth"), 0);
    EXPECT_EQ(count("devices.npu.runtime.dispatch.per_kernel"), 1);
    EXPECT_EQ(count("runtimes.lazy-1.0.devices.npu.runtime.dispatch.per_kernel"), 1);
    std::ranges::find(views, "devices.npu.dma.bandwidth", &ParameterView::path)->set(4e9);
    EXPECT_EQ(hardware.devices[0].clusters[0].bandwidth.value, 4_GBps);
    EXPECT_EQ(hardware.runtimes[0].devices[0].clusters[0].bandwidth.value, 4_GBps);
}

TEST_F(StageRuntimes, TheBoardsMemoryIsThatOfTheHardware) {
    const auto loaded = load_text(scenario_text("board", "", ", runtime: lazy-1.0"));
    ASSERT_TRUE(loaded.scenario) << loaded.complaints;
    const Profile& lazy = loaded.scenario->profile.runtimes.at(0);
    EXPECT_EQ(lazy.dram.capacity.value, 4_GiB);
    ASSERT_EQ(lazy.replaced.size(), 1U);
    EXPECT_EQ(lazy.replaced[0].path, "memory.dram.capacity");
    EXPECT_EQ(lazy.replaced[0].own, "1 GiB");
    EXPECT_EQ(lazy.replaced[0].used, "4 GiB");
}

TEST_F(StageRuntimes, SettingsReachTheProfilesThatTheyName) {
    const std::string text = scenario_text("board", ", on: npu", ", on: npu, runtime: lazy-1.0");
    const ScenarioResult before = evaluated(text);
    const ScenarioResult slower = evaluated(text, {{"hardware.devices.npu.clock", "500 MHz"}});
    EXPECT_GT(latency_of(slower, 0), latency_of(before, 0));
    EXPECT_GT(latency_of(slower, 1), latency_of(before, 1));
    const ScenarioResult one = evaluated(text, {{"runtimes.lazy-1.0.devices.npu.clock", "500 MHz"}});
    EXPECT_EQ(latency_of(one, 0), latency_of(before, 0));
    EXPECT_EQ(latency_of(one, 1), latency_of(slower, 1));
    const ScenarioResult other = evaluated(text, {{"hardware.devices.npu.runtime.dispatch.per_kernel", "1 us"}});
    EXPECT_LT(latency_of(other, 0), latency_of(before, 0));
    EXPECT_EQ(latency_of(other, 1), latency_of(before, 1));
}

TEST_F(StageRuntimes, ADeviceThatOneLeavesOutIsThereForTheOther) {
    const ScenarioResult result = evaluated(scenario_text("cpu-only", "", ", on: npu, runtime: lazy-1.0"));
    const std::vector<Candidate>& first = result.stages.at(0).candidates;
    const auto npu = std::ranges::find(first, "npu", &Candidate::placement);
    ASSERT_NE(npu, first.end());
    EXPECT_FALSE(npu->feasible);
    EXPECT_THAT(npu->reason, HasSubstr("cpu-only leaves it out"));
    EXPECT_EQ(result.stages.at(1).candidates.at(*result.stages.at(1).chosen).placement, "npu");
    const ScenarioResult lazy = evaluated(scenario_text("lazy-1.0", "", ", on: npu"));
    EXPECT_EQ(latency_of(result, 1), latency_of(lazy, 1));
}

TEST_F(StageRuntimes, RequestsWaitForTheSameCores) {
    const std::string text =
        scenario_text("board", ", on: npu, cores: {npu: 3}", ", on: npu, cores: {npu: 3}, runtime: lazy-1.0") +
        "objective: throughput\n";
    const auto rate = [&](const std::vector<Override>& overrides) { return *evaluated(text, overrides).rate; };
    const SustainedRate both = rate({});
    const SustainedRate first = rate({{"stages.second.enabled", "false"}});
    const SustainedRate second = rate({{"stages.first.enabled", "false"}});
    EXPECT_EQ(both.busiest, "npu");
    EXPECT_NEAR(1 / both.capacity.si(), 1 / first.capacity.si() + 1 / second.capacity.si(), 1e-9 / both.capacity.si());
    EXPECT_LE(both.simulated, both.upper_bound);
}

TEST_F(StageRuntimes, EachHasItsOwnCopyOfAModel) {
    const std::vector<Override> small{{"hardware.memory.dram.capacity", "8 MiB"}};
    const auto expect_two_copies = [&](const std::string& text) {
        const auto loaded = load_text(text, small);
        ASSERT_TRUE(loaded.scenario) << loaded.complaints;
        Diagnostics diagnostics;
        EXPECT_FALSE(evaluate(*loaded.scenario, diagnostics));
        EXPECT_THAT(diagnostics.text(), HasSubstr("the models together take"));
    };
    std::string alike = scenario_text("board", ", on: npu", ", on: npu");
    EXPECT_EQ(evaluated(alike, small).stages.size(), 2U);
    expect_two_copies(scenario_text("board", ", on: npu", ", on: npu, runtime: lazy-1.0"));
    // Neither does a model's name say which one it is, nor one dtype what all of its operators run at.
    expect_two_copies(
        scenario_text("board", ", on: npu", ", on: npu, precision: [{operators: block.0.*, dtype: fp16}]"));
    write("models/shorter.yaml", "model: products\narchitecture: products\nsizes: {layers: 3, hidden: 1024}\n");
    expect_two_copies(alike.replace(alike.rfind("model: products"), 15, "model: shorter"));
}

TEST_F(StageRuntimes, SharedErrorsAreOneCause) {
    const ScenarioResult result = evaluated(scenario_text("board", ", on: npu", ", on: npu, runtime: lazy-1.0"));
    for (const StageResult& stage : result.stages) {
        for (const Candidate& candidate : stage.candidates) {
            if (candidate.feasible) {
                EXPECT_EQ(candidate.uncertainty.effect.size(), result.uncertain_numbers.size());
            }
        }
    }
    const auto place = std::ranges::find(result.uncertain_numbers, "devices.npu.error.matmul");
    ASSERT_NE(place, result.uncertain_numbers.end());
    const auto i = static_cast<std::size_t>(place - result.uncertain_numbers.begin());
    for (const StageResult& stage : result.stages) {
        EXPECT_GT(stage.candidates.at(*stage.chosen).uncertainty.effect.at(i), 0) << stage.name;
    }
}

TEST_F(StageRuntimes, RefusesProfilesOfAnotherChip) {
    const auto loaded = load_text(scenario_text("board", "", ", runtime: other"));
    EXPECT_THAT(loaded.complaints, HasSubstr("'other' is no runtime of soc, the chip of board (expected board, "
                                             "cpu-only or lazy-1.0)"));
}

TEST_F(StageRuntimes, RefusesRuntimesThatNoStageNames) {
    const auto loaded = load_text(scenario_text("board", "", ", runtime: lazy-1.0"),
                                  {{"runtimes.lazy-2.0.devices.npu.clock", "1 GHz"}});
    EXPECT_THAT(loaded.complaints, HasSubstr("no stage of this scenario names such a runtime (expected "
                                             "runtimes.NAME.KEY, where NAME is lazy-1.0)"));
}

TEST_F(StageRuntimes, RefusesARuntimeForAFixedTime) {
    const auto loaded = load_text(
        "scenario: one\nhardware: board\nstages:\n  - {name: wait, takes: 1 s, runtime: "
        "lazy-1.0}\n");
    EXPECT_THAT(loaded.complaints, HasSubstr("a stage of fixed time has no such key"));
}

TEST_F(StageRuntimes, SuggestsTheNearestProfile) {
    const auto loaded = load_text(scenario_text("board", "", ", runtime: lasy-1.0"));
    EXPECT_THAT(loaded.complaints, HasSubstr("there is no hardware 'lasy-1.0'"));
    EXPECT_THAT(loaded.complaints, HasSubstr("did you mean lazy-1.0"));
}

}  // namespace
}  // namespace berth
