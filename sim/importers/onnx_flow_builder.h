// Builds the flow of an ONNX file node by node: scopes of names, bodies that are written out, sequences as plumbing.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "importers/onnx_flow.h"

namespace berth {

/// Names that a graph or a body sees: its own, then those around it.
struct OnnxScope {
    const OnnxScope* around = nullptr;
    std::unordered_map<std::string_view, ValueId> ids;
    std::unordered_map<std::string_view, const OnnxValue*> stated;

    [[nodiscard]] std::optional<ValueId> find(std::string_view name) const;
    /// What the file says of a value; null if it says nothing.
    [[nodiscard]] const OnnxValue* stated_of(std::string_view name) const;
};

class OnnxFlowBuilder {
  public:
    OnnxFlowBuilder(const OnnxFile& file, const std::string& name, const NetworkOptions& options,
                    Diagnostics& diagnostics)
        : file_(file), name_(name), options_(options), diagnostics_(diagnostics) {}
    [[nodiscard]] std::optional<OnnxFlow> build();

  private:
    [[nodiscard]] SourceLocation where() const { return SourceLocation(name_); }
    bool refuse(std::string problem, std::string expected = "") const {
        diagnostics_.error(where(), std::move(problem), std::move(expected));
        return false;
    }

    // The graph and its inputs (onnx_flow.cpp).
    bool add_constants(const OnnxGraph& graph, OnnxScope& scope);
    void add_inputs(OnnxScope& scope);
    Shape asked_shape(std::string_view input);
    std::int64_t size_of(const OnnxDim& dim, const OnnxValue& input, std::size_t axis);
    void report_sizes() const;
    ValueId new_value(std::string_view name, std::int32_t producer = -1);
    bool add_nodes(std::span<const OnnxNode> nodes, OnnxScope& scope);
    bool add_node(const OnnxNode& node, OnnxScope& scope);
    /// False, with an error, once bodies and functions make more than is reasonable.
    bool more_work();
    bool add_step(const OnnxNode& node, OnnxScope& scope);
    bool add_constant_node(const OnnxNode& node, OnnxScope& scope);
    bool bind(const OnnxNode& node, std::string_view output, ValueId value, OnnxScope& scope);
    void infer(const OnnxStep& step, const OnnxScope& scope);
    std::optional<bool> apply_rule(const OnnxStep& step);
    void take_stated(OnnxFacts& facts, const OnnxFacts* first, const OnnxScope& scope) const;
    [[nodiscard]] std::optional<std::vector<ValueId>> inputs_of(const OnnxNode& node, const OnnxScope& scope) const;
    /// A small constant that stands in no file.
    ValueId constant(std::vector<double> data, Shape shape, OnnxType type);
    /// What a node that stands in no file makes of values.
    ValueId result_of(OnnxNode node, std::vector<ValueId> inputs, std::string_view name, const OnnxScope& scope);

    // Bodies (onnx_bodies.cpp). Absent: the node is no such thing, and stands for itself.
    std::optional<bool> add_body(const OnnxNode& node, OnnxScope& scope);
    bool add_function(const OnnxFunction& function, const OnnxNode& caller, OnnxScope& scope);
    bool add_branches(const OnnxNode& node, OnnxScope& scope);
    std::optional<bool> add_loop(const OnnxNode& node, OnnxScope& scope);
    std::optional<bool> add_scan(const OnnxNode& node, OnnxScope& scope);
    bool add_iterations(const OnnxNode& node, const OnnxGraph& body, std::int64_t count, std::vector<ValueId> carried,
                        std::span<const ValueId> scanned, OnnxScope& scope);
    [[nodiscard]] std::optional<std::int64_t> trip_count(const OnnxNode& node, const OnnxScope& scope) const;
    void drop_nodes(std::size_t first, std::size_t last, std::size_t first_value);
    [[nodiscard]] bool products_known(std::size_t first, std::size_t last) const;
    [[nodiscard]] double rough_macs(std::size_t first, std::size_t last) const;

    // Sequences and optionals (onnx_sequences.cpp). Absent: as above.
    std::optional<bool> add_sequence(const OnnxNode& node, OnnxScope& scope);
    [[nodiscard]] const std::vector<ValueId>* list(ValueId value) const;
    std::optional<std::vector<ValueId>> split_list(const OnnxNode& node, std::span<const ValueId> inputs,
                                                   const OnnxScope& scope);

    const OnnxFile& file_;
    const std::string& name_;
    const NetworkOptions& options_;
    Diagnostics& diagnostics_;
    OnnxFlow flow_;
    std::unordered_map<const OnnxTensor*, ValueId> constants_;  ///< of all graphs so far, by where the file has them
    std::unordered_map<const char*, ValueId> made_constants_;   ///< of nodes outside functions, by their results' names
    std::unordered_map<ValueId, std::vector<ValueId>> lists_;   ///< of sequences: their elements
    std::set<std::string, std::less<>> dims_;                   ///< that inputs have, by name or place
    std::vector<std::string> unbound_;                          ///< without a size, in order
    std::map<std::pair<std::string_view, std::string_view>, const OnnxFunction*> functions_;  ///< by domain and name
    int depth_ = 0;         ///< of functions within functions
    std::size_t work_ = 0;  ///< nodes looked at and iterations begun, whether or not they make nodes
};

/// Whether a body, or one within it, multiplies.
[[nodiscard]] bool body_multiplies(const OnnxGraph& body);

}  // namespace berth
