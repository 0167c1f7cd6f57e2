// Models as data: an architecture (blocks of operators with symbolic shapes) and a model (its sizes).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/base/expression.h"
#include "berth/base/kept_documents.h"
#include "berth/base/yaml_reader.h"
#include "berth/graph/config_mapping.h"
#include "berth/graph/graph.h"

namespace berth {

/// A size of an architecture, which a model must give or may leave to the default. Flags are sizes from 0 to 1. A size
/// with `per` is a list with one value per round of the sections repeated that many times: which blocks have a window,
/// which have experts.
struct SizeRule {
    std::string name;
    std::string per;  ///< the size that is the length of the list; empty: a single value
    /// Default, over sizes that must be given, defaults before it, and `i` if `per` is set.
    std::optional<Expression> fallback;
    std::int64_t min = 1;
    std::int64_t max = kLargestCount;
    std::string meaning;
};

/// A constraint on the sizes, such as `hidden % heads == 0`; in the message, `{hidden}` stands for its value.
struct SizeCheck {
    Expression law;
    std::string message;
};

/// An input of the graph: token ids, an image.
struct InputTemplate {
    std::string name;
    std::vector<Expression> shape;
    bool integer = false;
    std::optional<Expression> when;
    SourceLocation where;
};

/// One operator of a template: every size is an expression over the model's sizes, `batch`, `tokens`, `context` and, in
/// repeated sections, the round `i`. Where `when` leaves an operator out, its readers get its first input.
struct OperatorTemplate {
    std::string name;
    OperatorKind kind{};
    std::optional<Category> category;
    std::vector<std::optional<Expression>> sizes;  ///< in the order of size_fields(kind)
    /// Inputs, each one of: an operator of the same section; an input of the graph; `input`, the result of the previous
    /// section (or of the previous round); the full name of an operator of an earlier, non-repeated section.
    std::vector<std::string> inputs;
    std::vector<Expression> shape;   ///< of the result
    std::optional<Expression> when;  ///< the operator exists only if this holds
    std::string otherwise;           ///< input of its readers if it does not exist; empty: its first input
    /// Weight sharing: an earlier operator of its section, or the full name of one of an earlier section, whose weights
    /// it uses.
    std::string table_of;
    std::string bias_of;  ///< likewise: whose bias, or scale and shift, it uses
    bool output = false;  ///< its result is an output of the graph even if operators read it
    int block = -1;       ///< of a graph written out: its block, -1 for none
    SourceLocation where;
};

/// A named expression, local to one section: the difference between sections that share their operators.
struct LocalSize {
    std::string name;
    Expression value;  ///< over the model's sizes, the round, and locals before it
};

/// A group of operators. A repeated section is a block, whose result is the `input` of its next round.
struct Section {
    std::string name;                  ///< prefix of its operators; `{i}` is replaced by the round; empty: no prefix
    std::optional<Expression> repeat;  ///< number of rounds; absent: once, and not a block
    std::vector<LocalSize> locals;
    std::optional<Expression> when;  ///< the section exists only if this holds; otherwise `input` passes through
    /// Weight sharing: the round, not a later one, whose weights a round uses instead of its own.
    std::optional<Expression> weights_of;
    std::string result;  ///< operator whose output is the section's result; empty: none is named
    std::vector<OperatorTemplate> operators;
    SourceLocation where;
};

struct Architecture {
    std::string name;
    std::vector<SizeRule> sizes;
    std::vector<SizeCheck> checks;
    std::vector<InputTemplate> inputs;
    std::vector<Section> sections;
    std::vector<ConfigMapping> huggingface;  ///< Hugging Face configurations that can be imported as this architecture
};

struct Model {
    std::string name;
    std::shared_ptr<const Architecture> architecture;  ///< shared by models and copies of them; never null
    std::shared_ptr<const Graph> graph;  ///< the graph of a model that was instantiated elsewhere; null for all others
    Symbols sizes;  ///< complete, with defaults from the architecture; elements of lists as `name[0]`, ...
    std::optional<std::int64_t> published_parameters;  ///< parameter count as its authors state it
    std::int64_t unused_parameters = 0;  ///< part of `published_parameters`: in the checkpoint but never run
    std::string source;
    SourceLocation where;
    std::vector<std::pair<std::string, SourceLocation>> size_places;  ///< locations of the sizes that the file gives
};

/// Shape of a pass: `tokens` new positions after `context` earlier ones, whose keys and values are in the KV cache.
struct Workload {
    std::int64_t batch = 1;
    std::int64_t tokens = 1;
    std::int64_t context = 0;
    std::int64_t scored = 1;  ///< the last positions of each input for which logits of the next token are computed
    friend auto operator<=>(const Workload&, const Workload&) = default;
};

/// Reads an architecture. Sections of other architectures are looked for in its file's folder.
[[nodiscard]] std::optional<Architecture> read_architecture(const YamlNode& root,
                                                            const ReadDocument& read = YamlDocument::load);

/// Whether the architecture's graphs depend on the workload's tokens; those of images do not.
[[nodiscard]] bool depends_on_tokens(const Architecture& architecture);

/// Largest input in tokens that the checks of the model's architecture allow; absent if they set no limit.
[[nodiscard]] std::optional<std::int64_t> longest_input(const Model& model);

/// Reads the key `graph` of a model: operators written out one by one, as an architecture of its own without sizes.
[[nodiscard]] std::optional<Architecture> read_written_graph(const YamlNode& node);

/// A check that inputs have at most `tokens` tokens, for a graph that was instantiated for that length.
[[nodiscard]] SizeCheck at_most_tokens(std::int64_t tokens, const SourceLocation& where);

/// Reads a model: an architecture with its sizes, or a graph written out. `architectures` is the directory that holds
/// `<architecture>.yaml`. Errors besides those of reading: an unknown architecture or size, a missing size, one out of
/// its range, a check that fails.
[[nodiscard]] std::optional<Model> read_model(const YamlNode& root, const std::filesystem::path& architectures,
                                              const ReadDocument& read = YamlDocument::load);

/// Whether the architecture keeps a KV cache or a recurrent state of earlier positions: models that generate text.
[[nodiscard]] bool keeps_context(const Architecture& architecture);

/// Instantiates the model's graph for a workload. Empty, with errors, if a size is not a whole number in its range, a
/// check fails (such as more tokens than positions), operators disagree about the shape of a tensor, or they form a
/// cycle.
[[nodiscard]] std::optional<Graph> instantiate(const Model& model, const Workload& workload, Diagnostics& diagnostics);

}  // namespace berth
