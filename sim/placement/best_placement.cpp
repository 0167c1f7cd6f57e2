// The solvers and the choice among them.
#include <array>
#include <utility>

#include "base/mapped.h"
#include "berth/placement/placement.h"
#include "placement/branch_and_bound.h"
#include "placement/contraction.h"
#include "placement/frontier_placement.h"
#include "placement/optimality.h"
#include "placement/swap_placement.h"

namespace berth {

namespace {

/// Problem features that select a solver.
struct ProblemSize {
    std::size_t devices = 0;  ///< number of devices that some operator can run on
    double assignments = 1;
};

ProblemSize size_of(const PlacementProblem& problem) {
    const Contraction contraction = contract(problem);
    ProblemSize size{contraction.usable.size(), 1};
    for (const auto& costs : contraction.problem.cost) {
        double choices = sum_of<double>(costs, [](const auto& cost) { return cost ? 1 : 0; });
        size.assignments *= choices;
    }
    return size;
}

struct Solver {
    bool (*fits)(const ProblemSize&);
    std::optional<PlacementResult> (*solve)(const PlacementProblem&);
};

constexpr double kFewAssignments = 5e6;  // 14 operators on 3 devices; most branches are pruned

// Exact for graphs with few live tensors, such as transformers and chains.
std::optional<PlacementResult> frontier_or_swap(const PlacementProblem& problem) {
    auto exact = frontier_placement(problem);
    return exact ? exact : swap_placement(problem);
}

/// In order of preference; the first that applies is used.
constexpr std::array<Solver, 3> kSolvers{{
    {[](const ProblemSize& size) { return size.devices <= 2; }, minimum_cut_placement},
    {[](const ProblemSize& size) { return size.assignments <= kFewAssignments; }, branch_and_bound_placement},
    {[](const ProblemSize&) { return true; }, frontier_or_swap},
}};

std::optional<PlacementResult> without_limits(const PlacementProblem& problem, const ProblemSize& size) {
    for (const Solver& solver : kSolvers) {
        if (solver.fits(size)) {
            return solver.solve(problem);
        }
    }
    return std::nullopt;  // unreachable: the last solver always applies
}

}  // namespace

std::optional<PlacementResult> best_placement(const PlacementProblem& problem) {
    const ProblemSize size = size_of(problem);
    if (!problem.limits.any()) {
        return without_limits(problem, size);
    }
    PlacementProblem limited = problem;
    limited.limits = {};
    auto free = without_limits(limited, size);
    if (!free || within(problem.limits, free->assignment)) {
        return free;
    }
    limited.limits = limits_that_bind(problem);
    if (size.assignments <= kFewAssignments) {
        return branch_and_bound_placement(limited);
    }
    const SearchedPlacement found = frontier_search(limited);
    if (!found.best) {
        return std::nullopt;
    }
    return with_bound(problem, *found.best,
                      found.complete ? objective(problem, *found.best).value() : free->lower_bound);
}

}  // namespace berth
