// Queries for readers and producers, and the replacement of values.
#include "importers/onnx_network.h"

#include <algorithm>
#include <iterator>

#include "importers/onnx_products.h"
#include "importers/onnx_rule.h"

namespace berth {

namespace {

bool is_one_of(std::string_view op, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, op) != names.end();
}

bool multiplies_in_floats(std::string_view op) {
    return is_one_of(op, {"MatMul", "Gemm", "Conv", "FusedMatMul", "ConvTranspose"});
}

}  // namespace

OnnxNetwork::OnnxNetwork(OnnxFlow flow) : flow_(std::move(flow)) {
    const std::size_t values = flow_.values.size();
    stands_for_.resize(values);
    for (std::size_t i = 0; i < values; ++i) {
        stands_for_[i] = static_cast<ValueId>(i);
    }
    gone_.assign(flow_.nodes.size(), false);
    grouped_.assign(flow_.nodes.size(), false);
    output_.assign(values, false);
    for (const ValueId output : flow_.outputs) {
        output_[static_cast<std::size_t>(output)] = true;
    }
    for (NodeId node = 0; node < size(); ++node) {
        channels_last_ = channels_last_ || has_channels_last(*step(node).source);
        pass_by_storage(node);
    }
    remove_unread();
    gather_readers();
}

void OnnxNetwork::gather_readers() {
    readers_.assign(flow_.values.size(), {});
    for (NodeId node = 0; node < size(); ++node) {
        for (std::size_t i = 0; !gone(node) && i < step(node).inputs.size(); ++i) {
            const ValueId value = input(node, i);
            if (value == kNoValue) {
                continue;
            }
            auto& readers = readers_[static_cast<std::size_t>(value)];
            if (readers.empty() || readers.back() != node) {
                readers.push_back(node);
            }
        }
    }
}

void OnnxNetwork::pass_by_storage(NodeId node) {
    const OnnxStep& here = step(node);
    const std::string_view op = here.source->op;
    const bool all_constant = std::ranges::all_of(
        here.outputs, [this](ValueId output) { return output == kNoValue || constant(output) || empty(output); });
    if (all_constant) {
        absorb(node);
        return;
    }
    const bool from_integers = std::ranges::any_of(here.inputs, [this](ValueId input) {
        const NodeId made_by = input == kNoValue ? kNoNode : flow_.at(input).producer;
        return made_by != kNoNode && step(made_by).source->op == "DequantizeLinear";
    });
    integer_products_ += multiplies_integers(op) || (multiplies_in_floats(op) && from_integers) ? 1 : 0;
    if (is_one_of(op, {"Identity", "Dropout", "Cast", "CastLike", "QuantizeLinear", "DequantizeLinear",
                       "DynamicQuantizeLinear", "Quant", "IntQuant", "FloatQuant", "BipolarQuant"}) ||
        rescales(node)) {
        const auto inputs = activations(node);
        if (!inputs.empty()) {
            pass_by(node, inputs.front());
        }
    }
}

/// Whether the node multiplies by a quantisation scale, or by any constant directly after an integer accumulation.
bool OnnxNetwork::rescales(NodeId node) const {
    if (!is(node, "Mul")) {
        return false;
    }
    const auto inputs = activations(node);
    if (inputs.size() != 1) {
        return false;
    }
    const bool by_scale = std::ranges::any_of(
        step(node).inputs, [this](ValueId input) { return input != kNoValue && flow_.at(input).scale; });
    const NodeId made_by = maker(inputs.front());
    return by_scale || is(made_by, "MatMulInteger") || is(made_by, "ConvInteger");
}

ValueId OnnxNetwork::resolved(ValueId value) const {
    while (value != kNoValue && stands_for_[static_cast<std::size_t>(value)] != value) {
        value = stands_for_[static_cast<std::size_t>(value)];
    }
    return value;
}

ValueId OnnxNetwork::input(NodeId node, std::size_t i) const {
    const auto& inputs = step(node).inputs;
    return i < inputs.size() && inputs[i] != kNoValue ? resolved(inputs[i]) : kNoValue;
}

ValueId OnnxNetwork::origin(ValueId value) const {
    while (constant(value) && flow_.at(value).producer != kNoNode) {
        const OnnxStep& maker = step(flow_.at(value).producer);
        const bool same = is_one_of(maker.source->op, {"Identity", "Cast", "Transpose", "Reshape", "Squeeze",
                                                       "Unsqueeze", "Flatten", "QuantizeLinear", "DequantizeLinear",
                                                       "Quant", "IntQuant", "FloatQuant", "BipolarQuant"});
        if (!same || maker.inputs.empty() || maker.inputs.front() == kNoValue) {
            break;
        }
        value = maker.inputs.front();
    }
    return value;
}

bool OnnxNetwork::stored(ValueId value) const {
    const NodeId made_by = flow_.at(value).producer;
    const std::string_view op = made_by == kNoNode ? "" : step(made_by).source->op;
    if (flow_.at(value).drawn || op == "ConstantOfShape") {
        return false;
    }
    const bool copies = is_one_of(op, {"Expand", "Identity", "Cast", "Transpose", "Reshape", "Squeeze", "Unsqueeze"});
    return !copies || stored(step(made_by).inputs.front());
}

std::vector<ValueId> OnnxNetwork::activations(NodeId node) const {
    std::vector<ValueId> result;
    for (std::size_t i = 0; i < step(node).inputs.size(); ++i) {
        const ValueId value = input(node, i);
        if (value != kNoValue && !constant(value) && !empty(value)) {
            result.push_back(value);
        }
    }
    return result;
}

std::vector<ValueId> OnnxNetwork::constants_of(NodeId node) const {
    std::vector<ValueId> result;
    for (std::size_t i = 0; i < step(node).inputs.size(); ++i) {
        if (const ValueId value = input(node, i); constant(value)) {
            result.push_back(value);
        }
    }
    return result;
}

NodeId OnnxNetwork::maker(ValueId value) const {
    return value == kNoValue || constant(value) ? kNoNode : flow_.at(value).producer;
}

std::vector<NodeId> OnnxNetwork::readers(ValueId value) const {
    std::vector<NodeId> result;
    if (value != kNoValue) {
        std::ranges::copy_if(readers_[static_cast<std::size_t>(value)], std::back_inserter(result),
                             [this](NodeId reader) { return !gone(reader); });
    }
    return result;
}

bool OnnxNetwork::read_only_by(ValueId value, const std::vector<NodeId>& nodes) const {
    return value == kNoValue || std::ranges::all_of(readers_[static_cast<std::size_t>(value)], [&](NodeId reader) {
               return gone(reader) || std::ranges::find(nodes, reader) != nodes.end();
           });
}

NodeId OnnxNetwork::only_reader(ValueId value) const {
    NodeId only = kNoNode;
    if (value == kNoValue || output_[static_cast<std::size_t>(value)]) {
        return only;
    }
    for (const NodeId reader : readers_[static_cast<std::size_t>(value)]) {
        if (gone(reader)) {
            continue;
        }
        if (only != kNoNode) {
            return kNoNode;
        }
        only = reader;
    }
    return only;
}

void OnnxNetwork::pass_by(NodeId node, ValueId value) {
    absorb(node);
    const ValueId made = output(node);
    const ValueId stands = resolved(value);
    if (stands == made) {
        return;
    }
    const auto from = static_cast<std::size_t>(made);
    const auto to = static_cast<std::size_t>(stands);
    stands_for_[from] = stands;
    output_[to] = output_[to] || output_[from];
    if (!readers_.empty()) {
        auto moved = std::move(readers_[from]);
        auto& readers = readers_[to];
        readers.insert(readers.end(), moved.begin(), moved.end());
        std::ranges::sort(readers);
        readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
    }
}

void OnnxNetwork::stand_for_group(NodeId node, const std::vector<ValueId>& inputs) {
    grouped_[static_cast<std::size_t>(node)] = true;
    flow_.nodes[static_cast<std::size_t>(node)].inputs = inputs;
    for (const ValueId input : inputs) {
        if (input == kNoValue) {
            continue;
        }
        auto& readers = readers_[static_cast<std::size_t>(input)];
        if (const auto at = std::ranges::lower_bound(readers, node); at == readers.end() || *at != node) {
            readers.insert(at, node);
        }
    }
}

void OnnxNetwork::remove_unread() {
    std::vector<bool> needed(flow_.values.size(), false);
    for (const ValueId output : flow_.outputs) {
        needed[static_cast<std::size_t>(resolved(output))] = true;
    }
    for (NodeId node = size() - 1; node >= 0; --node) {
        if (gone(node)) {
            continue;
        }
        const bool read = std::ranges::any_of(step(node).outputs, [&](ValueId output) {
            return output != kNoValue && needed[static_cast<std::size_t>(output)];
        });
        if (!read) {
            absorb(node);
            continue;
        }
        for (std::size_t i = 0; i < step(node).inputs.size(); ++i) {
            if (const ValueId value = input(node, i); value != kNoValue) {
                needed[static_cast<std::size_t>(value)] = true;
            }
        }
    }
}

}  // namespace berth
