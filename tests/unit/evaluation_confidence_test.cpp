// How sure a choice is, by the objective that makes it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "berth/report/report.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

using testing::HasSubstr;

// The median of the chosen value is below that of each rival, so that the choice is right in half of the cases or more.
TEST(Confidence, AChoiceIsRightInHalfOfTheCasesOrMore) {
    for (const char* objective : {"latency", "energy", "edp", "ed2p"}) {
        for (const char* power : {"0.1 W", "1 W", "20 W"}) {
            const auto all =
                answered("rag-rk3588", {{"objective", objective}, {"hardware.devices.cpu.energy.static_power", power}});
            for (const StageResult& stage : all.result->stages) {
                EXPECT_TRUE(!stage.chosen || stage.confidence >= 0.5) << objective << " " << power << " " << stage.name;
            }
        }
    }
}

TEST(Confidence, AChoiceForEnergyThatTakesLongerIsSure) {
    const auto all = answered(
        "rag-rk3588",
        {{"objective", "energy"}, {"stages.embed.tokens", "24"}, {"hardware.devices.cpu.energy.static_power", "20 W"}});
    const StageResult& embed = all.result->stages.front();
    const Candidate& chosen = embed.candidates[*embed.chosen];
    EXPECT_EQ(chosen.placement, "npu");
    EXPECT_GT(embed.confidence, 0.9);
    const Candidate& cpu = embed.candidates.back().placement == "cpu" ? embed.candidates.back() : embed.candidates[1];
    EXPECT_NEAR(
        probability_better(chosen, cpu, Objective::kEnergy) + probability_better(cpu, chosen, Objective::kEnergy), 1,
        1e-12);
    EXPECT_EQ(probability_better(chosen, cpu, Objective::kLatency), probability_faster(chosen, cpu));
    const std::string text = text_report(*all.result, *all.scenario, {}, {}, TextWidth(200));
    EXPECT_THAT(text, HasSubstr("sure: probability that this choice is the most frugal"));
    EXPECT_THAT(text, HasSubstr("chosen: for its energy; at most"));
}

TEST(Confidence, AChoiceNamesWhatItWasMadeFor) {
    for (const auto& [objective, goal] :
         {std::pair{"edp", "its energy-delay product"}, {"ed2p", "its energy-delay-squared product"}}) {
        const auto all = answered("rag-rk3588", {{"objective", objective}});
        EXPECT_THAT(text_report(*all.result, *all.scenario, {}, {}, TextWidth(200)),
                    HasSubstr(fmt::format("chosen: for {}; at most ", goal)));
    }
}

// Energy is static power times time plus the energy of operations and bytes, so that each number has its own part.
TEST(Confidence, TheEnergyFollowsTheNumbersThatMakeIt) {
    const auto all = answered("rag-rk3588", {{"objective", "energy"}});
    const auto& numbers = all.result->uncertain_numbers;
    const StageResult& rerank = all.result->stages.back();
    const Candidate& npu = rerank.candidates.front();
    const auto place = std::ranges::find(numbers, "devices.npu.energy.static_power") - numbers.begin();
    ASSERT_LT(static_cast<std::size_t>(place), numbers.size());
    EXPECT_GT(npu.of_energy.effect[static_cast<std::size_t>(place)], 0);
    EXPECT_EQ(npu.uncertainty.effect[static_cast<std::size_t>(place)], 0);
    EXPECT_TRUE(answered("rag-rk3588", {}).result->stages.back().candidates.front().of_energy.effect.empty());
}

}  // namespace
}  // namespace berth
