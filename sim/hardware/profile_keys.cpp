// Lists the rows of berth/hardware/profile_keys.h.
#include "berth/hardware/profile_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

#include "base/path_steps.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

/// Row visitor that collects the limits of an operator.
struct LimitNames {
    std::vector<std::string> names;

    void number(std::string_view key, auto&&... /*row*/) { names.emplace_back(key); }
    void limit(std::string_view key, auto&&... /*row*/) { names.emplace_back(key); }
    void count(auto&&... /*row*/) {}
    void flag(auto&&... /*row*/) {}
    void list(auto&&... /*row*/) {}
    void text(auto&&... /*row*/) {}
};

/// Row visitor of one section.
class KeyList {
  public:
    explicit KeyList(std::vector<ProfileKey>& keys) : keys_(keys) {}

    KeyList& at(std::string path) {
        path_ = std::move(path);
        return *this;
    }

    template <class Q>
    void number(std::string_view key, const Parameter<Q>& /*member*/, NumberForm form, std::string_view meaning,
                UsedBy use = UsedBy::kAlways) {
        add(key, kind_of<Q>(form), KeyNeed::kRequired, meaning, use);
    }
    template <class Q>
    void number(std::string_view key, const std::optional<Parameter<Q>>& /*member*/, NumberForm form,
                std::string_view meaning, UsedBy use = UsedBy::kAlways) {
        add(key, kind_of<Q>(form), KeyNeed::kOptional, meaning, use);
    }
    template <class Q>
    void per_dtype(std::string_view key, const std::array<std::optional<Parameter<Q>>, kDTypeCount>& /*member*/,
                   KeyNeed need, std::string_view meaning) {
        add(fmt::format("{}.DTYPE", key), kind_of<Q>(NumberForm::kPositive), need, meaning);
    }
    void count(std::string_view key, std::int64_t /*member*/, IntegerRange /*range*/, KeyNeed need,
               std::string_view meaning, UsedBy use = UsedBy::kAlways) {
        add(key, "a whole number", need, meaning, use);
    }
    void counts(std::string_view key, const std::array<std::int64_t, kDTypeCount>& /*member*/, std::string_view meaning,
                UsedBy use) {
        add(key, "a whole number, or a map from dtypes to whole numbers", KeyNeed::kRequired, meaning, use);
    }
    void limit(std::string_view key, std::optional<std::int64_t> /*member*/, std::string_view meaning) {
        add(key, "a whole number", KeyNeed::kOptional, meaning);
    }
    template <class Member, class Table>
    void list(std::string_view key, const Member& /*member*/, const Table& table, std::string_view meaning) {
        add(key, "a list out of " + list_of(choice_names(table)), KeyNeed::kOptional, meaning);
    }
    template <class Member>
    void text(std::string_view key, const Member& /*member*/, KeyNeed need, std::string_view meaning) {
        add(key, "text", need, meaning);
    }
    void flag(std::string_view key, bool /*member*/, std::string_view meaning) {
        add(key, "true or false", KeyNeed::kOptional, meaning);
    }
    template <class E, class Table>
    void choice(std::string_view key, E /*member*/, const Table& table, std::string_view meaning) {
        add(key, list_of(choice_names(table)), KeyNeed::kRequired, meaning);
    }
    template <class E, class Table>
    void choice(std::string_view key, std::optional<E> /*member*/, const Table& table, std::string_view meaning) {
        add(key, list_of(choice_names(table)), KeyNeed::kOptional, meaning);
    }

  private:
    std::vector<ProfileKey>& keys_;
    std::string path_;

    template <class Q>
    static std::string kind_of(NumberForm form) {
        if constexpr (std::is_same_v<Q, Operations>) {
            return "a number per clock cycle and core";
        }
        const FormRow& row = row_of(form);
        return row.words.empty() ? dimension_with_example(QuantityTraits<Q>::kDimension) + (row.zero ? ", or zero" : "")
                                 : std::string(row.words);
    }

    void add(std::string_view key, std::string kind, KeyNeed need, std::string_view meaning,
             UsedBy use = UsedBy::kAlways) {
        keys_.push_back({fmt::format("{}.{}", path_, key), std::move(kind), need, meaning, use});
    }
};

}  // namespace

std::vector<ProfileKey> profile_keys() {
    std::vector<ProfileKey> keys;
    KeyList list(keys);
    dram_keys(list.at("memory.dram"), Dram{});
    const Device device;
    matrix_keys(list.at("devices.D.matrix"), device.matrix);
    align_keys(list.at("devices.D.matrix.align"), device.matrix);
    core_block_keys(list.at("devices.D.matrix.core_block"), CoreBlock{});
    vector_keys(list.at("devices.D.vector"), device);
    vector_rate_keys(list.at("devices.D.vector.CLASS"), VectorRate{});
    attention_keys(list.at("devices.D.attention"), AttentionEngine{});
    memory_level_keys(list.at("devices.D.memories.NAME"), MemoryLevel{});
    dma_keys(list.at("devices.D.dma"), device);
    device_keys(list.at("devices.D"), device);
    runtime_keys(list.at("devices.D.runtime"), device.runtime);
    operator_place_keys(list.at("devices.D.runtime.operators.OP"), OperatorRule{});
    operator_rule_keys(list, OperatorRule{});
    dispatch_keys(list.at("devices.D.runtime.dispatch"), device.runtime);
    own_code_keys(list.at("devices.D.runtime.own_code"), OwnCode{});
    generation_keys(list.at("devices.D.runtime.generation"), device.runtime);
    energy_keys(list.at("devices.D.energy"), EnergyModel{});
    error_keys(list.at("devices.D.error"), device.error);
    link_keys(list.at("links.N"), Link{});
    return keys;
}

std::vector<std::string> operator_limits() {
    LimitNames limits;
    operator_rule_keys(limits, OperatorRule{});
    limits.names.emplace_back("weights_only");
    return limits.names;
}

namespace {

// Steps in capitals stand for whatever a profile names there.
bool stands_for(std::string_view step) { return step.front() >= 'A' && step.front() <= 'Z'; }

// A path below a key is part of its value (`align.n.int8`), and one above it is its section (`core_block`).
bool are_one_above_the_other(const PathSteps& key, const PathSteps& path) {
    return std::equal(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(std::min(key.size(), path.size())),
                      path.begin(), [](const auto& a, const auto& b) { return stands_for(a) || a == b; });
}

}  // namespace

UsedBy used_by(std::string_view path) {
    static const std::vector<ProfileKey> kKeys = profile_keys();
    const PathSteps steps = steps_of(path);
    std::set<UsedBy> uses;
    for (const ProfileKey& key : kKeys) {
        if (are_one_above_the_other(steps_of(key.path), steps)) {
            uses.insert(key.used_by);
        }
    }
    return uses.size() == 1 ? *uses.begin() : UsedBy::kAlways;
}

}  // namespace berth
