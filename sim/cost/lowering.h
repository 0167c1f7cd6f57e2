// Passes that lower a graph to one device: what runs where and at which dtypes, what is fused with what, which tensors
// are converted, and what stays on chip.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/plan.h"

namespace berth {

/// Indexed by DType.
using DTypeSet = std::bitset<kDTypeCount>;
/// What all clusters of a device multiply.
[[nodiscard]] DTypeSet matrix_dtypes(const Device& device);

/// Whether and how one operator runs on a device.
struct Support {
    bool supported = false;
    bool multi_core = false;
    Scheme scheme;                  ///< dtypes of its activations and of its weights as they are stored
    std::optional<DType> multiply;  ///< where the runtime multiplies narrow weights at a dtype of its own choice
    ProductCut cut;                 ///< of a matmul above the limits of one
    bool own_code = false;          ///< the runtime's own code on a core of the host computes it
    std::string reason;             ///< why not, or why not on the device
    std::optional<DeviceId> fallback;
    [[nodiscard]] DType ran_at() const { return scheme.activations; }
};
/// Operators of a model are compiled for one of the precisions that the runtime offers; one by itself may also run at
/// any other dtype of both operands that the engine multiplies.
enum class Purpose : std::uint8_t { kModel, kAlone };
/// `engine` is matrix_dtypes() of the device.
[[nodiscard]] Support operator_support(const Operator& op, const Profile& profile, const Device& device,
                                       const DTypeSet& engine, Purpose purpose = Purpose::kModel);

/// Dtypes of the operator's own kernel, but for its result.
void set_dtypes(Kernel& kernel, const Support& support);

/// What a runtime runs an operator at when asked for `wanted`: that, the next wider dtype of `offered`, else the
/// widest; of equally wide ones the first of `preferred`.
[[nodiscard]] DType nearest_dtype(DType wanted, const DTypeSet& offered, std::span<const DType> preferred);

/// Operators of one kind, size and scheme: a device treats them alike.
struct OperatorClass {
    const Operator* example = nullptr;
    Support support;
    Bytes weights;                 ///< constants, as they are stored
    DType made_at = DType::kFp32;  ///< its result
    Bytes made_element;            ///< of one element of it
};
struct OperatorClasses {
    std::vector<std::uint32_t> of;  ///< per operator, into `classes`
    std::vector<OperatorClass> classes;
    std::vector<TensorId> made;  ///< per operator
    [[nodiscard]] const OperatorClass& operator[](std::size_t op) const { return classes[of[op]]; }
    [[nodiscard]] const Support& support(std::size_t op) const { return classes[of[op]].support; }
};
[[nodiscard]] OperatorClasses classify(const Graph& graph, const Profile& profile, const Device& device);

/// What the passes ask about a tensor, found in one walk over the graph.
struct TensorFacts {
    Bytes size;                            ///< at the dtype it is made at
    std::uint32_t first = 0, last = 0;     ///< operators between which it is alive
    OperatorId only_reader = kNoOperator;  ///< if there is just one and nobody outside wants it
    DTypeSet wanted;                       ///< other dtypes that readers want it at
    bool made_here = false;                ///< by an operator of the graph
};
[[nodiscard]] std::vector<TensorFacts> tensor_facts(const Graph& graph, const OperatorClasses& classes);

/// Operator before each fused epilogue_op (kNoOperator where there is none), by the runtime's rules, longest pattern
/// first.
struct Fusion {
    std::vector<OperatorId> into;         ///< the operator right before it in its group
    std::vector<const FusionRule*> rule;  ///< of the group, for its epilogue
};
[[nodiscard]] Fusion fuse(const OperatorClasses& classes, const std::vector<TensorFacts>& tensors,
                          const Runtime& runtime);

/// One more operator in a group: the group's result is now the epilogue_op's.
void add_epilogue_to(Kernel& group, const EpilogueOp& epilogue_op, bool multi_core, DType made_at, bool stays_on_chip);

/// What kind of operator changes a dtype, and which it is in the graph.
[[nodiscard]] StepRole conversion_role(DType from, DType to);
[[nodiscard]] OperatorKind conversion_kind(StepRole role);

/// Which tensors stay on chip from their making to their last use.
struct Residency {
    std::vector<char> on_chip;  ///< per tensor, as a truth value
    std::size_t kept_tensors = 0;
    std::vector<Bytes> alive;    ///< per operator: activations alive while it runs
    std::vector<Bytes> kept;     ///< per operator: of them, those on chip
    double weights_evicted = 1;  ///< share of the weights that is not on chip when its turn comes again
    Bytes peak, spilled, capacity;
    Bytes alike_from, alike_below;  ///< capacities in between keep the same
};
[[nodiscard]] Residency plan_residency(const std::vector<TensorFacts>& tensors, std::size_t operators, Bytes weights,
                                       const Device& device, int cores);

/// Two matmuls and a softmax that stand for attention where the runtime has no operator for it.
[[nodiscard]] std::array<Kernel, 3> attention_parts(const Kernel& attention);
/// The transposes between rows of all heads and heads around those parts, as one kernel; absent where the runtime has
/// none, or the model keeps heads apart.
[[nodiscard]] std::optional<Kernel> head_moves(const Kernel& attention, const Runtime& runtime);

}  // namespace berth
