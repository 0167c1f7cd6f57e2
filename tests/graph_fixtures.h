// Models for tests: shipped ones, and ones defined in the test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/model.h"

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
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        folder_ = std::filesystem::temp_directory_path() /
                  (std::string("berth-graph-") + test->name() + "-" + std::to_string(getpid()));
        std::filesystem::create_directories(folder_);
        std::ofstream(folder_ / "tiny.yaml") << architecture;
        const std::string text = "model: t\narchitecture: tiny\n" + std::string(model_text);
        if (const auto document = YamlDocument::parse(text, "model.yaml", diagnostics)) {
            model = read_model(document->root(diagnostics), folder_);
        }
    }
    ~WrittenModel() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    WrittenModel(const WrittenModel&) = delete;
    WrittenModel& operator=(const WrittenModel&) = delete;

    std::optional<Graph> graph(Workload workload = {}) {
        return model ? instantiate(*model, workload, diagnostics) : std::nullopt;
    }

    [[nodiscard]] std::string said() const {
        std::string text = diagnostics.text();
        const std::string prefix = folder_.string() + "/";
        for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
            text.erase(at, prefix.size());
        }
        return text;
    }

    Diagnostics diagnostics;
    std::optional<Model> model;

  private:
    std::filesystem::path folder_;
};

}  // namespace berth
