// Load of one placed pass on each resource, and a lower bound on it.
#pragma once

#include <span>
#include <vector>

#include "berth/scenario/scenario.h"
#include "berth/simulation/simulation.h"
#include "evaluation/work.h"

namespace berth {

/// Demand of an operator on its device. A fused operator demands what it adds to the kernel that it joins, which can be
/// fewer bytes than none.
struct OperatorDemand {
    Time work;
    Bytes moved;
};
[[nodiscard]] OperatorDemand demand_of(const LengthPlan& length, const Assignment& assignment, std::size_t op,
                                       const SimulatedSystem& resources);

/// Load of a placed pass on each resource: how long it is busy, relative to its servers or its bandwidth. Ordered as
/// the pools of resources_of, then its bandwidths.
[[nodiscard]] std::vector<Time> pass_load(const LengthPlan& length, const ModelStage& stage, const Profile& profile,
                                          const Assignment& assignment);

/// Placement problem of a pass whose costs are loads times prices, one per resource of pass_load. Its optimum is a
/// lower bound on the priced load of any placement.
[[nodiscard]] PlacementProblem priced_problem(const LengthPlan& length, const ModelStage& stage, const Profile& profile,
                                              std::span<const double> prices);

/// Lower bound on the bottleneck load of a pass over all placements, by column generation (Gilmore and Gomory 1961):
/// the columns are placements that are optimal at the dual prices of a linear programme.
[[nodiscard]] Time pass_load_bound(const LengthPlan& length, const ModelStage& stage, const Profile& profile);

}  // namespace berth
