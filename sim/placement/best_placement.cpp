// The solvers, and which of them fits a problem.
#include <array>
#include <cmath>

#include "berth/placement.h"
#include "placement/contraction.h"
#include "placement/frontier_placement.h"
#include "placement/swap_placement.h"

namespace berth {

namespace {

/// What decides between solvers.
struct ProblemSize {
    std::size_t devices = 0;  ///< that some operator can run on
    double assignments = 1;
};

ProblemSize size_of(const PlacementProblem& problem) {
    const Contraction contraction = contract(problem);
    ProblemSize size{contraction.usable.size(), 1};
    for (const auto& costs : contraction.problem.cost) {
        double choices = 0;
        for (const auto& cost : costs) {
            choices += cost ? 1 : 0;
        }
        size.assignments *= choices;
    }
    return size;
}

struct Solver {
    bool (*fits)(const ProblemSize&);
    std::optional<PlacementResult> (*solve)(const PlacementProblem&);
};

constexpr double kFewAssignments = 20'000;  // some 10 ms

// Exact where few tensors wait at a time, as in transformers and chains.
std::optional<PlacementResult> frontier_or_swap(const PlacementProblem& problem) {
    auto exact = frontier_placement(problem);
    return exact ? exact : swap_placement(problem);
}

/// The first that fits is taken.
constexpr std::array<Solver, 3> kSolvers{{
    {[](const ProblemSize& size) { return size.devices <= 2; }, minimum_cut_placement},
    {[](const ProblemSize& size) { return size.assignments <= kFewAssignments; }, exhaustive_placement},
    {[](const ProblemSize&) { return true; }, frontier_or_swap},
}};

}  // namespace

std::optional<PlacementResult> best_placement(const PlacementProblem& problem) {
    const ProblemSize size = size_of(problem);
    for (const Solver& solver : kSolvers) {
        if (solver.fits(size)) {
            return solver.solve(problem);
        }
    }
    return std::nullopt;  // unreachable: the last one always fits
}

}  // namespace berth
