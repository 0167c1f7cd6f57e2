// How published configurations (config.json of Hugging Face) name the sizes of an architecture: data, one list a file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/expression.h"
#include "berth/yaml_reader.h"

namespace berth {

/// One size from the fields of a configuration. Expressions name fields, those of nested maps with dots
/// (`text_config.hidden_size`); a list or a map counts its entries. The first whose fields are all there gives the
/// size.
struct SizeSource {
    std::string size;
    std::vector<Expression> alternatives;
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
    std::vector<SizeSource> sizes;
    std::vector<FieldValues> values;
    std::vector<FieldLaw> checks;
    std::vector<HeadMapping> heads;
    SourceLocation where;
};

/// Reads the key `huggingface` of an architecture whose sizes are `sizes`. Errors go to the node's diagnostics.
[[nodiscard]] std::vector<ConfigMapping> read_config_mappings(const YamlNode& node, std::span<const std::string> sizes);

}  // namespace berth
