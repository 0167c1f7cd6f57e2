// Laws of placement: exact solvers agree, bounds hold, coarser choices are never better.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "berth/placement.h"
#include "placement/frontier_placement.h"
#include "placement/swap_placement.h"

namespace berth {
namespace {

// Evenly from the whole range, whatever the size that the generators have reached.
int any_number(int from, int to) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(from, to)); }

Time any_time(int most) { return microseconds(any_number(0, most)); }

bool one_in(int n) { return any_number(0, n) == 0; }

std::vector<std::optional<Time>> any_costs(std::size_t devices) {
    std::vector<std::optional<Time>> costs;
    for (std::size_t device = 0; device < devices; ++device) {
        costs.push_back(one_in(12) ? std::nullopt : std::optional(any_time(100)));
    }
    return costs;
}

PlacementProblem::TensorFlow any_flow(OperatorId producer, OperatorId operators, std::size_t devices) {
    PlacementProblem::TensorFlow flow;
    flow.producer = producer;
    for (OperatorId reader = producer + 1; reader < operators; ++reader) {
        if (one_in(3)) {
            flow.consumers.push_back(reader);
        }
    }
    flow.to_host = one_in(4);
    for (std::size_t from = 0; from < devices; ++from) {
        auto& row = flow.crossing.emplace_back();
        for (std::size_t to = 0; to < devices; ++to) {
            row.push_back(from == to ? Time{} : any_time(60));
        }
    }
    return flow;
}

// Any graph, with operators that cannot run everywhere, fusion, activation costs and groups.
PlacementProblem any_problem(OperatorId most_operators, std::size_t devices) {
    const OperatorId operators = any_number(1, most_operators + 1);
    PlacementProblem problem;
    problem.devices = devices;
    problem.host = any_number(0, static_cast<DeviceId>(devices));
    for (OperatorId op = 0; op < operators; ++op) {
        problem.cost.push_back(any_costs(devices));
        problem.flows.push_back(any_flow(op, operators, devices));
        if (op > 0 && one_in(3)) {
            problem.fusion.push_back(
                {any_number(0, op), op, any_number(0, static_cast<DeviceId>(devices)), any_time(50)});
        }
    }
    problem.flows.push_back(any_flow(kNoOperator, operators, devices));
    for (std::size_t device = 0; device < devices; ++device) {
        problem.activation.push_back(any_time(150));
    }
    if (one_in(3)) {
        for (OperatorId op = 0; op < operators; ++op) {
            problem.group.push_back(any_number(-2, operators));
        }
    }
    return problem;
}

// In RC_ASSERT, a condition with || stands in parentheses of its own: RapidCheck takes it apart otherwise, and both
// sides are evaluated.
bool about_equal(Time a, Time b) { return std::abs((a - b).si()) <= 1e-9 * std::abs(a.si()) + 1e-18; }

RC_GTEST_PROP(Placement, MinimumCutIsExhaustiveOnTwoDevices, ()) {
    const PlacementProblem problem = any_problem(12, 2);
    const auto cut = minimum_cut_placement(problem);
    const auto all = exhaustive_placement(problem);
    RC_ASSERT(cut.has_value() == all.has_value());
    if (!cut) {
        return;
    }
    RC_ASSERT(about_equal(cut->latency, all->latency));
    RC_ASSERT(objective(problem, cut->assignment) == cut->latency);
    RC_ASSERT(cut->proved_optimal && cut->gap() == 0.0);
}

RC_GTEST_PROP(Placement, MinimumCutServesTheTwoDevicesThatAreUsable, ()) {
    PlacementProblem problem = any_problem(8, 3);
    const auto idle = static_cast<std::size_t>(any_number(0, 3));
    for (auto& costs : problem.cost) {
        costs[idle] = std::nullopt;
    }
    const auto cut = minimum_cut_placement(problem);
    const auto all = exhaustive_placement(problem);
    RC_ASSERT(cut.has_value() == all.has_value());
    RC_ASSERT((!cut || (about_equal(cut->latency, all->latency) && cut->proved_optimal)));
}

RC_GTEST_PROP(Placement, BoundAndLatencyEncloseTheOptimumOnThreeDevices, ()) {
    const PlacementProblem problem = any_problem(8, 3);
    const auto swapped = swap_placement(problem);
    const auto all = exhaustive_placement(problem);
    RC_ASSERT(swapped.has_value() == all.has_value());
    if (!swapped) {
        return;
    }
    RC_ASSERT(swapped->lower_bound <= all->latency * (1.0 + 1e-9));
    RC_ASSERT(all->latency <= swapped->latency * (1.0 + 1e-9));
    RC_ASSERT(objective(problem, swapped->assignment) == swapped->latency);
    RC_ASSERT((!swapped->proved_optimal || about_equal(swapped->latency, all->latency)));
    RC_CLASSIFY(swapped->proved_optimal, "proved");
    RC_CLASSIFY(about_equal(swapped->latency, all->latency), "optimal");
}

RC_GTEST_PROP(Placement, TheFrontierIsExhaustiveOnAnyDevices, ()) {
    const PlacementProblem problem = any_problem(7, static_cast<std::size_t>(any_number(1, 5)));
    const auto frontier = frontier_placement(problem);
    const auto all = exhaustive_placement(problem);
    RC_ASSERT(frontier.has_value() == all.has_value());
    if (!frontier) {
        return;
    }
    RC_ASSERT(about_equal(frontier->latency, all->latency));
    RC_ASSERT(objective(problem, frontier->assignment) == frontier->latency);
    RC_ASSERT(frontier->proved_optimal);
}

RC_GTEST_PROP(Placement, TheFrontierKeepsToItsSegments, ()) {
    PlacementProblem problem = any_problem(6, 3);
    problem.group.clear();
    const int most = any_number(1, 5);
    problem.limits.segments = most;
    const auto frontier = frontier_placement(problem);
    std::optional<Time> best;
    Assignment assignment(problem.cost.size(), 0);
    for (std::size_t digit = 0; digit < assignment.size();) {
        const auto latency = objective(problem, assignment);
        if (latency && static_cast<int>(segments(assignment).size()) <= most && (!best || *latency < *best)) {
            best = latency;
        }
        for (digit = 0; digit < assignment.size() && ++assignment[digit] == 3; ++digit) {
            assignment[digit] = 0;
        }
    }
    RC_ASSERT(frontier.has_value() == best.has_value());
    RC_ASSERT((!frontier || about_equal(frontier->latency, *best)));
    RC_ASSERT((!frontier || static_cast<int>(segments(frontier->assignment).size()) <= most));
}

// Segments, and memories that hold what runs on some devices.
void add_limits(PlacementProblem& problem) {
    if (!one_in(3)) {
        problem.limits.segments = any_number(1, 6);
    }
    for (std::size_t op = 0; op < problem.cost.size(); ++op) {
        auto& sizes = problem.limits.size.emplace_back();
        for (std::size_t device = 0; device < problem.devices; ++device) {
            sizes.push_back(bytes(1000.0 * any_number(0, 10)));
        }
    }
    for (std::size_t device = 0; device < problem.devices; ++device) {
        problem.limits.working.push_back(bytes(1000.0 * any_number(0, 10)));
    }
    for (int memory = any_number(0, 3); memory > 0; --memory) {
        PlacementLimits::Memory made{
            "memory", bytes(1000.0 * any_number(0, 9 * static_cast<int>(problem.cost.size()))), {}};
        for (std::size_t device = 0; device < problem.devices; ++device) {
            made.holds.push_back(one_in(2));
        }
        problem.limits.memories.push_back(std::move(made));
    }
}

void expect_brute_force(const PlacementProblem& problem) {
    const auto best = best_placement(problem);
    const auto all = exhaustive_placement(problem);
    RC_ASSERT(best.has_value() == all.has_value());
    if (!best) {
        return;
    }
    RC_ASSERT(about_equal(best->latency, all->latency));
    RC_ASSERT(best->proved_optimal);
    RC_ASSERT(best->lower_bound <= all->latency * (1.0 + 1e-9));
    RC_ASSERT(within(problem.limits, best->assignment));
    RC_ASSERT(objective(problem, best->assignment) == best->latency);
}

RC_GTEST_PROP(Placement, WithinLimitsItIsBruteForce, ()) {
    PlacementProblem problem = any_problem(8, static_cast<std::size_t>(any_number(1, 4)));
    add_limits(problem);
    expect_brute_force(problem);
}

// 3^14 assignments take seconds, so that a few must do.
RC_GTEST_PROP(Placement, WithinLimitsItIsBruteForceOnFourteenOperators, ()) {
    if (!one_in(25)) {
        return;
    }
    PlacementProblem problem = any_problem(14, 3);
    if (!one_in(3)) {
        add_limits(problem);
    }
    expect_brute_force(problem);
}

RC_GTEST_PROP(Placement, TheDynamicProgrammeKeepsToLimits, ()) {
    PlacementProblem problem = any_problem(7, static_cast<std::size_t>(any_number(1, 4)));
    add_limits(problem);
    const auto all = exhaustive_placement(problem);
    const auto exact = frontier_search(problem);
    RC_ASSERT(exact.complete);
    RC_ASSERT(exact.best.has_value() == all.has_value());
    RC_ASSERT((!all || about_equal(*objective(problem, *exact.best), all->latency)));
    const auto cut = frontier_search(problem, 6);  // whatever it leaves out, what it finds is possible
    RC_ASSERT((!cut.best || (within(problem.limits, *cut.best) && objective(problem, *cut.best).has_value())));
    RC_ASSERT((!cut.complete || cut.best.has_value() == all.has_value()));
}

RC_GTEST_PROP(Placement, BestIsTheOptimumWhereItSaysSo, ()) {
    const auto devices = static_cast<std::size_t>(any_number(1, 5));
    const PlacementProblem problem = any_problem(7, devices);
    const auto best = best_placement(problem);
    const auto all = exhaustive_placement(problem);
    RC_ASSERT(best.has_value() == all.has_value());
    if (!best) {
        return;
    }
    RC_ASSERT(best->lower_bound <= best->latency);
    RC_ASSERT((!best->proved_optimal || about_equal(best->latency, all->latency)));
    RC_ASSERT(best->proved_optimal);  // two devices by cut, four by branch and bound
}

RC_GTEST_PROP(Placement, NoWholeModelBeatsTheOptimum, ()) {
    const PlacementProblem problem = any_problem(12, 2);
    const auto best = best_placement(problem);
    for (DeviceId device = 0; device < 2; ++device) {
        const auto latency = objective(problem, Assignment(problem.cost.size(), device));
        RC_ASSERT((!latency || (best && *latency >= best->latency * (1.0 - 1e-9))));
    }
}

RC_GTEST_PROP(Placement, BlocksAreNeverBetterThanOperators, ()) {
    PlacementProblem problem = any_problem(12, 2);
    Graph graph;
    graph.blocks = 3;
    for (std::size_t op = 0; op < problem.cost.size(); ++op) {
        graph.operators.emplace_back().block = any_number(-1, graph.blocks);
    }
    const PlacementProblem blocks = per_block(problem, graph);
    const auto coarse = best_placement(blocks);
    const auto fine = best_placement(problem);
    RC_ASSERT((!coarse || (fine && fine->latency <= coarse->latency * (1.0 + 1e-9))));
    for (std::size_t a = 0; coarse && a < problem.cost.size(); ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            const bool same_group =
                !problem.group.empty() && problem.group[a] >= 0 && problem.group[a] == problem.group[b];
            RC_ASSERT((!same_group || coarse->assignment[a] == coarse->assignment[b]));
        }
    }
}

RC_GTEST_PROP(Placement, LatencyScalesWithAllCosts, ()) {
    PlacementProblem problem = any_problem(12, 2);
    const auto before = minimum_cut_placement(problem);
    const double factor = std::ldexp(1.0, any_number(-40, 40));  // a power of two scales without rounding
    for (auto& costs : problem.cost) {
        for (auto& cost : costs) {
            cost = cost ? std::optional(*cost * factor) : std::nullopt;
        }
    }
    for (auto& flow : problem.flows) {
        for (auto& row : flow.crossing) {
            for (Time& time : row) {
                time *= factor;
            }
        }
    }
    for (auto& loss : problem.fusion) {
        loss.loss *= factor;
    }
    for (Time& time : problem.activation) {
        time *= factor;
    }
    const auto after = minimum_cut_placement(problem);
    RC_ASSERT(after.has_value() == before.has_value());
    RC_ASSERT((!after || about_equal(after->latency, before->latency * factor)));
}

}  // namespace
}  // namespace berth
