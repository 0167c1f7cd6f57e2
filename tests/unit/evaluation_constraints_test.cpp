// Constraints of a stage: compliance of placements, conflicts, and the regret of default placements.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "berth/evaluation/evaluation.h"
#include "berth/report/report.h"
#include "scenario_fixtures.h"
#include "scratch_folder.h"

namespace berth {
namespace {

using testing::HasSubstr;

struct Evaluated {
    std::optional<Scenario> scenario;
    std::optional<ScenarioResult> result;
    std::string complaints;
};

Evaluated evaluated(const std::vector<Override>& overrides) {
    Diagnostics diagnostics;
    Evaluated all;
    all.scenario = load_scenario({{BERTH_SOURCE_DIR}}, "rag-rk3588", overrides, diagnostics);
    if (all.scenario) {
        all.result = evaluate(*all.scenario, diagnostics);
    }
    all.complaints = diagnostics.text();
    return all;
}

const StageResult& reranker(const Evaluated& all) { return all.result->stages.back(); }
const Candidate& chosen(const StageResult& stage) { return stage.candidates[*stage.chosen]; }
const Candidate& on(const StageResult& stage, const std::string& placement) {
    return *std::ranges::find(stage.candidates, placement, &Candidate::placement);
}

TEST(Constraints, PinnedOperatorsRunWhereTheyArePinned) {
    const auto all = evaluated(
        {{"stages.rerank.pin", "{layer.3.*: npu, layer.3.ffn.*: cpu}"}, {"stages.rerank.granularity", "operator"}});
    ASSERT_TRUE(all.result) << all.complaints;
    for (const Candidate& candidate : reranker(all).candidates) {
        ASSERT_TRUE(candidate.feasible) << candidate.reason;
        for (const OperatorResult& op : candidate.operators) {
            if (op.name.starts_with("layer.3.")) {
                EXPECT_EQ(op.device, op.name.starts_with("layer.3.ffn.") ? 1 : 0) << op.name;
                EXPECT_FALSE(op.fell_back) << op.name;
            }
        }
    }
    EXPECT_TRUE(chosen(reranker(all)).proved_optimal);
    // A constrained placement costs no less than a free one.
    EXPECT_GE(reranker(all).optimum->latency, evaluated({}).result->stages.back().optimum->latency);
}

TEST(Constraints, PinsThatDecideOnAllOperatorsLeaveOnePlacement) {
    const auto all = evaluated({{"stages.rerank.pin", "{'*': cpu}"}, {"stages.rerank.granularity", "operator"}});
    ASSERT_TRUE(all.result) << all.complaints;
    EXPECT_EQ(chosen(reranker(all)).placement, "cpu");
    EXPECT_EQ(reranker(all).confidence, 1);
    EXPECT_EQ(on(reranker(all), "npu").reason, "none of its operators runs there");
    const auto both = evaluated({{"stages.rerank.pin", "{'*': cpu, layer.3.ffn.up: npu}"}});
    ASSERT_TRUE(both.result) << both.complaints;
    EXPECT_EQ(reranker(both).confidence, 1);
    EXPECT_EQ(on(reranker(both), "cpu").reason, "its operators are placed as those of npu");
}

// What the scenario forbids is no better placement.
TEST(Constraints, APinnedStageIsComparedWithWhatItsPinAllows) {
    for (const char* placement : {"npu", "cpu"}) {
        const auto all = evaluated({{"stages.rerank.on", placement}});
        ASSERT_TRUE(all.result) << all.complaints;
        const Candidate& only = chosen(reranker(all));
        EXPECT_EQ(only.placement, placement);
        EXPECT_EQ(only.optimality_gap, 0);
        EXPECT_TRUE(only.proved_optimal);
        EXPECT_EQ(only.regret, Time{});
        EXPECT_EQ(reranker(all).optimum->latency, only.latency.median);
        EXPECT_EQ(reranker(all).optimum->lower_bound, only.latency.median);
    }
    const auto free = evaluated({});
    EXPECT_LT(reranker(free).optimum->latency, on(reranker(free), "npu").latency.median * 0.5);
}

TEST(Constraints, SegmentsAreLimited) {
    const auto free = evaluated({{"stages.rerank.granularity", "operator"}});
    ASSERT_GT(chosen(reranker(free)).segments.size(), 7U);
    Time before = chosen(reranker(free)).latency.median;
    for (const char* most : {"7", "3", "1"}) {
        const auto all = evaluated({{"stages.rerank.granularity", "operator"}, {"stages.rerank.segments", most}});
        ASSERT_TRUE(all.result) << all.complaints;
        EXPECT_LE(chosen(reranker(all)).segments.size(), static_cast<std::size_t>(std::stoi(most)));
        EXPECT_GE(chosen(reranker(all)).latency.median, before);
        EXPECT_TRUE(chosen(reranker(all)).proved_optimal);
        before = chosen(reranker(all)).latency.median;
    }
}

TEST(Constraints, MemoryOfADevice) {
    const auto all = evaluated({{"hardware.devices.npu.capacity", "20 MB"}, {"stages.rerank.granularity", "operator"}});
    ASSERT_TRUE(all.result) << all.complaints;
    EXPECT_THAT(on(reranker(all), "npu").reason, HasSubstr("of the 19.1 MiB of memory of npu"));
    Bytes held;
    for (const OperatorResult& op : chosen(reranker(all)).operators) {
        held += op.device == 0 ? op.weights : Bytes{};
    }
    EXPECT_GT(held, bytes(5e6));
    EXPECT_LE(held, bytes(20e6));
}

TEST(Constraints, AModelMustFitTheBoard) {
    const auto one = evaluated({{"hardware.memory.dram.capacity", "50 MB"}});
    EXPECT_FALSE(one.result);
    EXPECT_THAT(one.complaints, HasSubstr("stage 'rerank': no placement of its operators keeps to 50 MB of dram"));
    const auto both = evaluated({{"hardware.memory.dram.capacity", "100 MB"}});
    EXPECT_FALSE(both.result);
    EXPECT_THAT(
        both.complaints,
        HasSubstr("the models together take 134 MiB of the 95.4 MiB of dram: "
                  "all-MiniLM-L6-v2 65.8 MiB, ms-marco-MiniLM-L-12-v2 66.1 MiB, activations of the largest pass "));
    EXPECT_TRUE(evaluated({{"hardware.memory.dram.capacity", "150 MB"}}).result);
}

Evaluated models_in(const std::string& capacity, const std::vector<Override>& more = {}) {
    Diagnostics diagnostics;
    Evaluated all;
    std::vector<Override> set{{"hardware.memory.dram.capacity", capacity}};
    set.insert(set.end(), more.begin(), more.end());
    const ScratchFolder folder;
    folder.write(
        "mem.yaml",
        "scenario: Mem\nhardware: rk3588-rkllm-ggml\nstages:\n"
        "  - {name: a, model: qwen2.5-1.5b, dtype: int8, dtypes: {cpu: w4a16_g32}, phase: prefill, prompt: 64}\n"
        "  - {name: b, model: llama-3.2-3b, dtype: int8, dtypes: {cpu: w4a16_g32}, phase: prefill, prompt: 32}\n");
    all.scenario = load_scenario({{BERTH_SOURCE_DIR}}, (std::filesystem::path(folder.path()) / "mem.yaml").string(),
                                 set, diagnostics);
    if (all.scenario) {
        all.result = evaluate(*all.scenario, diagnostics);
    }
    all.complaints = diagnostics.text();
    return all;
}

// Each stage has two placements, so that all four pairs can be tried.
TEST(Constraints, StagesShareTheMemoryAsIsBest) {
    const auto roomy = models_in("16 GiB");
    ASSERT_TRUE(roomy.result) << roomy.complaints;
    EXPECT_FALSE(roomy.result->memory_decided);
    const auto tight = models_in("4.5 GiB");
    ASSERT_TRUE(tight.result) << tight.complaints;
    EXPECT_TRUE(tight.result->memory_decided);
    std::optional<Time> least;
    for (const char* a : {"npu", "cpu"}) {
        for (const char* b : {"npu", "cpu"}) {
            const auto pinned = models_in("4.5 GiB", {{"stages.a.on", a}, {"stages.b.on", b}});
            if (pinned.result) {
                const Time total = pinned.result->total.latency.median;
                least = least ? std::min(*least, total) : total;
            }
        }
    }
    EXPECT_EQ(tight.result->total.latency.median, *least);
    EXPECT_GT(*least, roomy.result->total.latency.median);
    EXPECT_EQ(tight.result->stages[1].start, tight.result->stages[0].latency.median);
    EXPECT_THAT(text_report(*tight.result, *tight.scenario, {}, {}, TextWidth(300)),
                HasSubstr("chosen so that the models of all stages fit into the memory together; takes "));
    const auto full = models_in("2 GiB");
    EXPECT_FALSE(full.result);
}

TEST(Constraints, ClashesAreNamedAndNothingElse) {
    const auto all =
        evaluated({{"stages.rerank.pin", "{layer.0.*: npu, layer.1.*: cpu, layer.2.*: cpu, pooler.*: npu}"},
                   {"stages.rerank.segments", "3"},
                   {"hardware.devices.npu.capacity", "1 GB"}});
    EXPECT_FALSE(all.result);
    EXPECT_THAT(all.complaints, HasSubstr("stage 'rerank': no placement of its operators keeps to all of these, but to "
                                          "any without one of them: pin layer.0.*: npu; pin layer.2.*: cpu; pin "
                                          "pooler.*: npu; segments: 3\n"));
    const auto nowhere = evaluated({{"stages.rerank.pin", "{embeddings.word: npu}"}});
    EXPECT_THAT(nowhere.complaints, HasSubstr("embeddings.word is pinned to where it cannot run: "));
    EXPECT_THAT(nowhere.complaints, HasSubstr("no placement of its operators keeps to pin embeddings.word: npu"));
    const auto coarse = evaluated(
        {{"hardware.devices.npu.capacity", "1 MB"}, {"stages.rerank.segments", "3"}, {"stages.rerank.on", "npu"}});
    EXPECT_THAT(coarse.complaints,
                HasSubstr("stage 'rerank' cannot run on npu: it has 4 segments, the stage allows 3"));
    EXPECT_THAT(evaluated({{"stages.rerank.pin", "{layer.12.*: npu}"}}).complaints,
                HasSubstr("'layer.12.*' matches no operator of ms-marco-MiniLM-L-12-v2"));
}

// Two products with matrices of their own and one bias: memory holds the bias once.
TEST_F(ScenarioFolder, ASharedBiasIsHeldOnce) {
    const auto held = [this](const std::string& shared) {
        write("models/pair.yaml",
              "model: pair\ngraph:\n  inputs: {x: {shape: [8, 64]}}\n  operators:\n"
              "    - {name: a, op: matmul, inputs: [x], m: 8, k: 64, n: 64, bias: true, shape: [8, 64]}\n"
              "    - {name: b, op: matmul, inputs: [a], m: 8, k: 64, n: 64, bias: true, shape: [8, 64]" +
                  shared + "}\n");
        const auto loaded = load_stage("model: pair, dtype: fp16");
        Diagnostics diagnostics;
        const auto result = loaded.scenario ? evaluate(*loaded.scenario, diagnostics) : std::nullopt;
        EXPECT_TRUE(result) << loaded.complaints << diagnostics.text();
        return result ? in_bytes(chosen(result->stages.front()).weight_bytes) : 0;
    };
    const double bias = held("") - held(", bias_of: a");
    EXPECT_TRUE(bias == 64 * 2 || bias == 64 * 4) << bias;
}

TEST(Regret, IsWhatDefaultsLoseAgainstTheOptimum) {
    const auto all = evaluated({});
    const StageResult& stage = reranker(all);
    ASSERT_TRUE(stage.optimum && stage.optimum->proved);
    EXPECT_EQ(stage.optimum->latency, stage.optimum->lower_bound);
    for (const char* placement : {"npu", "cpu"}) {
        const Candidate& candidate = on(stage, placement);
        ASSERT_TRUE(candidate.regret);
        EXPECT_NEAR(in_milliseconds(*candidate.regret),
                    in_milliseconds(candidate.latency.median) - in_milliseconds(stage.optimum->latency), 1e-9);
    }
    EXPECT_NEAR(in_milliseconds(*on(stage, "split").regret), 0, 1e-9);
    EXPECT_THAT(text_report(*all.result, *all.scenario, {}),
                HasSubstr("regret against the best placement of the operators: npu with its fallbacks\n"));
    EXPECT_THAT(json_report(*all.result, *all.scenario, {}),
                HasSubstr(fmt::format("\"regret_ms\": {:.6g}", in_milliseconds(*on(stage, "cpu").regret))));
}

}  // namespace
}  // namespace berth
