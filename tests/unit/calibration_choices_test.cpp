// Pairs of measured rows, and those that differ by more than measurement noise.
#include "berth/calibration/choices.h"

#include <gtest/gtest.h>

#include <cmath>

#include "berth/base/interval.h"

namespace berth {
namespace {

ValidatedRow timed(DType dtype, double measured_us, double predicted_us, double measured_sigma) {
    ValidatedRow row;
    row.dtype = dtype;
    row.cores = 1;
    row.work = "matmul m=1,k=64,n=64";
    row.measured = microseconds(measured_us);
    row.predicted = log_normal_estimate(microseconds(predicted_us), 0.1);
    row.measured_sigma = measured_sigma;
    return row;
}

MeasuredChoice between(const ValidatedRow& a, const ValidatedRow& b) {
    Validation validation;
    validation.profile = "board";
    validation.devices = {"npu"};
    validation.sets.push_back({});
    validation.sets.front().name = "calls";
    validation.sets.front().rows = {a, b};
    const auto choices = choices_of(std::vector{validation});
    EXPECT_EQ(choices.size(), 1U);
    return choices.at(0);
}

// Rows of the accelerator and of the processor often come from two tables; other choices are within one.
TEST(Choices, OfDevicesMayComeFromTwoTables) {
    Validation validation;
    validation.profile = "board";
    validation.devices = {"npu", "cpu"};
    validation.sets.resize(2);
    validation.sets[0].name = "layers";
    validation.sets[1].name = "networks";
    validation.sets[0].rows = {timed(DType::kFp16, 50, 50, 0)};
    validation.sets[1].rows = {timed(DType::kFp16, 70, 60, 0)};
    EXPECT_TRUE(choices_of(std::vector{validation}).empty()) << "the same device, at another time";
    validation.sets[1].rows.front().device = 1;
    const auto choices = choices_of(std::vector{validation});
    ASSERT_EQ(choices.size(), 1U);
    EXPECT_EQ(choices.front().of, ChoiceOf::kDevice);
}

TEST(Choices, WhatIsMeasuredOnceIsLessSureThanWhatIsPredicted) {
    const auto exact = between(timed(DType::kInt8, 50, 50, 0), timed(DType::kFp16, 70, 60, 0));
    EXPECT_DOUBLE_EQ(exact.measured_probability, exact.probability);
    EXPECT_TRUE(exact.told_apart());
    const auto noisy = between(timed(DType::kInt8, 50, 50, 0.3), timed(DType::kFp16, 70, 60, 0.4));
    EXPECT_DOUBLE_EQ(noisy.probability, exact.probability);
    EXPECT_NEAR(noisy.noise, 0.5, 1e-12);
    const double sigma = std::hypot(std::hypot(0.1, 0.1), 0.5);
    EXPECT_NEAR(noisy.measured_probability, 0.5 * std::erfc(-std::log(60.0 / 50) / sigma / std::sqrt(2.0)), 1e-6);
}

// For equal true times, one pair in ten would be measured further apart than 1.645 sigma.
TEST(Choices, OnlyWhatIsBeyondNoiseIsJudged) {
    const auto within = between(timed(DType::kInt8, 50, 60, 0.3), timed(DType::kFp16, 90, 50, 0.3));
    const auto beyond = between(timed(DType::kInt8, 50, 60, 0.3), timed(DType::kFp16, 110, 50, 0.3));
    EXPECT_FALSE(within.told_apart());
    EXPECT_TRUE(beyond.told_apart());
    const std::vector both{within, beyond};
    EXPECT_EQ(count_choices(both, 1.2).choices, 2U);
    const ChoiceCount clear = count_choices(both, 1.2, std::nullopt, true);
    EXPECT_EQ(clear.choices, 1U);
    EXPECT_EQ(clear.right, 0U) << "both are predicted wrong, and the one that is clear counts";
}

// Means of repeated rows have less noise.
TEST(Choices, RepeatedRowsAreLessNoisy) {
    Validation validation;
    validation.profile = "board";
    validation.devices = {"npu"};
    validation.sets.push_back({});
    const auto fast = timed(DType::kInt8, 50, 50, 0.3);
    validation.sets.front().rows = {fast, fast, fast, fast, timed(DType::kFp16, 70, 60, 0)};
    const auto choices = choices_of(std::vector{validation});
    ASSERT_EQ(choices.size(), 1U);
    EXPECT_NEAR(choices.front().noise, 0.15, 1e-12);
}

}  // namespace
}  // namespace berth
