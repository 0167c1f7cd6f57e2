// Flattens a configuration, and moves the fields of a nested configuration to the top level.
#include "importers/config_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "berth/base/quantity_text.h"

namespace berth {

namespace {

std::optional<double> number_of(const std::string& text) {
    if (text == "true" || text == "false") {
        return text == "true" ? 1 : 0;
    }
    return parse_number(text);
}

/// Field name of a list item that is a number, from its index: `depths.0`.
std::string item_name(const std::string& list, std::size_t place) { return list + "." + std::to_string(place); }

/// Name of the list that a name of an item belongs to; empty for other names.
std::string list_of_item(const std::string& name) {
    const std::size_t dot = name.rfind('.');
    const bool item = dot != std::string::npos && name.find_first_not_of("0123456789", dot + 1) == std::string::npos;
    return item ? name.substr(0, dot) : "";
}

std::string count_name(const std::string& field) { return field + std::string(kCountSuffix); }

/// A list of equal numbers also stands for that number, as `[224, 224]` does for an image that is a square.
void add_common_number(const std::string& list, std::size_t items, ConfigFields& fields) {
    const auto first = fields.numbers.find(item_name(list, 0));
    if (first == fields.numbers.end()) {
        return;
    }
    const double common = first->second;
    for (std::size_t i = 1; i < items; ++i) {
        const auto other = fields.numbers.find(item_name(list, i));
        if (other == fields.numbers.end() || other->second != common) {
            return;
        }
    }
    fields.numbers.emplace(list, common);
}

void add_list(const YamlNode& list, const std::string& name, ConfigFields& fields) {
    const auto items = list.sequence();
    fields.numbers.emplace(count_name(name), static_cast<double>(items.size()));
    std::vector<std::string> texts;
    for (const YamlNode& item : items) {
        if (item.is_scalar()) {
            texts.push_back(item.scalar_text().value_or(""));
            if (const auto number = number_of(texts.back())) {
                fields.numbers.emplace(item_name(name, texts.size() - 1), *number);
            }
        }
    }
    if (texts.size() == items.size()) {
        fields.lists.emplace(name, std::move(texts));
        add_common_number(name, items.size(), fields);
    }
}

void add_fields(const YamlNode& map, const std::string& prefix, ConfigFields& fields) {
    for (const YamlEntry& entry : map.entries()) {
        const std::string name = prefix + entry.key;
        fields.order.push_back(name);
        fields.places.emplace(name, entry.value.where());
        if (entry.value.is_map()) {
            fields.maps.insert(name);
            fields.numbers.emplace(count_name(name), static_cast<double>(entry.value.entries().size()));
            add_fields(entry.value, name + ".", fields);
        } else if (entry.value.is_sequence()) {
            add_list(entry.value, name, fields);
        } else if (entry.value.is_null()) {
            fields.texts.emplace(name, kNullText);
        } else if (entry.value.is_scalar()) {
            const std::string text = entry.value.scalar_text().value_or("");
            fields.texts.emplace(name, text);
            if (const auto number = number_of(text)) {
                fields.numbers.emplace(name, *number);
            }
        }
    }
}

/// Replaces the entry `name` by the entry `inner.name`, or removes it if there is none.
template <class Map>
void raise(Map& map, const std::string& inner, const std::string& name) {
    map.erase(name);
    if (const auto found = map.find(inner + "." + name); found != map.end()) {
        auto value = found->second;
        map.emplace(name, std::move(value));
    }
}

}  // namespace

ConfigFields config_fields(const YamlNode& root) {
    ConfigFields fields;
    add_fields(root, "", fields);
    return fields;
}

void raise_inner_fields(ConfigFields& fields, const std::string& inner) {
    fields.inner = inner;
    const std::string prefix = inner + ".";
    for (const std::string& full : fields.order) {
        if (full.starts_with(prefix)) {
            const std::string name = full.substr(prefix.size());
            fields.raised.insert(name);
            raise(fields.numbers, inner, name);
            raise(fields.numbers, inner, count_name(name));
            raise(fields.texts, inner, name);
            raise(fields.lists, inner, name);
            for (std::size_t i = 0; i < items_of(fields, name).size(); ++i) {
                raise(fields.numbers, inner, item_name(name, i));
                fields.raised.insert(item_name(name, i));
            }
            raise(fields.places, inner, name);
        }
    }
}

std::optional<std::string> map_of_sizes(const ConfigFields& fields, const std::set<std::string>& used) {
    constexpr std::array<std::string_view, 5> kSizes{"hidden_size", "num_hidden_layers", "d_model", "n_embd",
                                                     "n_layer"};
    if (!fields.inner.empty()) {
        return std::nullopt;
    }
    const auto states_what_was_filled_in = [&](const std::string& name) {
        const std::size_t dot = name.rfind('.');
        const std::string size = dot == std::string::npos ? std::string() : name.substr(dot + 1);
        return std::ranges::find(kSizes, size) != kSizes.end() && used.contains(size) && !fields.places.contains(size);
    };
    const auto nested = std::ranges::find_if(fields.order, states_what_was_filled_in);
    return nested == fields.order.end() ? std::nullopt : std::optional(nested->substr(0, nested->rfind('.')));
}

FieldState state_of(const ConfigFields& fields, const std::string& field) {
    if (fields.numbers.contains(field)) {
        return FieldState::kNumber;
    }
    const std::string named = fields.places.contains(field) ? field : list_of_item(field);
    if (!fields.places.contains(named) || fields.numbers.contains(named)) {
        return FieldState::kAbsent;
    }
    const auto text = fields.texts.find(named);
    return text != fields.texts.end() && text->second == kNullText ? FieldState::kNull : FieldState::kOther;
}

void repeat_number(ConfigFields& fields, const std::string& item) {
    const std::string list = list_of_item(item);
    const auto number = fields.numbers.find(list);
    if (number != fields.numbers.end() && !fields.lists.contains(list)) {
        fields.numbers.emplace(item, number->second);
    }
}

std::string form_of(const ConfigFields& fields, const std::string& field) {
    if (const auto text = fields.texts.find(field); text != fields.texts.end()) {
        return text->second == kNullText ? std::string(kNullText) : fmt::format("'{}'", text->second);
    }
    const auto list = fields.lists.find(field);
    return list == fields.lists.end() ? fmt::format("a map of {}", fields.numbers.at(count_name(field)))
                                      : fmt::format("[{}]", fmt::join(list->second, ", "));
}

std::vector<std::string> items_of(const ConfigFields& fields, std::string_view field) {
    if (const auto list = fields.lists.find(field); list != fields.lists.end()) {
        return list->second;
    }
    std::vector<std::string> letters;
    if (const auto text = fields.texts.find(field);
        text != fields.texts.end() && text->second != kNullText && !number_of(text->second)) {
        for (const char letter : text->second) {
            letters.emplace_back(1, letter);
        }
    }
    return letters;
}

}  // namespace berth
