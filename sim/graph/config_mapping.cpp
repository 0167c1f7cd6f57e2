// Reads which configurations an architecture applies to, and the fields that its sizes come from.
#include "berth/graph/config_mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "berth/graph/model.h"

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

/// `{field: layer_types, means: {sliding_attention: sliding_window, full_attention: 0}}`, or
/// `{listed_in: mlp_only_layers, then: 0, else: 1}`.
std::optional<SizeAlternative> read_texts_of_field(const YamlNode& node) {
    SizeAlternative read;
    read.where = node.where();
    const auto list = node.find("listed_in");
    const auto listed = node.find("then");
    const auto others = node.find("else");
    const auto means = node.find("means");
    if (list && listed && others) {
        read.listed_in = list->text().value_or("");
        read.listed = read_field_expression(*listed);
        read.others = read_field_expression(*others);
    } else if (list || listed || others) {
        node.error("a list of rounds needs all of its keys", "listed_in, then and else");
    } else {
        read.field = node.require("field", "a field whose texts have meanings").text().value_or("");
    }
    for (const YamlEntry& entry : means ? means->entries() : std::vector<YamlEntry>{}) {
        if (auto value = read_field_expression(entry.value)) {
            read.meanings.emplace_back(entry.key, std::move(*value));
        }
    }
    node.reject_unknown_keys();
    return read;
}

std::optional<SizeAlternative> read_alternative(const YamlNode& node) {
    if (node.is_map()) {
        return read_texts_of_field(node);
    }
    auto expression = read_field_expression(node);
    if (!expression) {
        return std::nullopt;
    }
    SizeAlternative read;
    read.where = node.where();
    read.expression = std::move(expression);
    return read;
}

std::vector<SizeSource> read_sources(const YamlNode& node, std::span<const SizeRule> rules) {
    std::vector<std::string> known;
    std::ranges::transform(rules, std::back_inserter(known), &SizeRule::name);
    std::vector<SizeSource> sources;
    for (const YamlEntry& entry : node.entries()) {
        if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
            node.diagnostics().error(entry.key_where, fmt::format("unknown size '{}'", entry.key), "",
                                     nearest_name(entry.key, known));
        }
        SizeSource source{entry.key, {}};
        const auto items = entry.value.is_sequence() ? entry.value.sequence() : std::vector<YamlNode>{entry.value};
        for (const YamlNode& item : items) {
            if (auto alternative = read_alternative(item)) {
                source.alternatives.push_back(std::move(*alternative));
            }
        }
        sources.push_back(std::move(source));
    }
    return sources;
}

std::vector<std::pair<std::string, std::vector<Expression>>> read_defaults(const YamlNode& node) {
    std::vector<std::pair<std::string, std::vector<Expression>>> defaults;
    for (const YamlEntry& entry : node.entries()) {
        std::vector<Expression> alternatives;
        for (const YamlNode& item :
             entry.value.is_sequence() ? entry.value.sequence() : std::vector<YamlNode>{entry.value}) {
            if (auto expression = read_field_expression(item)) {
                alternatives.push_back(std::move(*expression));
            }
        }
        defaults.emplace_back(entry.key, std::move(alternatives));
    }
    return defaults;
}

ConfigMapping read_mapping(const YamlNode& node, std::span<const SizeRule> sizes) {
    ConfigMapping mapping;
    mapping.where = node.where();
    mapping.model_types = read_texts(node.require("model_types", "a list of values of model_type"));
    if (const auto part = node.find("part")) {
        mapping.part = part->text().value_or("");
    }
    if (const auto wrappers = node.find("text_of")) {
        mapping.text_of = read_texts(*wrappers);
    }
    if (const auto when = node.find("when")) {
        mapping.when = read_field_expression(*when);
    }
    if (const auto defaults = node.find("defaults")) {
        mapping.defaults = read_defaults(*defaults);
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

std::vector<ConfigMapping> read_config_mappings(const YamlNode& node, std::span<const SizeRule> sizes) {
    std::vector<ConfigMapping> mappings;
    for (const YamlNode& item : node.sequence()) {
        mappings.push_back(read_mapping(item, sizes));
    }
    return mappings;
}

}  // namespace berth
