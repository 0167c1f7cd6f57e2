// Prefill and decoding on separate devices: their times, the hand-over between them, and optimality.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>

#include "berth/analysis/findings.h"
#include "berth/evaluation/evaluation.h"
#include "berth/evaluation/simulated_scenario.h"
#include "evaluation/candidates.h"
#include "evaluation/phases.h"
#include "evaluation/stage_choice.h"
#include "exhaustive_placement.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

using testing::HasSubstr;

// A small model on both runtimes of a board, with the changes of a test.
std::vector<Override> small_chat(std::vector<Override> changes) {
    std::vector<Override> all{
        {"stages.answer.model", "smollm2-135m"}, {"stages.answer.prompt", "256"}, {"stages.answer.new_tokens", "32"}};
    all.insert(all.end(), changes.begin(), changes.end());
    return all;
}

struct Chat {
    std::optional<Scenario> scenario;
    std::optional<ScenarioResult> result;
    std::string complaints;

    [[nodiscard]] const StageResult& stage() const { return result->stages.front(); }
    [[nodiscard]] const Candidate& placed(const std::string& placement) const {
        const auto& candidates = stage().candidates;
        const auto found = std::ranges::find(candidates, placement, &Candidate::placement);
        if (found == candidates.end()) {
            throw std::runtime_error("no candidate " + placement);
        }
        return *found;
    }
    [[nodiscard]] const Candidate& chosen() const { return stage().candidates[*stage().chosen]; }
};

Chat chat(std::vector<Override> changes) {
    Diagnostics diagnostics;
    Chat all;
    all.scenario = load_scenario(kShipped, "chat-rk3588-both", small_chat(std::move(changes)), diagnostics);
    if (all.scenario) {
        all.result = evaluate(*all.scenario, diagnostics);
    }
    all.complaints = diagnostics.text();
    return all;
}

const Candidate& pair_of(const Chat& all) {
    const auto& candidates = all.stage().candidates;
    const auto found = std::ranges::find(candidates, Granularity::kPhase, &Candidate::granularity);
    if (found == candidates.end()) {
        throw std::runtime_error("no pair");
    }
    return *found;
}

// Both directions, independent of which is faster.
struct Direction {
    const Candidate& prompt;
    const Candidate& tokens;
};
Direction direction(const Chat& all) {
    const bool npu_first = pair_of(all).placement == "npu, then cpu";
    return {all.placed(npu_first ? "npu" : "cpu"), all.placed(npu_first ? "cpu" : "npu")};
}

TEST(PhasesApart, TakeThePromptOfOneAndTheTokensOfTheOther) {
    const Chat all = chat({});
    ASSERT_TRUE(all.result) << all.complaints;
    const GenerationResult& pair = *pair_of(all).generation;
    const auto [prompt, tokens] = direction(all);
    EXPECT_NEAR(pair.first_token->median / prompt.generation->first_token->median, 1, 1e-9);
    EXPECT_NEAR(*pair.step / *tokens.generation->step, 1, 1e-9);
    const Time sum = pair.first_token->median + *pair.step * 32.0 + pair.handover;
    EXPECT_NEAR(pair_of(all).latency.median / sum, 1, 1e-9);
    EXPECT_LT(pair_of(all).latency.low, pair_of(all).latency.median);
    EXPECT_EQ(placement_name(pair_of(all)), pair_of(all).placement) << "a pair names both of its devices";
}

TEST(PhasesApart, HandOverTheCacheOfThePromptLayerByLayer) {
    const Chat all = chat({});
    ASSERT_TRUE(all.result) << all.complaints;
    const Candidate& pair = pair_of(all);
    // 30 layers x (keys and values) x 3 heads x 64 columns x 256 positions x 2 bytes.
    EXPECT_EQ(in_bytes(pair.generation->handed_over), 30.0 * 2 * 3 * 64 * 256 * 2);
    const bool npu_first = pair.placement == "npu, then cpu";
    const Bytes of_layer = bytes(2.0 * 3 * 64 * 256 * 2);
    const Time one = crossing_cost(all.scenario->profile, npu_first ? 0 : 1, npu_first ? 1 : 0, of_layer);
    EXPECT_NEAR(pair.generation->handover / (one * 30.0), 1, 1e-9);
    EXPECT_EQ(in_bytes(all.placed("npu").generation->handed_over), 0);
}

TEST(PhasesApart, HoldWeightsOnBothDevices) {
    const Chat all = chat({{"stages.answer.dtypes", "{cpu: int8}"}});
    ASSERT_TRUE(all.result) << all.complaints;
    const Candidate& npu = all.placed("npu");
    // The word table is on the host in both phases; every matrix is stored twice.
    const Bytes matrices = npu.weights.by_dtype.at(DType::kInt8);
    EXPECT_NEAR((pair_of(all).weight_bytes - npu.weight_bytes) / matrices, 1, 0.02);
    EXPECT_GT(pair_of(all).kept_in_dram, npu.kept_in_dram + matrices);
}

// Devices of one memory whose link changes no layout read the same copy of weights of one format.
TEST(PhasesApart, HoldWeightsOnceWhereTheLayoutIsShared) {
    Chat all = chat({{"stages.answer.dtypes", "{cpu: int8}"}});
    ASSERT_TRUE(all.result) << all.complaints;
    const auto without_layouts = [](Scenario scenario) {
        for (Link& link : scenario.profile.links) {
            link.layout_change.reset();
        }
        Diagnostics diagnostics;
        return evaluate(scenario, diagnostics);
    };
    all.result = without_layouts(*all.scenario);
    ASSERT_TRUE(all.result);
    EXPECT_NEAR(pair_of(all).weight_bytes / all.placed("npu").weight_bytes, 1, 0.01);
    Chat unlike = chat({});  // 4 bits on the CPU
    unlike.result = without_layouts(*unlike.scenario);
    ASSERT_TRUE(unlike.result);
    EXPECT_GT(pair_of(unlike).weight_bytes, unlike.placed("npu").weight_bytes * 1.2);
}

// A file has the table of a tied head once: 134.5 million parameters at 8.5 bits, or with the table in Q6_K at 4.93.
TEST(FilesOfGgml, HoldTheTableOfATiedHeadOnce) {
    const Chat eight = chat({{"stages.answer.dtypes", "{cpu: q8_0}"}});
    ASSERT_TRUE(eight.result) << eight.complaints;
    EXPECT_NEAR(in_bytes(eight.placed("cpu").weight_bytes) / (134.5e6 * 8.5 / 8), 1, 0.01);
    const Chat four = chat({{"stages.answer.dtypes", "{cpu: q4_0}"}});
    ASSERT_TRUE(four.result) << four.complaints;
    EXPECT_NEAR(in_bytes(four.placed("cpu").weight_bytes) / ((134.5e6 * 4.5 + 49152 * 576 * 2.0625) / 8), 1, 0.01);
}

TEST(PhasesApart, MustFitTheMemoryTogether) {
    const Chat roomy = chat({});
    ASSERT_TRUE(roomy.result) << roomy.complaints;
    const double one = in_mebibytes(roomy.placed("npu").weight_bytes + roomy.placed("npu").generation->kv_cache +
                                    roomy.placed("npu").peak_activation_bytes);
    const double two = in_mebibytes(pair_of(roomy).weight_bytes + pair_of(roomy).generation->kv_cache * 2.0);
    const std::string between = std::to_string(static_cast<int>((one + two) / 2)) + " MiB";
    const Chat narrow = chat({{"hardware.memory.dram.capacity", between}});
    ASSERT_TRUE(narrow.result) << narrow.complaints;
    EXPECT_TRUE(narrow.placed("npu").feasible) << narrow.placed("npu").reason;
    EXPECT_FALSE(pair_of(narrow).feasible);
    EXPECT_THAT(pair_of(narrow).reason, HasSubstr("of both phases take"));
}

// The embedding falls back to the CPU, whose activations of the whole model would be larger.
TEST(MemoryOfAPlacement, IsWhatItsOperatorsKeepAndHaveAlive) {
    const auto chat_in = [](Bytes capacity) {
        return chat({{"hardware.memory.dram.capacity", fmt::format("{} B", in_bytes(capacity))},
                     {"stages.answer.prompt", "4000"},
                     {"stages.answer.on", "npu"}});
    };
    const Chat roomy = chat_in(4_GiB);
    ASSERT_TRUE(roomy.result) << roomy.complaints;
    const Candidate& npu = roomy.placed("npu");
    const Bytes needed = npu.weight_bytes + npu.generation->kv_cache + npu.peak_activation_bytes;
    EXPECT_TRUE(chat_in(needed + 1_KiB).result) << chat_in(needed + 1_KiB).complaints;
    EXPECT_FALSE(chat_in(needed - 1_KiB).result);
}

TEST(PhasesApart, AreChosenOnlyWhereTheStageAllowsThem) {
    EXPECT_EQ(chat({}).chosen().granularity, Granularity::kModel);
    const Chat all = chat({{"stages.answer.granularity", "phase"}, {"hardware.links.0.cache_maintenance", "300 GB/s"}});
    ASSERT_TRUE(all.result) << all.complaints;
    for (const Candidate& one : all.stage().candidates) {
        if (one.feasible && one.granularity <= Granularity::kPhase) {
            EXPECT_LE(all.chosen().latency.median, one.latency.median);
        }
    }
}

TEST(PhasesApart, OneProblemIsWorthWhatCandidatesTake) {
    const Chat all = chat({});
    ASSERT_TRUE(all.result) << all.complaints;
    const auto& stage = std::get<ModelStage>(all.scenario->stages.front().work);
    Diagnostics diagnostics;
    const auto lengths = plan_passes("answer", stage, all.scenario->profile, diagnostics).value();
    const CacheHandover caches(stage, lengths, all.scenario->profile);
    const auto both = PhasesProblem::of(lengths, caches, Granularity::kOperator).value();
    for (const Candidate& one : all.stage().candidates) {
        if (!one.feasible) {
            continue;
        }
        const auto placed = placed_passes(lengths, one);
        const auto time = objective(both.problem(), both.joined({placed.front(), placed.back()}));
        ASSERT_TRUE(time) << one.placement;
        EXPECT_NEAR(*time / one.latency.median, 1, 1e-9) << one.placement;
    }
}

TEST(PhasesApart, TheBestOfBothIsFoundAndProved) {
    const Chat all = chat({{"stages.answer.granularity", "operator"}});
    ASSERT_TRUE(all.result) << all.complaints;
    ASSERT_TRUE(all.stage().optimum);
    EXPECT_TRUE(all.stage().optimum->proved);
    EXPECT_NEAR(all.chosen().latency.median / all.stage().optimum->lower_bound, 1, 1e-6);
    for (const Candidate& one : all.stage().candidates) {
        if (one.feasible) {
            EXPECT_GE(one.latency.median, all.stage().optimum->lower_bound * (1 - 1e-9)) << one.placement;
        }
    }
}

// Exhaustive search over the placements of two blocks in both phases.
TEST(PhasesApart, BlocksAreTriedExhaustively) {
    const Chat all = chat({{"models.smollm2-135m.sizes.layers", "2"}});
    ASSERT_TRUE(all.result) << all.complaints;
    const auto& stage = std::get<ModelStage>(all.scenario->stages.front().work);
    Diagnostics diagnostics;
    const auto lengths = plan_passes("answer", stage, all.scenario->profile, diagnostics).value();
    const CacheHandover caches(stage, lengths, all.scenario->profile);
    const auto both = PhasesProblem::of(lengths, caches, Granularity::kBlock).value();
    const auto cut = best_placement(both.problem());
    const auto tried = exhaustive_placement(both.problem());
    ASSERT_TRUE(cut && tried);
    EXPECT_NEAR(cut->objective / tried->objective, 1, 1e-9);
    EXPECT_NEAR(cut->lower_bound / tried->objective, 1, 1e-9);
}

/// A memory of the NPU that holds a part of the layers.
std::vector<Override> narrow_npu(const std::string& capacity, const std::string& layers) {
    return {{"models.smollm2-135m.sizes.layers", layers},
            {"hardware.devices.npu.capacity", capacity},
            {"stages.answer.granularity", "block"}};
}

TEST(LayersOverDevices, FillTheMemoryOfTheFasterOne) {
    const Chat all = chat(narrow_npu("80 MiB", "30"));
    ASSERT_TRUE(all.result) << all.complaints;
    EXPECT_FALSE(all.placed("npu").feasible);
    const Candidate& split = all.placed("split");
    ASSERT_TRUE(split.feasible) << split.reason;
    EXPECT_EQ(split.granularity, Granularity::kBlock);
    EXPECT_LT(split.latency.median, all.placed("cpu").latency.median * 0.9);
    EXPECT_EQ(all.chosen().placement, "split");
    // A larger memory takes more layers, and the answer less time.
    const Chat larger = chat(narrow_npu("110 MiB", "30"));
    ASSERT_TRUE(larger.result) << larger.complaints;
    EXPECT_LT(larger.placed("split").latency.median, split.latency.median);
}

// Splits by block are optimal, so what fits into less memory is never missed in more.
TEST(LayersOverDevices, MoreMemoryIsNeverSlower) {
    for (const char* objective : {"latency", "first_token", "token_rate", "edp"}) {
        std::optional<Chat> before;
        const auto value = [](const Chat& all) { return *score(all.chosen(), all.scenario->objective); };
        for (const char* capacity : {"170 MiB", "183 MiB", "197 MiB", "213 MiB", "240 MiB", "280 MiB", "330 MiB"}) {
            std::vector<Override> changes{{"objective", objective},
                                          {"hardware.memory.dram.capacity", capacity},
                                          {"stages.answer.new_tokens", "200"},
                                          {"stages.answer.granularity", "block"}};
            Chat all = chat(changes);
            if (!all.result) {
                EXPECT_FALSE(before) << objective << " " << capacity << " " << all.complaints;
                continue;
            }
            EXPECT_TRUE(!before || value(all) <= value(*before) * (1 + 1e-6)) << objective << " " << capacity;
            changes.back().value = "operator";
            EXPECT_LE(value(chat(changes)), value(all) * (1 + 1e-9)) << objective << " " << capacity;
            before = std::move(all);
        }
        EXPECT_TRUE(before);
    }
}

// Each of three layers, and what stands before and behind them, is tried on every device in both phases.
TEST(LayersOverDevices, WithinAMemoryAreTriedExhaustively) {
    const Chat all = chat(narrow_npu("36 MiB", "3"));
    ASSERT_TRUE(all.result) << all.complaints;
    const Candidate& split = all.placed("split");
    ASSERT_TRUE(split.feasible) << split.reason;
    ASSERT_EQ(split.granularity, Granularity::kBlock);
    const auto& stage = std::get<ModelStage>(all.scenario->stages.front().work);
    Diagnostics diagnostics;
    const auto lengths = plan_passes("answer", stage, all.scenario->profile, diagnostics).value();
    const CacheHandover caches(stage, lengths, all.scenario->profile);
    const auto both = PhasesProblem::of(lengths, caches, Granularity::kBlock).value();
    // Groups of operators, those that only one device runs first.
    const PlacementProblem blocks = per_block(lengths.front().problem, lengths.front().graphs[1]);
    std::map<int, std::optional<unsigned>> number;
    unsigned free = 0;
    for (std::size_t op = 0; op < blocks.cost.size(); ++op) {
        const auto& runs = blocks.cost[op];
        if (number.emplace(blocks.group[op], std::nullopt).second && runs[0] && runs[1]) {
            number[blocks.group[op]] = free++;
        }
    }
    ASSERT_LE(free, 5U);
    const auto placed = [&](unsigned devices) {
        Assignment assignment;
        for (std::size_t op = 0; op < blocks.cost.size(); ++op) {
            const auto own = number[blocks.group[op]];
            const DeviceId only = blocks.cost[op][0] ? 0 : 1;
            assignment.push_back(own ? static_cast<DeviceId>(devices >> *own & 1U) : only);
        }
        return assignment;
    };
    Time least = seconds(1e9);
    for (unsigned prompt = 0; prompt < 1U << free; ++prompt) {
        for (unsigned steps = 0; steps < 1U << free; ++steps) {
            const PhasedAssignment phases{placed(prompt), placed(steps)};
            const auto time = objective(both.problem(), both.joined(phases));
            if (time && !exceeded_memory(lengths, phases)) {
                least = std::min(least, *time);
            }
        }
    }
    EXPECT_NEAR(split.latency.median / least, 1, 1e-3);
}

TEST(PhasesApart, TheObjectiveSaysWhichTimeCounts) {
    const auto best = [](const char* objective, auto time) {
        const Chat all = chat({{"objective", objective}, {"stages.answer.granularity", "operator"}});
        ASSERT_TRUE(all.result) << all.complaints;
        for (const Candidate& one : all.stage().candidates) {
            if (one.feasible) {
                EXPECT_LE(time(all.chosen()), time(one) * (1 + 1e-12)) << objective << " " << one.placement;
            }
        }
    };
    best("first_token", [](const Candidate& one) { return one.generation->first_token->median; });
    best("token_rate", [](const Candidate& one) { return *one.generation->step; });
    best("latency", [](const Candidate& one) { return one.latency.median; });
}

TEST(PhasesApart, BothPhasesAreSimulated) {
    const Chat all = chat({{"stages.answer.granularity", "phase"},
                           {"hardware.links.0.cache_maintenance", "300 GB/s"},
                           {"hardware.links.0.layout_change", "300 GB/s"}});
    ASSERT_TRUE(all.result) << all.complaints;
    Scenario scenario = *all.scenario;
    ScenarioResult result = *all.result;
    StageResult& stage = result.stages.front();
    const auto pair = std::ranges::find(stage.candidates, Granularity::kPhase, &Candidate::granularity);
    stage.chosen = static_cast<std::size_t>(pair - stage.candidates.begin());
    stage.passes = {{*stage.chosen, 1}};
    stage.latency = pair->latency;
    const TrafficResult alone = request_alone(scenario, result);
    EXPECT_NEAR(alone.simulation.duration / pair->latency.median, 1, 1e-6);
}

TEST(KeyValueCache, TakesWhatItIsStoredIn) {
    const auto cache = [](const char* stored) {
        const Chat all = chat({{"stages.answer.cache", stored}, {"stages.answer.prompt", "4096"}});
        if (!all.result) {
            throw std::runtime_error(all.complaints);
        }
        return all.placed("npu");
    };
    const Candidate wide = cache("fp16");
    EXPECT_EQ(in_bytes(wide.generation->kv_cache), 30.0 * 2 * 3 * 64 * (4096 + 32) * 2);
    const Candidate narrow = cache("int8_g32");
    EXPECT_NEAR(narrow.generation->kv_cache / wide.generation->kv_cache, 34.0 / 64, 1e-12);
    EXPECT_NEAR(cache("int4").generation->kv_cache / wide.generation->kv_cache, 0.25, 1e-12);
    EXPECT_LT(*narrow.generation->step, *wide.generation->step);
}

TEST(KeyValueCache, ThePromptThatNoLongerFitsIsFound) {
    // Alone, and with the prompt on one device and the tokens on the other.
    for (const std::vector<Override>& placed :
         {std::vector<Override>{}, {{"stages.answer.on", "npu"}}, {{"stages.answer.granularity", "phase"}}}) {
        const auto with_prompt = [&placed](long prompt) {
            std::vector<Override> changes{{"hardware.memory.dram.capacity", "320 MiB"},
                                          {"stages.answer.prompt", std::to_string(prompt)}};
            changes.insert(changes.end(), placed.begin(), placed.end());
            return chat(changes);
        };
        const Chat all = with_prompt(256);
        ASSERT_TRUE(all.result) << all.complaints;
        const auto found = findings(*all.scenario, *all.result);
        const auto context = std::ranges::find(found, FindingKind::kContext, &Finding::kind);
        ASSERT_NE(context, found.end());
        EXPECT_THAT(context->text, HasSubstr("with an answer of 32 no longer fits, where the model reads 8192"));
        const long longest = std::stol(context->text.substr(context->text.find("more than ") + 10));
        const auto fits = [&](long prompt) {
            const Chat one = with_prompt(prompt);
            const auto same = [&](const Candidate& candidate) {
                return candidate.feasible && candidate.placement == all.chosen().placement;
            };
            return one.result && std::ranges::any_of(one.stage().candidates, same);
        };
        EXPECT_TRUE(fits(longest)) << all.chosen().placement;
        EXPECT_FALSE(fits(longest + 1)) << all.chosen().placement;
    }
    EXPECT_TRUE(findings(*chat({}).scenario, *chat({}).result).empty() ||
                std::ranges::none_of(findings(*chat({}).scenario, *chat({}).result),
                                     [](const Finding& one) { return one.kind == FindingKind::kContext; }));
}

TEST(PhasesApart, FirstTokenAndRateHaveBestPlacementsOfTheirOwn) {
    const auto best = [](const std::string& objective, const std::string& granularity) {
        Chat all = chat({{"objective", objective}, {"stages.answer.granularity", granularity}});
        EXPECT_TRUE(all.result) << all.complaints;
        return all;
    };
    const auto first = [](const Candidate& one) { return one.generation->first_token->median; };
    const auto step = [](const Candidate& one) { return *one.generation->step; };
    for (const std::string granularity : {"block", "operator"}) {
        const Chat answer = best("latency", granularity);
        const Chat early = best("first_token", granularity);
        const Chat fast = best("token_rate", granularity);
        EXPECT_LE(first(early.chosen()), first(answer.chosen()) * (1 + 1e-9));
        EXPECT_LE(first(early.chosen()), first(fast.chosen()) * (1 + 1e-9));
        EXPECT_LE(step(fast.chosen()), step(answer.chosen()) * (1 + 1e-9));
        EXPECT_LE(step(fast.chosen()), step(early.chosen()) * (1 + 1e-9));
        for (const Candidate& one : early.stage().candidates) {
            EXPECT_TRUE(!one.feasible || first(one) >= early.stage().optimum->lower_bound * (1 - 1e-9));
        }
        EXPECT_LE(early.stage().optimum->lower_bound, early.stage().optimum->latency * (1 + 1e-9));
    }
    const Chat early = best("first_token", "operator");
    EXPECT_TRUE(early.chosen().proved_optimal);
    EXPECT_NEAR(first(early.chosen()) / early.stage().optimum->latency, 1, 1e-9);
    const Chat fast = best("token_rate", "operator");
    EXPECT_TRUE(fast.chosen().proved_optimal);
    EXPECT_NEAR(step(fast.chosen()) / fast.stage().optimum->latency, 1, 1e-9);
}

TEST(PhasesApart, WhatAStageCannotAskForIsSaid) {
    EXPECT_THAT(chat({{"stages.answer.phase", "decode"}, {"stages.answer.granularity", "phase"}}).complaints,
                HasSubstr("stages.0.granularity: the stage has one phase only (expected phase: generate)"));
    EXPECT_THAT(chat({{"stages.answer.dtypes", "{npu: w4a16_g32}"}}).complaints, HasSubstr("w4a16_g32 is not offered"));
    EXPECT_THAT(chat({{"stages.answer.dtypes", "{gpu: int8}"}}).complaints, HasSubstr("has no device 'gpu'"));
    Diagnostics diagnostics;
    static_cast<void>(load_scenario(kShipped, "rag-rk3588", {{"stages.rerank.cache", "int8"}}, diagnostics));
    EXPECT_THAT(diagnostics.text(), HasSubstr("a stage that generates no text keeps no cache"));
}

}  // namespace
}  // namespace berth
