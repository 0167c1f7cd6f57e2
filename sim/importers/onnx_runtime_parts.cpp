// Parts of operators of ONNX Runtime that have no equivalent: biases of relative positions that the query gates,
// causal convolutions with a state, and the fused operators of diffusion models.
// Source: github.com/microsoft/onnxruntime, docs/ContribOperators.md.
#include "importers/onnx_parts.h"
#include "importers/onnx_patterns.h"

namespace berth {

/// Each head of the query is multiplied by a small matrix; the halves of the result are summed, and the two numbers
/// scale the biases of the query's position.
bool add_gated_bias_parts(OnnxParts& parts) {
    const Shape& made = parts.network().shape(parts.out(0));
    const std::int64_t heads = parts.source().integer("num_heads", 0);
    const std::int64_t query = parts.given(0) ? parts.network().elements(parts.in(0)) : 0;
    if (!parts.constant(3) || parts.shape(3).size() != 2 || made.size() != 4 || made[1] != heads ||
        query != elements_of({made[0], heads, made[2], parts.shape(3)[0]})) {
        return false;
    }
    const std::int64_t width = parts.shape(3)[0];
    const std::int64_t gates = parts.shape(3)[1];
    const std::int64_t rows = elements_of({made[0], heads, made[2]});
    OnnxSource from = parts.input(0);
    if (parts.constant(1)) {
        RowsDims sum = rows_of(parts.shape(0));
        sum.affine = true;
        from = parts.add({".query", OperatorKind::kAdd, sum, {from}, parts.shape(0)});
    }
    const MatmulDims product{1, rows, width, gates, true, parts.constant(4)};
    const OnnxSource summands = parts.add(
        {".gates", OperatorKind::kMatmul, product, {from}, {made[0], heads, made[2], gates}, kNoValue, parts.in(3)});
    const Shape two{made[0], heads, made[2], 2};
    RowsDims halves;
    halves.cols = 1;
    halves.rows = elements_of({rows, gates});
    halves.out_rows = elements_of(two);
    const OnnxSource sums = parts.add({".sum", OperatorKind::kPool, halves, {summands}, two});
    const OnnxSource gate = parts.add({".sigmoid", OperatorKind::kSigmoid, rows_of(two), {sums}, two});
    std::vector<OnnxSource> factors{gate};
    if (parts.given(2) && !parts.constant(2)) {
        factors.push_back(parts.input(2));
    }
    RowsDims scaled = rows_of(made);
    scaled.inputs = static_cast<std::int64_t>(factors.size());
    scaled.constant_rows = parts.constant(2) ? elements_of({heads, made[2]}) : 0;
    parts.makes(parts.add({"", OperatorKind::kMul, scaled, std::move(factors), made}), 0);
    return true;
}

/// A convolution per channel over the latest positions and those before them, which the state holds: [batch, channels,
/// kernel - 1].
bool add_causal_conv_parts(OnnxParts& parts) {
    const Shape& from = parts.shape(0);
    if (from.size() != 3 || !parts.constant(1) || parts.shape(1).size() != 3 || parts.shape(1)[1] != 1 ||
        parts.shape(1)[0] != from[1] || !parts.given(3) || parts.constant(3)) {
        return false;
    }
    const std::int64_t kernel = parts.shape(1)[2];
    const std::int64_t earlier = kernel - 1;
    Shape wide = from;
    wide[2] += earlier;
    RowsDims joined = rows_of(wide);
    joined.inputs = 2;
    const OnnxSource both =
        parts.add({".positions", OperatorKind::kConcat, joined, {parts.input(3), parts.input(0)}, wide});
    ConvDims d;
    d.batch = from[0];
    d.in_channels = d.out_channels = d.groups = from[1];
    d.in_width = wide[2];
    d.kernel_width = kernel;
    d.out_width = from[2];
    d.bias = parts.constant(2);
    const OnnxAttribute* activation = parts.source().attribute("activation");
    const bool active = activation != nullptr && (activation->text == "silu" || activation->text == "swish");
    OnnxSource made = parts.add({active ? ".conv" : "", OperatorKind::kConv2d, d, {both}, from, kNoValue, parts.in(1)});
    if (active) {
        made = parts.add({"", OperatorKind::kSilu, rows_of(from), {made}, from});
    }
    parts.makes(made, 0);
    if (parts.out(1) != kNoValue) {
        const OnnxSource state = parts.piece(".state", both, {from[0], from[1], earlier});
        parts.makes(state, 1);
    }
    return true;
}

/// A bias is added; the GELU of one half of the columns scales the other half.
bool add_split_gelu_parts(OnnxParts& parts) {
    const Shape& made = parts.network().shape(parts.out(0));
    if (!parts.given(0) || parts.constant(0) || parts.network().elements(parts.in(0)) != 2 * elements_of(made)) {
        return false;
    }
    OnnxSource from = parts.input(0);
    if (parts.constant(1)) {
        RowsDims sum = rows_of(parts.shape(0));
        sum.affine = true;
        from = parts.add({".bias", OperatorKind::kAdd, sum, {from}, parts.shape(0)});
    }
    const OnnxSource scaled = parts.piece(".value", from, made);
    const OnnxSource gate = parts.piece(".gate", from, made);
    const OnnxSource active = parts.add({".gelu", OperatorKind::kGelu, rows_of(made), {gate}, made});
    RowsDims product = rows_of(made);
    product.inputs = 2;
    parts.makes(parts.add({"", OperatorKind::kMul, product, {scaled, active}, made}), 0);
    return true;
}

/// The residual sum, which is an output too, and its norm by groups of channels, which come last.
bool add_skip_group_norm_parts(OnnxParts& parts) {
    const Shape& made = parts.network().shape(parts.out(0));
    if (!parts.given(0) || !parts.given(3)) {
        return false;
    }
    RowsDims sum = rows_of(made);
    sum.inputs = 2;
    sum.affine = parts.constant(4);
    const OnnxSource added = parts.add({".add", OperatorKind::kAdd, sum, {parts.input(0), parts.input(3)}, made});
    if (parts.out(1) != kNoValue) {
        parts.makes(added, 1);
    }
    RowsDims norm = rows_of(made);
    norm.affine = parts.constant(1);
    const bool active = parts.source().integer("activation", 0) != 0;
    OnnxSource result = parts.add({active ? ".norm" : "", OperatorKind::kLayerNorm, norm, {added}, made});
    if (active) {
        result = parts.add({"", OperatorKind::kSilu, rows_of(made), {result}, made});
    }
    parts.makes(result, 0);
    return true;
}

/// Inverts square matrices: as many multiplications as a product of two of them.
bool add_inverse_parts(OnnxParts& parts) {
    const Shape& made = parts.network().shape(parts.out(0));
    const std::int64_t size = made.empty() ? 0 : made.back();
    if (made.size() < 2 || size < 1 || made[made.size() - 2] != size || parts.constant(0)) {
        return false;
    }
    MatmulDims d{elements_of(made) / elements_of({size, size}), size, size, size};
    d.weights = false;
    parts.makes(parts.add({"", OperatorKind::kMatmul, d, {parts.input(0), parts.input(0)}, made}), 0);
    return true;
}

/// Scores by coefficients that are an attribute; a classifier gives the best class too.
bool add_linear_parts(OnnxParts& parts) {
    const bool classifies = parts.source().op == "LinearClassifier";
    const OnnxAttribute* coefficients = parts.source().attribute("coefficients");
    const Shape& from = parts.shape(0);
    const std::int64_t width = from.empty() ? 0 : from.back();
    if (coefficients == nullptr || width < 1 || parts.constant(0)) {
        return false;
    }
    const std::int64_t rows = parts.network().elements(parts.in(0)) / width;
    const Shape shape{rows, static_cast<std::int64_t>(coefficients->reals.size()) / width};
    const OnnxAttribute* intercepts = parts.source().attribute("intercepts");
    const MatmulDims d{1, rows, width, shape.back(), true, intercepts != nullptr && !intercepts->reals.empty()};
    const OnnxSource scores =
        parts.add({classifies ? ".scores" : "", OperatorKind::kMatmul, d, {parts.input(0)}, shape});
    if (!classifies) {
        parts.makes(scores, 0);
        return true;
    }
    parts.makes(scores, 1);
    RowsDims best;
    best.cols = 1;
    best.rows = elements_of(shape);
    best.out_rows = rows;
    parts.makes(parts.add({"", OperatorKind::kPool, best, {scores}, {rows}}), 0);
    return true;
}

}  // namespace berth
