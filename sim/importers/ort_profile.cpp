// Parses the profile of ONNX Runtime: events per node with shapes and times, for each run.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "berth/base/quantity_text.h"
#include "berth/base/statistics.h"
#include "berth/importers/import_profile.h"
#include "importers/onnx_operators.h"
#include "importers/onnx_patterns.h"

namespace berth {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kSuffix = "_kernel_time";

struct NamedType {
    std::string_view name;
    OnnxType type;
    std::size_t bytes;
};
constexpr std::array<NamedType, 10> kTypes{{{"float", OnnxType::kFloat, 4},
                                            {"float16", OnnxType::kFloat16, 2},
                                            {"bfloat16", OnnxType::kBfloat16, 2},
                                            {"double", OnnxType::kDouble, 8},
                                            {"int8", OnnxType::kInt8, 1},
                                            {"uint8", OnnxType::kUint8, 1},
                                            {"int32", OnnxType::kInt32, 4},
                                            {"int64", OnnxType::kInt64, 8},
                                            {"bool", OnnxType::kBool, 1},
                                            {"", OnnxType::kUndefined, 1}}};

const NamedType& named_type(std::string_view name) {
    const auto found = std::ranges::find(kTypes, name, &NamedType::name);
    return found == kTypes.end() ? kTypes.back() : *found;
}

/// A tensor of an event: `{"float": [1, 128, 384]}`.
struct EventTensor {
    NamedType type;
    Shape shape;
};

std::vector<EventTensor> tensors_of(const Json& arguments, const char* key) {
    std::vector<EventTensor> tensors;
    const auto list = arguments.find(key);
    if (list == arguments.end() || !list->is_array()) {
        return tensors;
    }
    for (const Json& one : *list) {
        EventTensor tensor{kTypes.back(), {}};
        if (one.is_object() && !one.empty() && one.begin()->is_array()) {
            tensor.type = named_type(one.begin().key());
            for (const Json& size : *one.begin()) {
                tensor.shape.push_back(size.is_number_integer() ? size.get<std::int64_t>() : -1);
            }
        }
        tensors.push_back(std::move(tensor));
    }
    return tensors;
}

std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// One node: described by its first event, with the times of all its events.
struct Node {
    std::string name, op;
    std::vector<EventTensor> inputs, outputs;
    double parameter_bytes = 0;
    bool bare = false;        ///< its events have no shapes
    double output_bytes = 0;  ///< size of the outputs, listed even without shapes
    std::vector<double> microseconds;
};

/// Finds the inputs that are constants: those whose bytes add up to the bytes of constants that the profile gives. Of
/// several possible sets, the one with later inputs is taken, because weights come after the input that they apply to.
std::vector<bool> constants_of(const Node& node) {
    std::vector<bool> best(node.inputs.size(), false);
    if (node.parameter_bytes <= 0 || node.inputs.size() > 12) {
        return best;
    }
    for (std::size_t set = std::size_t{1} << node.inputs.size(); set-- > 1;) {
        double bytes = 0;
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            if ((set >> i & 1U) != 0) {
                bytes += static_cast<double>(elements_of(node.inputs[i].shape)) *
                         static_cast<double>(node.inputs[i].type.bytes);
            }
        }
        if (bytes == node.parameter_bytes) {
            for (std::size_t i = 0; i < best.size(); ++i) {
                best[i] = (set >> i & 1U) != 0;
            }
            return best;
        }
    }
    return best;
}

/// Restores a constant matrix that is not listed, because the runtime repacks it when it loads a model. Its shape
/// follows from those of the activation and the result.
void restore_matrix(Node& node) {
    if (node.inputs.empty() || node.inputs[0].shape.empty() || node.outputs[0].shape.empty()) {
        return;
    }
    const bool listed = std::ranges::any_of(node.inputs.begin() + 1, node.inputs.end(),
                                            [](const EventTensor& one) { return one.shape.size() >= 2; });
    if (listed) {
        return;
    }
    const std::size_t at = std::min<std::size_t>(node.op.starts_with("QLinear") ? 3 : 1, node.inputs.size());
    EventTensor matrix{node.inputs[0].type, {node.inputs[0].shape.back(), node.outputs[0].shape.back()}};
    node.parameter_bytes += static_cast<double>(elements_of(matrix.shape)) * static_cast<double>(matrix.type.bytes);
    node.inputs.insert(node.inputs.begin() + static_cast<std::ptrdiff_t>(at), std::move(matrix));
}

/// Attributes that follow from the shapes; the profile omits them.
std::vector<OnnxAttribute> attributes_of(const Node& node) {
    std::vector<OnnxAttribute> attributes;
    if (node.inputs.empty() || node.outputs.empty()) {
        return attributes;
    }
    const Shape& from = node.inputs[0].shape;
    const Shape& made = node.outputs[0].shape;
    const bool conv = node.op.find("Conv") != std::string::npos;
    if (conv && from.size() >= 3 && made.size() == from.size() && made.back() > 0 && node.inputs.size() > 1) {
        OnnxAttribute strides;
        strides.name = "strides";
        strides.integers.assign(from.size() - 2,
                                std::max<std::int64_t>(1, (from.back() + made.back() - 1) / made.back()));
        const Shape& kernel = node.inputs[node.op == "QLinearConv" && node.inputs.size() > 3 ? 3 : 1].shape;
        OnnxAttribute groups;
        groups.name = "group";
        groups.integer = kernel.size() > 1 && kernel[1] > 0 ? from[1] / kernel[1] : 1;
        attributes = {std::move(strides), std::move(groups)};
    }
    return attributes;
}

/// A flow of this node alone with known shapes, for the importer of models.
OnnxFlow flow_of(const Node& node, const OnnxNode& source) {
    const std::vector<bool> constants = constants_of(node);
    OnnxFlow flow;
    OnnxStep step;
    step.source = &source;
    const auto add = [&](const EventTensor& tensor, bool constant, std::int32_t producer) {
        OnnxFacts& facts = flow.values.emplace_back();
        facts.type = tensor.type.type;
        facts.shape = tensor.shape;
        facts.constant = constant;
        facts.producer = producer;
        return static_cast<ValueId>(flow.values.size() - 1);
    };
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        step.inputs.push_back(add(node.inputs[i], constants[i], -1));
    }
    for (const EventTensor& output : node.outputs) {
        step.outputs.push_back(add(output, false, 0));
    }
    flow.outputs = step.outputs;
    flow.nodes.push_back(std::move(step));
    return flow;
}

/// Fused operators of the runtime's optimiser that correspond to one kind plus minor work.
struct FusedName {
    std::string_view op;
    OperatorKind kind;
};
constexpr std::array<FusedName, 2> kFused{{{"SkipLayerNormalization", OperatorKind::kLayerNorm},
                                           {"SkipSimplifiedLayerNormalization", OperatorKind::kRmsNorm}}};

std::optional<OperatorKind> kind_of(std::string_view op) {
    const auto fused = std::ranges::find(kFused, op, &FusedName::op);
    return fused != kFused.end() ? std::optional(fused->kind) : kind_of_onnx(op);
}

DType dtype_of(const Node& node) {
    const auto holds = [&node](OnnxType type) {
        return std::ranges::any_of(node.inputs, [type](const EventTensor& one) { return one.type.type == type; });
    };
    if (holds(OnnxType::kInt8) || holds(OnnxType::kUint8) || node.op == "DynamicQuantizeMatMul" ||
        node.op.starts_with("QLinear")) {
        return DType::kInt8;
    }
    return holds(OnnxType::kFloat16) ? DType::kFp16 : holds(OnnxType::kBfloat16) ? DType::kBf16 : DType::kFp32;
}

/// Sizes as the importer of models derives them. Casts and quantisation, which it removes, have the sizes of their
/// rows.
std::optional<Dims> dims_of(Node node, OperatorKind kind) {
    if (kind == OperatorKind::kMatmul) {
        restore_matrix(node);
    }
    const Shape& made = node.outputs.front().shape;
    const DimsForm form = traits(kind).form;
    const bool stored =
        kind == OperatorKind::kQuantize || kind == OperatorKind::kDequantize || kind == OperatorKind::kCast;
    if (stored || !kind_of_onnx(node.op)) {
        RowsDims dims = rows_of(made);
        dims.affine = !stored;
        return form == DimsForm::kRows ? std::optional<Dims>(dims) : std::nullopt;
    }
    OnnxNode source;
    source.op = node.op;
    source.attributes = attributes_of(node);
    const OnnxNetwork network(flow_of(node, source));
    if (network.gone(0)) {
        return std::nullopt;
    }
    const OnnxOperator found = operator_of(network, 0, 0, false);
    return found.kind == kind ? std::optional(found.dims) : std::nullopt;
}

bool computes_shapes(const Node& node) {
    // Such results are ids and sizes: a few numbers that have no operator in a graph.
    return node.outputs.empty() ||
           !std::ranges::all_of(
               node.outputs,
               [](const EventTensor& one) { return possible(one.shape) && elements_of(one.shape) > 0; }) ||
           std::ranges::all_of(node.outputs, [](const EventTensor& one) {
               return one.type.type == OnnxType::kInt64 || one.type.type == OnnxType::kBool;
           });
}

Time median_of(const Node& node) { return microseconds(median(node.microseconds).value_or(0)); }

void add_step(const Node& node, ProfileImport& import) {
    const auto kind = !node.bare && computes_shapes(node) ? std::nullopt : kind_of(node.op);
    const auto dims = kind && !node.bare ? dims_of(node, *kind) : std::nullopt;
    // A model can supply the heads of attention, the weights of convolutions, which are packed as well, and all sizes
    // if the profile lists no shapes.
    const bool told = dims || node.bare || kind == OperatorKind::kAttention || kind == OperatorKind::kConv2d;
    // Times are in whole microseconds, so 0 is not a measurement.
    if (!kind || !told || median_of(node) <= Time{}) {
        leave_out(import, node.op, median_of(node));
        return;
    }
    ProfiledStep step;
    step.name = node.name;
    step.kind = *kind;
    step.dims = dims;
    step.made_elements = node.bare ? 0 : elements_of(node.outputs.front().shape);
    step.made_bytes = node.bare ? static_cast<std::int64_t>(node.output_bytes) : 0;
    step.dtype = dtype_of(node);
    const auto [least, most] = std::ranges::minmax(node.microseconds);
    step.median = median_of(node);
    step.least = microseconds(least);
    step.most = microseconds(most);
    step.runs = node.microseconds.size();
    import.steps.push_back(std::move(step));
}

double bytes_in(const Json& arguments, const char* key) {
    const double number = parse_number(text_of(arguments, key)).value_or(0);
    return number > 0 && plausible_range(Bytes::kDimension).holds(number) ? number : 0;
}

Node node_of(const Json& event, const Json& arguments) {
    Node node;
    node.name = text_of(event, "name");
    if (node.name.ends_with(kSuffix)) {
        node.name.resize(node.name.size() - kSuffix.size());
    }
    node.op = text_of(arguments, "op_name");
    node.inputs = tensors_of(arguments, "input_type_shape");
    node.outputs = tensors_of(arguments, "output_type_shape");
    node.bare = !arguments.contains("output_type_shape");
    node.parameter_bytes = bytes_in(arguments, "parameter_size");
    node.output_bytes = bytes_in(arguments, "output_size");
    return node;
}

/// Groups events by node. A node has one event per run.
std::vector<Node> nodes_of(const Json& events) {
    std::vector<Node> nodes;
    std::map<std::string, std::size_t> places;
    for (const Json& event : events) {
        if (!event.is_object() || text_of(event, "cat") != "Node" || !text_of(event, "name").ends_with(kSuffix)) {
            continue;
        }
        const auto arguments = event.find("args");
        const auto duration = event.find("dur");
        if (arguments == event.end() || !arguments->is_object() || duration == event.end() || !duration->is_number()) {
            continue;
        }
        const std::string key = text_of(*arguments, "node_index") + text_of(event, "name");
        const auto [place, added] = places.emplace(key, nodes.size());
        if (added) {
            nodes.push_back(node_of(event, *arguments));
        }
        const auto microseconds_taken = duration->get<double>();
        if (microseconds_taken >= 0 &&
            plausible_range(Time::kDimension).holds(in_seconds(microseconds(microseconds_taken)))) {
            nodes[place->second].microseconds.push_back(microseconds_taken);
        }
    }
    return nodes;
}

}  // namespace

std::optional<ProfileImport> import_ort_profile(std::string_view json, const std::string& name,
                                                Diagnostics& diagnostics) {
    const Json events = Json::parse(json, nullptr, false);
    if (events.is_discarded() || !events.is_array()) {
        diagnostics.error(SourceLocation(name), "it is no JSON list of events", "a profile that ONNX Runtime wrote");
        return std::nullopt;
    }
    std::vector<Node> nodes = nodes_of(events);
    if (nodes.empty()) {
        diagnostics.error(SourceLocation(name), "it holds no events of nodes", "a profile that ONNX Runtime wrote");
        return std::nullopt;
    }
    ProfileImport import;
    for (Node& node : nodes) {
        if (node.microseconds.size() > 1) {
            node.microseconds.erase(node.microseconds.begin());
        }
        add_step(node, import);
    }
    import.states_sizes = !std::ranges::all_of(nodes, &Node::bare);
    return import;
}

}  // namespace berth
