// A graph as one device would run it: fusion, dtypes, conversions, fallback and on-chip tensors decided, kernels
// costed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/cost.h"
#include "berth/graph.h"
#include "berth/profile.h"

namespace berth {

/// Index into DevicePlan::kernels.
using KernelId = std::int32_t;

/// Why a kernel is there.
enum class StepRole : std::uint8_t { kOperator, kPart, kQuantize, kDequantize, kCast };

struct Step {
    KernelId kernel = -1;
    StepRole role = StepRole::kOperator;
};

/// One operator on one device.
struct OperatorPlan {
    bool supported = false;
    std::string reason;                   ///< why not, with the number and the limit
    std::optional<DeviceId> fallback;     ///< where the runtime runs it instead
    std::vector<Step> steps;              ///< empty for a fused follower
    OperatorId fused_into = kNoOperator;  ///< the operator before it in the fused group
    Time cost;                            ///< of its steps, or its share in the group's kernel
    KernelId alone = -1;                  ///< of a fused follower: its kernel if the operator before ran elsewhere
    Time unfused_extra;                   ///< what that would cost more
    DType ran_at = DType::kFp32;
    Bytes output_size;  ///< of the tensor it makes, at the dtype it makes it in
};

/// A graph lowered to one device. Kernels are listed once each; identical layers share them.
struct DevicePlan {
    DeviceId device = 0;
    Execution execution;
    std::vector<Kernel> kernels;
    std::vector<KernelCost> costs;
    std::vector<OperatorPlan> operators;  ///< parallel to graph.operators
    Time per_graph;
    Bytes weight_bytes;                ///< at the dtypes they are stored in
    Bytes peak_activation_bytes;       ///< most that is alive at once in execution order
    Bytes spilled_bytes;               ///< activations that do not stay on chip between kernels
    std::vector<std::string> unfused;  ///< adjacent pairs that this runtime cannot fuse but others do
};

/// Lowers `graph` (already laid out for what this device pays: bucket or tokens) to `device`.
[[nodiscard]] DevicePlan plan_device(const Graph& graph, const Profile& profile, DeviceId device,
                                     const Execution& execution);

/// How the matrices of a call of a runtime's own matmul library lie in memory.
enum class MatrixLayout : std::uint8_t { kNative, kNormal };
inline constexpr std::array<Choice<MatrixLayout>, 2> kMatrixLayoutNames{
    {{"native", MatrixLayout::kNative}, {"normal", MatrixLayout::kNormal}}};

/// What a runtime leaves its results in when it ran at `ran_at`: with dynamic quantisation tensors stay in float.
[[nodiscard]] DType result_dtype(const Runtime& runtime, DType ran_at);

/// One operator by itself on a device, all tensors in DRAM: a step of a compiled graph, or (`library_call`) a call of
/// the runtime's matmul library, which returns what it accumulated: 32 bits, but 16 from int4 operands. It runs at the
/// nearest dtype that the runtime has. Absent, with the reason in `why`, if the runtime does not take it.
[[nodiscard]] std::optional<Kernel> standalone_kernel(OperatorKind kind, const Dims& dims, DType dtype,
                                                      bool library_call, const Profile& profile, DeviceId device,
                                                      std::string* why);

/// Cost of every kernel again under other numbers of the same profile; the lowering stays.
[[nodiscard]] std::vector<KernelCost> recost(const DevicePlan& plan, const Profile& profile);

}  // namespace berth
