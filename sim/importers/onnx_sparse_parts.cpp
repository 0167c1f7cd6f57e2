// Attention of ONNX Runtime in which a query meets some of the keys: windows with global tokens (Longformer), and
// blocks listed in the file. Source: github.com/microsoft/onnxruntime, docs/ContribOperators.md.
#include <algorithm>
#include <array>
#include <string>

#include "importers/onnx_attention_form.h"
#include "importers/onnx_parts.h"
#include "importers/onnx_patterns.h"

namespace berth {

namespace {

/// Largest number of global tokens of a sequence, by the flags of input `flags`, [batch, tokens]; absent if only the
/// run time knows them.
std::optional<std::int64_t> global_tokens(const OnnxParts& parts, std::size_t flags, std::int64_t tokens) {
    const auto data = parts.given(flags) ? parts.network().flow().at(parts.in(flags)).data : std::nullopt;
    if (!data || data->empty() || tokens < 1) {
        return std::nullopt;
    }
    std::int64_t most = 0;
    for (std::size_t at = 0; at < data->size(); at += static_cast<std::size_t>(tokens)) {
        const auto first = data->begin() + static_cast<std::ptrdiff_t>(at);
        const auto last = first + std::min<std::ptrdiff_t>(tokens, data->end() - first);
        most = std::max(most,
                        static_cast<std::int64_t>(std::count_if(first, last, [](double flag) { return flag != 0; })));
    }
    return most;
}

/// Inputs of the two forms of attention with a window: in integers, each factor is followed by its scale.
struct LongformerInputs {
    std::size_t weights = 1, bias = 2, global_weights = 4, global_bias = 5, global = 6;
};

LongformerInputs longformer_inputs(const OnnxParts& parts) {
    return parts.source().op == "QOrderedLongformerAttention" ? LongformerInputs{2, 4, 8, 10, 12} : LongformerInputs{};
}

/// Global tokens attend to all tokens with projections of their own, and all tokens attend to the global ones.
void add_global_tokens(OnnxParts& parts, OnnxSource packed, OnnxSource local, AttentionDims d, std::int64_t count) {
    const Shape& from = parts.shape(0);
    const std::int64_t width = from.back();
    const auto tokens = [&](std::int64_t rows) { return Shape{from[0], rows, width}; };
    const auto attention = [&](const std::string& suffix, std::int64_t queries, std::int64_t keys,
                               std::vector<OnnxSource> read) {
        d.seq = queries;
        d.kv_seq = keys;
        d.window = 0;
        return parts.add({suffix, OperatorKind::kAttention, d, std::move(read), tokens(queries)});
    };
    const LongformerInputs inputs = longformer_inputs(parts);
    const OnnxSource keys =
        projection(parts, ".global_kv", parts.input(0), from, {2 * width, inputs.global_weights, inputs.global_bias});
    const OnnxSource chosen = parts.piece(".global_tokens", parts.input(0), tokens(count));
    const OnnxSource query =
        projection(parts, ".global_query", chosen, tokens(count), {width, inputs.global_weights, inputs.global_bias});
    const OnnxSource of_all =
        attention(".global", count, from[1],
                  {query, parts.piece(".global_keys", keys, from), parts.piece(".global_values", keys, from)});
    const OnnxSource to_global =
        attention(".to_global", from[1], count,
                  {parts.piece(".query", packed, from), parts.piece(".key", packed, tokens(count)),
                   parts.piece(".value", packed, tokens(count))});
    RowsDims sum = rows_of(from);
    sum.inputs = 2;
    const OnnxSource merged = parts.add({".merged", OperatorKind::kAdd, sum, {local, to_global}, from});
    std::vector<OnnxSource> pieces{of_all};
    if (count < from[1]) {
        pieces.push_back(parts.piece(".others", merged, tokens(from[1] - count)));
    }
    RowsDims all = rows_of(from);
    all.inputs = static_cast<std::int64_t>(pieces.size());
    parts.makes(parts.add({"", OperatorKind::kConcat, all, std::move(pieces), from}), 0);
}

/// Mean number of keys that queries of the latest `latest` of `total` positions meet: all keys of a block's row are
/// computed, except those behind the query's own. Layouts, [layouts, rows + 1], take turns over the heads. Absent if
/// the file does not hold the list.
std::optional<std::int64_t> listed_scores(const OnnxParts& parts, std::int64_t latest, std::int64_t total) {
    const std::int64_t block = parts.source().integer("sparse_block_size", 0);
    const auto data = parts.given(5) ? parts.network().flow().at(parts.in(5)).data : std::nullopt;
    if (block < 1 || !data || parts.shape(5).size() != 2) {
        return std::nullopt;
    }
    const std::int64_t layouts = parts.shape(5)[0];
    const std::int64_t starts = parts.shape(5)[1];
    if (layouts < 1 || (total - 1) / block + 1 >= starts) {
        return std::nullopt;
    }
    double scores = 0;
    for (std::int64_t layout = 0; layout < layouts; ++layout) {
        for (std::int64_t position = total - latest; position < total; ++position) {
            const auto row = static_cast<std::size_t>(layout * starts + position / block);
            const double blocks = (*data)[row + 1] - (*data)[row];
            // The last block of a row is that of the query itself.
            scores +=
                std::max(0.0, (blocks - 1) * static_cast<double>(block)) + static_cast<double>(position % block + 1);
        }
    }
    return whole_number(scores / static_cast<double>(layouts));
}

/// The window that lets queries see this many scores, at least.
std::int64_t window_of(AttentionDims d, std::int64_t scores) {
    std::int64_t low = 1;
    for (std::int64_t high = d.kv_seq; low < high;) {
        d.window = low + (high - low) / 2;
        if (visible_scores(d) >= scores) {
            high = d.window;
        } else {
            low = d.window + 1;
        }
    }
    return low;
}

}  // namespace

bool add_longformer_parts(OnnxParts& parts) {
    const Shape& from = parts.shape(0);
    const LongformerInputs inputs = longformer_inputs(parts);
    const std::int64_t heads = parts.source().integer("num_heads", 0);
    const std::int64_t side = parts.source().integer("window", 0);  // on each side of the query
    if (from.size() != 3 || heads < 1 || side < 1 || from.back() % heads != 0 || !parts.constant(inputs.weights) ||
        parts.network().elements(parts.in(inputs.weights)) != elements_of({3, from.back(), from.back()})) {
        return false;
    }
    AttentionDims d;
    d.batch = from[0];
    d.heads = d.kv_heads = heads;
    d.seq = d.kv_seq = from[1];
    d.head_dim = from[2] / heads;
    d.window = std::min(elements_of({2, side}) + 1, from[1]);
    const OnnxSource packed =
        projection(parts, ".qkv", parts.input(0), from, {3 * from[2], inputs.weights, inputs.bias});
    const auto known = global_tokens(parts, inputs.global, from[1]);
    const std::int64_t count = parts.constant(inputs.global_weights) ? known.value_or(1) : 0;
    const OnnxSource local = parts.add({count == 0 ? "" : ".local", OperatorKind::kAttention, d, {packed}, from});
    if (count == 0) {
        parts.makes(local, 0);
        return true;
    }
    if (!known) {
        parts.assume("one global token per sequence in " + std::string(parts.source().op));
    }
    add_global_tokens(parts, packed, local, d, count);
    return true;
}

bool add_block_sparse_parts(OnnxParts& parts) {
    auto form = form_of(parts);
    if (!form || form->past < form->latest) {
        return false;
    }
    AttentionDims& d = form->dims;
    d.kv_seq = filled_positions(parts, *form);
    const auto scores = listed_scores(parts, d.seq, d.kv_seq);
    if (scores) {
        d.window = window_of(d, *scores);
    } else {
        parts.assume("all earlier blocks in SparseAttention");
    }
    return add_attention_parts_of(parts, std::move(form));
}

/// Attention in integers whose three projections are separate; each factor is followed by its scale elsewhere.
bool add_ordered_attention_parts(OnnxParts& parts) {
    const Shape& from = parts.shape(0);
    const std::int64_t heads = parts.source().integer("num_heads", 0);
    constexpr std::size_t kWeights = 5;
    constexpr std::size_t kBiases = 11;
    std::vector<OnnxSource> inputs;
    AttentionDims d;
    for (std::size_t i = 0; i < 3; ++i) {
        const bool fits = from.size() == 3 && heads > 0 && parts.constant(kWeights + i) &&
                          parts.shape(kWeights + i).size() == 2 && parts.shape(kWeights + i)[0] == from.back() &&
                          parts.shape(kWeights + i)[1] % heads == 0;
        if (!fits) {
            return false;
        }
        const std::int64_t columns = parts.shape(kWeights + i)[1];
        constexpr std::array kNames{".query", ".key", ".value"};
        inputs.push_back(projection(parts, kNames.at(i), parts.input(0), from, {columns, kWeights + i, kBiases + i}));
        (i == 2 ? d.value_dim : d.head_dim) = columns / heads;
    }
    d.batch = from[0];
    d.heads = d.kv_heads = heads;
    d.seq = d.kv_seq = from[1];
    d.causal = parts.source().integer("unidirectional", 0) != 0;
    d.value_dim = d.value_dim == d.head_dim ? 0 : d.value_dim;
    const Shape made{from[0], from[1], heads * value_width(d)};
    parts.makes(parts.add({"", OperatorKind::kAttention, d, std::move(inputs), made}), 0);
    return true;
}

}  // namespace berth
