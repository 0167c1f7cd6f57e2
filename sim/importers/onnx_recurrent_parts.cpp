// LSTM, GRU and RNN: one product for all positions together, then one product per position, which reads its weights
// anew at each step.
#include <string>

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

bool take_sizes(Recurrence& r, const OnnxParts& parts) {
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
    const auto weights = elements_of({r.directions, r.columns(), r.inputs});
    const auto recurrent = elements_of({r.directions, r.columns(), r.hidden});
    return parts.network().elements(parts.in(1)) == weights && parts.network().elements(parts.in(2)) == recurrent &&
           r.rows() > 0;
}

/// Computes the states of all positions: of one direction, or of all directions together if the weights are
/// activations.
OnnxSource states(OnnxParts& parts, const Recurrence& r, const std::string& suffix, std::int64_t directions) {
    const bool weights = parts.constant(1) && parts.constant(2);
    const bool bias = parts.constant(3) && weights;
    const Shape gates{r.tokens, directions * r.batch, r.columns()};
    const Shape state{r.tokens, directions * r.batch, r.hidden};
    const auto product = [&](const std::string& name, MatmulDims d, OnnxSource from, std::size_t matrix) {
        OnnxPart part{suffix + name, OperatorKind::kMatmul, d, {from}, gates};
        if (weights) {
            part.weights = parts.in(matrix);
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
    const MatmulDims from_state{directions * r.tokens, r.batch, r.hidden, r.columns(), weights, bias};
    const OnnxSource recurrent = product(".recurrent", from_state, earlier, 2);
    RowsDims sum = rows_of(gates);
    sum.inputs = 2;
    const OnnxSource added = parts.add({suffix + ".add", OperatorKind::kAdd, sum, {input, recurrent}, gates});
    const auto kind = r.gates == 1 ? OperatorKind::kTanh : OperatorKind::kSigmoid;
    const OnnxSource opened = parts.add({suffix + ".gates", kind, rows_of(gates), {added}, gates});
    return parts.piece(suffix + ".new_state", opened, state);
}

}  // namespace

bool add_recurrent_parts(OnnxParts& parts) {
    Recurrence r;
    if (!take_sizes(r, parts)) {
        return false;
    }
    const Shape all{r.tokens, r.directions, r.batch, r.hidden};
    OnnxSource made;
    if (r.directions == 1 || !parts.constant(1) || !parts.constant(2)) {
        made = states(parts, r, "", r.directions);
    } else {
        const OnnxSource forward = states(parts, r, ".forward", 1);
        const OnnxSource reverse = states(parts, r, ".reverse", 1);
        RowsDims both = rows_of(all);
        both.inputs = 2;
        made = parts.add({".both", OperatorKind::kConcat, both, {forward, reverse}, all});
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
    return true;
}

}  // namespace berth
