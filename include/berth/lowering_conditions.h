// Which numbers of a profile decide how a graph is lowered, beyond what its kernels cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "berth/plan.h"
#include "berth/profile.h"

namespace berth {

/// As long as it holds, a number of a profile lets a graph be lowered the same.
struct LoweringCondition {
    enum class Number : std::uint8_t {
        kCapacity,         ///< of the levels that keep tensors, over `cores`
        kLargestResult,    ///< of operators of the kind `index`
        kEpilogueTraffic,  ///< of the fusion rule `index`
    } number{};
    DeviceId device = 0;
    int cores = 1;
    std::size_t index = 0;
    double from = 0, below = 0;  ///< SI; kCapacity: anything in between; else just `from`
    [[nodiscard]] bool holds(const Profile& profile) const;
};

/// Under what the plan's graph would be lowered the same to its device.
[[nodiscard]] std::vector<LoweringCondition> lowering_conditions(const DevicePlan& plan, const Profile& profile);

/// Paths of all numbers that conditions are about, as parameters() names them.
[[nodiscard]] std::vector<std::string> lowering_parameters(const Profile& profile);

}  // namespace berth
