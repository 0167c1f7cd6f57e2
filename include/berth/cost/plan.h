// A graph lowered to one device: fusion, dtypes, conversions, fallback and on-chip tensors decided, kernels costed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/cost/cost.h"
#include "berth/graph/graph.h"
#include "berth/hardware/profile.h"

namespace berth {

/// Index into DevicePlan::kernels.
using KernelId = std::int32_t;

/// Role of a kernel within the steps of an operator.
enum class StepRole : std::uint8_t { kOperator, kPart, kQuantize, kDequantize, kCast };

struct Step {
    KernelId kernel;
    StepRole role;
};

/// Steps of one operator, stored inline: its kernel or the parts it is decomposed into, then conversions of its result.
class Steps {
  public:
    static constexpr std::size_t kMost = 4 + kActivationDTypes;

    // Not defaulted, and the steps not cleared: a model has hundreds of these, most with one step.
    Steps() noexcept {}  // NOLINT(modernize-use-equals-default, cppcoreguidelines-pro-type-member-init)

    /// Throws std::logic_error beyond kMost steps.
    void push_back(Step step);
    [[nodiscard]] const Step* begin() const { return steps_.data(); }
    [[nodiscard]] const Step* end() const { return steps_.data() + count_; }
    [[nodiscard]] Step& front() { return steps_.front(); }
    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }

  private:
    std::array<Step, kMost> steps_;
    std::uint8_t count_ = 0;
};

/// One operator lowered to one device.
struct OperatorPlan {
    // Not defaulted: making one would then fill all of it with zeros before setting its members.
    OperatorPlan() noexcept {}  // NOLINT(modernize-use-equals-default)

    bool supported = false;
    std::string reason;                   ///< why it is not supported, with the number and the limit
    std::optional<DeviceId> fallback;     ///< device on which the runtime runs it instead
    Steps steps;                          ///< empty for a fused epilogue operator, which has no kernel of its own
    OperatorId fused_into = kNoOperator;  ///< the operator before it in its fused group
    KernelId alone = -1;                  ///< its kernel by itself; -1 where parts stand for it
    /// For a fused epilogue operator: the kernel of the group with it, and that of the group without it.
    KernelId joined = -1, before = -1;
    DType ran_at = DType::kFp32;
    /// The requested scheme as lowered: `ran_at`, and the storage dtype of its weights.
    Scheme scheme;
    Bytes output_size;  ///< size of its result, at the result's dtype
    Bytes alive;        ///< activations alive while the operator runs
    Bytes on_chip;      ///< part of `alive` that stays on chip
    bool output_on_chip = false;
};

/// A graph lowered to one device. Kernels are listed once each; identical layers share them.
struct DevicePlan {
    DeviceId device = 0;
    Execution execution;
    std::vector<Kernel> kernels;
    std::vector<KernelCost> costs;
    std::vector<OperatorPlan> operators;  ///< parallel to graph.operators
    Time per_graph;
    Bytes weight_bytes;           ///< at their storage dtypes
    Bytes peak_activation_bytes;  ///< largest `alive` in execution order
    Bytes spilled_bytes;          ///< activations that do not stay on chip between kernels
    Bytes keeping_capacity;       ///< capacity of the levels that keep tensors, over the cores in use
    /// Range of `keeping_capacity`, from the first to below the second, over which the same tensors stay on chip.
    Bytes alike_from, alike_below;
};

/// Capacity of the levels that keep tensors between kernels, over the cores in use.
[[nodiscard]] Bytes keeping_capacity(const Device& device, int cores);

/// Lowers `graph` to `device`. The graph is already instantiated for the length that this device computes: bucket or
/// tokens.
[[nodiscard]] DevicePlan plan_device(const Graph& graph, const Profile& profile, DeviceId device,
                                     const Execution& execution);

/// Memory layout of the matrices in a call of a runtime's own matmul library.
enum class MatrixLayout : std::uint8_t { kNative, kNormal };
inline constexpr std::array<Choice<MatrixLayout>, 2> kMatrixLayoutNames{
    {{"native", MatrixLayout::kNative}, {"normal", MatrixLayout::kNormal}}};

/// Dtype of results that the runtime computed at `ran_at`: under dynamic quantisation tensors stay in floating point.
[[nodiscard]] DType result_dtype(const Runtime& runtime, DType ran_at);

/// One operator by itself.
struct StandaloneOperator {
    OperatorKind kind{};
    Dims dims;
    Scheme dtype;
    /// Of the matrices of a call of the runtime's matmul library, which returns accumulators (32 bits; 16 bits from
    /// int4 operands). Absent: a step of a compiled graph.
    std::optional<MatrixLayout> layout{};
    CacheState cache = CacheState::kHot;
};

/// The operator on a device, at the nearest dtype that the runtime has. Its tensors are in DRAM, unless it is called
/// repeatedly (hot) and all of them fit the levels that keep tensors. Absent, with the reason in `why`, if the runtime
/// does not support it.
[[nodiscard]] std::optional<Kernel> standalone_kernel(const StandaloneOperator& alone, const Profile& profile,
                                                      DeviceId device, std::string& why);

}  // namespace berth
