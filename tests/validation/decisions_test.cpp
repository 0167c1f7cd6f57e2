// Claims about decisions: the devices for the reference query's models, and the changes that would reverse them.
#include <gtest/gtest.h>

#include "berth/evaluation/evaluation.h"
#include "validation/shipped_validation.h"

namespace berth {
namespace {

constexpr double kSure = 0.9;

class ReferenceQuery : public testing::Test {
  protected:
    [[nodiscard]] static ScenarioResult query(const std::vector<Override>& changes = {}) {
        Diagnostics diagnostics;
        const auto scenario = load_scenario(shipped_library(), "rag-rk3588", changes, diagnostics);
        auto result = scenario
                          ? evaluate(*scenario, diagnostics, {.uncertainty = true, .operators = false, .splits = false})
                          : std::nullopt;
        if (!result) {
            throw std::runtime_error(diagnostics.text());
        }
        return std::move(*result);
    }

    [[nodiscard]] static const StageResult& stage(const ScenarioResult& result, std::string_view name) {
        for (const StageResult& one : result.stages) {
            if (one.name == name) {
                return one;
            }
        }
        throw std::runtime_error("no such stage");
    }

    [[nodiscard]] static std::string chosen(const StageResult& stage) {
        return stage.candidates.at(*stage.chosen).placement;
    }

    [[nodiscard]] static Time on(const StageResult& stage, std::string_view placement) {
        for (const Candidate& candidate : stage.candidates) {
            if (candidate.placement == placement) {
                return candidate.latency.median;
            }
        }
        throw std::runtime_error("no such candidate");
    }
};

TEST_F(ReferenceQuery, RunsTheRerankerOnTheCpuWhenTheNpuPaysFor512Tokens) {
    const auto result = query();
    EXPECT_EQ(chosen(stage(result, "rerank")), "cpu");
    EXPECT_GE(stage(result, "rerank").confidence, 0.8);
}

TEST_F(ReferenceQuery, RunsTheRerankerOnTheNpuInABucketOf128) {
    const auto result = query({{"stages.rerank.buckets", "[128, 512]"}});
    EXPECT_EQ(chosen(stage(result, "rerank")), "npu");
    EXPECT_GE(stage(result, "rerank").confidence, kSure);
}

TEST_F(ReferenceQuery, MeetsItsBudgetOnlyWithTheSmallerBucket) {
    const auto before = query();
    const auto after = query({{"stages.rerank.buckets", "[128, 512]"}});
    EXPECT_GT(before.total.latency.median, *before.total.budget);
    EXPECT_LT(after.total.latency.median, *after.total.budget);
}

TEST_F(ReferenceQuery, RunsTheEmbedderOnTheNpuForALongQuestion) {
    const auto result = query();
    EXPECT_EQ(chosen(stage(result, "embed")), "npu");
    EXPECT_GE(stage(result, "embed").confidence, kSure);
}

// Depth multiplies the time of both devices equally, so it does not decide between them.
TEST_F(ReferenceQuery, DecidesTheSameForSixLayersAsForTwelve) {
    const Override six{"stages.rerank.model", "ms-marco-MiniLM-L-6-v2"};
    const Override small{"stages.rerank.buckets", "[128, 512]"};
    EXPECT_EQ(chosen(stage(query({six}), "rerank")), chosen(stage(query(), "rerank")));
    EXPECT_EQ(chosen(stage(query({six, small}), "rerank")), chosen(stage(query({small}), "rerank")));
}

TEST_F(ReferenceQuery, GainsNothingFromThreeCoresWhereAttentionRunsOnOne) {
    const auto one = on(stage(query(), "rerank"), "npu");
    const auto three = on(stage(query({{"stages.rerank.core_mask", "{npu: 7}"}}), "rerank"), "npu");
    EXPECT_GT(three, 0.85 * one);
    EXPECT_LT(three, 1.05 * one);
}

TEST_F(ReferenceQuery, PaysMoreThanFourTimesForFourTimesTheTokensOnTheNpu) {
    const auto large = on(stage(query(), "rerank"), "npu");
    const auto small = on(stage(query({{"stages.rerank.buckets", "[128, 512]"}}), "rerank"), "npu");
    EXPECT_GT(large, 4.0 * small);
    EXPECT_LT(large, 16.0 * small);
}

}  // namespace
}  // namespace berth
