// Compares trees by the meaning of their leaves.
#include "berth/base/yaml_differences.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "base/yaml_tree.h"
#include "berth/base/quantity_text.h"

namespace berth {

struct YamlDocumentAccess {
    static const YamlPointer& root(const YamlDocument& document) { return document.root_; }
    static void replace(YamlDocument& document, YamlPointer root) { document.root_ = std::move(root); }
};

namespace {

constexpr double kSameValue = 1e-12;  // tolerance: decimal prefixes may change the last bits

using Steps = std::vector<std::string>;

/// A number of a profile with its origin: from a scalar, or from a map with a `value`.
struct WrittenNumber {
    std::string value, spread, kind, source;
};

std::string text_of_member(const YamlValue& map, std::string_view key) {
    const YamlMember* member = map.member(key);
    return member != nullptr && member->value->kind == YamlKind::kScalar ? member->value->text : "";
}

WrittenNumber written(const YamlValue& node) {
    if (!is_number_map(node)) {
        return {node.text, "", "", ""};
    }
    return {text_of_member(node, "value"), text_of_member(node, "spread"), text_of_member(node, "kind"),
            text_of_member(node, "source")};
}

std::optional<ParsedQuantity> quantity_of(const WrittenNumber& number) {
    const auto parsed = parse_quantity(number.spread.empty() ? number.value : number.value + " +- " + number.spread);
    const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
    return quantity != nullptr ? std::optional(*quantity) : std::nullopt;
}

bool near(double a, double b) { return a == b || std::abs(a - b) <= kSameValue * std::max(std::abs(a), std::abs(b)); }

bool same_value(const ParsedQuantity& a, const ParsedQuantity& b) {
    return a.dimension == b.dimension && a.per == b.per && near(a.value, b.value);
}

bool same_origin(const WrittenNumber& a, const WrittenNumber& b) {
    const auto kind = [](const WrittenNumber& number) { return number.kind.empty() ? "assumed" : number.kind; };
    return kind(a) == kind(b) && a.source == b.source;
}

bool same_number(const YamlValue& a, const YamlValue& b) {
    const WrittenNumber one = written(a);
    const WrittenNumber other = written(b);
    const auto first = quantity_of(one);
    const auto second = quantity_of(other);
    if (!first || !second) {
        return one.value == other.value && one.spread == other.spread && same_origin(one, other);
    }
    return same_value(*first, *second) && near(first->spread.value_or(0), second->spread.value_or(0)) &&
           same_origin(one, other);
}

bool is_number(const YamlValue& node) { return node.kind == YamlKind::kScalar || is_number_map(node); }

const YamlValue& unwrapped(const YamlValue& node) {
    const bool single =
        node.kind == YamlKind::kSequence && node.items.size() == 1 && node.items.front()->kind == YamlKind::kScalar;
    return single ? *node.items.front() : node;
}

bool same(const YamlValue& left, const YamlValue& right) {
    const YamlValue& a = unwrapped(left);
    const YamlValue& b = unwrapped(right);
    if (is_number(a) && is_number(b)) {
        return same_number(a, b);
    }
    if (a.kind != b.kind) {
        return false;
    }
    if (a.kind == YamlKind::kSequence) {
        return std::ranges::equal(a.items, b.items,
                                  [](const YamlPointer& one, const YamlPointer& other) { return same(*one, *other); });
    }
    return a.members.size() == b.members.size() && std::ranges::all_of(a.members, [&b](const YamlMember& member) {
               const YamlMember* other = b.member(member.key);
               return other != nullptr && same(*member.value, *other->value);
           });
}

bool all_are(const YamlValue& sequence, bool (*holds)(const YamlValue&)) {
    return std::ranges::all_of(sequence.items, [holds](const YamlPointer& item) { return holds(*item); });
}

bool has_named_items(const YamlValue& node) {
    if (node.kind != YamlKind::kSequence || node.items.empty()) {
        return false;
    }
    Steps names;
    for (const YamlPointer& item : node.items) {
        names.push_back(item_name(*item));
    }
    std::ranges::sort(names);
    return !names.front().empty() && std::ranges::adjacent_find(names) == names.end();
}

/// Finds a child by name in a map or in a list of named items.
YamlPointer child_named(const YamlValue& node, const std::string& name) {
    if (node.kind == YamlKind::kMap) {
        const YamlMember* member = node.member(name);
        return member != nullptr ? member->value : nullptr;
    }
    const auto found =
        std::ranges::find_if(node.items, [&name](const YamlPointer& item) { return item_name(*item) == name; });
    return found == node.items.end() ? nullptr : *found;
}

Steps names_in(const YamlValue& node) {
    if (node.kind == YamlKind::kMap) {
        return node.keys();
    }
    Steps names;
    for (const YamlPointer& item : node.items) {
        names.push_back(item_name(*item));
    }
    return names;
}

/// The names of both. Common ones are in the order of `a`; one that only `b` has comes after its predecessor in `b`.
Steps names_of_both(const YamlValue& a, const YamlValue& b) {
    Steps names = names_in(a);
    const Steps others = names_in(b);
    for (std::size_t i = 0; i < others.size(); ++i) {
        if (std::ranges::find(names, others[i]) == names.end()) {
            const auto before = i == 0 ? names.end() : std::ranges::find(names, others[i - 1]);
            names.insert(i == 0 ? names.begin() : std::next(before), others[i]);
        }
    }
    return names;
}

Steps common_in_order_of(const YamlValue& node, const YamlValue& other) {
    Steps names = names_in(node);
    const Steps others = names_in(other);
    std::erase_if(names, [&](const std::string& name) { return std::ranges::find(others, name) == others.end(); });
    return names;
}

class Comparison {
  public:
    std::vector<YamlDifference> take() { return std::move(found_); }

    void compare(const YamlPointer& a, const YamlPointer& b) {
        if (!a || !b) {
            add(a, b);
            return;
        }
        if (same(*a, *b)) {
            compare_order(*a, *b);
            return;
        }
        const bool maps =
            a->kind == YamlKind::kMap && b->kind == YamlKind::kMap && !is_number_map(*a) && !is_number_map(*b);
        if (maps || (has_named_items(*a) && has_named_items(*b))) {
            for (const std::string& name : names_of_both(*a, *b)) {
                descend(name, child_named(*a, name), child_named(*b, name));
            }
            compare_order(*a, *b);
        } else if (are_alike_lists(*a, *b)) {
            for (std::size_t i = 0; i < a->items.size(); ++i) {
                descend(fmt::format("{}", i), a->items[i], b->items[i]);
            }
        } else {
            add(a, b);
        }
    }

  private:
    static bool are_alike_lists(const YamlValue& a, const YamlValue& b) {
        const auto is_map = [](const YamlValue& node) { return node.kind == YamlKind::kMap; };
        return a.kind == YamlKind::kSequence && b.kind == YamlKind::kSequence && a.items.size() == b.items.size() &&
               !a.items.empty() && all_are(a, is_map) && all_are(b, is_map);
    }

    void descend(const std::string& step, const YamlPointer& a, const YamlPointer& b) {
        steps_.push_back(step);
        compare(a, b);
        steps_.pop_back();
    }

    void compare_order(const YamlValue& a, const YamlValue& b) {
        if (!has_named_items(a) || !has_named_items(b)) {
            return;
        }
        const Steps one = common_in_order_of(a, b);
        const Steps other = common_in_order_of(b, a);
        if (one != other) {
            found_.push_back(
                {steps_, fmt::format("{}", fmt::join(one, ", ")), fmt::format("{}", fmt::join(other, ", ")), true});
        }
    }

    void add(const YamlPointer& a, const YamlPointer& b) {
        YamlDifference difference{steps_, text(a), text(b)};
        if (a && b && is_number(*a) && is_number(*b) && differs_in_origin(*a, *b)) {
            difference.before = text_with_origin(*a);
            difference.after = text_with_origin(*b);
            difference.origin = true;
        }
        found_.push_back(std::move(difference));
    }

    // Whether values or texts are equal, so that the two differ only in spread, kind or source.
    static bool differs_in_origin(const YamlValue& a, const YamlValue& b) {
        const auto one = quantity_of(written(a));
        const auto other = quantity_of(written(b));
        return one && other ? same_value(*one, *other) : written(a).value == written(b).value;
    }

    static std::optional<std::string> text(const YamlPointer& node) {
        if (!node || node->kind == YamlKind::kNull) {
            return std::nullopt;
        }
        return is_number_map(*node) ? written(*node).value : flow_text(*node);
    }

    static std::string text_with_origin(const YamlValue& node) {
        const WrittenNumber number = written(node);
        std::string text = number.value;
        text += number.spread.empty() ? "" : " ± " + number.spread;
        text += number.kind.empty() ? "" : ", " + number.kind;
        return text + (number.source.empty() ? "" : ": " + number.source);
    }

    Steps steps_;
    std::vector<YamlDifference> found_;
};

YamlPointer replaced_at(const YamlPointer& node, const YamlPointer& from, std::span<const std::string> steps);

YamlPointer with_member(const YamlValue& map, const YamlPointer& from, std::span<const std::string> steps) {
    auto copy = std::make_shared<YamlValue>(map);
    copy->kind = YamlKind::kMap;
    const std::string& key = steps.front();
    const YamlMember* other = from && from->kind == YamlKind::kMap ? from->member(key) : nullptr;
    const YamlMember* own = map.member(key);
    YamlPointer value =
        replaced_at(own != nullptr ? own->value : nullptr, other != nullptr ? other->value : nullptr, steps.subspan(1));
    if (!value) {
        std::erase_if(copy->members, [&key](const YamlMember& member) { return member.key == key; });
    } else if (own != nullptr) {
        copy->members[static_cast<std::size_t>(own - map.members.data())].value = std::move(value);
    } else {
        copy->members.push_back({key, value->where, value});
    }
    return copy;
}

// Inserts an item after its predecessor in the other list, or first if it has none.
void insert_as_in(const YamlValue& other, const std::string& name, YamlPointer item, std::vector<YamlPointer>& items) {
    auto place = items.begin();
    for (const YamlPointer& before : other.items) {
        if (item_name(*before) == name) {
            break;
        }
        const auto found =
            std::ranges::find_if(items, [&](const YamlPointer& one) { return item_name(*one) == item_name(*before); });
        place = found == items.end() ? place : std::next(found);
    }
    items.insert(place, std::move(item));
}

YamlPointer with_item(const YamlValue& list, const YamlPointer& from, std::span<const std::string> steps) {
    auto copy = std::make_shared<YamlValue>(list);
    const std::string& name = steps.front();
    const bool by_name = has_named_items(list) || (from && has_named_items(*from));
    const auto own = std::ranges::find_if(copy->items, [&](const YamlPointer& item) {
        return by_name ? item_name(*item) == name : fmt::format("{}", &item - copy->items.data()) == name;
    });
    YamlPointer other;
    if (from && from->kind == YamlKind::kSequence) {
        const auto index = static_cast<std::size_t>(own - copy->items.begin());
        other = by_name ? child_named(*from, name) : index < from->items.size() ? from->items[index] : nullptr;
    }
    YamlPointer value = replaced_at(own == copy->items.end() ? nullptr : *own, other, steps.subspan(1));
    if (own == copy->items.end()) {
        if (value) {
            insert_as_in(*from, name, std::move(value), copy->items);
        }
    } else if (value) {
        *own = std::move(value);
    } else {
        copy->items.erase(own);
    }
    return copy;
}

YamlPointer replaced_at(const YamlPointer& node, const YamlPointer& from, std::span<const std::string> steps) {
    if (steps.empty() || !node) {
        return from;
    }
    return node->kind == YamlKind::kSequence ? with_item(*node, from, steps) : with_member(*node, from, steps);
}

// Items that both lists have are put in the order of the other list; the others keep their places.
YamlPointer reordered(const YamlPointer& node, const YamlPointer& from) {
    auto copy = std::make_shared<YamlValue>(*node);
    const Steps common = common_in_order_of(*from, *node);
    std::size_t next = 0;
    for (YamlPointer& item : copy->items) {
        if (std::ranges::find(common, item_name(*item)) != common.end()) {
            item = child_named(*node, common[next++]);
        }
    }
    return copy;
}

YamlPointer node_at(const YamlPointer& root, std::span<const std::string> steps) {
    YamlPointer node = root;
    for (const std::string& step : steps) {
        node = node ? child_named(*node, step) : nullptr;
    }
    return node;
}

// A copy of the tree with `by` in place of the node at these steps, all of which exist.
YamlPointer changed_at(const YamlPointer& node, std::span<const std::string> steps, const YamlPointer& by) {
    if (steps.empty()) {
        return by;
    }
    auto copy = std::make_shared<YamlValue>(*node);
    for (YamlMember& member : copy->members) {
        if (member.key == steps.front()) {
            member.value = changed_at(member.value, steps.subspan(1), by);
        }
    }
    for (YamlPointer& item : copy->items) {
        if (item_name(*item) == steps.front()) {
            item = changed_at(item, steps.subspan(1), by);
        }
    }
    return copy;
}

}  // namespace

std::string YamlDifference::path() const { return fmt::format("{}", fmt::join(steps, ".")); }

std::vector<YamlDifference> differences_between(const YamlDocument& before, const YamlDocument& after) {
    Comparison comparison;
    comparison.compare(YamlDocumentAccess::root(before), YamlDocumentAccess::root(after));
    return comparison.take();
}

void take_over(YamlDocument& changed, const YamlDifference& difference, const YamlDocument& from) {
    const YamlPointer& root = YamlDocumentAccess::root(changed);
    const YamlPointer& other = YamlDocumentAccess::root(from);
    if (!difference.order) {
        YamlDocumentAccess::replace(changed, replaced_at(root, other, difference.steps));
        return;
    }
    const YamlPointer own = node_at(root, difference.steps);
    const YamlPointer wanted = node_at(other, difference.steps);
    if (own && wanted) {
        YamlDocumentAccess::replace(changed, changed_at(root, difference.steps, reordered(own, wanted)));
    }
}

}  // namespace berth
