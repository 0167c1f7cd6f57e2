// Serial latency of an assignment: the sums that every solver minimises.
#include <algorithm>
#include <stdexcept>
#include <unordered_map>

#include "base/index.h"
#include "berth/placement.h"

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

// Each tensor goes once to every other device that reads it.
Time crossings(const PlacementProblem& problem, const Assignment& assignment) {
    Time sum;
    std::vector<std::size_t> reached(problem.devices, 0);  // number of the last tensor that came there
    std::size_t number = 0;
    for (const auto& flow : problem.flows) {
        ++number;
        const DeviceId from =
            flow.producer == kNoOperator ? problem.host : assignment[static_cast<std::size_t>(flow.producer)];
        reached[at(from)] = number;
        const auto reach = [&](DeviceId to) {
            if (reached[at(to)] != number) {
                reached[at(to)] = number;
                sum += flow.crossing[at(from)][at(to)];
            }
        };
        for (const OperatorId consumer : flow.consumers) {
            reach(assignment[static_cast<std::size_t>(consumer)]);
        }
        if (flow.to_host) {
            reach(problem.host);
        }
    }
    return sum;
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
    return sum + crossings(problem, assignment);
}

Bytes memory_needed(const PlacementLimits& limits, std::size_t memory, const Assignment& assignment) {
    const std::vector<bool>& holds = limits.memories.at(memory).holds;
    Bytes kept, working;
    for (std::size_t op = 0; op < assignment.size(); ++op) {
        const std::size_t device = at(assignment[op]);
        if (holds.at(device)) {
            kept += limits.size.empty() ? Bytes{} : limits.size[op][device];
            working = limits.working.empty() ? working : std::max(working, limits.working[device]);
        }
    }
    return kept + working;
}

bool within(const PlacementLimits& limits, const Assignment& assignment) {
    if (limits.segments && segments(assignment).size() > static_cast<std::size_t>(*limits.segments)) {
        return false;
    }
    for (std::size_t memory = 0; memory < limits.memories.size(); ++memory) {
        if (memory_needed(limits, memory, assignment) > limits.memories[memory].capacity) {
            return false;
        }
    }
    return true;
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
