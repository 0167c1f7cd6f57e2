// Claims about language models: the vendor's table, one model of which was not used to set any number.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "berth/evaluation/evaluation.h"
#include "validation/shipped_validation.h"

namespace berth {
namespace {

const std::vector<Validation>& chips() {
    static const std::vector<Validation> all{validation_of("rk3588-rkllm-1.3.0"), validation_of("rk3576-rkllm-1.3.0")};
    return all;
}

const ClassSummary* summary_of(const ValidatedSet& set, std::string_view op_class, DType weights) {
    const auto found = std::find_if(set.classes.begin(), set.classes.end(), [&](const ClassSummary& summary) {
        return summary.op_class == op_class && summary.dtype == weights;
    });
    return found == set.classes.end() ? nullptr : &*found;
}

double mean_error(const ValidatedSet& set, std::string_view op_class) {
    const ClassSummary* summary = summary_of(set, op_class, DType::kInt8);
    return summary == nullptr ? 1 : summary->model.mean_error.value_or(1);
}

TEST(GenerationRows, AreAllThere) {
    for (const Validation& chip : chips()) {
        ASSERT_EQ(chip.sets.size(), 2U) << chip.profile;
        EXPECT_EQ(chip.sets[0].use, RowUse::kFitted);
        EXPECT_EQ(chip.sets[1].use, RowUse::kUnseen);
        EXPECT_GE(chip.sets[0].rows.size(), 4U);
        EXPECT_GE(chip.sets[1].rows.size(), 2U);
    }
}

TEST(GenerationRows, StepsOfUnseenModelsAreWithinTheirTarget) {
    const double target = targets().at("generation").at("step");
    for (const Validation& chip : chips()) {
        EXPECT_LE(mean_error(chip.sets[1], "decode"), target) << chip.profile;
    }
}

TEST(GenerationRows, FirstTokensOfUnseenModelsAreWithinTheirTarget) {
    const double target = targets().at("generation").at("first_token");
    for (const Validation& chip : chips()) {
        EXPECT_LE(mean_error(chip.sets[1], "prefill"), target) << chip.profile;
    }
}

TEST(GenerationRows, StepsWith4BitWeightsAreWithinTheirTarget) {
    const double target = targets().at("generation").at("step_of_4_bit_weights");
    for (const ValidatedSet& set : chips()[1].sets) {
        const ClassSummary* summary = summary_of(set, "decode", DType::kInt4);
        ASSERT_NE(summary, nullptr);
        EXPECT_LE(*summary->model.mean_error, target);
    }
}

// Qwen3 0.6B with more than 4,000 tokens: about 20 s, of a board that is not stated. Nothing was set with it.
TEST(GenerationRows, AReportedLongPromptLiesInItsInterval) {
    Diagnostics diagnostics;
    const auto profile =
        load_hardware(shipped_library(), "rk3588-rkllm-1.3.0", {}, SourceLocation("test"), diagnostics);
    ModelStage stage;
    stage.model = load_model(shipped_library(), "qwen3-0.6b", {}, SourceLocation("test"), diagnostics).value();
    stage.precision.dtype = DType::kInt8;
    stage.generation = {Phase::kPrefill, 4096, 0};
    stage.tokens = {{4096, 1}};
    const auto candidate = evaluate_on(profile.value(), stage, 0, diagnostics);
    ASSERT_TRUE(candidate) << diagnostics.text();
    EXPECT_LT(in_seconds(candidate->latency.low), 20);
    EXPECT_GT(in_seconds(candidate->latency.high), 20);
}

TEST(GenerationRows, LieInsideTheirIntervals) {
    for (const Validation& chip : chips()) {
        for (const ValidatedSet& set : chip.sets) {
            for (const ValidatedRow& row : set.rows) {
                if (row.dtype != DType::kInt8) {
                    continue;
                }
                EXPECT_LE(row.predicted.low, row.measured) << row.name;
                EXPECT_GE(row.predicted.high, row.measured) << row.name;
            }
        }
    }
}

TEST(GenerationRows, AreOrderedAsMeasured) {
    for (const Validation& chip : chips()) {
        std::vector<double> predicted;
        std::vector<double> measured;
        for (const ValidatedSet& set : chip.sets) {
            for (const ValidatedRow& row : set.rows) {
                predicted.push_back(in_seconds(row.predicted.median));
                measured.push_back(in_seconds(row.measured));
            }
        }
        EXPECT_GE(*summarise(predicted, measured).spearman, 0.95) << chip.profile;
    }
}

TEST(GenerationRows, AreFarFromWhatARooflineWouldSay) {
    for (const Validation& chip : chips()) {
        const ClassSummary& all = all_rows(chip.sets[1]);
        EXPECT_GT(*all.roofline.median_error, 3 * *all.model.median_error) << chip.profile;
    }
}

}  // namespace
}  // namespace berth
