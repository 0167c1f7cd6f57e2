// Constraints on a stage's placements: pinned operators, a limit on segments, memory capacities.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation/work.h"

namespace berth {

/// Adds the stage's pins and limits to the plan's problem. Returns false, with errors, if a pin matches no operator.
[[nodiscard]] bool constrain(LengthPlan& plan, const ModelStage& stage, const Profile& profile,
                             Diagnostics& diagnostics);

/// Size of an operator's key-value cache for `positions`, and of its state. `scheme` is the operator's lowered scheme;
/// the weights of attention are its cache. Non-causal (cross) attention caches the keys and values of its source,
/// computed once.
[[nodiscard]] Bytes kept_in_cache(const Operator& op, const Scheme& scheme, std::int64_t positions);

/// Description of the limit that an assignment exceeds, with both numbers; absent if it meets all limits.
[[nodiscard]] std::optional<std::string> exceeded_limit(const PlacementLimits& limits, const Assignment& assignment);

/// "24.4 GiB of the 16 GiB of dram", where the first exceeds the second; "1.2 MiB more than the 16 GiB of dram" where
/// both would read alike.
[[nodiscard]] std::string exceeding_text(Bytes needed, Bytes capacity, std::string_view memory);

/// Irreducible infeasible set of constraints: no placement meets all of them, but each proper subset can be met. Empty
/// if infeasibility has another cause.
[[nodiscard]] std::vector<std::string> clashing_constraints(const LengthPlan& plan, const ModelStage& stage,
                                                            const Profile& profile);

}  // namespace berth
