// Shape rules of attention, recurrent networks and Einstein sums.
#include "importers/onnx_attention_form.h"
#include "importers/onnx_einsum.h"
#include "importers/onnx_rule.h"

namespace berth {

namespace {

bool attention(const RuleContext& c) {
    auto form = attention_form(c.node(), [&c](std::size_t i) { return c.shape(i); });
    if (!form) {
        return false;
    }
    c.make(0, std::move(form->made));
    c.make(1, std::move(form->present_key));
    c.make(2, std::move(form->present_value));
    if (const Shape* made = c.step.outputs.size() > 3 ? c.shape(0) : nullptr; made != nullptr) {
        const AttentionDims& d = form->dims;
        c.make(3, {d.batch, d.heads, d.seq, d.kv_seq});  // the attention scores
    }
    return true;
}

/// The result has the shape of the query, [positions, batch, width]; the caches hold the earlier positions, if the
/// flags say so, and those that this call adds.
bool decoder_attention(const RuleContext& c) {
    const Shape *query = c.shape(0), *source = c.shape(1), *cache = c.shape(6);
    const std::int64_t heads = c.node().integer("num_heads", 0);
    if (query == nullptr || query->size() != 3 || heads < 1 || query->back() % heads != 0) {
        return false;
    }
    c.make(0, *query);
    const auto flag = [&c](std::size_t i) {
        return c.data(i) != nullptr && !c.data(i)->empty() && c.data(i)->front() != 0;
    };
    const bool cached = flag(9) && flag(10);
    const Shape* read = flag(8) ? source : query;
    if (read == nullptr || read->empty() || (cached && (cache == nullptr || cache->size() != 4))) {
        return true;
    }
    const std::int64_t earlier = cached ? (*cache)[2] : 0;
    const Shape held{(*query)[1], heads, flag(8) && cached ? earlier : earlier + read->front(), query->back() / heads};
    c.make(1, held);
    return c.make(2, held);
}

/// The result has the shape of the values; the state has a matrix per head.
bool linear_attention(const RuleContext& c) {
    const Shape *query = c.shape(0), *value = c.shape(2);
    const std::int64_t heads = c.node().integer("kv_num_heads", 0);
    if (query == nullptr || value == nullptr || query->size() != 3 || value->size() != 3 || heads < 1 ||
        c.node().integer("q_num_heads", 0) != heads || query->back() % heads != 0 || value->back() % heads != 0) {
        return false;
    }
    c.make(1, {value->front(), heads, query->back() / heads, value->back() / heads});
    return c.make(0, *value);
}

/// Biases of relative positions, [1, heads, queries, keys], scaled by the query of each sequence.
bool gated_bias(const RuleContext& c) {
    const Shape *query = c.shape(0), *biases = c.shape(2);
    if (query == nullptr || query->size() != 3 || biases == nullptr || biases->size() != 4) {
        return false;
    }
    return c.make(0, {query->front(), (*biases)[1], (*biases)[2], (*biases)[3]});
}

/// A convolution that keeps the number of positions, and the state that it hands on.
bool causal_conv(const RuleContext& c) {
    const Shape *from = c.shape(0), *state = c.shape(3);
    return from != nullptr && c.make(0, *from) && (state == nullptr || c.make(1, *state));
}

/// Results: Y [tokens, directions, batch, hidden], and the last states.
bool recurrent(const RuleContext& c) {
    const Shape* from = c.shape(0);
    // The attribute may be absent; the recurrent weights give the size then.
    const std::int64_t hidden =
        c.node().integer("hidden_size", c.shape(2) == nullptr || c.shape(2)->empty() ? 0 : c.shape(2)->back());
    if (from == nullptr || from->size() != 3 || hidden < 1) {
        return false;
    }
    const bool batch_first = c.node().integer("layout", 0) != 0;
    const OnnxAttribute* direction = c.node().attribute("direction");
    const std::int64_t directions = direction != nullptr && direction->text == "bidirectional" ? 2 : 1;
    const std::int64_t tokens = (*from)[batch_first ? 1 : 0];
    const std::int64_t batch = (*from)[batch_first ? 0 : 1];
    c.make(0, batch_first ? Shape{batch, tokens, directions, hidden} : Shape{tokens, directions, batch, hidden});
    for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
        c.make(i, batch_first ? Shape{batch, directions, hidden} : Shape{directions, batch, hidden});
    }
    return true;
}

bool einsum(const RuleContext& c) {
    const OnnxAttribute* text = c.node().attribute("equation");
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < c.step.inputs.size(); ++i) {
        if (c.shape(i) == nullptr) {
            return false;
        }
        shapes.push_back(*c.shape(i));
    }
    const auto equation = text == nullptr ? std::nullopt : einsum_equation(text->text, shapes);
    return equation && c.make(0, equation->shape(equation->output));
}

constexpr NamedRule kSequence[]{
    {"Attention", attention},
    {"AttnLSTM", recurrent},
    {"CausalConvWithState", causal_conv},
    {"DecoderAttention", decoder_attention},
    {"DecoderMaskedMultiHeadAttention", attention},
    {"DecoderMaskedSelfAttention", attention},
    {"DynamicQuantizeLSTM", recurrent},
    {"Einsum", einsum},
    {"GRU", recurrent},
    {"GatedRelativePositionBias", gated_bias},
    {"GroupQueryAttention", attention},
    {"LSTM", recurrent},
    {"LinearAttention", linear_attention},
    {"MultiHeadAttention", attention},
    {"PackedAttention", attention},
    {"PackedMultiHeadAttention", attention},
    {"PagedAttention", attention},
    {"QAttention", attention},
    {"RNN", recurrent},
    {"SparseAttention", attention},
};

}  // namespace

std::span<const NamedRule> sequence_rules() { return kSequence; }

}  // namespace berth
