// Differences between scenarios add up, and interdependent inputs are changed together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "berth/analysis/optimise.h"
#include "berth/report/scenario_diff_report.h"
#include "report/scenario_diff_tables.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Scenario loaded(const std::string& name, const std::vector<Override>& settings = {}) {
    Diagnostics diagnostics;
    auto scenario = load_scenario(Library{{BERTH_SOURCE_DIR}}, name, settings, diagnostics);
    if (!scenario) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*scenario);
}

ScenarioDiff diff_of(const Scenario& before, const Scenario& after) {
    Diagnostics diagnostics;
    auto diff = diff_scenarios(before, after, diagnostics);
    if (!diff) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*diff);
}

std::vector<std::string> paths_of(const DiffStep& step) {
    std::vector<std::string> paths;
    for (const InputDifference& input : step.inputs) {
        paths.push_back(input.path);
    }
    return paths;
}

// The last step ends at the second scenario's total, each starts where the previous one ended, and classes add up too.
void expect_whole(const ScenarioDiff& diff) {
    Time at = diff.before.total.latency.median;
    for (const DiffStep& step : diff.steps) {
        EXPECT_EQ(step.before, at);
        at = step.after;
    }
    EXPECT_NEAR(at / diff.after.total.latency.median, 1, 1e-12);
    Time change;
    for (const ClassDifference& one : diff.classes) {
        change += one.after - one.before;
    }
    EXPECT_NEAR(in_seconds(change), in_seconds(diff.after.total.latency.median - diff.before.total.latency.median),
                1e-12);
}

// A class may be small beside the total and still change.
TEST(ScenarioDiff, AChangeThatShowsIsNotPrintedAsNone) {
    int small = 0;
    for (const auto& [before, after] :
         {std::pair(loaded("chat-rk3588-both"), loaded("chat-rk3588-both", {{"stages.answer.prompt", "2048"}})),
          std::pair(loaded("rag-rk3588"), loaded("rag-rk3588", {{"hardware", "rk3576-rknn-2.3.2"}}))}) {
        const ScenarioDiff diff = diff_of(before, after);
        const TextTable table = diff_class_rows(diff);
        for (const auto& cells : table.rows()) {
            EXPECT_EQ(cells[1] == cells[2], cells[3].starts_with("0 ")) << cells[0] << ": " << cells[3];
        }
        small += static_cast<int>(std::ranges::count_if(diff.classes, [&](const ClassDifference& one) {
            return one.before != one.after && !matters(one.after - one.before, scale_of(diff));
        }));
    }
    EXPECT_GE(small, 2);
}

TEST(ScenarioDiff, ShippedScenariosAddUp) {
    const Scenario base = loaded("rag-rk3588");
    for (const char* other :
         {"rag-rk3588-bucket-128", "rag-rk3588-6-layer", "rag-rk3588-batch", "rag-rk3588-big-cores",
          "rag-rk3588-mixed-precision", "rag-rk3588-no-npu", "rag-rk3588-no-reranker", "voice-rk3588"}) {
        SCOPED_TRACE(other);
        const Scenario after = loaded(other);
        const ScenarioDiff diff = diff_of(base, after);
        EXPECT_FALSE(diff.steps.empty());
        expect_whole(diff);
        expect_whole(diff_of(after, base));
    }
}

TEST(ScenarioDiff, NothingDiffers) {
    const Scenario base = loaded("rag-rk3588");
    const ScenarioDiff diff = diff_of(base, base);
    EXPECT_TRUE(diff.steps.empty());
    EXPECT_TRUE(diff.decisions.empty());
    EXPECT_THAT(diff_text(diff), HasSubstr("No input differs."));
}

TEST(ScenarioDiff, EachInputIsAStepInTheStatedOrder) {
    const Scenario base = loaded("rag-rk3588");
    const Scenario after = loaded("rag-rk3588", {{"stages.rerank.buckets", "[128, 512]"},
                                                 {"stages.rerank.dtype", "fp16"},
                                                 {"hardware.devices.npu.dma.bandwidth", "9 GB/s"},
                                                 {"stages.rerank.repeat", "4"}});
    const ScenarioDiff diff = diff_of(base, after);
    expect_whole(diff);
    ASSERT_EQ(diff.steps.size(), 4U);
    EXPECT_THAT(paths_of(diff.steps[0]), ElementsAre("hardware.devices.npu.dma.bandwidth"));
    EXPECT_THAT(paths_of(diff.steps[1]), ElementsAre("stages.rerank.dtype"));
    EXPECT_THAT(paths_of(diff.steps[2]), ElementsAre("stages.rerank.buckets"));
    EXPECT_THAT(paths_of(diff.steps[3]), ElementsAre("stages.rerank.repeat"));
    EXPECT_EQ(diff.steps[2].inputs[0].before, "[512]");
    EXPECT_EQ(diff.steps[2].inputs[0].after, "[128, 512]");
    ASSERT_EQ(diff.steps[2].decisions.size(), 1U);
    EXPECT_EQ(diff.steps[2].decisions[0].after, "npu");
}

// 300 tokens do not fit a bucket of 256: the bucket, which comes later in the file, is changed first.
// Half the bus, of which a core draws twice the share: the number that decides is what it was, and neither step undoes
// the other.
TEST(ScenarioDiff, AShareAndItsBaseAreNoOppositeSteps) {
    const std::string bus = "hardware.memory.dram.bandwidth";
    const std::string core = "hardware.devices.npu.dma.bandwidth";
    const ScenarioDiff diff =
        diff_of(loaded("rag-rk3588"),
                loaded("rag-rk3588", {{bus, "16.9 GB/s"}, {core, "85.2% of memory.dram.bandwidth per core"}}));
    expect_whole(diff);
    ASSERT_EQ(diff.steps.size(), 2U);
    EXPECT_THAT(paths_of(diff.steps[0]), ElementsAre(core));
    EXPECT_NEAR(diff.steps[0].before / diff.steps[0].after, 1, 1e-9);
    EXPECT_EQ(diff.steps[0].inputs.front().after, "85.2% of memory.dram.bandwidth per core (14.4 GB/s)");
    EXPECT_THAT(paths_of(diff.steps[1]), ElementsAre(bus));
    EXPECT_GT(diff.steps[1].after, diff.steps[1].before);
}

TEST(ScenarioDiff, AnInputThatNeedsAnotherIsChangedBehindIt) {
    const Scenario base = loaded("rag-rk3588", {{"stages.rerank.buckets", "[256]"}});
    const Scenario after = loaded("rag-rk3588", {{"stages.rerank.tokens", "300"}, {"stages.rerank.buckets", "[320]"}});
    const ScenarioDiff diff = diff_of(base, after);
    expect_whole(diff);
    ASSERT_EQ(diff.steps.size(), 2U);
    EXPECT_THAT(paths_of(diff.steps[0]), ElementsAre("stages.rerank.buckets"));
    EXPECT_THAT(paths_of(diff.steps[1]), ElementsAre("stages.rerank.tokens"));
}

// Twelve heads do not divide a width of 400, nor do 25 heads one of 384.
TEST(ScenarioDiff, InputsThatNeedEachOtherAreChangedTogether) {
    const std::string sizes = "models.ms-marco-MiniLM-L-12-v2.sizes.";
    const Scenario base = loaded("rag-rk3588");
    const Scenario after = loaded("rag-rk3588", {{sizes + "hidden", "400"}, {sizes + "heads", "25"}});
    const ScenarioDiff diff = diff_of(base, after);
    expect_whole(diff);
    ASSERT_EQ(diff.steps.size(), 1U);
    EXPECT_THAT(paths_of(diff.steps[0]), testing::UnorderedElementsAre(sizes + "hidden", sizes + "heads"));
}

TEST(ScenarioDiff, LayersOfAModelAreAnInput) {
    const ScenarioDiff diff =
        diff_of(loaded("rag-rk3588"), loaded("rag-rk3588", {{"models.ms-marco-MiniLM-L-12-v2.sizes.layers", "6"}}));
    expect_whole(diff);
    ASSERT_EQ(diff.steps.size(), 1U);
    EXPECT_EQ(diff.steps[0].inputs[0].path, "models.ms-marco-MiniLM-L-12-v2.sizes.layers");
    EXPECT_EQ(diff.steps[0].inputs[0].before, "12");
    EXPECT_EQ(diff.steps[0].inputs[0].after, "6");
}

// Each of these is one input; `effect` states whether the total, another answer, or nothing changes.
TEST(ScenarioDiff, WhateverIsSetIsSeen) {
    struct Case {
        Override setting;
        enum class Effect { kTotal, kOther, kNone } effect;
    };
    using Effect = Case::Effect;
    const std::vector<Case> cases{
        {{"hardware.devices.npu.dma.bandwidth", "9 GB/s"}, Effect::kTotal},
        {{"hardware.devices.npu.cores", "6"}, Effect::kNone},
        {{"hardware.devices.npu.runtime.pad_width_to", "64"}, Effect::kTotal},
        {{"hardware.description", "another board"}, Effect::kNone},
        {{"hardware.devices.cpu.matrix.efficiency", "{value: 39%, spread: 10%, kind: measured}"}, Effect::kOther},
        {{"budget", "400 ms"}, Effect::kOther},
        {{"arrivals", "{rate: 1 Hz, requests: 400}"}, Effect::kOther},
        {{"stages.retrieve.takes", "100 ms"}, Effect::kTotal},
        {{"stages.retrieve.takes", "26 ms ± 40%"}, Effect::kOther},
        {{"stages.retrieve.budget", "1 ms"}, Effect::kOther},
        {{"stages.rerank.on", "npu"}, Effect::kTotal},
        {{"stages.rerank.precision", "[{operators: layer.0.*, dtype: fp16}]"}, Effect::kTotal},
        {{"description", "the same in other words"}, Effect::kNone},
        {{"stages.rerank.enabled", "false"}, Effect::kTotal},
    };
    const Scenario base = loaded("rag-rk3588");
    for (const Case& each : cases) {
        SCOPED_TRACE(each.setting.path + "=" + each.setting.value);
        const ScenarioDiff diff = diff_of(base, loaded("rag-rk3588", {each.setting}));
        expect_whole(diff);
        ASSERT_EQ(diff.steps.size(), 1U);
        const DiffStep& step = diff.steps[0];
        EXPECT_THAT(paths_of(step), ElementsAre(testing::StartsWith(each.setting.path)));
        const bool total = step.before != step.after;
        EXPECT_EQ(total, each.effect == Effect::kTotal);
        EXPECT_EQ(!step.answers.empty(), each.effect == Effect::kOther) << diff_text(diff);
        EXPECT_EQ(step.without_effect(), each.effect == Effect::kNone) << diff_text(diff);
    }
}

TEST(ScenarioDiff, AnswersBesideTheTotalAreShown) {
    const Scenario base = loaded("rag-rk3588");
    const ScenarioDiff budget = diff_of(base, loaded("rag-rk3588", {{"budget", "600 ms"}}));
    ASSERT_EQ(budget.steps.size(), 1U);
    const auto key = [](const AnswerChange& one) { return one.answer.key; };
    const auto probability = std::ranges::find(budget.steps[0].answers, "budget_probability", key);
    ASSERT_NE(probability, budget.steps[0].answers.end());
    EXPECT_LT(*probability->before, *probability->after);
    EXPECT_THAT(diff_text(budget, TextWidth{400}), HasSubstr("probability of meeting the budget"));
    const std::string slow = "{rate: 0.5 Hz, requests: 400}";
    const ScenarioDiff arrivals = diff_of(loaded("rag-rk3588", {{"arrivals", slow}}),
                                          loaded("rag-rk3588", {{"arrivals", "{rate: 1.5 Hz, requests: 400}"}}));
    ASSERT_EQ(arrivals.steps.size(), 1U);
    EXPECT_THAT(paths_of(arrivals.steps[0]), ElementsAre("arrivals.rate"));
    const auto p95 = std::ranges::find(arrivals.steps[0].answers, "p95_ms", key);
    ASSERT_NE(p95, arrivals.steps[0].answers.end());
    EXPECT_LT(*p95->before, *p95->after);
}

// What `run` prints of a stage besides its time is an answer, too: its interval, the probability of its choice, memory.
TEST(ScenarioDiff, AnswersOfStagesAreShown) {
    const Scenario base = loaded("rag-rk3588");
    for (const auto& [setting, answer] :
         {std::pair{Override{"objective", "energy"}, "rerank.sure"},
          std::pair{Override{"stages.retrieve.takes", "26 ms ± 30%"}, "retrieve.high_ms"},
          std::pair{Override{"stages.embed.budget", "1 s"}, "embed.meets_budget"},
          std::pair{Override{"models.all-MiniLM-L6-v2.sizes.vocab", "60000"}, "embed.weights_mib"}}) {
        const ScenarioDiff diff = diff_of(base, loaded("rag-rk3588", {setting}));
        ASSERT_EQ(diff.steps.size(), 1U) << setting.path;
        const auto& answers = diff.steps[0].answers;
        const auto named = [&](const AnswerChange& one) { return one.answer.key == answer; };
        EXPECT_TRUE(std::ranges::any_of(answers, named)) << setting.path;
        EXPECT_THAT(diff_text(diff), testing::Not(HasSubstr("change nothing in the answer"))) << setting.path;
    }
}

TEST(ScenarioDiff, ANumberOfTheSameValueIsNamed) {
    const ScenarioDiff diff =
        diff_of(loaded("rag-rk3588"),
                loaded("rag-rk3588", {{"hardware.devices.npu.vector.gather.per_cycle", "{value: 1.26, spread: 90%}"}}));
    EXPECT_THAT(diff_text(diff), HasSubstr("hardware.devices.npu.vector.gather.per_cycle"));
}

TEST(ScenarioDiff, ARenamingIsAnInputThatChangesNothing) {
    for (const Override& renamed :
         {Override{"scenario", "Hi"}, Override{"stages.embed.name", "first"}, Override{"stages.rerank.name", "last"}}) {
        const ScenarioDiff diff = diff_of(loaded("rag-rk3588"), loaded("rag-rk3588", {renamed}));
        ASSERT_EQ(diff.steps.size(), 1U) << diff_text(diff);
        EXPECT_THAT(paths_of(diff.steps[0]), ElementsAre(renamed.path));
        EXPECT_EQ(diff.steps[0].inputs[0].after, renamed.value);
        EXPECT_TRUE(diff.steps[0].without_effect());
        EXPECT_TRUE(diff.answers.empty() && diff.decisions.empty()) << diff_text(diff);
        EXPECT_THAT(diff_text(diff, TextWidth{400}), HasSubstr("a name, and nothing is computed from it"));
    }
    const ScenarioDiff both =
        diff_of(loaded("rag-rk3588"),
                loaded("rag-rk3588", {{"stages.rerank.buckets", "[128]"}, {"stages.rerank.name", "last"}}));
    expect_whole(both);
    ASSERT_EQ(both.steps.size(), 2U);
    EXPECT_THAT(paths_of(both.steps[1]), ElementsAre("stages.last.buckets"));
    ASSERT_EQ(both.decisions.size(), 1U);
    EXPECT_EQ(both.decisions[0].after, "npu");
}

TEST(ScenarioDiff, TheSameInOtherWordsIsNoDifference) {
    const Scenario base = loaded("rag-rk3588");
    for (const Override& same : std::vector<Override>{{"budget", "0.2 s"},
                                                      {"stages.rerank.repeat", "5"},
                                                      {"stages.rerank.batch", "1"},
                                                      {"stages.rerank.buckets", "512"},
                                                      {"objective", "latency"},
                                                      {"hardware.devices.npu.clock", "{value: 1000 MHz}"}}) {
        SCOPED_TRACE(same.path);
        Scenario after = loaded("rag-rk3588", {same});
        const ScenarioDiff diff = diff_of(base, after);
        const bool only_origin = same.path == "hardware.devices.npu.clock";  // a bare number counts as assumed
        EXPECT_TRUE(diff.steps.empty() || (only_origin && diff.steps[0].without_effect())) << diff_text(diff);
    }
}

TEST(ScenarioDiff, StagesComeAndGoInTheirPlace) {
    const ScenarioDiff diff = diff_of(loaded("rag-rk3588-no-reranker"), loaded("rag-rk3588"));
    expect_whole(diff);
    EXPECT_THAT(diff_text(diff), HasSubstr("stages.rerank"));
}

Sweep small_designs() {
    Diagnostics diagnostics;
    std::vector<SweepAxis> axes;
    for (const char* text : {"hardware.devices.npu.memories.sram.capacity=256KiB:4MiB:x2",
                             "hardware.devices.npu.dma.bandwidth=4 GB/s:20 GB/s:4 GB/s"}) {
        axes.push_back(parse_axis(text, 100, diagnostics).value());
    }
    return Sweep::prepare({Library{{BERTH_SOURCE_DIR}}, "rag-rk3588-bucket-128", {}}, std::move(axes), 100, diagnostics)
        .value();
}

// Compared with all pairs of points.
TEST(Optimise, TheFrontIsWhatNothingBetters) {
    const Sweep sweep = small_designs();
    Diagnostics diagnostics;
    OptimiseQuestion question;
    question.goals = {Goal::kCost, Goal::kLatency};
    question.cost = CostFormula::parse("capacity / 1 MiB + dma.bandwidth / 1 GB/s", sweep.axes(), diagnostics);
    ASSERT_TRUE(question.cost) << diagnostics.text();
    EXPECT_NEAR(*question.cost->at({1, 2}), 0.5 + 12, 1e-12);
    EXPECT_EQ(question.cost->dimension(), Dimension{});
    question.limits[static_cast<std::size_t>(Goal::kLatency)] = 0.2;
    const OptimiseAnswer answer = optimise(sweep, question, 2);
    EXPECT_EQ(answer.points, 25U);
    EXPECT_EQ(answer.running, 25U);
    ASSERT_TRUE(answer.best);
    const auto cost = [](const DesignPoint& point) { return point.values[static_cast<std::size_t>(Goal::kCost)]; };
    const auto time = [](const DesignPoint& point) { return point.values[static_cast<std::size_t>(Goal::kLatency)]; };
    std::size_t allowed = 0;
    for (const DesignPoint& point : answer.others) {  // few enough to be listed completely
        const bool within = time(point) <= 0.2;
        allowed += within ? 1 : 0;
        const bool on_front = std::ranges::find(answer.front, point.at, &DesignPoint::at) != answer.front.end();
        const bool bettered = std::ranges::any_of(answer.others, [&](const DesignPoint& other) {
            return cost(other) <= cost(point) && time(other) <= time(point) &&
                   (cost(other) < cost(point) || time(other) < time(point));
        });
        EXPECT_FALSE(on_front && (bettered || !within)) << point.at;
        EXPECT_TRUE(on_front || bettered || !within) << point.at;
    }
    EXPECT_EQ(answer.allowed, allowed);
    for (const DesignPoint& point : answer.front) {
        EXPECT_GE(cost(point), cost(answer.front[*answer.best]));
    }
}

TEST(Optimise, NamesOfAFormulaAreEndsOfPaths) {
    const Sweep sweep = small_designs();
    Diagnostics diagnostics;
    EXPECT_FALSE(CostFormula::parse("capacity + clock", sweep.axes(), diagnostics));
    EXPECT_THAT(diagnostics.text(), HasSubstr("--cost: error: 'clock' is not varied (expected "));
    Diagnostics misspelt;
    EXPECT_FALSE(CostFormula::parse("srm.capacity", sweep.axes(), misspelt));
    EXPECT_THAT(misspelt.text(), HasSubstr("or the end of one, did you mean sram.capacity?)"));
}

std::vector<SweepAxis> axes_of(const std::vector<std::string>& texts) {
    Diagnostics diagnostics;
    std::vector<SweepAxis> axes;
    for (const std::string& text : texts) {
        axes.push_back(parse_axis(text, 100, diagnostics).value());
    }
    return axes;
}

// Each simulation takes a second, and two chips differ in a hundred numbers.
TEST(ScenarioDiff, OfTwoChipsAStreamIsSimulatedAsAWhole) {
    const Scenario rk3588 = loaded("voice-rk3588-users");
    const ScenarioDiff chips = diff_of(rk3588, loaded("voice-rk3588-users", {{"hardware", "rk3576-rknn-2.3.2"}}));
    EXPECT_FALSE(chips.answers_by_step);
    EXPECT_FALSE(chips.answers.empty());
    EXPECT_TRUE(std::ranges::all_of(chips.steps, [](const DiffStep& step) { return step.answers.empty(); }));
    EXPECT_TRUE(diff_of(rk3588, loaded("voice-rk3588-users", {{"budget", "1 s"}})).answers_by_step);
}

// 384 KiB are less than 4 MiB, although the number before the unit is larger.
TEST(Optimise, MixedUnitsOfAnAxisAreOfOneDimension) {
    const auto axes = axes_of({"a.capacity=384KiB,4MiB,1 MB", "b.clock=900 MHz,1 GHz"});
    EXPECT_THAT(axes[0].values, ElementsAre("384KiB", "4096KiB", "976.5625KiB"));
    EXPECT_THAT(axes[1].values, ElementsAre("900 MHz", "1000 MHz"));
    Diagnostics diagnostics;
    const auto capacity = CostFormula::parse("capacity", axes, diagnostics);
    ASSERT_TRUE(capacity) << diagnostics.text();
    EXPECT_EQ(capacity->dimension(), Bytes::kDimension);
    EXPECT_EQ(capacity->at({0, 0}), 384 * 1024);
    EXPECT_EQ(capacity->at({1, 0}), 4 * 1024 * 1024);
    EXPECT_NEAR(*capacity->at({2, 0}), 1e6, 1e-6);
    const auto clock = CostFormula::parse("clock", axes, diagnostics);
    EXPECT_LT(*clock->at({0, 0}), *clock->at({0, 1}));
    const auto both = CostFormula::parse("0.5 * capacity / 1 MiB + max(b.clock / 1 GHz, 0.95)", axes, diagnostics);
    ASSERT_TRUE(both) << diagnostics.text();
    EXPECT_NEAR(*both->at({1, 0}), 2.95, 1e-12);
}

TEST(Optimise, UnlikeQuantitiesAreNotAdded) {
    const auto axes = axes_of({"a.capacity=384KiB,4MiB", "b.clock=900 MHz,1 GHz"});
    for (const char* formula : {"capacity + clock", "max(capacity, 3)", "capacity / 1024 + clock", "clock - 1 MiB"}) {
        Diagnostics diagnostics;
        EXPECT_FALSE(CostFormula::parse(formula, axes, diagnostics)) << formula;
        EXPECT_THAT(diagnostics.text(), HasSubstr("divided by a unit of its own, such as")) << formula;
    }
}

Sweep designs_of(const std::string& scenario, const std::vector<std::string>& axes) {
    Diagnostics diagnostics;
    return Sweep::prepare({Library{{BERTH_SOURCE_DIR}}, scenario, {}}, axes_of(axes), 100, diagnostics).value();
}

// The wait for an answer's first token includes the stages before it; a longer prompt delays it and slows the tokens.
TEST(Optimise, TextIsToBeginSoonAndToComeFast) {
    const Sweep sweep = designs_of("assistant-rk3588", {"stages.answer.prompt=128,512", "stages.embed.tokens=24,100"});
    OptimiseQuestion question;
    question.goals = {Goal::kFirstToken, Goal::kTokenTime};
    const OptimiseAnswer answer = optimise(sweep, question, 1);
    ASSERT_EQ(answer.others.size(), 4U);
    ASSERT_EQ(answer.front.size(), 1U);
    EXPECT_EQ(answer.front[*answer.best].at, 0U);
    sweep.run(0, 4, 1, [&](std::size_t at, const SweepPoint& point) {
        const DesignPoint& design = answer.others[at];
        const TextPace& pace = point.stages[2].pace;
        const Time before = point.stages[0].latency + point.stages[1].latency;
        EXPECT_FALSE(point.stages[0].pace.first_token);
        EXPECT_DOUBLE_EQ(design.values[static_cast<std::size_t>(Goal::kFirstToken)],
                         in_seconds(before + *pace.first_token));
        EXPECT_DOUBLE_EQ(design.values[static_cast<std::size_t>(Goal::kTokenTime)], in_seconds(*pace.token));
        return true;
    });
    EXPECT_LT(*answer.others[0].paces[2].first_token, *answer.others[2].paces[2].first_token);
    EXPECT_LT(*answer.others[0].paces[2].token, *answer.others[2].paces[2].token);
}

TEST(Optimise, WithoutTextThereIsNoFirstToken) {
    const Sweep sweep = designs_of("rag-rk3588", {"stages.rerank.tokens=64,128"});
    OptimiseQuestion question;
    question.goals = {Goal::kFirstToken};
    const OptimiseAnswer answer = optimise(sweep, question, 1);
    EXPECT_EQ(answer.running, 0U);
    ASSERT_EQ(answer.dropped.size(), 1U);
    EXPECT_THAT(answer.dropped[0].reason, HasSubstr("no stage reads a prompt"));
}

TEST(Optimise, PointsThatAreDroppedSayWhy) {
    Diagnostics diagnostics;
    const Sweep sweep = Sweep::prepare({Library{{BERTH_SOURCE_DIR}}, "rag-rk3588", {}},
                                       axes_of({"stages.rerank.tokens=64,128,600,32"}), 100, diagnostics)
                            .value();
    OptimiseQuestion question;
    question.goals = {Goal::kEnergy};
    const OptimiseAnswer answer = optimise(sweep, question, 1);
    EXPECT_EQ(answer.running, 0U);
    ASSERT_EQ(answer.dropped.size(), 2U);
    EXPECT_EQ(answer.dropped[0].count, 3U);
    EXPECT_THAT(answer.dropped[0].reason, HasSubstr("retrieve"));
    EXPECT_EQ(answer.dropped[1].count, 1U);
    EXPECT_EQ(answer.dropped[1].example, 2U);
    EXPECT_THAT(answer.dropped[1].reason, HasSubstr("600 tokens"));
}

}  // namespace
}  // namespace berth
