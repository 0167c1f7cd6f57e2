// Depth-first search along the execution order with incremental sums.
#include "placement/branch_and_bound.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/index.h"
#include "placement/contraction.h"
#include "placement/optimality.h"
#include "placement/swap_placement.h"

namespace berth {

namespace {

class Branching {
  public:
    explicit Branching(const PlacementProblem& problem)
        : problem_(problem),
          operators_(problem.cost.size()),
          current_(operators_),
          closing_(operators_),
          losses_(operators_),
          leader_(operators_, -1),
          to_come_(operators_ + 1),
          running_(problem.devices),
          held_(problem.limits.memories.size()),
          working_(operators_ + 1, held_),
          shared_(operators_) {
        for (std::size_t op = operators_; op-- > 0;) {
            std::optional<Time> cheapest;
            for (const auto& cost : problem.cost[op]) {
                cheapest = cost && (!cheapest || *cost < *cheapest) ? cost : cheapest;
            }
            to_come_[op] = to_come_[op + 1] + cheapest.value_or(Time{});
        }
        std::unordered_map<int, int> first;
        for (std::size_t op = 0; op < operators_ && !problem.group.empty(); ++op) {
            if (problem.group[op] >= 0) {
                const int leader = first.emplace(problem.group[op], static_cast<int>(op)).first->second;
                leader_[op] = at(leader) == op ? -1 : leader;
            }
        }
        for (std::size_t f = 0; f < problem.flows.size(); ++f) {
            const auto& flow = problem.flows[f];
            OperatorId last = flow.producer;
            for (const OperatorId consumer : flow.consumers) {
                last = std::max(last, consumer);
            }
            if (last != kNoOperator) {
                closing_[at(last)].push_back(f);
            }
        }
        for (std::size_t i = 0; i < problem.fusion.size(); ++i) {
            losses_[at(std::max(problem.fusion[i].before, problem.fusion[i].after))].push_back(i);
        }
        for (std::size_t i = 0; i < problem.limits.shared.size(); ++i) {
            shared_[at(problem.limits.shared[i].after)].push_back(i);
        }
    }

    void start_from(const Assignment& assignment) {
        const auto latency = objective(problem_, assignment);
        if (latency && within(problem_.limits, assignment)) {
            best_ = assignment;
            least_ = *latency;
        }
    }

    // Places operators from `op` on; `cost` and `segments` are the sums over the operators before it.
    void place_from(std::size_t op, Time cost, int segments) {
        if (best_ && !(cost + to_come_[op] < least_)) {
            return;
        }
        if (op == operators_) {
            best_ = current_;
            least_ = cost;
            return;
        }
        std::vector<std::pair<Time, std::size_t>> ways;
        for (std::size_t device = 0; device < problem_.devices; ++device) {
            if (problem_.cost[op][device] && (leader_[op] < 0 || at(current_[at(leader_[op])]) == device)) {
                current_[op] = static_cast<DeviceId>(device);
                ways.emplace_back(cost + step(op, device), device);
            }
        }
        std::ranges::sort(ways);
        for (const auto& [after, device] : ways) {
            const bool changes = op == 0 || at(current_[op - 1]) != device;
            const int now = segments + (changes ? 1 : 0);
            if (problem_.limits.segments && now > *problem_.limits.segments) {
                continue;
            }
            current_[op] = static_cast<DeviceId>(device);
            ++running_[device];
            hold(op, device, 1);
            if (fits(op)) {
                place_from(op + 1, after, now);
            }
            hold(op, device, -1);
            --running_[device];
        }
    }

    [[nodiscard]] const std::optional<Assignment>& best() const { return best_; }

  private:
    [[nodiscard]] Time step(std::size_t op, std::size_t device) const {
        Time cost = *problem_.cost[op][device] + (running_[device] == 0 ? problem_.activation[device] : Time{});
        for (const std::size_t f : closing_[op]) {
            const auto& flow = problem_.flows[f];
            const std::size_t from = at(flow.producer == kNoOperator ? problem_.host : current_[at(flow.producer)]);
            std::size_t reached = std::size_t{1} << from;
            const auto reach = [&](std::size_t to) {
                cost += (reached >> to & 1U) == 0 ? flow.crossing[from][to] : Time{};
                reached |= std::size_t{1} << to;
            };
            for (const OperatorId consumer : flow.consumers) {
                reach(at(current_[at(consumer)]));
            }
            if (flow.to_host) {
                reach(at(problem_.host));
            }
        }
        for (const std::size_t i : losses_[op]) {
            const auto& loss = problem_.fusion[i];
            const bool split = current_[at(loss.after)] == loss.device && current_[at(loss.before)] != loss.device;
            cost += split ? loss.loss : Time{};
        }
        return cost;
    }

    void hold(std::size_t op, std::size_t device, double sign) {
        const PlacementLimits& limits = problem_.limits;
        for (std::size_t memory = 0; memory < held_.size(); ++memory) {
            const std::vector<bool>& holds = limits.memories[memory].holds;
            if (!holds[device] || limits.size.empty()) {
                continue;
            }
            held_[memory] += sign * limits.size[op][device];
            for (const std::size_t i : shared_[op]) {
                const std::size_t before = at(current_[at(limits.shared[i].before)]);
                held_[memory] -= sign * (holds[before] ? limits.shared[i].size[before][device] : Bytes{});
            }
        }
    }

    // Whether the operators up to `op` fit; notes their largest working memory.
    [[nodiscard]] bool fits(std::size_t op) {
        const std::size_t device = at(current_[op]);
        for (std::size_t memory = 0; memory < held_.size(); ++memory) {
            const PlacementLimits& limits = problem_.limits;
            const bool adds = !limits.working.empty() && limits.memories[memory].holds[device];
            working_[op + 1][memory] = std::max(working_[op][memory], adds ? limits.working[op][device] : Bytes{});
            if (held_[memory] + working_[op + 1][memory] > limits.memories[memory].capacity) {
                return false;
            }
        }
        return true;
    }

    const PlacementProblem& problem_;
    std::size_t operators_;
    Assignment current_;
    std::vector<std::vector<std::size_t>> closing_, losses_;  ///< [operator] flows and fusion losses charged at it
    std::vector<int> leader_;                                 ///< [operator] first operator of its group; -1: itself
    std::vector<Time> to_come_;                               ///< [operator] lower bound on the cost from it on
    std::vector<int> running_;                                ///< [device] number of operators on it
    std::vector<Bytes> held_;                                 ///< [memory] bytes kept resident
    std::vector<std::vector<Bytes>> working_;       ///< [number of operators placed][memory] largest working memory
    std::vector<std::vector<std::size_t>> shared_;  ///< [operator] shared bytes of which it is the later one
    std::optional<Assignment> best_;
    Time least_;
};

}  // namespace

std::optional<PlacementResult> branch_and_bound_placement(const PlacementProblem& problem) {
    const auto start = swap_placement(problem);
    if (!start) {
        return std::nullopt;
    }
    Branching branching(problem);
    branching.start_from(start->assignment);
    branching.place_from(0, Time{}, 0);
    if (!branching.best()) {
        return std::nullopt;
    }
    return with_bound(problem, *branching.best(), objective(problem, *branching.best()).value());
}

}  // namespace berth
