// Steps of lowering a graph to one device: what runs where, at which dtype, fused with what, and what stays on chip.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/plan.h"

namespace berth {

/// Whether and how one operator runs on a device.
struct Support {
    bool supported = false;
    DType ran_at = DType::kFp32;
    bool multi_core = false;
    std::string reason;  ///< why not
    std::optional<DeviceId> fallback;
};
[[nodiscard]] Support operator_support(const Operator& op, const Profile& profile, const Device& device);

/// What a runtime runs an operator at when asked for `wanted`: that, the next wider dtype it has, else its widest.
[[nodiscard]] DType nearest_dtype(DType wanted, const std::vector<DType>& offered);

/// Operator before each fused follower (kNoOperator where there is none), by the runtime's rules, longest pattern
/// first.
struct Fusion {
    std::vector<OperatorId> into;         ///< the operator right before it in its group
    std::vector<const FusionRule*> rule;  ///< of the group, for its followers
    std::vector<std::string> missed;      ///< "matmul + gelu x12": pairs that stay apart
};
[[nodiscard]] Fusion fuse(const Graph& graph, const std::vector<Support>& support, const Runtime& runtime);

/// Which tensors stay on chip from their making to their last use.
struct Residency {
    std::vector<bool> on_chip;  ///< per tensor
    bool weights_on_chip = false;
    Bytes peak, spilled;
};
[[nodiscard]] Residency plan_residency(const Graph& graph, const std::vector<Bytes>& tensor_sizes, Bytes weights,
                                       const Device& device, int cores);

/// Two matmuls and a softmax that stand for attention where the runtime has no operator for it.
[[nodiscard]] std::vector<Kernel> attention_parts(const Kernel& attention);

}  // namespace berth
