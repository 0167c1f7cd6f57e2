// Derives the sizes of matrix products and convolutions from the shapes of their factors.
#include "importers/onnx_products.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "importers/onnx_patterns.h"
#include "importers/onnx_rule.h"

namespace berth {

namespace {

using Found = std::optional<OnnxOperator>;

std::int64_t rows_of_all(const Shape& shape) {
    return shape.empty() ? 1 : elements_of(Shape(shape.begin(), shape.end() - 1));
}

/// Both factors as batches of matrices: left [..., m, k], right [..., k, n].
struct Factors {
    Shape left, right;
    std::int64_t k = 0, n = 0;
};

Factors factors_of(const OnnxSubject& s, ValueId a, ValueId b) {
    Factors f{factor_shape(s.source(), s.network.shape(a), false), factor_shape(s.source(), s.network.shape(b), true)};
    f.k = f.left.empty() ? 0 : f.left.back();
    f.n = f.right.size() < 2 ? 1 : f.right.back();
    return f;
}

/// Product in which each row is multiplied by one, some or all of several constant matrices.
Found several_matrices(std::int64_t rows, std::int64_t made, MatmulDims d, std::int64_t matrices, ValueId from,
                       ValueId weights) {
    d.experts = matrices;
    d.m = rows;
    d.active = rows == 0 ? 0 : made / rows;
    const bool fits = d.active > 0 && made == rows * d.active && d.active <= matrices;
    return fits ? Found(OnnxOperator{OperatorKind::kMatmul, d, {from}, {}, weights}) : std::nullopt;
}

Found by_constant(const Factors& f, std::int64_t made, bool bias, ValueId from, ValueId weights) {
    MatmulDims d{1, rows_of_all(f.left), f.k, f.n, true, bias};
    const std::int64_t matrix = elements_of({f.k, f.n});
    const std::int64_t matrices = matrix == 0 ? 0 : elements_of(f.right) / matrix;
    if (matrices > 1 && f.n > 0) {
        return several_matrices(d.m, made / f.n, d, matrices, from, weights);
    }
    return OnnxOperator{OperatorKind::kMatmul, d, {from}, {}, weights};
}

/// Product with the weights on the left: the same work with rows and columns exchanged.
Found of_constant(const Factors& f, std::int64_t made, bool bias, ValueId from, ValueId weights) {
    const std::int64_t rows = f.left.size() < 2 ? 1 : f.left[f.left.size() - 2];
    const std::int64_t matrix = elements_of({rows, f.k});
    const std::int64_t matrices = matrix == 0 ? 0 : elements_of(f.left) / matrix;
    if (f.k == 0 || rows == 0 || f.n == 0) {
        return std::nullopt;
    }
    const std::int64_t columns = elements_of(f.right) / f.k;
    const MatmulDims d{1, columns, f.k, rows, true, bias};
    if (matrices > 1) {
        return several_matrices(columns, made / rows, d, matrices, from, weights);
    }
    return OnnxOperator{OperatorKind::kMatmul, d, {from}, {}, weights};
}

/// Rows for which the second factor is the same, because its batch broadcasts, are stacked into one product.
Found of_activations(const Factors& f, const Shape& made, ValueId a, ValueId b) {
    MatmulDims d;
    d.weights = false;
    d.k = f.k;
    d.n = f.n;
    d.m = f.left.size() < 2 ? 1 : f.left[f.left.size() - 2];
    std::int64_t left = static_cast<std::int64_t>(f.left.size()) - 3;
    std::int64_t right = static_cast<std::int64_t>(f.right.size()) - 3;
    for (; left >= 0 && (right < 0 || f.right[static_cast<std::size_t>(right)] == 1); --left, --right) {
        d.m = elements_of({d.m, f.left[static_cast<std::size_t>(left)]});
    }
    const std::int64_t each = elements_of({d.m, d.n});
    d.batch = each == 0 ? 0 : elements_of(made) / each;
    return OnnxOperator{OperatorKind::kMatmul, d, {a, b}, {}};
}

/// Whether the operator has a constant bias.
bool has_bias(const OnnxSubject& s) {
    const std::string_view op = s.source().op;
    const bool one_column = !s.made.empty() && s.made.back() == 1;
    const auto bias = [&](std::size_t i) { return s.constant(i) && (s.network.elements(s.in(i)) > 1 || one_column); };
    if (op == "Gemm" || op == "FusedGemm" || op == "GemmFastGelu" || op == "GemmFloat8") {
        return bias(2) && !adds_apart(s.network, s.node);
    }
    if (op == "DynamicQuantizeMatMul") {
        return bias(4);
    }
    if (op == "QOrderedMatMul") {
        return bias(5);
    }
    return (op == "MatMulNBits" && bias(5)) || ((op == "QGemm" || op == "MatMulIntegerToFloat") && bias(6));
}

/// Rows and columns of packed weights of few bits; no columns if the weights are not packed.
std::pair<std::int64_t, std::int64_t> packed_matrix(const OnnxSubject& s) {
    const bool stated = s.source().op == "MatMulFpQ4" && s.given(2);
    const auto& shape = stated ? s.network.flow().at(s.in(2)).data : std::nullopt;
    return shape && shape->size() == 2
               ? std::pair(static_cast<std::int64_t>(shape->front()), static_cast<std::int64_t>(shape->back()))
               : std::pair(s.source().integer("K", 0), s.source().integer("N", 0));
}

/// Sizes of a convolution along one axis; all are 1 if its images lack the axis.
struct Axis {
    std::int64_t in = 1, kernel = 1, out = 1;
};

}  // namespace

bool multiplies(std::string_view op) {
    static const std::unordered_set<std::string_view> kNames{
        "MatMul", "Gemm", "Conv", "ConvTranspose", "Einsum", "MatMulInteger", "ConvInteger", "QLinearMatMul",
        "QLinearConv", "Attention", "LSTM", "GRU", "RNN", "DeformConv", "LinearAttention",
        // operators of ONNX Runtime
        "FusedMatMul", "FusedGemm", "FusedConv", "FusedMatMulActivation", "TransposeMatMul", "GemmFastGelu",
        "GemmFloat8", "QGemm", "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "MatMulInteger16", "MatMulNBits",
        "MatMulBnb4", "MatMulFpQ4", "SparseToDenseMatMul", "NhwcConv", "NhwcFusedConv", "ConvTransposeWithDynamicPads",
        "MultiHeadAttention", "GroupQueryAttention", "QAttention", "DecoderAttention", "DecoderMaskedSelfAttention",
        "DecoderMaskedMultiHeadAttention", "LongformerAttention", "PackedAttention", "PackedMultiHeadAttention",
        "SparseAttention", "PagedAttention", "QOrderedMatMul", "QOrderedAttention", "QOrderedLongformerAttention",
        "CDist", "Inverse", "CausalConvWithState", "DynamicQuantizeLSTM", "AttnLSTM", "MoE", "QMoE",
        "GatedRelativePositionBias", "WordConvEmbedding", "BeamSearch", "GreedySearch", "Sampling", "WhisperBeamSearch",
        // operators of classical machine learning
        "LinearClassifier", "LinearRegressor", "SVMClassifier", "SVMRegressor",
        // operators of TensorFlow Lite, under its names where ONNX has no equivalent; graphs packed by the compiler of
        // an accelerator
        "CONV_2D", "DEPTHWISE_CONV_2D", "CONV_3D", "TRANSPOSE_CONV", "CONV_3D_TRANSPOSE", "FULLY_CONNECTED", "SVDF",
        "UNIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_LSTM",
        "BIDIRECTIONAL_SEQUENCE_RNN", "CALL", "STABLEHLO_CONVOLUTION", "STABLEHLO_DOT_GENERAL", "STABLEHLO_COMPOSITE",
        "STABLEHLO_WHILE", "STABLEHLO_CASE", "WHILE", "IF", "Convolution2DTransposeBias", "edgetpu-custom-op",
        "ethos-u", "DELEGATE"};
    return kNames.contains(op);
}

bool adds_apart(const OnnxNetwork& network, NodeId node) {
    const ValueId summand = network.is(node, "Gemm") ? network.input(node, 2) : kNoValue;
    const Shape& made = network.shape(network.output(node));
    if (summand == kNoValue || made.size() != 2) {
        return false;
    }
    const std::size_t columns = network.constant(network.input(node, 0)) ? 0 : 1;
    if (!network.constant(summand) || !one_per_column(network, summand, made, columns)) {
        return true;
    }
    const auto& data = network.flow().at(summand).data;
    const bool zero = data && data->size() == 1 && data->front() == 0;
    return network.elements(summand) == 1 && made[columns] > 1 && !zero;
}

bool writes_into(std::string_view op) {
    return op == "ScatterND" || op == "ScatterElements" || op == "Scatter" || op == "TensorScatter";
}

bool holds_weights(OnnxType type) {
    return type != OnnxType::kInt64 && type != OnnxType::kInt32 && type != OnnxType::kBool;
}

bool may_multiply(const OnnxNode& node) {
    static const std::unordered_set<std::string_view> kKnown{
        "Compress", "Det", "ImageDecoder", "MaxUnpool", "Multinomial", "NegativeLogLikelihoodLoss", "NonZero",
        "OptionalHasElement", "RegexFullMatch", "SoftmaxCrossEntropyLoss", "StringConcat", "StringNormalizer",
        "StringSplit", "TfIdfVectorizer", "Unique",
        // operators of ONNX Runtime, and of the evaluation of training
        "BiasDropout", "BitmaskDropout", "ComplexMul", "ComplexMulConj", "CropAndResize", "DynamicTimeWarping",
        "IsAllFinite", "MaxpoolWithMask", "MurmurHash3", "NGramRepeatBlock", "QLinearReduceMean", "QLinearWhere",
        "SampleOp", "Tokenizer", "UnfoldTensor", "Adagrad", "Adam", "Momentum"};
    return node.domain != kTfliteDomain && node.domain != "ai.onnx.ml" && !kKnown.contains(node.op) &&
           !multiplies(node.op);
}

double possible_macs(const OnnxNetwork& network, NodeId node) {
    std::vector<std::int64_t> read;
    for (std::size_t i = 0; i < network.step(node).inputs.size(); ++i) {
        if (const ValueId value = network.input(node, i); value != kNoValue) {
            read.push_back(network.elements(value));
        }
    }
    std::int64_t made = 0;
    for (const ValueId output : network.step(node).outputs) {
        made = std::max(made, output == kNoValue ? 0 : network.elements(output));
    }
    std::ranges::sort(read, std::greater());
    if (read.empty() || (read.size() == 1 && read.front() == made)) {
        return 0;
    }
    const auto largest = static_cast<double>(read.front());
    const auto second = static_cast<double>(read.size() > 1 ? read[1] : read.front());
    return std::sqrt(largest * second * static_cast<double>(made));
}

bool multiplies_integers(std::string_view op) {
    static const std::unordered_set<std::string_view> kNames{
        "MatMulInteger", "ConvInteger",          "QLinearMatMul",         "QLinearConv",    "QGemm",
        "QAttention",    "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "QOrderedMatMul", "MatMulNBits",
        "MatMulBnb4",    "MatMulFpQ4",           "DynamicQuantizeLSTM"};
    return kNames.contains(op);
}

std::size_t second_factor(std::string_view op) {
    if (op == "QOrderedMatMul") {  // each factor is followed by its scale, without a zero point
        return 2;
    }
    return op.starts_with("QLinear") || op == "QGemm" ? 3 : 1;
}

std::optional<OnnxOperator> matmul_of(const OnnxSubject& s) {
    const ValueId a = s.in(0);
    const ValueId b = s.in(second_factor(s.source().op));
    if (a == kNoValue || b == kNoValue) {
        return std::nullopt;
    }
    const bool bias = s.biased || has_bias(s);
    const std::int64_t made = elements_of(s.made);
    if (const auto [depth, columns] = packed_matrix(s); columns > 0) {
        const MatmulDims d{1, rows_of_all(s.network.shape(a)), depth, columns, s.network.constant(b), bias};
        return d.weights ? Found(OnnxOperator{OperatorKind::kMatmul, d, {a}, {}, b}) : std::nullopt;
    }
    const Factors f = factors_of(s, a, b);
    if (f.left.empty() || f.right.empty()) {
        return std::nullopt;
    }
    if (s.network.constant(b)) {
        return by_constant(f, made, bias, a, b);
    }
    return s.network.constant(a) ? of_constant(f, made, bias, b, a) : of_activations(f, s.made, a, b);
}

std::optional<OnnxOperator> conv_of(const OnnxSubject& s) {
    const std::string_view op = s.source().op;
    const std::size_t second = second_factor(op);
    if (!s.given(0) || !s.given(second) || s.constant(0)) {
        return std::nullopt;
    }
    const Shape from = channels_second(s.source(), s.network.shape(s.in(0)));
    const Shape kernel = from.size() < 2 ? Shape{} : kernel_shape(s.source(), s.network.shape(s.in(second)), from[1]);
    const Shape made = channels_second(s.source(), s.made);
    const std::size_t rank = from.size();
    if (rank < 3 || rank > 5 || kernel.size() != rank || made.size() != rank) {
        return std::nullopt;
    }
    const auto along = [&](std::size_t from_back) {
        return rank - from_back < 2 ? Axis{}
                                    : Axis{from[rank - from_back], kernel[rank - from_back], made[rank - from_back]};
    };
    const auto [width, height, depth] = std::tuple(along(1), along(2), along(3));
    ConvDims d;
    d.transposed = op.find("ConvTranspose") != std::string_view::npos;
    d.batch = from[0];
    d.in_channels = from[1];
    d.groups = s.source().integer("group", 1);
    d.out_channels = d.transposed ? elements_of({kernel[1], d.groups}) : kernel[0];
    std::tie(d.in_width, d.kernel_width, d.out_width) = std::tuple(width.in, width.kernel, width.out);
    std::tie(d.in_height, d.kernel_height, d.out_height) = std::tuple(height.in, height.kernel, height.out);
    std::tie(d.in_depth, d.kernel_depth, d.out_depth) = std::tuple(depth.in, depth.kernel, depth.out);
    const auto strides = s.source().integers("strides");
    d.stride = strides.empty() ? 1 : strides.back();
    const bool integer = op == "ConvInteger";
    // Sampling places of a deformable convolution come before its bias.
    const std::size_t bias = second == 3 ? 8 : op == "DeformConv" ? 3 : 2;
    d.bias = s.biased || (!integer && s.constant(bias));
    d.weights = s.constant(second);
    if (!d.weights) {
        d.bias = false;
        return OnnxOperator{s.kind, d, {s.in(0), s.in(second)}, {}};
    }
    return OnnxOperator{s.kind, d, {s.in(0)}, {}, s.in(second)};
}

}  // namespace berth
