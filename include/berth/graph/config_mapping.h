// Mapping of published configurations (config.json of Hugging Face) to the sizes of an architecture: data, one list per
// file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/base/expression.h"
#include "berth/base/yaml_reader.h"

namespace berth {

/// One way to derive a size, in one of three forms. An expression over fields, those of nested maps with dots
/// (`text_config.hidden_size`); a list or a map evaluates to its number of entries; for a size per round it may use the
/// round `i`. Or the texts of a field and their meanings; for a size per round, the field's list (or the letters of its
/// text) has one entry per round. Or a list of rounds, with the value in those rounds and in the others.
struct SizeAlternative {
    std::optional<Expression> expression;
    std::string field;                                         ///< field whose texts have meanings
    std::vector<std::pair<std::string, Expression>> meanings;  ///< empty: the field holds numbers
    std::string listed_in;                                     ///< field with the list of rounds
    std::optional<Expression> listed, others;
    SourceLocation where;
};

/// Source of one size: the first alternative whose fields are all present.
struct SizeSource {
    std::string size;
    std::vector<SizeAlternative> alternatives;
};

/// Permitted values of a field, where the architecture has no form for others; an absent field is permitted.
struct FieldValues {
    std::string field;
    std::vector<std::string> allowed;
};

/// A constraint over fields; not checked where one of them is absent.
struct FieldLaw {
    Expression law;
    std::string message;
};

/// Sizes that follow from the checkpoint's task: `BertForSequenceClassification` matches `*ForSequenceClassification`.
struct HeadMapping {
    std::string pattern;  ///< over the items of the configuration's `architectures`
    std::vector<SizeSource> sizes;
};

struct ConfigMapping {
    std::vector<std::string> model_types;
    std::string part;  ///< submodel of a configuration that has several, such as encoder and decoder; or empty
    /// Model types that nest one of these in `text_config`, where its own type may be missing.
    std::vector<std::string> text_of;
    /// Condition over fields that selects configurations of the type; mappings with a condition are tried first.
    std::optional<Expression> when;
    /// Default values of fields that are absent (or null), as in the library that reads the configuration, in this
    /// order.
    std::vector<std::pair<std::string, std::vector<Expression>>> defaults;
    std::vector<SizeSource> sizes;
    std::vector<FieldValues> values;
    std::vector<FieldLaw> checks;
    std::vector<HeadMapping> heads;
    SourceLocation where;
};

struct SizeRule;

/// Reads the key `huggingface` of an architecture whose sizes are `sizes`. Errors go to the node's diagnostics.
[[nodiscard]] std::vector<ConfigMapping> read_config_mappings(const YamlNode& node, std::span<const SizeRule> sizes);

}  // namespace berth
