// Flattens a configuration (config.json) into fields that expressions can name.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/expression.h"
#include "berth/yaml_reader.h"

namespace berth {

/// Text form of a field that is null.
inline constexpr std::string_view kNullText = "null";

/// Fields by name; names of nested fields are joined by dots. The number of a list or a map is its count of entries;
/// `true` and `false` are 1 and 0; `null` has a text but no number.
struct ConfigFields {
    Symbols numbers;
    std::map<std::string, std::string, std::less<>> texts;
    std::map<std::string, std::vector<std::string>, std::less<>> lists;  ///< lists of plain items only
    std::map<std::string, SourceLocation, std::less<>> places;
    std::vector<std::string> order;
    std::string inner;  ///< the nested map whose fields raise_inner_fields() moved to the top level; empty if none
    std::set<std::string, std::less<>> raised;  ///< names of those fields without the prefix of the nested map
};

[[nodiscard]] ConfigFields config_fields(const YamlNode& root);

/// Moves the fields of a nested map to the top level, where they replace fields of the same name. For a configuration
/// that contains another one.
void raise_inner_fields(ConfigFields& fields, const std::string& inner);

/// The items of a field that gives one per round: the items of a list, or the letters of a text. Empty for other
/// fields.
[[nodiscard]] std::vector<std::string> items_of(const ConfigFields& fields, std::string_view field);

}  // namespace berth
