// Alpha-beta swaps, to a local optimum that no reassignment between two devices improves.
#include "placement/swap_placement.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "placement/contraction.h"
#include "placement/optimality.h"
#include "placement/pair_cut.h"

namespace berth {

namespace {

// Starting point: every operator that `device` supports on it, the others on their cheapest devices.
Assignment mostly_on(const PlacementProblem& problem, const Assignment& cheapest, DeviceId device) {
    Assignment assignment = cheapest;
    for (std::size_t op = 0; op < assignment.size(); ++op) {
        if (problem.cost[op][static_cast<std::size_t>(device)]) {
            assignment[op] = device;
        }
    }
    return assignment;
}

struct Solution {
    Assignment assignment;
    Time latency;
};

bool improve_between(const PlacementProblem& problem, Solution& solution, DeviceId first, DeviceId second) {
    Assignment changed = best_between(problem, solution.assignment, first, second).assignment;
    const auto latency = objective(problem, changed);
    if (!latency || !(*latency < solution.latency * (1.0 - kEqualCosts))) {
        return false;
    }
    solution = {std::move(changed), *latency};
    return true;
}

Solution swap_until_stable(const PlacementProblem& problem, const std::vector<DeviceId>& devices, Solution solution) {
    bool improved = true;
    while (improved) {  // each round strictly improves, so the loop ends
        improved = false;
        for (std::size_t i = 0; i < devices.size(); ++i) {
            for (std::size_t j = i + 1; j < devices.size(); ++j) {
                improved = improve_between(problem, solution, devices[j], devices[i]) || improved;
            }
        }
    }
    return solution;
}

}  // namespace

std::optional<PlacementResult> swap_placement(const PlacementProblem& problem) {
    const Contraction contraction = contract(problem);
    const auto cheapest = cheapest_devices(contraction.problem);
    if (!cheapest) {
        return std::nullopt;
    }
    std::vector<Assignment> starts{*cheapest};
    for (const DeviceId device : contraction.usable) {
        starts.push_back(mostly_on(contraction.problem, *cheapest, device));
    }
    std::optional<Solution> best;
    for (const Assignment& start : starts) {
        const auto latency = objective(contraction.problem, start);
        Solution found = swap_until_stable(contraction.problem, contraction.usable, {start, latency.value()});
        if (!best || found.latency < best->latency) {
            best = std::move(found);
        }
    }
    return with_bound(problem, contraction, best->assignment,
                      one_against_rest_bound(contraction.problem, contraction.usable));
}

}  // namespace berth
