// Meaning of a scenario's text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "scenario/token_lengths.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

using namespace literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

using ScenarioReading = ScenarioFolder;

constexpr DeviceId kNpu = 0;
constexpr DeviceId kCpu = 1;

const char* const kQuery = R"(scenario: a query
description: for tests
hardware: board
stages:
  - {name: embed, model: tiny, dtype: fp16, tokens: 24, buckets: [256, 64]}
  - {name: search, takes: 26 ms, on: cpu, budget: 30 ms}
  - {name: rank, model: tiny-1.5, dtype: int8, tokens: 122, buckets: [512], repeat: 5, batch: 2, on: npu, granularity: block}
objective: edp
budget: 200 ms
)";

const ModelStage& model_stage(const Scenario& scenario, std::size_t index) {
    return std::get<ModelStage>(scenario.stages.at(index).work);
}

const ModelStage& only_stage(const std::optional<Scenario>& scenario) {
    return std::get<ModelStage>(scenario.value().stages.at(0).work);
}

TEST_F(ScenarioReading, ReadsEveryKey) {
    const Loaded loaded = load_text(kQuery);
    ASSERT_EQ(loaded.complaints, "");
    const Scenario& scenario = *loaded.scenario;
    EXPECT_EQ(scenario.name, "a query");
    EXPECT_EQ(scenario.description, "for tests");
    EXPECT_EQ(scenario.profile.name, "board");
    EXPECT_EQ(scenario.objective, Objective::kEdp);
    EXPECT_EQ(scenario.budget, 200_ms);
    ASSERT_EQ(scenario.stages.size(), 3U);
    const ModelStage& embed = model_stage(scenario, 0);
    EXPECT_EQ(embed.model.name, "tiny");
    EXPECT_EQ(embed.precision.dtype, DType::kFp16);
    EXPECT_THAT(embed.buckets, ElementsAre(64, 256)) << "ascending";
    EXPECT_EQ(embed.tokens.at(0).tokens, 24);
    EXPECT_EQ(embed.tokens.at(0).share, 1.0);
    EXPECT_FALSE(embed.on.has_value());
    EXPECT_EQ(scenario.stages[0].repeat, 1);
    EXPECT_FALSE(scenario.stages[0].budget.has_value());
    const auto& search = std::get<FixedStage>(scenario.stages[1].work);
    EXPECT_EQ(search.takes.median, 26_ms);
    EXPECT_EQ(search.takes.high, 26_ms);
    EXPECT_EQ(search.on, kCpu);
    EXPECT_EQ(scenario.stages[1].budget, 30_ms);
    const ModelStage& rank = model_stage(scenario, 2);
    EXPECT_EQ(rank.model.name, "tiny-1.5");
    EXPECT_EQ(rank.batch, 2);
    EXPECT_EQ(rank.on, kNpu);
    EXPECT_EQ(rank.granularity, Granularity::kBlock);
    EXPECT_EQ(scenario.stages[2].repeat, 5);
    EXPECT_EQ(scenario.stages[2].where.line, 7);
}

TEST_F(ScenarioReading, CountsTheCoresOfAMask) {
    const auto cores = [&](const std::string& keys) {
        return only_stage(load_stage("model: tiny, dtype: int8, tokens: 8, " + keys).scenario).cores;
    };
    EXPECT_THAT(cores("core_mask: {npu: 7}"), ElementsAre(Pair(kNpu, 3)));
    EXPECT_THAT(cores("core_mask: {npu: 6, cpu: 1}"), UnorderedElementsAre(Pair(kNpu, 2), Pair(kCpu, 1)));
    EXPECT_THAT(cores("core_mask: {npu: 0}"), IsEmpty()) << "the runtime chooses";
    EXPECT_THAT(cores("cores: {cpu: 4}, core_mask: {npu: 4}"), UnorderedElementsAre(Pair(kCpu, 4), Pair(kNpu, 1)));
    EXPECT_THAT(cores("cores: {npu: 2}, core_mask: {npu: 7}"), ElementsAre(Pair(kNpu, 2)));
}

TEST_F(ScenarioReading, ReadsClocksAndPrecisionRules) {
    const Loaded loaded = load_stage(
        "model: tiny, dtype: int8, tokens: 8, clock: {npu: 0.5 GHz}, precision: [{operators: block.0.*, dtype: fp16}]");
    ASSERT_EQ(loaded.complaints, "");
    const ModelStage& stage = only_stage(loaded.scenario);
    EXPECT_THAT(stage.clocks, ElementsAre(Pair(kNpu, 500_MHz)));
    ASSERT_EQ(stage.precision.rules.size(), 1U);
    EXPECT_EQ(stage.precision.rules[0].pattern, "block.0.*");
    EXPECT_EQ(stage.precision.rules[0].dtype, DType::kFp16);
}

TEST_F(ScenarioReading, APatternThatMatchesNothingIsReportedWhereItStands) {
    const Loaded loaded =
        load_stage("model: tiny, dtype: int8, tokens: 8, precision: [{operators: \"blok.*\", dtype: fp16}]");
    ASSERT_EQ(loaded.complaints, "");
    const ModelStage& stage = only_stage(loaded.scenario);
    Diagnostics diagnostics;
    auto graph = instantiate(stage.model, Workload{1, 8}, diagnostics);
    EXPECT_FALSE(apply_precision(graph.value(), stage.precision, diagnostics));
    EXPECT_EQ(shortened(diagnostics), "scenarios/s.yaml:4:80: error: 'blok.*' matches no operator of tiny\n");
}

TEST_F(ScenarioReading, ATimeHasASpreadOrAnInterval) {
    const auto takes = [&](const std::string& value) {
        return std::get<FixedStage>(load_stage("takes: " + value).scenario.value().stages.at(0).work).takes;
    };
    const Estimate<Time> spread = takes("20 ms ± 10%");
    EXPECT_EQ(spread.median, 20_ms);
    EXPECT_NEAR(spread.high / spread.median, std::exp(1.6448536 * std::log(1.1)), 1e-6);
    const Estimate<Time> range = takes("{low: 100 ms, high: 400 ms}");
    EXPECT_EQ(range.low, 100_ms);
    EXPECT_NEAR(in_milliseconds(range.median), 200, 1e-9) << "log-normal: the geometric mean";
    EXPECT_EQ(range.high, 400_ms);
    EXPECT_EQ(takes("{value: 5 ms, source: stopwatch, kind: measured}").median, 5_ms);
}

TEST_F(ScenarioReading, DisabledStagesAreCheckedAndLeftOut) {
    Loaded loaded = load_text(kQuery, {{"stages.search.enabled", "false"}});
    ASSERT_EQ(loaded.complaints, "");
    EXPECT_EQ(loaded.scenario->stages.size(), 2U);
    EXPECT_THAT(loaded.scenario->disabled, ElementsAre("search"));
    loaded = load_stage("takes: 3 Hz, enabled: false");
    EXPECT_THAT(loaded.complaints, testing::HasSubstr("takes"));
}

TEST_F(ScenarioReading, OneBucketNeedsNoList) {
    EXPECT_THAT(only_stage(load_stage("model: tiny, dtype: int8, tokens: 8, buckets: 64").scenario).buckets,
                ElementsAre(64));
}

double mean_by_hand(const TokenDistribution& distribution) {
    double mean = 0;
    for (const TokenShare& length : distribution) {
        mean += length.share * static_cast<double>(length.tokens);
    }
    return mean;
}

double total_share(const TokenDistribution& distribution) {
    return std::accumulate(distribution.begin(), distribution.end(), 0.0,
                           [](double sum, const TokenShare& length) { return sum + length.share; });
}

TEST_F(ScenarioReading, ARangeStandsForAFewLengthsThatStopAtBuckets) {
    const Loaded loaded = load_stage("model: tiny, dtype: int8, tokens: {from: 101, to: 500}, buckets: [128, 512]");
    ASSERT_EQ(loaded.complaints, "");
    const TokenDistribution& tokens = only_stage(loaded.scenario).tokens;
    EXPECT_LE(tokens.size(), kMostLengths + 2);
    EXPECT_NEAR(total_share(tokens), 1.0, 1e-12);
    EXPECT_NEAR(mean_by_hand(tokens), 300.5, 0.5);
    double below = 0;
    for (const TokenShare& length : tokens) {
        below += length.tokens <= 128 ? length.share : 0;
    }
    EXPECT_NEAR(below, 28.0 / 400.0, 1e-12) << "exactly the share that fits the small bucket";
}

TEST_F(ScenarioReading, ReadsLengthsFromATableBesideTheScenario) {
    write("scenarios/lengths.csv", "id,tokens\n1,10\n2,30\n3,10\n4,50\n");
    const Loaded loaded = load_stage("model: tiny, dtype: int8, tokens: {file: lengths.csv, column: tokens}");
    ASSERT_EQ(loaded.complaints, "");
    const TokenDistribution& tokens = only_stage(loaded.scenario).tokens;
    ASSERT_EQ(tokens.size(), 3U);
    EXPECT_EQ(tokens[0].tokens, 10);
    EXPECT_EQ(tokens[0].share, 0.5);
    EXPECT_EQ(tokens[2].tokens, 50);
    EXPECT_EQ(tokens[2].share, 0.25);
}

TEST_F(ScenarioReading, MissingDevicesAreLeftOutTogetherWithTheirSettings) {
    const Loaded loaded = load_text(
        "scenario: s\nhardware: board\nmissing: [npu]\nstages:\n"
        "  - {name: work, model: tiny, dtype: int8, tokens: 8, core_mask: {npu: 7}, cores: {cpu: 2}}\n");
    ASSERT_EQ(loaded.complaints, "");
    ASSERT_EQ(loaded.scenario->profile.devices.size(), 1U);
    EXPECT_EQ(loaded.scenario->profile.devices[0].name, "cpu");
    EXPECT_THAT(only_stage(loaded.scenario).cores, ElementsAre(Pair(0, 2))) << "the CPU is device 0 now";
}

TEST_F(ScenarioReading, OverridesReachHardwareModelsAndStages) {
    const Loaded loaded = load_text(kQuery, {{"hardware.devices.npu.clock", "500 MHz"},
                                             {"models.tiny.sizes.layers", "7"},
                                             {"models.tiny-1.5.sizes.hidden", "32"},
                                             {"stages.rank.buckets", "[128, 512]"},
                                             {"stages.rank.cores", "{npu: 3}"},
                                             {"budget", "1 s"},
                                             {"missing", "[]"}});
    ASSERT_EQ(loaded.complaints, "");
    EXPECT_EQ(loaded.scenario->profile.devices[kNpu].clusters[0].clock.value, 500_MHz);
    EXPECT_EQ(model_stage(*loaded.scenario, 0).model.sizes.at("layers"), 7);
    EXPECT_EQ(model_stage(*loaded.scenario, 0).model.sizes.at("hidden"), 64);
    EXPECT_EQ(model_stage(*loaded.scenario, 2).model.sizes.at("hidden"), 32);
    EXPECT_EQ(model_stage(*loaded.scenario, 2).model.sizes.at("layers"), 3);
    EXPECT_THAT(model_stage(*loaded.scenario, 2).buckets, ElementsAre(128, 512));
    EXPECT_THAT(model_stage(*loaded.scenario, 2).cores, ElementsAre(Pair(kNpu, 3)));
    EXPECT_EQ(loaded.scenario->budget, 1_s);
}

TEST_F(ScenarioReading, AnOverrideBelongsToTheModelWithTheLongestName) {
    write("models/tiny-1.yaml", "model: tiny-1\narchitecture: mlp\nsizes: {layers: 1, hidden: 16}\n");
    const Loaded loaded = load_text(
        "scenario: s\nhardware: board\nstages:\n  - {name: a, model: tiny-1, dtype: int8, tokens: 8}\n"
        "  - {name: b, model: tiny-1.5, dtype: int8, tokens: 8}\n",
        {{"models.tiny-1.5.sizes.hidden", "32"}});
    ASSERT_EQ(loaded.complaints, "");
    EXPECT_EQ(model_stage(*loaded.scenario, 0).model.sizes.at("hidden"), 16);
    EXPECT_EQ(model_stage(*loaded.scenario, 1).model.sizes.at("hidden"), 32);
}

TEST_F(ScenarioReading, ExtendsAnotherAndSetsValuesInIt) {
    write("scenarios/base.yaml", kQuery);
    write("scenarios/fast.yaml",
          "scenario: fast\nextends: base\nset: {stages.rank.buckets: [128], hardware.devices.npu.clock: 500 MHz, "
          "models.tiny.sizes.layers: 9, stages.search.enabled: false}\n");
    const Loaded loaded = load_text("scenario: faster\nextends: fast\nbudget: 50 ms\nset:\n  stages.rank.repeat: 4\n",
                                    {{"stages.rank.batch", "3"}});
    ASSERT_EQ(loaded.complaints, "");
    const Scenario& scenario = *loaded.scenario;
    EXPECT_EQ(scenario.name, "faster");
    EXPECT_EQ(scenario.description, "for tests") << "inherited";
    EXPECT_EQ(scenario.budget, 50_ms);
    ASSERT_EQ(scenario.stages.size(), 2U);
    EXPECT_THAT(model_stage(scenario, 1).buckets, ElementsAre(128));
    EXPECT_EQ(scenario.stages[1].repeat, 4);
    EXPECT_EQ(model_stage(scenario, 1).batch, 3);
    EXPECT_EQ(model_stage(scenario, 0).model.sizes.at("layers"), 9);
    EXPECT_EQ(scenario.profile.devices[kNpu].clusters[0].clock.value, 500_MHz);
}

TEST_F(ScenarioReading, FilesOfItsOwnAreFoundBesideTheScenario) {
    write("elsewhere/mine.yaml",
          "scenario: mine\nhardware: parts/board2.yaml\nstages:\n"
          "  - {name: a, model: parts/net, dtype: int8, tokens: 8}\n");
    write("elsewhere/parts/board2.yaml", "profile: board2\nextends: board\nmemory: {dram: {capacity: 1 GiB}}\n");
    write("elsewhere/parts/net.yaml", "model: net\narchitecture: mlp\nsizes: {layers: 1, hidden: 8}\n");
    const Loaded loaded = load((folder_ / "elsewhere/mine.yaml").string(), {{"models.net.sizes.layers", "2"}});
    ASSERT_EQ(loaded.complaints, "");
    EXPECT_EQ(loaded.scenario->profile.name, "board2");
    EXPECT_EQ(model_stage(*loaded.scenario, 0).model.sizes.at("layers"), 2);
}

TEST(TokenLengths, FewStayAsTheyAre) {
    const std::vector<TokenShare> lengths{{3, 0.2}, {90, 0.8}};
    const TokenDistribution result = condensed(lengths, {});
    ASSERT_EQ(result.size(), 2U);
    EXPECT_EQ(result[1].tokens, 90);
    EXPECT_EQ(result[1].share, 0.8);
}

TEST(TokenLengths, ALengthThatIsHalfOfThemKeepsItsShare) {
    std::vector<TokenShare> lengths;
    for (std::int64_t tokens = 1; tokens <= 100; ++tokens) {
        lengths.push_back({tokens, tokens == 50 ? 0.505 : 0.005});
    }
    const TokenDistribution result = condensed(lengths, {});
    EXPECT_LE(result.size(), kMostLengths + 1);
    EXPECT_NEAR(total_share(result), 1.0, 1e-12);
    EXPECT_NEAR(mean_by_hand(result), 0.005 * 5050 + 0.5 * 50, 0.5);
    const bool has_peak = std::any_of(result.begin(), result.end(), [](const TokenShare& length) {
        return length.tokens == 50 && length.share > 0.5;
    });
    EXPECT_TRUE(has_peak);
}

TEST_F(ScenarioReading, PhasesOfGeneratingText) {
    const auto generation = [&](const std::string& keys) {
        const auto loaded = load_stage("model: tiny, dtype: int8, " + keys);
        EXPECT_EQ(loaded.complaints, "");
        return std::get<ModelStage>(loaded.scenario->stages.at(0).work);
    };
    const ModelStage generate = generation("phase: generate, prompt: 128, new_tokens: 64");
    ASSERT_TRUE(generate.generation);
    EXPECT_EQ(generate.generation->phase, Phase::kGenerate);
    EXPECT_EQ(generate.generation->prompt, 128);
    EXPECT_EQ(generate.generation->new_tokens, 64);
    EXPECT_EQ(generate.tokens.at(0).tokens, 128);
    EXPECT_EQ(generation("phase: decode, prompt: 9").generation->new_tokens, 1);
    EXPECT_EQ(generation("phase: prefill, prompt: 9").generation->new_tokens, 0);
    EXPECT_FALSE(generation("tokens: 9").generation);
}

}  // namespace
}  // namespace berth
