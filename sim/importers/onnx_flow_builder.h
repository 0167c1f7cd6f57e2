// Builds the flow of an ONNX file node by node: name scopes, inlined bodies, and sequences resolved to their elements.
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

/// Names visible in a graph or a body: its own, then those of the enclosing scopes.
struct OnnxScope {
    const OnnxScope* around = nullptr;
    std::unordered_map<std::string_view, ValueId> ids;
    std::unordered_map<std::string_view, const OnnxValue*> stated;

    [[nodiscard]] std::optional<ValueId> find(std::string_view name) const;
    /// What the file states about a value; null if nothing.
    [[nodiscard]] const OnnxValue* stated_of(std::string_view name) const;
};

/// A search for text: a body that makes the logits of the next token from those before, run once for each token.
struct OnnxSearch {
    const OnnxNode& node;
    std::vector<ValueId> inputs;
    const OnnxGraph *encoder = nullptr, *first = nullptr, *decoder = nullptr;  ///< first: run on the prompt
    std::int64_t batch = 1, beams = 1;
    std::int64_t prompt = 1;     ///< tokens that the decoder starts with
    std::int64_t generated = 1;  ///< tokens that it makes
    bool shared_buffer = false;  ///< caches have room for all tokens from the start
};

/// How often a loop runs.
struct OnnxTrips {
    std::int64_t most = 0;     ///< unless its condition ends it earlier
    std::int64_t told = 0;     ///< where its condition is not known before it runs
    bool nobody_says = false;  ///< `told` is no number that the user gave
    bool open = false;         ///< the graph states no trip count, or one too large to be meant
};

/// Values that pass from one run of a body to the next, by the name of the input that reads them.
using OnnxHeldValues = std::map<std::string, ValueId, std::less<>>;

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

    // The graph (onnx_flow.cpp) and its inputs (onnx_inputs.cpp).
    bool add_constants(const OnnxGraph& graph, OnnxScope& scope);
    void add_inputs(OnnxScope& scope);
    ValueId add_input(const OnnxValue& input);
    std::int64_t elements_of_sequence(const OnnxValue& input);
    Shape asked_shape(std::string_view input);
    void take_value(const OnnxValue& input, ValueId id);
    std::int64_t size_of(const OnnxDim& dim, const OnnxValue& input, std::size_t axis);
    [[nodiscard]] std::optional<std::int64_t> named_size(std::string_view name) const;
    void note_unbound(const std::string& name);
    void report_sizes() const;
    ValueId new_value(std::string_view name, std::int32_t producer = -1);
    bool add_nodes(std::span<const OnnxNode> nodes, OnnxScope& scope);
    bool add_node(const OnnxNode& node, OnnxScope& scope);
    /// Counts work; false, with an error, once bodies and functions expand to more than the limit.
    bool more_work();
    bool add_step(const OnnxNode& node, OnnxScope& scope);
    bool add_constant_node(const OnnxNode& node, OnnxScope& scope);
    bool bind(const OnnxNode& node, std::string_view output, ValueId value, OnnxScope& scope);
    void infer(const OnnxStep& step, const OnnxScope& scope);
    std::optional<bool> apply_rule(const OnnxStep& step);
    void take_stated(OnnxFacts& facts, const OnnxFacts* first, const OnnxScope& scope) const;
    [[nodiscard]] std::optional<std::vector<ValueId>> inputs_of(const OnnxNode& node, const OnnxScope& scope) const;
    /// Makes a small constant that is not in the file.
    ValueId constant(std::vector<double> data, Shape shape, OnnxType type);
    /// Adds a node that is not in the file, and returns its result.
    ValueId result_of(OnnxNode node, std::vector<ValueId> inputs, std::string_view name, const OnnxScope& scope);

    // Bodies (onnx_bodies.cpp). Absent: the node has no body, and is added as it is.
    std::optional<bool> add_body(const OnnxNode& node, OnnxScope& scope);
    bool add_function(const OnnxFunction& function, const OnnxNode& caller, OnnxScope& scope);
    bool add_branches(const OnnxNode& node, OnnxScope& scope);
    void keep_condition(ValueId condition);
    void note_branch(const OnnxNode& node, ValueId condition, bool first, std::string_view why);
    void drop_nodes(std::size_t first, std::size_t last, std::size_t first_value);
    [[nodiscard]] bool products_known(std::size_t first, std::size_t last) const;
    [[nodiscard]] double rough_macs(std::size_t first, std::size_t last) const;

    // Loops and scans (onnx_loops.cpp). Absent: the node stays as it is.
    std::optional<bool> add_loop(const OnnxNode& node, OnnxScope& scope);
    std::optional<bool> add_scan(const OnnxNode& node, OnnxScope& scope);
    std::optional<OnnxTrips> trips_of(const OnnxNode& node, const OnnxGraph& body, const OnnxScope& scope);
    std::int64_t limit_of(const OnnxNode& node, const OnnxTrips& trips, ValueId condition, ValueId given);
    void note_unknown_trips(const OnnxNode& node, const OnnxTrips& trips);
    std::optional<std::vector<ValueId>> run_iterations(const OnnxNode& node, const OnnxGraph& body,
                                                       const OnnxTrips& trips, std::vector<ValueId> carried,
                                                       std::span<const ValueId> scanned, OnnxScope& scope);
    std::optional<std::vector<ValueId>> scan_each(const OnnxNode& node, const OnnxGraph& body, const OnnxTrips& trips,
                                                  const std::vector<ValueId>& inputs, std::size_t states,
                                                  OnnxScope& scope);
    std::optional<std::vector<ValueId>> results_of_body(const OnnxNode& node, const OnnxGraph& body, OnnxScope& inside);
    bool bind_results(const OnnxNode& node, const std::vector<ValueId>& results, OnnxScope& scope);
    ValueId slice_of(ValueId from, std::int64_t axis, std::int64_t index, std::string_view name,
                     const OnnxScope& scope);
    ValueId stacked(std::vector<ValueId> values, std::string_view name, const OnnxScope& scope);
    [[nodiscard]] bool is_passed_on(ValueId condition, ValueId given) const;
    [[nodiscard]] std::optional<double> number_in(const OnnxNode& node, std::size_t i, const OnnxScope& scope) const;
    [[nodiscard]] std::optional<double> number_of(ValueId value) const;

    // Searches that generate text (onnx_generation.cpp). Absent: the node is none, and is added as it is.
    std::optional<bool> add_generation(const OnnxNode& node, OnnxScope& scope);
    std::optional<OnnxSearch> search_of(const OnnxNode& node, std::vector<ValueId> inputs);
    bool encode(const OnnxSearch& search, OnnxHeldValues& held, const OnnxScope& scope);
    bool decode(const OnnxSearch& search, OnnxHeldValues& held, OnnxScope& scope);
    bool run_body(const OnnxSearch& search, const OnnxGraph& body, std::int64_t rows, OnnxHeldValues& held,
                  const OnnxScope& scope);
    [[nodiscard]] std::optional<ValueId> empty_cache(const OnnxSearch& search, const OnnxValue& input,
                                                     std::int64_t rows);
    [[nodiscard]] std::optional<std::int64_t> whole_input(std::span<const ValueId> inputs, std::size_t i) const;
    ValueId made_outside(std::string_view name, Shape shape);
    ValueId for_each_beam(const OnnxSearch& search, ValueId value, const OnnxScope& scope);
    std::pair<ValueId, ValueId> chosen(const OnnxSearch& search, ValueId logits, const OnnxScope& scope);

    // Sequences and optionals (onnx_sequences.cpp). Absent: the node handles neither, and is added as it is.
    std::optional<bool> add_sequence(const OnnxNode& node, OnnxScope& scope);
    std::optional<bool> add_sequence_map(const OnnxNode& node, OnnxScope& scope);
    [[nodiscard]] const std::vector<ValueId>* list(ValueId value) const;
    std::optional<std::vector<ValueId>> split_list(const OnnxNode& node, std::span<const ValueId> inputs,
                                                   const OnnxScope& scope);

    const OnnxFile& file_;
    const std::string& name_;
    const NetworkOptions& options_;
    Diagnostics& diagnostics_;
    OnnxFlow flow_;
    std::unordered_map<const OnnxTensor*, ValueId> constants_;  ///< constants of all graphs, by address in the file
    std::unordered_map<const char*, ValueId> made_constants_;   ///< Constant nodes outside functions, by result name
    std::unordered_map<ValueId, std::vector<ValueId>> lists_;   ///< elements of each sequence
    std::set<std::string, std::less<>> dims_;                   ///< dimensions of the inputs, by name or by place
    std::vector<std::string> unbound_;                          ///< dimensions without a size, in order
    std::map<std::pair<std::string_view, std::string_view>, const OnnxFunction*> functions_;  ///< by domain and name
    int depth_ = 0;         ///< nesting depth of function calls
    std::size_t work_ = 0;  ///< nodes visited and iterations begun, whether or not they add nodes
};

/// The graph that is the node's attribute; null if it has none.
[[nodiscard]] const OnnxGraph* body_of(const OnnxNode& node, std::string_view attribute);
[[nodiscard]] OnnxAttribute integer_attribute(std::string_view name, std::int64_t value);
/// Name of a node in messages: its own, or else that of its first output.
[[nodiscard]] std::string_view called(const OnnxNode& node);

/// Whether a body, or one nested in it, contains an operator that multiplies.
[[nodiscard]] bool body_multiplies(const OnnxGraph& body);

}  // namespace berth
