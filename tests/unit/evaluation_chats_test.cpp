// Chats and drafted tokens of placed stages: times of passes, memory capacity, and refusals.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "berth/evaluation/evaluation.h"
#include "berth/evaluation/simulated_scenario.h"
#include "berth/report/report.h"
#include "berth/report/traffic_report.h"
#include "evaluation/drafts.h"
#include "evaluation/placed_traffic.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

using testing::HasSubstr;

struct Asked {
    std::optional<Scenario> scenario;
    std::optional<ScenarioResult> result;
    std::string complaints;

    [[nodiscard]] const Candidate& placed(const std::string& placement) const {
        const auto& candidates = result->stages.front().candidates;
        const auto found = std::ranges::find(candidates, placement, &Candidate::placement);
        if (found == candidates.end()) {
            throw std::runtime_error("no candidate " + placement);
        }
        return *found;
    }
    [[nodiscard]] std::size_t number(const std::string& placement) const {
        return static_cast<std::size_t>(&placed(placement) - result->stages.front().candidates.data());
    }
    [[nodiscard]] ChatService service(const std::string& placement) const {
        return chat_service(*scenario, std::get<ModelStage>(scenario->stages.front().work), placed(placement));
    }
};

Asked ask(const std::string& scenario, std::vector<Override> changes) {
    changes.insert(changes.begin(), {"stages.answer.model", "smollm2-360m"});
    Diagnostics diagnostics;
    Asked all;
    all.scenario = load_scenario(kShipped, scenario, changes, diagnostics);
    if (all.scenario) {
        all.result = evaluate(*all.scenario, diagnostics);
    }
    all.complaints = diagnostics.text();
    return all;
}

Asked chats(const std::vector<Override>& changes) { return ask("chats-rk3588", changes); }

Asked drafted(std::vector<Override> changes) {
    changes.insert(changes.begin(), {"stages.answer.draft.model", "smollm2-135m"});
    return ask("chat-rk3588-draft", changes);
}

// The prompt on the NPU, its cache over the link, the tokens on the CPU: each part of a pass holds its own place.
TEST(ChatsOfAStage, PromptAndTokensHoldTheirOwnDevices) {
    Asked all = chats({{"stages.answer.prompt", "256"}, {"stages.answer.new_tokens", "64"}});
    ASSERT_TRUE(all.result) << all.complaints;
    const std::size_t pair = all.number("npu, then cpu");
    all.result->stages.front().chosen = pair;
    all.result->stages.front().passes = {{pair, 1}};
    const SimulatedSystem system = placed_traffic(*all.scenario, *all.result, {0, false}).system;
    const ChatService& service = system.services.front();
    ASSERT_TRUE(service.elsewhere);
    EXPECT_EQ(system.pools[service.elsewhere->device.pool].name, "npu");
    EXPECT_EQ(system.pools[service.elsewhere->link.pool].name, "hand-over");
    EXPECT_EQ(system.pools[system.tasks.front().pool].name, "cpu");
    const GenerationResult& text = *all.placed("npu, then cpu").generation;
    const ChatDemand demand = demand_of_chat(service, 1);
    EXPECT_NEAR(demand.time[static_cast<std::size_t>(PassWork::kRead)] / text.first_token->median, 1, 1e-9);
    EXPECT_NEAR(demand.time[static_cast<std::size_t>(PassWork::kHandOver)] / text.handover, 1, 1e-9);
    EXPECT_NEAR(demand.time[static_cast<std::size_t>(PassWork::kStep)] / (*text.step * 64.0), 1, 1e-2);
    EXPECT_GT(demand.moved[static_cast<std::size_t>(PassWork::kHandOver)], Bytes{});
    EXPECT_LE(demand.moved[static_cast<std::size_t>(PassWork::kHandOver)], text.handed_over * 1.000001);
    const std::vector<Time> loads = resource_loads(system);
    EXPECT_GT(loads[service.elsewhere->device.pool], Time{});
    EXPECT_GT(loads[system.tasks.front().pool], Time{});
}

// Drafts on the CPU, checks on the NPU: one waits while the other works.
TEST(ChatsOfAStage, DraftsHoldTheirDevice) {
    Asked all = drafted({{"arrivals", "{rate: 0.05 Hz, requests: 100}"}});
    ASSERT_TRUE(all.result) << all.complaints;
    StageResult& stage = all.result->stages.front();
    const auto drafted_one =
        std::ranges::find_if(stage.candidates, [](const auto& one) { return one.draft && one.feasible; });
    ASSERT_NE(drafted_one, stage.candidates.end());
    stage.chosen = static_cast<std::size_t>(drafted_one - stage.candidates.begin());
    stage.passes = {{*stage.chosen, 1}};
    const SimulatedSystem system = placed_traffic(*all.scenario, *all.result, {0, false}).system;
    const ChatService& service = system.services.front();
    ASSERT_TRUE(service.drafter);
    EXPECT_EQ(system.pools[service.drafter->device.pool].name, "cpu");
    EXPECT_GT(service.drafter->draws, Bandwidth{});
    const Candidate& chosen = *drafted_one;
    const ChatDemand demand = demand_of_chat(service, 1);
    const Time drafting = demand.time[static_cast<std::size_t>(PassWork::kDraft)];
    const Time checking = demand.time[static_cast<std::size_t>(PassWork::kStep)];
    EXPECT_NEAR(drafting / checking, chosen.draft->drafting / chosen.draft->checking, 1e-9);
    EXPECT_NEAR((drafting + checking) / (*chosen.generation->step * 128.0), 1, 1e-2);
    const PassPlace& device = service.drafter->device;  // drafts take four of the eight cores
    const double cores = static_cast<double>(device.servers) / system.pools[device.pool].servers;
    EXPECT_NEAR(resource_loads(system)[device.pool] / (drafting * cores), 1, 1e-9);
}

TEST(ChatsOfAStage, OtherCandidatesTakeItsPlaceAmongOtherStages) {
    const auto asked = [](std::optional<DeviceId> on) {
        Diagnostics diagnostics;
        auto scenario = load_scenario(kShipped, "assistant-rk3588",
                                      {{"stages.answer.runtime", "rk3588-rkllm-ggml"},
                                       {"stages.answer.model", "smollm2-135m"},
                                       {"stages.answer.dtypes", "{cpu: w4a16_g32}"}},
                                      diagnostics);
        std::get<ModelStage>(scenario->stages[2].work).on = on;
        scenario->traffic->requests = 400;
        return *scenario;
    };
    Diagnostics diagnostics;
    const Scenario free = asked(std::nullopt);
    const ScenarioResult result = evaluate(free, diagnostics).value();
    const std::vector<PlacedChats> others = simulate_other_chats(free, result, {.outlook = false});
    ASSERT_EQ(others.size(), 1U);
    const Candidate& other = result.stages[2].candidates[others.front().candidate];
    EXPECT_EQ(others.front().stage, 2U);
    EXPECT_NE(others.front().candidate, *result.stages[2].chosen);
    const Scenario pinned = asked(other.device);
    const ScenarioResult there = evaluate(pinned, diagnostics).value();
    const TrafficResult traffic = simulate_traffic(pinned, there, {.outlook = false}).value();
    const ChatTraffic same = placed_chats(pinned, there, traffic).front().traffic;
    EXPECT_EQ(same.stable, others.front().traffic.stable);
    ASSERT_TRUE(same.first_token);
    EXPECT_EQ(same.first_token->p95.value, others.front().traffic.first_token->p95.value);
}

TEST(ChatsOfAStage, OneAloneTakesTheSingleAnswer) {
    const Asked all = chats({{"stages.answer.prompt", "256"}, {"stages.answer.new_tokens", "64"}});
    ASSERT_TRUE(all.result) << all.complaints;
    SimulationOptions options;
    options.requests = 20;
    options.warm_up = 0;
    for (const std::string placement : {"npu", "cpu"}) {
        const ChatService service = all.service(placement);
        const ChatTraffic alone = simulate_chats(service, ClosedLoop{}, options);
        const GenerationResult& generation = *all.placed(placement).generation;
        EXPECT_NEAR(alone.first_token->p50.value / generation.first_token->median, 1, 1e-6);
        EXPECT_NEAR(alone.token->p50.value / *generation.step, 1, 0.01);
        EXPECT_NEAR(alone.answer->p50.value / all.placed(placement).latency.median, 1, 0.01);
    }
}

TEST(ChatsOfAStage, OnlyRuntimesThatBatchHaveSlots) {
    const Asked all = chats({});
    ASSERT_TRUE(all.result) << all.complaints;
    EXPECT_EQ(all.service("npu").slots, 1);
    EXPECT_EQ(all.service("cpu").slots, 4);
    // Each slot has a cache for the longest prompt and answer.
    const Asked one = chats({{"stages.answer.slots", "1"}});
    EXPECT_NEAR(all.placed("cpu").generation->kv_cache / one.placed("cpu").generation->kv_cache, 4, 1e-9);
    EXPECT_NEAR(all.placed("npu").generation->kv_cache / one.placed("npu").generation->kv_cache, 1, 1e-9);
}

TEST(ChatsOfAStage, PercentilesAreInEveryForm) {
    Asked all = chats({{"arrivals.rate", "0.01 Hz"}, {"arrivals.requests", "500"}});
    ASSERT_TRUE(all.result) << all.complaints;
    all.result->chats = simulate_chats(*all.scenario, *all.result, {});
    ASSERT_EQ(all.result->chats.size(), 2U);
    EXPECT_EQ(all.result->chats.front().candidate, *all.result->stages.front().chosen);
    EXPECT_LE(all.result->chats.front().traffic.first_token->p50.value,
              all.result->chats.front().traffic.first_token->p95.value);
    EXPECT_THAT(chats_text(*all.result, *all.scenario),
                HasSubstr("Under 0.01 requests per second at random times (Poisson): prompts of 16 to 512"));
    EXPECT_THAT(chats_csv(*all.result), HasSubstr("first_token_p95_ms"));
    EXPECT_THAT(json_report(*all.result, *all.scenario, {}), HasSubstr("\"token_rate\""));
    EXPECT_THAT(markdown_report(*all.result, *all.scenario, {}, {}, {}), HasSubstr("## Chats"));
}

// Simulation error and profile uncertainty are separate.
TEST(ChatsOfAStage, PercentilesSayWhatTheProfileLeavesOpen) {
    const Asked all = chats({{"arrivals.rate", "0.01 Hz"}, {"arrivals.requests", "2000"}});
    ASSERT_TRUE(all.result) << all.complaints;
    for (const PlacedChats& placed : simulate_chats(*all.scenario, *all.result, {})) {
        ASSERT_TRUE(placed.traffic.spreads);
        EXPECT_EQ(placed.traffic.spreads->draws, 24U);
        const SpreadTime first = placed.traffic.spreads->first_token.p50;
        const SpreadTime token = placed.traffic.spreads->token.p50;
        ASSERT_TRUE(first.high);
        ASSERT_TRUE(token.high);
        EXPECT_LT(first.low, placed.traffic.first_token->p50.value);
        EXPECT_GT(*first.high, placed.traffic.first_token->p50.value);
        // Almost no chat waits, so the spread of a token's time is that of a decoding step.
        const Candidate& candidate = all.result->stages.front().candidates[placed.candidate];
        const double sigma = candidate.generation->of_step.sigma();
        EXPECT_NEAR(std::log(*token.high / token.low) / (2 * kNormal95 * sigma), 1, 0.25) << candidate.placement;
    }
    EXPECT_FALSE(simulate_chats(*all.scenario, *all.result, {.outlook = false}).front().traffic.spreads);
}

TEST(ChatsOfAStage, AreServedAmongOtherStages) {
    Diagnostics diagnostics;
    const auto scenario =
        load_scenario(kShipped, "assistant-rk3588", {{"arrivals", "{rate: 0.02 Hz, requests: 2000}"}}, diagnostics);
    ASSERT_TRUE(scenario) << diagnostics.text();
    const auto result = evaluate(*scenario, diagnostics);
    ASSERT_TRUE(result) << diagnostics.text();
    const auto traffic = simulate_traffic(*scenario, *result);
    ASSERT_TRUE(traffic);
    const auto placed = placed_chats(*scenario, *result, *traffic);
    ASSERT_EQ(placed.size(), 1U);
    EXPECT_EQ(placed.front().stage, 2U);
    ASSERT_TRUE(placed.front().traffic.first_token);
    EXPECT_GT(placed.front().traffic.first_token->p50.value, milliseconds(26)) << "the search comes first";
    EXPECT_NEAR(placed.front().traffic.answer->p95.value / traffic->simulation.latency->p95.value, 1, 1e-9)
        << "it ends the request";
    ASSERT_TRUE(placed.front().traffic.spreads);
    // Few requests overlap, so the mean time is that of prompts and answers of mean length.
    EXPECT_NEAR(traffic->simulation.latency->mean.value / result->total.latency.median, 1, 0.1);
}

TEST(ChatsOfAStage, WhatCannotBeAskedForIsSaid) {
    EXPECT_THAT(
        chats({{"stages.answer.slots", "65"}}).complaints,
        HasSubstr("65 answers at once are more than there can be: npu (rkllm 1.3.0) makes one answer after another; "
                  "cpu (ggml 2023-11) makes 64 at once (expected 1 to 64)"));
    EXPECT_THAT(
        chats({{"stages.answer.on", "npu"}}).complaints,
        HasSubstr("4 answers at once are more than there can be: npu (rkllm 1.3.0) makes one answer after another "
                  "(expected 1)"));
    EXPECT_THAT(chats({{"stages.answer.phase", "decode"}}).complaints,
                HasSubstr("chats of several lengths are whole answers (expected one length, or phase: generate)"));
    EXPECT_THAT(chats({{"stages.answer.prompt", "{from: 5, to: 2}"}}).complaints,
                HasSubstr("the range from 5 to 2 is empty"));
    EXPECT_THAT(drafted({{"stages.answer.draft.acceptance", "120%"}}).complaints,
                HasSubstr("more tokens are accepted than were drafted (expected a share up to 100%)"));
    EXPECT_THAT(drafted({{"stages.answer.draft.length", "0"}}).complaints, HasSubstr("whole number from 1 to 64"));
    EXPECT_THAT(
        drafted({{"stages.answer.on", "cpu"}, {"stages.answer.dtype", "w4a16_g32"}, {"stages.answer.slots", "2"}})
            .complaints,
        HasSubstr("answers that are made at once are not drafted (expected slots: 1)"));
    EXPECT_THAT(drafted({{"stages.answer.draft.model", "smollm2-135"}}).complaints, HasSubstr("smollm2-135m"));
}

TEST(DraftedTokens, MakeWhatTheFormulaSays) {
    EXPECT_NEAR(tokens_per_round(0.8, 4), 1 + 0.8 + 0.64 + 0.512 + 0.4096, 1e-12);
    EXPECT_DOUBLE_EQ(tokens_per_round(0, 4), 1);
    EXPECT_DOUBLE_EQ(tokens_per_round(1, 4), 5);
}

TEST(DraftedTokens, ARoundIsDraftsAndOneCheck) {
    const Asked all = drafted({});
    ASSERT_TRUE(all.result) << all.complaints;
    const Candidate& pair = all.placed("npu, drafted by cpu");
    const Candidate& npu = all.placed("npu");
    const DraftResult& draft = *pair.draft;
    EXPECT_NEAR(*pair.generation->step / ((draft.drafting + draft.checking) / draft.tokens_per_round), 1, 1e-9);
    EXPECT_NEAR(draft.step / *npu.generation->step, 1, 1e-9);
    EXPECT_EQ(pair.generation->first_token->median, npu.generation->first_token->median);
    // A verification pass reads the same weights as a step, and computes the head for five positions.
    EXPECT_GT(draft.checking, draft.step);
    EXPECT_LT(draft.checking, draft.step * 5.0);
    // The uncertainty of the acceptance widens the interval.
    const Asked exact = drafted({{"stages.answer.draft.acceptance", "65% ± 0%"}});
    EXPECT_LT(log_normal_sigma(exact.placed("npu, drafted by cpu").latency), log_normal_sigma(pair.latency));
}

// The draft reads a prompt of its own, so an answer pays later than its tokens do.
TEST(DraftedTokens, PayFromTheAcceptanceAtWhichTheyAreChosen) {
    std::map<std::string, double> from;
    for (const std::string objective : {"latency", "token_rate", "energy", "edp"}) {
        const auto at = [&objective](double acceptance) {
            return drafted(
                {{"objective", objective}, {"stages.answer.draft.acceptance", fmt::format("{} ± 0%", acceptance)}});
        };
        const Asked all = at(0.65);
        ASSERT_TRUE(all.result) << all.complaints;
        const auto& candidates = all.result->stages.front().candidates;
        const auto pair = std::ranges::find_if(candidates, [](const Candidate& one) { return one.draft.has_value(); });
        if (!pair->draft->pays_from) {
            continue;
        }
        from[objective] = *pair->draft->pays_from;
        const auto drafts_at = [&at](double acceptance) {
            const Asked one = at(acceptance);
            const StageResult& stage = one.result->stages.front();
            return stage.candidates[*stage.chosen].draft.has_value();
        };
        EXPECT_TRUE(drafts_at(from[objective] + 0.001)) << objective;
        EXPECT_FALSE(drafts_at(from[objective] - 0.001)) << objective;
    }
    ASSERT_TRUE(from.contains("latency") && from.contains("token_rate"));
    EXPECT_GT(from["latency"], from["token_rate"]);
}

TEST(DraftedTokens, MoreAcceptedTokensAreFaster) {
    Time before = seconds(1e9);
    for (const std::string acceptance : {"10%", "50%", "90%", "100%"}) {
        const Asked all = drafted({{"stages.answer.draft.acceptance", acceptance}});
        ASSERT_TRUE(all.result) << all.complaints;
        const Time now = all.placed("npu, drafted by cpu").latency.median;
        EXPECT_LT(now, before);
        before = now;
    }
}

TEST(DraftedTokens, NeedTheMemoryOfBoth) {
    const Asked roomy = drafted({});
    ASSERT_TRUE(roomy.result) << roomy.complaints;
    const Candidate& pair = roomy.placed("npu, drafted by cpu");
    const Candidate& npu = roomy.placed("npu");
    EXPECT_GT(pair.weight_bytes, npu.weight_bytes);
    EXPECT_GT(pair.generation->kv_cache, npu.generation->kv_cache);
    const double between = in_mebibytes((pair.weight_bytes + npu.weight_bytes) / 2.0);
    const Asked narrow =
        drafted({{"hardware.memory.dram.capacity", std::to_string(static_cast<int>(between)) + " MiB"}});
    ASSERT_TRUE(narrow.result) << narrow.complaints;
    EXPECT_FALSE(narrow.placed("npu, drafted by cpu").feasible);
    EXPECT_THAT(narrow.placed("npu, drafted by cpu").reason, HasSubstr("both models with their caches take"));
}

TEST(DraftedTokens, TakeTheEnergyOfBothDevices) {
    const Asked all = drafted({});
    ASSERT_TRUE(all.result) << all.complaints;
    const Candidate& pair = all.placed("npu, drafted by cpu");
    ASSERT_TRUE(pair.energy);
    EXPECT_NEAR((*pair.draft->checker_energy + *pair.draft->drafter_energy) / *pair.energy, 1, 1e-12);
    // More accepted drafts mean fewer rounds, which reduces both.
    const Asked better = drafted({{"stages.answer.draft.acceptance", "90%"}});
    EXPECT_LT(*better.placed("npu, drafted by cpu").draft->drafter_energy, *pair.draft->drafter_energy);
    EXPECT_LT(*better.placed("npu, drafted by cpu").draft->checker_energy, *pair.draft->checker_energy);
}

TEST(DraftedTokens, HaveABoundOnAllPlacementsOfBothModels) {
    const Asked all = drafted({{"stages.answer.draft.acceptance", "95%"}});
    ASSERT_TRUE(all.result) << all.complaints;
    const Candidate& pair = all.placed("npu, drafted by cpu");
    ASSERT_TRUE(pair.draft->lower_bound);
    EXPECT_LE(*pair.draft->lower_bound, pair.latency.median * (1 + 1e-9));
    EXPECT_NEAR(pair.latency.median / *pair.draft->lower_bound - 1, pair.optimality_gap, 1e-9);
    EXPECT_LT(pair.optimality_gap, 0.2) << "both models are pinned: little but fallbacks may move";
    // Fewer rounds also reduce the lower bound.
    const Asked fewer = drafted({{"stages.answer.draft.acceptance", "100%"}});
    ASSERT_TRUE(fewer.result) << fewer.complaints;
    EXPECT_LT(*fewer.placed("npu, drafted by cpu").draft->lower_bound, *pair.draft->lower_bound);
    EXPECT_THAT(text_report(*all.result, *all.scenario, {}, {}), HasSubstr("of the operators of both models"));
}

TEST(DraftedTokens, WhereTheyDoNotPayThatIsSaid) {
    const Asked all = drafted({{"stages.answer.draft.acceptance", "5%"}});
    ASSERT_TRUE(all.result) << all.complaints;
    const StageResult& stage = all.result->stages.front();
    EXPECT_EQ(stage.candidates[*stage.chosen].placement, "npu");
    EXPECT_THAT(text_report(*all.result, *all.scenario, {}, {}), HasSubstr("It does not pay"));
}

}  // namespace
}  // namespace berth
