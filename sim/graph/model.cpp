// Reads a model: its architecture, its sizes, and its published number of parameters.
#include "berth/graph/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "berth/base/quantity_text.h"
#include "graph/borrowed_sections.h"
#include "graph/size_rules.h"

namespace berth {

namespace {

std::shared_ptr<const Architecture> load_architecture(const YamlNode& node, const std::filesystem::path& directory,
                                                      const ReadDocument& read) {
    const auto name = node.text();
    if (!name) {
        return nullptr;
    }
    const std::vector<std::string> known = architectures_in(directory);
    const auto found = find_name(*name, known);
    if (!found) {
        const std::string suggestion = suggested_names(*name, known);
        node.error(fmt::format("unknown architecture '{}'", *name), suggestion.empty() ? list_of(known) : "",
                   suggestion);
        return nullptr;
    }
    const auto document = read(directory / (known[*found] + ".yaml"), node.diagnostics());
    auto architecture = document ? read_architecture(document->root(node.diagnostics()), read) : std::nullopt;
    return architecture ? std::make_shared<const Architecture>(std::move(*architecture)) : nullptr;
}

/// Parses parameter counts as on model cards: `33.4 M`, `1.24 B`, `22713601`.
std::optional<std::int64_t> read_parameters(const YamlNode& node) {
    constexpr std::string_view kExpected = "a count such as 33.4 M, 1.24 B or 22713601";
    const auto text = node.text();
    if (!text) {
        return std::nullopt;
    }
    std::string_view digits = *text;
    double unit = 1;
    if (!digits.empty()) {
        unit = digits.back() == 'M' ? 1e6 : digits.back() == 'B' ? 1e9 : 1;
        digits.remove_suffix(unit > 1 ? 1 : 0);
    }
    const auto number = parse_number(digits);
    const double count = number ? std::round(*number * unit) : -1;
    if (count < 1 || count > static_cast<double>(kLargestCount)) {
        node.error(fmt::format("'{}' is no count of parameters", *text), std::string(kExpected));
        return std::nullopt;
    }
    return static_cast<std::int64_t>(count);
}

/// Reads a whole number, or true or false for a flag.
std::optional<std::int64_t> read_size(const YamlNode& node, const SizeRule& rule) {
    const bool is_flag = rule.min == 0 && rule.max == 1;
    const auto text = is_flag && node.is_scalar() ? node.text() : std::nullopt;
    if (text && (*text == "true" || *text == "false")) {
        return *text == "true" ? 1 : 0;
    }
    IntegerRange range{rule.min};
    if (rule.max != kLargestCount) {
        range.max = rule.max;
    }
    return node.integer(range);
}

/// Reads a value per round, or values of the first rounds, which repeat; one value applies to all rounds.
void read_rounds(const YamlNode& node, const SizeRule& rule, Symbols& sizes) {
    const std::vector<YamlNode> items = node.is_sequence() ? node.sequence() : std::vector<YamlNode>{node};
    std::int64_t round = 0;
    for (const YamlNode& item : items) {
        if (const auto value = read_size(item, rule)) {
            sizes[round_value(rule.name, round++)] = static_cast<double>(*value);
        }
    }
    if (items.empty()) {
        node.error("the list is empty", fmt::format("a value for each of the {}", rule.per));
    }
}

bool is_given(const Model& model, std::string_view size) {
    return std::any_of(model.size_places.begin(), model.size_places.end(),
                       [&](const auto& place) { return place.first == size; });
}

/// Reads a map of sizes into the model; the architecture defines the names. `meant` collects the known names that
/// unknown ones resemble.
void read_sizes(const YamlNode& node, Model& model, std::vector<std::string>& meant) {
    std::vector<std::string> known;
    for (const SizeRule& rule : model.architecture->sizes) {
        known.push_back(rule.name);
    }
    for (const YamlEntry& entry : node.entries()) {
        const auto rule = std::find(known.begin(), known.end(), entry.key);
        if (rule == known.end()) {
            const std::string suggestion = nearest_name(entry.key, known);
            node.diagnostics().error(entry.key_where, fmt::format("unknown size '{}'", entry.key),
                                     suggestion.empty() ? list_of(known) : "", suggestion);
            meant.push_back(suggestion);
            continue;
        }
        if (is_given(model, entry.key)) {
            node.diagnostics().error(entry.key_where, fmt::format("size '{}' is given twice", entry.key));
            continue;
        }
        const auto index = static_cast<std::size_t>(rule - known.begin());
        const SizeRule& size = model.architecture->sizes[index];
        if (size.per.empty()) {
            if (const auto value = read_size(entry.value, size)) {
                model.sizes[entry.key] = static_cast<double>(*value);
            }
        } else {
            read_rounds(entry.value, size, model.sizes);
        }
        model.size_places.emplace_back(entry.key, entry.value.where());
    }
}

/// Reports missing sizes, except those found under a misspelt name.
void report_missing_sizes(const YamlNode& node, const Model& model, const std::vector<std::string>& meant) {
    for (const SizeRule& rule : model.architecture->sizes) {
        const bool misspelt = std::find(meant.begin(), meant.end(), rule.name) != meant.end();
        if (!rule.fallback && !misspelt && !is_given(model, rule.name)) {
            node.diagnostics().error(node.where(), fmt::format("missing size '{}'", rule.name), rule.meaning);
        }
    }
}

void read_architecture_of(const YamlNode& root, const std::filesystem::path& architectures, const ReadDocument& read,
                          Model& model) {
    model.architecture = load_architecture(
        root.require("architecture", "the name of a file in models/architectures, or the key 'graph'"), architectures,
        read);
    const YamlNode sizes = root.require("sizes", "a map of the architecture's sizes");
    const auto head = root.find("head");
    if (model.architecture) {
        std::vector<std::string> meant;
        read_sizes(sizes, model, meant);
        if (head) {
            read_sizes(*head, model, meant);
        }
        if (sizes.exists()) {
            report_missing_sizes(sizes, model, meant);
        }
    }
}

/// Reads a written-out graph, which has no sizes of its own.
void read_graph_of(const YamlNode& graph, const YamlNode& root, Model& model) {
    for (const std::string_view key : {"architecture", "sizes", "head"}) {
        if (const auto node = root.find(key)) {
            node->error("it does not go with 'graph'", "the one or the other");
        }
    }
    auto written = read_written_graph(graph);
    model.architecture = written ? std::make_shared<const Architecture>(std::move(*written)) : nullptr;
}

}  // namespace

std::optional<Model> read_model(const YamlNode& root, const std::filesystem::path& architectures,
                                const ReadDocument& read) {
    Diagnostics& diagnostics = root.diagnostics();
    const std::size_t errors_before = diagnostics.error_count();
    Model model;
    model.where = root.where();
    model.name = root.require("model", "the model's name").text().value_or("");
    if (const auto graph = root.find("graph")) {
        read_graph_of(*graph, root, model);
    } else {
        read_architecture_of(root, architectures, read, model);
    }
    if (const auto parameters = root.find("parameters")) {
        model.published_parameters = read_parameters(*parameters);
    }
    if (const auto unused = root.find("unused_parameters")) {
        model.unused_parameters = unused->integer({0, kLargestCount}).value_or(0);
    }
    if (const auto source = root.find("source")) {
        model.source = source->text().value_or("");
    }
    root.reject_unknown_keys();
    if (diagnostics.error_count() != errors_before) {
        return std::nullopt;
    }
    if (fill_in_defaults(*model.architecture, model.sizes, diagnostics) && sizes_in_range(model, diagnostics) &&
        obey_checks(model, model.sizes, diagnostics)) {
        return model;
    }
    return std::nullopt;
}

}  // namespace berth
