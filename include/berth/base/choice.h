// Names of enumerators, in one table per enum that both reading and printing use.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

/// One row of a table of names: `constexpr std::array<Choice<Dtype>, 3> kDtypeNames{{{"int8", Dtype::kInt8}, ...}}`.
template <class E>
struct Choice {
    std::string_view name;
    E value;
};

/// All names of a table, or of any rows with a name, in order: for messages that list the options.
template <class Table>
[[nodiscard]] std::vector<std::string> choice_names(const Table& table) {
    std::vector<std::string> names;
    for (const auto& row : table) {
        names.emplace_back(row.name);
    }
    return names;
}

/// The value that the table gives to `name`.
template <class Table>
[[nodiscard]] constexpr auto choice_named(const Table& table, std::string_view name)
    -> std::optional<decltype(table[0].value)> {
    for (const auto& row : table) {
        if (row.name == name) {
            return row.value;
        }
    }
    return std::nullopt;
}

/// Case-insensitive choice_named() for the command line; an exact match comes first.
template <class Table>
[[nodiscard]] constexpr auto choice_in_any_case(const Table& table, std::string_view name)
    -> std::optional<decltype(table[0].value)> {
    if (const auto exact = choice_named(table, name)) {
        return exact;
    }
    constexpr auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    for (const auto& row : table) {
        bool same = row.name.size() == name.size();
        for (std::size_t i = 0; same && i < name.size(); ++i) {
            same = lower(row.name[i]) == lower(name[i]);
        }
        if (same) {
            return row.value;
        }
    }
    return std::nullopt;
}

/// The first name that the table gives to `value`. Throws std::logic_error for a value without a row.
template <class Table, class E>
[[nodiscard]] constexpr std::string_view choice_name(const Table& table, E value) {
    for (const auto& row : table) {
        if (row.value == value) {
            return row.name;
        }
    }
    throw std::logic_error("enumerator without a name");
}

}  // namespace berth
