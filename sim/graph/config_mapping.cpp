// Reads which configurations an architecture stands for, and where their fields give its sizes.
#include "berth/config_mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace berth {

namespace {

std::vector<std::string> read_texts(const YamlNode& node) {
    std::vector<std::string> texts;
    for (const YamlNode& item : node.sequence()) {
        if (auto text = item.text()) {
            texts.push_back(std::move(*text));
        }
    }
    if (node.exists() && texts.empty()) {
        node.error("the list is empty", "at least one item");
    }
    return texts;
}

std::optional<Expression> read_field_expression(const YamlNode& node) {
    const auto text = node.text();
    return text ? parse_expression(*text, node.content_where(), node.diagnostics()) : std::nullopt;
}

std::vector<SizeSource> read_sources(const YamlNode& node, std::span<const std::string> known) {
    std::vector<SizeSource> sources;
    for (const YamlEntry& entry : node.entries()) {
        if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
            node.diagnostics().error(entry.key_where, fmt::format("unknown size '{}'", entry.key), "",
                                     nearest_name(entry.key, known));
        }
        SizeSource source{entry.key, {}};
        const auto items = entry.value.is_sequence() ? entry.value.sequence() : std::vector<YamlNode>{entry.value};
        for (const YamlNode& item : items) {
            if (auto expression = read_field_expression(item)) {
                source.alternatives.push_back(std::move(*expression));
            }
        }
        sources.push_back(std::move(source));
    }
    return sources;
}

ConfigMapping read_mapping(const YamlNode& node, std::span<const std::string> sizes) {
    ConfigMapping mapping;
    mapping.where = node.where();
    mapping.model_types = read_texts(node.require("model_types", "a list of values of model_type"));
    if (const auto part = node.find("part")) {
        mapping.part = part->text().value_or("");
    }
    mapping.sizes = read_sources(node.require("sizes", "a map from sizes to fields of the configuration"), sizes);
    if (const auto values = node.find("values")) {
        for (const YamlEntry& entry : values->entries()) {
            mapping.values.push_back({entry.key, read_texts(entry.value)});
        }
    }
    if (const auto checks = node.find("checks")) {
        for (const YamlNode& item : checks->sequence()) {
            auto law = read_field_expression(item.require("law", "a condition over fields"));
            auto message = item.require("message", "what to say if the law does not hold").text();
            item.reject_unknown_keys();
            if (law && message) {
                mapping.checks.push_back({std::move(*law), std::move(*message)});
            }
        }
    }
    if (const auto heads = node.find("heads")) {
        for (const YamlEntry& entry : heads->entries()) {
            mapping.heads.push_back({entry.key, read_sources(entry.value, sizes)});
        }
    }
    node.reject_unknown_keys();
    return mapping;
}

}  // namespace

std::vector<ConfigMapping> read_config_mappings(const YamlNode& node, std::span<const std::string> sizes) {
    std::vector<ConfigMapping> mappings;
    for (const YamlNode& item : node.sequence()) {
        mappings.push_back(read_mapping(item, sizes));
    }
    return mappings;
}

}  // namespace berth
