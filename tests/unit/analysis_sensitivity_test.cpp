// First-order effects compared with an evaluation of the scenario with the changed number.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "berth/analysis/sensitivity.h"

namespace berth {
namespace {

struct Answered {
    Scenario scenario;
    ScenarioResult result;
    Sensitivity sensitivity;
};

Answered answered(const std::vector<Override>& settings) {
    Diagnostics diagnostics;
    auto scenario =
        load_scenario(Library{{std::filesystem::path(BERTH_SOURCE_DIR)}}, "rag-rk3588", settings, diagnostics);
    auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
    if (!result) {
        throw std::runtime_error(diagnostics.text());
    }
    Sensitivity sensitivity = sensitivity_of(*scenario, *result);
    return {std::move(*scenario), std::move(*result), std::move(sensitivity)};
}

bool is_own_error(const std::string& path) { return path.find(".error.") != std::string::npos; }

TEST(Sensitivity, AnEffectIsWhatMovingTheNumberDoes) {
    const Answered base = answered({});
    EvaluationOptions options;
    options.uncertainty = false;
    options.operators = false;
    int compared = 0;
    for (const NumberEffect& number : base.sensitivity.numbers) {
        if (is_own_error(number.path) || compared == 6) {
            continue;
        }
        const auto total_at = [&](double factor) {
            Scenario moved = base.scenario;
            auto views = parameters(moved.profile);
            const auto view = std::ranges::find(views, number.path, &ParameterView::path);
            EXPECT_NE(view, views.end()) << number.path;
            view->set(view->value * factor);
            Diagnostics diagnostics;
            return in_milliseconds(evaluate(moved, diagnostics, options)->total.latency.median);
        };
        const double factor = 1 + number.spread;
        const double effect = 0.5 * std::log(total_at(factor) / total_at(1 / factor));
        // The difference is due to stages of fixed time and to changes of tiles.
        EXPECT_NEAR(number.on_total, effect, 0.1 * std::abs(effect) + 1e-3) << number.path;
        EXPECT_NEAR(number.elasticity, number.on_total / std::log1p(number.spread), 1e-12);
        ++compared;
    }
    EXPECT_EQ(compared, 6);
}

// Decisions are compared by what the scenario minimises, with the same probability as the recommendation.
TEST(Sensitivity, DecisionsAreThoseOfTheObjective) {
    const Answered base = answered({{"objective", "energy"}});
    ASSERT_FALSE(base.sensitivity.decisions.empty());
    for (const DecisionSensitivity& decision : base.sensitivity.decisions) {
        const StageResult& stage = *std::ranges::find(base.result.stages, decision.stage, &StageResult::name);
        const auto energy_of = [&stage](const std::string& placement) {
            return *std::ranges::find(stage.candidates, placement, &Candidate::placement)->energy;
        };
        EXPECT_NEAR(std::exp(decision.margin), energy_of(decision.other) / energy_of(decision.chosen), 1e-9);
        EXPECT_GE(decision.margin, 0);
        EXPECT_GE(decision.probability, stage.confidence);
    }
}

TEST(Sensitivity, NumbersAreSortedAndMatter) {
    const Answered base = answered({});
    ASSERT_GT(base.sensitivity.numbers.size(), 3U);
    for (std::size_t i = 1; i < base.sensitivity.numbers.size(); ++i) {
        EXPECT_GE(std::abs(base.sensitivity.numbers[i - 1].on_total), std::abs(base.sensitivity.numbers[i].on_total));
    }
}

TEST(Sensitivity, ACloseDecisionHasNumbersThatTurnItRound) {
    const Answered close = answered({{"stages.rerank.tokens", "250"}});
    ASSERT_EQ(close.sensitivity.decisions.size(), 2U);
    const DecisionSensitivity& rerank = close.sensitivity.decisions[1];
    EXPECT_EQ(rerank.stage, "rerank");
    EXPECT_LT(rerank.probability, 0.9);
    ASSERT_FALSE(rerank.could_flip.empty());
    EXPECT_LE(std::abs(rerank.could_flip.front().sigmas), std::abs(rerank.could_flip.back().sigmas));
    // Changing such a number by slightly more than this distance makes the other device faster.
    const auto flip = std::ranges::find_if(rerank.could_flip, [](const Flip& one) { return !is_own_error(one.path); });
    ASSERT_NE(flip, rerank.could_flip.end());
    Scenario moved = close.scenario;
    auto views = parameters(moved.profile);
    const auto view = std::ranges::find(views, flip->path, &ParameterView::path);
    ASSERT_NE(view, views.end());
    view->set(view->value * std::exp(1.2 * flip->sigmas * std::log1p(view->spread)));
    Diagnostics diagnostics;
    const auto result = evaluate(moved, diagnostics);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->stages.back().candidates[*result->stages.back().chosen].placement, rerank.other) << flip->path;
    // The embedder's decision has a large margin.
    EXPECT_GT(close.sensitivity.decisions[0].probability, 0.99);
    EXPECT_GT(close.sensitivity.decisions[0].margin, rerank.margin);
}

TEST(Sensitivity, NumbersWithoutEffectAreNamedAndSamplesDoNotDependOnThem) {
    const Answered base = answered({});
    const auto& silent = base.sensitivity.without_effect;
    const std::string path = "devices.npu.vector.gather.per_cycle";
    EXPECT_NE(std::ranges::find(silent, path), silent.end());
    EXPECT_EQ(std::ranges::find(silent, "devices.cpu.matrix.efficiency"), silent.end());
    EXPECT_LT(silent.size(), base.sensitivity.uncertain);
    const Answered exact = answered({{"hardware." + path, "1.26 ± 0%"}});
    EXPECT_EQ(exact.sensitivity.uncertain + 1, base.sensitivity.uncertain);
    const auto with = sample_sensitivity(base.scenario, base.result, 20, 1);
    const auto without = sample_sensitivity(exact.scenario, exact.result, 20, 1);
    ASSERT_TRUE(with && without);
    EXPECT_EQ(with->total.median, without->total.median);
    EXPECT_EQ(with->right, without->right);
}

// Shares of the variance: alone at most in all, together about one; the interval is that of the local effects, and the
// recommendation is about as likely right as the least certain decision.
TEST(Sensitivity, SamplesAgreeWithLocalEffects) {
    const Answered base = answered({});
    const auto sampled = sample_sensitivity(base.scenario, base.result, 600, 1);
    ASSERT_TRUE(sampled);
    double alone = 0;
    double in_all = 0;
    for (const VarianceShare& share : sampled->numbers) {
        EXPECT_LE(share.alone, share.total) << share.path;
        alone += share.alone;
        in_all += share.total;
    }
    EXPECT_GT(in_all, 0.9);
    EXPECT_NEAR(alone, 1, 0.4);
    // The slower of two clusters decides, so that with both uncertain the middle lies above that of the middle numbers.
    EXPECT_NEAR(sampled->total.median / base.result.total.latency.median, 1.05, 0.1);
    EXPECT_NEAR(std::log(sampled->total.high / sampled->total.low),
                std::log(base.result.total.latency.high / base.result.total.latency.low), 0.3);
    double certainty = 1;
    for (const StageResult& stage : base.result.stages) {
        certainty = std::min(certainty, stage.confidence);
    }
    EXPECT_NEAR(sampled->right, certainty, 0.1);
    const auto again = sample_sensitivity(base.scenario, base.result, 50, 2);
    const auto same = sample_sensitivity(base.scenario, base.result, 50, 2);
    EXPECT_EQ(again->total.median, same->total.median);
    EXPECT_NE(again->total.median, sampled->total.median);
}

TEST(Sensitivity, WhatTheTotalRestsOnMostHasTheLargestShare) {
    const Answered base = answered({{"stages.embed.enabled", "false"}, {"stages.retrieve.enabled", "false"}});
    const auto sampled = sample_sensitivity(base.scenario, base.result, 400, 1);
    ASSERT_TRUE(sampled);
    EXPECT_EQ(sampled->numbers.front().path, base.sensitivity.numbers.front().path);
    // For a product of independent log-normal factors, shares are approximately squared effects.
    double squares = 0;
    for (const NumberEffect& number : base.sensitivity.numbers) {
        squares += number.on_total * number.on_total;
    }
    const double effect = base.sensitivity.numbers.front().on_total;
    EXPECT_NEAR(sampled->numbers.front().total, effect * effect / squares, 0.25);
}

// Of a clock and the MACs per cycle, rows of networks determine the product only: drawn together, their errors cancel.
TEST(Sensitivity, CorrelatedNumbersAreDrawnTogether) {
    const Answered base = answered({{"hardware", "iq-9075-qnn"},
                                    {"stages.embed.model", "bert-base-uncased"},
                                    {"stages.embed.on", "npu"},
                                    {"stages.retrieve.enabled", "false"},
                                    {"stages.rerank.enabled", "false"}});
    ASSERT_FALSE(base.scenario.profile.correlations.paths.empty());
    Answered apart = base;
    apart.scenario.profile.correlations = {};
    const auto width = [](const Estimate<Time>& time) { return std::log(time.high / time.low); };
    const auto share = [](const SampledSensitivity& sampled, const std::string& path) {
        const auto found = std::ranges::find(sampled.numbers, path, &VarianceShare::path);
        return found == sampled.numbers.end() ? 0 : found->total;
    };
    const auto together = sample_sensitivity(base.scenario, base.result, 800, 1);
    const auto independent = sample_sensitivity(apart.scenario, apart.result, 800, 1);
    ASSERT_TRUE(together && independent);
    const double local = width(base.result.total.latency);
    EXPECT_NEAR(width(together->total), local, 0.1 * local);
    EXPECT_GT(width(independent->total), 1.2 * local);
    EXPECT_LT(share(*together, "devices.npu.clock"), 0.05);
    EXPECT_GT(share(*independent, "devices.npu.clock"), 0.1);
}

// A fixed time that is known as an interval is uncertain like any number of the profile.
TEST(Sensitivity, AFixedTimeWithAnIntervalCounts) {
    const Answered base = answered({{"stages.retrieve.takes", "{low: 100 ms, high: 4 s}"}});
    ASSERT_FALSE(base.sensitivity.numbers.empty());
    EXPECT_EQ(base.sensitivity.numbers.front().path, "stages.retrieve.takes");
    const auto sampled = sample_sensitivity(base.scenario, base.result, 400, 1);
    ASSERT_TRUE(sampled);
    EXPECT_EQ(sampled->numbers.front().path, "stages.retrieve.takes");
    EXPECT_GT(sampled->numbers.front().total, 0.5);
    EXPECT_NEAR(std::log(sampled->total.high / sampled->total.low),
                std::log(base.result.total.latency.high / base.result.total.latency.low), 0.4);
}

}  // namespace
}  // namespace berth
