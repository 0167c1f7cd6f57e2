// Models as data: an architecture (blocks of operators with symbolic shapes) and a model (its sizes).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "berth/config_mapping.h"
#include "berth/diagnostics.h"
#include "berth/expression.h"
#include "berth/graph.h"
#include "berth/kept_documents.h"
#include "berth/yaml_reader.h"

namespace berth {

/// A size that a model must give, or may leave to the default. Flags are sizes from 0 to 1. A size `per` another has a
/// value for each round of the sections that are repeated so often: which blocks have a window, which have experts.
struct SizeRule {
    std::string name;
    std::string per;                     ///< the size that counts its values; empty: it has one
    std::optional<Expression> fallback;  ///< over sizes that must be given, defaults before it, and `i` if `per`
    std::int64_t min = 1;
    std::int64_t max = kLargestCount;
    std::string meaning;
};

/// A law that the sizes must obey, such as `hidden % heads == 0`; in the message, `{hidden}` stands for its value.
struct SizeCheck {
    Expression law;
    std::string message;
};

/// What the graph is given: token ids, an image.
struct InputTemplate {
    std::string name;
    std::vector<Expression> shape;
    bool integer = false;
    std::optional<Expression> when;
    SourceLocation where;
};

/// One operator of a template: every size is an expression over the model's sizes, `batch`, `tokens`, `context` and, in
/// repeated sections, the round `i`. An operator that `when` leaves out hands its first input to those who read it.
struct OperatorTemplate {
    std::string name;
    OperatorKind kind{};
    std::optional<Category> category;
    std::vector<std::optional<Expression>> sizes;  ///< in the order of size_fields(kind)
    /// Each an operator of the same section, an input of the graph, `input` for what the section before (or the round
    /// before) made, or the full name of an operator of an earlier section that is not repeated.
    std::vector<std::string> inputs;
    std::vector<Expression> shape;   ///< of the result
    std::optional<Expression> when;  ///< the operator exists only if this holds
    std::string otherwise;           ///< what its readers read if it does not; empty: its first input
    /// An operator before it in its section, or the full name of one of an earlier section, whose weights it uses.
    std::string table_of;
    int block = -1;  ///< of a graph written out: which block it belongs to, -1 for none
    SourceLocation where;
};

/// A name that stands for an expression within one section: what tells sections apart that share their operators.
struct LocalSize {
    std::string name;
    Expression value;  ///< over the model's sizes, the round, and locals before it
};

/// Operators that stand together; a repeated section is a block, whose result is the `input` of its next round.
struct Section {
    std::string name;                  ///< prefix of its operators; `{i}` is replaced by the round; empty: no prefix
    std::optional<Expression> repeat;  ///< rounds; without it, once and no block
    std::vector<LocalSize> locals;
    std::optional<Expression> when;  ///< the section exists only if this holds; `input` passes by it otherwise
    std::optional<Expression>
        weights_of;      ///< the round, not a later one, whose weights a round uses instead of its own
    std::string result;  ///< operator whose output leaves the section; empty: none is named
    std::vector<OperatorTemplate> operators;
    SourceLocation where;
};

struct Architecture {
    std::string name;
    std::vector<SizeRule> sizes;
    std::vector<SizeCheck> checks;
    std::vector<InputTemplate> inputs;
    std::vector<Section> sections;
    std::vector<ConfigMapping> huggingface;  ///< configurations that can be imported as this architecture
};

struct Model {
    std::string name;
    std::shared_ptr<const Architecture> architecture;  ///< shared by models and copies of them; never null
    std::shared_ptr<const Graph> graph;                ///< of a model that was laid out elsewhere; null for all others
    Symbols sizes;  ///< complete: defaults filled in from the architecture; those `per` another as `name[0]`, ...
    std::optional<std::int64_t> published_parameters;  ///< as its authors count them
    std::int64_t unused_parameters = 0;                ///< of those, in the checkpoint but never run
    std::string source;
    SourceLocation where;
    std::vector<std::pair<std::string, SourceLocation>> size_places;  ///< of the sizes that the file gives
};

/// What a model is asked to compute: `tokens` positions behind `context` others, whose keys and values lie in a cache.
struct Workload {
    std::int64_t batch = 1;
    std::int64_t tokens = 1;
    std::int64_t context = 0;
    std::int64_t scored = 1;  ///< positions of each input, the last ones, whose next token is asked for
    friend auto operator<=>(const Workload&, const Workload&) = default;
};

[[nodiscard]] std::optional<Architecture> read_architecture(const YamlNode& root);

/// Whether its graphs depend on the workload's tokens; those of images do not.
[[nodiscard]] bool depends_on_tokens(const Architecture& architecture);

/// Reads the key `graph` of a model: operators written out one by one, as an architecture of its own without sizes.
[[nodiscard]] std::optional<Architecture> read_written_graph(const YamlNode& node);

/// A check that no input is longer than `tokens`: what a graph that was laid out for so many can take.
[[nodiscard]] SizeCheck at_most_tokens(std::int64_t tokens, const SourceLocation& where);

/// Reads a model: an architecture with its sizes, or a graph written out. `architectures` is the directory that holds
/// `<architecture>.yaml`. Errors besides those of reading: an unknown architecture or size, a missing size, one out of
/// its range, a check that fails.
[[nodiscard]] std::optional<Model> read_model(const YamlNode& root, const std::filesystem::path& architectures,
                                              const ReadDocument& read = YamlDocument::load);

/// Whether the architecture keeps something of earlier positions, keys and values or a state: models that generate
/// text.
[[nodiscard]] bool keeps_context(const Architecture& architecture);

/// Lays the blocks out for a workload. Empty, with errors, if a size is no whole number in its range, a check fails
/// (such as more tokens than positions), operators disagree about the shape of a tensor, or they form a cycle.
[[nodiscard]] std::optional<Graph> instantiate(const Model& model, const Workload& workload, Diagnostics& diagnostics);

}  // namespace berth
