// Flattens a configuration (config.json) into fields that expressions can name.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/base/expression.h"
#include "berth/base/yaml_reader.h"

namespace berth {

/// Text form of a field that is null.
inline constexpr std::string_view kNullText = "null";

/// Ends the name of the number of entries of a list or map: `depths.count`.
inline constexpr std::string_view kCountSuffix = ".count";

/// Fields by name; names of nested fields are joined by dots. Of a list or map `depths`, `depths.count` is the number
/// of entries; a list of equal numbers stands for that number. `true` and `false` are 1 and 0; `null` has a text but no
/// number.
struct ConfigFields {
    Symbols numbers;
    std::map<std::string, std::string, std::less<>> texts;
    std::map<std::string, std::vector<std::string>, std::less<>> lists;  ///< lists of plain items only
    std::map<std::string, SourceLocation, std::less<>> places;
    std::vector<std::string> order;
    /// Fields that are `null` although the library has a number for an absent field.
    std::set<std::string, std::less<>> nulls_of_constants;
    std::set<std::string, std::less<>> maps;
    std::string inner;  ///< the nested map whose fields raise_inner_fields() moved to the top level; empty if none
    std::set<std::string, std::less<>> raised;  ///< names of those fields without the prefix of the nested map
};

[[nodiscard]] ConfigFields config_fields(const YamlNode& root);

/// Moves the fields of a nested map to the top level, where they replace fields of the same name. For a configuration
/// that contains another one.
void raise_inner_fields(ConfigFields& fields, const std::string& inner);

/// The nested map that states the width or the depth of the model, for which a default was used because the top level
/// does not; absent if there is none, or if the fields of a nested map are at the top level.
[[nodiscard]] std::optional<std::string> map_of_sizes(const ConfigFields& fields, const std::set<std::string>& used);

/// Whether a field can serve as a number, and if not, why.
enum class FieldState {
    kNumber,
    kNull,
    kOther,  ///< a text, a map, or a list of items that differ
    kAbsent,
};

/// An item of a list, `depths.0`, is absent only if the list is, or if a number stands in its place.
[[nodiscard]] FieldState state_of(const ConfigFields& fields, const std::string& field);

/// A number in place of a list of equal numbers is each of its items: sets `image_size.0` to `image_size`.
void repeat_number(ConfigFields& fields, const std::string& item);

/// What a field without a number holds, for messages: its text, or its items.
[[nodiscard]] std::string form_of(const ConfigFields& fields, const std::string& field);

/// The items of a field that gives one per round: the items of a list, or the letters of a text. Empty for other
/// fields.
[[nodiscard]] std::vector<std::string> items_of(const ConfigFields& fields, std::string_view field);

}  // namespace berth
