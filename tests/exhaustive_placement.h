// Exhaustive enumeration of assignments: the reference for tests of the solvers.
#pragma once

#include <optional>

#include "berth/placement/placement.h"
#include "placement/contraction.h"
#include "placement/optimality.h"

namespace berth {

class ExhaustiveSearch {
  public:
    ExhaustiveSearch(const Contraction& contraction, const PlacementLimits& limits)
        : problem_(contraction.problem), contraction_(contraction), limits_(limits), current_(problem_.cost.size()) {}

    // Tries every device for operator `op` and the operators after it.
    void place_from(std::size_t op) {
        if (op == current_.size()) {
            const auto latency = objective(problem_, current_);
            if (latency && (!best_ || *latency < *best_) && within(limits_, contraction_.expand(current_))) {
                best_ = latency;
                best_assignment_ = current_;
            }
            return;
        }
        for (std::size_t device = 0; device < problem_.devices; ++device) {
            if (problem_.cost[op][device]) {
                current_[op] = static_cast<DeviceId>(device);
                place_from(op + 1);
            }
        }
    }

    [[nodiscard]] const std::optional<Time>& best() const { return best_; }
    [[nodiscard]] const Assignment& best_assignment() const { return best_assignment_; }

  private:
    const PlacementProblem& problem_;
    const Contraction& contraction_;
    const PlacementLimits& limits_;
    Assignment current_, best_assignment_;
    std::optional<Time> best_;
};

/// Tries all assignments within the problem's limits; absent if none is allowed.
inline std::optional<PlacementResult> exhaustive_placement(const PlacementProblem& problem) {
    const Contraction contraction = contract(problem);
    ExhaustiveSearch search(contraction, problem.limits);
    search.place_from(0);
    if (!search.best()) {
        return std::nullopt;
    }
    return with_bound(problem, contraction, search.best_assignment(), *search.best());
}

}  // namespace berth
