// Shape rules of operators of ONNX Runtime that have no equivalent in ONNX.
// Source: github.com/microsoft/onnxruntime, docs/ContribOperators.md.
#include <algorithm>

#include "importers/onnx_rule.h"

namespace berth {

namespace {

bool as_given(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    return shape != nullptr && c.make(0, *shape);
}

/// The sum that is normalised is an output too.
bool with_sum(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    return shape != nullptr && c.make(0, *shape) && (c.step.outputs.size() < 2 || c.make(1, *shape));
}

/// One half of the columns gates the other.
bool halved(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    if (shape == nullptr || shape->empty() || shape->back() % 2 != 0) {
        return false;
    }
    Shape result = *shape;
    result.back() /= 2;
    return c.make(0, std::move(result));
}

/// A scale and a zero point for the result, then each tensor with its own.
bool concat_with_scales(const RuleContext& c) {
    auto result = joined_shape(c, 2, 3);
    return result && c.make(0, std::move(*result));
}

/// A condition, then each of two tensors with its scale and its zero point.
bool where_with_scales(const RuleContext& c) {
    const Shape *condition = c.shape(0), *yes = c.shape(1), *no = c.shape(4);
    if (condition == nullptr || yes == nullptr || no == nullptr) {
        return false;
    }
    const auto both = broadcast(*yes, *no);
    auto result = both ? broadcast(*both, *condition) : std::nullopt;
    return result && c.make(0, std::move(*result));
}

bool expand_dims(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    const auto* at = c.data(1);
    if (shape == nullptr || at == nullptr || at->empty()) {
        return false;
    }
    const auto axis = axis_of(whole_number(at->front()), shape->size() + 1);
    if (!axis) {
        return false;
    }
    Shape result = *shape;
    result.insert(result.begin() + static_cast<std::ptrdiff_t>(*axis), 1);
    return c.make(0, std::move(result));
}

/// Windows of an axis, which become the last axis.
bool unfold(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    const std::int64_t size = c.node().integer("size", 0);
    const std::int64_t step = c.node().integer("step", 1);
    const auto axis = shape == nullptr ? std::nullopt : axis_of(c.node().integer("dim", -1), shape->size());
    if (!axis || size < 1 || step < 1 || (*shape)[*axis] < size) {
        return false;
    }
    Shape result = *shape;
    result[*axis] = ((*shape)[*axis] - size) / step + 1;
    result.push_back(size);
    return c.make(0, std::move(result));
}

/// Tokens of all sequences, put into [batch, longest] by the places in the second input.
bool restore_padding(const RuleContext& c) {
    const Shape *tokens = c.shape(0), *places = c.shape(1);
    return tokens != nullptr && tokens->size() == 2 && places != nullptr && places->size() == 2 &&
           c.make(0, {(*places)[0], (*places)[1], tokens->back()});
}

/// As restore_padding, the other way round. How much is padding is known only at run time; the limit is none.
bool remove_padding(const RuleContext& c) {
    const Shape* padded = c.shape(0);
    if (padded == nullptr || padded->size() != 3) {
        return false;
    }
    const std::int64_t batch = (*padded)[0];
    const std::int64_t longest = (*padded)[1];
    c.make(0, {elements_of({batch, longest}), (*padded)[2]});
    c.make(1, {batch, longest});
    c.make(2, {batch + 1});
    return c.make(3, {1});
}

/// The rotated query and key; angles come first.
bool rotated_pair(const RuleContext& c) {
    const Shape *query = c.shape(1), *key = c.shape(2);
    return query != nullptr && key != nullptr && c.make(0, *query) && c.make(1, *key);
}

bool second(const RuleContext& c) {
    const Shape* shape = c.shape(1);
    return shape != nullptr && c.make(0, *shape);
}

bool embed_in_integers(const RuleContext& c) {
    const Shape *ids = c.shape(0), *table = c.shape(2);
    if (ids == nullptr || table == nullptr || table->size() != 2) {
        return false;
    }
    Shape result = *ids;
    result.push_back(table->back());
    c.make(0, std::move(result));
    c.values[static_cast<std::size_t>(c.step.outputs[0])].type = OnnxType::kFloat;
    return true;
}

/// A row per word, of as many columns as there are filters over its characters.
bool word_embedding(const RuleContext& c) {
    const Shape *words = c.shape(0), *kernel = c.shape(1);
    return words != nullptr && words->size() == 2 && kernel != nullptr && !kernel->empty() &&
           c.make(0, {words->front(), kernel->front()});
}

/// Attention with three projections; the last gives the width of the result.
bool projected(const RuleContext& c) {
    const Shape *from = c.shape(0), *values = c.shape(7);
    return from != nullptr && from->size() == 3 && values != nullptr && values->size() == 2 &&
           c.make(0, {(*from)[0], (*from)[1], values->back()});
}

/// A score for each target or class; a classifier gives the best class too.
bool linear(const RuleContext& c) {
    const Shape* from = c.shape(0);
    const OnnxAttribute* coefficients = c.node().attribute("coefficients");
    if (from == nullptr || from->empty() || coefficients == nullptr || from->back() < 1) {
        return false;
    }
    const std::int64_t rows = from->size() == 1 ? 1 : from->front();
    const Shape scores{rows, static_cast<std::int64_t>(coefficients->reals.size()) / from->back()};
    return c.node().op == "LinearRegressor" ? c.make(0, scores) : c.make(0, {rows}) && c.make(1, scores);
}

/// [boxes, channels, height, width] of an image, at a size that is the last input.
bool crops(const RuleContext& c) {
    const Shape *image = c.shape(0), *boxes = c.shape(1);
    const auto* size = c.data(3);
    return image != nullptr && image->size() == 4 && boxes != nullptr && !boxes->empty() && size != nullptr &&
           size->size() == 2 &&
           c.make(0, {boxes->front(), (*image)[1], whole_number(size->front()), whole_number(size->back())});
}

constexpr NamedRule kRuntime[]{
    {"BiasAdd", as_given},
    {"BiasSoftmax", as_given},
    {"BiasSplitGelu", halved},
    {"ComplexMul", as_given},
    {"ComplexMulConj", as_given},
    {"CropAndResize", crops},
    {"ExpandDims", expand_dims},
    {"GemmaRotaryEmbedding", rotated_pair},
    {"Inverse", as_given},
    {"LinearClassifier", linear},
    {"LinearRegressor", linear},
    {"LongformerAttention", as_given},
    {"NGramRepeatBlock", second},
    {"QEmbedLayerNormalization", embed_in_integers},
    {"QLinearConcat", concat_with_scales},
    {"QLinearWhere", where_with_scales},
    {"QOrderedAttention", projected},
    {"QOrderedGelu", as_given},
    {"QOrderedLayerNormalization", as_given},
    {"QOrderedLongformerAttention", as_given},
    {"RemovePadding", remove_padding},
    {"RestorePadding", restore_padding},
    {"SkipGroupNorm", with_sum},
    {"UnfoldTensor", unfold},
    {"WordConvEmbedding", word_embedding},
};

}  // namespace

std::span<const NamedRule> runtime_rules() { return kRuntime; }

}  // namespace berth
