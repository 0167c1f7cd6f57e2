// Fusion by rules: fused operators, barriers with their reasons, and their costs.
#include <gtest/gtest.h>

#include "berth/cost/fusion.h"
#include "hardware_fixtures.h"
#include "plan_fixtures.h"

namespace berth {
namespace {

constexpr DeviceId kFusing = 0;
constexpr MatmulDims kSquare{1, 64, 256, 256};
constexpr RowsDims kRows{64, 256};
constexpr RowsDims kTwoInputs{64, 256, 2};

// All operators on one device of a board with changeable rules.
struct Lowered {
    explicit Lowered(Graph graph_of, std::vector<FusionRule> more = {}, bool keep_rules = true)
        : profile(*read_board().profile), graph(std::move(graph_of)) {
        auto& rules = profile.devices[kFusing].runtime.fuses;
        if (!keep_rules) {
            rules.clear();
        }
        rules.insert(rules.end(), more.begin(), more.end());
        for (DeviceId device = 0; device < 2; ++device) {
            plans.push_back(plan_device(graph, profile, device, {1, {}}));
        }
    }
    [[nodiscard]] FusionReport report() const { return report({}); }
    [[nodiscard]] FusionReport report(std::vector<DeviceId> assignment) const {
        assignment.resize(graph.operators.size(), kFusing);
        return fusion_report(graph, plans, profile, assignment);
    }
    [[nodiscard]] Time total() const { return total_of(plans[kFusing]); }

    Profile profile;
    Graph graph;
    std::vector<DevicePlan> plans;
};

FusionRule rule(std::vector<OperatorKind> pattern) {
    FusionRule made;
    made.pattern = std::move(pattern);
    return made;
}

Graph chain(DType first, const std::vector<std::pair<OperatorKind, DType>>& rest) {
    WiredGraph wired;
    OperatorId last = wired.add(OperatorKind::kMatmul, kSquare, {}, first);
    for (const auto& [kind, dtype] : rest) {
        const bool matmul = kind == OperatorKind::kMatmul;
        last = wired.add(kind, matmul ? Dims(kSquare) : Dims(kRows), {last}, dtype);
    }
    return wired.done();
}

TEST(CostFusion, ReportsWhatRunsInWhichKernel) {
    const Lowered lowered(chain(DType::kFp16, {{OperatorKind::kGelu, DType::kFp16}}));
    EXPECT_EQ(lowered.report().fused, (std::vector<FusedOperator>{{1, 0}}));
    EXPECT_TRUE(lowered.report().missing.empty());
}

TEST(CostFusion, AMissingRuleCostsWhatItWouldSave) {
    const Graph graph = chain(DType::kFp16, {{OperatorKind::kGelu, DType::kFp16}});
    const Lowered without(graph, {}, false);
    const Lowered with(graph, {rule({OperatorKind::kMatmul, OperatorKind::kGelu})}, false);
    const auto missing = without.report().missing;
    ASSERT_EQ(missing.size(), 1U);
    EXPECT_EQ(missing[0].op, 1);
    EXPECT_EQ(missing[0].before, 0);
    EXPECT_EQ(missing[0].barrier, FusionBarrier::kNoRule);
    ASSERT_TRUE(missing[0].cost);
    EXPECT_GT(*missing[0].cost, Time{});
    EXPECT_NEAR(missing[0].cost->si(), (without.total() - with.total()).si(), 1e-15);
}

TEST(CostFusion, SeveralReadersPreventIt) {
    WiredGraph wired;
    const OperatorId a = wired.add(OperatorKind::kMatmul, kSquare, {}, DType::kFp16);
    const OperatorId gelu = wired.add(OperatorKind::kGelu, kRows, {a}, DType::kFp16);
    wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 256, 256, false}, {a, gelu}, DType::kFp16);
    const auto missing = Lowered(wired.done()).report().missing;
    ASSERT_EQ(missing.size(), 1U);
    EXPECT_EQ(missing[0].barrier, FusionBarrier::kSeveralReaders);
    EXPECT_FALSE(missing[0].cost);
}

TEST(CostFusion, AnotherDtypePreventsIt) {
    const Lowered lowered(chain(DType::kInt8, {{OperatorKind::kGelu, DType::kFp16}}));
    EXPECT_TRUE(lowered.report().fused.empty());
    ASSERT_EQ(lowered.report().missing.size(), 1U);
    EXPECT_EQ(lowered.report().missing[0].barrier, FusionBarrier::kDtype);
}

TEST(CostFusion, AGroupHoldsFourOperators) {
    const auto gelus = std::vector<std::pair<OperatorKind, DType>>(4, {OperatorKind::kGelu, DType::kFp16});
    const Lowered lowered(
        chain(DType::kFp16, gelus),
        {rule({OperatorKind::kMatmul, OperatorKind::kGelu, OperatorKind::kGelu, OperatorKind::kGelu})});
    const FusionReport report = lowered.report();
    EXPECT_EQ(report.fused, (std::vector<FusedOperator>{{1, 0}, {2, 0}, {3, 0}}));
    ASSERT_EQ(report.missing.size(), 1U);
    EXPECT_EQ(report.missing[0].barrier, FusionBarrier::kGroupFull);
}

TEST(CostFusion, AnotherDeviceTearsAGroupApart) {
    const Lowered lowered(chain(DType::kFp16, {{OperatorKind::kGelu, DType::kFp16}}));
    const FusionReport report = lowered.report({1, kFusing});
    EXPECT_TRUE(report.fused.empty());
    ASSERT_EQ(report.missing.size(), 1U);
    EXPECT_EQ(report.missing[0].barrier, FusionBarrier::kDevice);
    const DevicePlan& plan = lowered.plans[kFusing];
    const auto cost = [&plan](KernelId kernel) { return plan.costs[static_cast<std::size_t>(kernel)].total; };
    const OperatorPlan& gelu = plan.operators[1];
    EXPECT_EQ(*report.missing[0].cost, std::max(Time{}, cost(gelu.alone) - (cost(gelu.joined) - cost(gelu.before))));
}

TEST(CostFusion, AnAddIsComparedWithTheProducerThatItCouldJoin) {
    WiredGraph wired;
    const OperatorId a = wired.add(OperatorKind::kMatmul, kSquare, {}, DType::kFp16);
    const OperatorId b = wired.add(OperatorKind::kMatmul, kSquare, {a}, DType::kFp16);
    wired.add(OperatorKind::kAdd, kTwoInputs, {a, b}, DType::kFp16);
    const auto missing = Lowered(wired.done(), {}, false).report().missing;
    ASSERT_EQ(missing.size(), 1U) << "one entry per operator";
    EXPECT_EQ(missing[0].before, b) << "the result of a has two readers";
    EXPECT_EQ(missing[0].barrier, FusionBarrier::kNoRule);
}

TEST(CostFusion, TheLongestRuleWins) {
    const Graph graph = chain(DType::kFp16, {{OperatorKind::kGelu, DType::kFp16}, {OperatorKind::kGelu, DType::kFp16}});
    const Lowered lowered(graph, {rule({OperatorKind::kMatmul, OperatorKind::kGelu, OperatorKind::kGelu})});
    EXPECT_EQ(lowered.plans[kFusing].operators[2].fused_into, 1);
    EXPECT_EQ(lowered.report().fused.size(), 2U);
}

}  // namespace
}  // namespace berth
