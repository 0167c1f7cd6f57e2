// Consistency checks of a problem, and merging of its groups.
#include "placement/contraction.h"

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "base/index.h"

namespace berth {

namespace {

void require(bool holds, const char* what) {
    if (!holds) {
        throw std::logic_error(what);
    }
}

void check_flow(const PlacementProblem& problem, const PlacementProblem::TensorFlow& flow) {
    const auto is_operator = [&](OperatorId id) { return id >= 0 && at(id) < problem.cost.size(); };
    require(flow.producer == kNoOperator || is_operator(flow.producer), "a tensor made by no operator of the graph");
    for (const OperatorId consumer : flow.consumers) {
        require(is_operator(consumer), "a tensor read by no operator of the graph");
    }
    require(flow.crossing.size() == problem.devices, "one row of crossings per device");
    for (const auto& row : flow.crossing) {
        require(row.size() == problem.devices, "one crossing per pair of devices");
    }
}

void check(const PlacementProblem& problem) {
    const std::size_t operators = problem.cost.size();
    require(problem.devices > 0 && problem.host >= 0 && static_cast<std::size_t>(problem.host) < problem.devices,
            "a placement problem needs a host among its devices");
    require(problem.activation.size() == problem.devices, "one activation cost per device");
    require(problem.group.empty() || problem.group.size() == operators, "one group per operator");
    for (const auto& row : problem.cost) {
        require(row.size() == problem.devices, "one cost per operator and device");
    }
    const PlacementLimits& limits = problem.limits;
    require(limits.size.empty() || limits.size.size() == operators, "one size per operator");
    require(limits.working.empty() || limits.working.size() == operators, "one working size per operator");
    for (const PlacementLimits::Shared& one : limits.shared) {
        require(one.before >= 0 && one.before < one.after && at(one.after) < limits.size.size(),
                "shared bytes of two operators of the graph in order, which both keep some");
    }
    for (const auto& flow : problem.flows) {
        check_flow(problem, flow);
    }
    for (const auto& loss : problem.fusion) {
        require(loss.before >= 0 && at(loss.before) < operators && loss.after >= 0 && at(loss.after) < operators &&
                    loss.device >= 0 && static_cast<std::size_t>(loss.device) < problem.devices,
                "a fusion loss between operators of the graph, on one of its devices");
    }
}

void add(std::vector<std::optional<Time>>& sums, const std::vector<std::optional<Time>>& costs) {
    for (std::size_t device = 0; device < sums.size(); ++device) {
        auto& sum = sums[device];
        sum = sum && costs[device] ? std::optional(*sum + *costs[device]) : std::nullopt;
    }
}

void merge_operators(const PlacementProblem& problem, Contraction& result) {
    std::unordered_map<int, OperatorId> number_of;
    auto& costs = result.problem.cost;
    result.merged_into.reserve(problem.cost.size());
    for (std::size_t op = 0; op < problem.cost.size(); ++op) {
        auto number = static_cast<OperatorId>(costs.size());
        if (!problem.group.empty() && problem.group[op] >= 0) {
            number = number_of.emplace(problem.group[op], number).first->second;
        }
        result.merged_into.push_back(number);
        if (at(number) == costs.size()) {
            costs.push_back(problem.cost[op]);
        } else {
            add(costs[at(number)], problem.cost[op]);
        }
    }
}

// Merges flows. Tensors and fusions within a group never incur a cost and are dropped.
void merge_flows(const PlacementProblem& problem, Contraction& result) {
    for (const auto& flow : problem.flows) {
        PlacementProblem::TensorFlow merged;
        merged.producer = flow.producer == kNoOperator ? kNoOperator : result.merged_into[at(flow.producer)];
        for (const OperatorId consumer : flow.consumers) {
            merged.consumers.push_back(result.merged_into[at(consumer)]);
        }
        std::ranges::sort(merged.consumers);
        merged.consumers.erase(std::unique(merged.consumers.begin(), merged.consumers.end()), merged.consumers.end());
        std::erase(merged.consumers, merged.producer);
        merged.to_host = flow.to_host && merged.producer != kNoOperator;
        if (!merged.consumers.empty() || merged.to_host) {
            merged.size = flow.size;
            merged.crossing = flow.crossing;
            result.problem.flows.push_back(std::move(merged));
        }
    }
    for (const auto& loss : problem.fusion) {
        const OperatorId before = result.merged_into[at(loss.before)];
        const OperatorId after = result.merged_into[at(loss.after)];
        if (before != after) {
            result.problem.fusion.push_back({before, after, loss.device, loss.loss});
        }
    }
}

}  // namespace

Assignment Contraction::expand(const Assignment& assignment) const {
    Assignment expanded;
    expanded.reserve(merged_into.size());
    for (const OperatorId merged : merged_into) {
        expanded.push_back(assignment[at(merged)]);
    }
    return expanded;
}

Contraction contract(const PlacementProblem& problem) {
    check(problem);
    Contraction result;
    result.problem.devices = problem.devices;
    result.problem.host = problem.host;
    result.problem.activation = problem.activation;
    merge_operators(problem, result);
    merge_flows(problem, result);
    for (std::size_t device = 0; device < problem.devices; ++device) {
        if (std::ranges::any_of(result.problem.cost, [&](const auto& costs) { return costs[device].has_value(); })) {
            result.usable.push_back(static_cast<DeviceId>(device));
        }
    }
    return result;
}

namespace {

// Combines the rows of merged operators, element by element.
template <class Combine>
std::vector<std::vector<Bytes>> merged_rows(const std::vector<std::vector<Bytes>>& rows, const Contraction& contraction,
                                            Combine combine) {
    std::vector<std::vector<Bytes>> merged(rows.empty() ? 0 : contraction.problem.cost.size());
    for (std::size_t op = 0; op < rows.size(); ++op) {
        std::vector<Bytes>& row = merged[at(contraction.merged_into[op])];
        row.resize(rows[op].size());
        std::ranges::transform(row, rows[op], row.begin(), combine);
    }
    return merged;
}

std::vector<PlacementLimits::Shared> merged_shared(const std::vector<PlacementLimits::Shared>& shared,
                                                   const Contraction& contraction) {
    std::map<std::pair<OperatorId, OperatorId>, std::vector<std::vector<Bytes>>> sums;
    for (const PlacementLimits::Shared& one : shared) {
        auto& sum = sums[{contraction.merged_into[at(one.before)], contraction.merged_into[at(one.after)]}];
        sum.resize(one.size.size(), std::vector<Bytes>(one.size.size()));
        for (std::size_t before = 0; before < sum.size(); ++before) {
            std::ranges::transform(sum[before], one.size[before], sum[before].begin(), std::plus{});
        }
    }
    std::vector<PlacementLimits::Shared> merged;
    for (auto& [ends, size] : sums) {
        merged.push_back({ends.first, ends.second, std::move(size)});
    }
    return merged;
}

}  // namespace

PlacementLimits contracted_limits(const PlacementLimits& limits, const Contraction& contraction) {
    require(!limits.segments, "segments are those of the original problem");
    PlacementLimits contracted;
    contracted.memories = limits.memories;
    contracted.size = merged_rows(limits.size, contraction, std::plus{});
    contracted.working = merged_rows(limits.working, contraction, [](Bytes a, Bytes b) { return std::max(a, b); });
    contracted.shared = merged_shared(limits.shared, contraction);
    return contracted;
}

std::optional<Assignment> cheapest_devices(const PlacementProblem& problem) {
    Assignment chosen;
    chosen.reserve(problem.cost.size());
    for (const auto& costs : problem.cost) {
        std::optional<std::size_t> best;
        for (std::size_t device = 0; device < costs.size(); ++device) {
            if (costs[device] && (!best || *costs[device] < *costs[*best])) {
                best = device;
            }
        }
        if (!best) {
            return std::nullopt;
        }
        chosen.push_back(static_cast<DeviceId>(*best));
    }
    return chosen;
}

}  // namespace berth
