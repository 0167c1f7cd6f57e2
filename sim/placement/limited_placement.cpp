// Placement by operator within memories: Lagrangian relaxations say which operators of a part go together.
#include <algorithm>
#include <map>
#include <tuple>

#include "base/index.h"
#include "berth/placement/placement.h"
#include "placement/optimality.h"

namespace berth {

namespace {

// The memory that an assignment overfills by most; absent if it overfills none.
std::optional<std::size_t> fullest(const PlacementLimits& limits, const Assignment& assignment) {
    std::optional<std::size_t> fullest;
    double most = 1;
    for (std::size_t m = 0; m < limits.memories.size(); ++m) {
        const double filled = memory_needed(limits, m, assignment) / limits.memories[m].capacity;
        if (filled > most) {
            most = filled;
            fullest = m;
        }
    }
    return fullest;
}

// The problem without limits, in which each byte that an assignment keeps in a memory costs `price` seconds. Bytes that
// two operators keep once are taken from the first as if as many as possible were, and paid again where fewer are; not
// on one device, for which the price is then too low, and the bound still one.
PlacementProblem priced(const PlacementProblem& problem, std::size_t memory, double price) {
    const PlacementLimits& limits = problem.limits;
    const std::vector<bool>& holds = limits.memories[memory].holds;
    const auto worth = [price](Bytes size) { return seconds(price * in_bytes(size)); };
    PlacementProblem free = problem;
    free.limits = {};
    for (std::size_t op = 0; op < limits.size.size(); ++op) {
        for (std::size_t d = 0; d < problem.devices; ++d) {
            auto& cost = free.cost[op][d];
            cost = cost && holds[d] ? std::optional(*cost + worth(limits.size[op][d])) : cost;
        }
    }
    for (const PlacementLimits::Shared& one : limits.shared) {
        PlacementProblem::TensorFlow& again = free.flows.emplace_back();
        again.producer = one.before;
        again.consumers = {one.after};
        again.size.resize(problem.devices);
        again.crossing.assign(problem.devices, std::vector<Time>(problem.devices));
        for (std::size_t from = 0; from < problem.devices; ++from) {
            const auto once = [&](std::size_t to) { return holds[from] && holds[to] ? one.size[from][to] : Bytes{}; };
            Bytes most;
            for (std::size_t to = 0; to < problem.devices; ++to) {
                most = std::max(most, once(to));
            }
            auto& cost = free.cost[at(one.before)][from];
            cost = cost ? std::optional(*cost - worth(most)) : cost;
            for (std::size_t to = 0; to < problem.devices; ++to) {
                again.crossing[from][to] = from == to ? Time{} : worth(most - once(to));
            }
        }
    }
    return free;
}

/// Optima at two prices of a memory: the dearest found at which it is overfilled, and the cheapest at which it is not,
/// or the dearest of all.
struct Relaxations {
    PlacementResult over, within;
    Time bound;  ///< on the time of any placement within the memory
};

// Everett, Operations Research 1963: the price is bisected. By weak duality the optimum at any price, less the price of
// the whole memory, is a lower bound; leaving out working memory only lowers it.
Relaxations relaxed(const PlacementProblem& problem, std::size_t memory, const PlacementResult& free) {
    constexpr int kDoublings = 40, kHalvings = 12;
    const Bytes capacity = problem.limits.memories[memory].capacity;
    Relaxations found{free, free, free.lower_bound};
    const auto fits_at = [&](double price) {
        auto best = best_placement(priced(problem, memory, price));
        found.bound = std::max(found.bound, best->lower_bound - seconds(price * in_bytes(capacity)));
        const bool fits = memory_needed(problem.limits, memory, best->assignment) <= capacity;
        (fits ? found.within : found.over) = std::move(*best);
        return fits;
    };
    double low = 0;
    double high = in_seconds(free.objective) / std::max(1.0, in_bytes(capacity)) / 1e3;  // it may hold nothing
    bool fits = fits_at(high);
    for (int doubling = 0; !fits && doubling < kDoublings; ++doubling) {
        low = high;
        high *= 2;
        fits = fits_at(high);
    }
    found.within = fits ? found.within : found.over;
    for (int halving = 0; fits && halving < kHalvings; ++halving) {
        const double price = (low + high) / 2;
        (fits_at(price) ? high : low) = price;
    }
    return found;
}

// [operator] number of its group: the operators of a part that both relaxations place alike, and that run on the same
// devices; negative outside of parts.
std::vector<int> placed_alike(const PlacementProblem& problem, const std::vector<int>& part,
                              const Relaxations& relaxations) {
    std::map<std::tuple<int, DeviceId, DeviceId, std::vector<bool>>, int> numbers;
    std::vector<int> group;
    for (std::size_t op = 0; op < part.size(); ++op) {
        std::vector<bool> runs;
        for (const auto& cost : problem.cost[op]) {
            runs.push_back(cost.has_value());
        }
        const auto key = std::tuple(part[op], relaxations.over.assignment[op], relaxations.within.assignment[op], runs);
        const int number = numbers.emplace(key, static_cast<int>(numbers.size())).first->second;
        group.push_back(part[op] < 0 ? -1 : number);
    }
    return group;
}

}  // namespace

std::optional<PlacementResult> limited_placement(const PlacementProblem& problem, const std::vector<int>& part) {
    PlacementProblem free = problem;
    free.limits = {};
    auto best = best_placement(free);
    const auto memory = best ? fullest(problem.limits, best->assignment) : std::nullopt;
    if (!memory) {
        return best_placement(problem);
    }
    const Relaxations relaxations = relaxed(problem, *memory, *best);
    auto found = best_placement(kept_together(problem, placed_alike(problem, part, relaxations)));
    return found ? std::optional(with_bound(std::move(found->assignment), found->objective, relaxations.bound))
                 : std::nullopt;
}

}  // namespace berth
