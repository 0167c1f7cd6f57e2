// Quantisation in lowering: dtypes of weights and activations, conversions, refusals.
#include <gtest/gtest.h>

#include <algorithm>

#include "berth/cost/plan.h"
#include "hardware_fixtures.h"
#include "plan_fixtures.h"

namespace berth {
namespace {

constexpr DeviceId kPlannedNpu = 0;
constexpr DeviceId kPlannedCpu = 1;

Scheme planned_scheme(std::string_view name) { return choice_named(kSchemeNames, name).value(); }

DevicePlan plan_on(const Graph& graph, DeviceId device, const Profile& profile = *read_board().profile) {
    return plan_device(graph, profile, device, {1, {}});
}

std::vector<StepRole> roles(const DevicePlan& plan, OperatorId id) {
    std::vector<StepRole> found;
    for (const Step& step : plan.operators[static_cast<std::size_t>(id)].steps) {
        found.push_back(step.role);
    }
    return found;
}

const Kernel& kernel_of(const DevicePlan& plan, OperatorId id, std::size_t step = 0) {
    return plan
        .kernels[static_cast<std::size_t>((plan.operators[static_cast<std::size_t>(id)].steps.begin() + step)->kernel)];
}

// The plan of one matmul of 64 x 256 x 512 with a bias.
struct OneMatmul {
    explicit OneMatmul(std::string_view scheme, DeviceId device = kPlannedNpu, std::int64_t k = 256,
                       const Profile& profile = *read_board().profile) {
        WiredGraph wired;
        wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, k, 512, true, true}, {}, planned_scheme(scheme));
        plan = plan_on(wired.done(), device, profile);
    }
    [[nodiscard]] const OperatorPlan& op() const { return plan.operators[0]; }
    DevicePlan plan;
};

TEST(CostPlan, StaticScalesConvertWhereRegionsMeet) {
    WiredGraph wired;
    const OperatorId up = wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 256, 512}, {}, DType::kInt8);
    const OperatorId gelu = wired.add(OperatorKind::kGelu, RowsDims{64, 512}, {up}, DType::kInt8);  // fp16 only there
    const OperatorId down = wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 512, 256}, {gelu}, DType::kInt8);
    const DevicePlan plan = plan_on(wired.done(), kPlannedNpu);
    EXPECT_EQ(roles(plan, up), (std::vector{StepRole::kOperator, StepRole::kDequantize}));
    EXPECT_EQ(roles(plan, gelu), (std::vector{StepRole::kOperator, StepRole::kQuantize}));
    EXPECT_EQ(roles(plan, down), std::vector{StepRole::kOperator});
    EXPECT_EQ(kernel_of(plan, up, 1).output, DType::kFp16);
    EXPECT_EQ(kernel_of(plan, gelu, 1).output, DType::kInt8);
    EXPECT_EQ(plan.operators[static_cast<std::size_t>(gelu)].ran_at, DType::kFp16);
}

TEST(CostPlan, DynamicScalesQuantiseBeforeProductsOncePerTensor) {
    WiredGraph wired;
    const OperatorId move = wired.add(OperatorKind::kTranspose, RowsDims{64, 256}, {}, DType::kInt8);
    const OperatorId query = wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 256, 256}, {move}, DType::kInt8);
    const OperatorId key = wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 256, 256}, {move}, DType::kInt8);
    const DevicePlan plan = plan_on(wired.done(), kPlannedCpu);
    EXPECT_EQ(roles(plan, move), (std::vector{StepRole::kOperator, StepRole::kQuantize}));
    EXPECT_EQ(roles(plan, query), std::vector{StepRole::kOperator});
    EXPECT_EQ(kernel_of(plan, key).input, DType::kInt8);
    EXPECT_EQ(kernel_of(plan, key).output, DType::kFp32) << "results are floating point again";
    EXPECT_EQ(kernel_of(plan, query).weight, DType::kInt8);
}

TEST(CostPlan, NarrowWeightsAreMultipliedAtTheWiderDtype) {
    const OneMatmul fp16("fp16");
    const OneMatmul w4a16("w4a16_g128");
    const Kernel& kernel = kernel_of(w4a16.plan, 0);
    EXPECT_EQ(kernel.input, DType::kFp16);
    EXPECT_EQ(kernel.weight, DType::kInt4);
    EXPECT_EQ(kernel.weight_group, 128);
    EXPECT_EQ(multiplied_at(kernel), DType::kFp16);
    EXPECT_EQ(w4a16.plan.costs[0].compute, fp16.plan.costs[0].compute);
    // 256 x 512 weights: 2 B each, or half a byte and 2 B per 128; the bias and the input stay.
    const double saved = 256 * 512 * (2 - 0.5 - 2.0 / 128);
    EXPECT_NEAR(in_bytes(fp16.plan.costs[0].traffic.read - w4a16.plan.costs[0].traffic.read), saved, 1e-6);
    EXPECT_NEAR(in_bytes(fp16.plan.weight_bytes - w4a16.plan.weight_bytes), saved, 1e-6);
}

TEST(CostPlan, WhereFp16IsMissingWeightsAreWidenedToFp32) {
    const OneMatmul w4a16("w4a16", kPlannedCpu);
    EXPECT_EQ(w4a16.op().scheme, Scheme(DType::kInt4, DType::kFp32));
    EXPECT_EQ(multiplied_at(kernel_of(w4a16.plan, 0)), DType::kFp32);
}

TEST(CostPlan, AProfileSaysWhichNarrowWeightsItTakesAndHow) {
    const auto board = read_board_with("row_tile: 128 KiB}", "row_tile: 128 KiB, weight_only: {int4: int8}}");
    ASSERT_TRUE(board.profile) << board.complaints;
    const OneMatmul w4a16("w4a16", kPlannedNpu, 256, *board.profile);
    const OneMatmul int8("int8");
    EXPECT_EQ(multiplied_at(kernel_of(w4a16.plan, 0)), DType::kInt8);
    EXPECT_EQ(w4a16.plan.costs[0].compute, int8.plan.costs[0].compute);
    const OneMatmul w8a16("w8a16", kPlannedNpu, 256, *board.profile);
    EXPECT_FALSE(w8a16.op().supported);
    EXPECT_EQ(w8a16.op().reason, "compiled 1.0 does not run matmul here: npu widens weights of int4, not int8");
}

TEST(CostPlan, ADtypeThatIsNotMultipliedIsRefused) {
    const OneMatmul int4("int4");
    EXPECT_FALSE(int4.op().supported);
    EXPECT_EQ(int4.op().reason, "compiled 1.0 does not run matmul here: npu multiplies fp16 and int8, not int4");
    EXPECT_EQ(OneMatmul("fp32").op().ran_at, DType::kFp16) << "floating point is converted to what there is";
}

TEST(CostPlan, ScalesThatAreNotKnownInAdvanceAreRefusedWhereTheyMustBe) {
    const OneMatmul npu("int8_dynamic");
    EXPECT_EQ(npu.op().reason,
              "compiled 1.0 does not run matmul here: it needs the scales of int8 activations when it compiles");
    EXPECT_TRUE(OneMatmul("int8_dynamic", kPlannedCpu).op().supported);
}

TEST(CostPlan, LimitsOfTheRuntimeNameTheNumberAndTheLimit) {
    EXPECT_TRUE(OneMatmul("int8", kPlannedNpu, 8192).op().supported);
    EXPECT_EQ(OneMatmul("int8", kPlannedNpu, 8193).op().reason,
              "compiled 1.0 does not run matmul here: k is 8193, the limit is 8192");
}

TEST(CostPlan, RepeatedLayersShareTheirKernels) {
    WiredGraph wired;
    OperatorId last = wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 256, 256}, {}, DType::kFp16);
    for (int layer = 0; layer < 5; ++layer) {
        last = wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 256, 256}, {last}, DType::kFp16);
    }
    const DevicePlan plan = plan_on(wired.done(), kPlannedNpu);
    EXPECT_EQ(plan.kernels.size(), 1U);
    EXPECT_DOUBLE_EQ(total_of(plan) / plan.costs[0].total, 6.0);
}

TEST(CostPlan, TellsWhatIsAliveAndWhatStaysOnChip) {
    WiredGraph wired;  // 64 x 256 fp32 are 64 KiB, 64 x 8192 are 2 MiB: the l3 of 2 MiB keeps only the former
    const OperatorId a = wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 256, 256}, {}, DType::kFp32);
    const OperatorId b = wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 256, 256}, {a}, DType::kFp32);
    const OperatorId c = wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 256, 8192}, {b}, DType::kFp32);
    const OperatorId d = wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 8192, 8}, {c}, DType::kFp32);
    const DevicePlan plan = plan_on(wired.done(), kPlannedCpu);
    const auto& at = [&plan](OperatorId id) -> const OperatorPlan& {
        return plan.operators[static_cast<std::size_t>(id)];
    };
    EXPECT_EQ(at(b).alive, kibibytes(64 + 64));
    EXPECT_TRUE(at(a).output_on_chip);
    EXPECT_EQ(at(b).on_chip, kibibytes(64)) << "the other outlives the moment in which 2 MiB are made";
    EXPECT_EQ(at(c).alive, kibibytes(64 + 2048));
    EXPECT_EQ(at(c).on_chip, Bytes{});
    EXPECT_FALSE(at(c).output_on_chip);
    EXPECT_EQ(at(d).alive, kibibytes(2048) + bytes(64 * 8 * 4));
    EXPECT_EQ(plan.peak_activation_bytes, kibibytes(64 + 2048));
    EXPECT_EQ(plan.keeping_capacity, mebibytes(2));
    EXPECT_EQ(plan.spilled_bytes, kibibytes(64 + 2048) + bytes(64 * 8 * 4));
}

}  // namespace
}  // namespace berth
