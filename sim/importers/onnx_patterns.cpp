// Recognises normalisations and activations written out as several nodes.
#include "importers/onnx_patterns.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "importers/onnx_rule.h"

namespace berth {

namespace {

bool is_elementwise(const OnnxNetwork& network, NodeId node) {
    return network.step(node).inputs.size() <= kMostOperands &&
           (network.is(node, "Mul") || network.is(node, "Add") || network.is(node, "Div") || network.is(node, "Sub") ||
            network.is(node, "Pow"));
}

/// Whether `value` is computed from `x` and constants alone by a few element-wise steps, which are collected in
/// `steps`.
bool comes_from(const OnnxNetwork& network, ValueId value, ValueId x, std::vector<NodeId>& steps, int depth = 6) {
    if (value == x) {
        return true;
    }
    const NodeId made_by = network.maker(value);
    if (depth == 0 || made_by == kNoNode || !is_elementwise(network, made_by)) {
        return false;
    }
    const auto inputs = network.activations(made_by);
    const bool all = !inputs.empty() && std::ranges::all_of(inputs, [&](ValueId input) {
        return comes_from(network, input, x, steps, depth - 1);
    });
    if (all && std::ranges::find(steps, made_by) == steps.end()) {
        steps.push_back(made_by);
    }
    return all;
}

/// Whether no node outside `steps` reads their results, except that of `last`.
bool closed(const OnnxNetwork& network, const std::vector<NodeId>& steps, NodeId last) {
    return std::ranges::all_of(
        steps, [&](NodeId step) { return step == last || network.read_only_by(network.output(step), steps); });
}

void add_group(OnnxNetwork& network, OnnxPatterns& found, std::vector<NodeId> steps, NodeId last, OnnxGroup group) {
    steps.push_back(last);
    if (!closed(network, steps, last)) {
        return;
    }
    group.output = network.output(last);
    for (const NodeId step : steps) {
        if (step != last) {
            network.absorb(step);
        }
    }
    network.stand_for_group(last, group.inputs);
    found.groups.emplace(last, std::move(group));
}

/// The only reader of the node, if it is this operator with a constant.
NodeId next_with_constant(const OnnxNetwork& network, NodeId node, std::string_view op) {
    const NodeId reader = network.only_reader(network.output(node));
    return reader != kNoNode && with_constant(network, reader, op) ? reader : kNoNode;
}

/// x - mean(x), or x itself if no mean is subtracted.
struct Centred {
    ValueId x = kNoValue;
    bool centred = false;
};

std::optional<Centred> centred(const OnnxNetwork& network, ValueId value, std::vector<NodeId>& steps) {
    const NodeId subtract = network.maker(value);
    if (!network.is(subtract, "Sub")) {
        return Centred{value, false};
    }
    const ValueId x = network.input(subtract, 0);
    const NodeId mean = network.maker(network.input(subtract, 1));
    if (!network.is(mean, "ReduceMean") || network.input(mean, 0) != x) {
        return Centred{value, false};
    }
    for (const NodeId step : {mean, subtract}) {
        if (std::ranges::find(steps, step) == steps.end()) {
            steps.push_back(step);
        }
    }
    return Centred{x, true};
}

/// Matches a square root of a mean of squares; returns the value that is squared.
ValueId squared_below(const OnnxNetwork& network, NodeId root, std::vector<NodeId>& steps) {
    const NodeId add = network.maker(network.input(root, 0));
    if (!with_constant(network, add, "Add")) {
        return kNoValue;
    }
    const NodeId mean = network.maker(only_activation(network, add));
    const NodeId square = network.is(mean, "ReduceMean") ? network.maker(network.input(mean, 0)) : kNoNode;
    const bool power = network.is(square, "Pow");
    const bool product = network.is(square, "Mul") && network.input(square, 0) == network.input(square, 1);
    if (!power && !product) {
        return kNoValue;
    }
    steps.insert(steps.end(), {square, mean, add, root});
    return network.input(square, 0);
}

/// Finds the division by the root, which may go through a reciprocal.
NodeId division_by(const OnnxNetwork& network, NodeId root, std::vector<NodeId>& steps) {
    NodeId reader = network.only_reader(network.output(root));
    const bool reciprocal = network.is(reader, "Reciprocal") || with_constant(network, reader, "Div");
    if (reciprocal) {
        steps.push_back(reader);
        reader = network.only_reader(network.output(reader));
        return network.is(reader, "Mul") ? reader : kNoNode;
    }
    return network.is(reader, "Div") && network.input(reader, 1) == network.output(root) ? reader : kNoNode;
}

/// The other factor of a product; kNoValue if the node is no product or `value` is not one of its factors.
ValueId other_factor(const OnnxNetwork& network, NodeId product, ValueId value) {
    const auto factors = network.is(product, "Mul") ? network.activations(product) : std::vector<ValueId>{};
    if (factors.size() != 2 || (factors[0] != value && factors[1] != value)) {
        return kNoValue;
    }
    return factors[factors[0] == value ? 1 : 0];
}

/// Layer normalisation as TensorFlow writes it, with r the reciprocal of the root: x (r gamma) + (beta - mean (r
/// gamma)).
bool match_folded_norm(OnnxNetwork& network, NodeId root, OnnxPatterns& found) {
    std::vector<NodeId> steps;
    const ValueId squared = squared_below(network, root, steps);
    const NodeId inverse = network.only_reader(network.output(root));
    const auto below = squared == kNoValue ? std::nullopt : centred(network, squared, steps);
    if (!below || !below->centred || !network.is(inverse, "Reciprocal")) {
        return false;
    }
    const NodeId gamma = next_with_constant(network, inverse, "Mul");
    const ValueId scale = network.output(gamma == kNoNode ? inverse : gamma);
    const ValueId mean = network.input(network.maker(squared), 1);
    NodeId scaled = kNoNode;
    NodeId offset = kNoNode;
    for (const NodeId product : network.readers(scale)) {
        const ValueId other = other_factor(network, product, scale);
        (other == below->x ? scaled : offset) = other == below->x || other == mean ? product : kNoNode;
    }
    const NodeId shift = offset == kNoNode ? kNoNode : network.only_reader(network.output(offset));
    const NodeId last = shift == kNoNode ? kNoNode : network.only_reader(network.output(shift));
    if (scaled == kNoNode || !with_constant(network, shift, "Sub") || !network.is(last, "Add") ||
        network.only_reader(network.output(scaled)) != last) {
        return false;
    }
    steps.insert(steps.end(), {inverse, scaled, offset, shift});
    if (gamma != kNoNode) {
        steps.push_back(gamma);
    }
    RowsDims dims = rows_of(network.shape(below->x));
    dims.affine = gamma != kNoNode;
    std::vector<ValueId> constants = network.constants_of(shift);
    if (gamma != kNoNode) {
        std::ranges::copy(network.constants_of(gamma), std::back_inserter(constants));
    }
    add_group(network, found, std::move(steps), last,
              {OperatorKind::kLayerNorm, dims, {below->x}, kNoValue, std::move(constants)});
    return true;
}

void match_norm(OnnxNetwork& network, NodeId root, OnnxPatterns& found) {
    if (match_folded_norm(network, root, found)) {
        return;
    }
    std::vector<NodeId> steps;
    const ValueId squared = squared_below(network, root, steps);
    if (squared == kNoValue) {
        return;
    }
    const auto below = centred(network, squared, steps);
    const NodeId divide = division_by(network, root, steps);
    if (divide == kNoNode) {
        return;
    }
    const ValueId left = network.input(divide, 0);
    const ValueId right = network.input(divide, 1);
    const bool root_left = network.maker(left) == root || network.is(network.maker(left), "Reciprocal") ||
                           with_constant(network, network.maker(left), "Div");
    const auto above = centred(network, root_left ? right : left, steps);
    if (!below || !above || above->x != below->x || above->centred != below->centred) {
        return;
    }
    NodeId last = divide;
    bool affine = false;
    std::vector<ValueId> constants;
    if (const NodeId scale = next_with_constant(network, last, "Mul"); scale != kNoNode) {
        steps.push_back(last);
        last = scale;
        affine = true;
        constants = network.constants_of(scale);
        if (const NodeId shift = next_with_constant(network, last, "Add"); shift != kNoNode && below->centred) {
            steps.push_back(last);
            last = shift;
            std::ranges::copy(network.constants_of(shift), std::back_inserter(constants));
        }
    }
    RowsDims dims = rows_of(network.shape(below->x));
    dims.affine = affine;
    add_group(network, found, std::move(steps), last,
              {below->centred ? OperatorKind::kLayerNorm : OperatorKind::kRmsNorm,
               dims,
               {below->x},
               kNoValue,
               std::move(constants)});
}

/// GELU: x (1 + erf(..x..)) / 2, or with tanh, in any order that exporters use.
bool match_gelu(OnnxNetwork& network, NodeId anchor, OnnxPatterns& found) {
    const NodeId plus_one = next_with_constant(network, anchor, "Add");
    if (plus_one == kNoNode) {
        return false;
    }
    std::vector<NodeId> steps{anchor, plus_one};
    NodeId before = plus_one;
    if (const NodeId half = next_with_constant(network, before, "Mul"); half != kNoNode) {
        steps.push_back(half);
        before = half;
    }
    NodeId last = network.only_reader(network.output(before));
    const auto factors = network.is(last, "Mul") ? network.activations(last) : std::vector<ValueId>{};
    if (factors.size() != 2) {
        return false;
    }
    const ValueId other = factors[factors[0] == network.output(before) ? 1 : 0];
    const NodeId other_maker = network.maker(other);
    std::vector<ValueId> candidates{other};
    if (with_constant(network, other_maker, "Mul") || with_constant(network, other_maker, "Div")) {
        candidates.push_back(only_activation(network, other_maker));
    }
    for (const ValueId x : candidates) {
        std::vector<NodeId> all = steps;
        if (!comes_from(network, network.input(anchor, 0), x, all) || !comes_from(network, other, x, all)) {
            continue;
        }
        if (const NodeId half = next_with_constant(network, last, "Mul"); half != kNoNode && before == plus_one) {
            all.push_back(last);
            last = half;
        }
        add_group(network, found, std::move(all), last,
                  {OperatorKind::kGelu, positions_of(network, network.shape(x)), {x}, kNoValue});
        return true;
    }
    return false;
}

void match_silu(OnnxNetwork& network, NodeId sigmoid, OnnxPatterns& found) {
    const NodeId last = network.only_reader(network.output(sigmoid));
    const auto factors = network.is(last, "Mul") ? network.activations(last) : std::vector<ValueId>{};
    if (factors.size() != 2) {
        return;
    }
    const ValueId x = factors[factors[0] == network.output(sigmoid) ? 1 : 0];
    std::vector<NodeId> steps{sigmoid};
    if (comes_from(network, network.input(sigmoid, 0), x, steps)) {
        add_group(network, found, std::move(steps), last,
                  {OperatorKind::kSilu, positions_of(network, network.shape(x)), {x}, kNoValue});
    }
}

/// Whether the node combines its input with a single constant number.
bool with_number(const OnnxNetwork& network, NodeId node, std::initializer_list<std::string_view> ops) {
    return std::ranges::any_of(ops, [&](std::string_view op) { return with_constant(network, node, op); }) &&
           std::ranges::all_of(network.step(node).inputs, [&](ValueId input) {
               const ValueId value = network.resolved(input);
               return !network.constant(value) || network.elements(value) == 1;
           });
}

/// x clip(x + 3, 0, 6) / 6, or without the factor x, with any constants: the piecewise linear approximations of SiLU
/// and the logistic function (Howard et al., *Searching for MobileNetV3*, ICCV 2019).
void match_hard_activation(OnnxNetwork& network, NodeId clip, OnnxPatterns& found) {
    const NodeId shift = network.maker(network.input(clip, 0));
    if (!with_number(network, shift, {"Add", "Sub"}) || network.only_reader(network.output(shift)) != clip) {
        return;
    }
    const ValueId x = only_activation(network, shift);
    const auto scaled_by = [&network](NodeId node) {
        const NodeId reader = network.only_reader(network.output(node));
        return with_number(network, reader, {"Div", "Mul"}) ? reader : kNoNode;
    };
    std::vector<NodeId> steps{shift, clip};
    NodeId last = network.only_reader(network.output(clip));
    if (other_factor(network, last, network.output(clip)) == x) {
        if (const NodeId sixth = scaled_by(last); sixth != kNoNode) {
            steps.push_back(last);
            last = sixth;
        }
        add_group(network, found, std::move(steps), last,
                  {OperatorKind::kSilu, positions_of(network, network.shape(x)), {x}, kNoValue});
        return;
    }
    const NodeId sixth = scaled_by(clip);
    last = sixth == kNoNode ? kNoNode : network.only_reader(network.output(sixth));
    if (other_factor(network, last, network.output(sixth == kNoNode ? clip : sixth)) == x) {
        steps.push_back(sixth);
        add_group(network, found, std::move(steps), last,
                  {OperatorKind::kSilu, positions_of(network, network.shape(x)), {x}, kNoValue});
    } else if (sixth != kNoNode) {
        add_group(network, found, std::move(steps), sixth,
                  {OperatorKind::kSigmoid, positions_of(network, network.shape(x)), {x}, kNoValue});
    }
}

}  // namespace

ValueId only_activation(const OnnxNetwork& network, NodeId node) {
    const auto inputs = network.activations(node);
    return inputs.size() == 1 ? inputs.front() : kNoValue;
}

bool with_constant(const OnnxNetwork& network, NodeId node, std::string_view op) {
    return network.is(node, op) && network.step(node).inputs.size() == 2 && only_activation(network, node) != kNoValue;
}

RowsDims positions_of(const OnnxNetwork& network, const Shape& shape) {
    constexpr std::size_t kPicture = 4;  // batch, channels, height and width
    if (shape.size() < kPicture || network.channels_last() || shape[1] < 1) {
        return rows_of(shape);
    }
    RowsDims dims;
    dims.cols = shape[1];
    dims.rows = elements_of(shape) / dims.cols;
    return dims;
}

RowsDims rows_of(const Shape& shape) {
    RowsDims dims;
    dims.cols = shape.empty() ? 1 : shape.back();
    dims.rows = dims.cols == 0 ? 0 : elements_of(shape) / dims.cols;
    return dims;
}

void find_norms(OnnxNetwork& network, OnnxPatterns& found) {
    for (NodeId node = 0; node < network.size(); ++node) {
        if (network.is(node, "Sqrt")) {
            match_norm(network, node, found);
        }
    }
}

void find_activations(OnnxNetwork& network, OnnxPatterns& found) {
    for (NodeId node = 0; node < network.size(); ++node) {
        if (network.is(node, "Erf") || network.is(node, "Tanh")) {
            match_gelu(network, node, found);
        } else if (network.is(node, "Sigmoid") || network.is(node, "HardSigmoid")) {
            match_silu(network, node, found);
        } else if (network.is(node, "Clip")) {
            match_hard_activation(network, node, found);
        }
    }
}

OnnxPatterns find_patterns(OnnxNetwork& network) {
    OnnxPatterns found;
    fold_pads(network);
    fold_constants(network, found);
    find_norms(network, found);
    find_activations(network, found);
    find_attention(network, found);
    network.remove_unread();
    return found;
}

}  // namespace berth
