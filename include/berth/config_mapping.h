// How published configurations (config.json of Hugging Face) name the sizes of an architecture: data, one list a file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/expression.h"
#include "berth/yaml_reader.h"

namespace berth {

/// One way to a size. An expression names fields, those of nested maps with dots (`text_config.hidden_size`); a list or
/// a map counts its entries; of a size per round it may use the round `i`. Or the texts of a field and what each means:
/// for a size per round, its list (or the letters of its text) has one for each. Or a list of rounds, and what holds in
/// those and in the others.
struct SizeAlternative {
    std::optional<Expression> expression;
    std::string field;                                         ///< whose texts have meanings
    std::vector<std::pair<std::string, Expression>> meanings;  ///< none: the numbers that the field holds
    std::string listed_in;                                     ///< the list of rounds
    std::optional<Expression> listed, others;
    SourceLocation where;
};

/// One size: the first alternative whose fields are all there gives it.
struct SizeSource {
    std::string size;
    std::vector<SizeAlternative> alternatives;
};

/// A field that may only have certain values, since the architecture has no other form; absent is fine.
struct FieldValues {
    std::string field;
    std::vector<std::string> allowed;
};

/// A law over fields; it is left aside where one of them is absent.
struct FieldLaw {
    Expression law;
    std::string message;
};

/// Sizes that follow from what the checkpoint was trained for: `BertForSequenceClassification` fits
/// `*ForSequenceClassification`.
struct HeadMapping {
    std::string pattern;  ///< over the items of the configuration's `architectures`
    std::vector<SizeSource> sizes;
};

struct ConfigMapping {
    std::vector<std::string> model_types;
    std::string part;  ///< of a configuration that describes several models, such as an encoder and a decoder; or empty
    /// Model types that carry one of these inside, in `text_config`, and may leave out there which type it is.
    std::vector<std::string> text_of;
    std::optional<Expression> when;  ///< over fields: which configurations of the type it is for; before those without
    /// Fields that stand where the configuration has none (or null), as in the library that reads it, in this order.
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
