// Quantisation schemes: the storage dtype of weights and the dtype of activations.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "berth/base/choice.h"
#include "berth/graph/operators.h"

namespace berth {

/// Mixed-precision weights. Files of llama.cpp are named after the format of most of their matrices; some mixes use a
/// wider format for a few matrices, by role and layer (llama-quant.cpp, see weight_format()). kFile: a file in Q4_0 or
/// Q8_0, all of whose matrices but the head, and its table, have that format.
enum class WeightMix : std::uint8_t { kNone, kFile, kSmall, kMedium };

/// One dtype for weights and activations, or weights narrower than activations. `group` weights share a 16-bit scale;
/// 0: one scale per column or tensor, too few to count. `dynamic`: scales of activations are computed at run time,
/// whatever else the runtime supports.
struct Scheme {
    DType activations = DType::kFp32;
    DType weights = DType::kFp32;
    std::int64_t group = 0;
    bool dynamic = false;
    WeightMix mix = WeightMix::kNone;  ///< of a whole model; kNone for a single operator

    constexpr Scheme() = default;
    // Implicit: a dtype alone is the scheme that uses it for weights and activations.
    constexpr Scheme(DType both) : activations(both), weights(both) {}  // NOLINT(google-explicit-constructor)
    constexpr Scheme(DType of_weights, DType of_activations, std::int64_t weights_per_scale = 0,
                     bool at_run_time = false)
        : activations(of_activations), weights(of_weights), group(weights_per_scale), dynamic(at_run_time) {}
    /// The scheme of a file whose matrices are in `base` but for those of the mix.
    constexpr Scheme(const Scheme& base, WeightMix wider) : Scheme(base) { mix = wider; }
    /// Weights in block format `base`, some matrices wider, multiplied with 16-bit activations.
    constexpr Scheme(DType base, WeightMix wider) : activations(DType::kFp16), weights(base), mix(wider) {}
    /// Whether weights are stored at one dtype and widened to another when they are used.
    [[nodiscard]] constexpr bool weight_only() const { return weights != activations; }
    friend constexpr bool operator==(const Scheme&, const Scheme&) = default;
};

/// Schemes that can be requested for a model. int32 is for ids and accumulators only, int16 for the 16-bit
/// activations of arrays that multiply them as integers (`matrix.weight_only`).
inline constexpr std::array<Choice<Scheme>, 27> kSchemeNames{{
    {"fp32", DType::kFp32},
    {"fp16", DType::kFp16},
    {"bf16", DType::kBf16},
    {"int8", DType::kInt8},
    {"int4", DType::kInt4},
    {"w8a8", DType::kInt8},
    {"w8a16", {DType::kInt8, DType::kFp16}},
    {"w4a16", {DType::kInt4, DType::kFp16}},
    {"w4a16_g128", {DType::kInt4, DType::kFp16, 128}},
    {"w4a16_g32", {DType::kInt4, DType::kFp16, 32}},
    {"int8_dynamic", {DType::kInt8, DType::kInt8, 0, true}},
    {"int8_dynamic_g32", {DType::kInt8, DType::kInt8, 32, true}},
    {"q8_0", {Scheme(DType::kInt8, DType::kInt8, 32, true), WeightMix::kFile}},
    {"q4_0", {Scheme(DType::kInt4, DType::kFp16, 32), WeightMix::kFile}},
    {"q2_k", {DType::kQ2K, DType::kFp16}},
    {"q3_k", {DType::kQ3K, DType::kFp16}},
    {"q4_k", {DType::kQ4K, DType::kFp16}},
    {"q5_k", {DType::kQ5K, DType::kFp16}},
    {"q6_k", {DType::kQ6K, DType::kFp16}},
    {"q5_0", {DType::kQ5Zero, DType::kFp16}},
    {"q5_1", {DType::kQ5One, DType::kFp16}},
    {"iq4_nl", {DType::kIq4Nl, DType::kFp16}},
    {"q3_k_m", {DType::kQ3K, WeightMix::kMedium}},
    {"q4_k_s", {DType::kQ4K, WeightMix::kSmall}},
    {"q4_k_m", {DType::kQ4K, WeightMix::kMedium}},
    {"q5_k_s", {DType::kQ5K, WeightMix::kSmall}},
    {"q5_k_m", {DType::kQ5K, WeightMix::kMedium}},
}};

/// Storage of the KV cache; `group` values share a 16-bit scale, 0: no scales.
struct CacheStorage {
    DType dtype = DType::kFp16;
    std::int64_t group = 0;
    friend constexpr bool operator==(const CacheStorage&, const CacheStorage&) = default;
};
inline constexpr std::array<Choice<CacheStorage>, 6> kCacheNames{{
    {"fp32", {DType::kFp32, 0}},
    {"fp16", {DType::kFp16, 0}},
    {"int8", {DType::kInt8, 0}},
    {"int8_g32", {DType::kInt8, 32}},
    {"int4", {DType::kInt4, 0}},
    {"int4_g32", {DType::kInt4, 32}},
}};

/// Bytes per stored weight, its share of the group's scale included.
[[nodiscard]] Bytes stored_size(DType weights, std::int64_t group);

/// Storage of an operator's constants: the matrix or table itself, the scales of its groups, and the rest (biases and
/// affine terms: 4 bytes with quantised activations, else the width of activations).
struct WeightStorage {
    Bytes matrix, scales, beside;
    DType beside_at = DType::kFp32;
    [[nodiscard]] Bytes total() const { return matrix + scales + beside; }
};
[[nodiscard]] WeightStorage weight_storage(OperatorKind kind, const Dims& dims, const Scheme& scheme);

/// Whether the operator is a matmul or convolution with a constant operand.
[[nodiscard]] bool multiplies_weights(OperatorKind kind, const Dims& dims);

/// Properties of an operator by which mixes choose its format.
struct MixedOperator {
    std::string_view name;  ///< in its architecture: `layer.0.ffn.down`
    Category category = Category::kElementwise;
    bool tied = false;                   ///< tied embedding: the head multiplies by this table, too
    std::int64_t layer = 0, layers = 1;  ///< -1: in no layer
};
/// The format that `llama-quantize` gives to an operator's matrix in a file of that mix.
[[nodiscard]] DType weight_format(const Scheme& scheme, const MixedOperator& op);
/// The scheme with that format, as it applies to one operator: without a mix, and blocks without a scale of their own.
[[nodiscard]] Scheme unmixed(Scheme scheme, const MixedOperator& op);

/// The requested scheme as it applies to an operator: only operators that multiply by weights unpack narrower ones;
/// tables are stored at the width of activations, except in block formats and in files of ggml (WeightMix).
[[nodiscard]] Scheme scheme_for(OperatorKind kind, const Dims& dims, const Scheme& asked);

}  // namespace berth
