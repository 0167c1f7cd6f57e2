// Passes that lower a graph to one device: operator support and dtypes, fusion, dtype conversions, and residency of
// tensors on chip.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/cost/plan.h"

namespace berth {

/// Set of dtypes; bit positions are those of DType.
using DTypeSet = std::bitset<kDTypeCount>;
/// Dtypes that the matrix engines of all clusters of a device multiply.
[[nodiscard]] DTypeSet matrix_dtypes(const Device& device);

/// Whether and how one operator runs on a device.
struct Support {
    bool supported = false;
    bool multi_core = false;
    Scheme scheme;                  ///< dtypes of the operator's activations and of its weights as stored
    std::optional<DType> multiply;  ///< multiplication dtype, if the runtime chooses one of its own for narrow weights
    ProductCut cut;                 ///< pieces of a matmul that exceeds the runtime's size limits
    bool own_code = false;          ///< the runtime's own code on a core of the host computes it
    std::string reason;             ///< reason why the operator is unsupported, or does not run on the device itself
    std::optional<DeviceId> fallback;
    [[nodiscard]] DType ran_at() const { return scheme.activations; }
};
/// Purpose of a support query. Operators of a model are compiled for one of the precisions that the runtime offers; a
/// standalone operator may also run at any other dtype of both operands that the engine multiplies.
enum class Purpose : std::uint8_t { kModel, kAlone };
/// Whether the runtime splits operators of a kind over cores; a product with weights may run as a convolution.
[[nodiscard]] bool shared_by_cores(const Runtime& runtime, OperatorKind kind, bool weights);
/// `engine` is matrix_dtypes() of the device.
[[nodiscard]] Support operator_support(const Operator& op, const Profile& profile, const Device& device,
                                       const DTypeSet& engine, Purpose purpose = Purpose::kModel);

/// Sets the dtypes of the operator's own kernel, except that of its result.
void set_dtypes(Kernel& kernel, const Support& support);

/// Dtype at which a runtime runs an operator when asked for `wanted`: `wanted` itself if offered, else the next wider
/// dtype of `offered`, else the widest. Ties in width go to the first of `preferred`.
[[nodiscard]] DType nearest_dtype(DType wanted, const DTypeSet& offered, std::span<const DType> preferred);

/// Operators of equal kind, sizes and scheme, which a device treats identically.
struct OperatorClass {
    const Operator* example = nullptr;
    Support support;
    Bytes weights;                 ///< size of the constants as stored
    DType made_at = DType::kFp32;  ///< dtype of the result
    Bytes made_element;            ///< size of one element of the result
    Bytes cache;                   ///< keys and values that it reads from a cache; zero: its inputs hold all of them
};
struct OperatorClasses {
    std::vector<std::uint32_t> of;  ///< [operator] position in `classes`
    std::vector<OperatorClass> classes;
    std::vector<TensorId> made;  ///< [operator] its output tensor
    [[nodiscard]] const OperatorClass& operator[](std::size_t op) const { return classes[of[op]]; }
    [[nodiscard]] const Support& support(std::size_t op) const { return classes[of[op]].support; }
};
[[nodiscard]] OperatorClasses classify(const Graph& graph, const Profile& profile, const Device& device);

/// Facts that the lowering passes need about a tensor, collected in one walk over the graph.
struct TensorFacts {
    Bytes size;                            ///< at the dtype in which the tensor is produced
    std::uint32_t first = 0, last = 0;     ///< first and last operator of its live range
    OperatorId only_reader = kNoOperator;  ///< its single reader, if it has only one and is not a graph output
    DTypeSet wanted;                       ///< further dtypes at which readers want it
    bool made_here = false;                ///< produced by an operator of the graph
};
[[nodiscard]] std::vector<TensorFacts> tensor_facts(const Graph& graph, const OperatorClasses& classes);

/// Result of the fusion pass under the runtime's rules, longest pattern first. Entries are per operator.
struct Fusion {
    /// [operator] the operator right before it in its group; kNoOperator if it is not fused
    std::vector<OperatorId> into;
    std::vector<const FusionRule*> rule;  ///< [operator] rule that formed its group, which sets the epilogue's traffic
};
[[nodiscard]] Fusion fuse(const OperatorClasses& classes, const std::vector<TensorFacts>& tensors,
                          const Runtime& runtime);

/// Appends one operator to a fused group; the group's result becomes that of `epilogue_op`.
void add_epilogue_to(Kernel& group, const EpilogueOp& epilogue_op, bool multi_core, DType made_at, bool stays_on_chip);

/// Role of a dtype conversion in a plan, and the operator kind that performs it.
[[nodiscard]] StepRole conversion_role(DType from, DType to);
[[nodiscard]] OperatorKind conversion_kind(StepRole role);

/// Tensors that stay on chip from their producer to their last use.
struct Residency {
    std::vector<char> on_chip;  ///< [tensor] 1 if it stays on chip, else 0
    std::size_t kept_tensors = 0;
    std::vector<Bytes> alive;    ///< [operator] size of all live activations while it runs
    std::vector<Bytes> kept;     ///< [operator] size of the live activations that are on chip
    double weights_evicted = 1;  ///< share of the weights that has been evicted by the time they are used again
    Bytes peak, spilled, capacity;
    Bytes alike_from, alike_below;  ///< range of capacities [from, below) in which every residency decision is the same
};
[[nodiscard]] Residency plan_residency(const std::vector<TensorFacts>& tensors, std::size_t operators, Bytes weights,
                                       const Device& device, int cores);

/// Whether the runtime has a schedule for attention that leaves scores in the memory of a core, if they fit there. The
/// device has an attention engine.
[[nodiscard]] bool may_keep_scores(const Device& device, int cores);

/// The same convolution at the largest stride that divides its own and that the runtime has, and the kernel that keeps
/// every so many of its results. Absent where the runtime has the convolution's stride.
struct StridedConvolution {
    Kernel dense, selection;
};
[[nodiscard]] std::optional<StridedConvolution> in_two_strides(const Kernel& convolution, const Runtime& runtime);

/// The two matmuls and the softmax into which attention is lowered where the runtime has no attention operator.
[[nodiscard]] std::array<Kernel, 3> attention_parts(const Kernel& attention);
/// Transposes around those parts, between rows that span all heads and one matrix per head, as one kernel. Absent where
/// the runtime does not move heads or the model keeps them apart.
[[nodiscard]] std::optional<Kernel> head_moves(const Kernel& attention, const Runtime& runtime);
/// The kernels as which a device runs a standalone kernel: the parts above where it has no kernel of that form.
[[nodiscard]] std::vector<Kernel> kernels_of(const Kernel& kernel, const Device& device);

}  // namespace berth
