// What a stage's placements must keep to: pinned operators, a limit on segments, memory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluation/work.h"

namespace berth {

/// Puts the pins and limits of the stage into the plan's problem. False, with errors, if a pin matches no operator.
[[nodiscard]] bool constrain(LengthPlan& plan, const ModelStage& stage, const Profile& profile,
                             Diagnostics& diagnostics);

/// Keys and values that an operator keeps in a cache that holds `positions`, and states. `scheme` is what became of the
/// operator's own: an attention's weights are its cache. What is not causal reads keys and values of a source, which
/// were made once.
[[nodiscard]] Bytes kept_in_cache(const Operator& op, const Scheme& scheme, std::int64_t positions);

/// The limit that an assignment exceeds, with both numbers; absent if it keeps to all of them.
[[nodiscard]] std::optional<std::string> exceeded_limit(const PlacementLimits& limits, const Assignment& assignment);

/// Where no placement of the operators keeps to everything: constraints that no placement keeps to together, of which
/// none can be left out. Empty if it is not they that make it impossible.
[[nodiscard]] std::vector<std::string> clashing_constraints(const LengthPlan& plan, const ModelStage& stage,
                                                            const Profile& profile);

}  // namespace berth
