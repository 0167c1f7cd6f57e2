// Where a flow begins and ends along the execution order.
#pragma once

#include <algorithm>
#include <vector>

#include "berth/placement.h"

namespace berth {

/// The operators that make or read a flow, each once and in execution order; empty where none does.
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
