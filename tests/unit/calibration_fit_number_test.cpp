// One number fitted to a file: the memory state is recovered from rows generated with it.
#include <gmock/gmock.h>

#include "berth/calibration/validation.h"
#include "hardware_fixtures.h"

namespace berth {
namespace {

Profile board_with_state() {
    std::string text = board_text();
    text.insert(text.find("capacity: 4 GiB, bandwidth"), "rated_clock: 2 GHz, clock: 2 GHz ± 30%, ");
    return read_board({}, text).profile.value();
}

// Single-row products are bound by weight traffic, those with many rows by the array; `off` is a row's relative error.
MeasuredSet rows_at(const Profile& profile, Frequency memory_clock, double off = 1) {
    MeasuredSet set;
    set.name = "rows";
    for (const std::int64_t m : {1, 2, 4, 8, 512}) {
        for (const std::int64_t n : {512, 1024, 2048}) {
            Kernel kernel;
            kernel.kind = OperatorKind::kMatmul;
            kernel.dims = MatmulDims{1, m, 1024, n};
            kernel.input = kernel.weight = kernel.output = DType::kFp16;
            MeasuredRow row;
            row.op_class = "matmul";
            row.dtype = DType::kFp16;
            row.work = TimedKernel{kernel, {1, std::nullopt}};
            row.measured = kernel_cost(kernel, profile.devices.front(), {1, std::nullopt, memory_clock}).total;
            set.rows.push_back(row);
        }
    }
    set.rows.front().measured = set.rows.front().measured * off;
    return set;
}

FittedNumber fitted(const Profile& profile, const MeasuredSet& set, std::string_view path = "memory.dram.clock") {
    Diagnostics diagnostics;
    const auto number = fit_number(profile, std::span(&set, 1), path, diagnostics);
    EXPECT_TRUE(number) << diagnostics.text();
    return number.value_or(FittedNumber{});
}

TEST(FitNumber, FindsTheStateOfTheMemory) {
    const Profile profile = board_with_state();
    const FittedNumber found = fitted(profile, rows_at(profile, gigahertz(1.2)));
    EXPECT_NEAR(found.value, 1.2e9, 0.03e9);
    EXPECT_LT(found.low, 1.2e9);
    EXPECT_GT(found.high, 1.2e9);
    EXPECT_NEAR(found.before, 2e9, 1);
    EXPECT_EQ(found.rows, 15U);
    EXPECT_LT(found.spread, 0.1);
}

TEST(FitNumber, IsNotLedAwayByOneRow) {
    const Profile profile = board_with_state();
    EXPECT_NEAR(fitted(profile, rows_at(profile, gigahertz(1.2), 5)).value, 1.2e9, 0.06e9);
}

TEST(FitNumber, TakesAnyNumberThatRowsDependOn) {
    Profile profile = board_with_state();
    const MeasuredSet set = rows_at(profile, gigahertz(1.0));
    profile.devices.front().clusters.front().bandwidth.spread = 0;  // no prior uncertainty
    EXPECT_NEAR(fitted(profile, set, "devices.npu.dma.bandwidth").value, 4e9, 0.2e9);
}

TEST(FitNumber, RefusesWhatNoRowDependsOn) {
    const Profile profile = board_with_state();
    const MeasuredSet set = rows_at(profile, gigahertz(2));
    const auto complaint = [&](std::string_view path) {
        Diagnostics diagnostics;
        EXPECT_FALSE(fit_number(profile, std::span(&set, 1), path, diagnostics));
        return diagnostics.text();
    };
    EXPECT_THAT(complaint("memory.dram.clok"), testing::HasSubstr("memory.dram.clock"));
    EXPECT_THAT(complaint("devices.npu.vector.softmax.per_cycle"), testing::HasSubstr("no row depends on"));
}

}  // namespace
}  // namespace berth
