// Placement of a ready-costed graph as text and JSON.
#pragma once

#include <array>
#include <string>

#include "berth/base/choice.h"
#include "berth/base/text_width.h"
#include "berth/placement/costed_placement.h"

namespace berth {

enum class CostedObjective { kThroughput, kLatency };
inline constexpr std::array<Choice<CostedObjective>, 2> kCostedObjectiveNames{
    {{"throughput", CostedObjective::kThroughput}, {"latency", CostedObjective::kLatency}}};

/// The objective with its proof of optimality or its gap, then the load of each device that is used.
[[nodiscard]] std::string placement_text(const CostedGraph& graph, const CostedPlacement& placement,
                                         CostedObjective objective, TextWidth width = {});

/// `problem`, `objective`, `lower_bound`, `gap`, `proved_optimal`, `devices`, and `assignment` from node id to device.
[[nodiscard]] std::string placement_json(const CostedGraph& graph, const CostedPlacement& placement,
                                         CostedObjective objective);

}  // namespace berth
