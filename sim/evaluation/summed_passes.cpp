// Adds the costs of passes operator by operator.
#include "evaluation/summed_passes.h"

#include <algorithm>
#include <utility>

namespace berth {

void scale_costs(PlacementProblem& problem, double factor) {
    for (auto& costs : problem.cost) {
        for (auto& cost : costs) {
            cost = cost ? std::optional(*cost * factor) : std::nullopt;
        }
    }
    for (auto& flow : problem.flows) {
        for (auto& row : flow.crossing) {
            std::ranges::for_each(row, [factor](Time& time) { time *= factor; });
        }
    }
    std::ranges::for_each(problem.fusion, [factor](auto& one) { one.loss *= factor; });
    std::ranges::for_each(problem.activation, [factor](Time& time) { time *= factor; });
}

namespace {

bool same_flow(const PlacementProblem::TensorFlow& a, const PlacementProblem::TensorFlow& b) {
    return a.producer == b.producer && a.consumers == b.consumers && a.to_host == b.to_host;
}

bool alike(const PlacementProblem& a, const PlacementProblem& b) {
    return a.cost.size() == b.cost.size() && std::ranges::equal(a.flows, b.flows, same_flow);
}

void add_costs(PlacementProblem& sum, const PlacementProblem& one) {
    for (std::size_t op = 0; op < sum.cost.size(); ++op) {
        for (std::size_t d = 0; d < sum.devices; ++d) {
            auto& cost = sum.cost[op][d];
            cost = cost && one.cost[op][d] ? std::optional(*cost + *one.cost[op][d]) : std::nullopt;
        }
    }
    for (std::size_t f = 0; f < sum.flows.size(); ++f) {
        for (std::size_t from = 0; from < sum.devices; ++from) {
            for (std::size_t to = 0; to < sum.devices; ++to) {
                sum.flows[f].crossing[from][to] += one.flows[f].crossing[from][to];
            }
        }
    }
    sum.fusion.insert(sum.fusion.end(), one.fusion.begin(), one.fusion.end());
    for (std::size_t d = 0; d < sum.devices; ++d) {
        sum.activation[d] += one.activation[d];
    }
}

void keep_larger(std::vector<std::vector<Bytes>>& sizes, const std::vector<std::vector<Bytes>>& others) {
    for (std::size_t op = 0; op < std::min(sizes.size(), others.size()); ++op) {
        for (std::size_t d = 0; d < sizes[op].size(); ++d) {
            sizes[op][d] = std::max(sizes[op][d], others[op][d]);
        }
    }
}

// The longest pass keeps and uses most, so that the larger of each size is that of one pass.
void add_limits(PlacementLimits& sum, const PlacementLimits& one) {
    keep_larger(sum.size, one.size);
    keep_larger(sum.working, one.working);
}

}  // namespace

std::optional<PlacementProblem> summed_passes(std::span<const LengthPlan> passes) {
    std::optional<PlacementProblem> sum;
    for (const LengthPlan& pass : passes) {
        PlacementProblem one = pass.problem;
        scale_costs(one, pass.length.share);
        if (!sum) {
            sum = std::move(one);
        } else if (!alike(*sum, one)) {
            return std::nullopt;
        } else {
            add_costs(*sum, one);
            add_limits(sum->limits, one.limits);
        }
    }
    return sum;
}

}  // namespace berth
