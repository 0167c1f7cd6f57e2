// Writes an imported graph as a model file.
#include <fmt/format.h>

#include <iterator>

#include "base/yaml_text.h"
#include "berth/importers/network_import.h"
#include "graph/size_rules.h"

namespace berth {

namespace {

/// The sizes that differ from their defaults; flags are written as true and false.
std::string sizes_text(const Operator& op) {
    std::string text;
    for (const auto& [field, value] : stated_sizes(op.kind, op.dims)) {
        if (field->name == kInputsSize) {
            continue;
        }
        const bool flag = field->min == 0 && field->max == 1;
        text += flag ? fmt::format(", {}: {}", field->name, value != 0) : fmt::format(", {}: {}", field->name, value);
    }
    return text;
}

void append_operator(std::string& text, const Graph& graph, const Operator& op) {
    const auto to = std::back_inserter(text);
    fmt::format_to(to, "    - {{name: {}, op: {}", yaml_scalar(op.name), traits(op.kind).name);
    if (op.category != traits(op.kind).category) {
        fmt::format_to(to, ", category: {}", choice_name(kCategoryNames, op.category));
    }
    if (op.block >= 0) {
        fmt::format_to(to, ", block: {}", op.block);
    }
    if (op.table_of != kNoOperator) {
        text += ", table_of: " + yaml_scalar(graph.operators[static_cast<std::size_t>(op.table_of)].name);
    }
    if (op.bias_of != kNoOperator) {
        text += ", bias_of: " + yaml_scalar(graph.operators[static_cast<std::size_t>(op.bias_of)].name);
    }
    const Tensor& made = graph.tensors[static_cast<std::size_t>(op.output)];
    if (made.graph_output && !made.consumers.empty()) {
        text += ", output: true";
    }
    text += ", inputs: [";
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        text += (i > 0 ? ", " : "") + yaml_scalar(graph.tensors[static_cast<std::size_t>(op.inputs[i])].name);
    }
    fmt::format_to(to, "]{}, shape: [{}]}}\n", sizes_text(op),
                   made.shape.empty() ? "1" : fmt::format("{}", fmt::join(made.shape, ", ")));
}

}  // namespace

std::string sums_text(const Graph& graph) {
    const GraphTotals sums = totals(graph);
    // The words are the same for any number, since programs read this line.
    return fmt::format("{} operators, {} parameters, {:.0f} MACs", graph.operators.size(), sums.parameters,
                       in_operations(sums.macs));
}

std::string written_model(const NetworkImport& import, const std::string& name, const std::string& source) {
    const Graph& graph = import.graph;
    std::string text =
        fmt::format("model: {}\nsource: {}\ngraph:  # {}\n", yaml_scalar(name), yaml_scalar(source), sums_text(graph));
    if (import.tokens > 0) {
        text += fmt::format("  tokens: {}\n", import.tokens);
    }
    text += "  inputs:\n";
    for (const Tensor& tensor : graph.tensors) {
        if (tensor.producer == kNoOperator) {
            text += fmt::format("    {}: {{shape: [{}]{}}}\n", yaml_scalar(tensor.name),
                                tensor.shape.empty() ? "1" : fmt::format("{}", fmt::join(tensor.shape, ", ")),
                                tensor.integer ? ", integer: true" : "");
        }
    }
    text += "  operators:\n";
    for (const Operator& op : graph.operators) {
        append_operator(text, graph, op);
    }
    return text;
}

}  // namespace berth
