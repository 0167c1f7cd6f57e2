// Numbers values, and infers shapes in one pass over the nodes.
#include "importers/onnx_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "berth/graph/operators.h"
#include "importers/onnx_flow_builder.h"
#include "importers/onnx_products.h"
#include "importers/onnx_rule.h"

namespace berth {

std::optional<ValueId> OnnxScope::find(std::string_view name) const {
    for (const OnnxScope* scope = this; scope != nullptr; scope = scope->around) {
        if (const auto found = scope->ids.find(name); found != scope->ids.end()) {
            return found->second;
        }
    }
    return std::nullopt;
}

const OnnxValue* OnnxScope::stated_of(std::string_view name) const {
    for (const OnnxScope* scope = this; scope != nullptr; scope = scope->around) {
        if (const auto found = scope->stated.find(name); found != scope->stated.end()) {
            return found->second;
        }
    }
    return nullptr;
}

std::optional<OnnxFlow> OnnxFlowBuilder::build() {
    const std::size_t errors_before = diagnostics_.error_count();
    OnnxScope scope;
    if (!add_constants(file_.graph, scope)) {
        return std::nullopt;
    }
    add_inputs(scope);
    report_sizes();
    if (diagnostics_.error_count() != errors_before) {
        return std::nullopt;
    }
    flow_.nodes.reserve(file_.graph.nodes.size());
    for (const OnnxFunction& function : file_.functions) {
        functions_.emplace(std::pair(function.domain, function.name), &function);
    }
    if (!add_nodes(file_.graph.nodes, scope)) {
        return std::nullopt;
    }
    for (const OnnxValue& output : file_.graph.outputs) {
        const auto found = scope.find(output.name);
        if (found && list(*found) != nullptr) {
            flow_.outputs.insert(flow_.outputs.end(), list(*found)->begin(), list(*found)->end());
        } else if (found) {
            flow_.outputs.push_back(*found);
        }
    }
    return std::move(flow_);
}

ValueId OnnxFlowBuilder::new_value(std::string_view name, std::int32_t producer) {
    OnnxFacts& facts = flow_.values.emplace_back();
    facts.name = name;
    facts.producer = producer;
    return static_cast<ValueId>(flow_.values.size() - 1);
}

ValueId OnnxFlowBuilder::constant(std::vector<double> data, Shape shape, OnnxType type) {
    const ValueId id = new_value("");
    OnnxFacts& facts = flow_.at(id);
    facts.type = type;
    facts.shape = std::move(shape);
    facts.data = std::move(data);
    facts.constant = true;
    return id;
}

/// Adds the constants, and what the file states about values.
bool OnnxFlowBuilder::add_constants(const OnnxGraph& graph, OnnxScope& scope) {
    for (const OnnxTensor& constant : graph.constants) {
        if (!possible(constant.dims)) {
            return refuse(fmt::format("constant '{}' has an impossible shape", constant.name),
                          fmt::format("up to {} sizes of 0 to {}", kMostAxes, kLargestSize));
        }
        // A body that is inlined again has the same constants.
        const auto [known, is_new] = constants_.emplace(&constant, kNoValue);
        if (!is_new) {
            scope.ids.emplace(constant.name, known->second);
            continue;
        }
        const auto [found, added] = scope.ids.emplace(constant.name, kNoValue);
        if (added) {
            found->second = new_value(constant.name);
        }
        known->second = found->second;
        OnnxFacts& facts = flow_.at(found->second);
        facts.type = constant.type;
        facts.shape = constant.dims;
        facts.data = constant.values;
        facts.constant = true;
    }
    for (const auto* values : {&graph.values, &graph.outputs}) {
        for (const OnnxValue& known : *values) {
            scope.stated.emplace(known.name, &known);
        }
    }
    return true;
}

bool OnnxFlowBuilder::add_nodes(std::span<const OnnxNode> nodes, OnnxScope& scope) {
    return std::ranges::all_of(nodes, [&](const OnnxNode& node) { return add_node(node, scope); });
}

bool OnnxFlowBuilder::add_node(const OnnxNode& node, OnnxScope& scope) {
    if (node.outputs.empty()) {
        return refuse(fmt::format("{} '{}' makes nothing", node.op, node.name), "at least one output");
    }
    if (!more_work()) {
        return false;
    }
    if (const auto added = add_body(node, scope)) {
        return *added;
    }
    if (const auto added = add_sequence(node, scope)) {
        return *added;
    }
    return node.op == "Constant" && depth_ == 0 ? add_constant_node(node, scope) : add_step(node, scope);
}

/// A constant within a body is the same each time that the body is inlined.
bool OnnxFlowBuilder::add_constant_node(const OnnxNode& node, OnnxScope& scope) {
    const char* key = node.outputs.front().data();  // address of the name in the file
    if (const auto known = made_constants_.find(key); known != made_constants_.end()) {
        return bind(node, node.outputs.front(), known->second, scope);
    }
    if (!add_step(node, scope)) {
        return false;
    }
    if (const auto made = scope.find(node.outputs.front())) {
        made_constants_.emplace(key, *made);
    }
    return true;
}

bool OnnxFlowBuilder::more_work() {
    constexpr std::size_t kLooksPerNode = 4;
    ++work_;
    return (flow_.nodes.size() < kMostOnnxNodes && work_ < kLooksPerNode * kMostOnnxNodes) ||
           refuse(fmt::format("loops and functions make more than {} nodes", kMostOnnxNodes),
                  "fewer iterations, or a model without the loop");
}

/// The values that a node reads; absent, with an error, if one of them does not exist.
std::optional<std::vector<ValueId>> OnnxFlowBuilder::inputs_of(const OnnxNode& node, const OnnxScope& scope) const {
    std::vector<ValueId> inputs;
    for (const std::string_view input : node.inputs) {
        const auto found = input.empty() ? std::optional(kNoValue) : scope.find(input);
        if (!found) {
            refuse(fmt::format("{} '{}' reads '{}', which nothing before it makes", node.op, node.name, input));
            return std::nullopt;
        }
        inputs.push_back(*found);
    }
    return inputs;
}

/// Binds a name to a value; false, with an error, if the name is taken.
bool OnnxFlowBuilder::bind(const OnnxNode& node, std::string_view output, ValueId value, OnnxScope& scope) {
    if (!output.empty() && !scope.ids.emplace(output, value).second) {
        return refuse(fmt::format("{} '{}' makes '{}', which is there already", node.op, node.name, output),
                      "one node for each value");
    }
    return true;
}

bool OnnxFlowBuilder::add_step(const OnnxNode& node, OnnxScope& scope) {
    OnnxStep step;
    step.source = &node;
    auto inputs = inputs_of(node, scope);
    if (!inputs) {
        return false;
    }
    step.inputs = std::move(*inputs);
    // The first result represents the node and always gets a number; other results without a name get none.
    for (const std::string_view output : node.outputs) {
        if (output.empty() && !step.outputs.empty()) {
            step.outputs.push_back(kNoValue);
            continue;
        }
        const ValueId id = new_value(output, static_cast<std::int32_t>(flow_.nodes.size()));
        if (!bind(node, output, id, scope)) {
            return false;
        }
        step.outputs.push_back(id);
    }
    infer(step, scope);
    flow_.nodes.push_back(std::move(step));
    return true;
}

ValueId OnnxFlowBuilder::result_of(OnnxNode node, std::vector<ValueId> inputs, std::string_view name,
                                   const OnnxScope& scope) {
    flow_.made.push_back(std::move(node));
    OnnxStep step;
    step.source = &flow_.made.back();
    step.inputs = std::move(inputs);
    const ValueId made = new_value(name, static_cast<std::int32_t>(flow_.nodes.size()));
    step.outputs.push_back(made);
    infer(step, scope);
    flow_.nodes.push_back(std::move(step));
    return made;
}

/// Whether the values of an operator's inputs say how large its result is: without them its size is a guess.
static bool sets_size(std::string_view op) { return op == "Range" || op == "Tile"; }

/// Applies the operator's rule, and discards shapes that are impossible.
std::optional<bool> OnnxFlowBuilder::apply_rule(const OnnxStep& step) {
    auto worked = infer_shapes(step, flow_.values);
    for (const ValueId output : step.outputs) {
        if (output != kNoValue && flow_.at(output).shape && !possible(*flow_.at(output).shape)) {
            flow_.at(output).shape.reset();
            worked = false;
        }
    }
    return worked;
}

void OnnxFlowBuilder::infer(const OnnxStep& step, const OnnxScope& scope) {
    const auto worked = apply_rule(step);
    if (!worked || transforms(step.source->op)) {
        flow_.unknown.insert(step.source->op);
    }
    if (!worked && may_multiply(*step.source)) {
        flow_.strange.insert(step.source->op);
    }
    // Picks from a learned table by sizes alone: the same for all inputs, but the weights are those of the table.
    bool constant = step.source->op != "RelativePositionBias";
    bool scale = false;
    bool multiplied = multiplies(step.source->op);
    bool guessed = false;
    const OnnxFacts* first = nullptr;
    for (const ValueId input : step.inputs) {
        if (input != kNoValue) {
            constant = constant && flow_.at(input).constant;
            scale = scale || flow_.at(input).scale;
            multiplied = multiplied || flow_.at(input).multiplied;
            guessed = guessed || flow_.at(input).guessed;
            first = first == nullptr ? &flow_.at(input) : first;
        }
    }
    if (constant && !worked && first != nullptr) {
        ++flow_.unknown_constants[step.source->op];
    }
    for (const ValueId output : step.outputs) {
        if (output == kNoValue) {
            continue;
        }
        OnnxFacts& facts = flow_.at(output);
        // The shape of a cache after attention depends on its capacity, which only the file states.
        const bool cache = output != step.outputs.front() && multiplies(step.source->op);
        if (!worked.value_or(false) || !facts.shape || cache) {
            take_stated(facts, first, scope);
        }
        // What nobody knows is computed once, too, if it reads constants alone.
        facts.constant = facts.constant || (constant && (worked || first != nullptr)) || facts.data.has_value();
        facts.scale = facts.scale || (constant && scale);
        facts.multiplied = multiplied && !facts.constant;
        facts.guessed = guessed || (facts.assumed && sets_size(step.source->op));
    }
}

/// Takes the shape that the file states for the value, with its named dimensions bound; else the shape of the first
/// input.
void OnnxFlowBuilder::take_stated(OnnxFacts& facts, const OnnxFacts* first, const OnnxScope& scope) const {
    const OnnxValue* found = scope.stated_of(facts.name);
    if (found != nullptr && found->shape) {
        Shape shape;
        for (const OnnxDim& dim : *found->shape) {
            const auto bound = named_size(dim.name);
            const auto size = bound ? bound : dim.value;
            if (!size || *size < 1) {
                break;
            }
            shape.push_back(*size);
        }
        if (shape.size() == found->shape->size() && possible(shape)) {
            facts.shape = std::move(shape);
            facts.type = found->type;
            return;
        }
    }
    if (first != nullptr && !facts.shape) {
        facts.shape = first->shape;
        facts.assumed = true;
    }
}

std::int64_t elements_of(const Shape& shape) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
        if (size < 0 || __builtin_mul_overflow(count, size, &count) || count > kLargestCount) {
            return kLargestCount;
        }
    }
    return count;
}

bool possible(const Shape& shape) {
    return shape.size() <= kMostAxes &&
           std::ranges::all_of(shape, [](std::int64_t size) { return size >= 0 && size <= kLargestSize; });
}

std::int64_t whole_number(double value) {
    return std::isnan(value) ? 0 : static_cast<std::int64_t>(std::clamp(value, -0x1p53, 0x1p53));
}

std::optional<OnnxFlow> follow_shapes(const OnnxFile& file, const std::string& name, const NetworkOptions& options,
                                      Diagnostics& diagnostics) {
    return OnnxFlowBuilder(file, name, options, diagnostics).build();
}

}  // namespace berth
