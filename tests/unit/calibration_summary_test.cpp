// Errors of predictions: summaries of hand-made numbers, the naive roofline, and the faster device.
#include <gmock/gmock.h>

#include <array>
#include <stdexcept>

#include "berth/calibration/validation.h"
#include "hardware_fixtures.h"

namespace berth {
namespace {

using namespace berth::literals;

ValidatedRow row(std::string op_class, Time measured, Time predicted, DType dtype = DType::kFp16, DeviceId device = 0) {
    ValidatedRow made;
    made.name = op_class;
    made.op_class = std::move(op_class);
    made.dtype = dtype;
    made.device = device;
    made.measured = measured;
    made.predicted = {predicted, 0.5 * predicted, 2.0 * predicted};
    made.roofline = 0.5 * measured;
    return made;
}

// Predicted 110, 80, 150 for 100 each: errors of 10, 20 and 50 %.
TEST(ErrorSummary, IsWhatOneCalculatesByHand) {
    const std::array predicted{110.0, 80.0, 150.0};
    const std::array measured{100.0, 100.0, 100.0};
    const auto summary = summarise(predicted, measured);
    EXPECT_EQ(summary.rows, 3U);
    EXPECT_NEAR(summary.mean_error.value(), 0.8 / 3, 1e-12);
    EXPECT_NEAR(summary.median_error.value(), 0.2, 1e-12);
    EXPECT_NEAR(summary.p90_error.value(), 0.2 + 0.8 * 0.3, 1e-12);  // between the second and the third
    EXPECT_NEAR(summary.within_10.value(), 1.0 / 3, 1e-12);
    EXPECT_NEAR(summary.bias.value(), std::cbrt(1.1 * 0.8 * 1.5) - 1, 1e-12);
    EXPECT_FALSE(summary.spearman.has_value());  // equal measurements have no ranks
}

TEST(ErrorSummary, RanksPairsByTheirOrderOnly) {
    EXPECT_NEAR(summarise(std::array{1.0, 5.0, 6.0}, std::array{10.0, 20.0, 900.0}).spearman.value(), 1, 1e-12);
    EXPECT_NEAR(summarise(std::array{6.0, 5.0, 1.0}, std::array{10.0, 20.0, 900.0}).spearman.value(), -1, 1e-12);
}

TEST(ErrorSummary, HasNoBiasWhenTooFastAndTooSlowCancel) {
    EXPECT_NEAR(summarise(std::array{50.0, 200.0}, std::array{100.0, 100.0}).bias.value(), 0, 1e-12);
}

TEST(ErrorSummary, IsEmptyForNoRows) {
    const auto summary = summarise({}, {});
    EXPECT_EQ(summary.rows, 0U);
    EXPECT_FALSE(summary.mean_error || summary.median_error || summary.p90_error || summary.within_10 || summary.bias);
}

TEST(ErrorSummary, NeedsAsManyPredictionsAsMeasurements) {
    EXPECT_THROW((void)summarise(std::array{1.0}, std::array{1.0, 2.0}), std::logic_error);
}

TEST(ClassSummaries, KeepClassesAndDtypesApartAndEndWithAllRows) {
    const std::array rows{row("matmul", 10_us, 11_us), row("add", 10_us, 10_us), row("matmul", 10_us, 30_us),
                          row("matmul", 10_us, 10_us, DType::kInt8)};
    const auto classes = summarise_classes(rows);
    ASSERT_EQ(classes.size(), 4U);
    EXPECT_EQ(classes[0].op_class, "matmul");
    EXPECT_EQ(classes[0].dtype, DType::kFp16);
    EXPECT_EQ(classes[0].model.rows, 2U);
    EXPECT_NEAR(classes[0].model.mean_error.value(), (0.1 + 2.0) / 2, 1e-12);
    EXPECT_EQ(classes[1].op_class, "add");
    EXPECT_EQ(classes[2].dtype, DType::kInt8);
    EXPECT_EQ(classes[3].op_class, "");
    EXPECT_FALSE(classes[3].dtype.has_value());
    EXPECT_EQ(classes[3].model.rows, 4U);
    EXPECT_NEAR(classes[3].roofline.mean_error.value(), 0.5, 1e-12);
}

// Intervals reach from half to twice the prediction, ends included.
TEST(ClassSummaries, CountRowsInsideTheirIntervals) {
    const std::array rows{row("matmul", 10_us, 20_us), row("matmul", 10_us, 21_us), row("matmul", 10_us, 5_us),
                          row("matmul", 10_us, 4_us)};
    EXPECT_NEAR(summarise_classes(rows).front().coverage.value(), 0.5, 1e-12);
}

TEST(ClassSummaries, SetTheVendorsEstimatesBesideTheModelOnTheSameRows) {
    std::array rows{row("matmul", 10_us, 12_us), row("matmul", 10_us, 20_us), row("add", 10_us, 10_us)};
    rows[0].vendor_estimate = 5_us;
    const auto classes = summarise_classes(rows);
    ASSERT_TRUE(classes[0].vendor && classes[0].model_beside);
    EXPECT_EQ(classes[0].vendor->rows, 1U);
    EXPECT_NEAR(classes[0].vendor->mean_error.value(), 0.5, 1e-12);
    EXPECT_NEAR(classes[0].model_beside->mean_error.value(), 0.2, 1e-12);
    EXPECT_NEAR(classes[0].model.mean_error.value(), 0.6, 1e-12);
    EXPECT_FALSE(classes[1].vendor || classes[1].model_beside);
    EXPECT_EQ(classes[2].vendor->rows, 1U);
}

TEST(Decisions, NameTheFasterDeviceOfModelsThatRanOnSeveral) {
    const std::array rows{row("reranker", 180_us, 170_us, DType::kInt8, 0), row("embedder", 40_us, 40_us),
                          row("reranker", 85_us, 90_us, DType::kInt8, 1), row("reranker", 184_us, 10_us)};
    EXPECT_THAT(decisions(rows), testing::ElementsAre(Decision{"reranker", DType::kInt8, 1, 1}));
}

TEST(Decisions, SayWhenTheModelWouldHaveChosenWrongly) {
    const std::array rows{row("reranker", 180_us, 80_us, DType::kInt8, 0),
                          row("reranker", 85_us, 90_us, DType::kInt8, 1)};
    EXPECT_THAT(decisions(rows), testing::ElementsAre(Decision{"reranker", DType::kInt8, 1, 0}));
}

class NaiveRoofline : public testing::Test {
  protected:
    void SetUp() override {
        auto read = read_board();
        ASSERT_EQ(read.complaints, "");
        profile_ = std::move(*read.profile);
    }
    [[nodiscard]] Time estimate(Operations macs, Bytes compulsory, DType dtype, std::string_view device,
                                const Execution& execution) const {
        const auto id = device_named(profile_, device).value();
        return naive_roofline(macs, compulsory, dtype, profile_.devices[static_cast<std::size_t>(id)], execution,
                              profile_.dram);
    }
    Profile profile_;
};

// 512 fp16 MACs per cycle at 1 GHz; efficiency, padding and the core's own bandwidth are ignored. 30 GB/s on the bus.
TEST_F(NaiveRoofline, IsTheLongerOfMacsAtThePeakAndBytesOverTheBus) {
    EXPECT_DOUBLE_EQ(in_microseconds(estimate(operations(512e6), bytes(3e6), DType::kFp16, "npu", {1, {}})), 1000);
    EXPECT_DOUBLE_EQ(in_microseconds(estimate(operations(512e6), bytes(60e6), DType::kFp16, "npu", {1, {}})), 2000);
}

TEST_F(NaiveRoofline, FollowsTheDtypeTheCoresAndTheClock) {
    const auto at = [this](DType dtype, const Execution& execution) {
        return in_microseconds(estimate(operations(512e6), Bytes{}, dtype, "npu", execution));
    };
    EXPECT_DOUBLE_EQ(at(DType::kInt8, {1, {}}), 500);
    EXPECT_DOUBLE_EQ(at(DType::kFp16, {2, {}}), 500);
    EXPECT_DOUBLE_EQ(at(DType::kFp16, {1, 500_MHz}), 2000);
}

// Four big cores of 8 MACs at 2 GHz and two little ones of 4 at 1 GHz: 64 and 8 GMAC/s.
TEST_F(NaiveRoofline, AddsUpUnlikeCores) {
    EXPECT_DOUBLE_EQ(in_microseconds(estimate(operations(64e6), Bytes{}, DType::kFp32, "cpu", {4, {}})), 1000);
    EXPECT_DOUBLE_EQ(in_microseconds(estimate(operations(72e6), Bytes{}, DType::kFp32, "cpu", {6, {}})), 1000);
}

TEST_F(NaiveRoofline, CountsBytesOnlyWhereADtypeHasNoRate) {
    EXPECT_DOUBLE_EQ(in_microseconds(estimate(operations(1e12), bytes(30e6), DType::kFp32, "npu", {1, {}})), 1000);
}

}  // namespace
}  // namespace berth
