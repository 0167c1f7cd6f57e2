// Memory use of assignments, and checks against limits.
#include <algorithm>

#include "base/index.h"
#include "berth/placement/placement.h"

namespace berth {

Bytes kept_resident(const PlacementLimits& limits, std::size_t memory, const Assignment& assignment) {
    const std::vector<bool>& holds = limits.memories.at(memory).holds;
    Bytes kept;
    for (std::size_t op = 0; op < std::min(assignment.size(), limits.size.size()); ++op) {
        kept += holds.at(at(assignment[op])) ? limits.size[op][at(assignment[op])] : Bytes{};
    }
    for (const PlacementLimits::Shared& one : limits.shared) {
        const std::size_t before = at(assignment[at(one.before)]);
        const std::size_t after = at(assignment[at(one.after)]);
        kept -= holds[before] && holds[after] ? one.size[before][after] : Bytes{};
    }
    return kept;
}

Bytes working_memory(const PlacementLimits& limits, std::size_t memory, const Assignment& assignment) {
    const std::vector<bool>& holds = limits.memories.at(memory).holds;
    Bytes working;
    for (std::size_t op = 0; op < std::min(assignment.size(), limits.working.size()); ++op) {
        const std::size_t device = at(assignment[op]);
        working = holds.at(device) ? std::max(working, limits.working[op][device]) : working;
    }
    return working;
}

Bytes memory_needed(const PlacementLimits& limits, std::size_t memory, const Assignment& assignment) {
    return kept_resident(limits, memory, assignment) + working_memory(limits, memory, assignment);
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

// Each sum and each maximum over the operators is bounded by that of their worst devices, chosen for both apart; what
// operators share only takes from it.
Bytes most_needed(const PlacementProblem& problem, std::size_t memory) {
    const PlacementLimits& limits = problem.limits;
    const std::vector<bool>& holds = limits.memories.at(memory).holds;
    Bytes kept, working;
    for (std::size_t op = 0; op < problem.cost.size(); ++op) {
        Bytes largest;
        for (std::size_t device = 0; device < problem.devices; ++device) {
            if (holds[device] && problem.cost[op][device]) {
                largest = limits.size.empty() ? largest : std::max(largest, limits.size[op][device]);
                working = limits.working.empty() ? working : std::max(working, limits.working[op][device]);
            }
        }
        kept += largest;
    }
    return kept + working;
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
