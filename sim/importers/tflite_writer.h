// Converts a TensorFlow Lite graph to ONNX nodes with channels last.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "importers/onnx_file.h"
#include "importers/onnx_flow.h"
#include "importers/tflite_file.h"

namespace berth {

/// State shared by all graphs of a file.
struct TfliteContext {
    const tflite::Model& model;
    std::deque<std::string>& names;  ///< owns the names that are not in the file
    bool resized = false;            ///< an input has another size than in the file
    bool open_axes = false;          ///< the file says which axes have no fixed size
    int depth = 0;                   ///< nesting depth of bodies
    std::size_t written = 0;         ///< operators and tensors of bodies, counted each time that a body is written

    std::string_view keep(std::string name) { return names.emplace_back(std::move(name)); }
};

/// Converts one graph of the file to ONNX.
class TfliteWriter {
  public:
    /// Names of values get the prefix `prefix`, except inputs, which get the names in `given` if they are values of the
    /// enclosing graph.
    TfliteWriter(TfliteContext& context, const tflite::SubGraph& graph, std::string_view prefix,
                 const std::vector<std::string_view>& given);
    [[nodiscard]] OnnxGraph write();

    [[nodiscard]] TfliteContext& context() { return context_; }
    [[nodiscard]] const tflite::Tensor& tensor(std::int32_t index) const { return *graph_.tensors()->Get(at(index)); }
    [[nodiscard]] std::string_view name(std::int32_t index) const { return names_[at(index)]; }
    /// Values of a small constant; absent if the tensor is not one.
    [[nodiscard]] std::optional<std::vector<double>> data(std::int32_t index) const;
    [[nodiscard]] bool constant(std::int32_t index) const { return !made_[at(index)]; }
    [[nodiscard]] OnnxGraph& result() { return result_; }
    /// Marks the tensor as a constant of unknown values, such as a state kept between calls.
    void hold(std::int32_t index) { made_[at(index)] = false; }

  private:
    static unsigned at(std::int32_t index) { return static_cast<unsigned>(index); }
    void name_tensors(std::string_view prefix, const std::vector<std::string_view>& given);
    void mark_made();
    void add_constants();
    void add_values();
    [[nodiscard]] OnnxValue value_of(std::int32_t index, bool input) const;

    TfliteContext& context_;
    const tflite::SubGraph& graph_;
    std::vector<std::string_view> names_;
    std::vector<bool> made_;  ///< produced by an operator or supplied by the caller; all other tensors are constants
    OnnxGraph result_;
};

/// Converts one operator, adding its nodes to the graph.
class TfliteStep {
  public:
    TfliteStep(TfliteWriter& writer, const tflite::Operator& op) : writer_(writer), op_(op) {}

    [[nodiscard]] TfliteWriter& writer() const { return writer_; }
    [[nodiscard]] const tflite::Operator& source() const { return op_; }
    [[nodiscard]] tflite::BuiltinOperator kind() const { return builtin_of(writer_.context().model, op_); }
    [[nodiscard]] std::size_t inputs() const { return op_.inputs() == nullptr ? 0 : op_.inputs()->size(); }
    [[nodiscard]] std::size_t outputs() const { return op_.outputs() == nullptr ? 0 : op_.outputs()->size(); }
    /// Tensor index of input `i`; -1 if it is not given.
    [[nodiscard]] std::int32_t index(std::size_t i) const {
        return i < inputs() ? op_.inputs()->Get(static_cast<unsigned>(i)) : -1;
    }
    [[nodiscard]] bool given(std::size_t i) const { return index(i) >= 0; }
    /// Name of input `i`; empty if it is not given.
    [[nodiscard]] std::string_view in(std::size_t i) const { return given(i) ? writer_.name(index(i)) : ""; }
    [[nodiscard]] std::string_view out(std::size_t i = 0) const { return writer_.name(out_index(i)); }
    [[nodiscard]] const tflite::Tensor& made(std::size_t i = 0) const { return writer_.tensor(out_index(i)); }
    /// Shape as in the file; empty for a scalar and for an input that is not given.
    [[nodiscard]] Shape shape(std::size_t i) const;
    [[nodiscard]] Shape made_shape(std::size_t i = 0) const;
    [[nodiscard]] std::optional<Shape> integers(std::size_t i) const;
    [[nodiscard]] OnnxType type(std::size_t i) const;

    /// Name for an intermediate value between nodes of this operator.
    [[nodiscard]] std::string_view between(std::string_view suffix) const;
    /// Adds a constant list of whole numbers.
    [[nodiscard]] std::string_view constant(const Shape& numbers) const;

    OnnxNode& add(std::string_view op, std::vector<std::string_view> inputs, std::string_view output) const;
    /// Adds a node that reads all inputs and produces the first output.
    OnnxNode& add(std::string_view op) const;
    /// Adds a node followed by the fused activation of the operator.
    OnnxNode& add_activated(std::string_view op, std::vector<std::string_view> inputs,
                            tflite::ActivationFunctionType activation) const;
    /// Adds a node under the operator's name in the file, which becomes a pass over its data.
    void add_unknown() const;

  private:
    [[nodiscard]] std::int32_t out_index(std::size_t i) const { return op_.outputs()->Get(static_cast<unsigned>(i)); }

    TfliteWriter& writer_;
    const tflite::Operator& op_;
};

/// Adds the nodes of an operator; false if its sizes are invalid.
using TfliteRule = bool (*)(const TfliteStep& step);
struct TfliteRow {
    tflite::BuiltinOperator op;
    TfliteRule rule;
};
/// Rules by group of operators.
[[nodiscard]] std::span<const TfliteRow> tflite_product_rows();
[[nodiscard]] std::span<const TfliteRow> tflite_layout_rows();
[[nodiscard]] std::span<const TfliteRow> tflite_recurrent_rows();
[[nodiscard]] std::span<const TfliteRow> tflite_body_rows();
/// The ONNX operator with the same function and the same inputs; empty if there is none.
[[nodiscard]] std::string_view same_in_onnx(tflite::BuiltinOperator op);
/// Rule of a custom operator that is known by its name.
[[nodiscard]] TfliteRule tflite_custom_rule(std::string_view name);

[[nodiscard]] OnnxType onnx_type(tflite::TensorType type);
[[nodiscard]] OnnxAttribute attribute_of(std::string_view name, std::int64_t value);
[[nodiscard]] OnnxAttribute attribute_of(std::string_view name, Shape values);
[[nodiscard]] OnnxAttribute attribute_of(std::string_view name, std::string_view text);

}  // namespace berth
