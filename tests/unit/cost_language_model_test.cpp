// Features of runtimes for language models: products split to their limits, group-scaled weights, work on the host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "berth/cost/plan.h"
#include "cost/lowering.h"
#include "hardware_fixtures.h"
#include "report/explanation.h"

namespace berth {
namespace {

using namespace literals;
using testing::HasSubstr;

const std::string kMatmulRule = "matmul: {on: npu, multi_core: true, max_k: 8192}";

Profile board_that_cuts(const std::string& limits = "max_k: 8192, cuts: [k]") {
    auto read = read_board_with(kMatmulRule, "matmul: {on: npu, multi_core: true, " + limits + "}");
    EXPECT_TRUE(read.profile) << read.complaints;
    return *read.profile;
}

Kernel deep_product(const Profile& profile, std::int64_t m, std::int64_t k, std::int64_t n) {
    std::string why;
    const auto kernel = standalone_kernel(
        {OperatorKind::kMatmul, MatmulDims{1, m, k, n}, DType::kInt8, std::nullopt, CacheState::kGraph}, profile, 0,
        why);
    EXPECT_TRUE(kernel) << why;
    return kernel.value_or(Kernel{});
}

TEST(ProductCuts, TakeAsFewPiecesAsTheLimitAllows) {
    const Profile profile = board_that_cuts();
    EXPECT_EQ(deep_product(profile, 8, 8192, 256).cut.of(ProductDim::kK), 1);
    EXPECT_EQ(deep_product(profile, 8, 8193, 256).cut.of(ProductDim::kK), 2);
    EXPECT_EQ(deep_product(profile, 8, 3 * 8192, 256).cut.of(ProductDim::kK), 3);
}

TEST(ProductCuts, CostWhatTheirPiecesCostAndAddingThem) {
    const Profile profile = board_that_cuts();
    const Device& npu = profile.devices[0];
    const KernelCost whole = kernel_cost(deep_product(profile, 8, 2 * 6848, 512), npu, {1, {}});
    const KernelCost piece = kernel_cost(deep_product(profile, 8, 6848, 512), npu, {1, {}});
    EXPECT_EQ(whole.macs, piece.macs * 2.0);
    EXPECT_EQ(whole.padded_macs, piece.padded_macs * 2.0);
    EXPECT_EQ(whole.dispatch, piece.dispatch * 2.0);
    // Two pieces each read half of both operands; 32-bit sums are written and read once per piece.
    const double sums = 2.0 * 8 * 512 * 4;
    EXPECT_DOUBLE_EQ(in_bytes(whole.traffic.read), 2 * in_bytes(piece.traffic.read) + sums);
    EXPECT_DOUBLE_EQ(in_bytes(whole.traffic.write), 8.0 * 512 + sums);
    // One addition per result, 4 elements per cycle.
    EXPECT_NEAR(in_nanoseconds(whole.vector), 8.0 * 512 / 4, 1e-9);
}

TEST(ProductCuts, OfColumnsAndRowsReadTheOtherOperandAgain) {
    const Profile profile = board_that_cuts("max_m: 16, max_n: 256, cuts: [m, n]");
    const Device& npu = profile.devices[0];
    const Kernel kernel = deep_product(profile, 32, 512, 512);
    EXPECT_EQ(kernel.cut.count(), 4);
    const KernelCost cost = kernel_cost(kernel, npu, {1, {}});
    EXPECT_DOUBLE_EQ(in_bytes(cost.traffic.read), 2.0 * 32 * 512 + 2.0 * 512 * 512);
    EXPECT_DOUBLE_EQ(in_bytes(cost.traffic.write), 32.0 * 512);
    EXPECT_EQ(in_microseconds(cost.dispatch), 4.0 * 4);
}

TEST(ProductCuts, AreToldOfTheKernel) {
    const Profile profile = board_that_cuts();
    EXPECT_THAT(kernel_description(deep_product(profile, 8, 13696, 256), 1, profile.devices[0]),
                HasSubstr("in 2 pieces of k"));
}

// A product of depth 8960 by weights, or by other activations.
Support support_of_deep_product(const Profile& profile, bool weights) {
    Operator op;
    op.kind = OperatorKind::kMatmul;
    op.dims = MatmulDims{1, 8, 8960, 256, weights};
    op.dtype = DType::kInt8;
    const Device& npu = profile.devices[0];
    return operator_support(op, profile, npu, matrix_dtypes(npu));
}

TEST(ProductCuts, ALimitThatIsNotCutSendsTheProductElsewhere) {
    const Support support = support_of_deep_product(board_that_cuts("max_k: 8192, else: cpu"), true);
    EXPECT_FALSE(support.supported);
    EXPECT_EQ(support.fallback, DeviceId{1});
    EXPECT_THAT(support.reason, HasSubstr("k is 8960, the limit is 8192"));
}

TEST(ProductCuts, WeightsOfAConvolutionAreNotLimited) {
    const Profile profile = board_that_cuts("max_k: 8192, else: cpu, as_convolution: true");
    EXPECT_TRUE(support_of_deep_product(profile, true).supported);
    EXPECT_FALSE(support_of_deep_product(profile, false).supported) << "a product of two activations";
}

// 64 x 1024 by 1024 x 256 with 4-bit weights.
KernelCost grouped(const Profile& profile, std::string_view scheme) {
    std::string why;
    const auto kernel =
        standalone_kernel({OperatorKind::kMatmul, MatmulDims{1, 64, 1024, 256, true},
                           choice_named(kSchemeNames, scheme).value(), std::nullopt, CacheState::kGraph},
                          profile, 0, why);
    EXPECT_TRUE(kernel) << why;
    return kernel_cost(kernel.value_or(Kernel{}), profile.devices[0], {1, {}});
}

TEST(GroupsOfWeights, StoreTheirScaleAndAddUpTheirSums) {
    const Profile profile = *read_board({{"devices.npu.matrix.group_scale", "8 B", ""},
                                         {"devices.npu.matrix.group_sums", "4", ""},
                                         {"devices.npu.runtime.precisions", "[fp16, w4a16, w4a16_g128]", ""}})
                                 .profile;
    const KernelCost columns = grouped(profile, "w4a16");
    const KernelCost groups = grouped(profile, "w4a16_g128");
    EXPECT_DOUBLE_EQ(in_bytes(groups.traffic.read - columns.traffic.read), 1024.0 * 256 / 128 * 8);
    // One addition per result and group: 64 x 256 x 8 at 4 per cycle.
    EXPECT_NEAR(in_nanoseconds(groups.compute - columns.compute), 64.0 * 256 * 8 / 4, 1e-6);
}

TEST(WorkOfTheHost, FollowsItsClock) {
    const std::vector<ProfileOverride> rules{{"devices.npu.runtime.dispatch.host_cycles", "10000", ""},
                                             {"devices.npu.vector.by_host", "true", ""}};
    Profile profile = *read_board(rules).profile;
    Kernel kernel;
    kernel.kind = OperatorKind::kGelu;
    kernel.dims = RowsDims{64, 1024};
    kernel.input = kernel.weight = kernel.output = DType::kFp16;
    const auto cost_at = [&](double gigahertz) {
        for (const ParameterView& number : parameters(profile)) {
            if (number.path == "devices.cpu.clusters.big.clock") {
                number.set(gigahertz * 1e9);
            }
        }
        return kernel_cost(kernel, profile.devices[0], {3, {}});
    };
    // 3 elements per cycle on one host core, whatever the NPU's cores; the dispatch of 4 us is excluded.
    EXPECT_NEAR(in_microseconds(cost_at(2).vector), 64.0 * 1024 / 3 / 2000, 1e-6);
    EXPECT_NEAR(in_microseconds(cost_at(2).dispatch), 4 + 10000.0 / 2000, 1e-6);
    EXPECT_NEAR(in_microseconds(cost_at(1).vector), 64.0 * 1024 / 3 / 1000, 1e-6);
    EXPECT_NEAR(in_microseconds(cost_at(1).dispatch), 4 + 10000.0 / 1000, 1e-6);
}

TEST(WorkOfTheHost, ChoosingATokenTakesCyclesPerWordAtItsClock) {
    Profile profile = *read_board({{"devices.npu.runtime.generation", "{sampling_cycles: 5}", ""},
                                   {"devices.cpu.runtime.generation", "{sampling_cycles: 5}", ""}})
                           .profile;
    Kernel kernel;
    kernel.kind = OperatorKind::kMatmul;
    kernel.dims = MatmulDims{1, 2, 64, 32'000};
    const auto choosing = [&](const Device& device, const Execution& execution) {
        kernel.input = kernel.weight = kernel.output = device.kind == DeviceKind::kCpu ? DType::kFp32 : DType::kFp16;
        kernel.chooses_token = false;
        const Time without = kernel_cost(kernel, device, execution).dispatch;
        kernel.chooses_token = true;
        return in_microseconds(kernel_cost(kernel, device, execution).dispatch - without);
    };
    for (const double gigahertz : {2.0, 1.0}) {
        for (const ParameterView& number : parameters(profile)) {
            if (number.path == "devices.cpu.clusters.big.clock") {
                number.set(gigahertz * 1e9);
            }
        }
        // Two rows of scores, each of which gives a token; on one core, whichever device makes the scores.
        const double expected = 2 * 32'000 * 5 / (gigahertz * 1e3);
        EXPECT_NEAR(choosing(profile.devices[0], {3, {}}), expected, 1e-6);
        EXPECT_NEAR(choosing(profile.devices[1], {4, {}}), expected, 1e-6);
    }
    // A stage that sets the clock of the CPU sets that of the choice.
    EXPECT_NEAR(choosing(profile.devices[1], {4, hertz(0.5e9)}), 2 * 32'000 * 5 / 0.5e3, 1e-6);
}

TEST(WorkOfTheHost, IsNoneOfTheHostItself) {
    EXPECT_THAT(read_board({{"devices.cpu.vector", "{by_host: true}", ""}}).complaints,
                HasSubstr("devices.cpu.vector.by_host: 'cpu' is the host itself (expected no 'by_host', or another "
                          "device as host)"));
}

}  // namespace
}  // namespace berth
