// Serial latency of an assignment, the objective of all solvers.
#include <algorithm>
#include <stdexcept>
#include <unordered_map>

#include "base/index.h"
#include "berth/placement/placement.h"
#include "placement/crossings.h"

namespace berth {

namespace {

bool respects_groups(const PlacementProblem& problem, const Assignment& assignment) {
    std::unordered_map<int, DeviceId> device_of;
    for (std::size_t op = 0; op < problem.group.size(); ++op) {
        const int group = problem.group[op];
        if (group >= 0 && device_of.emplace(group, assignment[op]).first->second != assignment[op]) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::optional<Time> objective(const PlacementProblem& problem, const Assignment& assignment) {
    if (assignment.size() != problem.cost.size()) {
        throw std::logic_error("an assignment needs one device per operator");
    }
    if (!respects_groups(problem, assignment)) {
        return std::nullopt;
    }
    Time sum;
    std::vector<bool> used(problem.devices, false);
    for (std::size_t op = 0; op < assignment.size(); ++op) {
        const std::size_t device = at(assignment[op]);
        const auto& cost = problem.cost[op].at(device);
        if (!cost) {
            return std::nullopt;
        }
        sum += *cost;
        used[device] = true;
    }
    for (std::size_t device = 0; device < problem.devices; ++device) {
        if (used[device]) {
            sum += problem.activation[device];
        }
    }
    for (const auto& loss : problem.fusion) {
        if (assignment[static_cast<std::size_t>(loss.after)] == loss.device &&
            assignment[static_cast<std::size_t>(loss.before)] != loss.device) {
            sum += loss.loss;
        }
    }
    Time crossings;
    visit_crossings(problem, assignment, [&](const FlowCrossing& one) {
        crossings += problem.flows[one.flow].crossing[at(one.from)][at(one.to)];
    });
    return sum + crossings;
}

std::vector<Segment> segments(const Assignment& assignment) {
    std::vector<Segment> runs;
    for (std::size_t op = 0; op < assignment.size(); ++op) {
        const auto id = static_cast<OperatorId>(op);
        if (runs.empty() || runs.back().device != assignment[op]) {
            runs.push_back({assignment[op], id, id});
        } else {
            runs.back().last = id;
        }
    }
    return runs;
}

}  // namespace berth
