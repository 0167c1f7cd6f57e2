// Resolves sequences and optionals of an ONNX file: lists of tensors that exist only between nodes and leave no
// operator.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "importers/onnx_flow_builder.h"
#include "importers/onnx_rule.h"

namespace berth {

const std::vector<ValueId>* OnnxFlowBuilder::list(ValueId value) const {
    const auto found = lists_.find(value);
    return found == lists_.end() ? nullptr : &found->second;
}

/// Splits a tensor into pieces; absent if their number is not known.
std::optional<std::vector<ValueId>> OnnxFlowBuilder::split_list(const OnnxNode& node, std::span<const ValueId> inputs,
                                                                const OnnxScope& scope) {
    const OnnxFacts& whole = flow_.at(inputs.front());
    const auto axis = whole.shape ? axis_of(node.integer("axis", 0), whole.shape->size()) : std::nullopt;
    const bool sized = inputs.size() > 1 && inputs[1] != kNoValue;
    if (!axis || (sized && !flow_.at(inputs[1]).data)) {
        return std::nullopt;
    }
    const std::int64_t size = (*whole.shape)[*axis];
    std::vector<std::int64_t> pieces;
    if (!sized) {
        pieces.assign(static_cast<std::size_t>(std::min<std::int64_t>(size, 1024)), 1);
    } else if (flow_.at(inputs[1]).shape && flow_.at(inputs[1]).shape->empty()) {
        const std::int64_t each = std::max<std::int64_t>(1, whole_number(flow_.at(inputs[1]).data->front()));
        for (std::int64_t at = 0; at < size && pieces.size() < 1024; at += each) {
            pieces.push_back(std::min(each, size - at));
        }
    } else {
        for (const double piece : *flow_.at(inputs[1]).data) {
            pieces.push_back(whole_number(piece));
        }
    }
    const bool keeps = sized || node.integer("keepdims", 1) != 0;
    std::vector<ValueId> made;
    std::int64_t start = 0;
    for (const std::int64_t piece : pieces) {
        OnnxNode part;
        OnnxAttribute along;
        along.name = "axis";
        along.integer = static_cast<std::int64_t>(*axis);
        part.attributes.push_back(along);
        part.op = "Gather";
        std::vector<double> rows;
        for (std::int64_t i = 0; i < std::min<std::int64_t>(piece, 1024); ++i) {
            rows.push_back(static_cast<double>(start + i));
        }
        const Shape shape = keeps ? Shape{piece} : Shape{};
        const ValueId index = constant(std::move(rows), shape, OnnxType::kInt64);
        made.push_back(result_of(std::move(part), {inputs.front(), index}, node.outputs.front(), scope));
        start += piece;
    }
    return made;
}

std::optional<bool> OnnxFlowBuilder::add_sequence(const OnnxNode& node, OnnxScope& scope) {
    const bool sequences =
        node.op.find("Sequence") != std::string_view::npos && node.op != "SequenceMap" && node.op != "ReverseSequence";
    const bool optionals = node.op == "Optional" || node.op == "OptionalGetElement" || node.op == "Identity";
    if (!sequences && !optionals) {
        return std::nullopt;
    }
    const auto inputs = inputs_of(node, scope);
    if (!inputs) {
        return false;
    }
    const auto* held = inputs->empty() ? nullptr : list(inputs->front());
    const auto position = [&](std::size_t i, std::size_t size) -> std::optional<std::size_t> {
        const bool given = i < inputs->size() && (*inputs)[i] != kNoValue;
        const auto data = given ? flow_.at((*inputs)[i]).data : std::nullopt;
        return data && !data->empty() ? axis_of(whole_number(data->front()), size) : std::nullopt;
    };
    const auto holds = [&](std::vector<ValueId> elements) {
        const ValueId made = new_value(node.outputs.front());
        lists_.insert_or_assign(made, std::move(elements));
        return bind(node, node.outputs.front(), made, scope);
    };
    if (optionals) {
        const bool plumbing =
            !inputs->empty() && inputs->front() != kNoValue && (node.op != "Identity" || held != nullptr);
        return plumbing ? std::optional(bind(node, node.outputs.front(), inputs->front(), scope)) : std::nullopt;
    }
    if (node.op == "SequenceEmpty") {
        return holds({});
    }
    if (node.op == "SequenceConstruct") {
        return holds(*inputs);
    }
    if (node.op == "SplitToSequence" && !inputs->empty() && inputs->front() != kNoValue) {
        auto pieces = split_list(node, *inputs, scope);
        return pieces ? std::optional(holds(std::move(*pieces))) : std::nullopt;
    }
    if (held == nullptr) {
        return std::nullopt;
    }
    std::vector<ValueId> elements = *held;
    if (node.op == "SequenceInsert" && inputs->size() > 1) {
        const bool placed = inputs->size() > 2;
        const auto at = placed ? position(2, elements.size() + 1) : std::optional(elements.size());
        elements.insert(elements.begin() + static_cast<std::ptrdiff_t>(at.value_or(elements.size())), (*inputs)[1]);
        return holds(std::move(elements));
    }
    if (node.op == "SequenceErase" && !elements.empty()) {
        const auto at = position(1, elements.size());
        elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(at.value_or(elements.size() - 1)));
        return holds(std::move(elements));
    }
    if (node.op == "SequenceAt" && !elements.empty()) {
        // If the position is not known, all elements are assumed to have the same shape.
        return bind(node, node.outputs.front(), elements[position(1, elements.size()).value_or(0)], scope);
    }
    if (node.op == "SequenceLength") {
        const ValueId length = constant({static_cast<double>(elements.size())}, {}, OnnxType::kInt64);
        return bind(node, node.outputs.front(), length, scope);
    }
    if (node.op == "ConcatFromSequence" && !elements.empty()) {
        OnnxNode joined;
        joined.attributes = node.attributes;
        joined.op = node.integer("new_axis", 0) != 0 ? kStackedSlices : std::string_view("Concat");
        return bind(node, node.outputs.front(),
                    result_of(std::move(joined), std::move(elements), node.outputs.front(), scope), scope);
    }
    return std::nullopt;
}

/// Runs the body once for each element of the first sequence. Other sequences go along with it; tensors are the same
/// each time.
std::optional<bool> OnnxFlowBuilder::add_sequence_map(const OnnxNode& node, OnnxScope& scope) {
    const OnnxGraph* body = body_of(node, "body");
    const auto inputs = inputs_of(node, scope);
    if (!inputs) {
        return false;
    }
    const auto* first = inputs->empty() ? nullptr : list(inputs->front());
    if (body == nullptr || first == nullptr) {
        return std::nullopt;
    }
    if (body->inputs.size() != inputs->size() || body->outputs.size() < node.outputs.size()) {
        return refuse(fmt::format("SequenceMap '{}' and its body do not fit", called(node)));
    }
    const std::size_t count = first->size();
    std::vector<std::vector<ValueId>> made(node.outputs.size());
    for (std::size_t i = 0; i < count; ++i) {
        OnnxScope inside;
        inside.around = &scope;
        for (std::size_t k = 0; k < inputs->size(); ++k) {
            const auto* elements = list((*inputs)[k]);
            if (elements != nullptr && elements->size() <= i) {
                return refuse(fmt::format("the sequences of SequenceMap '{}' have different lengths", called(node)));
            }
            inside.ids[body->inputs[k].name] = elements != nullptr ? (*elements)[i] : (*inputs)[k];
        }
        if (!more_work() || !add_constants(*body, inside) || !add_nodes(body->nodes, inside)) {
            return false;
        }
        for (std::size_t o = 0; o < made.size(); ++o) {
            const auto found = inside.find(body->outputs[o].name);
            if (!found) {
                return refuse(fmt::format("the body of SequenceMap '{}' does not make '{}'", called(node),
                                          body->outputs[o].name));
            }
            made[o].push_back(*found);
        }
    }
    for (std::size_t o = 0; o < made.size(); ++o) {
        const ValueId sequence = new_value(node.outputs[o]);
        lists_.insert_or_assign(sequence, std::move(made[o]));
        if (!bind(node, node.outputs[o], sequence, scope)) {
            return false;
        }
    }
    return true;
}

}  // namespace berth
