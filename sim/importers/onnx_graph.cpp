// From the simplified network to a graph: operators with their names, tensors, blocks and categories.
#include "importers/onnx_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>
#include <unordered_set>

#include "graph/size_rules.h"
#include "graph/tensor_check.h"
#include "importers/onnx_operators.h"

namespace berth {

namespace {

/// The number of the block in a name such as `encoder.layer.3.attention.query`; -1 if there is none.
int block_in(std::string_view name) {
    std::size_t start = 0;
    while (start < name.size()) {
        const std::size_t end = std::min(name.find_first_of("./", start), name.size());
        int number = -1;
        const auto [last, failure] = std::from_chars(name.data() + start, name.data() + end, number);
        if (failure == std::errc() && last == name.data() + end && number >= 0 && number < 1000) {
            return number;
        }
        start = end + 1;
    }
    return -1;
}

/// `/encoder/layer.0/attention/MatMul` becomes `encoder.layer.0.attention.MatMul`.
std::string readable(std::string_view name) {
    std::string text;
    for (const char c : name) {
        const bool separates = c == '/' || c == ':' || c == '.';
        if (!separates) {
            text += static_cast<unsigned char>(c) <= 0x20 ? '_' : c;
        } else if (!text.empty() && text.back() != '.') {
            text += '.';
        }
    }
    while (text.ends_with('.')) {
        text.pop_back();
    }
    return text;
}

class GraphMaker {
  public:
    GraphMaker(OnnxNetwork network, OnnxPatterns patterns, std::string name, Diagnostics& diagnostics)
        : network_(std::move(network)),
          patterns_(std::move(patterns)),
          file_(std::move(name)),
          where_(file_),
          diagnostics_(diagnostics) {}

    std::optional<OnnxImport> make() {
        const std::size_t errors_before = diagnostics_.error_count();
        tensors_.assign(network_.flow().values.size(), -1);
        for (NodeId node = 0; node < network_.size(); ++node) {
            if (!network_.gone(node) && !add_node(node)) {
                return std::nullopt;
            }
        }
        if (import_.graph.operators.empty()) {
            diagnostics_.error(where_, "no operator is left that depends on an input", "a model that computes");
        }
        for (const ValueId output : network_.flow().outputs) {
            if (const TensorId tensor = tensors_[static_cast<std::size_t>(network_.resolved(output))]; tensor >= 0) {
                tensor_at(tensor).graph_output = true;
            }
        }
        for (const Operator& op : import_.graph.operators) {
            import_.graph.blocks = std::max(import_.graph.blocks, op.block + 1);
        }
        assign_categories(import_.graph);
        import_.tokens = tokens();
        import_.integer_products = network_.integer_products();
        if (diagnostics_.error_count() != errors_before) {
            return std::nullopt;
        }
        return std::move(import_);
    }

  private:
    [[nodiscard]] Tensor& tensor_at(TensorId id) { return import_.graph.tensors[static_cast<std::size_t>(id)]; }

    bool add_node(NodeId node) {
        const OnnxStep& step = network_.step(node);
        if (const auto group = patterns_.groups.find(node); group != patterns_.groups.end()) {
            const OnnxGroup& found = group->second;
            return add(node, 0, {found.kind, found.dims, found.inputs, {}});
        }
        if (!shapes_are_known(node)) {
            return false;
        }
        if (step.source->op == "SkipLayerNormalization" || step.source->op == "SkipSimplifiedLayerNormalization") {
            return add_skip_norm(node);
        }
        if (step.source->op == "EmbedLayerNormalization") {
            return add_embeddings(node);
        }
        if (step.source->op == "Attention" || step.source->op == "QAttention") {
            return add_packed_attention(node);
        }
        count_unknown(step.source->op);
        for (std::size_t i = 0; i < step.outputs.size(); ++i) {
            if (step.outputs[i] != kNoValue && (i == 0 || is_read(step.outputs[i])) &&
                !add(node, i, operator_of(network_, node, i, patterns_.biased.contains(node)))) {
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] bool is_read(ValueId value) const {
        return !network_.read_only_by(value, {}) ||
               std::ranges::find(network_.flow().outputs, value) != network_.flow().outputs.end();
    }

    void count_unknown(std::string_view op) {
        const auto& names = network_.flow().unknown;
        if (std::ranges::find(names, op) == names.end()) {
            return;
        }
        const auto found =
            std::ranges::find(import_.unknown, op, [](const auto& each) -> std::string_view { return each.first; });
        if (found == import_.unknown.end()) {
            import_.unknown.emplace_back(op, 1);
        } else {
            ++found->second;
        }
    }

    bool shapes_are_known(NodeId node) {
        const OnnxStep& step = network_.step(node);
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

    /// The tensor of a value that an operator made, or of an input of the graph.
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

    /// Adds the operator that makes an output of the node.
    bool add(NodeId node, std::size_t output, const OnnxOperator& op) {
        const ValueId value = network_.step(node).outputs[output];
        const TensorId made = add_operator(name_of(node, output), op, *network_.flow().at(value).shape);
        if (made >= 0) {
            tensors_[static_cast<std::size_t>(value)] = made;
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

    /// -1, with an error, if the operator is impossible even as a pass over its data.
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

    /// Whether tensors and sizes agree; what does not agree is taken as a pass over the data.
    bool checked(Operator& op) {
        Diagnostics ignored;
        if (sizes_are_possible(op) && tensors_fit(import_.graph, op, ignored)) {
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
        if (!sizes_are_possible(op)) {
            diagnostics_.error(where_, fmt::format("{} reads or makes a tensor of no possible size", op.name),
                               fmt::format("1 to {} elements", kLargestCount));
            return false;
        }
        return true;
    }

    static bool sizes_are_possible(const Operator& op) {
        const auto values = size_values(op.kind, op.dims);
        const auto fields = size_fields(op.kind);
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (values[i] < fields[i].min || values[i] > fields[i].max) {
                return false;
            }
        }
        return true;
    }

    bool add_skip_norm(NodeId node) {
        const ValueId value = network_.step(node).outputs[0];
        const Shape& made = *network_.flow().at(value).shape;
        RowsDims sum = rows_of(made);
        const auto inputs = network_.activations(node);
        sum.inputs = static_cast<std::int64_t>(inputs.size());
        const TensorId added = add_operator(name_of(node, 0) + ".add", {OperatorKind::kAdd, sum, inputs, {}}, made);
        RowsDims norm = rows_of(made);
        norm.affine = true;
        const bool mean = network_.step(node).source->op == "SkipLayerNormalization";
        const TensorId result =
            added < 0 ? -1
                      : add_operator(name_of(node, 0), mean ? OperatorKind::kLayerNorm : OperatorKind::kRmsNorm, norm,
                                     {added}, made);
        tensors_[static_cast<std::size_t>(value)] = result;
        // The fourth result, where it is asked for, is the sum before it is normalised.
        if (network_.step(node).outputs.size() > 3 && network_.step(node).outputs[3] != kNoValue) {
            tensors_[static_cast<std::size_t>(network_.step(node).outputs[3])] = added;
        }
        return result >= 0;
    }

    /// Words, positions and token types are looked up, added and normalised.
    bool add_embeddings(NodeId node) {
        const ValueId value = network_.step(node).outputs[0];
        const Shape& made = *network_.flow().at(value).shape;
        const std::string name = name_of(node, 0);
        std::vector<TensorId> parts;
        for (const auto& [ids, table, part] : {std::tuple(0U, 2U, ".word"), std::tuple(1U, 4U, ".token_type")}) {
            const ValueId from = network_.input(node, ids);
            const ValueId rows = network_.input(node, table);
            if (from == kNoValue || rows == kNoValue || network_.constant(from)) {
                continue;
            }
            const GatherDims dims{network_.elements(from), made.back(), network_.shape(rows).front()};
            parts.push_back(add_operator(name + part, {OperatorKind::kEmbedding, dims, {from}, {}}, made));
        }
        if (parts.empty() || std::ranges::find(parts, -1) != parts.end()) {
            diagnostics_.error(where_, fmt::format("{} reads no ids", name));
            return false;
        }
        RowsDims sum = rows_of(made);
        sum.inputs = static_cast<std::int64_t>(parts.size());
        sum.affine = true;  // the positions
        RowsDims norm = rows_of(made);
        norm.affine = true;
        const TensorId added = add_operator(name + ".add", OperatorKind::kAdd, sum, parts, made);
        const TensorId result = added < 0 ? -1 : add_operator(name, OperatorKind::kLayerNorm, norm, {added}, made);
        tensors_[static_cast<std::size_t>(value)] = result;
        return result >= 0;
    }

    /// The projections of query, key and value are part of the operator.
    bool add_packed_attention(NodeId node) {
        const ValueId value = network_.step(node).outputs[0];
        const Shape& made = *network_.flow().at(value).shape;
        const ValueId from = network_.input(node, 0);
        const ValueId weights = network_.input(node, 1);
        const std::int64_t heads = network_.step(node).source->integer("num_heads", 0);
        if (from == kNoValue || weights == kNoValue || heads < 1 || made.size() != 3 || made[2] % heads != 0 ||
            !network_.constant(weights) || network_.shape(weights).size() != 2) {
            return add(node, 0, pass_over(network_, network_.activations(node), made));
        }
        const Shape& matrix = network_.shape(weights);
        const MatmulDims project{1, made[0] * made[1], matrix[0], matrix[1], true, true};
        const TensorId packed = add_operator(name_of(node, 0) + ".qkv", {OperatorKind::kMatmul, project, {from}, {}},
                                             {made[0], made[1], matrix[1]});
        AttentionDims dims;
        dims.batch = made[0];
        dims.heads = dims.kv_heads = heads;
        dims.seq = dims.kv_seq = made[1];
        dims.head_dim = made[2] / heads;
        dims.causal = network_.step(node).source->integer("unidirectional", 0) != 0;
        const TensorId result =
            packed < 0 ? -1 : add_operator(name_of(node, 0), OperatorKind::kAttention, dims, {packed}, made);
        tensors_[static_cast<std::size_t>(value)] = result;
        return result >= 0;
    }

    /// The second size of the first input of ids.
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
    OnnxImport import_;
    std::vector<TensorId> tensors_;  ///< of each value; -1 for none yet
    std::unordered_set<std::string> names_;
    std::map<std::string, std::int64_t> counters_;
};

}  // namespace

std::optional<OnnxImport> graph_of(OnnxNetwork network, OnnxPatterns patterns, const std::string& name,
                                   Diagnostics& diagnostics) {
    return GraphMaker(std::move(network), std::move(patterns), name, diagnostics).make();
}

}  // namespace berth
