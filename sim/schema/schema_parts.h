// Building blocks of schemas: plain values, quantities, maps with known keys, lists.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/choice.h"
#include "berth/base/quantity_text.h"
#include "berth/base/units.h"
#include "berth/base/yaml_reader.h"

namespace berth {

using Json = nlohmann::ordered_json;

/// The valid content of a place in a file. A file that extends another may omit inherited content at any depth of its
/// maps, so the rules about required content are kept separate.
struct Part {
    Json shape;                      ///< rules for all files
    Json complete = Json::object();  ///< additional rules for files that extend nothing
};

/// The part with its rules about required content, for files that extend nothing, and for lists, which are always
/// replaced as a whole.
[[nodiscard]] Json whole(Part part);

/// A key of a map. An optional key may have an empty value, which counts as absent. A listed key may be absent, but its
/// value must not be empty.
struct Key {
    enum class Need { kRequired, kOptional, kListed };
    std::string name;
    std::string meaning;  ///< one line; may be empty
    Part value;
    Need need = Need::kOptional;
};
[[nodiscard]] Key required(std::string_view name, std::string_view meaning, Part value);
[[nodiscard]] Key optional(std::string_view name, std::string_view meaning, Part value);

/// A map with exactly these keys allowed.
[[nodiscard]] Part object_with(const std::vector<Key>& keys);
/// A map with arbitrary keys.
[[nodiscard]] Part map_of(const Part& value, std::int64_t at_least = 0);
[[nodiscard]] Part list_of(Part item, std::int64_t at_least = 0);
/// A list of one value or more, none of them twice.
[[nodiscard]] Part list_of_different(Part item);
/// Alternatives. Cannot be used where a file may omit inherited content.
[[nodiscard]] Part either(const std::vector<Part>& parts);

// Plain values, each with or without quotes.
[[nodiscard]] Part text();
[[nodiscard]] Part boolean();
[[nodiscard]] Part integer(IntegerRange range);
[[nodiscard]] Part anything();

template <class Table>
[[nodiscard]] Part choice(const Table& table) {
    return {Json{{"enum", choice_names(table)}}};
}
/// A map with one key per row of a table.
template <class Table>
[[nodiscard]] Part per_row(const Table& table, const Part& value, Key::Need need = Key::Need::kOptional) {
    std::vector<Key> keys;
    for (const auto& row : table) {
        keys.push_back({std::string(row.name), "", value, need});
    }
    return object_with(keys);
}

// Conditions on the keys of a map.
/// The key is present and has a value.
[[nodiscard]] Json has(std::string_view key);
[[nodiscard]] Json has_all(const std::vector<std::string>& keys);
/// The keys are absent or have no value; `why` is the message that an editor shows.
[[nodiscard]] Json has_none(const std::vector<std::string>& keys, std::string_view why);
[[nodiscard]] Json if_then(Json condition, Json then);
[[nodiscard]] Json if_then_else(Json condition, Json then, Json otherwise);
[[nodiscard]] Json all_of(const std::vector<Json>& conditions);
[[nodiscard]] Json any_of(const std::vector<Json>& conditions);
/// The condition `inner` on the value of `key`, if it is present.
[[nodiscard]] Json at_key(std::string_view key, Json inner);

/// Definitions by dimension, each made once per schema.
class Definitions {
  public:
    /// A quantity with its unit and no spread.
    [[nodiscard]] Part quantity(Dimension dimension, bool allow_zero = false);
    /// A quantity with or without spread, or a map of value, spread, source and kind.
    [[nodiscard]] Part parameter(Dimension dimension, const QuantityForm& form = {});
    /// A parameter that is a plain number from 0 to 1.
    [[nodiscard]] Part share();

    /// Defines the part under a name; not for lists and choices.
    [[nodiscard]] Part define(const std::string& name, Part part);

    /// The content of the schema's `definitions`.
    [[nodiscard]] const Json& json() const { return definitions_; }

  private:
    /// Defines the quantity by itself; returns the name of the definition.
    std::string define_value(Dimension dimension, const QuantityForm& form, std::optional<double> most = std::nullopt);
    Part parameter_named(const std::string& name, Dimension dimension);

    Json definitions_ = Json::object();
};

/// A schema document: dialect, title and definitions around the schema of the top level.
[[nodiscard]] Json document(std::string_view title, const Json& top, const Json& definitions);

}  // namespace berth
