// Operators without a kernel in the runtime, which its own scalar loops compute on one core of the host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hardware_fixtures.h"
#include "plan_fixtures.h"

namespace berth {
namespace {

using testing::HasSubstr;

// A convolution with a result of 7 x 7 positions and 16 channels, followed by a GELU.
DevicePlan planned_kernel(std::int64_t height, std::int64_t width, const Profile& profile, bool depthwise = false) {
    ConvDims conv;
    conv.in_channels = depthwise ? 16 : 3;
    conv.groups = depthwise ? 16 : 1;
    conv.out_channels = 16;
    conv.in_height = 7 * height;
    conv.in_width = 7 * width;
    conv.kernel_height = height;
    conv.kernel_width = width;
    conv.out_height = conv.out_width = 7;
    WiredGraph wired;
    const OperatorId first = wired.add(OperatorKind::kConv2d, conv, {}, DType::kFp16);
    RowsDims rows;
    rows.rows = 49;
    rows.cols = 16;
    wired.add(OperatorKind::kGelu, rows, {first}, DType::kFp16);
    return plan_device(wired.done(), profile, *device_named(profile, "npu"), {1, std::nullopt});
}

const Kernel& first_kernel(const DevicePlan& plan) {
    return plan.kernels.at(static_cast<std::size_t>(plan.operators.front().steps.begin()->kernel));
}
const KernelCost& first_cost(const DevicePlan& plan) {
    return plan.costs.at(static_cast<std::size_t>(plan.operators.front().steps.begin()->kernel));
}

TEST(OwnCode, KernelsWithAFilterPerChannelHaveALimitOfTheirOwn) {
    const Profile profile = shipped_rk3588();
    EXPECT_FALSE(first_kernel(planned_kernel(9, 9, profile)).own_code);
    EXPECT_FALSE(first_kernel(planned_kernel(7, 7, profile, true)).own_code);
    const DevicePlan plan = planned_kernel(9, 9, profile, true);
    EXPECT_TRUE(first_kernel(plan).own_code);
    EXPECT_THAT(plan.operators.front().reason, HasSubstr("its kernel is 9 x 9, the limit is 8"));
}

Profile shipped_chip(const std::string& name) {
    Diagnostics diagnostics;
    const auto hardware = std::filesystem::path(BERTH_SOURCE_DIR) / "hardware";
    auto profile = load_profile(hardware / (name + ".yaml"), profiles_in({hardware}), {}, diagnostics);
    if (!profile) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*profile);
}

// Convolutions of volumes, and on arrays that hold their weights products of two activations, fall back.
TEST(OwnCode, WhatACompilerDoesNotListFallsBack) {
    const auto reason = [](const char* chip, OperatorKind kind, const Dims& dims, DType dtype) {
        const Profile profile = shipped_chip(chip);
        WiredGraph wired;
        wired.add(kind, dims, {}, dtype);
        return plan_device(wired.done(), profile, *device_named(profile, "npu"), {1, std::nullopt})
            .operators.front()
            .reason;
    };
    ConvDims volume;
    volume.in_channels = volume.out_channels = 8;
    volume.in_height = volume.in_width = 16;
    volume.kernel_height = volume.kernel_width = 3;
    volume.out_height = volume.out_width = 14;
    volume.in_depth = 16;
    volume.out_depth = 14;
    volume.kernel_depth = 3;
    for (const char* chip : {"coral-usb", "ethos-u65-512", "imx8mp"}) {
        EXPECT_THAT(reason(chip, OperatorKind::kConv2d, volume, DType::kInt8), HasSubstr("its kernel is 3 deep"))
            << chip;
    }
    EXPECT_THAT(reason("rk3588-rknn-2.3.2", OperatorKind::kConv2d, volume, DType::kFp16),
                HasSubstr("its kernel is 3 deep, the limit is 1"));
    MatmulDims product{4, 16, 32, 16, false};
    EXPECT_THAT(reason("coral-usb", OperatorKind::kMatmul, product, DType::kInt8),
                HasSubstr("neither factor is a constant"));
    product.weights = true;
    product.batch = 1;
    EXPECT_EQ(reason("coral-usb", OperatorKind::kMatmul, product, DType::kInt8), "");
}

TEST(OwnCode, ComputesKernelsAboveTheLimitAtTheClockOfTheHost) {
    const Profile profile = shipped_rk3588();
    const DevicePlan plan = planned_kernel(32, 32, profile);
    EXPECT_TRUE(plan.operators.front().supported) << "it stays in the call";
    EXPECT_THAT(plan.operators.front().reason, HasSubstr("its kernel is 32 x 32, the limit is 31"));
    EXPECT_TRUE(first_kernel(plan).own_code);
    EXPECT_EQ(plan.operators.back().fused_into, kNoOperator) << "nothing is fused with loops";
    EXPECT_FALSE(first_kernel(planned_kernel(31, 31, profile)).own_code);
    EXPECT_NE(planned_kernel(31, 31, profile).operators.back().fused_into, kNoOperator);

    const auto& code = *profile.devices[static_cast<std::size_t>(*device_named(profile, "npu"))].runtime.own_code;
    const double clock = 2.35e9;
    const double macs = 49.0 * 16 * 3 * 32 * 32;
    const double elements = 3.0 * 224 * 224 + 49 * 16;
    EXPECT_NEAR(in_seconds(first_cost(plan).compute), macs / (code.macs_per_cycle.value.si() * clock), 1e-9);
    EXPECT_NEAR(in_seconds(first_cost(plan).vector), elements / (code.elements_per_cycle.value.si() * clock), 1e-9);
    EXPECT_GE(first_cost(plan).total, first_cost(plan).compute + first_cost(plan).vector);

    const DevicePlan slow = planned_kernel(32, 32, shipped_rk3588({{"devices.cpu.clusters.big.clock", "1.175 GHz"}}));
    EXPECT_NEAR(first_cost(slow).compute / first_cost(plan).compute, 2, 1e-9);
    const DevicePlan other = planned_kernel(32, 32, shipped_rk3588({{"devices.npu.clock", "500 MHz"}}));
    EXPECT_EQ(first_cost(other).total, first_cost(plan).total) << "the device has no part in it";
}

TEST(OwnCode, LinesOfTapsAreCutInstead) {
    const Profile profile = shipped_rk3588();
    EXPECT_FALSE(first_kernel(planned_kernel(1, 128, profile)).own_code);
    EXPECT_TRUE(first_kernel(planned_kernel(2, 128, profile)).own_code);
}

TEST(OwnCode, ItsRatesAreNumbersOfTheProfile) {
    Profile profile = shipped_rk3588();
    std::vector<std::string> paths;
    for (const ParameterView& view : parameters(profile)) {
        paths.push_back(view.path);
    }
    EXPECT_THAT(paths, testing::Contains("devices.npu.runtime.own_code.macs_per_cycle"));
    EXPECT_THAT(paths, testing::Contains("devices.npu.runtime.own_code.elements_per_cycle"));
}

}  // namespace
}  // namespace berth
