// The state of a board's memory: permitted values, and scaling of all bandwidths with it.
#include <gmock/gmock.h>

#include "berth/cost/cost.h"
#include "hardware_fixtures.h"

namespace berth {
namespace {

using testing::HasSubstr;

constexpr std::string_view kDram = "capacity: 4 GiB, bandwidth";

ProfileReading read_with_state(const std::string& state, const std::vector<ProfileOverride>& overrides = {}) {
    std::string text = board_text();
    text.insert(text.find(kDram), state);
    return read_board(overrides, text);
}

Time weights_streamed(const Profile& profile, int cores) {
    Kernel kernel;
    kernel.kind = OperatorKind::kMatmul;
    kernel.dims = MatmulDims{1, 1, 4096, 4096};
    kernel.input = kernel.weight = kernel.output = DType::kFp16;
    const KernelCost cost = kernel_cost(kernel, profile.devices.front(), {cores, std::nullopt});
    return cost.dram;
}

TEST(DramClock, IsTheRatedOneUnlessStated) {
    const auto board = read_with_state("rated_clock: 2 GHz, ");
    ASSERT_TRUE(board.profile) << board.complaints;
    EXPECT_EQ(relative_clock(state_of(board.profile->dram)), 1);
    EXPECT_EQ(weights_streamed(*board.profile, 1), weights_streamed(read_board().profile.value(), 1));
}

TEST(DramClock, MovesAllBandwidthsInProportion) {
    const auto half = read_with_state("rated_clock: 2 GHz, ", {{"memory.dram.clock", "1 GHz"}});
    ASSERT_TRUE(half.profile) << half.complaints;
    const Profile full = read_board().profile.value();
    for (const int cores : {1, 3}) {  // three cores reach the limit of all cores
        EXPECT_NEAR(weights_streamed(*half.profile, cores) / weights_streamed(full, cores), 2, 1e-9) << cores;
    }
    EXPECT_DOUBLE_EQ(in_bytes(bytes(1)) * (sustained_as_clocked(half.profile->dram) / full.dram.sustained.value), 0.5);
    EXPECT_DOUBLE_EQ(limit_as_clocked(half.profile->devices.front()) / full.devices.front().dram_limit.value, 0.5);
    const Link fast = {0, 1, 0, {}, {}, {}, {}, full.dram.sustained, {}, {}};
    EXPECT_EQ(handover_cost(fast, bytes(1e6)).total, Time{});  // no rate, no cost
}

TEST(DramClock, OfRowsOverridesTheProfiles) {
    const auto board = read_with_state("rated_clock: 2 GHz, ");
    Kernel kernel;
    kernel.kind = OperatorKind::kMatmul;
    kernel.dims = MatmulDims{1, 1, 4096, 4096};
    kernel.input = kernel.weight = kernel.output = DType::kFp16;
    const Device& npu = board.profile.value().devices.front();
    const Time rated = kernel_cost(kernel, npu, {1, std::nullopt}).dram;
    EXPECT_NEAR(kernel_cost(kernel, npu, {1, std::nullopt, gigahertz(0.5)}).dram / rated, 4, 1e-9);
}

TEST(DramClock, IsANumberWithARange) {
    auto board = read_with_state("rated_clock: 2 GHz, clock: 1.5 GHz ± 20%, ");
    ASSERT_TRUE(board.profile) << board.complaints;
    const Time before = weights_streamed(*board.profile, 1);
    int found = 0;
    for (ParameterView& view : parameters(*board.profile)) {
        if (view.path == "memory.dram.clock") {
            ++found;
            EXPECT_DOUBLE_EQ(view.value, 1.5e9);
            EXPECT_DOUBLE_EQ(view.spread, 0.2);
            EXPECT_DOUBLE_EQ(view.least, 0.2e9);
            EXPECT_DOUBLE_EQ(view.most, 4e9);
            view.set(0.75e9);
        }
    }
    EXPECT_EQ(found, 1);
    EXPECT_NEAR(weights_streamed(*board.profile, 1) / before, 2, 1e-9);
    EXPECT_EQ(relative_clock(state_of(board.profile->dram)), relative_clock(board.profile->devices.front().dram_clock));
}

TEST(DramClock, NeedsTheClockThatBandwidthsHoldAt) {
    EXPECT_THAT(read_with_state("clock: 2 GHz, ").complaints,
                HasSubstr("the clock at which the bandwidths hold, such as 2112 MHz"));
}

TEST(DramClock, OfAnotherMemoryIsRefused) {
    const std::string complaints = read_with_state("rated_clock: 2 GHz, clock: 5 GHz, ").complaints;
    EXPECT_THAT(complaints, HasSubstr("5 GHz is no state of a memory that is rated at 2 GHz"));
    EXPECT_THAT(complaints, HasSubstr("200 MHz to 4 GHz"));
}

}  // namespace
}  // namespace berth
