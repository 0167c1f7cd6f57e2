// Parts of norms with a residual sum, fused embeddings, and Einstein sums; and the table of nodes that have parts.
#include "importers/onnx_parts.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "importers/onnx_einsum.h"
#include "importers/onnx_patterns.h"
#include "importers/onnx_products.h"

namespace berth {

namespace {

bool add_skip_norm_parts(OnnxParts& parts) {
    const Shape& made = parts.network().shape(parts.out(0));
    std::vector<OnnxSource> inputs;
    for (std::size_t i = 0; i < 2; ++i) {
        if (parts.given(i) && !parts.constant(i)) {
            inputs.push_back(parts.input(i));
        }
    }
    const bool mean = parts.source().op == "SkipLayerNormalization";
    RowsDims sum = rows_of(made);
    sum.inputs = static_cast<std::int64_t>(inputs.size());
    sum.affine = parts.constant(mean ? 4 : 3);  // the constant is a bias
    OnnxPart addition{".add", OperatorKind::kAdd, sum, std::move(inputs), made};
    addition.beside = {parts.in(mean ? 4 : 3)};
    const OnnxSource added = parts.add(std::move(addition));
    if (parts.out(3) != kNoValue) {
        parts.makes(added, 3);  // the residual sum itself is an output too
    }
    RowsDims norm = rows_of(made);
    norm.affine = true;
    OnnxPart normed{"", mean ? OperatorKind::kLayerNorm : OperatorKind::kRmsNorm, norm, {added}, made};
    normed.beside = {parts.in(2), mean ? parts.in(3) : kNoValue};
    parts.makes(parts.add(std::move(normed)), 0);
    return true;
}

/// Looks up words, positions and token types, adds the three and normalises the sum.
bool add_embedding_parts(OnnxParts& parts) {
    const Shape& made = parts.network().shape(parts.out(0));
    std::vector<OnnxSource> looked_up;
    for (const auto& [ids, table, suffix] : {std::tuple(0U, 2U, ".word"), std::tuple(1U, 4U, ".token_type")}) {
        if (!parts.given(ids) || !parts.constant(table) || parts.constant(ids) || parts.shape(table).empty()) {
            continue;
        }
        const GatherDims dims{parts.network().elements(parts.in(ids)), made.back(), parts.shape(table).front()};
        looked_up.push_back(
            parts.add({suffix, OperatorKind::kEmbedding, dims, {parts.input(ids)}, made, kNoValue, parts.in(table)}));
    }
    if (looked_up.empty()) {
        return false;
    }
    if (const Shape& table = parts.shape(3);
        parts.given(3) && parts.constant(3) && table.size() == 2 && made.size() == 3) {
        const Shape rows{made[1], made[2]};
        looked_up.push_back(parts.add({".position",
                                       OperatorKind::kEmbedding,
                                       GatherDims{rows[0], rows[1], table[0]},
                                       {},
                                       rows,
                                       kNoValue,
                                       parts.in(3)}));
    }
    RowsDims sum = rows_of(made);
    sum.inputs = static_cast<std::int64_t>(looked_up.size());
    RowsDims norm = rows_of(made);
    norm.affine = true;
    const OnnxSource added = parts.add({".add", OperatorKind::kAdd, sum, std::move(looked_up), made});
    parts.makes(parts.add({"", OperatorKind::kLayerNorm, norm, {added}, made}), 0);
    return true;
}

/// A product, and a summand that is no bias: a table, a number for each row or for all, or what the network computes.
bool add_gemm_parts(OnnxParts& parts) {
    const OnnxNetwork& network = parts.network();
    const Shape& made = network.shape(parts.out(0));
    const auto product = adds_apart(network, parts.node())
                             ? matmul_of({network, parts.node(), OperatorKind::kMatmul, made, false})
                             : std::nullopt;
    if (!product) {
        return false;
    }
    OnnxPart factor{".product", product->kind, product->dims, {}, made, kNoValue, product->weights};
    std::ranges::transform(product->inputs, std::back_inserter(factor.inputs),
                           [](ValueId each) { return OnnxSource{each}; });
    RowsDims sum = rows_of(made);
    std::vector<OnnxSource> summands{parts.add(std::move(factor))};
    if (parts.constant(2)) {
        sum.affine = true;
        take_constants(sum, network.elements(parts.in(2)));
    } else {
        summands.push_back(parts.input(2));
    }
    sum.inputs = static_cast<std::int64_t>(summands.size());
    parts.makes(parts.add({"", OperatorKind::kAdd, sum, std::move(summands), made}), 0);
    return true;
}

/// Relative position bias: one number per pair of positions and head, looked up in a table by distance.
bool add_distance_parts(OnnxParts& parts) {
    const Shape &table = parts.shape(0), &made = parts.network().shape(parts.out(0));
    if (!parts.constant(0) || table.size() != 2 || made.size() != 4) {
        return false;
    }
    const std::int64_t pairs = elements_of({made[2], made[3]});
    const OnnxSource picked = parts.add({".bias",
                                         OperatorKind::kEmbedding,
                                         GatherDims{pairs, table[1], table[0]},
                                         {},
                                         {pairs, table[1]},
                                         kNoValue,
                                         parts.in(0)});
    RowsDims turned;
    turned.rows = pairs;
    turned.cols = table[1];
    parts.makes(parts.add({"", OperatorKind::kTranspose, turned, {picked}, made}), 0);
    return true;
}

/// Mixture of experts: each row passes through some of the experts. An expert is two products with an activation in
/// between, and a third product parallel to the first if the activation has a separate gate. Weights of few bits are
/// packed along one axis.
bool add_expert_parts(OnnxParts& parts) {
    const bool packed = parts.source().op == "QMoE";
    const std::size_t stride = packed ? 3 : 2;  // constants per product: weights, scales and bias, or weights and bias
    const Shape& from = parts.shape(0);
    const std::int64_t bits = packed ? parts.source().integer("expert_weight_bits", 4) : 8;
    if (from.size() < 2 || parts.shape(1).empty() || bits < 1 || !parts.constant(2) || !parts.constant(2 + stride)) {
        return false;
    }
    const std::int64_t width = from.back();
    const std::int64_t rows = elements_of(from) / std::max<std::int64_t>(1, width);
    const std::int64_t experts = parts.shape(1).back();
    const std::int64_t active = parts.source().integer("k", 1);
    const std::int64_t met = elements_of({rows, std::max<std::int64_t>(0, active)});
    const auto inner = [&](std::size_t matrix) {
        const std::int64_t each = elements_of({experts, width});
        return each == 0 ? 0 : parts.network().elements(parts.in(matrix)) * (8 / bits) / each;
    };
    const auto product = [&](const std::string& suffix, std::size_t matrix, OnnxSource read, MatmulDims d) {
        d.bias = parts.constant(matrix + stride - 1);
        OnnxPart part{suffix, OperatorKind::kMatmul, d, {read}, {met, d.n}, kNoValue, parts.in(matrix)};
        part.beside = {parts.in(matrix + stride - 1)};
        return parts.add(std::move(part));
    };
    const std::int64_t up = inner(2);
    const std::int64_t down = inner(2 + stride);
    OnnxSource hidden = product(".up", 2, parts.input(0), {1, rows, width, up, true, false, experts, active});
    const bool gated = parts.constant(2 + 2 * stride);
    RowsDims each{met, down};
    const Shape shape{met, down};
    if (up == 2 * down) {  // the gate is in the same matrix
        hidden = parts.piece(".gate", hidden, shape);
    }
    hidden = parts.add({".act", OperatorKind::kSilu, each, {hidden}, shape});
    if (gated) {
        const OnnxSource beside =
            product(".beside", 2 + 2 * stride, parts.input(0), {1, rows, width, down, true, false, experts, active});
        each.inputs = 2;
        hidden = parts.add({".mul", OperatorKind::kMul, each, {hidden, beside}, shape});
    }
    const OnnxSource out = product(".down", 2 + stride, hidden, {1, rows, down, width, true, false, experts, active});
    RowsDims sum{met, width};
    sum.out_rows = rows;
    parts.makes(parts.add({"", OperatorKind::kPool, sum, {out}, from}), 0);
    return up > 0 && down > 0 && (up == down || up == 2 * down) && active > 0 && active <= experts;
}

/// Rotates pairs of elements by angles from a table in the file.
bool add_rotary_parts(OnnxParts& parts) {
    const Shape& made = parts.network().shape(parts.out(0));
    RowsDims d = rows_of(made);
    d.inputs = 1;
    parts.makes(parts.add({"", OperatorKind::kMul, d, {parts.input(0)}, made}), 0);
    return parts.given(0) && !parts.constant(0);
}

/// The output is a permutation of the last step's result, or a sum over it.
void add_rearranged(OnnxParts& parts, OnnxSource from, std::int64_t given, const Shape& made) {
    const std::int64_t left = elements_of(made);
    if (given == left) {
        parts.makes(parts.add({"", OperatorKind::kTranspose, rows_of(made), {from}, made}), 0);
        return;
    }
    RowsDims d;
    d.cols = 1;
    d.rows = given;
    d.out_rows = left;
    const auto kind = given > left ? OperatorKind::kPool : OperatorKind::kOther;
    parts.makes(parts.add({"", kind, d, {from}, made}), 0);
}

/// Letters that occur in the output or in a term after `index`.
std::string kept_after(const EinsumEquation& equation, std::size_t index) {
    std::string kept = equation.output;
    for (std::size_t i = index + 1; i < equation.inputs.size(); ++i) {
        kept += equation.inputs[i];
    }
    return kept;
}

/// If one of the two factors is constant, it is the weights: one matrix per item of the batch.
void take_weights(OnnxPart& part, const OnnxParts& parts) {
    const auto constant = [&](std::size_t i) {
        return part.inputs[i].value != kNoValue && parts.network().constant(part.inputs[i].value);
    };
    auto& d = std::get<MatmulDims>(part.dims);
    if (constant(0)) {
        std::swap(d.m, d.n);
        std::swap(part.inputs[0], part.inputs[1]);
    }
    if (constant(1)) {
        d.weights = true;
        d.experts = d.batch;
        d.m = elements_of({d.m, d.batch});
        d.batch = 1;
        part.weights = part.inputs[1].value;
        part.inputs.resize(1);
    }
}

/// A product in which nothing is summed: element-wise multiplication.
void take_elementwise(OnnxPart& part, const OnnxParts& parts) {
    part.kind = OperatorKind::kMul;
    RowsDims d = rows_of(part.shape);
    std::erase_if(part.inputs, [&](const OnnxSource& one) {
        const bool constant = one.value != kNoValue && parts.network().constant(one.value);
        const std::int64_t elements = constant ? parts.network().elements(one.value) : 0;
        d.affine = d.affine || elements > 1;
        if (elements > 1) {
            take_constants(d, elements);
        }
        return constant;
    });
    d.inputs = static_cast<std::int64_t>(part.inputs.size());
    part.dims = d;
}

}  // namespace

ValueId OnnxParts::out(std::size_t i) const {
    const auto& outputs = network_.step(node_).outputs;
    if (i >= outputs.size() || outputs[i] == kNoValue) {
        return kNoValue;
    }
    const auto& results = network_.flow().outputs;
    const bool read =
        i == 0 || !network_.read_only_by(outputs[i], {}) || std::ranges::find(results, outputs[i]) != results.end();
    return read ? outputs[i] : kNoValue;
}

OnnxSource OnnxParts::add(OnnxPart part) {
    parts_.push_back(std::move(part));
    return {kNoValue, parts_.size() - 1};
}

OnnxSource OnnxParts::piece(const std::string& suffix, OnnxSource from, const Shape& shape) {
    return add({suffix, OperatorKind::kSplit, rows_of(shape), {from}, shape});
}

void OnnxParts::makes(OnnxSource part, std::size_t output) { parts_[part.part].makes = out(output); }

void OnnxParts::stand_for_node(const Shape& shape, std::size_t output) {
    OnnxPart& last = parts_.back();
    last.suffix.clear();
    last.shape = shape;
    last.makes = out(output);
}

OnnxSource projection(OnnxParts& parts, const std::string& suffix, OnnxSource from, Shape shape,
                      const OnnxMatrix& matrix) {
    const std::int64_t rows = elements_of({shape[0], shape[1]});
    const MatmulDims d{1, rows, shape.back(), matrix.columns, true, parts.constant(matrix.bias)};
    shape.back() = matrix.columns;
    OnnxPart part{suffix, OperatorKind::kMatmul, d, {from}, std::move(shape), kNoValue, parts.in(matrix.weights)};
    part.beside = {parts.in(matrix.bias)};
    return parts.add(std::move(part));
}

bool add_einsum_parts(OnnxParts& parts) {
    const OnnxAttribute* text = parts.source().attribute("equation");
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < parts.network().step(parts.node()).inputs.size(); ++i) {
        shapes.push_back(parts.shape(i));
    }
    const auto equation = text == nullptr ? std::nullopt : einsum_equation(text->text, shapes);
    if (!equation || equation->shape(equation->output) != parts.network().shape(parts.out(0))) {
        return false;
    }
    const Shape& made = parts.network().shape(parts.out(0));
    OnnxSource latest = parts.input(0);
    EinsumTerm term = equation->inputs.front();
    for (std::size_t i = 1; i < equation->inputs.size(); ++i) {
        const EinsumProduct product = einsum_product(*equation, term, equation->inputs[i], kept_after(*equation, i));
        const Shape shape = equation->shape(product.made);
        OnnxPart part{".product", OperatorKind::kMatmul, product.dims, {latest, parts.input(i)}, shape};
        if (product.dims.k == 1) {
            take_elementwise(part, parts);
        } else {
            take_weights(part, parts);
        }
        latest = parts.add(std::move(part));
        term = product.made;
    }
    const bool last = equation->inputs.size() > 1;
    if (last && elements_of(equation->shape(term)) == elements_of(made)) {
        parts.stand_for_node(made, 0);
    } else {
        add_rearranged(parts, latest, elements_of(equation->shape(term)), made);
    }
    return true;
}

std::vector<OnnxPart> parts_of(const OnnxNetwork& network, NodeId node, std::vector<std::string>& assumed) {
    using Adds = bool (*)(OnnxParts&);
    static const std::unordered_map<std::string_view, Adds> kKinds{
        {"AttnLSTM", add_attentive_recurrent_parts},
        {"Attention", add_attention_parts},
        {"BiasSplitGelu", add_split_gelu_parts},
        {"CausalConvWithState", add_causal_conv_parts},
        {"DecoderAttention", add_decoder_attention_parts},
        {"DecoderMaskedMultiHeadAttention", add_attention_parts},
        {"DecoderMaskedSelfAttention", add_attention_parts},
        {"GroupQueryAttention", add_attention_parts},
        {"MultiHeadAttention", add_attention_parts},
        {"PackedAttention", add_attention_parts},
        {"PackedMultiHeadAttention", add_attention_parts},
        {"PagedAttention", add_paged_parts},
        {"QAttention", add_attention_parts},
        {"DynamicQuantizeLSTM", add_recurrent_parts},
        {"Gemm", add_gemm_parts},
        {"GRU", add_recurrent_parts},
        {"LSTM", add_recurrent_parts},
        {"RNN", add_recurrent_parts},
        {"Einsum", add_einsum_parts},
        {"EmbedLayerNormalization", add_embedding_parts},
        {"GatedRelativePositionBias", add_gated_bias_parts},
        {"Inverse", add_inverse_parts},
        {"LinearAttention", add_linear_attention_parts},
        {"LinearClassifier", add_linear_parts},
        {"LinearRegressor", add_linear_parts},
        {"LongformerAttention", add_longformer_parts},
        {"MoE", add_expert_parts},
        {"QMoE", add_expert_parts},
        {"QEmbedLayerNormalization", add_embedding_parts},
        {"QOrderedAttention", add_ordered_attention_parts},
        {"QOrderedLongformerAttention", add_longformer_parts},
        {"RelativePositionBias", add_distance_parts},
        {"RotaryEmbedding", add_rotary_parts},
        {"SkipGroupNorm", add_skip_group_norm_parts},
        {"SkipLayerNormalization", add_skip_norm_parts},
        {"SparseAttention", add_block_sparse_parts},
        {"SkipSimplifiedLayerNormalization", add_skip_norm_parts},
        {"WordConvEmbedding", add_word_parts},
    };
    const auto found = kKinds.find(network.step(node).source->op);
    OnnxParts parts(network, node);
    if (found == kKinds.end() || !found->second(parts)) {
        return {};
    }
    assumed.insert(assumed.end(), parts.assumed().begin(), parts.assumed().end());
    return parts.take();
}

}  // namespace berth
