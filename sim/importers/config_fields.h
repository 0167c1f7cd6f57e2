// A configuration (config.json) taken apart into fields that expressions can name.
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

/// The text of a field that is null.
inline constexpr std::string_view kNullText = "null";

/// Fields by name, those of nested maps joined by dots. A list or a map counts its entries; `true` and `false` are 1
/// and 0; `null` is a text, but no number.
struct ConfigFields {
    Symbols numbers;
    std::map<std::string, std::string, std::less<>> texts;
    std::map<std::string, std::vector<std::string>, std::less<>> lists;  ///< of plain items
    std::map<std::string, SourceLocation, std::less<>> places;
    std::vector<std::string> order;
    std::string inner;                          ///< the nested map whose fields were raised; or empty
    std::set<std::string, std::less<>> raised;  ///< their names without it
};

[[nodiscard]] ConfigFields config_fields(const YamlNode& root);

/// The fields of a nested map stand for those of the same name outside, as in a configuration that carries another one.
void raise_inner_fields(ConfigFields& fields, const std::string& inner);

/// The items of a field that has one per round: those of a list, or the letters of a text. Empty if it has none.
[[nodiscard]] std::vector<std::string> items_of(const ConfigFields& fields, std::string_view field);

}  // namespace berth
