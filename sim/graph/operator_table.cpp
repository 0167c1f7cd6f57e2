// Operator table: one row per kind with name, sizes, vector class, category and ONNX names.
#include <array>

#include "berth/graph/operators.h"

namespace berth {

namespace {

// ONNX operators with the cost of the kind. Erf occurs where exporters decompose gelu.
constexpr std::array<std::string_view, 19> kOnnxMatmul{"MatMul",
                                                       "Gemm",
                                                       "FusedMatMul",
                                                       "FusedGemm",
                                                       "MatMulInteger",
                                                       "QLinearMatMul",
                                                       "QGemm",
                                                       "MatMulIntegerToFloat",
                                                       "DynamicQuantizeMatMul",
                                                       "MatMulNBits",
                                                       "MatMulBnb4",
                                                       "MatMulFpQ4",
                                                       "MatMulInteger16",
                                                       "TransposeMatMul",
                                                       "GemmFastGelu",
                                                       "GemmFloat8",
                                                       "FusedMatMulActivation",
                                                       "QOrderedMatMul",
                                                       "CDist"};
constexpr std::array<std::string_view, 9> kOnnxConv{"Conv",        "FusedConv",     "ConvInteger",
                                                    "QLinearConv", "ConvTranspose", "ConvTransposeWithDynamicPads",
                                                    "DeformConv",  "NhwcConv",      "NhwcFusedConv"};
constexpr std::array<std::string_view, 8> kOnnxAttention{"Attention",
                                                         "QAttention",
                                                         "MultiHeadAttention",
                                                         "GroupQueryAttention",
                                                         "DecoderMaskedMultiHeadAttention",
                                                         "DecoderMaskedSelfAttention",
                                                         "PackedAttention",
                                                         "PackedMultiHeadAttention"};
constexpr std::array<std::string_view, 4> kOnnxSoftmax{"Softmax", "LogSoftmax", "QLinearSoftmax", "BiasSoftmax"};
constexpr std::array<std::string_view, 5> kOnnxLayerNorm{
    "LayerNormalization", "InstanceNormalization", "GroupNormalization", "GroupNorm", "QOrderedLayerNormalization"};
constexpr std::array<std::string_view, 2> kOnnxRmsNorm{"RMSNormalization", "SimplifiedLayerNormalization"};
constexpr std::array<std::string_view, 6> kOnnxGelu{"Gelu", "FastGelu", "BiasGelu", "QuickGelu", "Erf", "QOrderedGelu"};
constexpr std::array<std::string_view, 3> kOnnxSilu{"Swish", "HardSwish", "Mish"};
constexpr std::array<std::string_view, 4> kOnnxRelu{"Relu", "LeakyRelu", "PRelu", "Clip"};
constexpr std::array<std::string_view, 1> kOnnxTanh{"Tanh"};
constexpr std::array<std::string_view, 2> kOnnxSigmoid{"Sigmoid", "HardSigmoid"};
constexpr std::array<std::string_view, 20> kOnnxAdd{
    "Add",         "Sub",         "Sum",   "Where",   "Mean",           "Max",
    "Min",         "QLinearAdd",  "Equal", "Greater", "GreaterOrEqual", "Less",
    "LessOrEqual", "And",         "Or",    "Xor",     "IsNaN",          "Not",
    "BiasAdd",     "QLinearWhere"};
// Batch norm at inference multiplies by a constant scale and adds a constant shift per channel.
constexpr std::array<std::string_view, 18> kOnnxMul{"BatchNormalization",
                                                    "Mul",
                                                    "Div",
                                                    "Pow",
                                                    "Sqrt",
                                                    "Mod",
                                                    "Neg",
                                                    "Abs",
                                                    "Exp",
                                                    "Log",
                                                    "Sin",
                                                    "Cos",
                                                    "Ceil",
                                                    "Floor",
                                                    "Round",
                                                    "Reciprocal",
                                                    "ComplexMul",
                                                    "ComplexMulConj"};
constexpr std::array<std::string_view, 4> kOnnxTranspose{"Transpose", "DepthToSpace", "SpaceToDepth",
                                                         "ReverseSequence"};
constexpr std::array<std::string_view, 6> kOnnxReshape{"Reshape",   "Flatten",  "Squeeze",
                                                       "Unsqueeze", "Identity", "ExpandDims"};
constexpr std::array<std::string_view, 3> kOnnxSplit{"Split", "Slice", "Crop"};
constexpr std::array<std::string_view, 4> kOnnxConcat{"Concat", "StackedSlices", "QLinearConcat", "Pad"};
constexpr std::array<std::string_view, 3> kOnnxEmbedding{"Gather", "GatherBlockQuantized", "PickedRows"};
constexpr std::array<std::string_view, 15> kOnnxPool{
    "ReduceMean",  "ReduceSum",         "ReduceL2",       "ReduceMax", "ReduceMin",          "GlobalAveragePool",
    "AveragePool", "MaxPool",           "GlobalMaxPool",  "ArgMax",    "QLinearAveragePool", "QLinearGlobalAveragePool",
    "NhwcMaxPool", "QLinearReduceMean", "MaxpoolWithMask"};
constexpr std::array<std::string_view, 2> kOnnxResize{"Resize", "Upsample"};
constexpr std::array<std::string_view, 0> kOnnxScan{};
constexpr std::array<std::string_view, 1> kOnnxNormalize{"LpNormalization"};
constexpr std::array<std::string_view, 2> kOnnxQuantize{"QuantizeLinear", "DynamicQuantizeLinear"};
constexpr std::array<std::string_view, 1> kOnnxDequantize{"DequantizeLinear"};
constexpr std::array<std::string_view, 1> kOnnxCast{"Cast"};
constexpr std::array<std::string_view, 0> kOnnxOther{};

// Sizes common to several kinds. Each list follows the order of make_dims() and size_values().
constexpr SizeField required(std::string_view name) { return {name, std::nullopt, ""}; }
constexpr SizeField optional(std::string_view name, std::int64_t fallback) { return {name, fallback, ""}; }
constexpr SizeField flag(std::string_view name, std::int64_t fallback) { return {name, fallback, "", 0, 1}; }
constexpr SizeField as_much_as(std::string_view name, std::string_view other) { return {name, std::nullopt, other}; }

constexpr std::array<SizeField, 8> kMatmulSizes{optional("batch", 1),   required("m"),        required("k"),
                                                required("n"),          flag("weights", 1),   flag("bias", 0),
                                                optional("experts", 1), optional("active", 1)};
constexpr std::array<SizeField, 11> kAttnSizes{optional("batch", 1),
                                               required("heads"),
                                               as_much_as("kv_heads", "heads"),
                                               required("seq"),
                                               as_much_as("kv_seq", "seq"),
                                               required("head_dim"),
                                               flag("causal", 0),
                                               SizeField{"window", 0, "", 0},
                                               SizeField{"value_dim", 0, "", 0},
                                               flag("sinks", 0),
                                               flag("heads_apart", 0)};
constexpr std::array<SizeField, 17> kConvSizes{
    optional("batch", 1),    required("in_channels"),     required("out_channels"), required("in_height"),
    required("in_width"),    required("kernel_height"),   required("kernel_width"), optional("stride", 1),
    optional("groups", 1),   required("out_height"),      required("out_width"),    flag("bias", 0),
    optional("in_depth", 1), optional("kernel_depth", 1), optional("out_depth", 1), flag("weights", 1),
    flag("transposed", 0)};
constexpr std::array<SizeField, 4> kGatherSizes{required("rows"), required("cols"), required("table_rows"),
                                                flag("learned", 1)};
constexpr std::array<SizeField, 2> kRowsSizes{required("rows"), required("cols")};
constexpr std::array<SizeField, 3> kNormSizes{required("rows"), required("cols"), flag("affine", 1)};
constexpr SizeField kConstantRows{"constant_rows", 0, "", 0};
constexpr SizeField kConstantCols{"constant_cols", 0, "", 0};
constexpr std::array<SizeField, 5> kReluSizes{required("rows"), required("cols"), flag("affine", 0), kConstantRows,
                                              kConstantCols};
constexpr std::array<SizeField, 6> kSumSizes{required("rows"),  required("cols"), optional("inputs", 2),
                                             flag("affine", 0), kConstantRows,    kConstantCols};
constexpr std::array<SizeField, 7> kProductSizes{required("rows"),  required("cols"), optional("inputs", 2),
                                                 flag("affine", 0), kConstantRows,    kConstantCols,
                                                 flag("shifted", 0)};
constexpr std::array<SizeField, 5> kConcatSizes{required("rows"), required("cols"), optional("inputs", 2),
                                                kConstantRows, flag("filled", 0)};
constexpr std::array<SizeField, 4> kReshapeSizes{required("rows"), required("cols"), as_much_as("run", "cols"),
                                                 as_much_as("out_run", "run")};
constexpr std::array<SizeField, 6> kScanSizes{optional("batch", 1), required("seq"),       required("channels"),
                                              optional("state", 1), optional("inputs", 1), kConstantRows};
constexpr std::array<SizeField, 3> kPoolSizes{required("rows"), required("cols"), required("out_rows")};

// clang-format off
using K = OperatorKind; using F = DimsForm; using enum VectorClass; using C = Category;
constexpr std::array<OperatorTraits, kOperatorKindCount> kTraits{{
    // kind, name, form, sizes, vector class, category, free when contiguous, ONNX names
    {K::kMatmul,     "matmul",     F::kMatmul,    kMatmulSizes, kElementwise, C::kFfn,         false, kOnnxMatmul},
    {K::kConv2d,     "conv2d",     F::kConv,      kConvSizes,   kElementwise, C::kConvolution, false, kOnnxConv},
    {K::kAttention,  "attention",  F::kAttention, kAttnSizes,   kSoftmax,     C::kAttention,   false, kOnnxAttention},
    {K::kSoftmax,    "softmax",    F::kRows,      kRowsSizes,   kSoftmax,     C::kAttention,   false, kOnnxSoftmax},
    {K::kLayerNorm,  "layer_norm", F::kRows,      kNormSizes,   kNorm,        C::kNorm,        false, kOnnxLayerNorm},
    {K::kRmsNorm,    "rms_norm",   F::kRows,      kNormSizes,   kNorm,        C::kNorm,        false, kOnnxRmsNorm},
    {K::kGelu,       "gelu",       F::kRows,      kRowsSizes,   kActivation,  C::kElementwise, false, kOnnxGelu},
    {K::kSilu,       "silu",       F::kRows,      kRowsSizes,   kActivation,  C::kElementwise, false, kOnnxSilu},
    {K::kRelu,       "relu",       F::kRows,      kReluSizes,   kElementwise, C::kElementwise, false, kOnnxRelu},
    {K::kTanh,       "tanh",       F::kRows,      kRowsSizes,   kActivation,  C::kElementwise, false, kOnnxTanh},
    {K::kSigmoid,    "sigmoid",    F::kRows,      kRowsSizes,   kActivation,  C::kElementwise, false, kOnnxSigmoid},
    {K::kAdd,        "add",        F::kRows,      kSumSizes,    kElementwise, C::kElementwise, false, kOnnxAdd},
    {K::kMul,        "mul",        F::kRows,      kProductSizes,kElementwise, C::kElementwise, false, kOnnxMul},
    {K::kTranspose,  "transpose",  F::kRows,      kRowsSizes,   kMove,        C::kElementwise, false, kOnnxTranspose},
    {K::kReshape,    "reshape",    F::kRows,      kReshapeSizes,kElementwise, C::kElementwise, true,  kOnnxReshape},
    {K::kSplit,      "split",      F::kRows,      kRowsSizes,   kElementwise, C::kElementwise, false, kOnnxSplit},
    {K::kConcat,     "concat",     F::kRows,      kConcatSizes, kElementwise, C::kElementwise, false, kOnnxConcat},
    {K::kEmbedding,  "embedding",  F::kGather,    kGatherSizes, kGather,      C::kEmbedding,   false, kOnnxEmbedding},
    {K::kPool,       "pool",       F::kRows,      kPoolSizes,   kReduce,      C::kHead,        false, kOnnxPool},
    {K::kResize,     "resize",     F::kRows,      kPoolSizes,   kMove,        C::kConvolution, false, kOnnxResize},
    {K::kScan,       "scan",       F::kScan,      kScanSizes,   kElementwise, C::kAttention,   false, kOnnxScan},
    {K::kNormalize,  "normalize",  F::kRows,      kRowsSizes,   kNorm,        C::kHead,        false, kOnnxNormalize},
    {K::kQuantize,   "quantize",   F::kRows,      kRowsSizes,   kConvert,     C::kConversion,  false, kOnnxQuantize},
    {K::kDequantize, "dequantize", F::kRows,      kRowsSizes,   kConvert,     C::kConversion,  false, kOnnxDequantize},
    {K::kCast,       "cast",       F::kRows,      kRowsSizes,   kConvert,     C::kConversion,  false, kOnnxCast},
    {K::kOther,      "other",      F::kRows,      kPoolSizes,   kMove,        C::kElementwise, false, kOnnxOther},
}};
// clang-format on

constexpr bool rows_follow_the_enum() {
    for (std::size_t i = 0; i < kTraits.size(); ++i) {
        if (static_cast<std::size_t>(kTraits[i].kind) != i) {
            return false;
        }
    }
    return true;
}
static_assert(rows_follow_the_enum(), "a kind is found by its place in the table");

constexpr auto kNames = [] {
    std::array<Choice<OperatorKind>, kOperatorKindCount> all = {};
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = {kTraits[i].name, kTraits[i].kind};
    }
    return all;
}();

}  // namespace

std::span<const OperatorTraits, kOperatorKindCount> operator_table() { return kTraits; }

const OperatorTraits& traits(OperatorKind kind) { return kTraits.at(static_cast<std::size_t>(kind)); }

std::span<const Choice<OperatorKind>> operator_names() { return kNames; }

std::span<const SizeField> size_fields(OperatorKind kind) { return traits(kind).sizes; }

}  // namespace berth
