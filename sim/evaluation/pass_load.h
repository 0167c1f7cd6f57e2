// What one pass of a placed stage takes of each resource, and how little that can be.
#pragma once

#include <span>
#include <vector>

#include "berth/scenario.h"
#include "evaluation/work.h"

namespace berth {

/// What an operator takes of its device as placed: apart from the one it could be fused into, it runs alone.
struct OperatorDemand {
    Time work;
    Bytes moved;
};
[[nodiscard]] OperatorDemand demand_of(const LengthPlan& length, const Assignment& assignment, std::size_t op);

/// The placement problem of a pass in which what is added up is load times price. Prices are those of resources_of's
/// pools, then of its bandwidths. No placement's priced load is below the bound of this problem's best placement.
[[nodiscard]] PlacementProblem priced_problem(const LengthPlan& length, const ModelStage& stage, const Profile& profile,
                                              std::span<const double> prices);

/// No placement of a pass leaves the bottleneck resource less to do, by column generation (Gilmore and Gomory 1961):
/// placements are those that are best at the prices of a linear programme.
[[nodiscard]] Time pass_load_bound(const LengthPlan& length, const ModelStage& stage, const Profile& profile);

}  // namespace berth
