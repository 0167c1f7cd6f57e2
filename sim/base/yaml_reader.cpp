// The cursor over maps, sequences and plain values. Quantities are in yaml_quantity.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <system_error>
#include <utility>

#include "base/trimmed.h"
#include "base/yaml_tree.h"
#include "berth/base/quantity_text.h"
#include "berth/base/yaml_reader.h"

namespace berth {

namespace {

std::string kind_name(YamlKind kind) {
    switch (kind) {
        case YamlKind::kNull:
            return "nothing";
        case YamlKind::kScalar:
            return "a single value";
        case YamlKind::kSequence:
            return "a list";
        case YamlKind::kMap:
            return "a map";
    }
    return "";
}

// Adds the path to a message, unless the location is a `--set PATH=VALUE`, which already names it.
std::string at_path(std::string_view message, const std::string& path, const SourceLocation& where) {
    constexpr std::string_view kSet = "--set ";
    constexpr std::string_view kValueEnd = ".value";  // ends the path of a number that keeps its spread and source
    const std::string_view number =
        std::string_view(path).substr(0, path.size() - (path.ends_with(kValueEnd) ? kValueEnd.size() : 0));
    const std::string& file = where.file_name();
    const std::string_view set_path = std::string_view(file).substr(std::min(kSet.size(), file.size()));
    const bool said = file.starts_with(kSet) &&
                      (set_path == path || set_path == number || set_path.ends_with(fmt::format(".{}", path)) ||
                       set_path.ends_with(fmt::format(".{}", number)));
    return path.empty() || said ? std::string(message) : fmt::format("{}: {}", path, message);
}

template <class Range>
std::string limits_text(const Range& range) {
    constexpr Range kAny;
    if (range.min != kAny.min && range.max != kAny.max) {
        return fmt::format(" from {} to {}", range.min, range.max);
    }
    return range.min != kAny.min   ? fmt::format(" of at least {}", range.min)
           : range.max != kAny.max ? fmt::format(" of at most {}", range.max)
                                   : "";
}

}  // namespace

bool AskedKeys::has(std::string_view key) const {
    for (const AskedKeys* last = this; last->before_ != nullptr; last = last->before_) {
        if (last->key_ == key) {
            return true;
        }
    }
    return false;
}

AskedKeys* AskedKeys::and_also(std::string_view key) {
    const auto known = std::ranges::find(after_, key, &std::pair<std::string, AskedKeys*>::first);
    if (known != after_.end()) {
        return known->second;
    }
    AskedKeys* after = this;
    if (!has(key)) {
        longer_.push_back(std::unique_ptr<AskedKeys>(new AskedKeys(this, key)));
        after = longer_.back().get();
    }
    after_.emplace_back(key, after);
    return after;
}

std::vector<std::string> AskedKeys::all() const {
    std::vector<std::string> keys;
    for (const AskedKeys* last = this; last->before_ != nullptr; last = last->before_) {
        keys.push_back(last->key_);
    }
    std::ranges::reverse(keys);
    return keys;
}

AskedKeys*& YamlReadState::asked_of(const YamlValue* map) {
    if (map != asked_last) {
        asked_last = map;
        asked_of_last = &asked.emplace(map, &none_asked).first->second;
    }
    return *asked_of_last;
}

const YamlMember* YamlValue::member(std::string_view key) const {
    for (const YamlMember& candidate : members) {
        if (candidate.key == key) {
            return &candidate;
        }
    }
    return nullptr;
}

std::vector<std::string> YamlValue::keys() const {
    std::vector<std::string> result;
    result.reserve(members.size());
    for (const YamlMember& each : members) {
        result.push_back(each.key);
    }
    return result;
}

YamlNode::YamlNode(std::shared_ptr<YamlReadState> state, std::shared_ptr<const YamlValue> value, SourceLocation where,
                   std::string path)
    : state_(std::move(state)), value_(std::move(value)), where_(std::move(where)), path_(std::move(path)) {}

bool YamlNode::is_map() const { return value_ && value_->kind == YamlKind::kMap; }
bool YamlNode::is_sequence() const { return value_ && value_->kind == YamlKind::kSequence; }
bool YamlNode::is_scalar() const { return value_ && value_->kind == YamlKind::kScalar; }
bool YamlNode::is_null() const { return value_ && value_->kind == YamlKind::kNull; }

bool YamlNode::is_set() const { return value_ && value_->overridden && !value_->overridden->set_by.empty(); }

SourceLocation YamlNode::content_where() const { return where_.shifted(is_scalar() && value_->quoted ? 1 : 0); }

Diagnostics& YamlNode::diagnostics() const { return *state_->diagnostics; }

void YamlNode::error(std::string_view message, std::string expected, std::string suggestion) const {
    state_->diagnostics->error(where_, at_path(message, path_, where_), std::move(expected), std::move(suggestion));
}

void YamlNode::warning(std::string_view message, std::string expected, std::string suggestion) const {
    state_->diagnostics->warning(where_, at_path(message, path_, where_), std::move(expected), std::move(suggestion));
}

YamlNode YamlNode::child(std::string_view step, std::shared_ptr<const YamlValue> value) const {
    std::string path;
    path.reserve(path_.size() + 1 + step.size());
    if (!path_.empty()) {
        path.append(path_).push_back('.');
    }
    path.append(step);
    SourceLocation where = value ? value->where : where_;
    return {state_, std::move(value), std::move(where), std::move(path)};
}

// The map itself; a null node counts as an empty map. For any other node null, with an error unless the node is absent.
const YamlValue* YamlNode::map() const {
    if (value_ && !is_map() && !is_null()) {
        error(fmt::format("found {}", kind_name(value_->kind)), "a map");
        return nullptr;
    }
    return value_.get();
}

std::optional<YamlNode> YamlNode::find(std::string_view key) const {
    const YamlValue* here = map();
    if (here == nullptr) {
        return std::nullopt;
    }
    if (AskedKeys*& asked = state_->asked_of(here); asked != nullptr) {
        asked = asked->and_also(key);
    }
    const YamlMember* member = here->member(key);
    if (member == nullptr || member->value->kind == YamlKind::kNull) {
        return std::nullopt;
    }
    return child(key, member->value);
}

YamlNode YamlNode::require(std::string_view key, std::string_view expected) const {
    const YamlValue* here = map();
    if (here == nullptr) {
        return child(key, nullptr);
    }
    if (auto found = find(key)) {
        return std::move(*found);
    }
    YamlNode absent = child(key, nullptr);
    if (const YamlMember* empty = here->member(key)) {
        absent.where_ = empty->key_where;
        absent.error("no value is given", std::string(expected));
    } else {
        error(fmt::format("missing key '{}'", key), std::string(expected));
    }
    return absent;
}

void YamlNode::reject_unknown_keys() const {
    if (path_.empty()) {
        complain_of_misfits(*state_);
    }
    if (!is_map()) {
        return;
    }
    const AskedKeys* keys = state_->asked_of(value_.get());
    for (const YamlMember& member : value_->members) {
        if (keys == nullptr || keys->has(member.key)) {
            continue;
        }
        const std::vector<std::string> asked = keys->all();
        const std::string suggestion = nearest_name(member.key, asked);
        const std::string in = path_.empty() ? "" : fmt::format(" in '{}'", path_);
        state_->diagnostics->error(member.key_where, fmt::format("unknown key '{}'{}", member.key, in),
                                   suggestion.empty() ? list_of(asked) : "", suggestion);
    }
}

// The scalar's text; null if the node is no scalar, with an error unless it is absent.
const std::string* YamlNode::scalar(std::string_view expected) const {
    if (!value_) {
        return nullptr;
    }
    if (!is_scalar()) {
        error(fmt::format("found {}", kind_name(value_->kind)), std::string(expected));
        return nullptr;
    }
    return &value_->text;
}

std::optional<std::string> YamlNode::text() const {
    auto found = scalar_text();
    if (found && trimmed(*found).empty()) {
        error("the text is empty", "a text");
        return std::nullopt;
    }
    return found;
}

std::optional<std::string> YamlNode::scalar_text() const {
    const std::string* found = scalar("a text");
    return found != nullptr ? std::optional(*found) : std::nullopt;
}

std::optional<std::int64_t> YamlNode::integer(IntegerRange range) const {
    const std::string expected = "a whole number" + limits_text(range);
    const std::string* found = scalar(expected);
    if (found == nullptr) {
        return std::nullopt;
    }
    std::int64_t value = 0;
    const char* last = found->data() + found->size();
    const auto [end, failure] = std::from_chars(found->data(), last, value);
    if (failure == std::errc::invalid_argument || end != last) {
        error(fmt::format("'{}' is not a whole number", *found), expected);
        return std::nullopt;
    }
    if (failure == std::errc::result_out_of_range || value < range.min || value > range.max) {
        error(fmt::format("{} is out of range", *found), expected);
        return std::nullopt;
    }
    return value;
}

std::optional<double> YamlNode::number(NumberRange range) const {
    const std::string expected = "a number" + limits_text(range);
    const std::string* found = scalar(expected);
    if (found == nullptr) {
        return std::nullopt;
    }
    const auto value = parse_number(*found);
    if (!value) {
        error(fmt::format("'{}' is not a number", *found), expected);
        return std::nullopt;
    }
    if (*value < range.min || *value > range.max) {
        error(fmt::format("{} is out of range", *found), expected);
        return std::nullopt;
    }
    return value;
}

std::optional<bool> YamlNode::boolean() const {
    const std::string* found = scalar("true or false");
    if (found == nullptr) {
        return std::nullopt;
    }
    if (*found == "true" || *found == "false") {
        return *found == "true";
    }
    const bool means_true = *found == "yes" || *found == "on" || *found == "True" || *found == "TRUE";
    const bool means_false = *found == "no" || *found == "off" || *found == "False" || *found == "FALSE";
    error(fmt::format("'{}' is not a truth value", *found), "true or false",
          means_true ? "true" : (means_false ? "false" : ""));
    return std::nullopt;
}

void YamlNode::not_a_choice(const std::string& found, const std::vector<std::string>& names) const {
    error(fmt::format("unknown value '{}'", found), list_of(names), nearest_name(found, names));
}

std::vector<YamlNode> YamlNode::sequence() const {
    std::vector<YamlNode> result;
    if (!value_ || is_null()) {
        return result;
    }
    if (!is_sequence()) {
        error(fmt::format("found {}", kind_name(value_->kind)), "a list");
        return result;
    }
    result.reserve(value_->items.size());
    for (std::size_t i = 0; i < value_->items.size(); ++i) {
        result.push_back(child(std::to_string(i), value_->items[i]));
    }
    return result;
}

std::vector<YamlEntry> YamlNode::entries() const {
    std::vector<YamlEntry> result;
    const YamlValue* here = map();
    if (here == nullptr) {
        return result;
    }
    state_->asked_of(here) = nullptr;
    result.reserve(here->members.size());
    for (const YamlMember& member : here->members) {
        if (trimmed(member.key).empty()) {
            state_->diagnostics->error(member.key_where, "the key is empty", "a name");
            continue;
        }
        result.push_back({member.key, member.key_where, child(member.key, member.value)});
    }
    return result;
}

}  // namespace berth
