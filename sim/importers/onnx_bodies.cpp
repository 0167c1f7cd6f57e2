// Inlines the functions and branches of an ONNX file.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "importers/onnx_flow_builder.h"
#include "importers/onnx_products.h"

namespace berth {

namespace {

/// Limit on nested calls, for functions that call each other.
constexpr int kDeepestCalls = 64;

/// Copies a node of a function for one call: attributes that refer to the caller's get their values.
OnnxNode as_called(OnnxNode node, const OnnxNode& caller, const OnnxFunction& function) {
    std::vector<OnnxAttribute> attributes;
    for (OnnxAttribute& attribute : node.attributes) {
        if (attribute.refers_to.empty()) {
            attributes.push_back(std::move(attribute));
            continue;
        }
        const OnnxAttribute* given = caller.attribute(attribute.refers_to);
        const auto otherwise = std::ranges::find(function.defaults, attribute.refers_to, &OnnxAttribute::name);
        if (given == nullptr && otherwise == function.defaults.end()) {
            continue;
        }
        OnnxAttribute meant = given != nullptr ? *given : *otherwise;
        meant.name = attribute.name;
        attributes.push_back(std::move(meant));
    }
    node.attributes = std::move(attributes);
    return node;
}

}  // namespace

std::string_view called(const OnnxNode& node) { return node.name.empty() ? node.outputs.front() : node.name; }

const OnnxGraph* body_of(const OnnxNode& node, std::string_view attribute) {
    const OnnxAttribute* found = node.attribute(attribute);
    return found == nullptr ? nullptr : found->graph.get();
}

OnnxAttribute integer_attribute(std::string_view name, std::int64_t value) {
    OnnxAttribute attribute;
    attribute.name = name;
    attribute.integer = value;
    return attribute;
}

bool body_multiplies(const OnnxGraph& body) {
    return std::ranges::any_of(body.nodes, [](const OnnxNode& node) {
        return multiplies(node.op) || std::ranges::any_of(node.attributes, [](const OnnxAttribute& attribute) {
                   return attribute.graph != nullptr && body_multiplies(*attribute.graph);
               });
    });
}

std::optional<bool> OnnxFlowBuilder::add_body(const OnnxNode& node, OnnxScope& scope) {
    const auto function = functions_.find({node.domain, node.op});
    if (function != functions_.end()) {
        return add_function(*function->second, node, scope);
    }
    if (node.op == "If" && body_of(node, "then_branch") != nullptr && body_of(node, "else_branch") != nullptr) {
        return add_branches(node, scope);
    }
    if (node.op == "Loop" && body_of(node, "body") != nullptr) {
        return add_loop(node, scope);
    }
    if (node.op == "Scan" && body_of(node, "body") != nullptr) {
        return add_scan(node, scope);
    }
    if (const auto added = node.op == "SequenceMap" ? add_sequence_map(node, scope) : add_generation(node, scope)) {
        return added;
    }
    const bool multiplies_inside = std::ranges::any_of(node.attributes, [](const OnnxAttribute& attribute) {
        return attribute.graph != nullptr && body_multiplies(*attribute.graph);
    });
    if (multiplies_inside) {
        flow_.uncounted.push_back(fmt::format("the body of {} '{}'", node.op, called(node)));
    }
    return std::nullopt;
}

bool OnnxFlowBuilder::add_function(const OnnxFunction& function, const OnnxNode& caller, OnnxScope& scope) {
    const auto inputs = inputs_of(caller, scope);
    if (!inputs) {
        return false;
    }
    if (depth_ == kDeepestCalls) {
        return refuse(fmt::format("function '{}' calls itself", function.name), "functions without recursion");
    }
    OnnxScope inside;  // a function does not see the scope of its caller
    for (std::size_t i = 0; i < function.inputs.size(); ++i) {
        if (const ValueId given = i < inputs->size() ? (*inputs)[i] : kNoValue; given != kNoValue) {
            inside.ids.emplace(function.inputs[i], given);
        } else {
            inside.ids.emplace(function.inputs[i], kNoValue);
        }
    }
    ++depth_;
    for (const OnnxNode& node : function.nodes) {
        flow_.made.push_back(as_called(node, caller, function));
        if (!add_node(flow_.made.back(), inside)) {
            return false;
        }
    }
    --depth_;
    for (std::size_t i = 0; i < function.outputs.size() && i < caller.outputs.size(); ++i) {
        const auto made = inside.find(function.outputs[i]);
        if (!made || *made == kNoValue) {
            return refuse(fmt::format("function '{}' does not make '{}'", function.name, function.outputs[i]));
        }
        if (!bind(caller, caller.outputs[i], *made, scope)) {
            return false;
        }
    }
    return true;
}

/// Adds the branch that a constant condition selects. Otherwise adds both and removes one: the one whose products have
/// no known shapes for these input sizes, or else the one that multiplies less.
bool OnnxFlowBuilder::add_branches(const OnnxNode& node, OnnxScope& scope) {
    const auto inputs = inputs_of(node, scope);
    if (!inputs) {
        return false;
    }
    const auto& condition = inputs->empty() || inputs->front() == kNoValue ? std::optional<std::vector<double>>()
                                                                           : flow_.at(inputs->front()).data;
    const OnnxGraph* yes = body_of(node, "then_branch");
    const OnnxGraph* no = body_of(node, "else_branch");
    std::vector<const OnnxGraph*> bodies{yes, no};
    if (condition && !condition->empty()) {
        bodies = {condition->front() != 0 ? yes : no};
    }
    std::vector<std::vector<ValueId>> results;
    std::vector<std::size_t> ends{flow_.nodes.size()};
    const std::size_t first_value = flow_.values.size();
    for (const OnnxGraph* body : bodies) {
        OnnxScope inside;
        inside.around = &scope;
        if (!add_constants(*body, inside) || !add_nodes(body->nodes, inside)) {
            return false;
        }
        auto& made = results.emplace_back();
        for (const OnnxValue& output : body->outputs) {
            const auto found = inside.find(output.name);
            if (!found) {
                return refuse(fmt::format("a branch of If '{}' does not make '{}'", called(node), output.name));
            }
            made.push_back(*found);
        }
        ends.push_back(flow_.nodes.size());
    }
    std::size_t dearer = 0;
    if (bodies.size() == 2) {
        keep_condition(inputs->empty() ? kNoValue : inputs->front());
        const bool first_works = products_known(ends[0], ends[1]), second_works = products_known(ends[1], ends[2]);
        const bool first_dearer = rough_macs(ends[0], ends[1]) >= rough_macs(ends[1], ends[2]);
        dearer = (first_works == second_works ? first_dearer : first_works) ? 0 : 1;
        if (rough_macs(ends[0], ends[1]) != rough_macs(ends[1], ends[2])) {
            note_branch(node, inputs->empty() ? kNoValue : inputs->front(), dearer == 0,
                        first_works == second_works ? "which multiplies more" : "which inputs of these sizes fit");
        }
        drop_nodes(ends[1 - dearer], ends[2 - dearer], first_value);
    }
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        if (i >= results[dearer].size()) {
            return refuse(fmt::format("If '{}' has more results than its branches", called(node)));
        }
        if (!bind(node, node.outputs[i], results[dearer][i], scope)) {
            return false;
        }
    }
    return true;
}

/// Says which branch of a condition counts that only the run time knows, and how to choose the other one.
void OnnxFlowBuilder::note_branch(const OnnxNode& node, ValueId condition, bool first, std::string_view why) {
    const bool told = condition != kNoValue && flow_.at(condition).type == OnnxType::kBool &&
                      std::ranges::find(flow_.inputs, condition) != flow_.inputs.end();
    const std::string other =
        told ? fmt::format("; berth import --dim {}={} takes the other", flow_.at(condition).name, first ? 0 : 1) : "";
    flow_.assumed.push_back(
        fmt::format("that If '{}' takes its {} branch, {}{}", called(node), first ? "then" : "else", why, other));
}

/// A condition is read by the runtime. It is a result of the graph if it costs products, as where one network decides
/// whether another one runs; other conditions are negligible.
void OnnxFlowBuilder::keep_condition(ValueId condition) {
    if (condition != kNoValue && flow_.at(condition).multiplied) {
        flow_.outputs.push_back(condition);
    }
}

/// Removes nodes `first` to `last` (exclusive), which have no readers. Their results, numbered from `first_value` on,
/// remain as values without a producer.
void OnnxFlowBuilder::drop_nodes(std::size_t first, std::size_t last, std::size_t first_value) {
    const auto number = [](std::size_t node) { return static_cast<std::int32_t>(node); };
    for (std::size_t value = first_value; value < flow_.values.size(); ++value) {
        OnnxFacts& facts = flow_.values[value];
        if (facts.producer >= number(last)) {
            facts.producer -= number(last - first);
        } else if (facts.producer >= number(first)) {
            facts.producer = -1;
        }
    }
    std::erase_if(made_constants_, [&](const auto& made) { return flow_.at(made.second).producer < 0; });
    const auto begin = flow_.nodes.begin();
    flow_.nodes.erase(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(last));
}

/// Whether the shapes of all products can be inferred. If not, inputs of these sizes take the other branch: a model for
/// two sampling rates has one branch per rate.
bool OnnxFlowBuilder::products_known(std::size_t first, std::size_t last) const {
    for (std::size_t node = first; node < last; ++node) {
        const OnnxStep& step = flow_.nodes[node];
        const bool known = std::ranges::any_of(step.outputs, [this](ValueId made) {
            return made != kNoValue && flow_.at(made).shape && !flow_.at(made).assumed;
        });
        if (multiplies(step.source->op) && !known) {
            return false;
        }
    }
    return true;
}

/// Cost estimate for comparing branches: multiplications as far as shapes are known, plus the elements written.
double OnnxFlowBuilder::rough_macs(std::size_t first, std::size_t last) const {
    double sum = 0;
    for (std::size_t node = first; node < last; ++node) {
        const OnnxStep& step = flow_.nodes[node];
        const auto shape = [&](std::size_t i) {
            const bool given = i < step.inputs.size() && step.inputs[i] != kNoValue;
            return given && flow_.at(step.inputs[i]).shape ? *flow_.at(step.inputs[i]).shape : Shape{};
        };
        const auto first_made = std::ranges::find_if(step.outputs, [](ValueId made) { return made != kNoValue; });
        const auto made = first_made == step.outputs.end() ? std::nullopt : flow_.at(*first_made).shape;
        const double written = made ? static_cast<double>(elements_of(*made)) : 0;
        sum += written;
        if (!multiplies(step.source->op)) {
            continue;
        }
        const Shape weights = shape(1);
        const bool convolves = step.source->op.find("Conv") != std::string_view::npos;
        const Shape rows = shape(0);
        sum += written * static_cast<double>(convolves && !weights.empty()
                                                 ? elements_of(weights) / std::max<std::int64_t>(1, weights.front())
                                             : rows.empty() ? 1
                                                            : rows.back());
    }
    return sum;
}

}  // namespace berth
