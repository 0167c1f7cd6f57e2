// Replaces one value by another. A number keeps its spread and origin unless the new text gives its own, and a value
// that is equal to the old one leaves its node unchanged.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <variant>

#include "base/quantity_spread.h"
#include "base/yaml_tree.h"

namespace berth {

namespace {

constexpr std::string_view kValue = "value";
constexpr std::string_view kSpread = "spread";
constexpr double kSame = 1e-12;  // tolerance: two notations of one number, 21% and 0.21, may differ by rounding

// Whether the node has only keys of `{value: ..., spread: ..., source: ..., kind: ...}`.
bool describes_number(const YamlValue& node) {
    constexpr std::array<std::string_view, 4> kKeys{kValue, kSpread, "source", "kind"};
    return node.kind == YamlKind::kMap && !node.members.empty() &&
           std::ranges::all_of(node.members, [&kKeys](const YamlMember& member) {
               return std::ranges::find(kKeys, member.key) != kKeys.end();
           });
}

bool is_number_with_origin(const YamlValue& node) {
    return describes_number(node) && node.member(kValue) != nullptr &&
           node.member(kValue)->value->kind == YamlKind::kScalar;
}

std::optional<ParsedQuantity> quantity_of(const YamlValue& scalar) {
    const auto parsed = scalar.kind == YamlKind::kScalar && !scalar.quoted
                            ? parse_quantity(scalar.text)
                            : std::variant<ParsedQuantity, QuantityError>(QuantityError{});
    const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
    return quantity != nullptr ? std::optional(*quantity) : std::nullopt;
}

// Quantity of a number that is a share of another: the spread is that of the share, the dimension that of the other
// number.
std::optional<ParsedQuantity> share_of(const YamlValue& scalar, const std::optional<ParsedQuantity>& other) {
    const auto relative = scalar.kind == YamlKind::kScalar ? parse_relative(scalar.text) : std::nullopt;
    const auto* share = relative ? std::get_if<RelativeText>(&*relative) : nullptr;
    return share != nullptr ? std::optional(ParsedQuantity{share->share, other ? other->dimension : Dimension{},
                                                           share->spread, share->per})
                            : std::nullopt;
}

// The node that holds the number itself: the node given, or its `value`.
const YamlValue& number_of(const YamlValue& node) {
    return is_number_with_origin(node) ? *node.member(kValue)->value : node;
}

// Relative spread of a number, written after its value or as a key.
std::optional<double> spread_of(const YamlValue& node, const ParsedQuantity& value) {
    const YamlMember* own = is_number_with_origin(node) ? node.member(kSpread) : nullptr;
    if (own == nullptr || own->value->kind != YamlKind::kScalar) {
        return value.spread;
    }
    const auto spread = parse_spread(own->value->text, value.value, value.dimension);
    const auto* relative = std::get_if<double>(&spread);
    return relative != nullptr ? std::optional(*relative) : std::nullopt;
}

std::string relative_text(double spread) { return fmt::format("{}%", spread * 100); }

std::string without_spread(const std::string& text) {
    std::size_t end = text.size();
    for (const std::string_view sign : {"±", "+/-", "+-"}) {
        end = std::min(end, text.find(sign));
    }
    return text.substr(0, end);
}

YamlPointer scalar_at(const YamlValue& place, std::string text) {
    auto made = std::make_shared<YamlValue>();
    made->kind = YamlKind::kScalar;
    made->where = place.where;
    made->text = std::move(text);
    return made;
}

void put_member(YamlValue& map, std::string_view key, YamlPointer value) {
    const auto found = std::ranges::find(map.members, key, &YamlMember::key);
    if (found != map.members.end()) {
        found->value = std::move(value);
    } else {
        const SourceLocation where = value->where;
        map.members.push_back({std::string(key), where, std::move(value)});
    }
}

bool same_content(const YamlValue& a, const YamlValue& b) {
    const auto same_item = [](const YamlPointer& x, const YamlPointer& y) { return same_content(*x, *y); };
    const auto same_member = [](const YamlMember& x, const YamlMember& y) {
        return x.key == y.key && same_content(*x.value, *y.value);
    };
    return a.kind == b.kind && a.text == b.text && a.quoted == b.quoted &&
           std::ranges::equal(a.items, b.items, same_item) && std::ranges::equal(a.members, b.members, same_member);
}

// Whether `now` states the same number as `old`, and nothing further.
bool same_number(const YamlValue& old, const ParsedQuantity& before, const YamlValue& now,
                 const ParsedQuantity& after) {
    const auto spread = spread_of(old, before);
    return now.kind == YamlKind::kScalar && std::abs(after.value - before.value) <= kSame * std::abs(before.value) &&
           (!after.spread || (spread && std::abs(*after.spread - *spread) <= kSame)) &&
           (!after.per || after.per == before.per);
}

// Replaces the value of a number with a spread, and possibly an origin, by a bare new number.
YamlPointer with_new_value(const YamlValue& old, const ParsedQuantity& before, const YamlValue& now,
                           const ParsedQuantity& after) {
    const auto spread = after.spread ? after.spread : spread_of(old, before);
    if (!is_number_with_origin(old)) {
        const bool keeps = !after.spread && spread;
        return scalar_at(now, keeps ? fmt::format("{} ± {}", now.text, relative_text(*spread)) : now.text);
    }
    auto made = std::make_shared<YamlValue>(old);
    made->where = now.where;
    put_member(*made, kValue, scalar_at(now, now.text));
    if (after.spread) {
        std::erase_if(made->members, [](const YamlMember& member) { return member.key == kSpread; });
    } else if (spread) {
        put_member(*made, kSpread, scalar_at(now, relative_text(*spread)));
    }
    return made;
}

// Merges a map that gives some of value, spread, source and kind; keys that it omits are kept.
YamlPointer with_new_description(const YamlValue& old, const std::optional<ParsedQuantity>& before,
                                 const YamlPointer& now) {
    auto base = std::make_shared<YamlValue>();
    base->kind = YamlKind::kMap;
    const auto spread = before ? spread_of(old, *before) : std::nullopt;
    if (is_number_with_origin(old)) {
        *base = old;
    } else {
        put_member(*base, kValue, scalar_at(old, old.text));
    }
    const YamlMember* value = now->member(kValue);
    const auto after = value != nullptr ? quantity_of(*value->value) : std::nullopt;
    std::erase_if(base->members, [](const YamlMember& member) { return member.key == kSpread; });
    if (spread && now->member(kSpread) == nullptr && !(after && after->spread)) {
        put_member(*base, kSpread, scalar_at(*now, relative_text(*spread)));
    }
    if (value == nullptr && before && before->spread) {  // otherwise the spread would be given twice
        put_member(*base, kValue, scalar_at(number_of(old), without_spread(number_of(old).text)));
    }
    return merged(base, now);
}

YamlPointer changed_number(const YamlValue& old, const YamlPointer& now) {
    auto after = quantity_of(number_of(*now));
    auto before = quantity_of(number_of(old));
    before = before ? before : share_of(number_of(old), after);
    if (!before) {
        return now;
    }
    if (describes_number(*now)) {
        return with_new_description(old, before, now);
    }
    // A text that is not a number of this dimension is kept as it is, and the reader reports the error.
    after = after ? after : share_of(*now, before);
    const bool goes_on = after && after->dimension == before->dimension;
    const bool has_more = is_number_with_origin(old) || before->spread;
    return goes_on && has_more ? with_new_value(old, *before, *now, *after) : now;
}

}  // namespace

YamlPointer in_place_of(const YamlPointer& present, const YamlPointer& now, const std::string& set_by) {
    const YamlPointer& old = present->overridden && present->overridden->before ? present->overridden->before : present;
    const auto before = quantity_of(number_of(*old));
    const auto after = quantity_of(*now);
    if (same_content(*old, *now) ||
        (before && after && before->dimension == after->dimension && same_number(*old, *before, *now, *after))) {
        return old;
    }
    auto changed = std::make_shared<YamlValue>(*changed_number(*old, now));
    const bool nothing = old->kind == YamlKind::kNull;
    changed->overridden = std::make_shared<const YamlOverride>(YamlOverride{set_by, nothing ? nullptr : old});
    return changed;
}

YamlPointer in_place_of_nothing(const YamlPointer& now, const std::string& set_by) {
    auto set = std::make_shared<YamlValue>(*now);
    set->overridden = std::make_shared<const YamlOverride>(YamlOverride{set_by, nullptr});
    return set;
}

bool is_value_of_number(const YamlValue& map, std::string_view rest) {
    return rest == kValue && is_number_with_origin(map);
}

}  // namespace berth
