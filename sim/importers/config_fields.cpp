// Flattens a configuration, and moves the fields of a nested configuration to the top level.
#include "importers/config_fields.h"

#include "berth/quantity_text.h"

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

void add_list(const YamlNode& list, const std::string& name, ConfigFields& fields) {
    const auto items = list.sequence();
    fields.numbers.emplace(name, static_cast<double>(items.size()));
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
    }
}

void add_fields(const YamlNode& map, const std::string& prefix, ConfigFields& fields) {
    for (const YamlEntry& entry : map.entries()) {
        const std::string name = prefix + entry.key;
        fields.order.push_back(name);
        fields.places.emplace(name, entry.value.where());
        if (entry.value.is_map()) {
            fields.numbers.emplace(name, static_cast<double>(entry.value.entries().size()));
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
            raise(fields.texts, inner, name);
            raise(fields.lists, inner, name);
            for (std::size_t i = 0; i < items_of(fields, name).size(); ++i) {
                raise(fields.numbers, inner, item_name(name, i));
            }
            raise(fields.places, inner, name);
        }
    }
}

std::vector<std::string> items_of(const ConfigFields& fields, std::string_view field) {
    if (const auto list = fields.lists.find(field); list != fields.lists.end()) {
        return list->second;
    }
    std::vector<std::string> letters;
    if (const auto text = fields.texts.find(field); text != fields.texts.end() && text->second != kNullText) {
        for (const char letter : text->second) {
            letters.emplace_back(1, letter);
        }
    }
    return letters;
}

}  // namespace berth
