// Claims about language models: the vendor's table, of which the models in between were not used to set anything.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "validation/shipped_validation.h"

namespace berth {
namespace {

Validation validation_of(const std::string& hardware) {
    Diagnostics diagnostics;
    const auto profile = load_hardware(shipped_library(), hardware, {}, SourceLocation("test"), diagnostics);
    const auto sets = profile ? load_measured_sets(shipped_library(), hardware, *profile, diagnostics) : std::nullopt;
    auto validation = sets ? validate(*profile, *sets, diagnostics) : std::nullopt;
    if (!validation) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*validation);
}

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

// What it costs to widen 4-bit weights is not modelled.
TEST(GenerationRows, StepsWith4BitWeightsTakeLongerThanPredicted) {
    const double target = targets().at("generation").at("step_of_4_bit_weights");
    for (const ValidatedSet& set : chips()[1].sets) {
        const ClassSummary* summary = summary_of(set, "decode", DType::kInt4);
        ASSERT_NE(summary, nullptr);
        EXPECT_LE(*summary->model.mean_error, target);
        EXPECT_LT(*summary->model.bias, 0);
    }
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
