// Sources: github.com/onnx/onnx, docs/Operators.md (Attention); github.com/microsoft/onnxruntime,
// docs/ContribOperators.md (Attention, MultiHeadAttention, GroupQueryAttention, PackedAttention, and the variants for
// decoding).
#include "importers/onnx_attention_form.h"

#include <algorithm>

namespace berth {

namespace {

using Form = std::optional<AttentionForm>;

constexpr std::string_view kRuntimeDomain = "com.microsoft";

/// `total` divided by `parts`; 0 if it is not divisible.
std::int64_t share(std::int64_t total, std::int64_t parts) {
    return parts > 0 && total > 0 && total % parts == 0 ? total / parts : 0;
}

std::size_t given(const InputShape& shape, std::size_t i) { return shape(i) == nullptr ? kNotGiven : i; }

/// Whether earlier and new positions are in one buffer, which has room for all.
bool shares_buffer(const OnnxNode& node) { return node.integer("past_present_share_buffer", 0) != 0; }

/// Adds the positions of the past, [batch, heads, positions, width] or [2, ...], and sets the shapes of the present.
void add_past(AttentionForm& form, const InputShape& shape) {
    AttentionDims& d = form.dims;
    if (const Shape* past = form.past_key == kNotGiven ? nullptr : shape(form.past_key);
        past != nullptr && past->size() >= 4) {
        form.past = (*past)[past->size() - 2];
    }
    form.latest = d.kv_seq;
    d.kv_seq += form.past;
    const std::int64_t made = form.in_place && form.past > 0 ? form.past : d.kv_seq;
    form.present_key = {d.batch, d.kv_heads, made, d.head_dim};
    form.present_value = {d.batch, d.kv_heads, made, value_width(d)};
}

Form checked(AttentionForm form) {
    const bool fits = possible_dims(OperatorKind::kAttention, form.dims) && possible(form.made);
    return fits ? Form(std::move(form)) : std::nullopt;
}

/// Sequences laid end to end without padding: [tokens of all, ...], with the place of each token in a padded
/// [batch, longest]. Only the run time knows the lengths; equal ones are assumed.
std::optional<Shape> sequences(const Shape* tokens, const Shape* places) {
    if (tokens == nullptr || tokens->empty() || places == nullptr || places->size() != 2) {
        return std::nullopt;
    }
    const std::int64_t each = share(tokens->front(), places->front());
    return each > 0 ? std::optional(Shape{places->front(), each}) : std::nullopt;
}

/// Attention that contains the projections: [batch, tokens, width] times [width, query + key + value].
Form with_projections(const OnnxNode& node, const InputShape& shape) {
    const Shape *from = shape(0), *weights = shape(1);
    const std::int64_t heads = node.integer("num_heads", 0);
    const bool unpadded = node.op == "PackedAttention";
    if (from == nullptr || weights == nullptr || from->size() != (unpadded ? 2 : 3) || weights->size() != 2) {
        return std::nullopt;
    }
    const auto rows = unpadded ? sequences(from, shape(3)) : std::optional(Shape{(*from)[0], (*from)[1]});
    if (!rows) {
        return std::nullopt;
    }
    AttentionForm form;
    form.projects = true;
    form.width = (*weights)[1];
    form.bias = given(shape, 2);
    const auto sizes = node.integers("qkv_hidden_sizes");
    const std::int64_t query = sizes.size() == 3 ? sizes[0] : share(form.width, 3);
    const std::int64_t value = sizes.size() == 3 ? sizes[2] : query;
    AttentionDims& d = form.dims;
    d.batch = rows->front();
    d.seq = d.kv_seq = rows->back();
    d.heads = d.kv_heads = heads;
    d.head_dim = share(query, heads);
    d.value_dim = value == query ? 0 : share(value, heads);
    d.causal = node.integer("unidirectional", 0) != 0;
    if (!unpadded) {
        form.past_key = form.past_value = given(shape, node.op == "QAttention" ? 8 : 4);
        form.filled = node.op == "QAttention" ? kNotGiven : given(shape, 6);
        form.in_place = shares_buffer(node);
    }
    form.made = unpadded ? Shape{from->front(), value} : Shape{d.batch, d.seq, value};
    add_past(form, shape);
    form.present_key.insert(form.present_key.begin(), 2);  // keys and values in one tensor
    return checked(std::move(form));
}

/// Takes sizes of key and value: [batch, positions, heads x width] or [batch, heads, positions, width].
bool take_keys(AttentionForm& form, const Shape& key, const Shape* value) {
    AttentionDims& d = form.dims;
    form.key = 1;
    if (key.size() == 5 && key[3] == 2) {  // [batch, positions, heads, 2, width]: keys and values interleaved
        d.kv_seq = key[1];
        d.kv_heads = key[2];
        form.value = 1;
        return true;
    }
    if (value == nullptr || key.size() != value->size() || (key.size() != 3 && key.size() != 4)) {
        return false;
    }
    form.value = 2;
    d.kv_seq = key[key.size() == 4 ? 2 : 1];
    d.kv_heads = key.size() == 4 ? key[1] : d.kv_heads;
    const std::int64_t values = value->size() == 4 ? (*value)[3] : share((*value)[2], d.kv_heads);
    d.value_dim = values == d.head_dim ? 0 : values;
    return (key.size() == 4 ? key[3] : share(key[2], d.kv_heads)) == d.head_dim && values > 0;
}

/// MultiHeadAttention, and its variant for decoding one token at a time.
Form multi_head(const OnnxNode& node, const InputShape& shape) {
    const Shape *query = shape(0), *key = shape(1);
    AttentionForm form;
    AttentionDims& d = form.dims;
    d.heads = d.kv_heads = node.integer("num_heads", 0);
    d.causal = node.integer("unidirectional", 0) != 0;
    if (query == nullptr || query->size() < 3) {
        return std::nullopt;
    }
    d.batch = (*query)[0];
    d.seq = d.kv_seq = (*query)[1];
    const bool one_token = node.op == "DecoderMaskedMultiHeadAttention";
    form.bias = given(shape, one_token ? 10 : 3);
    form.past_key = given(shape, one_token ? 5 : 6);
    form.past_value = given(shape, one_token ? 6 : 7);
    form.filled = given(shape, one_token ? 7 : 8);
    form.in_place = shares_buffer(node);
    if (query->size() == 5 && (*query)[3] == 3) {  // [batch, tokens, heads, 3, width]
        d.head_dim = (*query)[4];
        form.width = elements_of({3, d.heads, d.head_dim});
    } else if (query->size() == 3 && key != nullptr) {
        d.head_dim = share((*query)[2], d.heads);
        if (!take_keys(form, *key, shape(2))) {
            return std::nullopt;
        }
    } else {
        return std::nullopt;
    }
    form.made = {d.batch, d.seq, elements_of({d.heads, value_width(d)})};
    add_past(form, shape);
    return checked(std::move(form));
}

/// MultiHeadAttention of sequences without padding: [tokens, heads x width] for each of query, key and value, or
/// [tokens, heads, 3, width] for all.
Form packed_multi_head(const OnnxNode& node, const InputShape& shape) {
    const Shape* query = shape(0);
    const auto rows = sequences(query, shape(4));
    if (!rows) {
        return std::nullopt;
    }
    AttentionForm form;
    AttentionDims& d = form.dims;
    d.batch = rows->front();
    d.seq = d.kv_seq = rows->back();
    d.heads = d.kv_heads = node.integer("num_heads", 0);
    form.bias = given(shape, 3);
    if (query->size() == 4 && (*query)[2] == 3) {
        d.head_dim = (*query)[3];
        form.width = elements_of({3, d.heads, d.head_dim});
    } else if (const Shape* key = shape(1), *value = shape(2); query->size() == 2 && key != nullptr &&
                                                               value != nullptr && key->size() == 2 &&
                                                               value->size() == 2 && key->front() == query->front()) {
        d.head_dim = share(query->back(), d.heads);
        const Shape values{d.batch, d.seq, value->back()};
        if (!take_keys(form, {d.batch, d.seq, key->back()}, &values)) {
            return std::nullopt;
        }
    } else {
        return std::nullopt;
    }
    form.made = {query->front(), elements_of({d.heads, value_width(d)})};
    add_past(form, shape);
    return checked(std::move(form));
}

/// GroupQueryAttention, and SparseAttention, which meets blocks of the keys.
Form group_query(const OnnxNode& node, const InputShape& shape) {
    const Shape *query = shape(0), *key = shape(1);
    AttentionForm form;
    AttentionDims& d = form.dims;
    d.heads = node.integer("num_heads", 0);
    d.kv_heads = node.integer("kv_num_heads", 0);
    d.causal = true;
    if (query == nullptr || query->size() != 3) {
        return std::nullopt;
    }
    d.batch = (*query)[0];
    d.seq = d.kv_seq = (*query)[1];
    const std::int64_t window = node.integer("local_window_size", -1);
    d.window = std::max<std::int64_t>(0, window);
    form.past_key = given(shape, 3);
    form.past_value = given(shape, 4);
    form.in_place = node.op == "SparseAttention";
    form.filled = given(shape, form.in_place ? 7 : 6);
    form.filled_after = true;
    if (key == nullptr) {
        form.width = (*query)[2];
        d.head_dim = share(form.width, d.heads + 2 * d.kv_heads);
    } else {
        d.head_dim = share((*query)[2], d.heads);
        if (!take_keys(form, *key, shape(2))) {
            return std::nullopt;
        }
    }
    form.made = {d.batch, d.seq, elements_of({d.heads, value_width(d)})};
    add_past(form, shape);
    return checked(std::move(form));
}

/// PagedAttention: [tokens of all sequences, heads x width]; keys and values lie in blocks, [blocks, positions, heads,
/// width], which a table, [batch, blocks of a sequence], lists. Only the run time knows the lengths; equal ones are
/// assumed, as for sequences without padding, and full blocks where the earlier lengths are not known.
Form paged(const OnnxNode& node, const InputShape& shape) {
    const Shape *query = shape(0), *key = shape(1), *value = shape(2), *blocks = shape(3), *table = shape(7);
    if (blocks == nullptr || blocks->size() != 4 || table == nullptr || query == nullptr || query->size() != 2) {
        return std::nullopt;
    }
    const auto rows = sequences(query, table);
    if (!rows) {
        return std::nullopt;
    }
    AttentionForm form;
    AttentionDims& d = form.dims;
    d.batch = rows->front();
    d.seq = d.kv_seq = form.latest = rows->back();
    d.heads = node.integer("num_heads", 0);
    d.kv_heads = node.integer("kv_num_heads", 0);
    d.causal = true;
    d.window = std::max<std::int64_t>(0, node.integer("local_window_size", -1));
    if (key == nullptr) {
        form.width = query->back();
        d.head_dim = share(form.width, d.heads + 2 * d.kv_heads);
    } else {
        d.head_dim = share(query->back(), d.heads);
        const Shape keys{d.batch, d.seq, key->back()};
        const Shape values{d.batch, d.seq, value == nullptr ? 0 : value->back()};
        if (!take_keys(form, keys, &values)) {
            return std::nullopt;
        }
    }
    form.in_place = true;
    form.past_key = 3;
    form.past_value = 4;
    form.filled = given(shape, 6);
    form.past = elements_of({table->back(), (*blocks)[1]});
    form.present_key = form.present_value = *blocks;
    form.made = {query->front(), elements_of({d.heads, value_width(d)})};
    return form.past < form.latest ? std::nullopt : checked(std::move(form));
}

/// The Attention operator of ONNX itself, from operator set 23 on: [batch, heads, tokens, width], or heads and width in
/// one axis.
Form standard(const OnnxNode& node, const InputShape& shape) {
    const Shape *query = shape(0), *key = shape(1), *value = shape(2);
    if (query == nullptr || key == nullptr || value == nullptr || (query->size() != 3 && query->size() != 4)) {
        return std::nullopt;
    }
    AttentionForm form;
    AttentionDims& d = form.dims;
    const bool apart = query->size() == 4;
    d.batch = (*query)[0];
    d.heads = apart ? (*query)[1] : node.integer("q_num_heads", 0);
    d.kv_heads = node.integer("kv_num_heads", d.heads);
    d.seq = (*query)[apart ? 2 : 1];
    d.head_dim = apart ? (*query)[3] : share((*query)[2], d.heads);
    d.causal = node.integer("is_causal", 0) != 0;
    if (!take_keys(form, *key, value)) {
        return std::nullopt;
    }
    form.past_key = given(shape, 4);
    form.past_value = given(shape, 5);
    const std::int64_t values = value_width(d);
    form.made = apart ? Shape{d.batch, d.heads, d.seq, values} : Shape{d.batch, d.seq, elements_of({d.heads, values})};
    add_past(form, shape);
    return checked(std::move(form));
}

}  // namespace

std::optional<AttentionForm> attention_form(const OnnxNode& node, const InputShape& shape) {
    if (node.op == "QAttention" || node.op == "DecoderMaskedSelfAttention" || node.op == "PackedAttention" ||
        (node.op == "Attention" && node.domain == kRuntimeDomain)) {
        return with_projections(node, shape);
    }
    if (node.op == "PackedMultiHeadAttention") {
        return packed_multi_head(node, shape);
    }
    if (node.op == "PagedAttention") {
        return paged(node, shape);
    }
    if (node.op == "Attention") {
        return standard(node, shape);
    }
    if (node.op == "MultiHeadAttention" || node.op == "DecoderMaskedMultiHeadAttention") {
        return multi_head(node, shape);
    }
    const bool grouped = node.op == "GroupQueryAttention" || node.op == "SparseAttention";
    return grouped ? group_query(node, shape) : std::nullopt;
}

}  // namespace berth
