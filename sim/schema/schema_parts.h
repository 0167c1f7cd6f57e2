// Pieces that schemas are put together from: plain values, quantities, maps with known keys, lists.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/choice.h"
#include "berth/quantity_text.h"
#include "berth/units.h"
#include "berth/yaml_reader.h"

namespace berth {

using Json = nlohmann::ordered_json;

/// What a place in a file may hold. A file that extends another may leave out what that one has, down into its maps;
/// hence what must be there is kept apart from what may be.
struct Part {
    Json shape;                      ///< holds in every file
    Json complete = Json::object();  ///< holds besides where nothing is extended
};

/// The part where nothing can be left out: in files that extend nothing, and in lists, which are replaced as a whole.
[[nodiscard]] Json whole(Part part);

/// A key of a map. An optional one may have nothing behind it, which is the same as its absence; a listed one may be
/// absent, but is read if it is there.
struct Key {
    enum class Need { kRequired, kOptional, kListed };
    std::string name;
    std::string meaning;  ///< one line; may be empty
    Part value;
    Need need = Need::kOptional;
};
[[nodiscard]] Key required(std::string_view name, std::string_view meaning, Part value);
[[nodiscard]] Key optional(std::string_view name, std::string_view meaning, Part value);

/// A map with just these keys.
[[nodiscard]] Part object_with(const std::vector<Key>& keys);
/// A map from free names.
[[nodiscard]] Part map_of(const Part& value, std::int64_t at_least = 0);
[[nodiscard]] Part list_of(Part item, std::int64_t at_least = 0);
/// The one or the other; of no use where a file may leave out what it extends.
[[nodiscard]] Part either(const std::vector<Part>& parts);

// Plain values, each as it may be written with or without quotes.
[[nodiscard]] Part text();
[[nodiscard]] Part boolean();
[[nodiscard]] Part integer(IntegerRange range);
[[nodiscard]] Part anything();

template <class Table>
[[nodiscard]] Part choice(const Table& table) {
    return {Json{{"enum", choice_names(table)}}};
}
/// A map with a key for rows of a table.
template <class Table>
[[nodiscard]] Part per_row(const Table& table, const Part& value, Key::Need need = Key::Need::kOptional) {
    std::vector<Key> keys;
    for (const auto& row : table) {
        keys.push_back({std::string(row.name), "", value, need});
    }
    return object_with(keys);
}

// Conditions on the keys of a map.
/// The key is there and has a value.
[[nodiscard]] Json has(std::string_view key);
[[nodiscard]] Json has_all(const std::vector<std::string>& keys);
/// The keys are not there, or have no value; `why` is what an editor shows.
[[nodiscard]] Json has_none(const std::vector<std::string>& keys, std::string_view why);
[[nodiscard]] Json if_then(Json condition, Json then);
[[nodiscard]] Json if_then_else(Json condition, Json then, Json otherwise);
[[nodiscard]] Json all_of(const std::vector<Json>& conditions);
[[nodiscard]] Json any_of(const std::vector<Json>& conditions);
/// The condition `inner` on the value of `key`, where there is one.
[[nodiscard]] Json at_key(std::string_view key, Json inner);

/// Definitions by dimension, each defined once per schema.
class Definitions {
  public:
    /// A quantity with its unit and no spread.
    [[nodiscard]] Part quantity(Dimension dimension, bool allow_zero = false);
    /// A quantity with or without spread, or the map of value, spread, source and kind.
    [[nodiscard]] Part parameter(Dimension dimension, const QuantityForm& form = {});
    /// The same for a plain number from 0 to 1.
    [[nodiscard]] Part share();

    /// The part under a name; not for lists and choices.
    [[nodiscard]] Part define(const std::string& name, Part part);

    /// What `definitions` of the schema has to hold.
    [[nodiscard]] const Json& json() const { return definitions_; }

  private:
    /// Defines the quantity written on its own; gives its name.
    std::string define_value(Dimension dimension, const QuantityForm& form, std::optional<double> most = std::nullopt);
    Part parameter_named(const std::string& name, Dimension dimension);

    Json definitions_ = Json::object();
};

/// Dialect, title and definitions around the schema of a file's top.
[[nodiscard]] Json document(std::string_view title, const Json& top, const Json& definitions);

}  // namespace berth
