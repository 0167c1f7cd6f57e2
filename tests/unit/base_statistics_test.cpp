// Statistics compared with hand-calculated values.
#include "berth/base/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "berth/base/interval.h"
#include "berth/base/units.h"

namespace berth {
namespace {

using Values = std::vector<double>;

TEST(BaseStatistics, Averages) {
    EXPECT_DOUBLE_EQ(*mean(Values{1, 2, 6}), 3);
    EXPECT_DOUBLE_EQ(*median(Values{9, 1, 2}), 2);
    EXPECT_DOUBLE_EQ(*median(Values{9, 1, 2, 4}), 3);
    EXPECT_DOUBLE_EQ(*geometric_mean(Values{1, 10, 100}), 10);
    EXPECT_DOUBLE_EQ(*standard_deviation(Values{2, 4, 4, 4, 5, 5, 7, 9}), std::sqrt(32.0 / 7.0));
}

TEST(BaseStatistics, QuantilesAreLinearBetweenOrderStatistics) {
    const Values values{10, 40, 20, 30};
    EXPECT_DOUBLE_EQ(*quantile(values, 0), 10);
    EXPECT_DOUBLE_EQ(*quantile(values, 1), 40);
    EXPECT_DOUBLE_EQ(*quantile(values, 0.25), 17.5);
    EXPECT_DOUBLE_EQ(*quantile(values, 0.9), 37);
    EXPECT_DOUBLE_EQ(*quantile(Values{7}, 0.3), 7);
    EXPECT_THROW((void)quantile(values, 1.5), std::logic_error);
    EXPECT_THROW((void)quantile(values, std::nan("")), std::logic_error);
}

TEST(BaseStatistics, PercentageErrors) {
    const Values measured{100, 200, 50};
    const Values predicted{110, 150, 50};  // errors 0.1, 0.25, 0
    const Values errors = *percentage_errors(predicted, measured);
    EXPECT_DOUBLE_EQ(*mean(errors), 0.35 / 3);
    EXPECT_DOUBLE_EQ(*median(errors), 0.1);
    EXPECT_DOUBLE_EQ(*share_at_most(errors, 0.1), 2.0 / 3.0);
    EXPECT_DOUBLE_EQ(*share_at_most(errors, 0.05), 1.0 / 3.0);
    EXPECT_FALSE(percentage_errors(Values{1}, Values{0}).has_value());
    EXPECT_THROW((void)percentage_errors(Values{1}, Values{1, 2}), std::logic_error);
}

TEST(BaseStatistics, SpearmanIsOneForAnyIncreasingRelation) {
    EXPECT_DOUBLE_EQ(*spearman_rank(Values{1, 2, 3, 4}, Values{1, 10, 100, 1e9}), 1);
    EXPECT_DOUBLE_EQ(*spearman_rank(Values{1, 2, 3, 4}, Values{8, 4, 2, 1}), -1);
    // Ranks 1 2 3 4 5 against 2 1 4 3 5: 1 - 6 * 4 / (5 * 24).
    EXPECT_DOUBLE_EQ(*spearman_rank(Values{1, 2, 3, 4, 5}, Values{20, 10, 40, 30, 50}), 0.8);
    // Ties: ranks 1 2.5 2.5 4 against 1 2 3 4 give 4.5 / sqrt(4.5 * 5).
    EXPECT_DOUBLE_EQ(*spearman_rank(Values{1, 2, 2, 3}, Values{1, 2, 3, 4}), 4.5 / std::sqrt(22.5));
    EXPECT_FALSE(spearman_rank(Values{1, 1, 1}, Values{1, 2, 3}).has_value());
    EXPECT_FALSE(spearman_rank(Values{1}, Values{1}).has_value());
}

TEST(BaseStatistics, NothingIsKnownOfNoValues) {
    EXPECT_FALSE(mean({}).has_value());
    EXPECT_FALSE(median({}).has_value());
    EXPECT_FALSE(geometric_mean({}).has_value());
    EXPECT_FALSE(geometric_mean(Values{1, 0}).has_value());
    EXPECT_FALSE(standard_deviation(Values{1}).has_value());
    EXPECT_TRUE(percentage_errors({}, {})->empty());
    EXPECT_FALSE(share_at_most({}, 0.1).has_value());
}

TEST(BaseInterval, LogNormalPercentiles) {
    const Estimate<Time> estimate = log_normal_estimate(milliseconds(100), std::log(1.1));
    EXPECT_DOUBLE_EQ(in_milliseconds(estimate.median), 100);
    EXPECT_NEAR(in_milliseconds(estimate.high), 100 * std::pow(1.1, 1.6448536), 1e-4);
    EXPECT_NEAR(in_milliseconds(estimate.low), 100 / std::pow(1.1, 1.6448536), 1e-4);
    EXPECT_DOUBLE_EQ(log_normal_sigma(estimate), std::log(1.1));
    const Estimate<double> certain = log_normal_estimate(5.0, 0);
    EXPECT_EQ(certain.low, 5);
    EXPECT_EQ(certain.high, 5);
}

}  // namespace
}  // namespace berth
