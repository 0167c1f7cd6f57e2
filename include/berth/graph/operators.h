// Operators: their kinds, sizes and resource demands. One table, one row per kind.
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

#include "berth/base/choice.h"
#include "berth/base/diagnostics.h"
#include "berth/base/units.h"

namespace berth {

/// Largest accepted element count: counts up to 2^53 are exact in a double.
inline constexpr std::int64_t kLargestCount = std::int64_t{1} << 53;

/// Data types. The last eight are weight-only block formats of ggml, under ggml's names: blocks of 32 or 256 weights
/// with the scales and minima of the block (block_q2_K and so on in ggml-common.h).
enum class DType : std::uint8_t {
    kFp32,
    kFp16,
    kBf16,
    kInt8,
    kInt4,
    kInt32,
    kInt16,
    kQ2K,
    kQ3K,
    kQ4K,
    kQ5K,
    kQ6K,
    kQ5Zero,
    kQ5One,
    kIq4Nl
};
inline constexpr std::size_t kDTypeCount = 15;
/// Number of dtypes that activations or accumulators may have; they come first.
inline constexpr std::size_t kActivationDTypes = 7;
/// Name and storage of a dtype.
struct DTypeRow {
    std::string_view name;
    DType value;
    double bytes;  ///< per element; a weight of a block format takes its share of the block
};
/// In the order of the enumerators.
inline constexpr std::array<DTypeRow, kDTypeCount> kDTypeNames{{
    {"fp32", DType::kFp32, 4},
    {"fp16", DType::kFp16, 2},
    {"bf16", DType::kBf16, 2},
    {"int8", DType::kInt8, 1},
    {"int4", DType::kInt4, 0.5},
    {"int32", DType::kInt32, 4},
    {"int16", DType::kInt16, 2},
    {"q2_k", DType::kQ2K, 84.0 / 256},     // 2 bits each, 4 of scale and 4 of minimum per 16, both scaled by 16 bits
    {"q3_k", DType::kQ3K, 110.0 / 256},    // 3 bits, 6 of scale per 16, scaled by 16 bits
    {"q4_k", DType::kQ4K, 144.0 / 256},    // 4 bits, 6 of scale and 6 of minimum per 32, both scaled by 16 bits
    {"q5_k", DType::kQ5K, 176.0 / 256},    // 5 bits, and as q4_k
    {"q6_k", DType::kQ6K, 210.0 / 256},    // 6 bits, 8 of scale per 16, scaled by 16 bits
    {"q5_0", DType::kQ5Zero, 22.0 / 32},   // 5 bits, 16 of scale
    {"q5_1", DType::kQ5One, 24.0 / 32},    // 5 bits, 16 of scale and 16 of minimum
    {"iq4_nl", DType::kIq4Nl, 18.0 / 32},  // 4 bits that select one of 16 values, 16 of scale
}};
/// Whether the dtype is a block format of ggml.
[[nodiscard]] constexpr bool is_block_format(DType dtype) {
    return static_cast<std::size_t>(dtype) >= kActivationDTypes;
}
/// Size of one element.
[[nodiscard]] constexpr Bytes element_size(DType dtype) {
    const DTypeRow& row = kDTypeNames.at(static_cast<std::size_t>(dtype));
    if (row.value != dtype) {
        throw std::logic_error("dtypes out of order");
    }
    return bytes(row.bytes);
}
/// Whether values need a scale: int8, int4 and block formats.
[[nodiscard]] constexpr bool is_quantized(DType dtype) {
    return dtype == DType::kInt8 || dtype == DType::kInt4 || is_block_format(dtype);
}

/// Whether values are floating-point numbers.
[[nodiscard]] constexpr bool is_float(DType dtype) {
    return dtype == DType::kFp32 || dtype == DType::kFp16 || dtype == DType::kBf16;
}

/// Cache contents when a kernel is called, as far as they fit: `graph`, data left by the kernels before it; `hot`, all
/// of its own data, because it is called repeatedly by itself; `cold`, nothing, not even its code and descriptors.
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
    kScan,  ///< linear recurrence: a state per channel that each position updates in turn
    kNormalize,
    kQuantize,
    kDequantize,
    kCast,
    kOther,  ///< any other operator, such as an unknown imported one: costed as a pass over its data
};
inline constexpr std::size_t kOperatorKindCount = 26;

/// Part of a model that an operator belongs to, for sums and colours in reports.
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

/// Class of vector work; a device gives each class its own rate.
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
/// In a mixture of experts there are `experts` weights, and each row is multiplied by `active` of them: C then has
/// active m rows.
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
    std::int64_t window = 0;     ///< most keys visible to a query; 0 means all
    std::int64_t value_dim = 0;  ///< width of a head's values; 0 means head_dim
    bool sinks = false;          ///< attention sinks: a learned score per head joins the sum of the softmax
    bool heads_apart = false;    ///< queries, keys and values of each head are separate tensors, as in some exports
    friend bool operator==(const AttentionDims&, const AttentionDims&) = default;
};
[[nodiscard]] constexpr std::int64_t value_width(const AttentionDims& dims) {
    return dims.value_dim == 0 ? dims.head_dim : dims.value_dim;
}

/// Element-wise operators, norms, softmax, moves: [rows, cols] in, [rows, cols] out. For a split or a concat [rows,
/// cols] is the result; for a pool or a resize the input; for `other` all inputs together.
struct RowsDims {
    std::int64_t rows = 0, cols = 0;
    std::int64_t inputs = 1;    ///< activations read (2 for an add of two tensors; 1 with a constant operand)
    std::int64_t out_rows = 0;  ///< pool, resize, other: rows of the result; 0 for every other kind
    bool affine = false;        ///< norms: scale and shift per column; add, mul, relu: a constant per column
    /// Rows of the constant operand of an add, mul or relu (with `affine`), repeated if the result has more, or of the
    /// constant rows that a concat appends to its inputs.
    std::int64_t constant_rows = 0;
    std::int64_t constant_cols = 0;  ///< numbers in such a row: 1 if its columns share one; 0: one for each column
    bool shifted = false;  ///< mul: besides its constant per column, one that is added (a batch norm by itself)
    bool filled = false;   ///< concat: a number fills what the inputs do not cover, as around a padded image
    /// Contiguous channels per position in the layouts of input and result: 1 for the host's row-major layout, 0 if
    /// unknown. A device that stores channels in blocks pays for whole blocks, and a reshape moves data unless both
    /// layouts fill them.
    std::int64_t run = 0, out_run = 0;
    friend bool operator==(const RowsDims&, const RowsDims&) = default;
};

/// A linear recurrence over `seq` positions. Each position reads `inputs` values per channel (values that channels
/// share count as whole), updates `state` elements of each channel, and yields one value. Constants, such as decay
/// rates, are `constant_rows` per channel.
struct ScanDims {
    std::int64_t batch = 1, seq = 0, channels = 0, state = 1, inputs = 1, constant_rows = 0;
    friend bool operator==(const ScanDims&, const ScanDims&) = default;
};

/// Gathers `rows` rows of `cols` columns from a table of `table_rows` rows.
struct GatherDims {
    std::int64_t rows = 0, cols = 0, table_rows = 0;
    bool learned = true;  ///< false: sines of positions and the like, which are no parameters
    friend bool operator==(const GatherDims&, const GatherDims&) = default;
};

/// Convolution of [batch,in_channels,in_height,in_width], or of volumes with a depth before the height; `groups` equal
/// to the channels makes it depthwise. A transposed convolution spreads each input over a kernel of results.
struct ConvDims {
    std::int64_t batch = 1, in_channels = 0, out_channels = 0, in_height = 1, in_width = 1, kernel_height = 1,
                 kernel_width = 1, stride = 1, groups = 1, out_height = 1, out_width = 1;
    bool bias = false;
    std::int64_t in_depth = 1, kernel_depth = 1, out_depth = 1;
    bool weights = true;  ///< the kernel is a weight; otherwise a second activation
    bool transposed = false;
    friend bool operator==(const ConvDims&, const ConvDims&) = default;
};
/// Whether each input channel has filters of its own.
[[nodiscard]] constexpr bool is_depthwise(const ConvDims& conv) {
    return conv.groups > 1 && conv.groups == conv.in_channels;
}

using Dims = std::variant<MatmulDims, AttentionDims, RowsDims, GatherDims, ConvDims, ScanDims>;

/// Alternative of Dims that a kind of operator has.
enum class DimsForm : std::uint8_t { kMatmul, kAttention, kRows, kGather, kConv, kScan };

/// A size as named in files and on the command line: `m`, `head_dim`, `bias`. Flags are 0 or 1.
struct SizeField {
    std::string_view name;
    std::optional<std::int64_t> fallback;  ///< default
    std::string_view same_as;              ///< size that it defaults to; without either default it must be given
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
    VectorClass vector_class;                ///< class of its element-wise work, if any
    Category category;                       ///< default; an architecture may override it
    bool free_when_contiguous;               ///< reshape: moves no data if the layout stays
    std::span<const std::string_view> onnx;  ///< ONNX operators that map to it
};
[[nodiscard]] std::span<const OperatorTraits, kOperatorKindCount> operator_table();
[[nodiscard]] const OperatorTraits& traits(OperatorKind kind);
/// Names of operators, for reading them from files.
[[nodiscard]] std::span<const Choice<OperatorKind>> operator_names();

/// The sizes of a kind of operator.
[[nodiscard]] std::span<const SizeField> size_fields(OperatorKind kind);

/// Builds Dims from sizes in the order of size_fields(). Errors, reported for `name` at `where`: a missing required
/// size, a size out of its range, groups or kv_heads that do not divide what they partition.
[[nodiscard]] std::optional<Dims> make_dims(OperatorKind kind, std::span<const std::optional<std::int64_t>> sizes,
                                            std::string_view name, const SourceLocation& where,
                                            Diagnostics& diagnostics);
/// Whether make_dims() would accept the sizes of `dims`.
[[nodiscard]] bool possible_dims(OperatorKind kind, const Dims& dims);
/// Inverse of make_dims(): values in the order of size_fields().
[[nodiscard]] std::vector<std::int64_t> size_values(OperatorKind kind, const Dims& dims);

/// Sizes that must be written down because they differ from their defaults.
struct StatedSize {
    const SizeField* field = nullptr;
    std::int64_t value = 0;
};
[[nodiscard]] std::vector<StatedSize> stated_sizes(OperatorKind kind, const Dims& dims);

/// A mixture-of-experts matmul as a batch of products, one per expert that is hit. With e experts, of which each of m
/// rows selects a at random, the expected number of experts hit is e (1 - (1 - a/e)^m), rounded; rows are shared evenly
/// among them. Other dims are returned unchanged.
[[nodiscard]] MatmulDims met_experts(const MatmulDims& dims);

// Counts below are exact up to kLargestCount and stay there beyond it.

/// Unpadded multiply-accumulates. Matmul: batch m active k n. Attention: batch heads (head_dim + value_width())
/// visible_scores(). Convolution: one kernel per result; transposed convolution: one kernel per input.
[[nodiscard]] Operations macs(const Dims& dims);
/// Score elements per head and batch item: seq kv_seq, less those hidden by a causal mask or a window. The last query
/// sees every key, each earlier query one key fewer; a window bounds the keys per query. Without a causal mask the
/// window is centred on the query and clipped at the ends of the sequence.
[[nodiscard]] std::int64_t visible_scores(const AttentionDims& dims);
/// Positions whose keys and values attention reads: all, or those in the window of at least one query.
[[nodiscard]] std::int64_t keys_read(const AttentionDims& dims);
/// Elements of a convolution's kernel, whether it is a weight or not.
[[nodiscard]] std::int64_t kernel_elements(const ConvDims& dims);
/// Size of the state that a scan keeps between positions, at 32 bits per element.
[[nodiscard]] Bytes state_size(const ScanDims& dims);
/// Elements that the vector unit processes: score elements of attention; rows x cols of everything else that is neither
/// matmul nor convolution. For a reshape, those that a copy would move; for a resize, the larger side; for a scan, its
/// state, once per position.
[[nodiscard]] Operations vector_elements(const Dims& dims);
/// Elements of the constant operands, bias and affine terms included.
[[nodiscard]] std::int64_t weight_elements(OperatorKind kind, const Dims& dims);
/// Part of weight_elements() in the matrix or table itself, which quantisation narrows; the rest stays at 32 bits.
[[nodiscard]] std::int64_t matrix_elements(const Dims& dims);
/// Elements of all activations read (for a gather the ids; rows once per expert that they are routed to), and of the
/// result.
[[nodiscard]] std::int64_t input_elements(OperatorKind kind, const Dims& dims);
[[nodiscard]] std::int64_t output_elements(OperatorKind kind, const Dims& dims);

}  // namespace berth
