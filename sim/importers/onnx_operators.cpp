// Derives operator sizes from the shapes of inputs and outputs.
#include "importers/onnx_operators.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "importers/onnx_patterns.h"
#include "importers/onnx_products.h"
#include "importers/onnx_rule.h"
#include "importers/onnx_tables.h"

namespace berth {

namespace {

using Found = std::optional<OnnxOperator>;

Found pool_of(const OnnxSubject& s) {
    if (!s.given(0)) {
        return std::nullopt;
    }
    const Shape from = channels_second(s.source(), s.network.shape(s.in(0)));
    const std::int64_t all = elements_of(from);
    const std::int64_t left = elements_of(s.made);
    // Images are pooled per channel. Anything else is pooled per column if whole columns remain.
    const bool reduces = s.source().op.starts_with("Reduce") || s.source().op.starts_with("Arg");
    std::int64_t cols = !reduces && from.size() > 2 ? from[1] : s.made.empty() ? 1 : s.made.back();
    cols = cols < 1 || all % cols != 0 || left % cols != 0 ? 1 : cols;
    RowsDims d;
    d.cols = cols;
    d.rows = all / cols;
    d.out_rows = left / cols;
    return OnnxOperator{s.kind, d, {s.in(0)}, {}};
}

/// Rows of a constant table, whose numbers are known in advance.
Found picked_rows_of(const OnnxSubject& s) {
    const Shape& table = s.network.shape(s.in(0));
    const std::int64_t width = table.empty() ? 0 : table.back();
    if (width < 1) {
        return std::nullopt;
    }
    const GatherDims dims{elements_of(s.made) / width, width, elements_of(table) / width};
    return OnnxOperator{s.kind, dims, {}, {}, s.in(0)};
}

Found gather_of(const OnnxSubject& s) {
    if (s.source().op == kPickedRows) {
        return picked_rows_of(s);
    }
    if (!s.given(0) || !s.given(1)) {
        return std::nullopt;
    }
    if (s.constant(0) && !s.constant(1)) {
        const Shape& table = s.network.shape(s.in(0));
        if (table.empty() || s.source().integer("axis", 0) != 0 || table.front() < 1) {
            return std::nullopt;
        }
        const std::int64_t rows = s.network.elements(s.in(1));
        const std::int64_t width = rows == 0 ? 0 : elements_of(s.made) / rows;
        return OnnxOperator{s.kind, GatherDims{rows, width, table.front()}, {s.in(1)}, {}, s.in(0)};
    }
    return s.constant(1) ? Found(OnnxOperator{OperatorKind::kSplit, rows_of(s.made), {s.in(0)}, {}}) : std::nullopt;
}

/// The largest constant operand that the file stores; kNoValue if there is none. In integer operators each operand is
/// followed by a scale and a zero point.
ValueId largest_constant(const OnnxSubject& s) {
    const std::size_t step = s.source().op.starts_with("QLinear") ? 3 : 1;
    ValueId largest = kNoValue;
    const std::size_t given = s.network.step(s.node).inputs.size();
    for (std::size_t i = 0; i < (step > 1 ? std::min(given, 2 * step) : given); i += step) {
        const bool held = s.constant(i) && s.network.stored(s.in(i));
        if (held && (largest == kNoValue || s.network.elements(s.in(i)) > s.network.elements(largest))) {
            largest = s.in(i);
        }
    }
    return largest;
}

std::int64_t constant_elements(const OnnxSubject& s) {
    const ValueId largest = largest_constant(s);
    return largest == kNoValue ? 0 : s.network.elements(largest);
}

}  // namespace

void take_constants(RowsDims& dims, std::int64_t constants) {
    const bool whole_rows = dims.cols > 0 && constants > dims.cols && constants % dims.cols == 0;
    const bool one_a_row = !whole_rows && constants > 0 && constants != dims.cols && dims.rows % constants == 0;
    dims.constant_rows = whole_rows ? constants / dims.cols : one_a_row && constants > 1 ? constants : 0;
    dims.constant_cols = one_a_row && dims.affine ? 1 : 0;
}

namespace {

/// Rows of a tensor whose second axis, the channels, is the columns.
RowsDims by_channel(const Shape& shape) {
    RowsDims d = rows_of(shape);
    if (shape.size() > 2 && shape[1] > 0) {
        d.cols = shape[1];
        d.rows = elements_of(shape) / d.cols;
    }
    return d;
}

/// A batch norm that is not folded into what precedes it: its four constants per channel make a scale and a shift. One
/// that takes its statistics from the batch is a norm like others.
Found batch_norm_of(const OnnxSubject& s) {
    RowsDims d = s.network.channels_last() ? rows_of(s.made) : by_channel(s.made);
    d.inputs = 1;
    d.affine = s.constant(1);
    const bool fixed = has_fixed_statistics(s.network, s.node);
    d.shifted = d.affine && fixed;
    const OperatorKind kind = fixed ? s.kind : OperatorKind::kLayerNorm;
    return s.given(0) ? Found(OnnxOperator{kind, d, {s.in(0)}, {}}) : std::nullopt;
}

/// An activation; that with slopes may have one for all, for each channel, or for each element.
Found relu_of(const OnnxSubject& s) {
    RowsDims d = positions_of(s.network, s.made);
    if (s.source().op == "PRelu" && s.constant(1)) {
        const std::int64_t slopes = s.network.elements(s.in(1));
        d = slopes == d.cols || s.network.channels_last() ? d : by_channel(s.made);
        d.affine = true;
        take_constants(d, slopes);
    }
    return s.given(0) && !s.constant(0) ? Found(OnnxOperator{s.kind, d, {s.in(0)}, {}}) : std::nullopt;
}

Found sum_of(const OnnxSubject& s) {
    const ValueId constant = largest_constant(s);
    const std::int64_t constants = constant == kNoValue ? 0 : s.network.elements(constant);
    // A constant per element of the last axis says that this one holds the channels.
    const bool last = constants > 1 && one_per_column(s.network, constant, s.made, s.made.size() - 1);
    RowsDims d = last ? rows_of(s.made) : positions_of(s.network, s.made);
    std::vector<ValueId> inputs = s.network.activations(s.node);
    if (s.source().op.starts_with("QLinear")) {
        std::erase_if(inputs, [&](ValueId each) { return each != s.in(0) && each != s.in(3); });
    }
    d.inputs = static_cast<std::int64_t>(inputs.size());
    d.affine = constants > 1;
    take_constants(d, constants);
    return OnnxOperator{s.kind, d, inputs, {}};
}

bool only_unit_sizes_move(const OnnxSubject& s) {
    Shape from = s.network.shape(s.in(0));
    Shape to = s.made;
    std::erase(from, 1);
    std::erase(to, 1);
    const auto order = s.source().integers("perm");
    std::int64_t last = -1;
    for (const std::int64_t axis : order) {
        const Shape& shape = s.network.shape(s.in(0));
        if (axis < 0 || axis >= static_cast<std::int64_t>(shape.size())) {
            return false;
        }
        if (shape[static_cast<std::size_t>(axis)] != 1) {
            if (axis < last) {
                return false;
            }
            last = axis;
        }
    }
    return !order.empty() && from == to;
}

Found given_rows(const OnnxSubject& s, const RowsDims& d) {
    return s.given(0) && !s.constant(0) ? Found(OnnxOperator{s.kind, d, {s.in(0)}, {}}) : std::nullopt;
}

/// Changes the number of positions; each keeps its channels, which are the second axis.
Found resize_of(const OnnxSubject& s) {
    const std::int64_t channels = s.made.size() > 2 ? channels_second(s.source(), s.made)[1] : 1;
    const std::int64_t given = s.given(0) ? s.network.elements(s.in(0)) : 0;
    if (channels <= 0 || given <= 0 || given % channels != 0) {
        return std::nullopt;
    }
    RowsDims d;
    d.cols = channels;
    d.rows = given / channels;
    d.out_rows = elements_of(s.made) / channels;
    return given_rows(s, d);
}

/// Joins inputs; constants that the file does not store, such as zeros beside the channels of an image, fill the rest.
Found concat_of(const OnnxSubject& s) {
    RowsDims d = positions_of(s.network, s.made);
    const auto inputs = s.network.activations(s.node);
    d.inputs = static_cast<std::int64_t>(inputs.size());
    const std::int64_t constants = constant_elements(s);
    if (const auto axis = axis_of(s.source().integer("axis", 0), s.made.size());
        axis && constants > 0 && (d.cols == 0 || constants % d.cols != 0)) {
        // Constant channels beside others: whole planes are the rows.
        d.cols = elements_of(Shape(s.made.begin() + static_cast<std::ptrdiff_t>(*axis) + 1, s.made.end()));
        d.rows = d.cols == 0 ? 0 : elements_of(s.made) / d.cols;
    }
    d.constant_rows = d.cols > 0 && constants % d.cols == 0 ? constants / d.cols : 0;
    std::int64_t given = 0;
    for (const ValueId input : inputs) {
        given += s.network.elements(input);
    }
    d.filled = constants == 0 && given < elements_of(s.made);
    return OnnxOperator{s.kind, d, inputs, {}};
}

/// Writes a number, or copies of the edge, around the input; negative sizes cut it.
Found pad_of(const OnnxSubject& s) {
    if (!s.given(0) || s.constant(0)) {
        return std::nullopt;
    }
    RowsDims d = positions_of(s.network, s.made);
    const std::int64_t given = s.network.elements(s.in(0));
    const std::int64_t made = elements_of(s.made);
    d.inputs = 1;
    d.filled = given < made;
    return OnnxOperator{given > made ? OperatorKind::kSplit : s.kind, d, {s.in(0)}, {}};
}

/// A norm over all axes from one on has their elements as its columns. Images of an instance norm are scaled per
/// channel, so that their channels are the columns.
Found norm_of(const OnnxSubject& s) {
    const std::string_view op = s.source().op;
    const std::int64_t all = elements_of(s.made);
    const bool per_channel = op == "InstanceNormalization" || op == "GroupNormalization";
    RowsDims d = op == "InstanceNormalization" ? positions_of(s.network, s.made) : rows_of(s.made);
    if (op == "LayerNormalization" || op == "RMSNormalization" || op == "SimplifiedLayerNormalization") {
        const auto axis = axis_of(s.source().integer("axis", -1), s.made.size());
        d.cols = axis ? elements_of(Shape(s.made.begin() + static_cast<std::ptrdiff_t>(*axis), s.made.end())) : d.cols;
    } else if (op == "GroupNormalization" && s.constant(1) && s.network.elements(s.in(1)) > 0 &&
               all % s.network.elements(s.in(1)) == 0) {
        d.cols = s.network.elements(s.in(1));  // a scale per channel, or in the first form per group
    } else if (op == "GroupNormalization" && !s.made.empty()) {
        d.cols = all / std::max<std::int64_t>(1, elements_of({s.made.front(), s.source().integer("num_groups", 1)}));
    }
    d.rows = d.cols == 0 ? 0 : all / d.cols;
    d.affine = s.constant(1) && (!per_channel || s.network.elements(s.in(1)) == d.cols);
    return OnnxOperator{s.kind, d, {s.in(0)}, {}};
}

/// A reshape that keeps the channels of each position contiguous.
RowsDims as_it_lies(RowsDims d) {
    d.run = d.out_run = d.cols;
    return d;
}

Found rows_operator(const OnnxSubject& s) {
    RowsDims d = rows_of(s.made);
    switch (s.kind) {
        case OperatorKind::kAdd:
        case OperatorKind::kMul:
            return s.source().op == "BatchNormalization" ? batch_norm_of(s) : sum_of(s);
        case OperatorKind::kRelu:
            return relu_of(s);
        case OperatorKind::kPool:
            return pool_of(s);
        case OperatorKind::kResize:
            return resize_of(s);
        case OperatorKind::kConcat:
            return s.source().op == "Pad" ? pad_of(s) : concat_of(s);
        case OperatorKind::kReshape:
            return given_rows(s, as_it_lies(d));
        case OperatorKind::kTranspose:
            return only_unit_sizes_move(s) ? Found(OnnxOperator{OperatorKind::kReshape, as_it_lies(d), {s.in(0)}, {}})
                                           : given_rows(s, d);
        case OperatorKind::kLayerNorm:
        case OperatorKind::kRmsNorm:
            return norm_of(s);
        case OperatorKind::kSoftmax: {
            const auto axis = s.source().integer("axis", -1);
            const auto rank = static_cast<std::int64_t>(s.made.size());
            const std::int64_t at = axis < 0 ? axis + rank : axis;
            if (at >= 0 && at < rank && s.made[static_cast<std::size_t>(at)] > 0) {
                d.cols = s.made[static_cast<std::size_t>(at)];
                d.rows = elements_of(s.made) / d.cols;
            }
            return OnnxOperator{s.kind, d, {s.in(0)}, {}};
        }
        default:
            return given_rows(s, positions_of(s.network, s.made));
    }
}

Found typed_operator(const OnnxSubject& s) {
    switch (traits(s.kind).form) {
        case DimsForm::kMatmul:
            return matmul_of(s);
        case DimsForm::kConv:
            return conv_of(s);
        case DimsForm::kGather:
            return gather_of(s);
        case DimsForm::kRows:
            return rows_operator(s);
        case DimsForm::kAttention:  // becomes several operators; see onnx_parts.h
        case DimsForm::kScan:
            break;
    }
    return std::nullopt;
}

/// The constants of the node that are no matrix, kernels or table: its bias, its scale and shift.
std::vector<ValueId> constants_beside(const OnnxNetwork& network, NodeId node, const OnnxOperator& op) {
    std::vector<ValueId> result = network.constants_of(node);
    std::erase_if(result, [&](ValueId each) { return each == op.weights || network.elements(each) <= 1; });
    return result;
}

/// Whether the sizes are in range and the output has exactly the elements that they imply.
bool fits(const OnnxOperator& op, const Shape& made) {
    return possible_dims(op.kind, op.dims) && output_elements(op.kind, op.dims) == elements_of(made);
}

}  // namespace

std::optional<OperatorKind> kind_of_onnx(std::string_view op) {
    static const auto kIndex = [] {
        std::unordered_map<std::string_view, OperatorKind> index;
        for (const OperatorTraits& row : operator_table()) {
            for (const std::string_view name : row.onnx) {
                index.emplace(name, row.kind);
            }
        }
        return index;
    }();
    const auto found = kIndex.find(op);
    return found == kIndex.end() ? std::nullopt : std::optional(found->second);
}

OnnxOperator pass_over(const OnnxNetwork& network, const std::vector<ValueId>& inputs, const Shape& shape) {
    RowsDims dims;
    dims.cols = 1;
    for (const ValueId input : inputs) {
        dims.rows += network.elements(input);
    }
    dims.out_rows = elements_of(shape);
    return {OperatorKind::kOther, dims, inputs, {}};
}

OnnxOperator operator_of(const OnnxNetwork& network, NodeId node, std::size_t output, bool biased) {
    const Shape& made = network.shape(network.step(node).outputs[output]);
    if (const auto kind = kind_of_onnx(network.step(node).source->op)) {
        auto op = typed_operator({network, node, *kind, made, biased});
        if (op && fits(*op, made)) {
            op->beside = constants_beside(network, node, *op);
            return *op;
        }
    }
    return pass_over(network, network.activations(node), made);
}

}  // namespace berth
