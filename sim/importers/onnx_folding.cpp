// Folds constants into the weights and the bias of the preceding product or convolution, and padding into the next one.
#include <algorithm>
#include <iterator>

#include "importers/onnx_operators.h"
#include "importers/onnx_patterns.h"
#include "importers/onnx_products.h"
#include "importers/onnx_rule.h"

namespace berth {

namespace {

/// The axis of the result of a product or convolution with weights that holds its columns or channels.
struct Columns {
    std::size_t axis = 0;
    bool channels = false;  ///< true for a convolution
};

/// Absent if constants cannot be folded: there are no weights, or the layout of the result is not known.
std::optional<Columns> columns_of(const OnnxNetwork& network, NodeId node) {
    const auto is_one_of = [&](std::initializer_list<std::string_view> ops) {
        return std::ranges::any_of(ops, [&](std::string_view op) { return network.is(node, op); });
    };
    const bool product = is_one_of({"MatMul", "MatMulInteger", "MatMulNBits", "FusedMatMul", "Gemm"});
    const bool conv = is_one_of({"Conv", "ConvInteger", "ConvTranspose"});
    const Shape& made = network.shape(network.output(node));
    if ((!product && !conv) || made.size() < (conv ? 2U : 1U) || network.activations(node).size() != 1 ||
        adds_apart(network, node)) {
        return std::nullopt;
    }
    if (product && made.size() > 1 && network.constant(network.input(node, 0))) {
        return Columns{made.size() - 2};  // weights on the left: a row of theirs makes a row of the result
    }
    const bool last = product || channels_second(*network.step(node).source, made) != made;
    return Columns{last ? made.size() - 1 : 1, conv};
}

enum class Folded : std::uint8_t { kNothing, kScale, kShift };

/// Whether the reader is an activation that first adds a number per column: these become the bias of the product, and
/// the activation stays.
bool shifts_before(const OnnxNetwork& network, NodeId reader, const Shape& made, const Columns& columns) {
    const bool activates = network.is(reader, "BiasGelu") || network.is(reader, "FastGelu");
    const ValueId shift = activates ? network.input(reader, 1) : kNoValue;
    return network.constant(shift) && one_per_column(network, shift, made, columns.axis);
}

/// Effect of the reader of such a result, if it does nothing but scale or shift each column separately.
Folded folded_into(const OnnxNetwork& network, NodeId reader, const Shape& made, const Columns& columns) {
    if (network.is(reader, "BatchNormalization")) {
        const bool fits = columns.axis == 1 && (columns.channels || made.size() == 2);
        return fits && has_fixed_statistics(network, reader) && network.elements(network.input(reader, 1)) == made[1]
                   ? Folded::kShift
                   : Folded::kNothing;
    }
    const bool shifts = with_constant(network, reader, "Add") || with_constant(network, reader, "Sub");
    const bool scales = with_constant(network, reader, "Mul") ||
                        (with_constant(network, reader, "Div") && network.constant(network.input(reader, 1)));
    if ((!shifts && !scales) || network.shape(network.output(reader)) != made) {
        return Folded::kNothing;
    }
    const bool all = std::ranges::all_of(network.step(reader).inputs, [&](ValueId input) {
        const ValueId value = network.resolved(input);
        return !network.constant(value) || one_per_column(network, value, made, columns.axis);
    });
    return !all ? Folded::kNothing : shifts ? Folded::kShift : Folded::kScale;
}

bool pads_with_zeros(const OnnxNetwork& network, NodeId node) {
    const OnnxAttribute* mode = network.step(node).source->attribute("mode");
    if (mode != nullptr && mode->text != "constant") {
        return false;  // copies of the edge
    }
    if (const ValueId number = network.input(node, 2); number != kNoValue) {
        const auto& data = network.flow().at(number).data;
        return data && data->size() == 1 && data->front() == 0;
    }
    const OnnxAttribute* number = network.step(node).source->attribute("value");
    return number == nullptr || number->real.value_or(0) == 0;
}

/// Whether a padding has negative sizes, or sizes that are not known.
bool cuts(const OnnxNetwork& network, NodeId node) {
    const auto negative = [](const auto& sizes) {
        return std::ranges::any_of(sizes, [](auto each) { return each < 0; });
    };
    if (const ValueId sizes = network.input(node, 1); sizes != kNoValue) {
        const auto& data = network.flow().at(sizes).data;
        return !data || negative(*data);
    }
    return negative(network.step(node).source->integers("pads"));
}

/// Whether only the axes between batch and channels, or after both, have other sizes.
bool only_positions_differ(const Shape& a, const Shape& b, bool channels_last) {
    const std::size_t channels = channels_last ? a.size() - 1 : 1;
    return a.size() > 2 && a.size() == b.size() && a.front() == b.front() && a[channels] == b[channels];
}

bool is_convolution(const OnnxNode& node) {
    return kind_of_onnx(node.op) == OperatorKind::kConv2d && node.op.find("Transpose") == std::string_view::npos;
}

/// PyTorch writes a padding of no size before each average pool.
bool adds_nothing(const OnnxNetwork& network, NodeId node) {
    return network.shape(network.input(node, 0)) == network.shape(network.output(node));
}

/// Whether the padding belongs to the convolution that reads it, and nothing else reads it.
bool pads_next(const OnnxNetwork& network, NodeId node) {
    const ValueId made = network.output(node);
    const NodeId reader = network.only_reader(made);
    if (reader == kNoNode || network.input(reader, 0) != made) {
        return false;
    }
    const OnnxNode& next = *network.step(reader).source;
    const Shape& image = network.shape(network.input(node, 0));
    return is_convolution(next) && pads_with_zeros(network, node) &&
           only_positions_differ(image, network.shape(made), has_channels_last(next));
}

}  // namespace

bool one_per_column(const OnnxNetwork& network, ValueId constant, const Shape& made, std::size_t axis) {
    const Shape& shape = network.shape(constant);
    if (shape.size() > made.size()) {
        return network.elements(constant) == 1;
    }
    const std::size_t missing = made.size() - shape.size();
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] != 1 && (i + missing != axis || shape[i] != made[axis])) {
            return false;
        }
    }
    return true;
}

bool has_fixed_statistics(const OnnxNetwork& network, NodeId node) {
    return network.step(node).source->integer("training_mode", 0) == 0 && network.activations(node).size() == 1;
}

void fold_pads(OnnxNetwork& network) {
    for (NodeId node = 0; node < network.size(); ++node) {
        if (network.is(node, "Pad") && !cuts(network, node) &&
            (adds_nothing(network, node) || pads_next(network, node))) {
            network.pass_by(node, network.input(node, 0));
        }
    }
}

void fold_constants(OnnxNetwork& network, OnnxPatterns& found) {
    for (NodeId node = 0; node < network.size(); ++node) {
        const auto columns = columns_of(network, node);
        if (!columns) {
            continue;
        }
        const ValueId result = network.output(node);
        for (NodeId reader = network.only_reader(result); reader != kNoNode; reader = network.only_reader(result)) {
            const Folded folded = folded_into(network, reader, network.shape(result), *columns);
            if (shifts_before(network, reader, network.shape(result), *columns)) {
                found.folded[node].shifted = true;
                found.folded[node].constants.push_back(network.input(reader, 1));
            }
            if (folded == Folded::kNothing) {
                break;
            }
            OnnxFolded& taken = found.folded[node];
            taken.shifted = taken.shifted || folded == Folded::kShift;
            std::ranges::copy(network.constants_of(reader), std::back_inserter(taken.constants));
            network.pass_by(reader, result);
        }
    }
}

}  // namespace berth
