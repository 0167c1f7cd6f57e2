// Operators: their kinds, sizes and what each kind of them asks of a device. One table, one row per kind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <variant>
#include <vector>

#include "berth/choice.h"
#include "berth/diagnostics.h"
#include "berth/units.h"

namespace berth {

/// Counts of elements are exact in a double too up to here; nothing larger is accepted.
inline constexpr std::int64_t kLargestCount = std::int64_t{1} << 53;

/// The last eight are formats that ggml stores weights in, named as there: blocks of 32 or 256 weights with the scales
/// and minima of the block (block_q2_K and so on in ggml-common.h). Weights alone have them.
enum class DType : std::uint8_t {
    kFp32,
    kFp16,
    kBf16,
    kInt8,
    kInt4,
    kInt32,
    kQ2K,
    kQ3K,
    kQ4K,
    kQ5K,
    kQ6K,
    kQ5Zero,
    kQ5One,
    kIq4Nl
};
inline constexpr std::size_t kDTypeCount = 14;
/// Those that activations may have, or what accumulates them.
inline constexpr std::size_t kActivationDTypes = 6;
inline constexpr std::array<Choice<DType>, kDTypeCount> kDTypeNames{{
    {"fp32", DType::kFp32},
    {"fp16", DType::kFp16},
    {"bf16", DType::kBf16},
    {"int8", DType::kInt8},
    {"int4", DType::kInt4},
    {"int32", DType::kInt32},
    {"q2_k", DType::kQ2K},
    {"q3_k", DType::kQ3K},
    {"q4_k", DType::kQ4K},
    {"q5_k", DType::kQ5K},
    {"q6_k", DType::kQ6K},
    {"q5_0", DType::kQ5Zero},
    {"q5_1", DType::kQ5One},
    {"iq4_nl", DType::kIq4Nl},
}};
/// ggml's blocks of weights.
[[nodiscard]] constexpr bool is_block_format(DType dtype) {
    return static_cast<std::size_t>(dtype) >= kActivationDTypes;
}
/// Size of one element; int4 takes half a byte, a weight in a block its share of the block.
[[nodiscard]] constexpr Bytes element_size(DType dtype) {
    switch (dtype) {
        case DType::kFp32:
        case DType::kInt32:
            return bytes(4);
        case DType::kFp16:
        case DType::kBf16:
            return bytes(2);
        case DType::kInt8:
            return bytes(1);
        case DType::kInt4:
            return bytes(0.5);
        case DType::kQ2K:
            return bytes(84.0 / 256);  // 2 bits each, 4 of scale and 4 of minimum per 16, both scaled by 16 bits
        case DType::kQ3K:
            return bytes(110.0 / 256);  // 3 bits, 6 of scale per 16, scaled by 16 bits
        case DType::kQ4K:
            return bytes(144.0 / 256);  // 4 bits, 6 of scale and 6 of minimum per 32, both scaled by 16 bits
        case DType::kQ5K:
            return bytes(176.0 / 256);  // 5 bits, and as q4_k
        case DType::kQ6K:
            return bytes(210.0 / 256);  // 6 bits, 8 of scale per 16, scaled by 16 bits
        case DType::kQ5Zero:
            return bytes(22.0 / 32);  // 5 bits, 16 of scale
        case DType::kQ5One:
            return bytes(24.0 / 32);  // 5 bits, 16 of scale and 16 of minimum
        case DType::kIq4Nl:
            return bytes(18.0 / 32);  // 4 bits that select one of 16 values, 16 of scale
    }
    throw std::logic_error("unknown dtype");
}
/// int8, int4 and blocks: values that need a scale.
[[nodiscard]] constexpr bool is_quantized(DType dtype) {
    return dtype == DType::kInt8 || dtype == DType::kInt4 || is_block_format(dtype);
}

/// What the caches hold when a kernel is called, as far as it fits: what the kernels before it in its graph left there;
/// all of its own, because it is called again and again by itself; or nothing, not even its code and descriptors.
enum class CacheState : std::uint8_t { kGraph, kHot, kCold };
inline constexpr std::array<Choice<CacheState>, 3> kCacheStateNames{
    {{"graph", CacheState::kGraph}, {"hot", CacheState::kHot}, {"cold", CacheState::kCold}}};

enum class OperatorKind : std::uint8_t {
    kMatmul,
    kConv2d,
    kAttention,
    kSoftmax,
    kLayerNorm,
    kRmsNorm,
    kGelu,
    kSilu,
    kRelu,
    kTanh,
    kSigmoid,
    kAdd,
    kMul,
    kTranspose,
    kReshape,
    kSplit,
    kConcat,
    kEmbedding,
    kPool,
    kResize,
    kScan,  ///< a state per channel that each position updates in turn: linear recurrences
    kNormalize,
    kQuantize,
    kDequantize,
    kCast,
    kOther,  ///< what no kind stands for, such as an imported operator nobody knows: a pass over its data
};
inline constexpr std::size_t kOperatorKindCount = 26;

/// What part of a model an operator belongs to, for sums and colours in reports.
enum class Category : std::uint8_t {
    kEmbedding,
    kAttention,
    kFfn,
    kNorm,
    kConvolution,
    kHead,
    kElementwise,
    kConversion
};
inline constexpr std::array<Choice<Category>, 8> kCategoryNames{{
    {"embedding", Category::kEmbedding},
    {"attention", Category::kAttention},
    {"ffn", Category::kFfn},
    {"norm", Category::kNorm},
    {"convolution", Category::kConvolution},
    {"head", Category::kHead},
    {"elementwise", Category::kElementwise},
    {"conversion", Category::kConversion},
}};

/// Operators that a vector unit handles alike; a device gives each class its own rate.
enum class VectorClass : std::uint8_t { kElementwise, kActivation, kSoftmax, kNorm, kMove, kGather, kReduce, kConvert };
inline constexpr std::size_t kVectorClassCount = 8;
inline constexpr std::array<Choice<VectorClass>, kVectorClassCount> kVectorClassNames{{
    {"elementwise", VectorClass::kElementwise},
    {"activation", VectorClass::kActivation},
    {"softmax", VectorClass::kSoftmax},
    {"norm", VectorClass::kNorm},
    {"move", VectorClass::kMove},
    {"gather", VectorClass::kGather},
    {"reduce", VectorClass::kReduce},
    {"convert", VectorClass::kConvert},
}};

/// C[m,n] = A[m,k] B[k,n] (+ bias[n]), `batch` times. B is a weight, one for the whole batch, or a second activation.
/// With `experts` there are as many weights, of which each row meets `active`: C then has active m rows.
struct MatmulDims {
    std::int64_t batch = 1, m = 0, k = 0, n = 0;
    bool weights = true;
    bool bias = false;
    std::int64_t experts = 1, active = 1;
    friend bool operator==(const MatmulDims&, const MatmulDims&) = default;
};

/// softmax(Q K^T / sqrt(head_dim)) V with Q [batch,heads,seq,head_dim], K [batch,kv_heads,kv_seq,head_dim] and
/// V [batch,kv_heads,kv_seq,value_width(dims)].
struct AttentionDims {
    std::int64_t batch = 1, heads = 0, kv_heads = 0, seq = 0, kv_seq = 0, head_dim = 0;
    bool causal = false;
    std::int64_t window = 0;     ///< keys that a query sees at most; 0 means all
    std::int64_t value_dim = 0;  ///< width of a head's values; 0 means head_dim
    bool sinks = false;          ///< a learned score per head joins the sum of the softmax
    bool heads_apart = false;  ///< queries, keys and values of each head are tensors of their own, as some exports are
    friend bool operator==(const AttentionDims&, const AttentionDims&) = default;
};
[[nodiscard]] constexpr std::int64_t value_width(const AttentionDims& dims) {
    return dims.value_dim == 0 ? dims.head_dim : dims.value_dim;
}

/// Element-wise operators, norms, softmax, moves: [rows, cols] in, [rows, cols] out. Of a split or a concat it is the
/// result that has [rows, cols]; of a pool and a resize it is the input, of `other` all inputs together.
struct RowsDims {
    std::int64_t rows = 0, cols = 0;
    std::int64_t inputs = 1;    ///< activations read (2 for an add of two tensors; 1 with a constant operand)
    std::int64_t out_rows = 0;  ///< pool, resize, other: rows of the result; 0 for every other kind
    bool affine = false;        ///< norms: with scale and shift per column; add, mul: with a constant per column
    /// Constant operand of an add or mul (with `affine`) and constant rows put beside the inputs of a concat: its rows.
    /// It repeats if the result has more.
    std::int64_t constant_rows = 0;
    /// Channels that lie together per position before and after, 1 of what lies row by row as the host has it, 0 if
    /// that is not known. A device that stores channels in blocks pays for whole blocks, and a reshape moves data
    /// unless both fill them.
    std::int64_t run = 0, out_run = 0;
    friend bool operator==(const RowsDims&, const RowsDims&) = default;
};

/// A recurrence over `seq` positions: each reads `inputs` values per channel (or fewer, which channels share; they
/// count as whole), updates `state` elements of it, and makes one. Constants, such as how fast the state decays, are
/// `constant_rows` per channel.
struct ScanDims {
    std::int64_t batch = 1, seq = 0, channels = 0, state = 1, inputs = 1, constant_rows = 0;
    friend bool operator==(const ScanDims&, const ScanDims&) = default;
};

/// `rows` rows of `cols` picked from a table of `table_rows`.
struct GatherDims {
    std::int64_t rows = 0, cols = 0, table_rows = 0;
    friend bool operator==(const GatherDims&, const GatherDims&) = default;
};

/// Convolution of [batch,in_channels,in_height,in_width], or of volumes with a depth before the height; `groups` equal
/// to the channels makes it depthwise. A transposed one spreads each input over a kernel of results.
struct ConvDims {
    std::int64_t batch = 1, in_channels = 0, out_channels = 0, in_height = 1, in_width = 1, kernel_height = 1,
                 kernel_width = 1, stride = 1, groups = 1, out_height = 1, out_width = 1;
    bool bias = false;
    std::int64_t in_depth = 1, kernel_depth = 1, out_depth = 1;
    bool weights = true;  ///< the kernels are weights; otherwise a second activation
    bool transposed = false;
    friend bool operator==(const ConvDims&, const ConvDims&) = default;
};

using Dims = std::variant<MatmulDims, AttentionDims, RowsDims, GatherDims, ConvDims, ScanDims>;

/// Which alternative of Dims a kind of operator has.
enum class DimsForm : std::uint8_t { kMatmul, kAttention, kRows, kGather, kConv, kScan };

/// A size as files and the command line name it: `m`, `head_dim`, `bias`. Flags are 0 or 1.
struct SizeField {
    std::string_view name;
    std::optional<std::int64_t> fallback;  ///< if it is not given
    std::string_view same_as;              ///< or the size to take it from; with neither, it must be given
    std::int64_t min = 1;
    std::int64_t max = kLargestCount;
    [[nodiscard]] bool required() const { return !fallback && same_as.empty(); }
};

/// One row of the operator table.
struct OperatorTraits {
    OperatorKind kind;
    std::string_view name;  ///< in YAML, CSV and reports
    DimsForm form;
    std::span<const SizeField> sizes;
    VectorClass vector_class;                ///< for its element-wise work, if any
    Category category;                       ///< unless the architecture says otherwise
    bool free_when_contiguous;               ///< reshape: no data moves where the layout stays
    std::span<const std::string_view> onnx;  ///< ONNX operators that map to it
};
[[nodiscard]] std::span<const OperatorTraits, kOperatorKindCount> operator_table();
[[nodiscard]] const OperatorTraits& traits(OperatorKind kind);
/// Names of operators, for reading them from files.
[[nodiscard]] std::span<const Choice<OperatorKind>> operator_names();

/// The sizes that operators of a kind have.
[[nodiscard]] std::span<const SizeField> size_fields(OperatorKind kind);

/// Dims from sizes in the order of size_fields(). Errors, told of `name` at `where`: a required size missing, a size
/// out of its range, groups or kv_heads that do not divide what they share out.
[[nodiscard]] std::optional<Dims> make_dims(OperatorKind kind, std::span<const std::optional<std::int64_t>> sizes,
                                            std::string_view name, const SourceLocation& where,
                                            Diagnostics& diagnostics);
/// Whether make_dims() would take them.
[[nodiscard]] bool possible_dims(OperatorKind kind, const Dims& dims);
/// The way back: values in the order of size_fields().
[[nodiscard]] std::vector<std::int64_t> size_values(OperatorKind kind, const Dims& dims);

/// Of those the ones that would have to be written down, since they are not what they are if not given.
struct StatedSize {
    const SizeField* field = nullptr;
    std::int64_t value = 0;
};
[[nodiscard]] std::vector<StatedSize> stated_sizes(OperatorKind kind, const Dims& dims);

/// A layer of experts as a batch of products, one per expert that is met: of e experts, of which each of m rows picks a
/// at random, e (1 - (1 - a/e)^m) are, rounded, and the rows are shared evenly. Other dims as they are.
[[nodiscard]] MatmulDims met_experts(const MatmulDims& dims);

// Counts below are exact up to kLargestCount and stay there beyond it.

/// Multiply-accumulates, unpadded: batch m active k n for a matmul, batch heads (head_dim + value_width())
/// visible_scores() for attention; of a convolution a kernel for each result, of a transposed one for each input.
[[nodiscard]] Operations macs(const Dims& dims);
/// Score elements per head and batch item: seq kv_seq, less what a causal mask or a window hides. The last query sees
/// every key, each earlier one a key less; a window bounds the keys per query. Without a causal mask a window lies
/// around the query, half of it on each side, and ends with the sequence.
[[nodiscard]] std::int64_t visible_scores(const AttentionDims& dims);
/// Positions whose keys and values attention reads: all, or those that the window shows to at least one query.
[[nodiscard]] std::int64_t keys_read(const AttentionDims& dims);
/// Elements of a convolution's kernels, weights or not.
[[nodiscard]] std::int64_t kernel_elements(const ConvDims& dims);
/// What a scan keeps between positions, in 32 bits.
[[nodiscard]] Bytes state_size(const ScanDims& dims);
/// Elements that the vector unit visits: score elements of attention; rows x cols of everything that is neither matmul
/// nor convolution (of a reshape: what a copy would move; of a resize the larger side; of a scan its state, each time).
[[nodiscard]] Operations vector_elements(const Dims& dims);
/// Elements of the constant operands, bias and affine terms included.
[[nodiscard]] std::int64_t weight_elements(OperatorKind kind, const Dims& dims);
/// Of them, those of the matrix or table itself, which quantisation narrows; the rest stays in 32 bits.
[[nodiscard]] std::int64_t matrix_elements(const Dims& dims);
/// Elements of all activations read (the ids, of a gather; rows once per expert that they meet), and of the result.
[[nodiscard]] std::int64_t input_elements(OperatorKind kind, const Dims& dims);
[[nodiscard]] std::int64_t output_elements(OperatorKind kind, const Dims& dims);

}  // namespace berth
