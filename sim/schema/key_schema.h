// Converts the rows of berth/hardware/profile_keys.h to keys of a schema.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "berth/hardware/profile_keys.h"
#include "schema/schema_parts.h"

namespace berth {

/// A visitor of key rows that uses only the types of the members.
class KeySchema {
  public:
    explicit KeySchema(Definitions& definitions) : definitions_(definitions) {}

    template <class Q>
    void number(std::string_view key, const Parameter<Q>& /*member*/, NumberForm form, std::string_view meaning,
                UsedBy /*use*/ = {}) {
        keys_.push_back(required(key, meaning, part_of<Q>(form)));
    }
    template <class Q>
    void number(std::string_view key, const std::optional<Parameter<Q>>& /*member*/, NumberForm form,
                std::string_view meaning, UsedBy /*use*/ = {}) {
        keys_.push_back(optional(key, meaning, part_of<Q>(form)));
    }
    template <class Q>
    void per_dtype(std::string_view key, const std::array<std::optional<Parameter<Q>>, kDTypeCount>& /*member*/,
                   KeyNeed need, std::string_view meaning) {
        add(key, need, meaning, per_row(kDTypeNames, part_of<Q>(NumberForm::kPositive)));
    }
    void count(std::string_view key, std::int64_t /*member*/, IntegerRange range, KeyNeed need,
               std::string_view meaning, UsedBy /*use*/ = {}) {
        add(key, need, meaning, integer(range));
    }
    void counts(std::string_view key, const std::array<std::int64_t, kDTypeCount>& /*member*/, std::string_view meaning,
                UsedBy /*use*/) {
        add(key, KeyNeed::kRequired, meaning,
            either({integer(kCountRange), per_row(kDTypeNames, integer(kCountRange))}));
    }
    void limit(std::string_view key, std::optional<std::int64_t> /*member*/, std::string_view meaning) {
        keys_.push_back(optional(key, meaning, integer(kLimitRange)));
    }
    template <class Member, class Table>
    void list(std::string_view key, const Member& /*member*/, const Table& table, std::string_view meaning) {
        keys_.push_back(optional(key, meaning, list_of_different(berth::choice(table))));
    }
    template <class Member>
    void text(std::string_view key, const Member& /*member*/, KeyNeed need, std::string_view meaning) {
        add(key, need, meaning, berth::text());
    }
    void flag(std::string_view key, bool /*member*/, std::string_view meaning) {
        add(key, KeyNeed::kOptional, meaning, boolean());
    }
    template <class E, class Table>
    void choice(std::string_view key, E /*member*/, const Table& table, std::string_view meaning) {
        add(key, KeyNeed::kRequired, meaning, berth::choice(table));
    }
    template <class E, class Table>
    void choice(std::string_view key, std::optional<E> /*member*/, const Table& table, std::string_view meaning) {
        add(key, KeyNeed::kOptional, meaning, berth::choice(table));
    }

    [[nodiscard]] std::vector<Key> take() { return std::move(keys_); }

  private:
    Definitions& definitions_;
    std::vector<Key> keys_;

    template <class Q>
    Part part_of(NumberForm form) {
        if constexpr (std::is_same_v<Q, Operations>) {
            return definitions_.parameter(Dimension{}, {.allow_unit = false});
        }
        const FormRow& row = row_of(form);
        return row.most == 1 ? definitions_.share()
                             : definitions_.parameter(QuantityTraits<Q>::kDimension,
                                                      {.allow_zero = row.zero, .allow_spread = true, .per = row.per});
    }
    void add(std::string_view key, KeyNeed need, std::string_view meaning, Part part) {
        keys_.push_back(need == KeyNeed::kRequired ? required(key, meaning, std::move(part))
                                                   : optional(key, meaning, std::move(part)));
    }
};

/// The keys of a section, for example `keys_of<MatrixEngine>(q, [](auto& v, auto& matrix) { matrix_keys(v, matrix);
/// })`, followed by `others`, which are not plain rows.
template <class Section, class Rows>
[[nodiscard]] std::vector<Key> keys_of(Definitions& definitions, const Rows& rows, std::vector<Key> others = {}) {
    KeySchema schema(definitions);
    const Section section{};
    rows(schema, section);
    std::vector<Key> keys = schema.take();
    keys.insert(keys.end(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
    return keys;
}

}  // namespace berth
