// Models as data: an architecture (blocks of operators with symbolic shapes) and a model (its sizes).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/expression.h"
#include "berth/graph.h"
#include "berth/yaml_reader.h"

namespace berth {

/// A size that a model must give, or may leave to the default.
struct SizeRule {
    std::string name;
    std::optional<double> fallback;
    std::string meaning;
};

/// A law that the sizes must obey, such as `hidden % heads == 0`.
struct SizeCheck {
    Expression law;
    std::string message;
};

/// One operator of a template: every size is an expression over the model's sizes, `batch`, `tokens` and the block
/// index `i`.
struct OperatorTemplate {
    std::string name;
    OperatorKind kind{};
    std::optional<Category> category;
    std::map<std::string, Expression, std::less<>> sizes;  ///< m, k, n, rows, cols, heads, ...
    std::vector<std::string> inputs;                       ///< names of operators of the same section, or `input`
    std::vector<Expression> output_shape;
    std::optional<Expression> when;  ///< the operator exists only if this holds
    SourceLocation where;
};

/// Operators repeated `repeat` times; the result of one round is the `input` of the next.
struct Section {
    std::string name;  ///< prefix of its operators; `{i}` is replaced by the round
    bool is_block = false;
    Expression repeat;
    std::string result;  ///< operator whose output leaves the section
    std::vector<OperatorTemplate> operators;
    SourceLocation where;
};

struct Architecture {
    std::string name;
    std::vector<SizeRule> sizes;
    std::vector<SizeCheck> checks;
    std::vector<Section> sections;
};

struct Model {
    std::string name;
    Architecture architecture;
    Symbols sizes;  ///< complete: defaults filled in from the architecture
    std::optional<std::int64_t> published_parameters;
    std::string source;
    SourceLocation where;
    std::vector<std::pair<std::string, SourceLocation>> size_places;
};

/// What a model is asked to compute.
struct Workload {
    std::int64_t batch = 1;
    std::int64_t tokens = 1;
    friend auto operator<=>(const Workload&, const Workload&) = default;
};

[[nodiscard]] std::optional<Architecture> read_architecture(const YamlNode& root);

/// Reads a model; `architectures` is the directory that holds `<architecture>.yaml`.
[[nodiscard]] std::optional<Model> read_model(const YamlNode& root, const std::filesystem::path& architectures);

/// Lays the blocks out for a workload. Empty, with errors, if a size is no whole number, a check fails, tokens exceed
/// `max_positions`, or the operators form a cycle.
[[nodiscard]] std::optional<Graph> instantiate(const Model& model, const Workload& workload, Diagnostics& diagnostics);

}  // namespace berth
