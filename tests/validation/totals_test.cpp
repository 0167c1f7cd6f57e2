// Claims about whole models: the totals of the October 2025 reports, to which no parameter was fitted.
#include <gtest/gtest.h>

#include "validation/shipped_validation.h"

namespace berth {
namespace {

const ValidatedSet& totals() { return set_of(RowForm::kModelTotals, RowUse::kUnseen); }

constexpr std::string_view kRerankerHalf = "ms-marco-MiniLM-L-12-v2 fp16 on npu, bucket of 512";
constexpr std::string_view kRerankerInt8 = "ms-marco-MiniLM-L-12-v2 int8 on npu, bucket of 512";

TEST(Totals, AreEachWithinTheirTarget) {
    const auto promised = targets().at("totals");
    ASSERT_EQ(promised.size(), totals().rows.size());
    for (const auto& target : promised) {
        const ValidatedRow& row = row_named(totals(), target.at("row").get<std::string>());
        EXPECT_LE(std::abs(relative_error(row)), target.at("within").get<double>()) << row.name;
    }
}

TEST(Totals, LieInsideTheirIntervals) {
    for (const ValidatedRow& row : totals().rows) {
        EXPECT_LE(row.predicted.low, row.measured) << row.name;
        EXPECT_GE(row.predicted.high, row.measured) << row.name;
    }
}

TEST(Totals, Int8GainsTheRerankerAlmostNothingOnTheNpu) {
    const double gain =
        row_named(totals(), kRerankerHalf).predicted.median / row_named(totals(), kRerankerInt8).predicted.median;
    EXPECT_GE(gain, targets().at("reranker_gain_of_int8").at("least").get<double>());
    EXPECT_LE(gain, targets().at("reranker_gain_of_int8").at("most").get<double>());
}

TEST(Totals, PredictTheDeviceThatWasFasterAsMeasured) {
    ASSERT_FALSE(totals().decisions.empty());
    for (const Decision& decision : totals().decisions) {
        EXPECT_EQ(decision.predicted_faster, decision.measured_faster) << decision.model;
    }
}

TEST(Totals, AreFarFromWhatARooflineWouldSay) {
    const ClassSummary& all = all_rows(totals());
    EXPECT_GT(*all.roofline.median_error, 3 * *all.model.median_error);
}

}  // namespace
}  // namespace berth
