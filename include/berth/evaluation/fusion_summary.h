// Missing fusions of a placed model, grouped by kind, device and reason.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "berth/evaluation/evaluation.h"

namespace berth {

/// Operators of one kind on one device that are not fused with the kind before them, for one reason.
struct MissingFusions {
    DeviceId device = 0;
    OperatorKind op{}, before{};
    FusionBarrier barrier{};
    std::int64_t count = 0;
    std::optional<Time> cost;  ///< total over all of them; absent where no rule could help
};

/// Most expensive first, those without a cost last; ties in the order of the graph.
[[nodiscard]] std::vector<MissingFusions> missing_fusions(const Candidate& candidate);

}  // namespace berth
