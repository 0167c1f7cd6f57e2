// Memory use of assignments, and checks against limits.
#include <algorithm>

#include "base/index.h"
#include "berth/placement.h"

namespace berth {

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
    if (limits.segments && segments(assignment).size() > at(*limits.segments)) {
        return false;
    }
    for (std::size_t memory = 0; memory < limits.memories.size(); ++memory) {
        if (memory_needed(limits, memory, assignment) > limits.memories[memory].capacity) {
            return false;
        }
    }
    return true;
}

Bytes most_needed(const PlacementProblem& problem, std::size_t memory) {
    const PlacementLimits& limits = problem.limits;
    const std::vector<bool>& holds = limits.memories.at(memory).holds;
    Bytes most;
    for (std::size_t device = 0; device < limits.working.size(); ++device) {
        most = holds[device] ? std::max(most, limits.working[device]) : most;
    }
    for (std::size_t op = 0; op < limits.size.size(); ++op) {
        Bytes largest;
        for (std::size_t device = 0; device < problem.devices; ++device) {
            const bool possible = holds[device] && problem.cost[op][device];
            largest = possible ? std::max(largest, limits.size[op][device]) : largest;
        }
        most += largest;
    }
    return most;
}

PlacementLimits limits_that_bind(const PlacementProblem& problem) {
    PlacementLimits binding = problem.limits;
    binding.memories.clear();
    for (std::size_t memory = 0; memory < problem.limits.memories.size(); ++memory) {
        if (most_needed(problem, memory) > problem.limits.memories[memory].capacity) {
            binding.memories.push_back(problem.limits.memories[memory]);
        }
    }
    return binding;
}

}  // namespace berth
