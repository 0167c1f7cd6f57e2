// Exact placement on two devices: serial latency is a minimum s-t cut (Stone, IEEE TSE 1977).
#include <stdexcept>
#include <utility>
#include <vector>

#include "berth/placement/placement.h"
#include "placement/contraction.h"
#include "placement/optimality.h"
#include "placement/pair_cut.h"

namespace berth {

std::optional<PlacementResult> minimum_cut_placement(const PlacementProblem& problem) {
    const Contraction contraction = contract(problem);
    const auto start = cheapest_devices(contraction.problem);
    if (!start) {
        return std::nullopt;
    }
    const std::vector<DeviceId>& usable = contraction.usable;
    if (usable.size() > 2) {
        throw std::logic_error("a minimum cut places on two devices");
    }
    if (usable.size() < 2) {
        return with_bound(problem, contraction, *start, objective(contraction.problem, *start).value());
    }
    // Ties go to the host, so that work is moved only for a gain.
    DeviceId first = usable.front();
    DeviceId second = usable.back();
    if (first == problem.host) {
        std::swap(first, second);
    }
    const PairCut cut = best_between(contraction.problem, *start, first, second);
    return with_bound(problem, contraction, cut.assignment, cut.value);
}

}  // namespace berth
