// Converts the simplified network to a graph: operators with their names, tensors, blocks and categories.
#include "importers/onnx_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "graph/size_rules.h"
#include "graph/tensor_check.h"
#include "importers/onnx_names.h"
#include "importers/onnx_operators.h"
#include "importers/onnx_parts.h"
#include "importers/onnx_places.h"
#include "importers/onnx_products.h"
#include "importers/onnx_rule.h"
#include "importers/onnx_tables.h"

namespace berth {

namespace {

class GraphMaker {
  public:
    GraphMaker(OnnxNetwork network, OnnxPatterns patterns, std::string name, Diagnostics& diagnostics)
        : network_(std::move(network)),
          patterns_(std::move(patterns)),
          file_(std::move(name)),
          where_(file_),
          diagnostics_(diagnostics) {}

    std::optional<NetworkImport> make() {
        const std::size_t errors_before = diagnostics_.error_count();
        import_.assumed = network_.flow().assumed;
        for (const auto& [op, count] : network_.flow().unknown_constants) {
            unknown_.emplace(op, import_.unknown.size());
            import_.unknown.emplace_back(op, count);
        }
        tensors_.assign(network_.flow().values.size(), -1);
        for (NodeId node = 0; node < network_.size(); ++node) {
            if (!network_.gone(node) && !add_node(node)) {
                return std::nullopt;
            }
        }
        if (import_.graph.operators.empty()) {
            diagnostics_.error(where_, "no operator is left that depends on an input", "a model that computes");
        }
        mark_outputs();
        for (const Operator& op : import_.graph.operators) {
            import_.graph.blocks = std::max(import_.graph.blocks, op.block + 1);
        }
        assign_categories(import_.graph);
        tell_places_from_weights(import_.graph, nodes_);
        import_.tokens = tokens();
        import_.integer_products = network_.integer_products();
        import_.uncounted = network_.flow().uncounted;
        if (diagnostics_.error_count() != errors_before) {
            return std::nullopt;
        }
        return std::move(import_);
    }

  private:
    [[nodiscard]] Tensor& tensor_at(TensorId id) { return import_.graph.tensors[static_cast<std::size_t>(id)]; }

    /// Marks the results of the file, and those that no operator reads. An input that is passed on is no result.
    void mark_outputs() {
        for (const ValueId output : network_.flow().outputs) {
            if (const TensorId tensor = tensors_[static_cast<std::size_t>(network_.resolved(output))]; tensor >= 0) {
                tensor_at(tensor).graph_output = true;
            }
        }
        for (Tensor& tensor : import_.graph.tensors) {
            tensor.graph_output = tensor.producer != kNoOperator && (tensor.graph_output || tensor.consumers.empty());
        }
    }

    bool add_node(NodeId node) {
        const OnnxStep& step = network_.step(node);
        if (const auto group = patterns_.groups.find(node); group != patterns_.groups.end()) {
            const OnnxGroup& found = group->second;
            return add(node, 0, {found.kind, found.dims, found.inputs, {}, kNoValue, found.constants});
        }
        if (!shapes_are_known(node)) {
            return false;
        }
        note_assumed(step);
        const std::size_t before = import_.graph.operators.size();
        const auto parts = parts_of(network_, node, import_.assumed);
        const bool added = parts.empty() ? add_each_output(node) : add_parts(node, parts);
        count_unknown(step.source->op, before);
        note_loss(node, before);
        return added;
    }

    bool add_each_output(NodeId node) {
        const OnnxStep& step = network_.step(node);
        for (std::size_t i = 0; i < step.outputs.size(); ++i) {
            if (step.outputs[i] != kNoValue && (i == 0 || is_read(step.outputs[i])) &&
                !add(node, i, operator_of(network_, node, i, shifted(node)))) {
                return false;
            }
        }
        return true;
    }

    bool add_parts(NodeId node, const std::vector<OnnxPart>& parts) {
        std::vector<TensorId> made;
        for (const OnnxPart& part : parts) {
            std::vector<TensorId> inputs;
            std::ranges::transform(part.inputs, std::back_inserter(inputs), [&](const OnnxSource& source) {
                return source.value == kNoValue ? made[source.part] : tensor_of(source.value);
            });
            const std::string name = name_of(node, 0) + part.suffix;
            const TensorId result = add_operator(name, part.kind, part.dims, std::move(inputs), part.shape);
            if (result < 0) {
                return false;
            }
            share_weights(part.weights);
            share_bias(part.beside, part.suffix);
            made.push_back(result);
            if (part.makes != kNoValue) {
                tensors_[static_cast<std::size_t>(part.makes)] = result;
            }
        }
        return true;
    }

    /// Lets the latest operator share the weights of an earlier one if both read the same whole constant.
    void share_weights(ValueId weights) {
        if (weights == kNoValue) {
            return;
        }
        Operator& op = import_.graph.operators.back();
        const auto id = static_cast<OperatorId>(import_.graph.operators.size() - 1);
        const ValueId held = network_.origin(weights);
        const std::int64_t stored = network_.elements(held), whole = matrix_elements(op.dims);
        if (stored == 0 || stored > whole || whole % stored != 0) {
            return;  // a part of the constant; fewer are packed elements of few bits
        }
        const auto [first, added] = owners_.emplace(held, id);
        const bool same = !added && matrix_elements(operator_at(first->second).dims) == whole;
        op.table_of = same ? first->second : kNoOperator;
    }

    [[nodiscard]] bool shifted(NodeId node) const {
        const auto folded = patterns_.folded.find(node);
        return folded != patterns_.folded.end() && folded->second.shifted;
    }

    [[nodiscard]] const Operator& operator_at(OperatorId id) const {
        return import_.graph.operators[static_cast<std::size_t>(id)];
    }

    /// The constants beside the matrix of a node, and those that were folded into it.
    [[nodiscard]] std::vector<ValueId> with_folded(NodeId node, std::vector<ValueId> beside) const {
        if (const auto folded = patterns_.folded.find(node); folded != patterns_.folded.end()) {
            std::ranges::copy(folded->second.constants, std::back_inserter(beside));
        }
        return beside;
    }

    /// Lets the latest operator share the bias, or the scale and shift, of an earlier one if both come from the same
    /// constants, or from the part of them that `part` names.
    void share_bias(std::vector<ValueId> beside, const std::string& part = {}) {
        Operator& op = import_.graph.operators.back();
        const auto terms = [](const Operator& of) {
            return weight_elements(of.kind, of.dims) - matrix_elements(of.dims);
        };
        std::erase(beside, kNoValue);
        if (beside.empty() || terms(op) == 0) {
            return;
        }
        std::ranges::transform(beside, beside.begin(), [this](ValueId each) { return network_.origin(each); });
        const auto id = static_cast<OperatorId>(import_.graph.operators.size() - 1);
        const OperatorId first = beside_.emplace(std::pair(std::move(beside), part), id).first->second;
        const bool same = first != id && terms(operator_at(first)) == terms(op);
        if (same) {
            berth::share_bias(op, first);
        }
    }

    /// Whether the inputs behind the first, constants or not, are places at which that one is sampled.
    static bool samples(std::string_view op) {
        return op == "RoiAlign" || op == "MaxRoiPool" || op == "CropAndResize" || op == "GridSample";
    }

    static bool passes(const Operator& op) { return op.kind == OperatorKind::kOther; }

    /// Records a loss: multiplications of a node, or weights in its constants, that its operators from `before` on do
    /// not cover.
    void note_loss(NodeId node, std::size_t before) {
        const auto& operators = import_.graph.operators;
        const auto begin = operators.begin() + static_cast<std::ptrdiff_t>(before);
        if (std::none_of(begin, operators.end(), passes)) {
            return;
        }
        const std::string_view op = network_.step(node).source->op;
        const bool counted =
            std::any_of(begin, operators.end(), [](const Operator& each) { return macs(each.dims) > operations(0); });
        ImportLoss loss{std::string(op), 1, 0, multiplies(op) && !counted};
        for (std::size_t i = 0; i < network_.step(node).inputs.size(); ++i) {
            const ValueId value = network_.input(node, i);
            const bool held = !samples(op) && !transforms(op) && !(writes_into(op) && i == 0) &&
                              network_.constant(value) && holds_weights(network_.flow().at(value).type);
            const std::int64_t elements = held && network_.elements(value) > 1 ? network_.elements(value) : 0;
            loss.weights = std::min(kLargestCount, loss.weights + elements);
        }
        if (network_.flow().strange.contains(op)) {
            loss.possible_macs = possible_macs(network_, node);
        }
        if (!loss.multiplies && loss.weights == 0 && loss.possible_macs == 0) {
            return;
        }
        const auto [found, added] = lost_.emplace(op, import_.losses.size());
        if (added) {
            import_.losses.push_back(std::move(loss));
            return;
        }
        ImportLoss& known = import_.losses[found->second];
        ++known.count;
        known.weights = std::min(kLargestCount, known.weights + loss.weights);
        known.multiplies = known.multiplies || loss.multiplies;
        known.possible_macs += loss.possible_macs;
    }

    [[nodiscard]] bool is_read(ValueId value) const {
        return !network_.read_only_by(value, {}) ||
               std::ranges::find(network_.flow().outputs, value) != network_.flow().outputs.end();
    }

    /// Interpolation at the points of a grid reads its data once: a pass over them is what it is.
    static bool interpolates(std::string_view op) { return op == "GridSample"; }

    /// Counts a node without a shape rule, or whose operators from `before` on are of no kind of their own.
    void count_unknown(std::string_view op, std::size_t before) {
        if (interpolates(op)) {
            return;
        }
        const auto begin = import_.graph.operators.begin() + static_cast<std::ptrdiff_t>(before);
        if (!network_.flow().unknown.contains(op) && std::none_of(begin, import_.graph.operators.end(), passes)) {
            return;
        }
        const auto [found, added] = unknown_.emplace(op, import_.unknown.size());
        if (added) {
            import_.unknown.emplace_back(op, 0);
        }
        ++import_.unknown[found->second].second;
    }

    /// A rule that lacks what only the run time knows leaves the shape of the first input.
    void note_assumed(const OnnxStep& step) {
        const bool assumed = std::ranges::any_of(
            step.outputs, [this](ValueId made) { return made != kNoValue && network_.flow().at(made).assumed; });
        if (assumed && !network_.flow().unknown.contains(step.source->op)) {
            import_.assumed.push_back(fmt::format("that {} keeps the shape of its input", step.source->op));
        }
    }

    bool shapes_are_known(NodeId node) {
        const OnnxStep& step = network_.step(node);
        const auto guessed = [this](ValueId of) { return of != kNoValue && network_.flow().at(of).guessed; };
        if (multiplies(step.source->op) && std::ranges::any_of(step.inputs, guessed)) {
            diagnostics_.error(where_,
                               fmt::format("a Range or a Tile of values that only the run time knows sets the size of "
                                           "{} '{}'",
                                           step.source->op, step.source->name),
                               "a model that was exported for one size, with a constant in their place");
            return false;
        }
        for (const auto* values : {&step.inputs, &step.outputs}) {
            for (const ValueId value : *values) {
                if (value != kNoValue && !network_.flow().at(network_.resolved(value)).shape) {
                    diagnostics_.error(
                        where_,
                        fmt::format("the shape of '{}' at {} '{}' cannot be worked out", network_.flow().at(value).name,
                                    step.source->op, step.source->name),
                        "a model whose shapes follow from its inputs, or one exported with shape inference");
                    return false;
                }
            }
        }
        return true;
    }

    /// The tensor of an operator's result or of a graph input.
    TensorId tensor_of(ValueId value) {
        TensorId& id = tensors_[static_cast<std::size_t>(value)];
        if (id < 0) {
            id = static_cast<TensorId>(import_.graph.tensors.size());
            const OnnxFacts& facts = network_.flow().at(value);
            Tensor& tensor = import_.graph.tensors.emplace_back();
            tensor.name = unique(readable(facts.name));
            tensor.shape = *facts.shape;
            tensor.integer = facts.type == OnnxType::kInt64 || facts.type == OnnxType::kInt32;
        }
        return id;
    }

    std::string unique(std::string name) {
        name = name.empty() || name == kPreviousResult ? name + "_" : name;
        if (names_.insert(name).second) {
            return name;
        }
        for (std::int64_t& number = counters_[name];;) {
            std::string numbered = fmt::format("{}_{}", name, ++number + 1);
            if (names_.insert(numbered).second) {
                return numbered;
            }
        }
    }

    [[nodiscard]] std::string name_of(NodeId node, std::size_t output) const {
        const OnnxStep& step = network_.step(node);
        std::string name = readable(step.source->name);
        if (name.empty()) {
            name = readable(network_.flow().at(step.outputs[output]).name);
        } else if (output > 0) {
            name += fmt::format(".{}", output);
        }
        return name;
    }

    /// Adds the operator that computes this output of the node.
    bool add(NodeId node, std::size_t output, const OnnxOperator& op) {
        const ValueId value = network_.step(node).outputs[output];
        const TensorId made = add_operator(name_of(node, output), op, *network_.flow().at(value).shape);
        if (made >= 0) {
            tensors_[static_cast<std::size_t>(value)] = made;
            share_weights(op.weights);
            share_bias(with_folded(node, op.beside));
            const auto id = static_cast<OperatorId>(import_.graph.operators.size() - 1);
            const std::string_view source = network_.step(node).source->op;
            const bool learned = source == "BatchNormalization";
            if ((op.kind == OperatorKind::kAdd || op.kind == OperatorKind::kMul) && !learned) {
                nodes_.combining.insert(id);
                if (adds_learned(network_, node)) {
                    nodes_.by_head.insert(id);
                }
            } else if (samples(source)) {
                nodes_.sampling.insert(id);
            }
        }
        return made >= 0;
    }

    TensorId add_operator(const std::string& name, const OnnxOperator& planned, const Shape& made) {
        std::vector<TensorId> inputs;
        for (const ValueId input : planned.inputs) {
            inputs.push_back(tensor_of(input));
        }
        return add_operator(name, planned.kind, planned.dims, std::move(inputs), made);
    }

    /// Returns -1, with an error, if the operator is impossible even as a pass over its data.
    TensorId add_operator(const std::string& name, OperatorKind kind, const Dims& dims, std::vector<TensorId> inputs,
                          const Shape& made) {
        Graph& graph = import_.graph;
        const auto id = static_cast<OperatorId>(graph.operators.size());
        Operator op;
        op.name = unique(name);
        op.kind = kind;
        op.dims = dims;
        op.category = traits(kind).category;
        op.block = block_in(op.name);
        op.inputs = std::move(inputs);
        op.where = where_;
        op.output = static_cast<TensorId>(graph.tensors.size());
        Tensor& result = graph.tensors.emplace_back();
        result.name = op.name;
        result.shape = made;
        result.producer = id;
        if (!checked(op)) {
            return -1;
        }
        for (const TensorId input : op.inputs) {
            auto& consumers = tensor_at(input).consumers;
            if (consumers.empty() || consumers.back() != id) {
                consumers.push_back(id);
            }
        }
        graph.operators.push_back(std::move(op));
        return graph.operators.back().output;
    }

    /// Checks that tensors and sizes agree; if not, the operator becomes a pass over the data.
    bool checked(Operator& op) {
        Diagnostics ignored;
        if (possible_dims(op.kind, op.dims) && tensors_fit(import_.graph, op, ignored)) {
            return true;
        }
        RowsDims dims;
        dims.cols = 1;
        for (const TensorId input : op.inputs) {
            dims.rows += tensor_at(input).elements();
        }
        dims.out_rows = tensor_at(op.output).elements();
        op.kind = OperatorKind::kOther;
        op.dims = dims;
        if (!possible_dims(op.kind, op.dims)) {
            diagnostics_.error(where_, fmt::format("{} reads or makes a tensor of no possible size", op.name),
                               fmt::format("1 to {} elements", kLargestCount));
            return false;
        }
        return true;
    }

    /// Size of the second axis of the first input that holds ids.
    [[nodiscard]] std::int64_t tokens() const {
        for (const ValueId input : network_.flow().inputs) {
            const OnnxFacts& facts = network_.flow().at(input);
            const bool ids = facts.type == OnnxType::kInt64 || facts.type == OnnxType::kInt32;
            if (ids && facts.shape && facts.shape->size() == 2) {
                return (*facts.shape)[1];
            }
        }
        return 0;
    }

    OnnxNetwork network_;
    OnnxPatterns patterns_;
    std::string file_;
    SourceLocation where_;
    Diagnostics& diagnostics_;
    NetworkImport import_;
    std::vector<TensorId> tensors_;  ///< by value; -1 if it has no tensor yet
    std::unordered_set<std::string> names_;
    std::unordered_map<std::string_view, std::size_t> unknown_, lost_;  ///< indices into the import's lists
    std::unordered_map<ValueId, OperatorId> owners_;  ///< by constant: the first operator that multiplies by it
    /// By constants and the part of them that is meant: the first operator with this bias.
    std::map<std::pair<std::vector<ValueId>, std::string>, OperatorId> beside_;
    OnnxCombining nodes_;
    std::map<std::string, std::int64_t> counters_;
};

}  // namespace

std::optional<NetworkImport> graph_of(OnnxNetwork network, OnnxPatterns patterns, const std::string& name,
                                      Diagnostics& diagnostics) {
    return GraphMaker(std::move(network), std::move(patterns), name, diagnostics).make();
}

}  // namespace berth
