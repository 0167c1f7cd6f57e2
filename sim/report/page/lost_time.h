// Where a placement loses time: what its operators take beyond their roofline.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "berth/scenario.h"

namespace berth {

/// Operators of the same name in all blocks of a stage, on one device.
struct OperatorGroup {
    std::string stage, name;
    DeviceId device = 0;
    Bound bound{};  ///< of the first
    std::size_t count = 0;
    Time time, above_roofline;  ///< of one pass
};

/// What is left of an operator's time after the larger of its MACs at the rate of its device and its DRAM traffic at
/// the device's bandwidth, on the cores that the placement uses. All of it where the operator has neither.
[[nodiscard]] Time above_roofline(const OperatorResult& op, const Candidate& candidate, const ModelStage& stage,
                                  const Profile& profile);

/// The operators of the recommended placements, those that lose most first.
[[nodiscard]] std::vector<OperatorGroup> groups_by_lost_time(const ScenarioResult& result, const Scenario& scenario);

}  // namespace berth
