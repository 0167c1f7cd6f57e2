// Errors in a scenario are reported at their location, with the probably intended value.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "scenario_fixtures.h"

namespace berth {
namespace {

using BadScenario = ScenarioFolder;

// Keys of load_stage() start in line 4, column 18.
const char* const kModel = "model: tiny, dtype: int8, tokens: 100, ";

TEST_F(BadScenario, SaysWhichStagesShareAName) {
    EXPECT_EQ(
        load_text("scenario: s\nhardware: board\nstages:\n  - {name: a, takes: 1 ms}\n  - {name: a, takes: 2 ms}\n")
            .complaints,
        "scenarios/s.yaml:5:12: error: stages.1.name: 'a' is already the name of the stage at "
        "scenarios/s.yaml:4:12\n");
}

TEST_F(BadScenario, ABucketMustHoldTheTokens) {
    EXPECT_EQ(load_stage(std::string(kModel) + "buckets: [32, 64]").complaints,
              "scenarios/s.yaml:4:66: error: stages.0.buckets: the largest bucket, 64, is smaller than the 100 tokens "
              "of the input "
              "(expected a bucket of at least 100, did you mean 128?)\n");
    EXPECT_EQ(load_stage("model: tiny, dtype: int8, tokens: {from: 1, to: 300}, buckets: [64, 256]").complaints,
              "scenarios/s.yaml:4:81: error: stages.0.buckets: the largest bucket, 256, is smaller than the 300 tokens "
              "of the input "
              "(expected a bucket of at least 300, did you mean 320?)\n");
    EXPECT_EQ(load_stage(std::string(kModel) + "buckets: [128, 128]").complaints,
              "scenarios/s.yaml:4:72: error: stages.0.buckets.1: bucket 128 is listed twice\n");
}

TEST_F(BadScenario, UnknownDevices) {
    EXPECT_EQ(
        load_stage("takes: 1 ms, on: npu0").complaints,
        "scenarios/s.yaml:4:35: error: stages.0.on: board has no device 'npu0' (expected npu or cpu, did you mean "
        "npu?)\n");
    EXPECT_EQ(load_stage(std::string(kModel) + "cores: {gpu: 1}").complaints,
              "scenarios/s.yaml:4:70: error: stages.0.cores.gpu: board has no device 'gpu' (expected npu or cpu, did "
              "you mean npu?)\n");
    EXPECT_EQ(load_text("scenario: s\nhardware: board\nmissing: [dsp]\nstages: [{name: a, takes: 1 ms}]\n").complaints,
              "scenarios/s.yaml:3:11: error: missing.0: board has no device 'dsp' (expected npu or cpu)\n");
}

TEST_F(BadScenario, DevicesThatAreLeftOut) {
    EXPECT_EQ(load_stage("takes: 1 ms, on: npu", {{"hardware.devices.npu.enabled", "false"}}).complaints,
              "scenarios/s.yaml:4:35: error: stages.0.on: npu is left out of this scenario\n");
    EXPECT_EQ(load_text("scenario: s\nhardware: board\nmissing: [cpu]\nstages: [{name: a, takes: 1 ms}]\n").complaints,
              "scenarios/s.yaml:3:11: error: missing.0: cpu is the host: inputs come from it (expected another "
              "device)\n");
}

TEST_F(BadScenario, CoresAndMasksThatTheDeviceLacks) {
    EXPECT_EQ(
        load_stage(std::string(kModel) + "core_mask: {npu: 8}").complaints,
        "scenarios/s.yaml:4:74: error: stages.0.core_mask.npu: mask 8 names core 3 (expected a mask of cores 0 to "
        "2 of npu)\n");
    EXPECT_EQ(load_stage(std::string(kModel) + "cores: {npu: 4}").complaints,
              "scenarios/s.yaml:4:70: error: stages.0.cores.npu: npu has 3 cores, not 4 (expected 1 to 3; --set "
              "'hardware.devices.npu.cores=4' allows it)\n");
    EXPECT_EQ(load_stage(std::string(kModel) + "cores: {npu: 0}").complaints,
              "scenarios/s.yaml:4:70: error: stages.0.cores.npu: 0 is out of range (expected a whole number from 1 to "
              "1024)\n");
}

TEST_F(BadScenario, ClocksThatTheDeviceDoesNotHave) {
    EXPECT_EQ(load_stage(std::string(kModel) + "clock: {npu: 600 MHz}").complaints,
              "scenarios/s.yaml:4:70: error: stages.0.clock.npu: npu does not run at 600 MHz (expected 500 MHz or 1 "
              "GHz; --set 'hardware.devices.npu.clocks.+=600 MHz' allows it)\n");
}

TEST_F(BadScenario, PinsAndSegments) {
    EXPECT_EQ(load_stage(std::string(kModel) + "pin: {block.0.*: npu0}").complaints,
              "scenarios/s.yaml:4:74: error: stages.0.pin.block.0.*: board has no device 'npu0' (expected npu or cpu, "
              "did you mean npu?)\n");
    EXPECT_EQ(load_stage(std::string(kModel) + "segments: 0").complaints,
              "scenarios/s.yaml:4:67: error: stages.0.segments: 0 is out of range (expected a whole number from 1 to "
              "1000000)\n");
    EXPECT_EQ(load_stage("takes: 1 ms, segments: 2").complaints,
              "scenarios/s.yaml:4:41: error: stages.0.segments: a stage of fixed time has no such key (expected "
              "'model' instead of 'takes')\n");
}

TEST_F(BadScenario, SlowingOthersNeedsOthersAndArrivals) {
    const std::string stages = "stages:\n  - {name: search, takes: 1 ms}\n  - {name: rank, takes: 1 ms, slows: {";
    EXPECT_EQ(
        load_text("scenario: s\nhardware: board\n" + stages + "search: 10%}}\n").complaints,
        "scenarios/s.yaml:5:38: error: stages.1.slows: without 'arrivals' requests never meet (expected arrivals, "
        "such as {rate: 5 Hz})\n");
    EXPECT_EQ(load_text("scenario: s\nhardware: board\narrivals: {users: 2}\n" + stages + "serch: 10%}}\n").complaints,
              "scenarios/s.yaml:6:46: error: stages.1.slows.serch: 'serch' is no other stage (expected search or rank, "
              "did you mean search?)\n");
}

TEST_F(BadScenario, UnknownFiles) {
    EXPECT_EQ(load_stage("model: tinny, dtype: int8, tokens: 8").complaints,
              "scenarios/s.yaml:4:25: error: there is no model 'tinny' (expected a file, or a name that `berth list "
              "models` shows, did you mean tiny?)\n");
    EXPECT_EQ(load_text("scenario: s\nhardware: bord\nstages: [{name: a, takes: 1 ms}]\n").complaints,
              "scenarios/s.yaml:2:11: error: there is no hardware 'bord' (expected a file, or a name that `berth list "
              "hardware` shows, did you mean board?)\n");
    write("scenarios/query.yaml", "scenario: q\n");
    EXPECT_EQ(
        load("qury").complaints,
        "qury: error: there is no scenario 'qury' (expected a file, or a name that `berth list scenarios` shows, did "
        "you mean query?)\n");
    EXPECT_EQ(load((folder_ / "scenarios/qury.yaml").string()).complaints,
              "scenarios/qury.yaml: error: there is no scenario 'scenarios/qury.yaml' (expected a file, or a name that "
              "`berth list "
              "scenarios` shows, did you mean scenarios/query.yaml?)\n");
}

TEST_F(BadScenario, PhasesThatDoNotHangTogether) {
    constexpr std::string_view kGenerates = "model: tiny, dtype: int8, ";
    const auto complaints = [&](const std::string& keys) {
        return load_stage(std::string(kGenerates) + keys).complaints;
    };
    EXPECT_EQ(complaints("tokens: 8, prompt: 4"),
              "scenarios/s.yaml:4:63: error: stages.0.prompt: has no meaning without a 'phase' (expected phase: "
              "generate)\n");
    EXPECT_EQ(complaints("phase: prefill, prompt: 4, new_tokens: 2"),
              "scenarios/s.yaml:4:83: error: stages.0.new_tokens: a prefill makes none (expected phase: generate)\n");
    EXPECT_EQ(complaints("phase: decode, prompt: 4, tokens: 2"),
              "scenarios/s.yaml:4:78: error: stages.0.tokens: does not go with a 'phase' (expected 'prompt')\n");
    EXPECT_THAT(complaints("phase: generate, prompt: 4"), testing::HasSubstr("new_tokens"));
    EXPECT_THAT(complaints("phase: generate, new_tokens: 4"), testing::HasSubstr("prompt"));
    EXPECT_THAT(complaints("phase: generat, prompt: 4, new_tokens: 4"), testing::HasSubstr("did you mean generate?"));
    EXPECT_THAT(load_stage("takes: 1 ms, phase: generate").complaints,
                testing::HasSubstr("a stage of fixed time has no such key"));
}

TEST_F(BadScenario, CountsMustBePositive) {
    EXPECT_EQ(load_stage("model: tiny, dtype: int8, tokens: 0").complaints,
              "scenarios/s.yaml:4:52: error: stages.0.tokens: 0 is out of range (expected a whole number from 1 to "
              "1000000)\n");
    EXPECT_EQ(load_stage("takes: 1 ms, repeat: 0").complaints,
              "scenarios/s.yaml:4:39: error: stages.0.repeat: 0 is out of range (expected a whole number from 1 to "
              "1000000)\n");
    EXPECT_EQ(load_stage(std::string(kModel) + "batch: -1").complaints,
              "scenarios/s.yaml:4:64: error: stages.0.batch: -1 is out of range (expected a whole number from 1 to "
              "1000000)\n");
    EXPECT_EQ(load_stage("model: tiny, dtype: int8, tokens: {from: 9, to: 3}").complaints,
              "scenarios/s.yaml:4:52: error: stages.0.tokens: the range from 9 to 3 is empty (expected from at most "
              "to)\n");
}

TEST_F(BadScenario, AStageRunsAModelOrTakesATime) {
    EXPECT_EQ(load_stage("on: cpu").complaints,
              "scenarios/s.yaml:4:5: error: stages.0: the stage does nothing (expected 'model' or 'takes')\n");
    EXPECT_EQ(load_stage(std::string(kModel) + "takes: 3 ms").complaints,
              "scenarios/s.yaml:4:64: error: stages.0.takes: the stage runs a model, so its time is predicted "
              "(expected either 'model' or 'takes')\n");
    EXPECT_EQ(load_stage("takes: {low: 3 ms, high: 2 ms}").complaints,
              "scenarios/s.yaml:4:25: error: stages.0.takes: low is above high\n");
    EXPECT_EQ(load_stage("takes: 3 ms, tokens: 8").complaints,
              "scenarios/s.yaml:4:39: error: stages.0.tokens: a stage of fixed time has no such key (expected 'model' "
              "instead of 'takes')\n");
}

TEST_F(BadScenario, UnknownChoices) {
    EXPECT_EQ(
        load_stage("model: tiny, dtype: fp61, tokens: 8").complaints,
        "scenarios/s.yaml:4:38: error: stages.0.dtype: unknown value 'fp61' (expected fp32, fp16, bf16, int8, "
        "int4, w8a8, w8a16, w4a16, w4a16_g128, w4a16_g32, int8_dynamic, int8_dynamic_g32, q8_0, q4_0, q2_k, "
        "q3_k, q4_k, q5_k, q6_k, q5_0, q5_1, iq4_nl, q3_k_m, q4_k_s, q4_k_m, q5_k_s or q5_k_m, did you mean fp16?)\n");
    EXPECT_EQ(load_stage("model: tiny, tokens: 8").complaints,
              "scenarios/s.yaml:4:5: error: stages.0: missing key 'dtype' (expected the precision the model is "
              "compiled for)\n");
    EXPECT_EQ(
        load_text("scenario: s\nhardware: board\nobjective: latancy\nstages: [{name: a, takes: 1 ms}]\n").complaints,
        "scenarios/s.yaml:3:12: error: objective: unknown value 'latancy' (expected latency, throughput, energy, "
        "edp, ed2p, makespan, first_token or token_rate, did you mean latency?)\n");
    EXPECT_EQ(
        load_stage(std::string(kModel) + "granularity: layer").complaints,
        "scenarios/s.yaml:4:70: error: stages.0.granularity: unknown value 'layer' (expected model, phase, block or "
        "operator)\n");
}

TEST_F(BadScenario, ABudgetIsATime) {
    EXPECT_EQ(
        load_text("scenario: s\nhardware: board\nbudget: 200 MB\nstages: [{name: a, takes: 1 ms}]\n").complaints,
        "scenarios/s.yaml:3:9: error: budget: MB is a size in bytes, not a time (expected a time such as 30 us)\n");
}

TEST_F(BadScenario, KeysAndListsThatDoNotBelong) {
    EXPECT_EQ(load_text("scenario: s\nhardware: board\nstage: []\nstages: []\n").complaints,
              "scenarios/s.yaml:3:1: error: unknown key 'stage' (did you mean stages?)\n"
              "scenarios/s.yaml:4:9: error: stages: there are no stages (expected at least one)\n");
    EXPECT_EQ(load_text("[a, b]\n").complaints,
              "scenarios/s.yaml:1:1: error: a scenario is a map of keys (expected keys such as scenario, hardware and "
              "stages)\n");
    EXPECT_EQ(
        load_text("scenario: s\nhardware: board\nset: {budget: 1 ms}\nstages: [{name: a, takes: 1 ms}]\n").complaints,
        "scenarios/s.yaml:3:6: error: set: there is nothing to change (expected 'extends' beside it)\n");
}

TEST_F(BadScenario, AllMistakesAreReportedTogether) {
    EXPECT_EQ(
        load_text("scenario: s\nhardware: board\nbudget: 3 apples\nstages:\n"
                  "  - {name: a, takes: 1 m}\n  - {name: b, model: tiny, dtype: int9, tokens: x}\n")
            .complaints,
        "scenarios/s.yaml:3:9: error: budget: 'apples' is not a unit (expected a time such as 30 us)\n"
        "scenarios/s.yaml:5:22: error: stages.0.takes: 'm' is not a unit (expected a time such as 30 "
        "us)\n"
        "scenarios/s.yaml:6:35: error: stages.1.dtype: unknown value 'int9' (expected fp32, fp16, bf16, int8, "
        "int4, w8a8, w8a16, w4a16, w4a16_g128, w4a16_g32, int8_dynamic, int8_dynamic_g32, q8_0, q4_0, q2_k, "
        "q3_k, q4_k, q5_k, q6_k, q5_0, q5_1, iq4_nl, q3_k_m, q4_k_s, q4_k_m, q5_k_s or q5_k_m, did you mean int8?)\n"
        "scenarios/s.yaml:6:49: error: stages.1.tokens: 'x' is not a whole number (expected a whole number from 1 "
        "to 1000000)\n");
}

TEST_F(BadScenario, OverridesThatFitNothing) {
    EXPECT_EQ(load_stage("takes: 1 ms", {{"stages.wrok.repeat", "3"}}).complaints,
              "--set stages.wrok.repeat: error: 'stages' has no item 'wrok' (expected work, did you mean work?)\n");
    EXPECT_EQ(load_stage("takes: 1 ms", {{"stages.work.repaet", "3"}}).complaints,
              "--set stages.work.repaet:1:1: error: unknown key 'repaet' in 'stages.0' (did you mean repeat?)\n");
    EXPECT_EQ(load_stage("takes: 1 ms", {{"bugdet", "3 ms"}}).complaints,
              "--set bugdet:1:1: error: unknown key 'bugdet' (did you mean budget?)\n");
    EXPECT_EQ(load_stage(std::string(kModel) + "batch: 1", {{"models.tinny.sizes.layers", "3"}}).complaints,
              "--set models.tinny.sizes.layers: error: no model of this scenario has the key 'tinny.sizes.layers' "
              "(expected models.NAME.KEY, where NAME is tiny)\n");
    EXPECT_EQ(load_stage(std::string(kModel) + "batch: 1", {{"models.tiny.sizes.leyers", "3"}}).complaints,
              "--set models.tiny.sizes.leyers:1:1: error: unknown size 'leyers' (did you mean layers?)\n");
    EXPECT_EQ(load_stage("takes: 1 ms", {{"hardware.devices.gpu.clock", "1 GHz"}}).complaints,
              "--set hardware.devices.gpu.clock: error: 'devices' has no key 'gpu' (expected npu or cpu, did you mean "
              "npu?)\n");
}

TEST_F(BadScenario, SettingsOfAFileAreReportedWhereTheyStand) {
    write("scenarios/base.yaml", "scenario: b\nhardware: board\nstages: [{name: work, takes: 1 ms}]\n");
    EXPECT_EQ(load_text("scenario: s\nextends: base\nset:\n  stages.work.repeat: 0\n").complaints,
              "scenarios/s.yaml:4:23: error: stages.0.repeat: 0 is out of range (expected a whole number from 1 to "
              "1000000)\n");
    EXPECT_EQ(load_text("scenario: s\nextends: base\nset:\n  stages.wrok.repeat: 2\n").complaints,
              "scenarios/s.yaml:4:3: error: 'stages' has no item 'wrok' (expected work, did you mean work?)\n");
    EXPECT_EQ(load_text("scenario: s\nextends: base\nset: {hardware.devices.npu.clocks: [1 GHz]}\n").complaints,
              "scenarios/s.yaml:3:36: error: set.hardware.devices.npu.clocks: found a list (expected a text)\n");
    EXPECT_EQ(load_text("scenario: s\nextends: s\n").complaints,
              "scenarios/s.yaml:2:10: error: extends: 's' extends itself\n");
    EXPECT_EQ(load_text("scenario: s\nextends: bas\n").complaints,
              "scenarios/s.yaml:2:10: error: there is no scenario 'bas' (expected a file, or a name that `berth list "
              "scenarios` shows, did you mean base?)\n");
}

TEST_F(BadScenario, TablesOfLengths) {
    write("scenarios/lengths.csv", "id,tokens\n1,10\n2,many\n");
    write("scenarios/empty.csv", "id,tokens\n");
    EXPECT_EQ(load_stage("model: tiny, dtype: int8, tokens: {file: lengths.csv, column: tokens}").complaints,
              "scenarios/lengths.csv:3:3: error: 'many' is no count of tokens (expected a whole number from 1 to "
              "1000000)\n");
    EXPECT_EQ(load_stage("model: tiny, dtype: int8, tokens: {file: lengths.csv, column: token}").complaints,
              "scenarios/s.yaml:4:80: error: lengths.csv has no column 'token' (expected id or "
              "tokens, did you mean tokens?)\n");
    EXPECT_EQ(load_stage("model: tiny, dtype: int8, tokens: {file: empty.csv, column: tokens}").complaints,
              "scenarios/s.yaml:4:59: error: stages.0.tokens.file: empty.csv has no rows\n");
    EXPECT_EQ(
        load_stage("model: tiny, dtype: int8, tokens: {file: none.csv, column: tokens}").complaints,
        "scenarios/s.yaml:4:59: error: stages.0.tokens.file: no file 'none.csv' (expected a CSV file, relative to "
        "this one)\n");
}

TEST_F(BadScenario, NamesThatAreBlank) {
    EXPECT_EQ(load_text("scenario: s\nhardware: board\nstages: [{name: '', takes: 1 ms}]\n").complaints,
              "scenarios/s.yaml:3:17: error: stages.0.name: the text is empty (expected a text)\n");
    EXPECT_EQ(load_text("scenario: ' '\nhardware: board\nstages: [{name: a, takes: 1 ms}]\n").complaints,
              "scenarios/s.yaml:1:11: error: scenario: the text is empty (expected a text)\n");
    EXPECT_EQ(load_stage(std::string(kModel) + "cores: {'': 1}").complaints,
              "scenarios/s.yaml:4:65: error: the key is empty (expected a name)\n");
}

TEST(BadDraft, OfAnotherVocabularyIsRefusedWithBothSizes) {
    const auto complaints = [](const std::string& model, const std::string& draft) {
        Diagnostics diagnostics;
        const auto scenario =
            load_scenario(kShipped, "chat-rk3588-draft",
                          {{"stages.answer.model", model}, {"stages.answer.draft.model", draft}}, diagnostics);
        EXPECT_EQ(scenario.has_value(), diagnostics.text().empty()) << diagnostics.text();
        return diagnostics.text();
    };
    EXPECT_THAT(
        complaints("qwen2.5-3b", "gpt2"),
        testing::HasSubstr("error: stages.0.draft.model: 'gpt2' has 50257 words, 'qwen2.5-3b' has 151936: what it "
                           "drafts is not of the same vocabulary (expected a smaller model of the same "
                           "vocabulary, of 151936 words or up to 1023 fewer or more for padding)"));
    EXPECT_THAT(complaints("qwen2.5-3b", "llama-3.2-1b"), testing::HasSubstr("'llama-3.2-1b' has 128256 words"));
    EXPECT_EQ(complaints("qwen2.5-7b", "qwen2.5-0.5b"), "") << "152064 and 151936 rows of the same words";
    EXPECT_EQ(complaints("llama-3.2-3b", "llama-3.2-1b"), "");
}

TEST(BadDraft, ForAModelThatIsNotThereIsReportedByTheModelAlone) {
    Diagnostics diagnostics;
    EXPECT_FALSE(load_scenario(kShipped, "chat-rk3588-draft", {{"stages.answer.model", "no-such-model"}}, diagnostics));
    EXPECT_THAT(diagnostics.text(), testing::HasSubstr("no-such-model"));
    EXPECT_EQ(diagnostics.error_count(), 1U) << diagnostics.text();
}

}  // namespace
}  // namespace berth
