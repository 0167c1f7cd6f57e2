// Fusions by a runtime's rules, operators left unfused with the reason, and the cost of that.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "berth/base/choice.h"
#include "berth/cost/plan.h"
#include "berth/graph/graph.h"
#include "berth/hardware/profile.h"

namespace berth {

/// Reason why an operator is not fused into the kernel of the one before it.
enum class FusionBarrier : std::uint8_t { kNoRule, kSeveralReaders, kDtype, kGroupFull, kDevice };
inline constexpr std::array<Choice<FusionBarrier>, 5> kFusionBarrierNames{{
    {"no rule", FusionBarrier::kNoRule},
    {"several readers", FusionBarrier::kSeveralReaders},
    {"dtype", FusionBarrier::kDtype},
    {"group full", FusionBarrier::kGroupFull},
    {"different device", FusionBarrier::kDevice},
}};

/// `op` runs inside the kernel of `into`, the first operator of its group.
struct FusedOperator {
    OperatorId op = kNoOperator;
    OperatorId into = kNoOperator;
    friend bool operator==(const FusedOperator&, const FusedOperator&) = default;
};

/// `op` could run inside the kernel that makes what it reads, `before`, but has one of its own.
struct MissingFusion {
    OperatorId op = kNoOperator;
    OperatorId before = kNoOperator;
    FusionBarrier barrier{};
    /// Time lost: time without fusion minus time with a rule [before, op] that has no traffic of its own. Absent where
    /// no rule could help.
    std::optional<Time> cost;
};

struct FusionReport {
    std::vector<FusedOperator> fused;
    std::vector<MissingFusion> missing;
};

/// Fusions of a graph whose operator i runs on device `assignment[i]`, as lowered by `plans[assignment[i]]`.
[[nodiscard]] FusionReport fusion_report(const Graph& graph, const std::vector<DevicePlan>& plans,
                                         const Profile& profile, const std::vector<DeviceId>& assignment);

}  // namespace berth
