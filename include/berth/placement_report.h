// The answer of a placement on a ready-costed graph, for people and for programs.
#pragma once

#include <array>
#include <string>

#include "berth/choice.h"
#include "berth/costed_placement.h"
#include "berth/text_width.h"

namespace berth {

enum class CostedObjective { kThroughput, kLatency };
inline constexpr std::array<Choice<CostedObjective>, 2> kCostedObjectiveNames{
    {{"throughput", CostedObjective::kThroughput}, {"latency", CostedObjective::kLatency}}};

/// The objective with its proof or gap, then what each device that is used has to do.
[[nodiscard]] std::string placement_text(const CostedGraph& graph, const CostedPlacement& placement,
                                         CostedObjective objective, TextWidth width = {});

/// `problem`, `objective`, `lower_bound`, `gap`, `proved_optimal`, `devices`, and `assignment` from node id to device.
[[nodiscard]] std::string placement_json(const CostedGraph& graph, const CostedPlacement& placement,
                                         CostedObjective objective);

}  // namespace berth
