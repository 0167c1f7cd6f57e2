// Shipped scenarios: the reference case agrees with its documents, and each alternative changes one thing in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "berth/scenario/scenario.h"

namespace berth {
namespace {

using namespace literals;
using testing::ElementsAre;
using testing::IsEmpty;

Library shipped_files() { return {{std::filesystem::path(BERTH_SOURCE_DIR)}}; }

Scenario load(const std::string& name, const std::vector<Override>& overrides = {}) {
    Diagnostics diagnostics;
    auto scenario = load_scenario(shipped_files(), name, overrides, diagnostics);
    if (!scenario) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*scenario);
}

const Stage& stage(const Scenario& scenario, const std::string& name) {
    for (const Stage& each : scenario.stages) {
        if (each.name == name) {
            return each;
        }
    }
    throw std::runtime_error("no stage " + name);
}

const ModelStage& model_stage(const Scenario& scenario, const std::string& name) {
    return std::get<ModelStage>(stage(scenario, name).work);
}

std::int64_t only_length(const ModelStage& stage) {
    EXPECT_EQ(stage.tokens.size(), 1U);
    return stage.tokens.at(0).tokens;
}

TEST(ShippedScenarios, AllOfThemLoad) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(shipped_files().roots[0] / "scenarios")) {
        if (!entry.is_regular_file()) {
            continue;  // graphs for `berth place`
        }
        const std::string name = entry.path().stem().string();
        EXPECT_NO_THROW(EXPECT_FALSE(load(name).stages.empty())) << name;
        ++count;
    }
    EXPECT_GE(count, 14U);
}

TEST(ShippedScenarios, TheReferenceCaseHasTheShapesOfItsDocuments) {
    const Scenario rag = load("rag-rk3588");
    EXPECT_EQ(rag.budget, 200_ms);
    EXPECT_EQ(rag.objective, Objective::kLatency);
    ASSERT_EQ(rag.stages.size(), 3U);
    const ModelStage& embed = model_stage(rag, "embed");
    EXPECT_EQ(embed.precision.dtype, DType::kFp16);
    EXPECT_EQ(embed.model.sizes.at("layers"), 6);
    EXPECT_THAT(embed.buckets, ElementsAre(256));
    const auto& retrieve = std::get<FixedStage>(stage(rag, "retrieve").work);
    EXPECT_NEAR(in_milliseconds(retrieve.takes.median), 15 + 8 + 3, 1e-9);
    const ModelStage& rerank = model_stage(rag, "rerank");
    EXPECT_EQ(rerank.precision.dtype, DType::kInt8);
    EXPECT_EQ(rerank.model.sizes.at("layers"), 12);
    EXPECT_EQ(only_length(rerank), 122);
    EXPECT_THAT(rerank.buckets, ElementsAre(512));
    EXPECT_EQ(stage(rag, "rerank").repeat, 5);
}

TEST(ShippedScenarios, EachAlternativeChangesWhatItsNameSays) {
    EXPECT_THAT(model_stage(load("rag-rk3588-tokens-384"), "rerank").buckets, ElementsAre(384));
    EXPECT_THAT(model_stage(load("rag-rk3588-tokens-256"), "rerank").buckets, ElementsAre(256));
    EXPECT_EQ(model_stage(load("rag-rk3588-bucket-128"), "rerank").buckets.front(), 128);
    EXPECT_EQ(model_stage(load("rag-rk3588-6-layer"), "rerank").model.sizes.at("layers"), 6);
    const Scenario batch = load("rag-rk3588-batch");
    EXPECT_EQ(model_stage(batch, "rerank").batch * stage(batch, "rerank").repeat, 5);
    EXPECT_EQ(model_stage(batch, "rerank").batch, 5);
    EXPECT_EQ(model_stage(load("rag-rk3588-mixed-precision"), "rerank").precision.rules.size(), 1U);
    const Scenario three_cores = load("rag-rk3588-three-cores");
    EXPECT_EQ(model_stage(three_cores, "rerank").cores.at(*device_named(three_cores.profile, "npu")), 3);
    EXPECT_THAT(load("rag-rk3588-no-reranker").disabled, ElementsAre("rerank"));
    EXPECT_FALSE(device_named(load("rag-rk3588-no-npu").profile, "npu").has_value());
    EXPECT_TRUE(device_named(load("rag-rk3588").profile, "npu").has_value());
    EXPECT_EQ(model_stage(load("rag-rk3588-fp16"), "rerank").precision.dtype, DType::kFp16);
    EXPECT_EQ(only_length(model_stage(load("rag-rk3588-short-question"), "embed")), 24);
}

TEST(ShippedScenarios, TheRulesOfMixedPrecisionMatchOperators) {
    const Scenario scenario = load("rag-rk3588-mixed-precision");
    const ModelStage& rerank = model_stage(scenario, "rerank");
    Diagnostics diagnostics;
    auto graph = instantiate(rerank.model, Workload{1, 128}, diagnostics);
    ASSERT_TRUE(graph && apply_precision(*graph, rerank.precision, diagnostics)) << diagnostics.text();
    std::size_t int8 = 0;
    std::size_t fp16 = 0;
    for (const Operator& op : graph->operators) {
        int8 += op.dtype == DType::kInt8 ? 1 : 0;
        fp16 += op.dtype == DType::kFp16 ? 1 : 0;
    }
    EXPECT_GT(int8, 0U);
    EXPECT_GT(fp16, 0U);
    EXPECT_EQ(int8 + fp16, graph->operators.size());
}

TEST(ShippedScenarios, TheVoiceAssistantCanSwitchItsRerankerOn) {
    EXPECT_THAT(load("voice-rk3588").disabled, ElementsAre("rerank"));
    const Scenario with = load("voice-rk3588", {{"stages.rerank.enabled", "true"}});
    EXPECT_THAT(with.disabled, IsEmpty());
    EXPECT_EQ(with.budget, 3_s);
    const auto& speech = std::get<FixedStage>(stage(with, "speech-to-text").work);
    EXPECT_EQ(speech.takes.low, 500_ms);
    EXPECT_EQ(speech.takes.high, 1000_ms);
}

TEST(Library, ShippedNamesAndPathsLeadToFiles) {
    Diagnostics diagnostics;
    const auto model = find_file(shipped_files(), "models", "bert-base-uncased", {}, diagnostics);
    ASSERT_TRUE(model.has_value()) << diagnostics.text();
    EXPECT_EQ(model->filename(), "bert-base-uncased.yaml");
    EXPECT_EQ(find_file(shipped_files(), "models", model->string(), {}, diagnostics), model) << "a path";
    std::filesystem::path without = *model;
    EXPECT_EQ(find_file(shipped_files(), "models", without.replace_extension().string(), {}, diagnostics), model)
        << "a path without .yaml";
    EXPECT_EQ(find_file(shipped_files(), "models", "bert-base-uncased.yaml", {}, diagnostics), model);
    EXPECT_TRUE(diagnostics.empty());
    EXPECT_FALSE(find_file(shipped_files(), "models", "bert-base", SourceLocation("--model"), diagnostics).has_value());
    EXPECT_TRUE(diagnostics.text().starts_with("--model: error: there is no model 'bert-base'"));
}

TEST(Library, LoadsModelsAndHardwareWithOverrides) {
    Diagnostics diagnostics;
    const auto model =
        load_model(shipped_files(), "ms-marco-MiniLM-L-12-v2",
                   {{"sizes.layers", "3"}, {"models.ms-marco-MiniLM-L-12-v2.sizes.hidden", "96"}}, {}, diagnostics);
    ASSERT_TRUE(model.has_value()) << diagnostics.text();
    EXPECT_EQ(model->sizes.at("layers"), 3);
    EXPECT_EQ(model->sizes.at("hidden"), 96);
    const auto profile = load_hardware(shipped_files(), "rk3588-rknn-2.3.2",
                                       {{"hardware.devices.npu.clock", "600 MHz"}}, {}, diagnostics);
    ASSERT_TRUE(profile.has_value()) << diagnostics.text();
    EXPECT_EQ(profile->devices[0].clusters[0].clock.value, 600_MHz);
}

}  // namespace
}  // namespace berth
