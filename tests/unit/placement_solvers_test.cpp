// Placement solvers on problems small enough to solve by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <vector>

#include "berth/placement/placement.h"
#include "exhaustive_placement.h"
#include "placement/cut_network.h"
#include "placement/frontier_placement.h"
#include "placement/swap_placement.h"

namespace berth {
namespace {

using namespace literals;
using testing::ElementsAre;

constexpr DeviceId kHost = 0;
constexpr DeviceId kOther = 1;

PlacementProblem::TensorFlow tensor(OperatorId producer, std::vector<OperatorId> consumers, Time up, Time down,
                                    bool to_host = false) {
    PlacementProblem::TensorFlow flow;
    flow.producer = producer;
    flow.consumers = std::move(consumers);
    flow.to_host = to_host;
    flow.crossing = {{0_us, up}, {down, 0_us}};
    return flow;
}

// A chain of three operators: 10, 10, 10 us on the host; 4, absent, 2 on the NPU. Crossings take 3 us up, 1 us down.
PlacementProblem chain() {
    PlacementProblem problem;
    problem.devices = 2;
    problem.host = kHost;
    problem.cost = {{10_us, 4_us}, {10_us, std::nullopt}, {10_us, 2_us}};
    problem.flows = {tensor(kNoOperator, {0}, 3_us, 1_us), tensor(0, {1}, 3_us, 1_us), tensor(1, {2}, 3_us, 1_us),
                     tensor(2, {}, 3_us, 1_us, true)};
    problem.activation = {0_us, 0_us};
    return problem;
}

void expect_time(std::optional<Time> found, Time expected) {
    ASSERT_TRUE(found.has_value());
    EXPECT_NEAR(in_microseconds(*found), in_microseconds(expected), 1e-9);
}

TEST(PlacementObjective, AddsNodesCrossingsAndActivation) {
    PlacementProblem problem = chain();
    expect_time(objective(problem, {kHost, kHost, kHost}), 30_us);
    expect_time(objective(problem, {kOther, kHost, kOther}), 4_us + 10_us + 2_us + 3_us + 1_us + 3_us + 1_us);
    problem.activation = {100_us, 1000_us};
    expect_time(objective(problem, {kHost, kHost, kHost}), 130_us);
    expect_time(objective(problem, {kOther, kHost, kOther}), 1124_us);
}

TEST(PlacementObjective, IsAbsentWhereAnOperatorCannotRunOrAGroupIsTorn) {
    PlacementProblem problem = chain();
    EXPECT_FALSE(objective(problem, {kHost, kOther, kHost}).has_value());
    problem.group = {5, -1, 5};
    EXPECT_FALSE(objective(problem, {kHost, kHost, kOther}).has_value());
    EXPECT_TRUE(objective(problem, {kOther, kHost, kOther}).has_value());
    EXPECT_THROW(static_cast<void>(objective(problem, {kHost})), std::logic_error);
}

TEST(PlacementObjective, ATensorCrossesOnceHoweverManyReadIt) {
    PlacementProblem problem = chain();
    problem.cost[1] = {10_us, 10_us};
    problem.flows = {tensor(0, {1, 2}, 7_us, 1_us)};
    expect_time(objective(problem, {kHost, kOther, kOther}), 10_us + 10_us + 2_us + 7_us);
    expect_time(objective(problem, {kHost, kHost, kOther}), 10_us + 10_us + 2_us + 7_us);
}

TEST(PlacementObjective, AFusedOperatorPaysWhenTheOneBeforeLeaves) {
    PlacementProblem problem = chain();
    problem.flows.clear();
    problem.fusion = {{1, 2, kOther, 9_us}};
    expect_time(objective(problem, {kHost, kHost, kOther}), 10_us + 10_us + 2_us + 9_us);
    expect_time(objective(problem, {kHost, kHost, kHost}), 30_us);
}

TEST(PlacementMinimumCut, SolvesTheChain) {
    const auto result = minimum_cut_placement(chain());
    ASSERT_TRUE(result.has_value());
    EXPECT_THAT(result->assignment, ElementsAre(kOther, kHost, kOther));
    expect_time(result->objective, 24_us);
    EXPECT_TRUE(result->proved_optimal);
    EXPECT_EQ(result->lower_bound, result->objective);
    EXPECT_EQ(result->gap(), 0.0);
}

TEST(PlacementMinimumCut, StaysAtHomeWhenActivationCostsMoreThanItGains) {
    PlacementProblem problem = chain();
    problem.activation = {0_us, 7_us};  // the NPU gains 6 us
    EXPECT_THAT(minimum_cut_placement(problem)->assignment, ElementsAre(kHost, kHost, kHost));
    problem.activation = {0_us, 5_us};
    EXPECT_THAT(minimum_cut_placement(problem)->assignment, ElementsAre(kOther, kHost, kOther));
}

TEST(PlacementMinimumCut, OfEqualChoicesTakesTheHost) {
    PlacementProblem problem = chain();
    problem.cost = {{10_s, 6_s}, {10_s, 7_s}, {10_s, 7_s}};  // whole numbers: no rounding
    problem.flows = {tensor(kNoOperator, {0}, 3_s, 1_s)};
    problem.activation = {0_s, 7_s};
    EXPECT_THAT(minimum_cut_placement(problem)->assignment, ElementsAre(kHost, kHost, kHost));
    problem.activation = {0_s, 6_s};
    EXPECT_THAT(minimum_cut_placement(problem)->assignment, ElementsAre(kOther, kOther, kOther));
    problem.host = kOther;
    problem.cost = {{5_us, 5_us}};
    problem.flows.clear();
    problem.activation = {0_us, 0_us};
    EXPECT_THAT(minimum_cut_placement(problem)->assignment, ElementsAre(kOther));
}

TEST(PlacementMinimumCut, KeepsGroupsTogether) {
    PlacementProblem problem = chain();
    problem.group = {1, 1, 2};
    const auto result = minimum_cut_placement(problem);
    ASSERT_TRUE(result.has_value());
    EXPECT_THAT(result->assignment, ElementsAre(kHost, kHost, kOther));
    expect_time(result->objective, 10_us + 10_us + 2_us + 3_us + 1_us);
}

TEST(PlacementMinimumCut, IsAbsentIfAnOperatorOrAGroupHasNoDevice) {
    PlacementProblem problem = chain();
    problem.cost[1] = {std::nullopt, std::nullopt};
    EXPECT_FALSE(minimum_cut_placement(problem).has_value());
    EXPECT_FALSE(exhaustive_placement(problem).has_value());
    EXPECT_FALSE(best_placement(problem).has_value());
    problem.cost[1] = {10_us, std::nullopt};
    problem.cost[2] = {std::nullopt, 2_us};
    problem.group = {0, 1, 1};
    EXPECT_FALSE(minimum_cut_placement(problem).has_value());
    EXPECT_FALSE(swap_placement(problem).has_value());
}

TEST(PlacementMinimumCut, HandlesNothingAndOneDevice) {
    PlacementProblem problem;
    problem.devices = 1;
    problem.activation = {5_us};
    expect_time(minimum_cut_placement(problem)->objective, 0_us);
    EXPECT_TRUE(best_placement(problem)->assignment.empty());
    problem.cost = {{3_us}, {4_us}};
    const auto result = best_placement(problem);
    EXPECT_THAT(result->assignment, ElementsAre(0, 0));
    expect_time(result->objective, 12_us);
    EXPECT_TRUE(result->proved_optimal);
}

// Costs 15 orders of magnitude apart: the smallest still decides.
TEST(PlacementMinimumCut, ResolvesSmallCostsBesideLargeOnes) {
    PlacementProblem problem = chain();
    problem.flows.clear();
    problem.cost = {{1_s, 1_s}, {2_ns, 1_ns}, {1e6_s, std::nullopt}};
    problem.cost[2] = {1_s, 1000000_s};
    EXPECT_THAT(minimum_cut_placement(problem)->assignment, ElementsAre(kHost, kOther, kHost));
}

TEST(Placement, RefusesProblemsWhosePartsDoNotFit) {
    PlacementProblem problem = chain();
    problem.activation = {0_us};
    EXPECT_THROW(static_cast<void>(minimum_cut_placement(problem)), std::logic_error);
    problem = chain();
    problem.flows[0].consumers = {3};
    EXPECT_THROW(static_cast<void>(best_placement(problem)), std::logic_error);
    problem = chain();
    problem.fusion = {{0, 1, kOther, 0_us - 1_us}};
    EXPECT_THROW(static_cast<void>(best_placement(problem)), std::logic_error);
    problem = chain();
    problem.group = {1};
    EXPECT_THROW(static_cast<void>(exhaustive_placement(problem)), std::logic_error);
}

// A chain of operators, each cheap on one of three devices, with expensive crossings.
PlacementProblem three_devices() {
    PlacementProblem problem;
    problem.devices = 3;
    problem.host = 0;
    problem.activation = {0_us, 0_us, 0_us};
    for (OperatorId op = 0; op < 12; ++op) {
        auto& costs = problem.cost.emplace_back(3, std::optional(10_us));
        costs[static_cast<std::size_t>(op / 4)] = 1_us;
        auto& flow = problem.flows.emplace_back();
        flow.producer = op;
        flow.crossing.assign(3, std::vector<Time>(3, 2_us));
        if (op < 11) {
            flow.consumers = {op + 1};
        }
    }
    return problem;
}

TEST(PlacementSwap, FindsTheThreeSegmentsOfThreeDevices) {
    const auto result = swap_placement(three_devices());
    ASSERT_TRUE(result.has_value());
    EXPECT_THAT(result->assignment, ElementsAre(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2));
    expect_time(result->objective, 16_us);
    // One device against the best of the others: of the two crossings, the middle device's cut sees both.
    expect_time(result->lower_bound, 16_us);
    EXPECT_TRUE(result->proved_optimal);
}

TEST(PlacementSwap, StatesTheGapThatItCannotClose) {
    PlacementProblem problem = three_devices();
    for (OperatorId op = 0; op < 12; ++op) {  // 0 1 2 0 1 2 ...: every boundary crosses
        problem.cost[static_cast<std::size_t>(op)] = {3_us, 3_us, 3_us};
        problem.cost[static_cast<std::size_t>(op)][static_cast<std::size_t>(op % 3)] = 1_us;
    }
    const auto result = swap_placement(problem);
    const auto best = exhaustive_placement(problem);
    ASSERT_TRUE(result && best);
    EXPECT_FALSE(result->proved_optimal);
    EXPECT_GE(result->lower_bound, 12_us);  // the sum of the cheapest
    EXPECT_LE(result->lower_bound, best->objective);
    EXPECT_GE(result->objective, best->objective);
    EXPECT_NEAR(result->gap(), result->objective / result->lower_bound - 1.0, 1e-12);
    EXPECT_GT(result->gap(), 0.0);
}

// 3^12 assignments are too many for exhaustive search, but only one tensor is live at a time.
TEST(PlacementFrontier, ClosesIt) {
    PlacementProblem problem = three_devices();
    for (OperatorId op = 0; op < 12; ++op) {
        problem.cost[static_cast<std::size_t>(op)] = {3_us, 3_us, 3_us};
        problem.cost[static_cast<std::size_t>(op)][static_cast<std::size_t>(op % 3)] = 1_us;
    }
    const auto result = best_placement(problem);
    const auto best = exhaustive_placement(problem);
    ASSERT_TRUE(result && best);
    EXPECT_TRUE(result->proved_optimal);
    expect_time(result->objective, best->objective);
}

TEST(PlacementFrontier, KeepsToItsSegments) {
    PlacementProblem problem = three_devices();
    const auto at_most = [&problem](int segments) {
        problem.limits.segments = segments;
        return frontier_placement(problem);
    };
    expect_time(at_most(1)->objective, 84_us);  // 4 x 1 us and 8 x 10 us
    expect_time(at_most(2)->objective, 50_us);  // 8 x 1 us, 4 x 10 us and a crossing
    expect_time(at_most(3)->objective, 16_us);
    EXPECT_FALSE(frontier_placement(problem, 2));  // exceeds the limit on states
    const auto cut = frontier_search(problem, 2);
    EXPECT_FALSE(cut.complete);
    ASSERT_TRUE(cut.best);
    EXPECT_TRUE(within(problem.limits, *cut.best));
}

// Each operator needs 1 MB; device 1 runs it in a tenth of the time with 1 MB of additional workspace.
PlacementProblem small_memory() {
    PlacementProblem problem;
    problem.devices = 2;
    problem.cost.assign(6, {10_us, 1_us});
    problem.cost[3] = {50_us, 1_us};
    problem.activation = {0_us, 0_us};
    problem.limits.size.assign(6, {1_MB, 1_MB});
    problem.limits.working.assign(6, {0_MB, 1_MB});
    problem.limits.memories = {{"npu", 3_MB, {false, true}}};
    return problem;
}

TEST(PlacementLimits, MemoryHoldsTheOperatorsThatGainMost) {
    PlacementProblem problem = small_memory();
    const auto best = best_placement(problem);
    ASSERT_TRUE(best);
    expect_time(best->objective, 4 * 10_us + 2 * 1_us);
    EXPECT_EQ(best->assignment[3], 1);
    EXPECT_EQ(memory_needed(problem.limits, 0, best->assignment), 3_MB);
    EXPECT_TRUE(best->proved_optimal);
    problem.limits.memories.push_back({"all", 6.5_MB, {true, true}});  // no room for the workspace of device 1
    const auto without = best_placement(problem);
    ASSERT_TRUE(without);
    expect_time(without->objective, 100_us);
    problem.limits.memories.back().capacity = 5_MB;
    EXPECT_FALSE(best_placement(problem));
}

TEST(PlacementLimits, WorkingMemoryIsThatOfTheOperatorsThatRunThere) {
    PlacementProblem problem = small_memory();
    problem.limits.working[3][1] = 2_MB;  // alone it would fill the memory, and the others fit in twos
    const auto best = best_placement(problem);
    ASSERT_TRUE(best);
    EXPECT_EQ(best->assignment[3], 1);
    expect_time(best->objective, 5 * 10_us + 1_us);
    problem.cost[3] = {10_us, 1_us};
    expect_time(best_placement(problem)->objective, 4 * 10_us + 2 * 1_us);
    EXPECT_EQ(best_placement(problem)->assignment[3], 0);
}

TEST(PlacementLimits, SegmentsAreThoseOfOperatorsAlsoInGroups) {
    PlacementProblem problem;
    problem.devices = 2;
    problem.cost = {{1_us, 9_us}, {9_us, 1_us}, {1_us, 9_us}, {9_us, 1_us}};
    problem.activation = {0_us, 0_us};
    problem.group = {0, 1, 0, 1};
    problem.limits.segments = 4;
    expect_time(best_placement(problem)->objective, 4_us);
    problem.limits.segments = 3;  // the groups interlock: one device or four segments
    expect_time(best_placement(problem)->objective, 20_us);
    expect_time(frontier_placement(problem)->objective, 20_us);
}

// A chain of 40 alternating operators: too many assignments for exhaustive search, but few states.
TEST(PlacementLimits, LargeGraphsAreExactWhereFewTensorsWait) {
    PlacementProblem problem;
    problem.devices = 2;
    problem.activation = {0_us, 0_us};
    for (OperatorId op = 0; op < 40; ++op) {
        problem.cost.push_back(op % 2 == 0 ? std::vector<std::optional<Time>>{1_us, 2_us}
                                           : std::vector<std::optional<Time>>{2_us, 1_us});
    }
    problem.limits.segments = 5;
    const auto best = best_placement(problem);
    ASSERT_TRUE(best);
    EXPECT_TRUE(best->proved_optimal);
    EXPECT_LE(segments(best->assignment).size(), 5U);
    expect_time(best->objective, 58_us);  // 60 us on one device; two single operators of the other gain 1 us each
}

TEST(PlacementMinimumCut, RefusesThreeUsableDevices) {
    EXPECT_THROW(static_cast<void>(minimum_cut_placement(three_devices())), std::logic_error);
}

TEST(CutNetwork, PaysForASideAndOnceForMany) {
    CutNetwork network(3);
    const auto a = CutNetwork::choice(0);
    const auto b = CutNetwork::choice(1);
    const auto c = CutNetwork::choice(2);
    network.pay_for_side(a, 0_us, CutNetwork::kNever);
    network.pay_for_side(b, 9_us, 1_us);
    network.pay_for_side(c, 9_us, 1_us);
    const std::vector<CutNetwork::Node> others{b, c};
    network.pay_once_if_cut_forward(a, others, 10_us);  // 12 us on the sink's side, not 22; 18 us otherwise
    const auto cut = network.minimum(100_us);
    EXPECT_THAT(cut.on_source, ElementsAre(true, false, false));
    expect_time(cut.value, 12_us);
    EXPECT_THROW(network.pay_for_side(a, CutNetwork::kNever, CutNetwork::kNever), std::logic_error);
}

TEST(Segments, AreMaximalRuns) {
    const auto runs = segments({1, 1, 0, 1});
    ASSERT_EQ(runs.size(), 3U);
    EXPECT_EQ(runs[0].device, 1);
    EXPECT_EQ(runs[0].first, 0);
    EXPECT_EQ(runs[0].last, 1);
    EXPECT_EQ(runs[2].first, 3);
    EXPECT_EQ(runs[2].last, 3);
    EXPECT_TRUE(segments({}).empty());
}

TEST(PerBlock, JoinsBlocksAndRunsOutsideThem) {
    Graph graph;
    graph.blocks = 2;
    for (const int block : {-1, -1, 0, 0, 1, 1, -1}) {
        graph.operators.emplace_back().block = block;
    }
    PlacementProblem problem;
    problem.devices = 2;
    problem.activation = {0_us, 0_us};
    problem.cost.assign(7, {1_us, 1_us});
    problem.cost[4] = {1_us, std::nullopt};
    const std::vector<int> group = per_block(problem, graph).group;
    ASSERT_EQ(group.size(), 7U);
    EXPECT_EQ(group[0], group[1]);
    EXPECT_EQ(group[2], group[3]);
    EXPECT_NE(group[1], group[2]);
    EXPECT_NE(group[3], group[5]);
    EXPECT_NE(group[4], group[5]) << "what a device cannot run does not hold its block back";
    EXPECT_NE(group[0], group[6]);
    graph.operators.pop_back();
    EXPECT_THROW(static_cast<void>(per_block(problem, graph)), std::logic_error);
}

}  // namespace
}  // namespace berth
