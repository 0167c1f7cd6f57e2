// Numbers of a profile that decide how a graph is lowered, not only what its kernels cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "berth/cost/plan.h"
#include "berth/hardware/profile.h"

namespace berth {

/// A condition on a number of a profile; while it holds, the graph's lowering stays the same.
struct LoweringCondition {
    enum class Number : std::uint8_t {
        kCapacity,         ///< capacity of the levels that keep tensors, over `cores` cores
        kLargestResult,    ///< largest result of operators of the kind `index`
        kEpilogueTraffic,  ///< epilogue traffic of the fusion rule `index`
    } number{};
    DeviceId device = 0;
    int cores = 1;
    std::size_t index = 0;
    double from = 0, below = 0;  ///< SI; kCapacity holds in [from, below); others only at `from`
    [[nodiscard]] bool holds(const Profile& profile) const;
};

/// Conditions under which the plan's graph is lowered to its device in the same way.
[[nodiscard]] std::vector<LoweringCondition> lowering_conditions(const DevicePlan& plan, const Profile& profile);

/// Paths of all numbers that conditions may depend on, as in parameters().
[[nodiscard]] std::vector<std::string> lowering_parameters(const Profile& profile);

}  // namespace berth
