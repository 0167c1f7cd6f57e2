// Operators of ONNX Runtime that keep keys and values, or a state, between calls, and the characters of words.
// Source: github.com/microsoft/onnxruntime, docs/ContribOperators.md.
#include <algorithm>

#include "importers/onnx_attention_form.h"
#include "importers/onnx_parts.h"
#include "importers/onnx_patterns.h"

namespace berth {

namespace {

/// Truth value of an input; absent if only the run time knows it.
std::optional<bool> known_flag(const OnnxParts& parts, std::size_t i) {
    const auto data = parts.given(i) ? parts.network().flow().at(parts.in(i)).data : std::nullopt;
    return data && data->size() == 1 ? std::optional(data->front() != 0) : std::nullopt;
}

/// What the flags of a DecoderAttention say.
struct DecoderCall {
    bool of_source = false;  ///< keys and values come from an encoder's result
    bool cached = false;     ///< the caches hold earlier positions, or all positions of the source
};

std::optional<DecoderCall> decoder_call(const OnnxParts& parts) {
    const auto of_source = known_flag(parts, 8), use_past = known_flag(parts, 9), has_state = known_flag(parts, 10);
    if (!of_source || !use_past || !has_state) {
        return std::nullopt;
    }
    const bool cached = *use_past && *has_state;
    const bool caches = parts.given(6) && parts.given(7) && parts.shape(6).size() == 4 && parts.shape(7).size() == 4;
    return cached && !caches ? std::nullopt : std::optional(DecoderCall{*of_source, cached});
}

/// Writes the cache of one of keys and values, an output of the node: earlier positions, if any, and new ones.
OnnxSource decoder_cache(OnnxParts& parts, std::size_t output, const std::vector<OnnxSource>& pieces,
                         const AttentionDims& d) {
    if (pieces.size() == 1 && parts.out(output) == kNoValue) {
        return pieces.front();
    }
    const Shape shape{d.batch, d.heads, d.kv_seq, d.head_dim};
    RowsDims joined = rows_of(shape);
    joined.inputs = static_cast<std::int64_t>(pieces.size());
    const OnnxSource made =
        parts.add({output == 1 ? ".new_keys" : ".new_values", OperatorKind::kConcat, joined, pieces, shape});
    parts.makes(made, output);
    return made;
}

/// Elements of the input, or 0 if it is not given.
std::int64_t elements_in(const OnnxParts& parts, std::size_t i) {
    return parts.given(i) ? parts.network().elements(parts.in(i)) : 0;
}

}  // namespace

bool add_decoder_attention_parts(OnnxParts& parts) {
    const auto call = decoder_call(parts);
    const Shape& from = parts.shape(0);  // [positions, batch, width]
    const std::int64_t heads = parts.source().integer("num_heads", 0);
    if (!call || from.size() != 3 || heads < 1 || from.back() % heads != 0 || !parts.constant(2) ||
        !parts.constant(3) || elements_in(parts, 2) != elements_of({from.back(), from.back()}) ||
        elements_in(parts, 3) != 2 * elements_in(parts, 2)) {
        return false;
    }
    const std::int64_t width = from.back();
    const Shape read = call->of_source ? parts.shape(1) : from;
    AttentionDims d;
    d.batch = from[1];
    d.heads = d.kv_heads = heads;
    d.seq = from[0];
    d.head_dim = width / heads;
    const OnnxSource query = projection(parts, ".query", parts.input(0), from, {width, 2, 4});
    OnnxSource keys = parts.given(6) ? parts.input(6) : OnnxSource{};
    OnnxSource values = parts.given(7) ? parts.input(7) : OnnxSource{};
    d.kv_seq = call->cached ? parts.shape(6)[2] : 0;
    if (!(call->of_source && call->cached)) {
        if (read.size() != 3 || read.back() != width) {
            return false;
        }
        d.kv_seq += read[0];
        const auto both =
            projection(parts, ".key_value", parts.input(call->of_source ? 1 : 0), read, {2 * width, 3, 4});
        const auto joined = [&](const std::string& suffix, std::size_t cache, std::size_t output) {
            std::vector<OnnxSource> pieces{parts.piece(suffix, both, read)};
            if (call->cached) {
                pieces.insert(pieces.begin(), parts.input(cache));
            }
            return decoder_cache(parts, output, pieces, d);
        };
        keys = joined(".key", 6, 1);
        values = joined(".value", 7, 2);
    }
    parts.makes(parts.add({"", OperatorKind::kAttention, d, {query, keys, values}, from}), 0);
    return true;
}

bool add_paged_parts(OnnxParts& parts) {
    auto form = form_of(parts);
    if (form && form->filled != kNotGiven && !parts.network().flow().at(parts.in(form->filled)).data) {
        parts.assume("full blocks and sequences of equal lengths in PagedAttention");
    }
    return add_attention_parts_of(parts, std::move(form));
}

bool add_linear_attention_parts(OnnxParts& parts) {
    const std::int64_t heads = parts.source().integer("kv_num_heads", 0);
    const Shape &query = parts.shape(0), &value = parts.shape(2);
    const bool same = parts.source().integer("q_num_heads", 0) == heads;
    if (!same || heads < 1 || query.size() != 3 || value.size() != 3 || query != parts.shape(1) ||
        query.back() % heads != 0 || value.back() % heads != 0) {
        return false;
    }
    ScanDims d;
    d.batch = value[0];
    d.seq = value[1];
    d.channels = value.back();
    d.state = query.back() / heads;
    std::vector<OnnxSource> inputs{parts.input(2), parts.input(1), parts.input(0)};
    constexpr std::size_t kDecay = 4;
    for (const std::size_t i : {kDecay, kDecay + 1}) {
        if (parts.given(i) && !parts.constant(i)) {
            inputs.push_back(parts.input(i));
        }
    }
    d.inputs = static_cast<std::int64_t>(inputs.size());
    const OnnxSource made = parts.add({"", OperatorKind::kScan, d, std::move(inputs), value});
    parts.makes(made, 0);
    if (parts.out(1) != kNoValue) {
        const Shape& state = parts.network().shape(parts.out(1));
        RowsDims kept{elements_of(value), 1};
        kept.out_rows = elements_of(state);
        parts.makes(parts.add({".state", OperatorKind::kOther, kept, {made}, state}), 1);
    }
    return true;
}

bool add_word_parts(OnnxParts& parts) {
    const Shape &words = parts.shape(0), &kernel = parts.shape(1), &table = parts.shape(3);
    const Shape& made = parts.network().shape(parts.out(0));
    if (words.size() != 2 || kernel.size() != 4 || table.size() != 2 || !parts.constant(1) || !parts.constant(3) ||
        kernel[1] != 1 || kernel[3] != table[1] || kernel[2] > words[1] || made != Shape{words[0], kernel[0]}) {
        return false;
    }
    const std::int64_t filters = kernel[0];
    const std::int64_t places = words[1] - kernel[2] + 1;
    parts.assume("words as long as the longest in WordConvEmbedding");
    const GatherDims looked_up{elements_of(words), table[1], table[0]};
    const OnnxSource letters = parts.add({".letters",
                                          OperatorKind::kEmbedding,
                                          looked_up,
                                          {parts.input(0)},
                                          {words[0], words[1], table[1]},
                                          kNoValue,
                                          parts.in(3)});
    ConvDims d;
    d.batch = words[0];
    d.in_channels = 1;
    d.out_channels = filters;
    d.in_height = words[1];
    d.in_width = d.kernel_width = table[1];
    d.kernel_height = kernel[2];
    d.out_height = places;
    d.out_width = 1;
    d.bias = parts.constant(2);
    const Shape wide{words[0], filters, places};
    const OnnxSource conv = parts.add({".conv", OperatorKind::kConv2d, d, {letters}, wide, kNoValue, parts.in(1)});
    const RowsDims each{elements_of({words[0], places}), filters};
    const OnnxSource active = parts.add({".tanh", OperatorKind::kTanh, each, {conv}, wide});
    RowsDims most = each;
    most.out_rows = words[0];
    parts.makes(parts.add({"", OperatorKind::kPool, most, {active}, made}), 0);
    return true;
}

}  // namespace berth
