// Schema shared by architectures and written-out graphs: inputs, checks and operators with the sizes of their kinds.
#include <fmt/format.h>

#include <algorithm>

#include "berth/graph/operators.h"
#include "graph/size_rules.h"
#include "schema/schemas.h"

namespace berth {

namespace {

/// Kinds of operator with the same sizes.
struct SizeGroup {
    std::span<const SizeField> fields;
    std::vector<std::string> kinds;
};

bool same(std::span<const SizeField> a, std::span<const SizeField> b) {
    return std::ranges::equal(
        a, b, [](const SizeField& x, const SizeField& y) { return x.name == y.name && x.required() == y.required(); });
}

std::vector<SizeGroup> size_groups() {
    std::vector<SizeGroup> groups;
    for (const OperatorTraits& row : operator_table()) {
        const auto found = std::ranges::find_if(groups, [&](const SizeGroup& g) { return same(g.fields, row.sizes); });
        SizeGroup& group = found == groups.end() ? groups.emplace_back(SizeGroup{row.sizes, {}}) : *found;
        group.kinds.emplace_back(row.name);
    }
    return groups;
}

// Description of a size from the operator table, such as "needed; of conv2d: 1 if not given".
std::string size_meaning(std::string_view name) {
    std::vector<std::pair<std::string, std::vector<std::string>>> uses;
    for (const OperatorTraits& row : operator_table()) {
        for (const SizeField& field : row.sizes) {
            if (field.name != name) {
                continue;
            }
            const std::string use = field.required()        ? "needed"
                                    : field.same_as.empty() ? fmt::format("{} if not given", *field.fallback)
                                                            : fmt::format("as {} if not given", field.same_as);
            auto found = std::ranges::find(uses, use, [](const auto& each) { return each.first; });
            auto& kinds = found == uses.end() ? uses.emplace_back(use, std::vector<std::string>{}) : *found;
            kinds.second.emplace_back(row.name);
        }
    }
    std::string text;
    for (const auto& [use, kinds] : uses) {
        text += fmt::format("{}of {}: {}", text.empty() ? "" : "; ", fmt::join(kinds, ", "), use);
    }
    return text;
}

/// The union of the ranges that a size has in all kinds.
IntegerRange size_range(std::string_view name) {
    IntegerRange range{kLargestCount, 0};
    for (const OperatorTraits& row : operator_table()) {
        for (const SizeField& field : row.sizes) {
            if (field.name == name) {
                range = {std::min(range.min, field.min), std::max(range.max, field.max)};
            }
        }
    }
    return range;
}

Part size_part(std::string_view name, GraphForm form) {
    if (form == GraphForm::kTemplate) {
        return expression();
    }
    const IntegerRange range = size_range(name);
    return {{{"type", {"integer", "string", "boolean"}}, {"minimum", range.min}, {"maximum", range.max}}};
}

std::vector<Key> size_keys(GraphForm form) {
    std::vector<Key> keys;
    for (const OperatorTraits& row : operator_table()) {
        for (const SizeField& field : row.sizes) {
            const bool known = std::ranges::any_of(keys, [&](const Key& key) { return key.name == field.name; });
            if (!known && field.name != kInputsSize) {
                keys.push_back(optional(field.name, "size; " + size_meaning(field.name), size_part(field.name, form)));
            }
        }
    }
    return keys;
}

// An operator may have the sizes of its kind, and must have those without a default.
Json size_rules(const std::vector<std::string>& common) {
    Json rules = Json::array();
    for (const SizeGroup& group : size_groups()) {
        std::vector<std::string> allowed = common;
        std::vector<std::string> needed;
        for (const SizeField& field : group.fields) {
            if (field.name == kInputsSize) {
                continue;
            }
            allowed.emplace_back(field.name);
            if (field.required()) {
                needed.emplace_back(field.name);
            }
        }
        Json then = has_all(needed);
        then["propertyNames"] = {{"enum", allowed}};
        rules.push_back(
            if_then({{"required", {"op"}}, {"properties", {{"op", {{"enum", group.kinds}}}}}}, std::move(then)));
    }
    return rules;
}

Part shape_list() { return list_of(expression(), 1); }

}  // namespace

Part expression() { return text(); }

Part graph_inputs() {
    Part part = map_of(object_with({
        required("shape", "a list such as [batch, tokens]", shape_list()),
        optional("integer", "true for ids, which stay 32-bit", boolean()),
        optional("when", "the input exists only if this is not 0", expression()),
    }));
    part.shape["propertyNames"] = {{"not", {{"const", kPreviousResult}}}};
    return part;
}

Part graph_checks() {
    return list_of(object_with({
        required("law", "a condition that must hold, such as hidden % heads == 0", expression()),
        required("message", "the error message if it does not hold, with {name} for values", text()),
    }));
}

Part graph_operators(GraphForm form) {
    std::vector<Key> keys = {
        required("name", form == GraphForm::kWritten ? "its name" : "its name, after the section's prefix", text()),
        required("op", "its kind, which determines its sizes", choice(operator_names())),
        optional("category", "for sums in reports; each kind has its own default", choice(kCategoryNames)),
        optional("inputs", "names of operators or of inputs of the graph; 'input' is the previous result",
                 list_of(text())),
        required("shape", "of its result, such as [batch, tokens, hidden]", shape_list()),
        optional("when", "the operator exists only if this is not 0", expression()),
        optional("table_of", "operator before it in its section, or of an earlier one, whose weights it shares",
                 text()),
        optional("bias_of", "likewise, whose bias, or scale and shift, it shares", text()),
        optional("output", "true: its result leaves the graph even if operators read it", boolean()),
        optional("otherwise", "what its readers read if it does not exist; its first input if absent", text()),
    };
    if (form == GraphForm::kWritten) {
        keys.push_back(
            optional("block", "number of the block it belongs to, for placement by block", integer({0, 1'000'000})));
    }
    const std::vector<std::string> common = choice_names(keys);
    const std::vector<Key> sizes = size_keys(form);
    keys.insert(keys.end(), sizes.begin(), sizes.end());
    Part item = object_with(keys);
    item.shape["allOf"] = size_rules(common);
    return list_of(std::move(item), 1);
}

}  // namespace berth
