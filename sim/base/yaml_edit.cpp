// Edits the immutable tree by copying the path to each changed node; used for `--set` and `extends:`.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "base/mapped.h"
#include "base/yaml_tree.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

/// A path that is resolved up to a node of the tree.
struct Walk {
    const YamlPointer& value;
    const SourceLocation& where;
    const std::string& set_by;
    Diagnostics& diagnostics;
};

// What follows `step` in `rest`: empty if nothing does, absent if `rest` does not start with the whole step. Case is
// ignored.
std::optional<std::string_view> after(std::string_view rest, std::string_view step) {
    if (step.empty() || !equal_ignoring_case(rest.substr(0, step.size()), step)) {
        return std::nullopt;
    }
    rest.remove_prefix(step.size());
    if (rest.empty()) {
        return rest;
    }
    return rest.front() == '.' ? std::optional(rest.substr(1)) : std::nullopt;
}

// Index of the longest of `names` that `rest` starts with. Of several that differ only in case, the exact match or
// none.
std::optional<std::size_t> longest_match(std::string_view rest, const std::vector<std::string>& names) {
    std::vector<std::size_t> longest;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (after(rest, names[i]) && (longest.empty() || names[i].size() >= names[longest.front()].size())) {
            if (!longest.empty() && names[i].size() > names[longest.front()].size()) {
                longest.clear();
            }
            longest.push_back(i);
        }
    }
    const auto exact =
        std::find_if(longest.begin(), longest.end(), [&](std::size_t i) { return rest.starts_with(names[i]); });
    if (exact != longest.end()) {
        return *exact;
    }
    return longest.size() == 1 ? std::optional(longest.front()) : std::nullopt;
}

std::string_view first_step(std::string_view rest) { return rest.substr(0, rest.find('.')); }

std::string place(std::string_view walked) { return walked.empty() ? "the document" : fmt::format("'{}'", walked); }

std::string joined(std::string_view walked, std::string_view step) {
    return walked.empty() ? std::string(step) : fmt::format("{}.{}", walked, step);
}

YamlPointer put(const YamlPointer& node, const std::string& walked, std::string_view rest, const Walk& walk);

YamlPointer put_in_map(const YamlPointer& node, const std::string& walked, std::string_view rest, const Walk& walk) {
    auto copy = std::make_shared<YamlValue>(*node);
    copy->kind = YamlKind::kMap;
    const std::vector<std::string> keys = node->keys();
    if (const auto index = longest_match(rest, keys)) {
        const std::string& key = keys[*index];
        auto& member = copy->members[*index];
        member.value = put(member.value, joined(walked, key), *after(rest, key), walk);
        return member.value ? copy : nullptr;
    }
    const std::string_view step = first_step(rest);
    if (step.size() < rest.size()) {
        const std::string near = nearest_name(step, keys);
        std::string expected = keys.empty() ? "" : list_of(keys);
        if (!walked.empty() && near.empty()) {  // not a misspelling: a map that does not exist yet is given as a whole
            expected += fmt::format("{}{}={{{}: VALUE}} to add the whole map", expected.empty() ? "" : "; ", step,
                                    *after(rest, step));
        }
        walk.diagnostics.error(walk.where, fmt::format("{} has no key '{}'", place(walked), step), expected, near);
        return nullptr;
    }
    copy->members.push_back(
        {std::string(step), SourceLocation(walk.where.file, 1, 1), in_place_of_nothing(walk.value, walk.set_by)});
    return copy;
}

std::vector<std::string> item_names(const YamlValue& sequence) {
    return mapped<std::string>(sequence.items, [](const YamlPointer& item) { return item_name(*item); });
}

// The item that the first step of `rest` refers to by name or by index, and the step itself.
std::optional<std::pair<std::size_t, std::string>> item_at(const YamlValue& sequence, std::string_view rest) {
    const std::vector<std::string> names = item_names(sequence);
    if (const auto index = longest_match(rest, names)) {
        return std::pair(*index, names[*index]);
    }
    const std::string step(first_step(rest));
    std::size_t number = 0;
    const auto [end, failure] = std::from_chars(step.data(), step.data() + step.size(), number);
    const bool fits = failure == std::errc() && end == step.data() + step.size() && number < sequence.items.size();
    return fits ? std::optional(std::pair(number, step)) : std::nullopt;
}

YamlPointer put_in_sequence(const YamlPointer& node, const std::string& walked, std::string_view rest,
                            const Walk& walk) {
    if (rest == "+") {  // appends an item
        auto longer = std::make_shared<YamlValue>(*node);
        longer->items.push_back(walk.value);
        return longer;
    }
    const auto found = item_at(*node, rest);
    if (!found) {
        const std::string_view step = first_step(rest);
        std::vector<std::string> names = item_names(*node);
        std::erase(names, "");
        const std::string indices = node->items.empty() ? "nothing, the list is empty"
                                                        : fmt::format("an index from 0 to {}", node->items.size() - 1);
        walk.diagnostics.error(walk.where, fmt::format("{} has no item '{}'", place(walked), step),
                               names.empty() ? indices : list_of(names), suggested_names(step, names));
        return nullptr;
    }
    const auto& [index, step] = *found;
    auto copy = std::make_shared<YamlValue>(*node);
    copy->items[index] = put(node->items[index], joined(walked, step), *after(rest, step), walk);
    return copy->items[index] ? copy : nullptr;
}

YamlPointer put(const YamlPointer& node, const std::string& walked, std::string_view rest, const Walk& walk) {
    if (rest.empty() || is_value_of_number(*node, rest)) {
        return in_place_of(node, walk.value, walk.set_by);
    }
    switch (node->kind) {
        case YamlKind::kNull:  // an empty `runtime:` may become a map
        case YamlKind::kMap:
            return put_in_map(node, walked, rest, walk);
        case YamlKind::kSequence:
            return put_in_sequence(node, walked, rest, walk);
        case YamlKind::kScalar:
            break;
    }
    walk.diagnostics.error(walk.where,
                           fmt::format("{} is a single value and has no '{}'", place(walked), first_step(rest)));
    return nullptr;
}

}  // namespace

YamlPointer replaced(const YamlPointer& root, std::string_view path, const YamlPointer& value,
                     const SourceLocation& where, const std::string& set_by, Diagnostics& diagnostics) {
    if (path.empty() || path.front() == '.' || path.back() == '.' || path.find("..") != std::string_view::npos) {
        diagnostics.error(where, fmt::format("'{}' is not a path", path), "keys joined by dots");
        return nullptr;
    }
    if (const auto key = first_step(path); key == "extends" || key == "set") {
        diagnostics.error(where, fmt::format("'{}' has been followed before anything is changed", key),
                          "the keys that it brings");
        return nullptr;
    }
    return put(root, "", path, {value, where, set_by, diagnostics});
}

std::string item_name(const YamlValue& item) {
    const YamlMember* name = item.member("name");
    return name != nullptr && name->value->kind == YamlKind::kScalar ? name->value->text : "";
}

namespace {

/// A node of the tree, and its path by names.
struct Place {
    YamlPointer node;
    std::string name;
};

Place walked_to(const YamlPointer& root, std::string_view path) {
    Place at{root, ""};
    while (at.node && !path.empty()) {
        const YamlPointer node = at.node;
        at.node = nullptr;
        if (node->kind == YamlKind::kMap) {
            const std::vector<std::string> keys = node->keys();
            if (const auto index = longest_match(path, keys)) {
                path = *after(path, keys[*index]);
                at = {node->members[*index].value, joined(at.name, keys[*index])};
            }
        } else if (node->kind == YamlKind::kSequence) {
            if (const auto found = item_at(*node, path)) {
                const YamlPointer& item = node->items[found->first];
                const std::string name = item_name(*item);
                path = *after(path, found->second);
                at = {item, joined(at.name, name.empty() ? found->second : name)};
            }
        }
    }
    return at;
}

// A number measured on one chip is known for another only within the differences between chips of a kind: rates per
// cycle determined from networks differ by 10% to 50% among seven Hexagons, and by up to a factor of three between
// RK3588 and RK3576.
YamlPointer spread_between_chips(const YamlPointer& spread) {
    constexpr double kLeast = 0.4;
    const auto parsed = parse_quantity(spread->text);
    const auto* stated = std::get_if<ParsedQuantity>(&parsed);
    if (stated == nullptr || stated->value >= kLeast) {
        return spread;
    }
    auto wider = std::make_shared<YamlValue>(*spread);
    wider->text = fmt::format("{}%", 100 * kLeast);
    return wider;
}

}  // namespace

YamlPointer found_at(const YamlPointer& root, std::string_view path) { return walked_to(root, path).node; }

std::string named_path(const YamlPointer& root, std::string_view path) {
    const Place place = walked_to(root, path);
    return place.node ? place.name : "";
}

YamlPointer marked_inherited(const YamlPointer& root, const std::string& name) {
    auto copy = std::make_shared<YamlValue>(*root);
    for (YamlPointer& item : copy->items) {
        item = marked_inherited(item, name);
    }
    if (!is_number_map(*root)) {
        for (YamlMember& member : copy->members) {
            member.value = marked_inherited(member.value, name);
        }
        return copy;
    }
    if (root->member("value")->value->kind != YamlKind::kScalar) {
        return copy;  // a list with a source, which has no kind
    }
    constexpr std::string_view kKind = "inherited";
    const auto scalar = [&root](std::string text) {
        auto value = std::make_shared<YamlValue>();
        value->kind = YamlKind::kScalar;
        value->where = root->where;
        value->text = std::move(text);
        value->quoted = true;
        return value;
    };
    const YamlMember* kind = root->member("kind");
    if (kind != nullptr && kind->value->text == kKind) {
        return copy;
    }
    if (kind != nullptr && (kind->value->text == "calibrated" || kind->value->text == "measured")) {
        for (YamlMember& member : copy->members) {
            member.value = member.key == "spread" ? spread_between_chips(member.value) : member.value;
        }
    }
    const YamlMember* source = root->member("source");
    const std::string before = source == nullptr ? "" : source->value->text;
    std::erase_if(copy->members, [](const YamlMember& one) { return one.key == "kind" || one.key == "source"; });
    copy->members.push_back({"kind", root->where, scalar(std::string(kKind))});
    copy->members.push_back(
        {"source", root->where, scalar(before.empty() ? "of " + name : fmt::format("of {}: {}", name, before))});
    return copy;
}

YamlPointer merged(const YamlPointer& base, const YamlPointer& later) {
    if (base->kind != YamlKind::kMap || later->kind != YamlKind::kMap) {
        return later;
    }
    auto result = std::make_shared<YamlValue>(*base);
    result->where = later->where;
    std::unordered_map<std::string_view, std::size_t> index;
    for (std::size_t i = 0; i < base->members.size(); ++i) {
        index.emplace(base->members[i].key, i);
    }
    for (const YamlMember& member : later->members) {
        const auto found = index.find(member.key);
        if (found == index.end()) {
            result->members.push_back(member);
        } else {
            YamlMember& inherited = result->members[found->second];
            inherited.key_where = member.key_where;
            // Spread, kind and source belong to the value beside them, not to one that replaces it.
            inherited.value = is_number_map(*member.value) ? member.value : merged(inherited.value, member.value);
        }
    }
    return result;
}

}  // namespace berth
