// Verifies the flatbuffer, then the indices by which its tables refer to each other.
#include "importers/tflite_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "importers/mapped_file.h"
#include "importers/onnx_file.h"

namespace berth {

namespace {

/// The only schema version in practical use.
constexpr std::uint32_t kSchemaVersion = 3;
/// Limit on tables per operator: the operator, its options, its tensors with their quantisation and buffers.
constexpr flatbuffers::uoffset_t kTablesPerOperator = 32;
constexpr flatbuffers::uoffset_t kDeepest = 16;

template <class T>
std::size_t count_of(const flatbuffers::Vector<T>* vector) {
    return vector == nullptr ? 0 : vector->size();
}

class TfliteCheck {
  public:
    TfliteCheck(const tflite::Model& model, const std::string& name, Diagnostics& diagnostics)
        : model_(model), name_(name), diagnostics_(diagnostics) {}

    /// Reports only the first problem; the rest of an invalid file is not checked.
    bool passes() {
        if (model_.version() != kSchemaVersion) {
            return refuse(fmt::format("it is of version {} of the schema", model_.version()),
                          fmt::format("version {}", kSchemaVersion));
        }
        if (count_of(model_.subgraphs()) == 0) {
            return refuse("the model has no graph", "at least one subgraph");
        }
        return signatures_fit() && std::ranges::all_of(*model_.subgraphs(), [this](const tflite::SubGraph* graph) {
                   return tensors_fit(*graph) && operators_fit(*graph);
               });
    }

  private:
    bool refuse(std::string problem, std::string expected = "") {
        diagnostics_.error(SourceLocation(name_), std::move(problem), std::move(expected));
        return false;
    }
    bool damaged(std::string what) { return refuse("the file is damaged: " + std::move(what), "a model that loads"); }

    bool signatures_fit() {
        for (std::size_t i = 0; i < count_of(model_.signature_defs()); ++i) {
            if (model_.signature_defs()->Get(static_cast<unsigned>(i))->subgraph_index() >=
                model_.subgraphs()->size()) {
                return damaged("a signature is of a graph that is not there");
            }
        }
        return true;
    }

    bool tensors_fit(const tflite::SubGraph& graph) {
        for (std::size_t i = 0; i < count_of(graph.tensors()); ++i) {
            const tflite::Tensor& tensor = *graph.tensors()->Get(static_cast<unsigned>(i));
            if (tensor.buffer() != 0 && tensor.buffer() >= count_of(model_.buffers())) {
                return damaged(fmt::format("tensor {} has its data in buffer {} of {}", i, tensor.buffer(),
                                           count_of(model_.buffers())));
            }
            const bool sized = tensor.shape() == nullptr ||
                               std::ranges::all_of(*tensor.shape(), [](std::int32_t size) { return size >= 0; });
            if (!sized || count_of(tensor.shape()) > kMostAxes) {
                return damaged(fmt::format("tensor {} has an impossible shape", i));
            }
        }
        return true;
    }

    /// `least`: the smallest valid index, -1 if an input may be missing.
    bool refers(const tflite::SubGraph& graph, const flatbuffers::Vector<std::int32_t>* indices, std::int32_t least) {
        const auto end = static_cast<std::int64_t>(count_of(graph.tensors()));
        return indices == nullptr || std::ranges::all_of(*indices, [&](std::int32_t index) {
                   return (index >= least && index < end) ||
                          damaged(fmt::format("it refers to tensor {} of {}", index, end));
               });
    }

    bool operators_fit(const tflite::SubGraph& graph) {
        operators_ += count_of(graph.operators());
        if (operators_ > kMostOnnxNodes) {
            return refuse(fmt::format("the model has more than {} operators", kMostOnnxNodes), "a smaller model");
        }
        if (!refers(graph, graph.inputs(), 0) || !refers(graph, graph.outputs(), 0)) {
            return false;
        }
        for (std::size_t i = 0; i < count_of(graph.operators()); ++i) {
            const tflite::Operator& op = *graph.operators()->Get(static_cast<unsigned>(i));
            if (op.opcode_index() >= count_of(model_.operator_codes())) {
                return damaged(fmt::format("operator {} is of kind {} of {}", i, op.opcode_index(),
                                           count_of(model_.operator_codes())));
            }
            if (!refers(graph, op.inputs(), -1) || !refers(graph, op.outputs(), 0) || !bodies_fit(op)) {
                return false;
            }
        }
        return true;
    }

    bool bodies_fit(const tflite::Operator& op) {
        const auto* branches = op.builtin_options_as_IfOptions();
        const auto* loop = op.builtin_options_as_WhileOptions();
        const auto there = [&](std::int32_t index) {
            return (index >= 0 && static_cast<std::size_t>(index) < model_.subgraphs()->size()) ||
                   damaged(fmt::format("it refers to graph {} of {}", index, model_.subgraphs()->size()));
        };
        return (branches == nullptr ||
                (there(branches->then_subgraph_index()) && there(branches->else_subgraph_index()))) &&
               (loop == nullptr || (there(loop->cond_subgraph_index()) && there(loop->body_subgraph_index())));
    }

    const tflite::Model& model_;
    const std::string& name_;
    Diagnostics& diagnostics_;
    std::size_t operators_ = 0;  ///< operators of all graphs
};

}  // namespace

const tflite::Model* read_tflite(std::string_view bytes, const std::string& name, Diagnostics& diagnostics) {
    constexpr std::size_t kIdentifierEnd = 8;
    if (is_lfs_pointer(bytes, name, diagnostics)) {
        return nullptr;
    }
    if (bytes.size() < kIdentifierEnd || !tflite::ModelBufferHasIdentifier(bytes.data())) {
        diagnostics.error(SourceLocation(name), bytes.empty() ? "the file is empty" : "it is no TFLite model",
                          "a file that a TensorFlow Lite converter wrote, which has TFL3 behind its first four bytes");
        return nullptr;
    }
    if (bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE) {
        diagnostics.error(SourceLocation(name), "the file is larger than 2 GiB",
                          "the same model with its weights quantised, or an architecture");
        return nullptr;
    }
    const auto tables = static_cast<flatbuffers::uoffset_t>(kMostOnnxNodes) * kTablesPerOperator;
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), kDeepest, tables);
    if (!tflite::VerifyModelBuffer(verifier)) {
        diagnostics.error(SourceLocation(name),
                          fmt::format("the file is cut off or damaged: its tables point outside "
                                      "of its {} bytes",
                                      bytes.size()),
                          "the whole file; compare its size with the original's");
        return nullptr;
    }
    const tflite::Model* model = tflite::GetModel(bytes.data());
    return TfliteCheck(*model, name, diagnostics).passes() ? model : nullptr;
}

tflite::BuiltinOperator builtin_of(const tflite::Model& model, const tflite::Operator& op) {
    const tflite::OperatorCode& code = *model.operator_codes()->Get(op.opcode_index());
    return std::max(code.builtin_code(), static_cast<tflite::BuiltinOperator>(code.deprecated_builtin_code()));
}

std::string_view name_of(const tflite::Model& model, const tflite::Operator& op) {
    const tflite::OperatorCode& code = *model.operator_codes()->Get(op.opcode_index());
    const auto builtin = builtin_of(model, op);
    if (builtin == tflite::BuiltinOperator::CUSTOM && code.custom_code() != nullptr) {
        return code.custom_code()->string_view();
    }
    const std::string_view name = tflite::EnumNameBuiltinOperator(builtin);
    return name.empty() ? "an operator that is newer than this program" : name;
}

}  // namespace berth
