// Laws of placement: exact solvers agree, bounds hold, coarser choices are never better.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <vector>

#include "berth/placement/placement.h"
#include "exhaustive_placement.h"
#include "placement/frontier_placement.h"
#include "placement/least_load.h"
#include "placement/list_schedule.h"
#include "placement/swap_placement.h"
#include "random_fixtures.h"

namespace berth {
namespace {

// Uniform over the whole range, independent of the current size of the generators.
Time any_time(int most) { return microseconds(any_number(0, most)); }

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

// In RC_ASSERT, a condition with || needs its own parentheses: otherwise RapidCheck decomposes it and evaluates both
// sides.
bool about_equal(Time a, Time b) { return std::abs((a - b).si()) <= 1e-9 * std::abs(a.si()) + 1e-18; }

RC_GTEST_PROP(Placement, MinimumCutIsExhaustiveOnTwoDevices, ()) {
    const PlacementProblem problem = any_problem(12, 2);
    const auto cut = minimum_cut_placement(problem);
    const auto all = exhaustive_placement(problem);
    RC_ASSERT(cut.has_value() == all.has_value());
    if (!cut) {
        return;
    }
    RC_ASSERT(about_equal(cut->objective, all->objective));
    RC_ASSERT(objective(problem, cut->assignment) == cut->objective);
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
    RC_ASSERT((!cut || (about_equal(cut->objective, all->objective) && cut->proved_optimal)));
}

RC_GTEST_PROP(Placement, BoundAndLatencyEncloseTheOptimumOnThreeDevices, ()) {
    const PlacementProblem problem = any_problem(8, 3);
    const auto swapped = swap_placement(problem);
    const auto all = exhaustive_placement(problem);
    RC_ASSERT(swapped.has_value() == all.has_value());
    if (!swapped) {
        return;
    }
    RC_ASSERT(swapped->lower_bound <= all->objective * (1.0 + 1e-9));
    RC_ASSERT(all->objective <= swapped->objective * (1.0 + 1e-9));
    RC_ASSERT(objective(problem, swapped->assignment) == swapped->objective);
    RC_ASSERT((!swapped->proved_optimal || about_equal(swapped->objective, all->objective)));
    RC_CLASSIFY(swapped->proved_optimal, "proved");
    RC_CLASSIFY(about_equal(swapped->objective, all->objective), "optimal");
}

RC_GTEST_PROP(Placement, TheFrontierIsExhaustiveOnAnyDevices, ()) {
    const PlacementProblem problem = any_problem(7, static_cast<std::size_t>(any_number(1, 5)));
    const auto frontier = frontier_placement(problem);
    const auto all = exhaustive_placement(problem);
    RC_ASSERT(frontier.has_value() == all.has_value());
    if (!frontier) {
        return;
    }
    RC_ASSERT(about_equal(frontier->objective, all->objective));
    RC_ASSERT(objective(problem, frontier->assignment) == frontier->objective);
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
    RC_ASSERT((!frontier || about_equal(frontier->objective, *best)));
    RC_ASSERT((!frontier || static_cast<int>(segments(frontier->assignment).size()) <= most));
}

// Of what two operators keep, up to the smaller part counts once, on one device no less than on two.
void share_some(PlacementLimits& limits, std::size_t before, std::size_t after) {
    const std::size_t devices = limits.size[before].size();
    PlacementLimits::Shared shared{static_cast<OperatorId>(before), static_cast<OperatorId>(after), {}};
    for (std::size_t from = 0; from < devices; ++from) {
        const Bytes together = std::min(limits.size[before][from], limits.size[after][from]);
        auto& row = shared.size.emplace_back();
        for (std::size_t to = 0; to < devices; ++to) {
            row.push_back(one_in(2) || from == to ? std::min(together, limits.size[after][to]) : Bytes{});
        }
    }
    limits.shared.push_back(std::move(shared));
}

// Limits on segments, and memories shared by the operators of some devices.
void add_limits(PlacementProblem& problem) {
    if (!one_in(3)) {
        problem.limits.segments = any_number(1, 6);
    }
    for (std::size_t op = 0; op < problem.cost.size(); ++op) {
        auto& sizes = problem.limits.size.emplace_back();
        auto& working = problem.limits.working.emplace_back();
        for (std::size_t device = 0; device < problem.devices; ++device) {
            sizes.push_back(bytes(1000.0 * any_number(0, 10)));
            working.push_back(bytes(1000.0 * any_number(0, 20)));
        }
    }
    for (std::size_t after = 1; after < problem.cost.size(); ++after) {
        if (one_in(3)) {
            share_some(problem.limits, after - 1, after);
        }
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
    RC_ASSERT(about_equal(best->objective, all->objective));
    RC_ASSERT(best->proved_optimal);
    RC_ASSERT(best->lower_bound <= all->objective * (1.0 + 1e-9));
    RC_ASSERT(within(problem.limits, best->assignment));
    RC_ASSERT(objective(problem, best->assignment) == best->objective);
}

RC_GTEST_PROP(Placement, WithinLimitsItIsBruteForce, ()) {
    PlacementProblem problem = any_problem(8, static_cast<std::size_t>(any_number(1, 4)));
    add_limits(problem);
    expect_brute_force(problem);
}

RC_GTEST_PROP(Placement, ByPartsWithinMemoriesItIsBetweenTheBoundAndTheBestByPart, ()) {
    PlacementProblem problem = any_problem(8, static_cast<std::size_t>(any_number(2, 3)));
    add_limits(problem);
    problem.limits.segments.reset();
    std::vector<int> part;
    for (std::size_t op = 0; op < problem.cost.size(); ++op) {
        part.push_back(any_number(-1, 2));
    }
    const auto found = limited_placement(problem, part);
    const auto best = exhaustive_placement(problem);
    const auto whole = exhaustive_placement(kept_together(problem, part));
    RC_ASSERT(found || !whole);
    if (!found) {
        return;
    }
    RC_ASSERT(best && within(problem.limits, found->assignment));
    RC_ASSERT(found->objective >= best->objective * (1 - 1e-9));
    RC_ASSERT(found->lower_bound <= best->objective * (1 + 1e-9));
    RC_ASSERT(!whole || found->objective <= whole->objective * (1 + 1e-9));
}

// 3^14 assignments take seconds, so only a few cases are tried.
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
    RC_ASSERT((!all || about_equal(*objective(problem, *exact.best), all->objective)));
    const auto cut = frontier_search(problem, 6);  // a truncated search still finds a feasible placement
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
    RC_ASSERT(best->lower_bound <= best->objective);
    RC_ASSERT((!best->proved_optimal || about_equal(best->objective, all->objective)));
    RC_ASSERT(best->proved_optimal);  // two devices by cut, four by branch and bound
}

RC_GTEST_PROP(Placement, NoWholeModelBeatsTheOptimum, ()) {
    const PlacementProblem problem = any_problem(12, 2);
    const auto best = best_placement(problem);
    for (DeviceId device = 0; device < 2; ++device) {
        const auto latency = objective(problem, Assignment(problem.cost.size(), device));
        RC_ASSERT((!latency || (best && *latency >= best->objective * (1.0 - 1e-9))));
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
    RC_ASSERT((!coarse || (fine && fine->objective <= coarse->objective * (1.0 + 1e-9))));
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
    RC_ASSERT((!after || about_equal(after->objective, before->objective * factor)));
}

// A problem for list schedules: no groups, and at least one device per operator.
PlacementProblem any_parallel_problem(OperatorId most_operators, std::size_t devices) {
    PlacementProblem problem = any_problem(most_operators, devices);
    problem.group.clear();
    for (auto& costs : problem.cost) {
        auto& cost = costs[static_cast<std::size_t>(any_number(0, static_cast<int>(devices)))];
        cost = cost.value_or(any_time(100));
    }
    return problem;
}

bool not_before(Time a, Time b) { return a.si() >= b.si() - 1e-15; }

// Every operator is scheduled once, on a free lane, after all its dependencies.
void expect_valid(const PlacementProblem& problem, const std::vector<int>& lanes, const ListSchedule& schedule) {
    std::vector<Time> start(problem.cost.size()), end(problem.cost.size());
    std::vector<int> seen(problem.cost.size(), 0);
    for (std::size_t i = 0; i < schedule.units.size(); ++i) {
        const ScheduledUnit& unit = schedule.units[i];
        RC_ASSERT(unit.lane < lanes[static_cast<std::size_t>(unit.device)]);
        for (const OperatorId op : unit.operators) {
            RC_ASSERT(schedule.assignment[static_cast<std::size_t>(op)] == unit.device);
            start[static_cast<std::size_t>(op)] = unit.start;
            end[static_cast<std::size_t>(op)] = unit.end;
            ++seen[static_cast<std::size_t>(op)];
        }
        for (std::size_t j = 0; j < i; ++j) {
            const ScheduledUnit& other = schedule.units[j];
            const bool apart = other.device != unit.device || other.lane != unit.lane;
            RC_ASSERT((apart || not_before(unit.start, other.end) || not_before(other.start, unit.end)));
        }
        RC_ASSERT(not_before(schedule.makespan, unit.end));
    }
    RC_ASSERT(std::ranges::all_of(seen, [](int times) { return times == 1; }));
    for (const auto& flow : problem.flows) {
        for (const OperatorId reader : flow.consumers) {
            const auto to = static_cast<std::size_t>(reader);
            if (flow.producer == kNoOperator) {
                continue;
            }
            const auto from = static_cast<std::size_t>(flow.producer);
            const Time crossing = flow.crossing[static_cast<std::size_t>(schedule.assignment[from])]
                                               [static_cast<std::size_t>(schedule.assignment[to])];
            const bool together = end[from] == end[to] && start[from] == start[to];
            RC_ASSERT((together || not_before(start[to], end[from] + crossing)));
        }
    }
}

RC_GTEST_PROP(Parallel, ListSchedulesAreValidBoundedAndNoLongerThanSerially, ()) {
    const auto devices = static_cast<std::size_t>(any_number(1, 4));
    const PlacementProblem problem = any_parallel_problem(10, devices);
    std::vector<int> lanes;
    for (std::size_t device = 0; device < devices; ++device) {
        lanes.push_back(any_number(1, 3));
    }
    const ListScheduler scheduler(problem, lanes);
    for (const Assignment& assignment : {scheduler.heft(), scheduler.peft()}) {
        for (const auto& order : {scheduler.upward_ranks(), scheduler.optimistic_ranks()}) {
            const ListSchedule schedule = scheduler.schedule(assignment, order);
            expect_valid(problem, lanes, schedule);
            RC_ASSERT(not_before(schedule.makespan, scheduler.path_bound()));
            RC_ASSERT(not_before(*objective(problem, assignment), schedule.makespan));
        }
    }
}

RC_GTEST_PROP(Parallel, NoPlacementInAnyOrderIsBelowThePathBound, ()) {
    const PlacementProblem problem = any_parallel_problem(4, 2);
    const ListScheduler scheduler(problem, {1, any_number(1, 3)});
    std::vector<Time> order(problem.cost.size());
    for (std::size_t op = 0; op < order.size(); ++op) {
        order[op] = seconds(static_cast<double>(op));
    }
    std::optional<Time> least;
    do {
        Assignment assignment(order.size(), 0);
        for (std::size_t digit = 0; digit < assignment.size();) {
            if (objective(problem, assignment)) {
                const Time time = scheduler.schedule(assignment, order).makespan;
                least = least ? std::min(*least, time) : time;
            }
            for (digit = 0; digit < assignment.size() && ++assignment[digit] == 2; ++digit) {
                assignment[digit] = 0;
            }
        }
    } while (std::ranges::next_permutation(order).found);
    RC_ASSERT(not_before(*least, scheduler.path_bound()));
    const Time heft = scheduler.schedule(scheduler.heft(), scheduler.upward_ranks()).makespan;
    RC_ASSERT(not_before(heft, *least));
    RC_CLASSIFY(about_equal(heft, *least), "HEFT is best");
    RC_CLASSIFY(about_equal(scheduler.path_bound(), *least), "the bound is reached");
}

std::vector<LoadTask> any_tasks(std::size_t resources) {
    std::vector<LoadTask> tasks(static_cast<std::size_t>(any_number(1, 4)));
    for (LoadTask& task : tasks) {
        task.passes = any_number(1, 5);
        for (int choice = any_number(1, 4); choice > 0; --choice) {
            LoadChoice made{{}, any_time(100)};
            for (std::size_t r = 0; r < resources; ++r) {
                made.load.push_back(one_in(3) ? Time{} : any_time(100));
            }
            task.choices.push_back(std::move(made));
        }
    }
    return tasks;
}

std::vector<Time> any_base(std::size_t resources) {
    std::vector<Time> base;
    for (std::size_t r = 0; r < resources; ++r) {
        base.push_back(one_in(2) ? Time{} : any_time(200));
    }
    return base;
}

/// Lower bound on the load of any choice of shares at these prices.
Time bound_at(const std::vector<LoadTask>& tasks, const std::vector<Time>& base, const std::vector<double>& prices) {
    Time bound = priced(base, prices);
    for (const LoadTask& task : tasks) {
        std::optional<Time> cheapest;
        for (const LoadChoice& choice : task.choices) {
            const Time price = priced(choice.load, prices);
            cheapest = cheapest ? std::min(*cheapest, price) : price;
        }
        bound += *cheapest * static_cast<double>(task.passes);
    }
    return bound;
}

bool same_load(Time a, Time b) { return std::abs((a - b).si()) < 1e-12; }

// Shares are feasible and load the busiest resource as reported; prices sum to 1.
void expect_feasible(const std::vector<LoadTask>& tasks, const std::vector<Time>& base, const LoadShares& shares) {
    std::vector<Time> reached = base;
    for (std::size_t t = 0; t < tasks.size(); ++t) {
        double all = 0;
        for (std::size_t c = 0; c < tasks[t].choices.size(); ++c) {
            all += shares.shares[t][c];
            for (std::size_t r = 0; r < base.size(); ++r) {
                reached[r] +=
                    tasks[t].choices[c].load[r] * (shares.shares[t][c] * static_cast<double>(tasks[t].passes));
            }
        }
        RC_ASSERT(std::abs(all - 1) < 1e-9);
    }
    RC_ASSERT(std::abs(std::accumulate(shares.prices.begin(), shares.prices.end(), 0.0) - 1) < 1e-9);
    RC_ASSERT(same_load(*std::ranges::max_element(reached), shares.load));
}

RC_GTEST_PROP(LeastLoad, IsDualAndNoWholePassesAreBelow, ()) {
    const auto resources = static_cast<std::size_t>(any_number(1, 5));
    const std::vector<LoadTask> tasks = any_tasks(resources);
    const std::vector<Time> base = any_base(resources);
    const LoadShares shares = least_load(tasks, base);
    RC_ASSERT(shares.status == LoadStatus::kOptimal);
    expect_feasible(tasks, base, shares);
    RC_ASSERT(same_load(bound_at(tasks, base, shares.prices), shares.load));  // strong duality: neither can be better
    const auto counts = whole_passes(tasks, base, shares);
    for (std::size_t t = 0; t < tasks.size(); ++t) {
        RC_ASSERT(std::reduce(counts[t].begin(), counts[t].end()) == tasks[t].passes);
    }
    const auto load = load_of(tasks, base, counts);
    RC_ASSERT(not_before(*std::ranges::max_element(load), shares.load * (1 - 1e-9)));
}

TEST(LeastLoad, NoLoadAtAllHasPricesToo) {
    // The second choice loads nothing, so that no resource limits anything.
    const std::vector<LoadTask> tasks{{1, {{{milliseconds(3), Time{}}, {}}, {{Time{}, Time{}}, {}}}}};
    const std::vector<Time> base(2);
    const LoadShares shares = least_load(tasks, base);
    EXPECT_EQ(shares.load, Time{});
    EXPECT_NEAR(std::accumulate(shares.prices.begin(), shares.prices.end(), 0.0), 1, 1e-9);
    EXPECT_EQ(bound_at(tasks, base, shares.prices), Time{});
}

RC_GTEST_PROP(LeastLoad, StoppedAtItsPivotLimitItSaysSoAndBoundsTheOptimumFromBothSides, ()) {
    const auto resources = static_cast<std::size_t>(any_number(1, 5));
    const std::vector<LoadTask> tasks = any_tasks(resources);
    const std::vector<Time> base = any_base(resources);
    const Time optimum = least_load(tasks, base).load;
    const LoadShares stopped = least_load(tasks, base, any_number(0, 3));
    expect_feasible(tasks, base, stopped);
    RC_ASSERT(not_before(stopped.load, optimum * (1 - 1e-9)));
    RC_ASSERT(not_before(optimum, bound_at(tasks, base, stopped.prices) * (1 - 1e-9)));
    RC_ASSERT(stopped.status == LoadStatus::kStopped || same_load(stopped.load, optimum));
    RC_CLASSIFY(stopped.status == LoadStatus::kStopped, "stopped");
    RC_CLASSIFY(!same_load(stopped.load, optimum), "above the optimum");
}

// Generated columns are sparse: most of them do not load most resources.
RC_GTEST_PROP(LeastLoad, LargeProgrammesTakeFewPivots, ()) {
    constexpr std::size_t kResources = 12;
    constexpr int kChoices = 30;
    std::vector<LoadTask> tasks(8);
    for (LoadTask& task : tasks) {
        task.passes = any_number(1, 5);
        for (int choice = 0; choice < kChoices; ++choice) {
            LoadChoice& made = task.choices.emplace_back();
            for (std::size_t r = 0; r < kResources; ++r) {
                made.load.push_back(one_in(3) ? any_time(100) : Time{});
            }
        }
    }
    const std::vector<Time> base(kResources);
    const LoadShares shares = least_load(tasks, base, 400);
    RC_ASSERT(shares.status == LoadStatus::kOptimal);
    RC_ASSERT(same_load(bound_at(tasks, base, shares.prices), shares.load));
}

}  // namespace
}  // namespace berth
