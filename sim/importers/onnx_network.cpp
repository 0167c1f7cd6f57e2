// Readers, makers, and what stands for what.
#include "importers/onnx_network.h"

#include <algorithm>
#include <array>

namespace berth {

namespace {

bool is_one_of(std::string_view op, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, op) != names.end();
}

bool multiplies_integers(std::string_view op) {
    return is_one_of(op, {"MatMulInteger", "ConvInteger", "QLinearMatMul", "QLinearConv", "QGemm", "QAttention",
                          "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "MatMulNBits"});
}

bool multiplies(std::string_view op) { return is_one_of(op, {"MatMul", "Gemm", "Conv", "FusedMatMul"}); }

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
    readers_.resize(values);
    followers_.resize(values);
    for (const ValueId output : flow_.outputs) {
        output_[static_cast<std::size_t>(output)] = true;
    }
    for (NodeId node = 0; node < size(); ++node) {
        for (const ValueId input : step(node).inputs) {
            if (input != kNoValue) {
                readers_[static_cast<std::size_t>(input)].push_back(node);
            }
        }
    }
    for (NodeId node = 0; node < size(); ++node) {
        pass_by_storage(node);
    }
    remove_unread();
}

void OnnxNetwork::pass_by_storage(NodeId node) {
    const OnnxStep& here = step(node);
    const std::string_view op = here.source->op;
    const bool all_constant =
        std::ranges::all_of(here.outputs, [this](ValueId output) { return output == kNoValue || constant(output); });
    if (all_constant) {
        absorb(node);
        return;
    }
    const bool from_integers = std::ranges::any_of(here.inputs, [this](ValueId input) {
        const NodeId made_by = input == kNoValue ? kNoNode : flow_.at(input).producer;
        return made_by != kNoNode && step(made_by).source->op == "DequantizeLinear";
    });
    integer_products_ += multiplies_integers(op) || (multiplies(op) && from_integers) ? 1 : 0;
    if (is_one_of(op, {"Identity", "Dropout", "Cast", "CastLike", "QuantizeLinear", "DequantizeLinear",
                       "DynamicQuantizeLinear"}) ||
        rescales(node)) {
        const auto inputs = activations(node);
        if (!inputs.empty()) {
            pass_by(node, inputs.front());
        }
    }
}

/// A product with a quantisation scale, or with any constant right after integers were added up.
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
    while (stands_for_[static_cast<std::size_t>(value)] != value) {
        value = stands_for_[static_cast<std::size_t>(value)];
    }
    return value;
}

ValueId OnnxNetwork::input(NodeId node, std::size_t i) const {
    const auto& inputs = step(node).inputs;
    return i < inputs.size() && inputs[i] != kNoValue ? resolved(inputs[i]) : kNoValue;
}

std::vector<ValueId> OnnxNetwork::activations(NodeId node) const {
    std::vector<ValueId> result;
    for (std::size_t i = 0; i < step(node).inputs.size(); ++i) {
        const ValueId value = input(node, i);
        if (value != kNoValue && !constant(value)) {
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
    std::vector<ValueId> open{value};
    while (!open.empty()) {
        const auto each = static_cast<std::size_t>(open.back());
        open.pop_back();
        for (const NodeId reader : readers_[each]) {
            if (!gone(reader) && std::ranges::find(result, reader) == result.end()) {
                result.push_back(reader);
            }
        }
        open.insert(open.end(), followers_[each].begin(), followers_[each].end());
    }
    std::ranges::sort(result);
    return result;
}

NodeId OnnxNetwork::only_reader(ValueId value) const {
    std::vector<ValueId> open{value};
    while (!open.empty()) {
        const auto each = static_cast<std::size_t>(open.back());
        open.pop_back();
        if (output_[each]) {
            return kNoNode;
        }
        open.insert(open.end(), followers_[each].begin(), followers_[each].end());
    }
    const auto all = readers(value);
    return all.size() == 1 ? all.front() : kNoNode;
}

void OnnxNetwork::pass_by(NodeId node, ValueId value) {
    absorb(node);
    const ValueId made = output(node);
    if (made == kNoValue || resolved(value) == made) {
        return;
    }
    stands_for_[static_cast<std::size_t>(made)] = resolved(value);
    followers_[static_cast<std::size_t>(resolved(value))].push_back(made);
}

void OnnxNetwork::stand_for_group(NodeId node, const std::vector<ValueId>& inputs) {
    grouped_[static_cast<std::size_t>(node)] = true;
    flow_.nodes[static_cast<std::size_t>(node)].inputs = inputs;
    for (const ValueId input : inputs) {
        readers_[static_cast<std::size_t>(input)].push_back(node);
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
