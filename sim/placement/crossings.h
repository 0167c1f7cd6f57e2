// Tensors that cross between devices under an assignment.
#pragma once

#include <cstddef>
#include <vector>

#include "base/index.h"
#include "berth/placement/placement.h"

namespace berth {

/// Transfer of a tensor; it takes place once per other device that reads the tensor.
struct FlowCrossing {
    std::size_t flow = 0;
    DeviceId from = 0, to = 0;
    OperatorId reader = kNoOperator;  ///< first reader on that device; kNoOperator: the host, as a result
};

/// Calls `visit` with each FlowCrossing, in the order of the flows and of their readers.
template <class Visit>
void visit_crossings(const PlacementProblem& problem, const Assignment& assignment, Visit visit) {
    std::vector<std::size_t> reached(problem.devices, 0);  // [device] 1 + index of the last flow that has reached it
    for (std::size_t f = 0; f < problem.flows.size(); ++f) {
        const PlacementProblem::TensorFlow& flow = problem.flows[f];
        const DeviceId from = flow.producer == kNoOperator ? problem.host : assignment[at(flow.producer)];
        reached[at(from)] = f + 1;
        const auto reach = [&](DeviceId to, OperatorId reader) {
            if (reached[at(to)] != f + 1) {
                reached[at(to)] = f + 1;
                visit(FlowCrossing{f, from, to, reader});
            }
        };
        for (const OperatorId consumer : flow.consumers) {
            reach(assignment[at(consumer)], consumer);
        }
        if (flow.to_host) {
            reach(problem.host, kNoOperator);
        }
    }
}

}  // namespace berth
