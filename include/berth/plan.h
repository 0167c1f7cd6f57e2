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
    KernelId kernel;
    StepRole role;
};

/// Steps of one operator, in place: its kernel or the parts that stand for it, then conversions of its result.
class Steps {
  public:
    static constexpr std::size_t kMost = 4 + kActivationDTypes;

    // Not defaulted, and the steps not cleared: a model has hundreds of these, most with one step.
    Steps() noexcept {}  // NOLINT(modernize-use-equals-default, cppcoreguidelines-pro-type-member-init)

    /// More than kMost are a std::logic_error.
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

/// One operator on one device.
struct OperatorPlan {
    // Not defaulted: making one would then fill all of it with zeros before setting its members.
    OperatorPlan() noexcept {}  // NOLINT(modernize-use-equals-default)

    bool supported = false;
    std::string reason;                   ///< why not, with the number and the limit
    std::optional<DeviceId> fallback;     ///< where the runtime runs it instead
    Steps steps;                          ///< without a kernel of its own for a fused epilogue operator
    OperatorId fused_into = kNoOperator;  ///< the operator before it in the fused group
    KernelId alone = -1;                  ///< its kernel by itself; absent where parts stand for it
    KernelId joined = -1,
             before = -1;  ///< of a fused epilogue operator: the group's kernel with it, and that without it
    DType ran_at = DType::kFp32;
    Scheme scheme;      ///< what became of the one it was asked for: `ran_at`, and what its weights are stored in
    Bytes output_size;  ///< of the tensor it makes, at the dtype it makes it in
    Bytes alive;        ///< activations alive while it runs
    Bytes on_chip;      ///< of them, those that stay on chip
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
    Bytes weight_bytes;             ///< at the dtypes they are stored in
    Bytes peak_activation_bytes;    ///< most that is alive at once in execution order
    Bytes spilled_bytes;            ///< activations that do not stay on chip between kernels
    Bytes keeping_capacity;         ///< of the levels that keep tensors, over the cores in use
    Bytes alike_from, alike_below;  ///< capacities in between keep the same tensors
};

/// Capacity of the levels that keep tensors between kernels, over the cores in use.
[[nodiscard]] Bytes keeping_capacity(const Device& device, int cores);

/// Lowers `graph` (already laid out for what this device pays: bucket or tokens) to `device`.
[[nodiscard]] DevicePlan plan_device(const Graph& graph, const Profile& profile, DeviceId device,
                                     const Execution& execution);

/// How the matrices of a call of a runtime's own matmul library lie in memory.
enum class MatrixLayout : std::uint8_t { kNative, kNormal };
inline constexpr std::array<Choice<MatrixLayout>, 2> kMatrixLayoutNames{
    {{"native", MatrixLayout::kNative}, {"normal", MatrixLayout::kNormal}}};

/// What a runtime leaves its results in when it ran at `ran_at`: with dynamic quantisation tensors stay in float.
[[nodiscard]] DType result_dtype(const Runtime& runtime, DType ran_at);

/// One operator by itself on a device: a step of a compiled graph, or (`library_call`) a call of
/// the runtime's matmul library, which returns what it accumulated: 32 bits, but 16 from int4 operands. It runs at the
/// nearest dtype that the runtime has. Its tensors are in DRAM, unless it is called again and again (hot) and all of
/// them fit the levels that keep tensors. Absent, with the reason in `why`, if the runtime does not take it.
[[nodiscard]] std::optional<Kernel> standalone_kernel(OperatorKind kind, const Dims& dims, const Scheme& scheme,
                                                      bool library_call, CacheState cache, const Profile& profile,
                                                      DeviceId device, std::string* why);

/// Cost of every kernel again under other numbers of the same profile; the lowering stays.
[[nodiscard]] std::vector<KernelCost> recost(const DevicePlan& plan, const Profile& profile);

}  // namespace berth
