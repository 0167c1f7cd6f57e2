// Splits attention with projections, biases and caches into operators.
#include <algorithm>

#include "importers/onnx_attention_form.h"
#include "importers/onnx_parts.h"
#include "importers/onnx_patterns.h"

namespace berth {

namespace {

/// Query, key and value as separate sources.
struct Heads {
    OnnxSource query, key, value;
};

Shape keys_of(const AttentionDims& d, std::int64_t positions, std::int64_t width) {
    return {d.batch, d.kv_heads, positions, width};
}

/// Adds a bias, one constant per column, to the input of the part.
OnnxSource with_bias(OnnxParts& parts, const std::string& suffix, OnnxSource from, const Shape& shape, ValueId bias) {
    RowsDims sum = rows_of(shape);
    sum.affine = true;
    OnnxPart part{suffix, OperatorKind::kAdd, sum, {from}, shape};
    part.beside = {bias};
    return parts.add(std::move(part));
}

/// The projections, if the node contains them: one product for query, key and value together.
OnnxSource projected(OnnxParts& parts, const AttentionForm& form) {
    const Shape& from = parts.shape(0);
    const bool weights = parts.constant(1);
    const bool bias = form.bias != kNotGiven && parts.constant(form.bias);
    const std::int64_t rows = elements_of({form.dims.batch, form.dims.seq});
    const MatmulDims d{1, rows, from.back(), form.width, weights, bias && weights};
    Shape shape = from;
    shape.back() = form.width;
    OnnxPart part{".qkv", OperatorKind::kMatmul, d, {parts.input(0)}, std::move(shape)};
    if (weights) {
        part.weights = parts.in(1);
        part.beside = {bias ? parts.in(form.bias) : kNoValue};
    } else {
        part.inputs.push_back(parts.input(1));
    }
    return parts.add(std::move(part));
}

/// Splits the packed tensor into query, key and value.
Heads taken_apart(OnnxParts& parts, const AttentionForm& form, OnnxSource packed) {
    const AttentionDims& d = form.dims;
    const std::int64_t positions = form.latest;
    return {parts.piece(".query", packed, {d.batch, d.seq, d.heads * d.head_dim}),
            parts.piece(".key", packed, keys_of(d, positions, d.head_dim)),
            parts.piece(".value", packed, keys_of(d, positions, value_width(d)))};
}

Heads heads_of(OnnxParts& parts, const AttentionForm& form) {
    const AttentionDims& d = form.dims;
    const std::int64_t positions = form.latest;
    Heads heads{parts.input(0), parts.input(form.key), parts.input(form.value)};
    if (form.key == form.value) {  // key and value in one tensor
        heads.key = parts.piece(".key", parts.input(form.key), keys_of(d, positions, d.head_dim));
        heads.value = parts.piece(".value", parts.input(form.key), keys_of(d, positions, value_width(d)));
    }
    if (form.bias != kNotGiven && parts.constant(form.bias)) {
        const ValueId bias = parts.in(form.bias);
        heads.query = with_bias(parts, ".query", heads.query, parts.shape(0), bias);
        heads.key = with_bias(parts, ".key", heads.key, {d.batch, positions, d.kv_heads * d.head_dim}, bias);
        heads.value = with_bias(parts, ".value", heads.value, {d.batch, positions, d.kv_heads * value_width(d)}, bias);
    }
    return heads;
}

/// Whether keys and values share one tensor of the cache, as in operators that contain the projections.
bool one_cache(const AttentionForm& form) {
    return form.past_key == form.past_value && (form.projects || form.past > 0);
}

/// Concatenates earlier and new positions to the updated cache, an output of the node.
OnnxSource present(OnnxParts& parts, const std::string& suffix, std::vector<OnnxSource> pieces, const Shape& shape,
                   std::size_t output) {
    RowsDims d = rows_of(shape);
    d.inputs = static_cast<std::int64_t>(pieces.size());
    // A first cache is the new positions alone, in its own order of axes.
    const auto kind = pieces.size() == 1 ? OperatorKind::kTranspose : OperatorKind::kConcat;
    const OnnxSource made = parts.add({suffix, kind, d, std::move(pieces), shape});
    parts.makes(made, output);
    return made;
}

/// Whether the cache is updated in place: the one produced is as large as the one read, so it has room for the new
/// positions.
bool in_place(const OnnxParts& parts, const AttentionForm& form) {
    return form.past > 0 && (form.in_place || (parts.out(1) != kNoValue &&
                                               parts.network().shape(parts.out(1)) == parts.shape(form.past_key)));
}

/// Writes the new positions into the cache; nothing else of it is written.
void write_in_place(OnnxParts& parts, const AttentionForm& form, const Heads& heads) {
    const AttentionDims& d = form.dims;
    if (one_cache(form)) {
        Shape shape = keys_of(d, form.latest, d.head_dim);
        shape.insert(shape.begin(), 2);
        RowsDims both = rows_of(shape);
        both.inputs = 2;
        parts.makes(parts.add({".present", OperatorKind::kConcat, both, {heads.key, heads.value}, shape}), 1);
        return;
    }
    const auto written = [&](const std::string& suffix, OnnxSource from, std::int64_t width, std::size_t output) {
        const Shape shape = keys_of(d, form.latest, width);
        parts.makes(parts.add({suffix, OperatorKind::kTranspose, rows_of(shape), {from}, shape}), output);
    };
    written(".present_key", heads.key, d.head_dim, 1);
    if (parts.out(2) != kNoValue) {
        written(".present_value", heads.value, value_width(d), 2);
    }
}

/// Appends new keys and values to those of earlier positions; attention reads the result.
void take_cache(OnnxParts& parts, const AttentionForm& form, Heads& heads) {
    const bool past = form.past > 0;
    if (one_cache(form)) {
        std::vector<OnnxSource> pieces{heads.key, heads.value};
        if (past) {
            pieces.insert(pieces.begin(), parts.input(form.past_key));
        }
        if (past || parts.out(1) != kNoValue) {
            const OnnxSource both = present(parts, ".present", std::move(pieces), form.present_key, 1);
            const AttentionDims& d = form.dims;
            if (past) {
                heads.key = parts.piece(".keys", both, keys_of(d, d.kv_seq, d.head_dim));
                heads.value = parts.piece(".values", both, keys_of(d, d.kv_seq, value_width(d)));
            }
        }
        return;
    }
    const auto joined = [&](std::size_t earlier, OnnxSource latest, const std::string& suffix, const Shape& shape,
                            std::size_t output) {
        if (!past && parts.out(output) == kNoValue) {
            return latest;
        }
        std::vector<OnnxSource> pieces{latest};
        if (past) {
            pieces.insert(pieces.begin(), parts.input(earlier));
        }
        return present(parts, suffix, std::move(pieces), shape, output);
    };
    heads.key = joined(form.past_key, heads.key, ".present_key", form.present_key, 1);
    heads.value = joined(form.past_value, heads.value, ".present_value", form.present_value, 2);
}

}  // namespace

std::int64_t filled_positions(const OnnxParts& parts, const AttentionForm& form) {
    const auto data = form.filled == kNotGiven ? std::nullopt : parts.network().flow().at(parts.in(form.filled)).data;
    if (!data || data->empty()) {
        return form.past;
    }
    const std::int64_t after = whole_number(data->front()) + (form.filled_after ? 0 : form.latest);
    return std::clamp(after, std::min(form.latest, form.past), form.past);
}

std::optional<AttentionForm> form_of(const OnnxParts& parts) {
    return attention_form(parts.source(),
                          [&parts](std::size_t i) { return parts.given(i) ? &parts.shape(i) : nullptr; });
}

bool add_attention_parts(OnnxParts& parts) { return add_attention_parts_of(parts, form_of(parts)); }

bool add_attention_parts_of(OnnxParts& parts, std::optional<AttentionForm> form) {
    if (!form || parts.network().elements(parts.out(0)) != elements_of(form->made)) {
        return false;
    }
    const bool caches = form->past > 0 || parts.out(1) != kNoValue || parts.out(2) != kNoValue;
    const bool packed = form->projects || form->key == kNotGiven;
    OnnxPart attention{"", OperatorKind::kAttention, form->dims, {}, form->made};
    if (packed && !caches) {
        OnnxSource from = form->projects ? projected(parts, *form) : parts.input(0);
        if (!form->projects && form->bias != kNotGiven && parts.constant(form->bias)) {
            from =
                with_bias(parts, ".qkv", from, {form->dims.batch, form->dims.seq, form->width}, parts.in(form->bias));
        }
        attention.inputs = {from};
    } else {
        Heads heads = packed ? taken_apart(parts, *form, form->projects ? projected(parts, *form) : parts.input(0))
                             : heads_of(parts, *form);
        if (in_place(parts, *form)) {
            form->dims.kv_seq = filled_positions(parts, *form);
            attention.dims = form->dims;
            write_in_place(parts, *form, heads);
        } else {
            take_cache(parts, *form, heads);
        }
        attention.inputs = {heads.query, heads.key, heads.value};
    }
    const OnnxSource made = parts.add(std::move(attention));
    parts.makes(made, 0);
    if (parts.out(3) != kNoValue) {  // the attention scores as a further output
        const Shape& scores = parts.network().shape(parts.out(3));
        RowsDims written{1, 1};
        written.rows = elements_of(form->made);
        written.out_rows = elements_of(scores);
        parts.makes(parts.add({".scores", OperatorKind::kOther, written, {made}, scores}), 3);
    }
    return true;
}

}  // namespace berth
