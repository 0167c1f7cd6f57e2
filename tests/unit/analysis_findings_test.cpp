// The order of findings, and consistent comparisons by what-ifs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "analysis/finding_thresholds.h"
#include "berth/analysis/findings.h"
#include "berth/base/quantity_text.h"
#include "berth/evaluation/evaluation.h"
#include "scratch_folder.h"

namespace berth {
namespace {

std::vector<Finding> findings_of(const std::string& name, const std::vector<Override>& overrides) {
    Diagnostics diagnostics;
    const auto scenario = load_scenario(Library{{BERTH_SOURCE_DIR}}, name, overrides, diagnostics);
    const auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
    EXPECT_TRUE(result) << diagnostics.text();
    return result ? findings(*scenario, *result) : std::vector<Finding>{};
}

Finding with_totals(double before, double after) {
    Finding finding;
    finding.before = milliseconds(before);
    finding.after = milliseconds(after);
    return finding;
}

TEST(WhatifFindings, TheDocumentHasTheThresholdsOfTheCode) {
    std::ifstream file(std::string(BERTH_SOURCE_DIR) + "/docs/cli.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const FindingThreshold& row : kFindingThresholds) {
        const std::string line =
            fmt::format("| {} | {} {} | {} |\n", row.finding, number_text(row.value), row.unit, row.why);
        EXPECT_NE(text.find(line), std::string::npos) << line;
    }
}

TEST(WhatifFindings, OnlyANoticeableDifferenceChangesTheTotal) {
    EXPECT_FALSE(changes_total(Finding{}));
    EXPECT_FALSE(changes_total(with_totals(100, 100.04)));
    EXPECT_TRUE(changes_total(with_totals(100, 99.9)));
    EXPECT_TRUE(changes_total(with_totals(100, 100.1)));
}

TEST(WhatifFindings, LargestGainFirstAndThoseWithoutLast) {
    const auto all = findings_of("rag-rk3588", {});
    ASSERT_GT(all.size(), 2U);
    EXPECT_TRUE(std::ranges::is_partitioned(all, changes_total));
    const auto gain = [](const Finding& finding) { return *finding.before - *finding.after; };
    for (std::size_t i = 1; i < all.size() && changes_total(all[i]); ++i) {
        EXPECT_GE(gain(all[i - 1]), gain(all[i])) << all[i].text;
    }
    EXPECT_TRUE(changes_total(all.front()));
    EXPECT_FALSE(changes_total(all.back()));
}

// A chosen split is compared with splits, so more capable hardware cannot make the stage slower.
TEST(WhatifFindings, BetterHardwareDoesNotSlowASplitDown) {
    int compared = 0;
    for (const Finding& finding : findings_of("rag-rk3588", {{"stages.rerank.granularity", "operator"}})) {
        if (finding.kind == FindingKind::kDispatch || finding.kind == FindingKind::kSpill) {
            EXPECT_LE(*finding.after, *finding.before * (1 + 1e-9)) << finding.text;
            ++compared;
        }
    }
    EXPECT_GT(compared, 0);
}

// Totals that a finding's settings give when they are tried, as far as it predicts one.
void expect_predicted(const std::string& name, const std::vector<Override>& settings, int& tried) {
    Library library{{BERTH_SOURCE_DIR}};
    library.kept = std::make_shared<KeptDocuments>();
    for (const Finding& finding : findings_of(name, settings)) {
        if (finding.change.empty() || !finding.after) {
            continue;
        }
        std::vector<Override> all = settings;
        for (const auto& [path, value] : finding.change) {
            all.push_back({path, value});
        }
        Diagnostics diagnostics;
        const auto changed = load_scenario(library, name, all, diagnostics);
        const auto result = changed ? evaluate(*changed, diagnostics) : std::nullopt;
        ASSERT_TRUE(result) << name << ": " << diagnostics.text();
        EXPECT_NEAR(result->total.latency.median / *finding.after, 1, 1e-9)
            << name << ", " << finding.stage << ": " << finding.text << "\n"
            << finding.change.front().first << "=" << finding.change.front().second;
        ++tried;
    }
}

TEST(WhatifFindings, WhatIsTriedGivesWhatWasPredicted) {
    int tried = 0;
    for (const auto& entry : std::filesystem::directory_iterator(std::string(BERTH_SOURCE_DIR) + "/scenarios")) {
        if (entry.path().extension() == ".yaml") {
            expect_predicted(entry.path().stem().string(), {}, tried);
        }
    }
    EXPECT_GT(tried, 100);
}

TEST(WhatifFindings, WhatIsTriedGivesWhatWasPredictedUnderOtherQuestionsToo) {
    int tried = 0;
    const Override kLengths{"stages.rerank.tokens", "{from: 20, to: 200}"};
    expect_predicted("rag-rk3588", {kLengths}, tried);
    expect_predicted("rag-rk3588", {{"stages.rerank.granularity", "operator"}}, tried);
    expect_predicted("rag-rk3588-big-cores", {{"objective", "energy"}}, tried);
    expect_predicted(
        "rag-rk3588",
        {{"stages.rerank.on", "npu"}, {"stages.embed.slows", "{rerank: 50%}"}, {"arrivals", "{rate: 1 Hz}"}}, tried);
    expect_predicted("rag-rk3588-bucket-128", {{"stages.embed.dtypes", "{cpu: fp32}"}}, tried);
    EXPECT_GT(tried, 20);
}

// What is tried of the chip moves other stages too; the text names each that the predicted total counts.
TEST(WhatifFindings, EveryStageThatMovesIsNamed) {
    int moved = 0;
    for (const char* name : {"assistant-rk3588", "rag-rk3588-batch"}) {
        Diagnostics diagnostics;
        const auto scenario = load_scenario(Library{{BERTH_SOURCE_DIR}}, name, {}, diagnostics);
        ASSERT_TRUE(scenario) << diagnostics.text();
        const auto now = evaluate(*scenario, diagnostics);
        for (const Finding& finding : findings(*scenario, *now)) {
            if (!finding.after || finding.change.empty()) {
                continue;
            }
            std::vector<Override> settings;
            for (const auto& [path, value] : finding.change) {
                settings.push_back({path, value});
            }
            const auto changed = load_scenario(Library{{BERTH_SOURCE_DIR}}, name, settings, diagnostics);
            ASSERT_TRUE(changed) << diagnostics.text();
            const auto then = evaluate(*changed, diagnostics);
            for (std::size_t i = 0; i < now->stages.size(); ++i) {
                const std::string& stage = now->stages[i].name;
                const double change = in_seconds(then->stages[i].latency.median - now->stages[i].latency.median);
                const bool about = stage == finding.stage || std::ranges::count(finding.also_in, stage) > 0;
                if (!about && std::abs(change) > 5.1e-4 * in_seconds(now->total.latency.median)) {
                    EXPECT_NE(finding.text.find("With it " + stage + " takes "), std::string::npos) << finding.text;
                    ++moved;
                }
            }
        }
    }
    EXPECT_GT(moved, 1);
}

// The spill finding of a scenario with this stage alone; absent, with a failure, if there is none.
std::optional<Finding> spill_of(const std::string& stage) {
    const ScratchFolder folder;
    folder.write("one.yaml", "scenario: One\nhardware: rk3588-rknn-2.3.2\nstages:\n  - " + stage + "\n");
    const auto all = findings_of((folder.path() / "one.yaml").string(), {});
    const auto spill = std::ranges::find(all, FindingKind::kSpill, &Finding::kind);
    EXPECT_NE(spill, all.end());
    return spill == all.end() ? std::nullopt : std::optional(*spill);
}

// Activations of what falls back to another device need no room on this one.
TEST(WhatifFindings, ASpillAsksForNoMoreRoomThanTheDeviceNeeds) {
    const auto spill = spill_of("{name: embed, model: bge-m3, dtype: int8, tokens: 512, buckets: [512], on: npu}");
    ASSERT_TRUE(spill);
    EXPECT_EQ(spill->change.front().first, "hardware.devices.npu.memories.sram.capacity");
    EXPECT_EQ(spill->change.front().second, "5 MiB") << spill->text;
}

TEST(WhatifFindings, AMemoryThatIsLargeEnoughLacksTheAbilityAlone) {
    const auto spill =
        spill_of("{name: embed, model: all-MiniLM-L6-v2, dtype: int8, tokens: 24, buckets: [32], on: npu}");
    ASSERT_TRUE(spill);
    ASSERT_EQ(spill->change.size(), 1U) << spill->text;
    EXPECT_EQ(spill->change.front().first, "hardware.devices.npu.memories.sram.keeps_tensors");
    EXPECT_NE(spill->text.find("keeps no tensors between kernels"), std::string::npos) << spill->text;
}

// Of generated text the pass with most activations is one over the prompt.
TEST(WhatifFindings, ASpillOfGeneratedTextIsThePrompts) {
    const auto all = findings_of("chat-rk3588-both", {});
    const auto spill = std::ranges::find(all, FindingKind::kSpill, &Finding::kind);
    ASSERT_NE(spill, all.end());
    EXPECT_TRUE(spill->text.starts_with("In a pass over the prompt ")) << spill->text;
    EXPECT_NE(spill->text.find("its first token "), std::string::npos) << spill->text;
}

// A change of the chip moves all stages, so it is one finding with what each stage says of it.
TEST(WhatifFindings, WhatSeveralStagesAskOfTheChipIsOneFinding) {
    const auto all = findings_of("rag-rk3588", {});
    for (const FindingKind kind : {FindingKind::kSpill, FindingKind::kFallback}) {
        ASSERT_EQ(std::ranges::count(all, kind, &Finding::kind), 1);
        const Finding& one = *std::ranges::find(all, kind, &Finding::kind);
        EXPECT_EQ(one.stage, "embed");
        EXPECT_EQ(one.also_in, std::vector<std::string>{"rerank"});
        EXPECT_TRUE(one.text.starts_with("embed: ")) << one.text;
        EXPECT_NE(one.text.find(" rerank: "), std::string::npos) << one.text;
    }
}

// A stage's setting for one device leaves those for others in place.
TEST(WhatifFindings, CoresOfOneDeviceKeepThoseOfOthers) {
    int found = 0;
    for (const Finding& finding : findings_of("rag-rk3588-big-cores", {})) {
        if (finding.kind == FindingKind::kCores && finding.stage == "rerank") {
            EXPECT_EQ(finding.change.front().second, "{npu: 3, cpu: 4}");
            ++found;
        }
    }
    EXPECT_EQ(found, 1);
}

TEST(WhatifFindings, AFusionThatIsMissingIsWorthItsRule) {
    int tried = 0;
    constexpr std::string_view kScenario = "rag-rk3588-short-question";
    const Override kOneOnTheCpu{"stages.rerank.on", "npu"};  // a rule changes every stage of its device
    const Override kDearLaunches{"hardware.devices.cpu.runtime.dispatch.per_kernel",
                                 "100 us"};  // otherwise the effect is too small
    for (const Finding& finding : findings_of(std::string(kScenario), {kOneOnTheCpu, kDearLaunches})) {
        if (finding.kind != FindingKind::kFusion) {
            continue;
        }
        ASSERT_EQ(finding.change.size(), 1U);
        const auto& [path, value] = finding.change.front();
        Diagnostics diagnostics;
        const auto changed = load_scenario(Library{{BERTH_SOURCE_DIR}}, kScenario,
                                           {kOneOnTheCpu, kDearLaunches, {path, value}}, diagnostics);
        ASSERT_TRUE(changed) << diagnostics.text();
        EXPECT_NEAR(evaluate(*changed, diagnostics)->total.latency.median / *finding.after, 1, 1e-9) << path << value;
        ++tried;
    }
    EXPECT_GT(tried, 0);
}

TEST(WhatifFindings, TextsCountInWords) {
    for (const Finding& finding : findings_of("rag-rk3588", {})) {
        EXPECT_EQ(finding.text.find(" 1 times"), std::string::npos) << finding.text;
        EXPECT_EQ(finding.text.find(" 1 cores"), std::string::npos) << finding.text;
        EXPECT_TRUE(finding.text.ends_with(".")) << finding.text;
    }
}

// Kernels that a host launches cost its cycles, and what else the host does is no launch.
TEST(WhatifFindings, LaunchingTakesTwiceWhatHalfOfItWouldSave) {
    int found = 0;
    for (const Override& runtime :
         {Override{"hardware", "rk3588-rkllm-1.3.0"}, Override{"hardware", "rk3588-rknn-2.3.2"}}) {
        for (const Finding& finding : findings_of("rag-rk3588-bucket-128", {runtime, {"stages.rerank.on", "npu"}})) {
            if (finding.kind == FindingKind::kDispatch) {
                EXPECT_LT(*finding.after, *finding.before * 0.99) << finding.text;
                ASSERT_FALSE(finding.change.empty());
                EXPECT_NE(finding.change.front().first.find("runtime.dispatch."), std::string::npos);
                ++found;
            }
        }
    }
    EXPECT_GT(found, 0);
}

// The class that keeps int8 from its promise is the one that scales least, which need not be the largest.
TEST(WhatifFindings, APrecisionThatGainsLittleNamesWhatScalesLeast) {
    int found = 0;
    for (const Finding& finding : findings_of("rag-rk3588", {{"stages.rerank.on", "npu"}})) {
        if (finding.kind == FindingKind::kPrecision) {
            EXPECT_NE(finding.text.find("most of what is missing is "), std::string::npos) << finding.text;
            ++found;
        }
    }
    EXPECT_GT(found, 0);
}

}  // namespace
}  // namespace berth
