// Claims about measured choices: of two devices, runtimes, core counts or dtypes that did the same work, the faster
// one.
#include "berth/calibration/choices.h"

#include <gtest/gtest.h>

#include "validation/shipped_validation.h"

namespace berth {
namespace {

constexpr double kWorthChoosing = 1.2;  ///< ratio of measured times from which on a choice matters

const std::vector<MeasuredChoice>& measured_choices() {
    static const std::vector<MeasuredChoice> choices = [] {
        std::vector<Validation> validations{shipped_validation()};
        for (const std::string_view beside : {"rk3588-pytorch", "rk3588-ncnn", "rk3588-ggml"}) {
            validations.push_back(validation_of(beside));
        }
        return choices_of(validations);
    }();
    return choices;
}

TEST(Choices, OfDevicesRuntimesAndCoresAreAllRight) {
    std::size_t checked = 0;
    for (const MeasuredChoice& one : measured_choices()) {
        if (one.of != ChoiceOf::kDType && one.measured_ratio() >= kWorthChoosing) {
            EXPECT_TRUE(one.right()) << one.work << ": " << one.faster.profile << ' ' << one.faster.device << " on "
                                     << one.faster.cores << " cores was " << one.measured_ratio()
                                     << " times as fast as " << one.slower.profile << ' ' << one.slower.device << " on "
                                     << one.slower.cores;
            ++checked;
        }
    }
    EXPECT_GT(checked, 15U);
}

TEST(Choices, OfDtypesAreMostlyRightBeyondNoise) {
    const ChoiceCount all = count_choices(measured_choices(), kWorthChoosing, ChoiceOf::kDType, true);
    EXPECT_GT(all.choices, 600U);
    EXPECT_GT(static_cast<double>(all.right), 0.95 * static_cast<double>(all.choices));
}

}  // namespace
}  // namespace berth
