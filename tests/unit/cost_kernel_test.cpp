// Kernel costs compared with hand calculation on a small profile (tests/hardware_fixtures.h).
#include <gtest/gtest.h>

#include <cmath>

#include "berth/cost/cost.h"
#include "berth/cost/plan.h"
#include "hardware_fixtures.h"

namespace berth {
namespace {

using namespace literals;

class KernelCostTest : public testing::Test {
  protected:
    Profile profile_ = *read_board().profile;
    Device& npu_ = profile_.devices[0];
    Device& cpu_ = profile_.devices[1];

    static Kernel matmul(std::int64_t m, std::int64_t k, std::int64_t n, DType dtype) {
        Kernel kernel;
        kernel.kind = OperatorKind::kMatmul;
        kernel.dims = MatmulDims{1, m, k, n};
        kernel.input = kernel.weight = kernel.output = dtype;
        return kernel;
    }
    static Kernel rows(OperatorKind kind, std::int64_t count, std::int64_t cols, DType dtype) {
        Kernel kernel;
        kernel.kind = kind;
        kernel.dims = RowsDims{count, cols};
        kernel.input = kernel.weight = kernel.output = dtype;
        return kernel;
    }
};

TEST_F(KernelCostTest, WeightsAreReadAgainForEachRowTile) {
    // 128 KiB / (4096 x 2 B) = 16 rows; 100 rows need 7 tiles; the weights, 4096 x 512 x 2 B = 4 MiB, do not fit
    // beside.
    const KernelCost cost = kernel_cost(matmul(100, 4096, 512, DType::kFp16), npu_, {1, {}});
    EXPECT_EQ(cost.tile.m, 16);
    EXPECT_EQ(cost.tile.weight_reads, 7);
    EXPECT_DOUBLE_EQ(in_bytes(cost.traffic.read), 7.0 * 4096 * 512 * 2 + 100.0 * 4096 * 2);
    EXPECT_DOUBLE_EQ(in_bytes(cost.traffic.write), 100.0 * 512 * 2);
}

TEST_F(KernelCostTest, WeightsThatFitBesideTheRowTileAreReadOnce) {
    // 4096 x 32 x 2 B = 256 KiB = 384 KiB - 128 KiB, which leaves no room for results.
    EXPECT_EQ(kernel_cost(matmul(100, 4096, 31, DType::kFp16), npu_, {1, {}}).tile.weight_reads, 1);
    EXPECT_EQ(kernel_cost(matmul(100, 4096, 32, DType::kFp16), npu_, {1, {}}).tile.weight_reads, 7);
}

TEST_F(KernelCostTest, OnlyTheExpertsThatRowsMeetAreRead) {
    // One row activates 4 of 32 experts, which reads the weights of a batch of four; sixteen rows activate
    // 32 (1 - (7/8)^16) = 28.
    Kernel routed = matmul(1, 512, 256, DType::kFp16);
    routed.dims = MatmulDims{.m = 1, .k = 512, .n = 256, .experts = 32, .active = 4};
    const KernelCost one = kernel_cost(routed, npu_, {1, {}});
    EXPECT_DOUBLE_EQ(in_bytes(one.traffic.read), 4.0 * (512 * 256 + 512) * 2);
    EXPECT_DOUBLE_EQ(in_bytes(one.traffic.write), 4.0 * 256 * 2);
    EXPECT_EQ(one.macs, operations(4.0 * 512 * 256));
    routed.dims = MatmulDims{.m = 16, .k = 512, .n = 256, .experts = 32, .active = 4};
    const KernelCost some = kernel_cost(routed, npu_, {1, {}});
    // 64 rows over 28 experts: three each.
    EXPECT_DOUBLE_EQ(in_bytes(some.traffic.read), 28.0 * (512 * 256 + 3 * 512) * 2);
}

TEST_F(KernelCostTest, AScanReadsAndWritesItsState) {
    Kernel scan;
    scan.kind = OperatorKind::kScan;
    scan.dims = ScanDims{.seq = 10, .channels = 64, .state = 8, .inputs = 2, .constant_rows = 1};
    scan.input = scan.weight = scan.output = DType::kFp16;
    const KernelCost cost = kernel_cost(scan, cpu_, {1, {}});
    const VectorRate& rate = cpu_.vector[static_cast<std::size_t>(VectorClass::kElementwise)];
    const double state = 64 * 8 * 4;
    EXPECT_DOUBLE_EQ(in_bytes(cost.traffic.read), 2 * 640 * 2 * rate.traffic.value + 64 * 2 + state);
    EXPECT_DOUBLE_EQ(in_bytes(cost.traffic.write), 640 * 2 * rate.traffic.value + state);
    EXPECT_EQ(cost.elements, operations(640 * 8));
}

TEST_F(KernelCostTest, MacsArePaddedToTheArray) {
    // n 33 -> 64, k 40 -> 64 at 32 x 32; 512 MAC/cycle, 1 GHz, 90 %.
    const KernelCost cost = kernel_cost(matmul(10, 40, 33, DType::kFp16), npu_, {1, {}});
    EXPECT_DOUBLE_EQ(in_operations(cost.padded_macs), 10.0 * 64 * 64);
    EXPECT_NEAR(in_nanoseconds(cost.compute), 10.0 * 64 * 64 / 512 / 0.9, 1e-9);
}

TEST_F(KernelCostTest, TermsAddUpWithTheOverlap) {
    npu_.overlap.value = 0.5;
    const KernelCost cost = kernel_cost(rows(OperatorKind::kLayerNorm, 512, 384, DType::kFp16), npu_, {1, {}});
    // 196608 elements: 1 per cycle; traffic 6 x (393216 read + 1.5 x 393216 written) B at 8 GB/s; one descriptor, two
    // channels.
    EXPECT_NEAR(in_microseconds(cost.vector), 196.608, 1e-9);
    EXPECT_NEAR(in_microseconds(cost.dram), 6 * 393216 * 2.5 / 8e3, 1e-9);
    EXPECT_NEAR(in_microseconds(cost.dma), 0.5, 1e-12);
    EXPECT_NEAR(in_microseconds(cost.total), 4 + 737.28 + 0.5 + 0.5 * 196.608, 1e-9);
    EXPECT_EQ(cost.bound, Bound::kDram);
}

TEST_F(KernelCostTest, TheArrayMayHideMoreThanItsDevice) {
    const Kernel kernel = matmul(512, 1024, 1024, DType::kFp16);
    const Time before = kernel_cost(kernel, npu_, {1, {}}).total;
    npu_.matrix.overlap = Parameter<double>{1.0};
    const KernelCost after = kernel_cost(kernel, npu_, {1, {}});
    EXPECT_LT(after.total, before);
    EXPECT_NEAR(in_microseconds(after.total),
                4 + std::max(in_microseconds(after.compute), in_microseconds(after.dram + after.dma)), 1e-9);
}

TEST_F(KernelCostTest, FewRowsLeaveTheArrayIdleWhileItLoadsWeights) {
    const Kernel kernel = matmul(40, 8192, 1024, DType::kFp16);  // 128 KiB hold 8 rows: 5 tiles
    const KernelCost before = kernel_cost(kernel, npu_, {1, {}});
    EXPECT_EQ(before.tile.weight_reads, 5);
    EXPECT_DOUBLE_EQ(in_operations(before.padded_macs), 40.0 * 8192 * 1024);
    npu_.matrix.min_rows = 16;
    const KernelCost after = kernel_cost(kernel, npu_, {1, {}});
    EXPECT_EQ(after.tile.m, 8);
    EXPECT_DOUBLE_EQ(in_operations(after.padded_macs), 5.0 * 16 * 8192 * 1024);
}

TEST_F(KernelCostTest, RowTilesHoldTheRowsThatFit) {
    npu_.matrix.min_rows = 16;
    EXPECT_EQ(kernel_cost(matmul(512, 1536, 384, DType::kFp16), npu_, {1, {}}).tile.m, 42);
}

TEST_F(KernelCostTest, WeightsThatCannotBeLoadedAheadAreWaitedFor) {
    // 32 columns x 8192 x 2 B = 512 KiB: no room for any of the next 32 beside 8 rows of 16 KiB. A group takes 65.5 us
    // to load and 9.1 us to compute, and nothing of it overlaps.
    const KernelCost cost = kernel_cost(matmul(8, 8192, 1024, DType::kFp16), npu_, {1, {}});
    const double group = 32.0 * 8192 * 8 / 512 / 0.9 / 1e3;
    EXPECT_NEAR(in_microseconds(cost.stall), 32 * group, 1e-6);
    EXPECT_NEAR(in_microseconds(cost.stall), in_microseconds(cost.compute), 1e-6);
    // With 64 KiB per group two fit, and loading the next one hides behind the current one.
    EXPECT_EQ(kernel_cost(matmul(8, 1024, 8192, DType::kFp16), npu_, {1, {}}).stall, Time{});
}

TEST_F(KernelCostTest, NarrowWeightsLieInTheBufferAsTheyAreMultiplied) {
    // 16 rows of 8 KiB leave 256 KiB. Of 4-bit weights, 32 columns x 4096 take 64 KiB of DRAM and, at 16 bits, all of
    // it.
    Kernel narrow = matmul(16, 4096, 1024, DType::kFp16);
    narrow.weight = DType::kInt4;
    const KernelCost cost = kernel_cost(narrow, npu_, {1, {}});
    EXPECT_DOUBLE_EQ(in_bytes(cost.traffic.read), 4096.0 * 1024 / 2 + 16.0 * 4096 * 2);
    // Loading them takes 8 us, computing 16 rows 4.6 us: nothing of the shorter overlaps.
    EXPECT_NEAR(in_microseconds(cost.stall), 16.0 * 4096 * 1024 / 512 / 0.9 / 1e3, 1e-6);
    // Half as deep, the next 128 KiB fit beside these.
    narrow.dims = MatmulDims{1, 16, 2048, 1024};
    EXPECT_EQ(kernel_cost(narrow, npu_, {1, {}}).stall, Time{});
    // 31 columns stay for all row tiles, 32 do not, as of weights that are stored at 16 bits.
    narrow.dims = MatmulDims{1, 100, 4096, 31};
    EXPECT_EQ(kernel_cost(narrow, npu_, {1, {}}).tile.weight_reads, 1);
    narrow.dims = MatmulDims{1, 100, 4096, 32};
    EXPECT_EQ(kernel_cost(narrow, npu_, {1, {}}).tile.weight_reads, 7);
}

TEST_F(KernelCostTest, WeightsNeedRoomBesideWhatADtypeReserves) {
    const Kernel kernel = matmul(128, 4096, 63, DType::kInt8);  // 252 KiB of weights beside 128 KiB of rows
    EXPECT_EQ(kernel_cost(kernel, npu_, {1, {}}).tile.weight_reads, 1);
    npu_.matrix.reserve[static_cast<std::size_t>(DType::kInt8)] = Parameter<Bytes>{32_KiB};
    EXPECT_EQ(kernel_cost(kernel, npu_, {1, {}}).tile.weight_reads, 4);
}

TEST_F(KernelCostTest, ARowTileComesInPieces) {
    npu_.matrix.layout_block = Parameter<Bytes>{16_B};
    // 2 row tiles of 64 rows, each in 2048 / 16 pieces of 1 us over two channels.
    const KernelCost cost = kernel_cost(matmul(128, 1024, 4096, DType::kFp16), npu_, {1, {}});
    EXPECT_NEAR(in_microseconds(cost.dma), 2 * 128 * 1.0 / 2, 1e-9);
}

TEST_F(KernelCostTest, LibraryCallsHaveARowTileOfTheirOwn) {
    npu_.matrix.library_row_tile = Parameter<Bytes>{64_KiB};
    Kernel kernel = matmul(128, 1024, 4096, DType::kFp16);
    EXPECT_EQ(kernel_cost(kernel, npu_, {1, {}}).tile.weight_reads, 2);
    kernel.library_call = true;
    EXPECT_EQ(kernel_cost(kernel, npu_, {1, {}}).tile.weight_reads, 4);
}

TEST_F(KernelCostTest, ARowTileIsWithinItsMemory) {
    const Kernel kernel = matmul(2048, 1024, 4096, DType::kFp16);
    npu_.matrix.row_tile->value = npu_.memories.front().capacity.value;
    const KernelCost whole = kernel_cost(kernel, npu_, {1, {}});
    npu_.matrix.row_tile->value = npu_.memories.front().capacity.value * 16.0;
    const KernelCost beyond = kernel_cost(kernel, npu_, {1, {}});
    EXPECT_GT(beyond.tile.weight_reads, 1);
    EXPECT_EQ(beyond.tile.weight_reads, whole.tile.weight_reads);
    EXPECT_EQ(beyond.total, whole.total);
}

TEST_F(KernelCostTest, AttentionPaysPerScoreAndForCrookedLengths) {
    Kernel kernel;
    kernel.kind = OperatorKind::kAttention;
    kernel.dims = AttentionDims{1, 12, 12, 512, 512, 32};
    kernel.input = kernel.weight = kernel.output = DType::kFp16;
    const double scores = 12.0 * 512 * 512;
    const KernelCost even = kernel_cost(kernel, npu_, {1, {}});
    EXPECT_DOUBLE_EQ(in_bytes(even.traffic.read + even.traffic.write), 30 * scores);
    EXPECT_NEAR(in_microseconds(even.vector), scores / 0.5 / 1e3, 1e-6);
    EXPECT_NEAR(in_microseconds(even.compute), 2 * scores * 32 / 512 / 0.9 / 1e3, 1e-6);
    kernel.dims = AttentionDims{1, 12, 12, 512, 500, 32};
    const KernelCost crooked = kernel_cost(kernel, npu_, {1, {}});
    EXPECT_DOUBLE_EQ(in_bytes(crooked.traffic.read + crooked.traffic.write), 30 * 1.25 * 12.0 * 512 * 500);
}

TEST_F(KernelCostTest, AttentionHardlyFollowsPrecision) {
    Kernel kernel;
    kernel.kind = OperatorKind::kAttention;
    kernel.dims = AttentionDims{1, 12, 12, 512, 512, 32};
    kernel.input = kernel.weight = kernel.output = DType::kFp16;
    const Time fp16 = kernel_cost(kernel, npu_, {1, {}}).total;
    kernel.input = kernel.weight = kernel.output = DType::kInt8;
    EXPECT_LT(fp16 / kernel_cost(kernel, npu_, {1, {}}).total, 1.05);
}

TEST_F(KernelCostTest, TheSlowestCoreDecides) {
    // 4 big cores at 2 GHz x 8 MAC, or 6 with little ones at 1 GHz x 4 MAC.
    const CoreRates big = core_rates(cpu_, {4, {}}, DType::kFp32);
    const CoreRates all = core_rates(cpu_, {6, {}}, DType::kFp32);
    EXPECT_DOUBLE_EQ(in_operations_per_second(big.macs), 4 * 8 * 2e9);
    EXPECT_DOUBLE_EQ(in_operations_per_second(all.macs), 6 * 4 * 1e9);
    EXPECT_DOUBLE_EQ(in_gigabytes_per_second(big.dram), 18);  // 4 x 10, limited
    EXPECT_DOUBLE_EQ(in_hertz(all.vector_clock), 6 * 0.5e9);
}

TEST_F(KernelCostTest, AThreadPoolSplitsEvenWhereItDoesNotPay) {
    cpu_.runtime.fork_join.value = 1_ms;
    const Kernel kernel = matmul(4, 16, 16, DType::kFp32);
    EXPECT_GT(kernel_cost(kernel, cpu_, {4, {}}).total, kernel_cost(kernel, cpu_, {1, {}}).total);
}

TEST_F(KernelCostTest, TheNearestLevelThatHoldsTheOperandsServesThem) {
    MemoryLevel& near = cpu_.memories[0];
    near.keeps_tensors = true;
    near.bandwidth = cpu_.memories[1].bandwidth;
    near.bandwidth->value = gigabytes_per_second(80);
    // 16 x 64 floats in and out are 8 KiB of 32 KiB: at 80 GB/s; 64 times as many are 512 KiB of 2 MiB: at 20 GB/s.
    Kernel small = rows(OperatorKind::kGelu, 16, 64, DType::kFp32);
    small.cache = CacheState::kHot;
    small.input_on_chip = small.output_on_chip = true;
    EXPECT_NEAR(in_nanoseconds(kernel_cost(small, cpu_, {1, {}}).sram), 8192 / 80.0, 1e-6);
    Kernel large = small;
    large.dims = RowsDims{1024, 64};
    EXPECT_NEAR(in_nanoseconds(kernel_cost(large, cpu_, {1, {}}).sram), 524288 / 20.0, 1e-6);
    // Four cores have four near levels.
    large.dims = RowsDims{192, 64};  // 96 KiB
    EXPECT_NEAR(in_nanoseconds(kernel_cost(large, cpu_, {1, {}}).sram), 98304 / 20.0, 1e-6);
    EXPECT_NEAR(in_nanoseconds(kernel_cost(large, cpu_, {4, {}}).sram), 98304 / (4 * 80.0), 1e-6);
    // Weights of a whole graph come from the last level, however small: all the others come before them again.
    Kernel product = matmul(1, 64, 64, DType::kFp32);
    product.weights_on_chip = true;
    EXPECT_NEAR(in_nanoseconds(kernel_cost(product, cpu_, {1, {}}).sram), 64 * 64 * 4 / 20.0, 1e-6);
    product.cache = CacheState::kHot;
    EXPECT_NEAR(in_nanoseconds(kernel_cost(product, cpu_, {1, {}}).sram), 64 * 64 * 4 / 80.0, 1e-6);
}

TEST_F(KernelCostTest, StandaloneOperandsAreHotUnlessTheyAreColdOrTooLarge) {
    std::string why;
    const auto with = [&](std::int64_t n, CacheState cache) {
        return *standalone_kernel(
            {OperatorKind::kMatmul, MatmulDims{1, 4, 256, n}, Scheme(DType::kFp32), std::nullopt, cache}, profile_, 1,
            why);
    };
    EXPECT_TRUE(with(256, CacheState::kHot).weights_on_chip);
    EXPECT_FALSE(with(256, CacheState::kCold).weights_on_chip);
    EXPECT_FALSE(with(16384, CacheState::kHot).weights_on_chip);  // 16 MiB of weights, 2 MiB of cache
    EXPECT_EQ(with(256, CacheState::kHot).evicted, 0);
    EXPECT_GT(with(4096, CacheState::kHot).evicted, 0);
}

TEST_F(KernelCostTest, ACacheLosesMoreTheMoreIsUsed) {
    EXPECT_EQ(evicted_share(1_MiB, 2_MiB, DeviceKind::kCpu), 0);
    EXPECT_EQ(evicted_share(6_MiB, 2_MiB, DeviceKind::kCpu), 1);
    EXPECT_NEAR(evicted_share(2_MiB, 2_MiB, DeviceKind::kCpu), std::log(2) / std::log(6), 1e-12);
    EXPECT_EQ(evicted_share(2_MiB, 2_MiB, DeviceKind::kNpu), 0);  // managed by software: all or nothing
    EXPECT_EQ(evicted_share(3_MiB, 2_MiB, DeviceKind::kNpu), 1);
    EXPECT_EQ(evicted_share(1_MiB, Bytes{}, DeviceKind::kCpu), 1);
    // The evicted share is read again from DRAM.
    Kernel product = matmul(1, 64, 64, DType::kFp32);
    product.weights_on_chip = true;
    const Bytes before = kernel_cost(product, cpu_, {1, {}}).traffic.read;
    product.evicted = 0.25;
    EXPECT_NEAR(in_bytes(kernel_cost(product, cpu_, {1, {}}).traffic.read - before), 64 * 64 * 4 / 4.0, 1e-9);
}

TEST_F(KernelCostTest, WhatACallCostsDependsOnWhatCameBefore) {
    Kernel one = rows(OperatorKind::kGelu, 16, 64, DType::kFp32);
    const auto dispatch = [&](CacheState cache) {
        one.cache = cache;
        return in_microseconds(kernel_cost(one, cpu_, {1, {}}).dispatch);
    };
    cpu_.runtime.dispatch_per_kernel.value = microseconds(3);
    EXPECT_DOUBLE_EQ(dispatch(CacheState::kHot), 3);  // unless the profile distinguishes them
    EXPECT_DOUBLE_EQ(dispatch(CacheState::kCold), 3);
    cpu_.runtime.dispatch_repeated = Parameter<Time>{microseconds(0.2)};
    cpu_.runtime.dispatch_cold = Parameter<Time>{microseconds(20)};
    EXPECT_DOUBLE_EQ(dispatch(CacheState::kGraph), 3);
    EXPECT_DOUBLE_EQ(dispatch(CacheState::kHot), 0.2);
    EXPECT_DOUBLE_EQ(dispatch(CacheState::kCold), 20);
}

TEST_F(KernelCostTest, WhatIsFusedOnACpuAddsUp) {
    Kernel alone = matmul(128, 256, 256, DType::kFp32);
    Kernel fused = alone;
    fused.epilogue[0] = {OperatorKind::kGelu, RowsDims{128, 256}, 0};
    fused.epilogue_length = 1;
    const KernelCost before = kernel_cost(alone, cpu_, {1, {}});
    const KernelCost after = kernel_cost(fused, cpu_, {1, {}});
    EXPECT_GT(before.compute, before.dram);
    EXPECT_NEAR(in_microseconds(after.total - before.total), in_microseconds(after.vector), 1e-9);
}

TEST_F(KernelCostTest, DramMayHideLessThanCaches) {
    Kernel kernel = matmul(16, 512, 512, DType::kFp32);
    const KernelCost hidden = kernel_cost(kernel, cpu_, {1, {}});  // everything overlaps here
    cpu_.dma.overlap = Parameter<double>{0.25};
    const KernelCost seen = kernel_cost(kernel, cpu_, {1, {}});
    EXPECT_NEAR(in_microseconds(seen.total - hidden.total),
                0.75 * in_microseconds(std::min(hidden.compute, hidden.dram)), 1e-9);
}

TEST_F(KernelCostTest, BlocksOfResultsAndRowsHaveEndsOfTheirOwn) {
    const Kernel kernel = matmul(8, 64, 64, DType::kInt8);
    const double before = in_operations(kernel_cost(kernel, cpu_, {1, {}}).padded_macs);
    cpu_.matrix.result_steps = Parameter<double>{2};  // of four bytes: eight int8 along k
    EXPECT_NEAR(in_operations(kernel_cost(kernel, cpu_, {1, {}}).padded_macs) / before, 72.0 / 64, 1e-12);
    const Kernel softmax = rows(OperatorKind::kSoftmax, 100, 64, DType::kFp32);
    const Time plain = kernel_cost(softmax, cpu_, {1, {}}).vector;
    cpu_.vector[static_cast<std::size_t>(VectorClass::kSoftmax)].row_cycles = Parameter<double>{30};
    EXPECT_NEAR(in_nanoseconds(kernel_cost(softmax, cpu_, {1, {}}).vector - plain), 100 * 30 / 2.0, 1e-6);  // 2 GHz
    // Of 70 columns, six remain after whole vectors of 16; one core starts while the others wait.
    cpu_.vector_lanes = 16;
    const Kernel ragged = rows(OperatorKind::kSoftmax, 100, 70, DType::kFp32);
    const Time smooth = kernel_cost(ragged, cpu_, {1, {}}).vector;
    VectorRate& rate = cpu_.vector[static_cast<std::size_t>(VectorClass::kSoftmax)];
    rate.tail_cycles = Parameter<double>{8};
    const double hidden = 100 * 6 / in_operations(rate.per_cycle.value);
    const Time uneven = kernel_cost(ragged, cpu_, {1, {}}).vector;
    EXPECT_NEAR(in_nanoseconds(uneven - smooth), (100 * 6 * 8 - hidden) / 2.0, 1e-6);
    const Time shared = kernel_cost(ragged, cpu_, {4, {}}).vector;
    rate.call_cycles = Parameter<double>{500};
    EXPECT_NEAR(in_nanoseconds(kernel_cost(ragged, cpu_, {1, {}}).vector - uneven), 500 / 2.0, 1e-6);
    EXPECT_NEAR(in_nanoseconds(kernel_cost(ragged, cpu_, {4, {}}).vector - shared), 500 / 2.0, 1e-6);
    // A single row stays on one core.
    EXPECT_EQ(kernel_cost(rows(OperatorKind::kSoftmax, 1, 64, DType::kFp32), cpu_, {4, {}}).cores, 1);
}

TEST_F(KernelCostTest, LittleWorkStaysOnOneCore) {
    cpu_.runtime.operators[static_cast<std::size_t>(OperatorKind::kQuantize)].multi_core_from = 1024;
    EXPECT_EQ(kernel_cost(rows(OperatorKind::kQuantize, 3, 341, DType::kFp32), cpu_, {4, {}}).cores, 1);
    EXPECT_EQ(kernel_cost(rows(OperatorKind::kQuantize, 3, 342, DType::kFp32), cpu_, {4, {}}).cores, 4);
    EXPECT_EQ(kernel_cost(rows(OperatorKind::kAdd, 3, 341, DType::kFp32), cpu_, {4, {}}).cores, 4);
}

TEST_F(KernelCostTest, ReshapeIsFree) {
    const KernelCost cost = kernel_cost(rows(OperatorKind::kReshape, 512, 384, DType::kFp16), npu_, {1, {}});
    EXPECT_EQ(cost.total, npu_.runtime.dispatch_per_kernel.value);
    EXPECT_EQ(cost.bound, Bound::kDispatch);
}

TEST_F(KernelCostTest, EnergyNeedsItsNumbers) {
    const KernelCost known = kernel_cost(matmul(64, 64, 64, DType::kInt8), npu_, {1, {}});
    ASSERT_TRUE(known.energy.has_value());
    const double moved = in_bytes(known.traffic.read + known.traffic.write);
    EXPECT_NEAR(in_picojoules(*known.energy), 64.0 * 64 * 64 * 0.2 + moved * 40 + 0.5 * in_seconds(known.total) * 1e12,
                1e-3);
    EXPECT_FALSE(kernel_cost(matmul(64, 64, 64, DType::kFp16), npu_, {1, {}}).energy.has_value());
    EXPECT_FALSE(kernel_cost(matmul(64, 64, 64, DType::kFp32), cpu_, {1, {}}).energy.has_value());
}

TEST_F(KernelCostTest, AHandoverPaysForTheWholeBuffer) {
    const HandoverCost cost = handover_cost(profile_.links[0], 3_MB);
    EXPECT_NEAR(in_microseconds(cost.total), 20 + 1000 + 3000, 1e-9);
    EXPECT_EQ(cost.transfer, Time{});
}

TEST(BusiestShareTest, IsThatOfTheCoreWithMostBlocks) {
    const CoreBlock block{32, 64};
    const auto share = [&block](std::int64_t m, std::int64_t n, std::int64_t batch = 1) {
        return largest_share({batch, m, 256, n}, block, 2);
    };
    EXPECT_DOUBLE_EQ(share(16, 384), 0.5);        // six column blocks are dealt evenly
    EXPECT_DOUBLE_EQ(share(16, 80), 64.0 / 80);   // two blocks, one per core, the second is smaller
    EXPECT_DOUBLE_EQ(share(256, 80), 64.0 / 80);  // independent of the rows
    EXPECT_DOUBLE_EQ(share(32, 192), 128.0 / 192);
    EXPECT_DOUBLE_EQ(share(64, 192), 0.5);  // three blocks cannot be dealt evenly: rows are split too
    EXPECT_DOUBLE_EQ(share(16, 64), 1);     // one block
    EXPECT_DOUBLE_EQ(share(24, 64), 16.0 / 24);
    EXPECT_DOUBLE_EQ(share(48, 64), 0.5);
    EXPECT_DOUBLE_EQ(share(16, 80, 12), 0.5);
    EXPECT_DOUBLE_EQ(largest_share({1, 16, 256, 192}, block, 3), 1.0 / 3);
}

TEST(MatmulTileTest, ThreeDataflowsUnderACapacity) {
    Device device;
    device.matrix.align_n.fill(8);
    device.matrix.align_k = 4;
    device.memories.push_back({"l2", Parameter<Bytes>{1_MiB}, MemoryShare::kDevice, std::nullopt, true, {}, {}, {}});
    // A fits: 64 x 1024 x 4 B = 256 KiB, so B streams past once.
    const Tile rows_stay = matmul_tile({1, 64, 1024, 8192}, DType::kFp32, DType::kFp32, device, false);
    EXPECT_EQ(rows_stay.input_reads, 1);
    EXPECT_EQ(rows_stay.weight_reads, 1);
    // B fits: the symmetric case.
    const Tile columns_stay = matmul_tile({1, 8192, 1024, 64}, DType::kFp32, DType::kFp32, device, false);
    EXPECT_EQ(columns_stay.input_reads, 1);
    EXPECT_EQ(columns_stay.weight_reads, 1);
    // Neither fits: a block of C of about sqrt(1 MiB / 4 B) = 512 on a side stays.
    const Tile block_stays = matmul_tile({1, 4096, 8192, 4096}, DType::kFp32, DType::kFp32, device, false);
    EXPECT_GE(block_stays.input_reads, 8);
    EXPECT_LE(block_stays.input_reads, 10);
    EXPECT_EQ(block_stays.input_reads, block_stays.weight_reads);
}

}  // namespace
}  // namespace berth
