// Endpoints of a flow along the execution order.
#pragma once

#include <algorithm>
#include <vector>

#include "berth/placement.h"

namespace berth {

/// Operators that produce or read a flow, without duplicates, in execution order; may be empty.
[[nodiscard]] inline std::vector<OperatorId> ends_of(const PlacementProblem::TensorFlow& flow) {
    std::vector<OperatorId> ends = flow.consumers;
    if (flow.producer != kNoOperator) {
        ends.push_back(flow.producer);
    }
    std::ranges::sort(ends);
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
    return ends;
}

}  // namespace berth
