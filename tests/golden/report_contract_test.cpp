// The contract with scripts: keys of the JSON, columns of the CSV, valid numbers, and reproducible bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "berth/base/csv.h"
#include "berth/report/report.h"
#include "report_sample.h"

namespace berth {
namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

json report() { return json::parse(json_report(sample_result(), sample_scenario(), sample_findings())); }

void expect_keys(const json& object, const std::vector<const char*>& keys) {
    for (const char* key : keys) {
        EXPECT_TRUE(object.contains(key)) << key << " in " << object.dump().substr(0, 200);
    }
}

// The text with line breaks replaced by spaces.
std::string on_one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return text;
}

TEST(ReportContract, HasEveryKeyOfARun) {
    const json j = report();
    expect_keys(j, {"scenario", "hardware", "stages", "total", "findings", "warnings"});
    ASSERT_EQ(j["stages"].size(), 3U);
    for (const json& stage : j["stages"]) {
        expect_keys(stage,
                    {"name", "model", "repeat", "chosen", "candidates", "latency_ms", "optimality_gap", "operators"});
        for (const json& candidate : stage["candidates"]) {
            expect_keys(candidate,
                        {"placement", "feasible", "latency_ms", "low_ms", "high_ms", "energy_mj", "by_category"});
            if (candidate["feasible"].get<bool>()) {
                expect_keys(candidate["fusion"], {"fused", "missing", "cost_ms"});
                expect_keys(candidate["weights"], {"bytes", "by_dtype", "scale_bytes"});
            }
        }
        for (const json& op : stage["operators"]) {
            expect_keys(op, {"name", "op", "device", "start_ms", "latency_ms", "bound", "macs", "dram_bytes"});
        }
    }
    expect_keys(j["total"], {"latency_ms", "low_ms", "high_ms", "budget_ms", "meets_budget"});
    for (const json& finding : j["findings"]) {
        expect_keys(finding, {"kind", "stage", "text", "change", "latency_before_ms", "latency_after_ms"});
    }
}

TEST(ReportContract, HasEveryKeyOfAPrediction) {
    const ScenarioResult result = sample_result();
    ModelPrediction prediction;
    prediction.candidate = result.stages[0].candidates[0];
    const json j = json::parse(prediction_json(prediction, result.devices));
    const std::vector<const char*> keys{
        "model",     "device",       "latency_ms",   "low_ms",      "high_ms",
        "ttft_ms",   "tokens_per_s", "weight_bytes", "by_category", "peak_activation_bytes",
        "operators", "warnings"};
    expect_keys(j, keys);
    EXPECT_TRUE(j["ttft_ms"].is_null());
    EXPECT_TRUE(j["tokens_per_s"].is_null());
    const OperatorResult& op = result.stages[0].candidates[0].operators[0];
    const Scenario scenario = sample_scenario();
    expect_keys(json::parse(kernel_json(*op.kernel, {log_normal_estimate(op.latency, 0.1), *op.cost, {}, *op.kernel},
                                        scenario.profile.devices[1], {1, {}})),
                keys);
}

TEST(ReportContract, GivesTheNumbersOfTheResult) {
    const json j = report();
    const json& rank = j["stages"][2];
    EXPECT_EQ(rank["chosen"], "split");
    EXPECT_NEAR(rank["latency_ms"].get<double>(), 3 * rank["candidates"][1]["latency_ms"].get<double>(), 1e-3);
    EXPECT_EQ(rank["operators"][0]["macs"], 40000000);
    EXPECT_EQ(rank["operators"][0]["dram_bytes"], 1600000);
    EXPECT_EQ(rank["operators"][0]["device"], "npu");
    EXPECT_EQ(j["total"]["meets_budget"], false);
    EXPECT_EQ(j["stages"][1]["model"], nullptr);
    EXPECT_EQ(j["stages"][1]["chosen"], nullptr);
    EXPECT_EQ(j["stages"][1]["latency_ms"], 20);
    const json& gpu = j["stages"][0]["candidates"][2];
    EXPECT_EQ(gpu["feasible"], false);
    EXPECT_TRUE(gpu["latency_ms"].is_null());
    EXPECT_THAT(gpu["reason"].get<std::string>(), HasSubstr("no kernel for layer_norm"));
}

TEST(ReportContract, ChangesHoldValuesNotText) {
    const json change = report()["findings"][0]["change"];
    EXPECT_EQ(change["stages.embed.buckets"], json::array({128, 256}));
    EXPECT_EQ(change["stages.embed.dtype"], "fp16");
}

TEST(ReportContract, WithoutABudgetItIsNeitherMetNorMissed) {
    ScenarioResult result = sample_result();
    result.total.budget.reset();
    result.total.budget_probability.reset();
    const json total = json::parse(json_report(result, sample_scenario(), {}))["total"];
    EXPECT_TRUE(total["budget_ms"].is_null());
    EXPECT_TRUE(total["meets_budget"].is_null());
    EXPECT_THAT(text_report(result, sample_scenario(), {}), Not(HasSubstr("ms budget")));
}

TEST(ReportContract, WhatIsNotFiniteIsAbsent) {
    ScenarioResult result = sample_result();
    const Time infinite = Time::from_si(std::numeric_limits<double>::infinity());
    const Time undefined = Time::from_si(std::numeric_limits<double>::quiet_NaN());
    Candidate& split = result.stages[2].candidates[1];
    split.latency.high = infinite;
    split.operators[0].latency = undefined;
    split.operators[0].macs = operations(std::numeric_limits<double>::infinity());
    const std::string text = json_report(result, sample_scenario(), {});
    const json j = json::parse(text);
    EXPECT_TRUE(j["stages"][2]["candidates"][1]["high_ms"].is_null());
    EXPECT_TRUE(j["stages"][2]["operators"][0]["latency_ms"].is_null());
    EXPECT_TRUE(j["stages"][2]["operators"][0]["macs"].is_null());
    EXPECT_THAT(text, Not(HasSubstr("nan")));
    EXPECT_THAT(text, Not(HasSubstr("inf")));
    EXPECT_THAT(csv_report(result), Not(HasSubstr("nan")));
}

TEST(ReportContract, NamesThatAreNotUtf8AreReplaced) {
    ScenarioResult result = sample_result();
    result.scenario = "caf\xe9";
    EXPECT_EQ(json::parse(json_report(result, sample_scenario(), {}))["scenario"], "caf\xEF\xBF\xBD");
}

TEST(ReportContract, SameBytesTwice) {
    const auto all = [] {
        return text_report(sample_result(), sample_scenario(), sample_findings()) +
               json_report(sample_result(), sample_scenario(), sample_findings()) + csv_report(sample_result());
    };
    EXPECT_EQ(all(), all());
}

TEST(ReportContract, CsvHasOneRowPerOperatorWithAllColumns) {
    Diagnostics diagnostics;
    const auto table = parse_csv(csv_report(sample_result()), "report", diagnostics);
    ASSERT_TRUE(table) << diagnostics.text();
    EXPECT_EQ(table->rows.size(), 2U * 4U + 3U * 4U);
    for (const char* name : {"stage", "placement", "operator", "op", "device", "latency_ms", "bound", "macs",
                             "dram_bytes", "dma_ms", "energy_mj", "fused_into", "fallback_reason"}) {
        EXPECT_TRUE(table->column(name)) << name;
    }
    EXPECT_EQ(table->rows[8].cells[*table->column("device")].text, "npu");
    EXPECT_EQ(table->rows[10].cells[*table->column("fused_into")].text, "layer.0.ffn.up");
}

TEST(ReportContract, CsvQuotesWhatNeedsIt) {
    const ScenarioResult result = sample_result();
    const std::string csv = operators_csv("rank, again", result.stages[2].candidates[0], result.devices);
    EXPECT_THAT(csv, HasSubstr("\n\"rank, again\",cpu,"));
    EXPECT_THAT(csv, HasSubstr("\"npu has no layer_norm, \"\"yet\"\"\",0,input\n"));
}

TEST(ReportContract, PredictionsKeepTheRowsAsTheyWere) {
    KernelPrediction prediction;
    prediction.latency = {microseconds(200), microseconds(180), microseconds(222.2222222)};
    prediction.cost.bound = Bound::kDram;
    const std::vector<std::string> rows{"matmul,fp16\r", "\"odd, one\",int8"};
    const std::vector<std::optional<KernelPrediction>> predictions{prediction, std::nullopt};
    EXPECT_EQ(predictions_csv("op,dtype\r", rows, predictions),
              "op,dtype,predicted_us,low_us,high_us,bound\n"
              "matmul,fp16,200,180,222.222,dram\n"
              "\"odd, one\",int8,,,,\n");
    EXPECT_THROW(static_cast<void>(predictions_csv("op", rows, {})), std::logic_error);
}

TEST(ReportContract, TextSaysWhyAndHowSure) {
    const std::string text = on_one_line(text_report(sample_result(), sample_scenario(), sample_findings()));
    EXPECT_THAT(text, HasSubstr("1.77 ms over the 60 ms budget; probability of meeting it: 37%."));
    EXPECT_THAT(text, HasSubstr("npu computes 256 padded tokens for 100 actual ones"));
    EXPECT_THAT(text, HasSubstr("gpu cannot run it: layer.0.norm: no kernel for layer_norm in runtime 1.0"));
    EXPECT_THAT(text, HasSubstr("try: --set 'stages.embed.buckets=[128, 256]' "));
    EXPECT_THAT(text, HasSubstr("Disabled by the scenario: speak."));
}

TEST(ReportContract, TextNamesAFinerPlacementThatMayNotBeChosen) {
    ScenarioResult result = sample_result();
    Scenario scenario = sample_scenario();
    std::get<ModelStage>(scenario.stages[2].work).granularity = Granularity::kModel;
    result.stages[2].chosen = 0;
    EXPECT_THAT(on_one_line(text_report(result, scenario, {})),
                HasSubstr("A split by operator would take 11.5 ms, but the stage must not split its model (--set "
                          "stages.rank.granularity=operator allows it)."));
}

TEST(ReportContract, TextOfAPinnedStageSaysSo) {
    Scenario scenario = sample_scenario();
    std::get<ModelStage>(scenario.stages[0].work).on = DeviceId{0};
    ScenarioResult result = sample_result();
    result.stages[0].candidates[1].feasible = false;
    const std::string text = text_report(result, scenario, {});
    EXPECT_THAT(text, HasSubstr("embed on cpu: pinned by the scenario."));
    EXPECT_THAT(text, ContainsRegex("6.17-8.57 ms  +30 ms\n"));  // not sure or unsure: there was no choice
}

TEST(ReportContract, WithoutUncertaintyThereIsNothingForTheIntervalToRestOn) {
    ScenarioResult result = sample_result();
    result.uncertain_numbers.clear();
    result.stages[1].latency = {milliseconds(20), milliseconds(20), milliseconds(20)};
    EXPECT_THAT(text_report(result, sample_scenario(), {}), Not(HasSubstr("What the interval rests on")));
}

}  // namespace
}  // namespace berth
