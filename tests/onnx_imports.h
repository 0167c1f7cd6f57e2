// Imports of small ONNX models: the graph of given nodes, its totals, and the round trip through a model file.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "berth/graph/model.h"
#include "berth/importers/import_onnx.h"
#include "graph/size_rules.h"
#include "onnx_bytes.h"

namespace berth {

using OnnxSizes = std::vector<std::int64_t>;

inline std::string inputs_and_result(const std::vector<std::pair<std::string, OnnxSizes>>& inputs,
                                     const std::string& output) {
    std::string fields;
    for (const auto& [name, sizes] : inputs) {
        fields += sized(11, name, sizes);
    }
    return fields + bytes_field(12, bytes_field(1, output));
}

inline std::string model_of_graph(const std::string& graph) { return bytes_field(7, graph); }

inline NetworkImport imported_model(const std::string& bytes, const NetworkOptions& options = {}) {
    Diagnostics diagnostics;
    auto import = import_onnx(bytes, "m.onnx", options, diagnostics);
    if (!import) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*import);
}

inline NetworkImport imported_graph(const std::string& nodes,
                                    const std::vector<std::pair<std::string, OnnxSizes>>& inputs,
                                    const NetworkOptions& options = {}) {
    return imported_model(model_of_graph(nodes + inputs_and_result(inputs, "y")), options);
}

inline std::string onnx_refusal(const std::string& bytes, const NetworkOptions& options = {}) {
    Diagnostics diagnostics;
    EXPECT_FALSE(import_onnx(bytes, "m.onnx", options, diagnostics));
    return diagnostics.text();
}

inline double macs_in(const Graph& graph) { return in_operations(totals(graph).macs); }

inline std::vector<std::string> kinds_in_order(const Graph& graph) {
    std::vector<std::string> kinds;
    for (const Operator& op : graph.operators) {
        kinds.emplace_back(traits(op.kind).name);
    }
    return kinds;
}

/// What costs depend on: each operator, what it reads and shares, and the values that leave the graph.
inline std::vector<std::string> described(const Graph& graph) {
    std::vector<std::string> lines;
    const auto named = [&](OperatorId op) {
        return op == kNoOperator ? std::string() : graph.operators[static_cast<std::size_t>(op)].name;
    };
    for (const Operator& op : graph.operators) {
        std::string line =
            fmt::format("{} {} {}", op.name, traits(op.kind).name, choice_name(kCategoryNames, op.category));
        for (const auto& [field, value] : stated_sizes(op.kind, op.dims)) {
            line += fmt::format(" {}={}", field->name, value);
        }
        line += fmt::format(" block={} table_of={} bias_of={}", op.block, named(op.table_of), named(op.bias_of));
        for (const TensorId input : op.inputs) {
            const Tensor& read = graph.tensors[static_cast<std::size_t>(input)];
            line += fmt::format(" {}{}", read.name, read.integer ? " (integers)" : "");
        }
        const Tensor& made = graph.tensors[static_cast<std::size_t>(op.output)];
        lines.push_back(fmt::format("{} shape=[{}] output={}", line, fmt::join(made.shape, ", "), made.graph_output));
    }
    return lines;
}

/// Expects that the written model file reads back as the same model.
inline void expect_round_trip(const NetworkImport& import) {
    Diagnostics diagnostics;
    const std::string text = written_model(import, "m", "test");
    const auto document = YamlDocument::parse(text, "m.yaml", diagnostics);
    const auto model = document ? read_model(document->root(diagnostics), {}) : std::nullopt;
    const auto graph = model ? instantiate(*model, {1, 1}, diagnostics) : std::nullopt;
    ASSERT_TRUE(graph) << diagnostics.text() << text;
    EXPECT_EQ(totals(*graph).macs, totals(import.graph).macs);
    EXPECT_EQ(totals(*graph).parameters, totals(import.graph).parameters);
    EXPECT_EQ(described(*graph), described(import.graph));
}

}  // namespace berth
