// LSTM, GRU and RNN: one product for all positions together, then one product per position, which reads its weights
// anew at each step. AttnLSTM attends to a memory at each step, too.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "importers/onnx_parts.h"
#include "importers/onnx_patterns.h"

namespace berth {

namespace {

struct Recurrence {
    std::int64_t tokens = 0, batch = 0, inputs = 0, hidden = 0, directions = 1, gates = 0;

    [[nodiscard]] std::int64_t rows() const { return tokens * batch; }
    [[nodiscard]] std::int64_t columns() const { return gates * hidden; }
};

std::int64_t gates_of(std::string_view op) { return op == "RNN" ? 1 : op == "GRU" ? 3 : 4; }

/// Takes what the attributes and the input state.
bool take_shape(Recurrence& r, const OnnxParts& parts) {
    const Shape& from = parts.shape(0);
    r.hidden = parts.source().integer("hidden_size", 0);
    if (from.size() != 3 || !parts.given(1) || !parts.given(2) || parts.shape(2).empty()) {
        return false;
    }
    r.hidden = r.hidden < 1 ? parts.shape(2).back() : r.hidden;  // without the attribute, from the weights
    const bool batch_first = parts.source().integer("layout", 0) != 0;
    r.tokens = from[batch_first ? 1 : 0];
    r.batch = from[batch_first ? 0 : 1];
    r.inputs = from[2];
    r.gates = gates_of(parts.source().op);
    const OnnxAttribute* direction = parts.source().attribute("direction");
    r.directions = direction != nullptr && direction->text == "bidirectional" ? 2 : 1;
    return r.rows() > 0;
}

bool take_sizes(Recurrence& r, const OnnxParts& parts) {
    if (!take_shape(r, parts)) {
        return false;
    }
    const auto weights = elements_of({r.directions, r.columns(), r.inputs});
    const auto recurrent = elements_of({r.directions, r.columns(), r.hidden});
    return parts.network().elements(parts.in(1)) == weights && parts.network().elements(parts.in(2)) == recurrent;
}

/// Computes the states of all positions: of one direction, or of all directions together if the weights are
/// activations.
OnnxSource states(OnnxParts& parts, const Recurrence& r, const std::string& suffix, std::int64_t directions) {
    const bool weights = parts.constant(1) && parts.constant(2);
    const bool bias = parts.constant(3) && weights;
    // ONNX has a bias for each of the two products; other formats one for both.
    const bool both = bias && parts.network().elements(parts.in(3)) >= 2 * elements_of({r.directions, r.columns()});
    const Shape gates{r.tokens, directions * r.batch, r.columns()};
    const Shape state{r.tokens, directions * r.batch, r.hidden};
    const auto product = [&](const std::string& name, MatmulDims d, OnnxSource from, std::size_t matrix) {
        OnnxPart part{suffix + name, OperatorKind::kMatmul, d, {from}, gates};
        if (weights) {
            part.weights = parts.in(matrix);
            part.beside = {parts.in(3)};
        } else {
            part.inputs.push_back(parts.input(matrix));
        }
        return parts.add(std::move(part));
    };
    const MatmulDims from_input{directions, r.rows(), r.inputs, r.columns(), weights, bias};
    const OnnxSource input = product(".input", from_input, parts.input(0), 1);
    // The state that a step reads from the previous one has no operator of its own: as many elements of the input
    // product represent it.
    const OnnxSource earlier = parts.piece(suffix + ".state", input, state);
    const MatmulDims from_state{directions * r.tokens, r.batch, r.hidden, r.columns(), weights, both};
    const OnnxSource recurrent = product(".recurrent", from_state, earlier, 2);
    RowsDims sum = rows_of(gates);
    std::vector<OnnxSource> terms{input, recurrent};
    // Three of the gates of an LSTM may see the state through a weight per column (Gers and Schmidhuber, 2000).
    constexpr std::size_t kPeepholes = 7;
    for (const std::string_view gate : {".peephole_in", ".peephole_out", ".peephole_forget"}) {
        if (parts.source().op == "LSTM" && parts.constant(kPeepholes)) {
            RowsDims each = rows_of(state);
            each.inputs = 1;
            each.affine = true;
            terms.push_back(parts.add({suffix + std::string(gate), OperatorKind::kMul, each, {earlier}, state}));
        }
    }
    sum.inputs = static_cast<std::int64_t>(terms.size());
    const OnnxSource added = parts.add({suffix + ".add", OperatorKind::kAdd, sum, std::move(terms), gates});
    const auto kind = r.gates == 1 ? OperatorKind::kTanh : OperatorKind::kSigmoid;
    const OnnxSource opened = parts.add({suffix + ".gates", kind, rows_of(gates), {added}, gates});
    return parts.piece(suffix + ".new_state", opened, state);
}

/// Sizes of what an AttnLSTM attends to. Each step compares its state with `length` rows, through products of
/// `compared` columns, and adds up the rows, of `depth` columns; the next step reads `results` columns of that.
struct AttendedMemory {
    std::int64_t length = 0, depth = 0, compared = 0, results = 0;
    bool layer = false;  ///< whether a product with the state beside the sum makes the results
};

constexpr std::size_t kQueryWeights = 8, kMemoryWeights = 9, kCompared = 10, kMemory = 11, kAttentionLayer = 13;

std::optional<AttendedMemory> attended_memory(const OnnxParts& parts, const Recurrence& r) {
    for (const std::size_t weights : {std::size_t{1}, std::size_t{2}, kQueryWeights, kMemoryWeights, kCompared}) {
        if (!parts.constant(weights)) {
            return std::nullopt;
        }
    }
    if (!parts.given(kMemory) || parts.shape(kMemory).size() != 3 || parts.shape(kMemoryWeights).size() != 3) {
        return std::nullopt;
    }
    AttendedMemory m{parts.shape(kMemory)[1], parts.shape(kMemory)[2], parts.shape(kMemoryWeights)[2]};
    m.layer = parts.given(kAttentionLayer);
    m.results = !m.layer ? m.depth : parts.shape(kAttentionLayer).empty() ? 0 : parts.shape(kAttentionLayer).back();
    const auto holds = [&](std::size_t i, const Shape& shape) {
        return parts.constant(i) && parts.network().elements(parts.in(i)) == elements_of(shape);
    };
    const bool fits =
        parts.shape(kMemory)[0] == r.batch && r.hidden > 0 && m.results > 0 &&
        holds(1, {r.directions, r.columns(), r.inputs + m.results}) &&
        holds(2, {r.directions, r.columns(), r.hidden}) && holds(kQueryWeights, {r.directions, r.hidden, m.compared}) &&
        holds(kMemoryWeights, {r.directions, m.depth, m.compared}) && holds(kCompared, {r.directions, m.compared}) &&
        (!m.layer || holds(kAttentionLayer, {r.directions, m.depth + r.hidden, m.results}));
    return fits ? std::optional(m) : std::nullopt;
}

/// What the next step reads of the memory: [tokens, batch, results].
OnnxSource attended(OnnxParts& parts, const Recurrence& r, const AttendedMemory& m, OnnxSource state,
                    const std::string& suffix) {
    const auto product = [&](const std::string& name, MatmulDims d, std::vector<OnnxSource> from, Shape made) {
        return parts.add({suffix + name, OperatorKind::kMatmul, d, std::move(from), std::move(made)});
    };
    const auto pass = [&](const std::string& name, OperatorKind kind, std::vector<OnnxSource> from, const Shape& made) {
        RowsDims d = rows_of(made);
        d.inputs = static_cast<std::int64_t>(from.size());
        return parts.add({suffix + name, kind, d, std::move(from), made});
    };
    const Shape pairs{r.tokens, r.batch, m.length, m.compared};
    const Shape shares{r.tokens, r.batch, m.length};
    const OnnxSource keys = product(".keys", {1, r.batch * m.length, m.depth, m.compared, true}, {parts.input(kMemory)},
                                    {r.batch, m.length, m.compared});
    const OnnxSource query =
        product(".query", {r.tokens, r.batch, r.hidden, m.compared, true}, {state}, {r.tokens, r.batch, m.compared});
    const OnnxSource sum = pass(".compared", OperatorKind::kAdd, {query, keys}, pairs);
    const OnnxSource tanh = pass(".compared_tanh", OperatorKind::kTanh, {sum}, pairs);
    const OnnxSource scores = product(".scores", {1, r.rows() * m.length, m.compared, 1, true}, {tanh}, shares);
    const OnnxSource softmax = pass(".softmax", OperatorKind::kSoftmax, {scores}, shares);
    const OnnxSource context = product(".context", {r.batch, r.tokens, m.length, m.depth, false},
                                       {softmax, parts.input(kMemory)}, {r.tokens, r.batch, m.depth});
    if (!m.layer) {
        return context;
    }
    const OnnxSource both =
        pass(".context_and_state", OperatorKind::kConcat, {context, state}, {r.tokens, r.batch, m.depth + r.hidden});
    return product(".attention", {r.tokens, r.batch, m.depth + r.hidden, m.results, true}, {both},
                   {r.tokens, r.batch, m.results});
}

/// States of one direction. The order of a step is turned: the state and the attention that it reads are of the step
/// before and have no operators of their own.
OnnxSource attentive_states(OnnxParts& parts, const Recurrence& r, const AttendedMemory& m, const std::string& suffix) {
    const Shape gates{r.tokens, r.batch, r.columns()};
    const bool bias = parts.constant(3);
    const auto product = [&](const std::string& name, MatmulDims d, OnnxSource from) {
        return parts.add({suffix + name, OperatorKind::kMatmul, d, {from}, gates});
    };
    const OnnxSource input = product(".input", {1, r.rows(), r.inputs, r.columns(), true, bias}, parts.input(0));
    const OnnxSource state = parts.piece(suffix + ".state", input, {r.tokens, r.batch, r.hidden});
    const OnnxSource memory = attended(parts, r, m, state, suffix);
    const OnnxSource of_memory = product(".of_memory", {r.tokens, r.batch, m.results, r.columns(), true}, memory);
    const OnnxSource recurrent = product(".recurrent", {r.tokens, r.batch, r.hidden, r.columns(), true, bias}, state);
    RowsDims sum = rows_of(gates);
    sum.inputs = 3;
    const OnnxSource added =
        parts.add({suffix + ".add", OperatorKind::kAdd, sum, {input, of_memory, recurrent}, gates});
    const OnnxSource opened = parts.add({suffix + ".gates", OperatorKind::kSigmoid, rows_of(gates), {added}, gates});
    return parts.piece(suffix + ".new_state", opened, {r.tokens, r.batch, r.hidden});
}

/// Joins both directions, and gives the results that are read.
void make_results(OnnxParts& parts, const Recurrence& r, const std::vector<OnnxSource>& directions) {
    OnnxSource made = directions.front();
    if (directions.size() > 1) {
        const Shape all{r.tokens, r.directions, r.batch, r.hidden};
        RowsDims both = rows_of(all);
        both.inputs = 2;
        made = parts.add({".both", OperatorKind::kConcat, both, directions, all});
    }
    if (parts.out(0) != kNoValue) {
        parts.makes(made, 0);
    }
    for (const std::size_t last : {std::size_t{1}, std::size_t{2}}) {
        if (parts.out(last) != kNoValue) {
            const std::string suffix = last == 1 ? ".last_state" : ".last_cell";
            parts.makes(parts.piece(suffix, made, parts.network().shape(parts.out(last))), last);
        }
    }
}

}  // namespace

bool add_attentive_recurrent_parts(OnnxParts& parts) {
    Recurrence r;
    const auto memory = take_shape(r, parts) ? attended_memory(parts, r) : std::nullopt;
    if (!memory) {
        return false;
    }
    std::vector<OnnxSource> made;
    if (r.directions == 1) {
        made.push_back(attentive_states(parts, r, *memory, ""));
    } else {
        made = {attentive_states(parts, r, *memory, ".forward"), attentive_states(parts, r, *memory, ".reverse")};
    }
    make_results(parts, r, made);
    return true;
}

bool add_recurrent_parts(OnnxParts& parts) {
    Recurrence r;
    if (!take_sizes(r, parts)) {
        return false;
    }
    if (r.directions == 1 || !parts.constant(1) || !parts.constant(2)) {
        make_results(parts, r, {states(parts, r, "", r.directions)});
    } else {
        make_results(parts, r, {states(parts, r, ".forward", 1), states(parts, r, ".reverse", 1)});
    }
    return true;
}

}  // namespace berth
