// Settings without effect are reported with the number that decides instead; effective ones are not reported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "analysis/explained_silence.h"
#include "berth/analysis/every_number.h"
#include "berth/analysis/silent_changes.h"
#include "berth/base/quantity_text.h"
#include "scratch_folder.h"

namespace berth {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class SilentChanges : public testing::Test {
  protected:
    [[nodiscard]] static SweepBase base(std::vector<Override> settings, const std::string& scenario = "rag-rk3588") {
        return {Library{{std::filesystem::path(BERTH_SOURCE_DIR)}}, scenario, std::move(settings)};
    }
    /// The warning for one setting; empty if there is none.
    [[nodiscard]] static std::string said(const std::string& path, const std::string& value) {
        const auto warnings = silent_settings(base({{path, value}}));
        EXPECT_LE(warnings.size(), 1U);
        EXPECT_TRUE(warnings.empty() || warnings.front().path == path);
        return warnings.empty() ? "" : warnings.front().text;
    }
};

TEST_F(SilentChanges, AChangeThatMovesTheAnswerIsNotWarnedOf) {
    EXPECT_EQ(said("hardware.devices.cpu.matrix.efficiency", "30%"), "");
    EXPECT_EQ(said("stages.rerank.tokens", "200"), "");
    EXPECT_EQ(said("budget", "300 ms"), "");
    EXPECT_EQ(said("hardware.devices.cpu.error.matmul", "50%"), "") << "an interval is part of the answer";
    EXPECT_EQ(said("hardware.devices.npu.dma.bandwidth", "22 GB/s"), "") << "the embedder runs there";
}

TEST_F(SilentChanges, TheValueThatItHasIsNoChange) {
    EXPECT_EQ(said("hardware.devices.cpu.matrix.efficiency", "21%"), "");
    EXPECT_EQ(said("hardware.memory.dram.bandwidth", "33800 MB/s"), "");
    EXPECT_EQ(said("hardware.devices.npu.cores", "3"), "");
    EXPECT_EQ(said("stages.rerank.buckets", "[512]"), "");
}

TEST_F(SilentChanges, ALimitThatIsNotReachedNamesWhatIs) {
    EXPECT_THAT(said("hardware.memory.dram.sustained", "33 GB/s"),
                AllOf(HasSubstr("one npu core draws at most 12.61 GB/s"), HasSubstr("33 GB/s"),
                      HasSubstr("vary hardware.devices.")));
    EXPECT_EQ(said("hardware.memory.dram.bandwidth", "100 GB/s"), "") << "all that draws from the memory goes with it";
    EXPECT_THAT(
        said("hardware.devices.npu.dma.limit", "30 GB/s"),
        AllOf(HasSubstr("its limit of 30 GB/s is not reached"), HasSubstr("vary hardware.devices.npu.dma.bandwidth")));
}

TEST_F(SilentChanges, WhatNoOperatorUsesSaysSo) {
    EXPECT_THAT(said("hardware.devices.npu.vector.gather.per_cycle", "9"),
                AllOf(HasSubstr("no operator of class gather runs on npu"), HasSubstr("run on cpu")));
    EXPECT_THAT(
        said("hardware.devices.npu.matrix.macs_per_cycle.int4", "4096"),
        AllOf(HasSubstr("nothing is multiplied at int4 on npu"), HasSubstr("fp16"), HasSubstr("vary hardware.")));
    EXPECT_THAT(said("hardware.devices.npu.matrix.int32_output", "9 GB/s"), HasSubstr("matmul library"));
    EXPECT_THAT(said("hardware.devices.npu.matrix.image_row_tile", "16 KiB"), HasSubstr("no convolution runs on npu"));
    EXPECT_THAT(said("hardware.devices.npu.runtime.dispatch.profiled", "90 us"),
                HasSubstr("only tables of the profiler"));
    EXPECT_THAT(said("hardware.devices.npu.runtime.dispatch.cold", "90 us"), HasSubstr("called by themselves"));
    EXPECT_THAT(said("hardware.devices.npu.matrix.core_block", "{m: 9, n: 9}"), HasSubstr("where several share work"));
}

TEST_F(SilentChanges, CoresBeyondThoseUsedNameTheStage) {
    EXPECT_THAT(said("hardware.devices.npu.cores", "6"),
                AllOf(HasSubstr("1 core of npu"), HasSubstr("stages."), HasSubstr("default_cores")));
}

// Three cores are asked for, and a hint to ask for more would lead nowhere.
TEST_F(SilentChanges, CoresThatNoOperatorIsSplitOverNameTheRuntime) {
    const auto warnings = silent_settings(base({{"stages.embed.cores", "{npu: 3}"},
                                                {"hardware.devices.npu.runtime.operators.conv2d.multi_core", "false"},
                                                {"hardware.devices.npu.runtime.operators.add.multi_core", "false"},
                                                {"hardware.devices.npu.cores", "6"}}));
    const auto said = std::ranges::find(warnings, "hardware.devices.npu.cores", &Warning::path);
    ASSERT_NE(said, warnings.end());
    EXPECT_THAT(said->text, AllOf(HasSubstr("operators run on 1 core of npu"), HasSubstr("3 cores are asked for"),
                                  HasSubstr("runtime.operators.conv2d.multi_core=true")));
}

// Numbers of which each limits the other: the datasheet states one bandwidth for both.
TEST_F(SilentChanges, NumbersThatLimitEachOtherAreNamedTogether) {
    const ScratchFolder folder;
    folder.write("chip.yaml", R"(profile: chip
extends: npu-vector
devices:
  npu:
    dma: {bandwidth: 4 GB/s per core, limit: 4 GB/s}
)");
    const auto scenario = folder.write("s.yaml", R"(scenario: s
hardware: chip.yaml
stages:
  - {name: see, model: resnet-50, dtype: int8, on: npu}
)");
    const auto warnings = silent_settings(base({{"hardware.memory.dram.bandwidth", "90 GB/s"}}, scenario.string()));
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_THAT(warnings.front().text,
                HasSubstr("vary hardware.devices.npu.dma.bandwidth and hardware.devices.npu.dma.limit together"));
}

TEST_F(SilentChanges, AnEffectBelowThePrintedDigitsIsSaidWithTheNumberThatDecides) {
    EXPECT_THAT(said("hardware.devices.cpu.runtime.dispatch.per_graph", "20.01 us"),
                AllOf(HasSubstr("almost no effect"), HasSubstr("vary hardware.devices.cpu.")));
}

// A change with almost no effect does not name itself as what decides, nor where it is the first of its device.
TEST_F(SilentChanges, TheNumberToVaryInsteadIsAnotherOne) {
    const ScratchFolder folder;
    const auto scenario = folder.write("s.yaml", R"(scenario: s
hardware: rk3588-rknn-2.3.2
stages:
  - {name: embed, model: bge-small-en-v1.5, dtype: int8, tokens: 128, on: npu}
)");
    const std::string path = "hardware.devices.cpu.clusters.little.clock";
    for (const char* named : {"hardware.devices.cpu.clusters.little.clock", "hardware.devices.cpu.clusters.1.clock"}) {
        const auto warnings = silent_settings(base({{named, "1 GHz"}}, scenario.string()));
        ASSERT_EQ(warnings.size(), 1U);
        EXPECT_THAT(warnings.front().text, AllOf(HasSubstr("almost no effect"), HasSubstr(": vary hardware."),
                                                 testing::Not(HasSubstr("devices.cpu.clusters.little"))));
    }
}

// The total follows the reranker on the CPU, the embedder the memory; simulated requests follow neither.
TEST_F(SilentChanges, TheNumberToVaryInsteadIsOfTheStage) {
    for (const auto& [path, value] :
         {std::pair{"stages.embed.cores", "{npu: 1}"}, std::pair{"stages.embed.granularity", "model"},
          std::pair{"stages.embed.buckets", "[256, 512]"}}) {
        EXPECT_THAT(said(path, value), AllOf(HasSubstr(": vary hardware."), testing::Not(HasSubstr("devices.cpu"))))
            << path;
    }
    const auto warnings =
        silent_settings(base({{"arrivals", "{rate: 0.5 Hz}"}, {"arrivals.requests", "50000"}}, "rag-rk3588"));
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_THAT(warnings.front().text, AllOf(HasSubstr("the simulation ends before"), testing::Not(HasSubstr("vary"))));
}

// Scores stay on the chip in memories from 384 KiB on, which is what one head of them takes.
TEST_F(SilentChanges, AThresholdThatIsNamedDoesTakeEffect) {
    const std::string path = "hardware.devices.npu.attention.keeps_scores_from";
    const std::string text = said(path, "1.1 MiB");
    const std::string begin = "it takes effect from ";
    const auto at = text.find(begin);
    ASSERT_NE(at, std::string::npos) << text;
    const std::string value = text.substr(at + begin.size(), text.find(" down") - at - begin.size());
    EXPECT_EQ(said(path, value), "") << value;
    EXPECT_NE(said(path, value.substr(0, value.find(' ')) + ".3 KiB ± 0.001%"), "") << value;
}

TEST_F(SilentChanges, MemoryAloneIsNoTime) {
    EXPECT_THAT(said("models.all-MiniLM-L6-v2.sizes.vocab", "60000"),
                AllOf(HasSubstr("no effect on any time: moves only memory, embed on npu from 65.8 MiB to ")));
}

// A command that shows a part of the answer is asked about this part.
TEST_F(SilentChanges, ASettingIsJudgedByWhatIsShown) {
    const auto said_of = [&](const std::vector<Override>& settings, const std::string& stage) {
        const auto shown = [&stage](const Scenario& scenario) {
            Diagnostics diagnostics;
            const auto result = evaluate(scenario, diagnostics);
            const Time time = std::ranges::find(result->stages, stage, &StageResult::name)->latency.median;
            return std::optional(Shown{number_text(in_milliseconds(time), 3), number_text(in_milliseconds(time), 6)});
        };
        const auto warnings = silent_settings(base(settings), shown);
        return warnings.empty() ? std::string() : warnings.front().text;
    };
    const std::vector<Override> tokens{{"stages.rerank.tokens", "200"}};
    EXPECT_EQ(said_of(tokens, "rerank"), "");
    EXPECT_THAT(said_of(tokens, "embed"), HasSubstr("no effect on what is shown here, but on other parts"));
    EXPECT_THAT(said_of({{"hardware.devices.npu.vector.gather.per_cycle", "9"}}, "embed"),
                HasSubstr("no operator of class gather"));
    EXPECT_THAT(said_of({{"hardware.devices.cpu.runtime.dispatch.per_graph", "20.01 us"}}, "rerank"),
                HasSubstr("almost no effect"));
}

// Rows of a sweep hold latencies and choices only.
TEST_F(SilentChanges, AnAxisThatMovesWhatRowsDoNotShowIsNotCalledWithoutEffect) {
    const auto said_of = [&](const std::string& path, std::vector<std::string> values, std::vector<Override> settings) {
        const auto warnings = silent_axes(base(std::move(settings)), {{path, std::move(values), {}}});
        return warnings.empty() ? std::string() : warnings.front().text;
    };
    EXPECT_THAT(said_of("arrivals.rate", {"0.5 Hz", "1 Hz"}, {{"arrivals", "{rate: 1 Hz, requests: 4000}"}}),
                AllOf(HasSubstr("but on the stream of requests"), testing::Not(HasSubstr("fare the same"))));
    EXPECT_THAT(said_of("hardware.devices.cpu.error.matmul", {"10%", "40%"}, {}),
                AllOf(HasSubstr("but on intervals"), testing::Not(HasSubstr("widens no interval"))));
    EXPECT_THAT(said_of("stages.embed.budget", {"10 ms", "20 ms"}, {}), HasSubstr("but on the budget of a stage"));
    EXPECT_THAT(said_of("models.ms-marco-MiniLM-L-12-v2.sizes.max_positions", {"512", "1024"}, {}),
                HasSubstr("but on memory"));
}

TEST_F(SilentChanges, ADeviceThatTheScenarioPinsAStageAwayFromDoesNotMove) {
    const std::string cpu = "hardware.devices.cpu.";
    for (const char* path : {"matrix.efficiency", "dma.limit"}) {
        const auto warnings = silent_settings(base({{"stages.embed.on", "npu"},
                                                    {"stages.rerank.on", "npu"},
                                                    {cpu + path, path[0] == 'm' ? "20%" : "9 GB/s"}}));
        for (const Warning& warning : warnings) {
            EXPECT_TRUE(!warning.path.starts_with(cpu) || warning.text.find("on cpu from") == std::string::npos)
                << warning.text;
        }
    }
}

// Energy: the hint is tried, and named only where it moves the energy of what is chosen.
TEST_F(SilentChanges, AHintAboutEnergyMovesTheEnergyOfWhatIsChosen) {
    const std::string text = said("hardware.devices.npu.energy.per_mac.int4", "1 pJ/MAC");
    const auto at = text.find("vary ");
    ASSERT_NE(at, std::string::npos) << text;
    const std::string hint = text.substr(at + 5);
    EXPECT_THAT(hint, HasSubstr(".energy."));
    EXPECT_EQ(said(hint, "9 pJ"), "") << hint;
}

TEST(MovedText, AChangeBelowItsDigitsIsNoExponent) {
    const auto text = [](double factor) {
        return moved_text({{"rerank", "npu", "cpu", milliseconds(200), milliseconds(200) * factor}});
    };
    EXPECT_EQ(text(1 - 9e-8), "moves only what is not chosen: rerank on npu by less than 0.01% (cpu stays the choice)");
    EXPECT_THAT(text(1 - 2e-4), HasSubstr("rerank on npu by -0.02% ("));
    EXPECT_THAT(text(1.1), HasSubstr("rerank on npu from 200 ms to 220 ms ("));
}

TEST_F(SilentChanges, WhatMovesOnlyAnotherPlacementIsDistinguished) {
    EXPECT_THAT(said("stages.rerank.cores", "{npu: 3}"),
                AllOf(HasSubstr("moves only what is not chosen"), HasSubstr("rerank on npu from "),
                      HasSubstr("cpu stays the choice")));
}

TEST_F(SilentChanges, ChangesThatOnlyWorkTogetherAreNotSilent) {
    EXPECT_THAT(silent_settings(base({{"hardware.devices.npu.clocks.+", "500 MHz"}})), testing::SizeIs(1));
    EXPECT_THAT(
        silent_settings(base({{"hardware.devices.npu.clocks.+", "550 MHz"}, {"stages.embed.clock", "{npu: 550 MHz}"}})),
        IsEmpty());
    const auto two =
        silent_settings(base({{"hardware.devices.npu.vector.gather.per_cycle", "9"}, {"stages.rerank.tokens", "200"}}));
    ASSERT_EQ(two.size(), 1U) << "one of two";
    EXPECT_EQ(two.front().path, "hardware.devices.npu.vector.gather.per_cycle");
}

TEST_F(SilentChanges, AnAxisThatNeverMattersIsSaid) {
    const std::vector<SweepAxis> axes{{"hardware.devices.npu.vector.gather.per_cycle", {"1", "2", "4"}, {}},
                                      {"stages.rerank.tokens", {"100", "200"}, {}}};
    const auto warnings = silent_axes(base({}), axes);
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings.front().path, axes.front().path);
    EXPECT_THAT(warnings.front().text, HasSubstr("gather"));
}

TEST_F(SilentChanges, NumbersAreScaledWithTheirUnit) {
    EXPECT_EQ(times_factor("28 GB/s", 4, false), "112 GB/s");
    EXPECT_EQ(times_factor("384KiB", 0.25, false), "96KiB");
    EXPECT_EQ(times_factor("3", 0.25, true), "1") << "cores stay whole";
    EXPECT_EQ(times_factor("3", 0.25, false), "0.75") << "a ratio does not";
    EXPECT_EQ(times_factor("0.564", 0.25, false), "0.141");
    EXPECT_EQ(times_factor("11 GB/s per core", 4, false), "44 GB/s per core");
}

TEST_F(SilentChanges, EveryNumberOfTheFilesIsFound) {
    Diagnostics diagnostics;
    const auto numbers = written_numbers(base({}), diagnostics);
    ASSERT_TRUE(numbers.has_value()) << diagnostics.text();
    EXPECT_GT(numbers->size(), 140U);
    for (const char* path : {"hardware.devices.npu.cores", "hardware.devices.cpu.clusters.big.clock",
                             "hardware.links.0.layout_change", "hardware.devices.npu.runtime.fuses.7.traffic",
                             "stages.rerank.tokens", "stages.rerank.buckets.0", "budget"}) {
        EXPECT_TRUE(std::ranges::any_of(*numbers, [path](const auto& one) { return one.path == path; })) << path;
    }
    // Counts by their key: a ratio that is written as 1 or 3 is none.
    const auto is_whole = [&](const std::string& path) {
        return std::ranges::find(*numbers, path, &WrittenNumber::path)->whole;
    };
    EXPECT_TRUE(is_whole("hardware.devices.npu.cores"));
    EXPECT_TRUE(is_whole("stages.rerank.tokens"));
    EXPECT_TRUE(is_whole("stages.rerank.repeat"));
    EXPECT_FALSE(is_whole("hardware.devices.npu.vector.softmax.traffic"));
    EXPECT_FALSE(is_whole("hardware.devices.npu.dma.write_cost"));
    EXPECT_FALSE(is_whole("hardware.devices.cpu.vector.elementwise.per_cycle"));
}

// What is not set is listed: nothing is missing from the count of numbers and factors.
TEST_F(SilentChanges, WhatStaysTheSameAtAFactorIsListed) {
    Diagnostics diagnostics;
    const auto every = try_every_number(base({}), {0.25}, diagnostics);
    ASSERT_TRUE(every.has_value()) << diagnostics.text();
    std::size_t left_out = 0;
    for (const NumberTried& number : every->numbers) {
        EXPECT_EQ(number.set.size() + number.left_out.size(), 1U) << number.number.path;
        for (const UnsetFactor& one : number.left_out) {
            EXPECT_THAT(one.why, HasSubstr(number.number.value == "1" ? "whole number" : "zero")) << number.number.path;
            ++left_out;
        }
    }
    EXPECT_GT(left_out, 3U);
    EXPECT_LT(left_out, 12U);
}

}  // namespace
}  // namespace berth
