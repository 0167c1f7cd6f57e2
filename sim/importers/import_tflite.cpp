// Converts a TensorFlow Lite file to ONNX, and that to a graph.
#include "berth/importers/import_tflite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <deque>

#include "importers/import_steps.h"
#include "importers/mapped_file.h"
#include "importers/tflite_file.h"
#include "importers/tflite_writer.h"

namespace berth {

namespace {

using tflite::BuiltinOperator;
using tflite::TensorType;

std::vector<std::string> signatures_of(const tflite::Model& model) {
    std::vector<std::string> names;
    for (unsigned i = 0; model.signature_defs() != nullptr && i < model.signature_defs()->size(); ++i) {
        const auto* key = model.signature_defs()->Get(i)->signature_key();
        names.push_back(key == nullptr ? "" : key->str());
    }
    return names;
}

/// The graph of the requested signature; the first graph if none is requested.
const tflite::SubGraph* chosen_graph(const tflite::Model& model, const std::string& part, const std::string& name,
                                     Diagnostics& diagnostics) {
    const std::vector<std::string> names = signatures_of(model);
    const auto found = std::ranges::find(names, part);
    if (!part.empty() && found == names.end()) {
        diagnostics.error(SourceLocation("--part"), fmt::format("the model has no signature '{}'", part),
                          names.empty() ? "no --part: the model has no signatures" : list_of(names),
                          nearest_name(part, names));
        return nullptr;
    }
    if (part.empty() && names.size() > 1) {
        diagnostics.error(SourceLocation(name), fmt::format("the model has {} signatures", names.size()),
                          fmt::format("berth import with --part and one of {}", fmt::join(names, ", ")));
        return nullptr;
    }
    const auto chosen = static_cast<unsigned>(part.empty() ? 0 : found - names.begin());
    const unsigned graph = names.empty() ? 0 : model.signature_defs()->Get(chosen)->subgraph_index();
    return model.subgraphs()->Get(graph);
}

/// Input indices of the two factors of an operator that multiplies; absent for other operators.
std::optional<std::pair<std::size_t, std::size_t>> factors_of(BuiltinOperator op) {
    switch (op) {
        case BuiltinOperator::CONV_2D:
        case BuiltinOperator::CONV_3D:
        case BuiltinOperator::DEPTHWISE_CONV_2D:
        case BuiltinOperator::FULLY_CONNECTED:
        case BuiltinOperator::BATCH_MATMUL:
        case BuiltinOperator::SVDF:
        case BuiltinOperator::RNN:
        case BuiltinOperator::UNIDIRECTIONAL_SEQUENCE_RNN:
            return std::pair(0, 1);
        case BuiltinOperator::LSTM:
        case BuiltinOperator::UNIDIRECTIONAL_SEQUENCE_LSTM:
            return std::pair(0, 2);
        case BuiltinOperator::TRANSPOSE_CONV:
        case BuiltinOperator::CONV_3D_TRANSPOSE:
            return std::pair(2, 1);
        default:
            return std::nullopt;
    }
}

std::string dtype_name(TensorType type) {
    std::string name = tflite::EnumNameTensorType(type);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name;
}

std::int32_t index_in(const flatbuffers::Vector<std::int32_t>* indices, std::size_t at) {
    return indices != nullptr && at < indices->size() ? indices->Get(static_cast<unsigned>(at)) : -1;
}

/// Types by tensor. The result of a DEQUANTIZE has the type of its input, which is the stored one.
std::vector<TensorType> stored_types(const tflite::Model& model, const tflite::SubGraph& graph) {
    std::vector<TensorType> types;
    for (unsigned i = 0; graph.tensors() != nullptr && i < graph.tensors()->size(); ++i) {
        types.push_back(graph.tensors()->Get(i)->type());
    }
    for (unsigned i = 0; graph.operators() != nullptr && i < graph.operators()->size(); ++i) {
        const tflite::Operator& op = *graph.operators()->Get(i);
        const std::int32_t from = index_in(op.inputs(), 0), to = index_in(op.outputs(), 0);
        if (builtin_of(model, op) == BuiltinOperator::DEQUANTIZE && from >= 0 && to >= 0) {
            types[static_cast<std::size_t>(to)] = types[static_cast<std::size_t>(from)];
        }
    }
    return types;
}

bool is_integer(TensorType type) {
    return type == TensorType::INT4 || type == TensorType::INT8 || type == TensorType::UINT8 ||
           type == TensorType::INT16;
}

/// Counts the products of a graph by the types of their factors.
void count_products(NetworkImport& import, const tflite::Model& model, const tflite::SubGraph& graph) {
    const std::vector<TensorType> stored = stored_types(model, graph);
    import.integer_products = 0;
    for (unsigned i = 0; graph.operators() != nullptr && i < graph.operators()->size(); ++i) {
        const tflite::Operator& op = *graph.operators()->Get(i);
        const auto factors = factors_of(builtin_of(model, op));
        const std::int32_t first = factors ? index_in(op.inputs(), factors->first) : -1;
        const std::int32_t second = factors ? index_in(op.inputs(), factors->second) : -1;
        if (first < 0 || second < 0) {
            continue;
        }
        const TensorType left = graph.tensors()->Get(static_cast<unsigned>(first))->type();
        const TensorType right = stored[static_cast<std::size_t>(second)];
        import.integer_products += is_integer(left) && is_integer(right) ? 1 : 0;
        const std::string text = fmt::format("{} by {}", dtype_name(left), dtype_name(right));
        const auto found = std::ranges::find(import.products, text, &std::pair<std::string, std::int64_t>::first);
        if (found == import.products.end()) {
            import.products.emplace_back(text, 1);
        } else {
            ++found->second;
        }
    }
}

bool says_open_axes(const tflite::SubGraph& graph) {
    return graph.tensors() != nullptr && std::ranges::any_of(*graph.tensors(), [](const tflite::Tensor* tensor) {
               return tensor->shape_signature() != nullptr && tensor->shape_signature()->size() > 0;
           });
}

}  // namespace

std::optional<NetworkImport> import_tflite(std::string_view bytes, const std::string& name,
                                           const NetworkOptions& options, Diagnostics& diagnostics) {
    const tflite::Model* model = read_tflite(bytes, name, diagnostics);
    const auto* graph = model == nullptr ? nullptr : chosen_graph(*model, options.part, name, diagnostics);
    if (graph == nullptr) {
        return std::nullopt;
    }
    std::deque<std::string> names;
    TfliteContext context{*model, names, !options.dims.empty(), says_open_axes(*graph)};
    OnnxFile file;
    file.graph = TfliteWriter(context, *graph, "", {}).write();
    auto import = import_network(file, name, options, diagnostics);
    if (import) {
        count_products(*import, *model, *graph);
    }
    return import;
}

std::optional<NetworkImport> import_tflite(const std::filesystem::path& path, const NetworkOptions& options,
                                           Diagnostics& diagnostics) {
    const auto file = map_file(path, diagnostics);
    return file ? import_tflite(file->bytes, path.string(), options, diagnostics) : std::nullopt;
}

}  // namespace berth
