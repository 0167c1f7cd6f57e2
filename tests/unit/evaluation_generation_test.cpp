// Text generation: passes, cache size in bytes, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <utility>

#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "berth/evaluation/evaluation.h"
#include "berth/report/report.h"
#include "evaluation/work.h"
#include "report/names.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

using testing::HasSubstr;

Profile phone(const std::vector<Override>& overrides = {}) {
    Diagnostics diagnostics;
    auto profile = load_hardware(kShipped, "rk3588-rkllm-1.3.0", overrides, SourceLocation("test"), diagnostics);
    if (!profile) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*profile);
}

ModelStage stage_of(const std::string& model, Generation generation) {
    Diagnostics diagnostics;
    ModelStage stage;
    stage.model = load_model(kShipped, model, {}, SourceLocation("m"), diagnostics).value();
    stage.model.where = SourceLocation("m");
    stage.precision.dtype = DType::kInt8;
    stage.generation = generation;
    stage.tokens = {{generation.prompt, 1}};
    return stage;
}

Candidate on_npu(const ModelStage& stage, const Profile& profile) {
    Diagnostics diagnostics;
    auto candidate = evaluate_on(profile, stage, 0, diagnostics);
    if (!candidate) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*candidate);
}

TEST(ScheduleGeneration, PassesOfAPromptAndItsSteps) {
    const auto passes = passes_of(stage_of("tinyllama-1.1b", {Phase::kGenerate, 128, 64}), phone());
    ASSERT_EQ(passes.size(), 6U);
    EXPECT_EQ(passes[0].tokens, 128);
    EXPECT_EQ(passes[0].context, 0);
    EXPECT_EQ(passes[0].share, 1);
    double steps = 0;
    for (std::size_t i = 1; i < passes.size(); ++i) {
        EXPECT_EQ(passes[i].tokens, 1);
        steps += passes[i].share;
    }
    EXPECT_EQ(steps, 64);
    EXPECT_EQ(passes[1].context, 128 + 5);
    EXPECT_EQ(passes[5].context, 128 + 57);

    const auto mean = passes_of(stage_of("tinyllama-1.1b", {Phase::kDecode, 10, 2}), phone());
    ASSERT_EQ(mean.size(), 2U);
    EXPECT_EQ(mean[0].context, 10);
    EXPECT_EQ(mean[1].context, 11);
    EXPECT_EQ(mean[0].share, 0.5);
    EXPECT_EQ(passes_of(stage_of("tinyllama-1.1b", {Phase::kPrefill, 10, 0}), phone()).size(), 1U);
}

// DRAM bytes of one step behind `context` positions, and the size of their cache.
std::pair<double, double> step_bytes(const std::string& hardware, const std::string& device, std::int64_t context) {
    Diagnostics diagnostics;
    const Profile profile = load_hardware(kShipped, hardware, {}, SourceLocation("test"), diagnostics).value();
    ModelStage stage = stage_of("llama-3.2-1b", {Phase::kDecode, context, 1});
    stage.precision.dtype = DType::kFp32;
    const auto step = evaluate_on(profile, stage, *device_named(profile, device), diagnostics);
    EXPECT_TRUE(step) << hardware << ": " << diagnostics.text();
    const double moved =
        step ? sum_of<double>(step->operators, [](const OperatorResult& op) { return in_bytes(op.dram_bytes); }) : 0;
    return {moved, step ? in_bytes(step->generation->kv_cache) : 0};
}

TEST(ScheduleGeneration, EachStepReadsTheWholeCache) {
    const std::pair<const char*, const char*> devices[]{{"rk3588-rkllm-1.3.0", "npu"}, {"rk3588-ggml", "cpu"},
                                                        {"x86-ggml", "cpu"},           {"raspberry-pi-5-ggml", "cpu"},
                                                        {"jetson-orin-nano", "gpu"},   {"x86-avx512-vnni", "cpu"}};
    for (const auto& [hardware, device] : devices) {
        const auto [few, small] = step_bytes(hardware, device, 4000);
        const auto [many, large] = step_bytes(hardware, device, 20000);
        EXPECT_GE(many - few, 0.99 * (large - small)) << hardware;
        EXPECT_LE(many - few, 1.3 * (large - small)) << hardware;
    }
}

// Its time is that of the mean step, since the time of a step is linear in the context.
TEST(ScheduleGeneration, TheStepThatIsListedIsHalfway) {
    for (const Phase phase : {Phase::kGenerate, Phase::kDecode}) {
        for (const std::int64_t tokens : {1, 2, 5, 6, 9, 64, 128, 130}) {
            Diagnostics diagnostics;
            const auto lengths =
                plan_passes("answer", stage_of("tinyllama-1.1b", {phase, 1024, tokens}), phone(), diagnostics);
            ASSERT_TRUE(lengths) << diagnostics.text();
            const TokenShare& listed = dominant(*lengths).length;
            EXPECT_TRUE(listed.step) << tokens;
            EXPECT_NEAR(static_cast<double>(listed.context), 1024 + static_cast<double>(tokens - 1) / 2, 1) << tokens;
        }
    }
}

TEST(ScheduleGeneration, CacheInBytes) {
    // 22 blocks x (keys and values) x 4 heads x 64 columns x 192 positions x 2 bytes: attention runs in fp16.
    const Candidate tiny = on_npu(stage_of("tinyllama-1.1b", {Phase::kGenerate, 128, 64}), phone());
    EXPECT_EQ(in_bytes(tiny.generation->kv_cache), 22.0 * 2 * 4 * 64 * 192 * 2);
    // 13 of 26 blocks keep no more than their window of 4096 positions.
    const Candidate gemma = on_npu(stage_of("gemma2-2b", {Phase::kDecode, 5999, 1}), phone());
    EXPECT_EQ(in_bytes(gemma.generation->kv_cache), 13.0 * 2 * 4 * 256 * (6000 + 4096) * 2);
}

TEST(ScheduleGeneration, ASourceIsProjectedOnceAndItsKeysAreKept) {
    const Candidate whole = on_npu(stage_of("whisper-tiny-decoder", {Phase::kGenerate, 4, 32}), phone());
    // 4 blocks x (keys and values) x 384 columns x (36 positions of text and 1500 of audio) x 2 bytes.
    EXPECT_EQ(in_bytes(whole.generation->kv_cache), 4.0 * 2 * 384 * (36 + 1500) * 2);
    const Candidate step = on_npu(stage_of("whisper-tiny-decoder", {Phase::kDecode, 4, 32}), phone());
    const Candidate first = on_npu(stage_of("whisper-tiny-decoder", {Phase::kPrefill, 4, 0}), phone());
    // Decoding steps do not use the matrices that project the source.
    EXPECT_EQ(whole.weight_bytes, first.weight_bytes);
    EXPECT_LT(step.weight_bytes, first.weight_bytes);
    const Time sum = first.latency.median + step.latency.median * 32.0;
    EXPECT_NEAR(whole.latency.median / sum, 1, 1e-6);
}

TEST(ScheduleGeneration, ACompiledCacheIsHeldWholeAndHoldsNoMore) {
    Diagnostics diagnostics;
    const Profile genie =
        load_hardware(kShipped, "snapdragon-x-elite-genie", {}, SourceLocation("test"), diagnostics).value();
    const auto answer = [&](std::int64_t prompt) {
        ModelStage stage = stage_of("llama-3.2-3b", {Phase::kGenerate, prompt, 128});
        stage.precision.dtype = choice_named(kSchemeNames, "w4a16").value();
        return evaluate_on(genie, stage, *device_named(genie, "npu"), diagnostics);
    };
    // 28 blocks x (keys and values) x 8 heads x 128 columns x 4096 positions x 2 bytes
    EXPECT_EQ(in_bytes(answer(512)->generation->kv_cache), 28.0 * 2 * 8 * 128 * 4096 * 2);
    EXPECT_TRUE(answer(4096 - 128));
    EXPECT_FALSE(answer(4096));
    EXPECT_THAT(diagnostics.text(), HasSubstr("compiled for 4096 positions, and prompt and answer take 4224 (--set "
                                              "hardware.devices.npu.runtime.generation.cache_length=4224"));
}

TEST(ScheduleGeneration, AStepIsBoundByTheWeights) {
    const Candidate step = on_npu(stage_of("internlm2-1.8b", {Phase::kDecode, 128, 1}), phone());
    const double all_cores = 30.5e9;
    // Every weight except the word table is read once, at the joint bandwidth of the cores.
    const double weights = 1889110016.0 - 92544.0 * 2048;
    EXPECT_GT(in_seconds(step.latency.median), weights / all_cores);
    EXPECT_LT(in_seconds(step.latency.median), 1.25 * weights / all_cores);
}

TEST(ScheduleGeneration, OnlyTheScoresOfWordsAreChosenFrom) {
    const auto step_with = [](const std::string& cycles, const std::string& clock, std::int64_t vocab) {
        ModelStage stage = stage_of("tinyllama-1.1b", {Phase::kDecode, 100, 1});
        stage.model.sizes.insert_or_assign("vocab", static_cast<double>(vocab));
        const Profile profile = phone({{"hardware.devices.npu.runtime.generation.sampling_cycles", cycles},
                                       {"hardware.devices.cpu.clusters.big.clock", clock}});
        return in_microseconds(on_npu(stage, profile).latency.median);
    };
    for (const std::int64_t vocab : {32'000, 256'000}) {
        const auto words = static_cast<double>(vocab);
        EXPECT_NEAR(step_with("11", "2 GHz", vocab) - step_with("1", "2 GHz", vocab), 10 * words / 2e3, 1e-3);
        EXPECT_NEAR(step_with("11", "1 GHz", vocab) - step_with("1", "1 GHz", vocab), 10 * words / 1e3, 1e-3);
    }
}

TEST(FirstToken, ConsistsOfWhatItGrowsWith) {
    const auto parts_of = [](std::int64_t prompt) {
        const Candidate candidate = on_npu(stage_of("qwen3-0.6b", {Phase::kPrefill, prompt, 0}), phone());
        const FirstTokenParts& parts = candidate.generation->parts.value();
        const Time sum = parts.model + parts.in_layers + parts.positions + parts.pairs;
        EXPECT_NEAR(in_milliseconds(sum), in_milliseconds(candidate.generation->first_token->median), 1e-6);
        return parts;
    };
    const FirstTokenParts shorter = parts_of(512);
    const FirstTokenParts longer = parts_of(2048);
    EXPECT_EQ(shorter.layers, 28);
    EXPECT_EQ(shorter.heads, 28 * 16);
    EXPECT_EQ(shorter.model, longer.model);
    EXPECT_EQ(shorter.in_layers, longer.in_layers);
    EXPECT_LT(shorter.starting, shorter.in_layers);
    EXPECT_NEAR(longer.positions / shorter.positions, 4, 0.4);
    EXPECT_NEAR(longer.pairs / shorter.pairs, 16, 1.6);
}

TEST(FirstToken, OfAFewPositionsIsNotTakenApart) {
    EXPECT_FALSE(on_npu(stage_of("tinyllama-1.1b", {Phase::kPrefill, 3, 0}), phone()).generation->parts.has_value());
    EXPECT_FALSE(on_npu(stage_of("tinyllama-1.1b", {Phase::kDecode, 128, 1}), phone()).generation->parts.has_value());
}

TEST(ScheduleGeneration, NewQueriesKeysAndValuesCostTheHostWhatTheProfileSays) {
    const auto time_with = [](const std::string& cycles, Generation generation) {
        const Profile profile = phone({{"hardware.devices.npu.attention.layout_cycles", cycles},
                                       {"hardware.devices.cpu.clusters.big.clock", "2 GHz"}});
        return in_microseconds(on_npu(stage_of("tinyllama-1.1b", generation), profile).latency.median);
    };
    // 32 heads of queries, 4 of keys and 4 of values, 64 wide each; 10 cycles at 2 GHz are 5 ns.
    const double position = 22 * 40 * 64 * 5e-3;
    EXPECT_NEAR(time_with("20", {Phase::kPrefill, 100, 0}) - time_with("10", {Phase::kPrefill, 100, 0}), 100 * position,
                0.1);
    EXPECT_NEAR(time_with("20", {Phase::kDecode, 100, 1}) - time_with("10", {Phase::kDecode, 100, 1}), position, 0.1);
}

TEST(ScheduleGeneration, ASlowHostSlowsTheTokens) {
    const auto step_at = [](const std::string& clock) {
        const Profile profile = phone({{"hardware.devices.cpu.clusters.big.clock", clock}});
        return on_npu(stage_of("qwen2-0.5b", {Phase::kDecode, 128, 1}), profile).latency.median;
    };
    const double ratio = step_at("600 MHz") / step_at("2.35 GHz");
    EXPECT_GT(ratio, 1.5);
    EXPECT_LT(ratio, 2.35 / 0.6) << "the memory is as fast as before";
}

TEST(ScheduleGeneration, ChunksOfAPromptAddUpToIt) {
    // With masked scores computed, chunks would compute fewer of them than the whole prompt at once.
    const Override skips{"hardware.devices.npu.attention.skips_masked", "true"};
    const Profile chunked = phone({skips, {"hardware.devices.npu.runtime.generation.prompt_chunk", "100"}});
    const auto passes = passes_of(stage_of("tinyllama-1.1b", {Phase::kPrefill, 950, 0}), chunked);
    double tokens = 0;
    double contexts = 0;
    for (const TokenShare& pass : passes) {
        EXPECT_FALSE(pass.step);
        tokens += static_cast<double>(pass.tokens) * pass.share;
        contexts += static_cast<double>(pass.context) * pass.share;
    }
    EXPECT_EQ(tokens, 950);
    EXPECT_EQ(contexts, 4500) << "0, 100, ... 900 stand before the chunks";
    const ModelStage prompt = stage_of("tinyllama-1.1b", {Phase::kPrefill, 950, 0});
    EXPECT_GT(on_npu(prompt, chunked).generation->first_token->median,
              on_npu(prompt, phone({skips})).generation->first_token->median)
        << "weights are read for each chunk";
}

TEST(ScheduleGeneration, TheBoundIsThatOfTheWholeAnswer) {
    const Profile profile = phone();
    const Candidate prompt = on_npu(stage_of("tinyllama-1.1b", {Phase::kPrefill, 2000, 0}), profile);
    const Candidate answer = on_npu(stage_of("tinyllama-1.1b", {Phase::kGenerate, 2000, 2}), profile);
    Time sum;
    for (const auto& [bound, time] : answer.by_bound) {
        const auto of_prompt = prompt.by_bound.find(bound);
        EXPECT_GE(time, of_prompt == prompt.by_bound.end() ? Time{} : of_prompt->second * (1 - 1e-9));
        sum += time;
    }
    EXPECT_NEAR(sum / answer.latency.median, 1, 1e-9);
    const Candidate step = on_npu(stage_of("tinyllama-1.1b", {Phase::kDecode, 2000, 2}), profile);
    const auto dram_share = [](const Candidate& one) { return one.by_bound.at(Bound::kDram) / one.latency.median; };
    EXPECT_NEAR(dram_share(answer), dram_share(prompt), 0.01) << "nearly all of it is the prompt";
    EXPECT_GT(dram_share(step), dram_share(answer) + 0.01);
    EXPECT_EQ(main_bound(answer), "dram " + percent_text(dram_share(answer), 2));
}

TEST(ScheduleGeneration, AListedChunkIsNamed) {
    const Profile chunked = phone({{"hardware.devices.npu.runtime.generation.prompt_chunk", "100"}});
    const Candidate prompt = on_npu(stage_of("tinyllama-1.1b", {Phase::kPrefill, 1000, 0}), chunked);
    ASSERT_TRUE(prompt.listed_chunk);
    EXPECT_EQ(prompt.listed_chunk->tokens, 100);
    EXPECT_EQ(prompt.listed_chunk->chunks, 10);
    EXPECT_EQ(listed_pass(prompt),
              "100 tokens behind " + std::to_string(prompt.listed_chunk->context) + ", one of 10 chunks");
    const std::vector<std::string> devices{"npu", "cpu"};
    EXPECT_THAT(operators_text("x", prompt, devices, TextWidth(300)),
                testing::AllOf(HasSubstr(" of one of 10 chunks of the prompt (100 tokens behind "),
                               HasSubstr("prompt takes 2.")));
    EXPECT_THAT(operators_csv("x", prompt, devices, "r"), HasSubstr(",\"" + listed_pass(prompt) + "\"\n"));
    EXPECT_EQ(listed_pass(on_npu(stage_of("tinyllama-1.1b", {Phase::kPrefill, 64, 0}), chunked)), "prompt");
    const Candidate answer = on_npu(stage_of("tinyllama-1.1b", {Phase::kGenerate, 1000, 100}), chunked);
    EXPECT_EQ(listed_pass(answer), "step");
    EXPECT_THAT(operators_text("x", answer, devices, TextWidth(300)),
                testing::AllOf(HasSubstr(" of a step, "), HasSubstr("answer takes ")));
}

TEST(ScheduleGeneration, TheRateOfABatchIsThatOfEachAnswer) {
    ModelStage stage = stage_of("tinyllama-1.1b", {Phase::kGenerate, 64, 16});
    EXPECT_EQ(rate_of_batch(*on_npu(stage, phone()).generation), "");
    stage.batch = 4;
    const GenerationResult of_four = *on_npu(stage, phone()).generation;
    EXPECT_EQ(rate_of_batch(of_four), " in each of 4 answers, " + token_rate_text(*of_four.step / 4) + " in all");
}

TEST(ScheduleGeneration, ACacheThatIsCompiledInIsAttendedToAsAWhole) {
    const Profile compiled = phone({{"hardware.devices.npu.runtime.generation.cache_length", "1024"}});
    const auto step = [](const Profile& profile, std::int64_t prompt) {
        return on_npu(stage_of("tinyllama-1.1b", {Phase::kDecode, prompt, 1}), profile).latency.median;
    };
    EXPECT_EQ(step(compiled, 10), step(compiled, 500));
    EXPECT_EQ(step(compiled, 10), step(phone(), 1023));
}

TEST(ScheduleGeneration, MaskedScoresCostOnlyWhereTheyAreComputed) {
    const auto time_with = [](const std::string& skips) {
        const Profile profile = phone({{"hardware.devices.npu.attention.skips_masked", skips}});
        return on_npu(stage_of("tinyllama-1.1b", {Phase::kPrefill, 256, 0}), profile).by_category[Category::kAttention];
    };
    EXPECT_GT(time_with("false"), time_with("true"));
}

TEST(ScheduleGeneration, Refusals) {
    const auto refused = [](const ModelStage& stage) {
        Diagnostics diagnostics;
        EXPECT_FALSE(evaluate_on(phone(), stage, 0, diagnostics));
        return diagnostics.text();
    };
    EXPECT_THAT(refused(stage_of("bert-base-uncased", {Phase::kGenerate, 10, 10})),
                HasSubstr("bert-base-uncased does not generate text"));
    EXPECT_THAT(refused(stage_of("tinyllama-1.1b", {Phase::kGenerate, 2000, 49})),
                HasSubstr("1 tokens behind 2048 others are more than max_positions 2048"));
    EXPECT_TRUE(on_npu(stage_of("tinyllama-1.1b", {Phase::kGenerate, 2000, 48}), phone()).feasible);
}

}  // namespace
}  // namespace berth
