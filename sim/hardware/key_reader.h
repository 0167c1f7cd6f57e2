// Reads the rows of berth/hardware/profile_keys.h from YAML.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "berth/hardware/profile_keys.h"
#include "hardware/profile_reading.h"

namespace berth {

/// Description of the expected value, for the message about a missing number.
template <class Q>
[[nodiscard]] std::string expected_number(NumberForm form) {
    if constexpr (std::is_same_v<Q, Operations>) {
        return "a number per clock cycle and core";
    }
    const std::string_view example = row_of(form).example;
    return example.empty() ? dimension_with_example(QuantityTraits<Q>::kDimension) : std::string(example);
}

/// Whether a value meets the constraints of its form; otherwise reports an error at the node.
[[nodiscard]] bool keeps_to_form(double value, NumberForm form, const YamlNode& node);
/// Whether the suffix of a number, such as "per core", meets the constraints of its form; otherwise reports an error.
[[nodiscard]] bool keeps_to_sharing(std::optional<Sharing> per, NumberForm form, const YamlNode& node);

template <class Q>
[[nodiscard]] std::optional<Parameter<Q>> read_number(const YamlNode& node, NumberForm form) {
    if constexpr (std::is_same_v<Q, Operations>) {
        const auto count = node.parameter<double>({.allow_unit = false});
        return count ? std::optional(scaled(*count, operations(1))) : std::nullopt;
    } else {
        const FormRow& row = row_of(form);
        auto read =
            node.parameter<Q>({.allow_zero = row.zero, .allow_negative = false, .allow_per = row.per.has_value()});
        const bool fits = read && keeps_to_form(QuantityTraits<Q>::si(read->value), form, node) &&
                          keeps_to_sharing(read->per, form, node);
        return fits ? std::move(read) : std::nullopt;
    }
}

/// Row visitor that reads values; see berth/hardware/profile_keys.h.
class KeyReader {
  public:
    explicit KeyReader(YamlNode map) : map_(std::move(map)) {}

    template <class Q>
    void number(std::string_view key, Parameter<Q>& target, NumberForm form, std::string_view /*meaning*/,
                UsedBy /*use*/ = {}) {
        if (auto read = read_number<Q>(map_.require(key, expected_number<Q>(form)), form)) {
            target = std::move(*read);
        }
    }
    template <class Q>
    void number(std::string_view key, std::optional<Parameter<Q>>& target, NumberForm form,
                std::string_view /*meaning*/, UsedBy /*use*/ = {}) {
        if (const auto node = map_.find(key)) {
            target = read_number<Q>(*node, form);
        }
    }
    template <class Q>
    void per_dtype(std::string_view key, std::array<std::optional<Parameter<Q>>, kDTypeCount>& target, KeyNeed need,
                   std::string_view /*meaning*/) {
        const auto found = map_.find(key);
        if (!found && need == KeyNeed::kOptional) {
            return;
        }
        const YamlNode rows =
            map_.require(key, "a map from dtypes to " + dimension_with_example(QuantityTraits<Q>::kDimension));
        KeyReader each(rows);
        for (const auto& row : kDTypeNames) {
            each.number(row.name, target[static_cast<std::size_t>(row.value)], NumberForm::kPositive, "");
        }
        rows.reject_unknown_keys();
    }
    void count(std::string_view key, std::int64_t& target, IntegerRange range, KeyNeed need,
               std::string_view /*meaning*/, UsedBy /*use*/ = {}) {
        target = need == KeyNeed::kRequired ? integer_in(range, map_, key) : integer_in(range, map_, key, target);
    }
    void counts(std::string_view key, std::array<std::int64_t, kDTypeCount>& target, std::string_view /*meaning*/,
                UsedBy /*use*/) {
        const YamlNode node = map_.require(key, "a whole number, or a map from dtypes to whole numbers");
        if (!node.is_map()) {
            target.fill(node.integer(kCountRange).value_or(1));
            return;
        }
        target.fill(1);
        KeyReader each(node);
        for (const auto& row : kDTypeNames) {
            each.count(row.name, target[static_cast<std::size_t>(row.value)], kCountRange, KeyNeed::kOptional, "");
        }
        node.reject_unknown_keys();
    }
    void limit(std::string_view key, std::optional<std::int64_t>& target, std::string_view /*meaning*/) {
        if (map_.find(key)) {
            target = integer_in(kLimitRange, map_, key);
        }
    }
    void text(std::string_view key, std::string& target, KeyNeed /*need*/, std::string_view /*meaning*/) {
        if (const auto node = map_.find(key)) {
            target = text_or_empty(*node);
        }
    }
    // Names of devices and lists are read by their section, which checks them against the device.
    void text(std::string_view /*key*/, std::optional<std::string>& /*target*/, KeyNeed /*need*/,
              std::string_view /*meaning*/) {}
    void list(auto&&... /*row*/) {}
    void flag(std::string_view key, bool& target, std::string_view /*meaning*/) {
        if (const auto node = map_.find(key)) {
            target = node->boolean().value_or(target);
        }
    }
    template <class E, class Table>
    void choice(std::string_view key, E& target, const Table& table, std::string_view /*meaning*/) {
        target = map_.require(key, list_of(choice_names(table))).enumeration(table).value_or(target);
    }
    template <class E, class Table>
    void choice(std::string_view key, std::optional<E>& target, const Table& table, std::string_view /*meaning*/) {
        if (const auto node = map_.find(key)) {
            target = node->enumeration(table);
        }
    }

  private:
    YamlNode map_;
};

/// Reads a map that has no other keys than those that `rows`, called with a KeyReader, asks for.
template <class Rows>
void read_section(const YamlNode& map, Rows rows) {
    KeyReader reader(map);
    rows(reader);
    map.reject_unknown_keys();
}

}  // namespace berth
