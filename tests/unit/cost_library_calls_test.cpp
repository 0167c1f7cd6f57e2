// Calls of a runtime's matmul library, compared with hand calculation on a small profile (tests/hardware_fixtures.h).
#include <gtest/gtest.h>

#include <algorithm>

#include "berth/cost/cost.h"
#include "berth/cost/cost_breakdown.h"
#include "hardware_fixtures.h"

namespace berth {
namespace {

using namespace literals;

class LibraryCallCost : public testing::Test {
  protected:
    Profile profile_ = *read_board().profile;
    Device& npu_ = profile_.devices[0];

    /// A call with 32-bit results.
    static Kernel product(std::int64_t rows, std::int64_t columns, std::int64_t depth = 64) {
        Kernel kernel;
        kernel.kind = OperatorKind::kMatmul;
        kernel.dims = MatmulDims{1, rows, depth, columns};
        kernel.input = kernel.weight = DType::kFp16;
        kernel.output = DType::kInt32;
        kernel.library_call = kernel.keeps_accumulators = true;
        return kernel;
    }
};

TEST_F(LibraryCallCost, WideResultsLeaveAtTheirOwnRate) {
    npu_.matrix.int32_output = Parameter<Bandwidth>{2_GBps};
    const Kernel kernel = product(128, 1024);
    const KernelCost cost = kernel_cost(kernel, npu_, {1, {}});
    const double read = 128 * 64 * 2 + 64 * 1024 * 2;
    const double results = 128 * 1024 * 4 / 2e3;
    EXPECT_NEAR(in_microseconds(cost.dram), read / 8e3, 1e-9);
    EXPECT_NEAR(in_microseconds(cost.results), results, 1e-9);
    // Results are written concurrently with all other work, of which the device hides 80 %.
    const Time memory = cost.dram + cost.dma;
    const double rest = in_microseconds(std::max(memory, cost.compute) + 0.2 * std::min(memory, cost.compute));
    EXPECT_NEAR(in_microseconds(cost.total), 4 + results + 0.2 * rest, 1e-9);
    EXPECT_EQ(cost.bound, Bound::kDram);
}

// Results contend with all else of the kernel, hidden shares included, not with the longest of its terms.
TEST_F(LibraryCallCost, TheNextBoundDecidesOnceTheBoundIsAsMuchFaster) {
    npu_.matrix.overlap = Parameter<double>{0.5};
    npu_.matrix.efficiency.value *= 0.1;
    const Kernel kernel = product(128, 1024, 2048);
    const KernelCost before = kernel_cost(kernel, npu_, {1, {}});
    ASSERT_EQ(before.bound, Bound::kCompute);
    for (const double share : {0.9, 1.0, 1.05, 1.1}) {  // of the results' time in that of the array
        npu_.matrix.int32_output = Parameter<Bandwidth>{bytes(128 * 1024 * 4) / (before.compute * share)};
        const CostBreakdown breakdown = explain_cost(kernel, npu_, {1, {}});
        ASSERT_EQ(breakdown.cost.bound, Bound::kCompute) << share;
        ASSERT_TRUE(breakdown.next);
        const auto bound_if_faster = [&](double times) {
            Device faster = npu_;
            faster.matrix.efficiency.value *= times;
            return kernel_cost(kernel, faster, {1, {}}).bound;
        };
        EXPECT_EQ(bound_if_faster(breakdown.next->times * 0.999), Bound::kCompute) << share;
        EXPECT_EQ(bound_if_faster(breakdown.next->times * 1.001), Bound::kDram) << share;
        EXPECT_EQ(breakdown.next->bound, Bound::kDram) << share;
        EXPECT_EQ(breakdown.next->time, breakdown.cost.results) << share;
        EXPECT_EQ(breakdown.deciding.own, breakdown.cost.compute) << share;
    }
}

TEST_F(LibraryCallCost, AccumulatorsOfEachKindLeaveAtTheirRate) {
    npu_.matrix.int32_output = Parameter<Bandwidth>{2_GBps};
    Kernel kernel = product(128, 1024);
    const auto results = [&](DType dtype) {
        kernel.output = dtype;
        return in_microseconds(kernel_cost(kernel, npu_, {1, {}}).results);
    };
    EXPECT_NEAR(results(DType::kFp32), 128 * 1024 * 4 / 2e3, 1e-9);
    EXPECT_EQ(results(DType::kFp16), 0);  // written like other results
    npu_.matrix.fp32_output = Parameter<Bandwidth>{4_GBps};
    npu_.matrix.int16_output = Parameter<Bandwidth>{8_GBps};
    EXPECT_NEAR(results(DType::kInt32), 128 * 1024 * 4 / 2e3, 1e-9);
    EXPECT_NEAR(results(DType::kFp32), 128 * 1024 * 4 / 4e3, 1e-9);
    EXPECT_NEAR(results(DType::kFp16), 128 * 1024 * 2 / 8e3, 1e-9);
}

TEST_F(LibraryCallCost, ResultsThatTheBufferTakesDelayNothing) {
    npu_.matrix.int32_output = Parameter<Bandwidth>{2_GBps};
    npu_.matrix.result_buffer = Parameter<Bytes>{kibibytes(32)};
    Kernel kernel = product(128, 64);
    EXPECT_EQ(kernel_cost(kernel, npu_, {1, {}}).results, Time{});
    kernel.dims = MatmulDims{1, 128, 64, 128};
    const KernelCost cost = kernel_cost(kernel, npu_, {1, {}});
    EXPECT_NEAR(in_microseconds(cost.results), 32.0 * 1024 / 2e3, 1e-9);
    EXPECT_GE(cost.traffic.write, kibibytes(64));  // all of them are written
}

TEST_F(LibraryCallCost, AccumulatorsOfFewRowsAreWrittenAsOtherResults) {
    npu_.matrix.int32_output = Parameter<Bandwidth>{2_GBps};
    npu_.matrix.result_rows = 64;
    const KernelCost few = kernel_cost(product(64, 1024), npu_, {1, {}});
    EXPECT_EQ(few.results, Time{});
    const double written = 64 * 1024 * 4 * npu_.dma.write_cost.value;
    EXPECT_NEAR(in_microseconds(few.dram), (64 * 64 * 2 + 64 * 1024 * 2 + written) / 8e3, 1e-9);
    EXPECT_NEAR(in_microseconds(kernel_cost(product(65, 1024), npu_, {1, {}}).results), 65 * 1024 * 4 / 2e3, 1e-9);
}

// The thread that waits for a single call wakes late, by as long as it has waited at most.
TEST_F(LibraryCallCost, OfASingleCallIncludesWaking) {
    npu_.runtime.wake_up = Parameter<Time>{microseconds(50)};
    const auto woken = [&](std::int64_t columns, CacheState cache, bool library_call) {
        Kernel kernel = product(16, columns, 1024);
        kernel.cache = cache;
        kernel.library_call = library_call;
        return kernel_cost(kernel, npu_, {1, {}});
    };
    const KernelCost again = woken(16, CacheState::kHot, true);
    const KernelCost brief = woken(16, CacheState::kCold, true);
    EXPECT_NEAR(in_microseconds(brief.dispatch - again.dispatch), in_microseconds(again.total - again.dispatch), 1e-9);
    EXPECT_NEAR(in_microseconds(brief.total - again.total), in_microseconds(brief.dispatch - again.dispatch), 1e-9);
    EXPECT_NEAR(in_microseconds(woken(8192, CacheState::kCold, true).dispatch - again.dispatch), 50, 1e-9);
    EXPECT_EQ(woken(8192, CacheState::kHot, true).dispatch, again.dispatch);  // of calls in a loop
    EXPECT_EQ(woken(8192, CacheState::kCold, false).dispatch,
              again.dispatch);  // no thread waits for a kernel of a graph
}

}  // namespace
}  // namespace berth
