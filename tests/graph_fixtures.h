// Models for tests: shipped ones, and ones defined in the test.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/graph/model.h"
#include "graph/size_rules.h"
#include "scratch_folder.h"

namespace berth {

inline std::filesystem::path shipped_models() { return std::filesystem::path(BERTH_SOURCE_DIR) / "models"; }

inline Model shipped_model(const std::string& name) {
    Diagnostics diagnostics;
    const auto document = YamlDocument::load(shipped_models() / (name + ".yaml"), diagnostics);
    auto model = document ? read_model(document->root(diagnostics), shipped_models() / "architectures") : std::nullopt;
    if (!model) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*model);
}

/// Gives a model another number of blocks. What it says per block is of those that there were, and is made up again.
inline void set_layers(Model& model, int layers) {
    std::erase_if(model.sizes, [](const auto& size) { return size.first.ends_with("]"); });
    model.sizes["layers"] = layers;
    Diagnostics diagnostics;
    if (!fill_in_defaults(*model.architecture, model.sizes, diagnostics)) {
        throw std::logic_error(diagnostics.text());
    }
}

inline Graph lay_out(const Model& model, Workload workload) {
    Diagnostics diagnostics;
    auto graph = instantiate(model, workload, diagnostics);
    if (!graph) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*graph);
}

inline Graph lay_out(const std::string& shipped, Workload workload) {
    return lay_out(shipped_model(shipped), workload);
}

/// The operator with this name; throws if there is none.
inline const Operator& operator_named(const Graph& graph, std::string_view name) {
    for (const Operator& op : graph.operators) {
        if (op.name == name) {
            return op;
        }
    }
    throw std::runtime_error("no operator " + std::string(name));
}

/// Names of the tensors that an operator reads.
inline std::vector<std::string> read_by(const Graph& graph, std::string_view name) {
    std::vector<std::string> names;
    for (const TensorId input : operator_named(graph, name).inputs) {
        names.push_back(graph.tensors[static_cast<std::size_t>(input)].name);
    }
    return names;
}

/// A model over an architecture defined in the test, with all diagnostics. Messages name the files `model.yaml` and
/// `<folder>/tiny.yaml`; said() shortens the latter to `tiny.yaml`.
class WrittenModel {
  public:
    explicit WrittenModel(std::string_view architecture, std::string_view model_text = "sizes: {}\n") {
        folder_.write("tiny.yaml", architecture);
        const std::string text = "model: t\narchitecture: tiny\n" + std::string(model_text);
        if (const auto document = YamlDocument::parse(text, "model.yaml", diagnostics)) {
            model = read_model(document->root(diagnostics), folder_.path());
        }
    }

    std::optional<Graph> graph(Workload workload = {}) {
        return model ? instantiate(*model, workload, diagnostics) : std::nullopt;
    }

    [[nodiscard]] std::string said() const { return folder_.relative(diagnostics.text()); }

    Diagnostics diagnostics;
    std::optional<Model> model;

  private:
    ScratchFolder folder_;
};

}  // namespace berth
