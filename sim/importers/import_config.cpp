// Reads a configuration by the mapping of the architecture that stands for its model type.
#include "berth/import_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/yaml_text.h"
#include "berth/graph.h"
#include "berth/quantity_text.h"
#include "graph/size_rules.h"

namespace berth {

namespace {

constexpr std::string_view kModelType = "model_type";
constexpr std::string_view kHeads = "architectures";
constexpr std::string_view kName = "_name_or_path";

/// The configuration taken apart: numbers, texts and where they stand, nested fields joined by dots.
struct Fields {
    Symbols numbers;
    std::map<std::string, std::string, std::less<>> texts;
    std::map<std::string, SourceLocation, std::less<>> places;
    std::vector<std::string> order;
};

void add_fields(const YamlNode& map, const std::string& prefix, Fields& fields) {
    for (const YamlEntry& entry : map.entries()) {
        const std::string name = prefix + entry.key;
        fields.order.push_back(name);
        fields.places.emplace(name, entry.value.where());
        if (entry.value.is_map()) {
            fields.numbers.emplace(name, static_cast<double>(entry.value.entries().size()));
            add_fields(entry.value, name + ".", fields);
        } else if (entry.value.is_sequence()) {
            fields.numbers.emplace(name, static_cast<double>(entry.value.sequence().size()));
        } else if (entry.value.is_scalar()) {
            const std::string text = entry.value.text().value_or("");
            fields.texts.emplace(name, text);
            if (text == "true" || text == "false") {
                fields.numbers.emplace(name, text == "true" ? 1 : 0);
            } else if (const auto number = parse_number(text)) {
                fields.numbers.emplace(name, *number);
            }
        }
    }
}

class ConfigReader {
  public:
    ConfigReader(const YamlNode& root, std::span<const Architecture> architectures, const std::string& part)
        : root_(root), diagnostics_(root.diagnostics()), architectures_(architectures), part_(part) {}

    std::optional<ImportedConfig> read(const std::string& name) {
        if (!root_.is_map()) {
            root_.error("this is no configuration", "a map with the key model_type, as in config.json");
            return std::nullopt;
        }
        const std::size_t errors_before = diagnostics_.error_count();
        add_fields(root_, "", fields_);
        if (!choose_mapping()) {
            return std::nullopt;
        }
        check_values();
        check_laws();
        ImportedConfig result;
        result.model.architecture = std::make_shared<const Architecture>(*architecture_);
        result.model.where = root_.where();
        result.model.name = name_of(name);
        const auto sizes = read_sizes(mapping_->sizes, result.model);
        const auto heads = read_head(result.model);
        if (diagnostics_.error_count() != errors_before || !is_possible(result.model)) {
            return std::nullopt;
        }
        result.yaml = yaml_of(result.model, sizes, heads);
        result.ignored = ignored_fields();
        return result;
    }

  private:
    using Given = std::vector<std::pair<std::string, std::int64_t>>;

    bool choose_mapping() {
        const YamlNode node = root_.require(kModelType, "the kind of model, as in config.json");
        const auto type = node.text();
        if (!type) {
            return false;
        }
        used_.insert(std::string(kModelType));
        std::vector<std::string> parts;
        for (const Architecture& architecture : architectures_) {
            for (const ConfigMapping& mapping : architecture.huggingface) {
                if (std::ranges::find(mapping.model_types, *type) == mapping.model_types.end()) {
                    continue;
                }
                parts.push_back(mapping.part);
                if (mapping.part == part_) {
                    architecture_ = &architecture;
                    mapping_ = &mapping;
                }
            }
        }
        if (parts.empty()) {
            const auto known = importable_model_types(architectures_);
            diagnostics_.error(node.where(), fmt::format("no architecture stands for model_type '{}'", *type),
                               list_of(known), nearest_name(*type, known));
        } else if (mapping_ == nullptr) {
            report_part(node, *type, std::move(parts));
        }
        return mapping_ != nullptr;
    }

    void report_part(const YamlNode& node, const std::string& type, std::vector<std::string> parts) {
        std::ranges::sort(parts);
        const bool whole = parts.size() == 1 && parts.front().empty();
        if (part_.empty()) {
            diagnostics_.error(node.where(), fmt::format("model_type '{}' describes {} models", type, parts.size()),
                               "--part " + list_of(parts));
        } else {
            diagnostics_.error(node.where(), fmt::format("model_type '{}' has no part '{}'", type, part_),
                               whole ? "no part" : list_of(parts), nearest_name(part_, parts));
        }
    }

    void check_values() {
        for (const FieldValues& rule : mapping_->values) {
            used_.insert(rule.field);
            const auto found = fields_.texts.find(rule.field);
            if (found != fields_.texts.end() && std::ranges::find(rule.allowed, found->second) == rule.allowed.end()) {
                diagnostics_.error(
                    fields_.places.at(rule.field),
                    fmt::format("{} '{}' has no form in {}", rule.field, found->second, architecture_->name),
                    list_of(rule.allowed));
            }
        }
    }

    void check_laws() {
        for (const FieldLaw& check : mapping_->checks) {
            if (!all_there(check.law)) {
                continue;
            }
            const auto holds = check.law.evaluate(fields_.numbers, diagnostics_);
            if (holds && *holds == 0) {
                diagnostics_.error(place_of(check.law), with_values(check.message, fields_.numbers));
            }
        }
    }

    [[nodiscard]] bool all_there(const Expression& expression) const {
        return std::ranges::all_of(expression.symbols(),
                                   [this](const std::string& name) { return fields_.numbers.contains(name); });
    }

    /// Where the first field of an expression stands; the whole file for a constant.
    SourceLocation place_of(const Expression& expression) {
        for (const std::string& symbol : expression.symbols()) {
            used_.insert(symbol);
        }
        const auto symbols = expression.symbols();
        return symbols.empty() ? root_.where() : fields_.places.at(symbols.front());
    }

    std::optional<std::int64_t> size_of(const Expression& expression) {
        const SourceLocation where = place_of(expression);
        Diagnostics failures;
        const auto value = expression.evaluate_count(fields_.numbers, failures);
        for (const Diagnostic& failure : failures.all()) {
            diagnostics_.error(where, failure.message, failure.expected, failure.suggestion);
        }
        return value;
    }

    /// Sizes with a source whose fields are there; the others must have a default.
    Given read_sizes(const std::vector<SizeSource>& sources, Model& model) {
        Given given;
        for (const SizeSource& source : sources) {
            const auto chosen =
                std::ranges::find_if(source.alternatives, [this](const Expression& one) { return all_there(one); });
            if (chosen == source.alternatives.end()) {
                report_missing(source);
                continue;
            }
            if (const auto value = size_of(*chosen)) {
                given.emplace_back(source.size, *value);
                model.sizes.insert_or_assign(source.size, static_cast<double>(*value));
                model.size_places.emplace_back(source.size, place_of(*chosen));
            }
        }
        return given;
    }

    /// Not an error where the architecture has a default. A field of the wrong type is told from one that is missing.
    void report_missing(const SizeSource& source) {
        const auto rule =
            std::ranges::find_if(architecture_->sizes, [&](const SizeRule& one) { return one.name == source.size; });
        if (rule != architecture_->sizes.end() && rule->fallback) {
            return;
        }
        for (const Expression& expression : source.alternatives) {
            for (const std::string& symbol : expression.symbols()) {
                if (fields_.numbers.contains(symbol)) {
                    continue;
                }
                const auto place = fields_.places.find(symbol);
                if (place != fields_.places.end()) {
                    diagnostics_.error(place->second, fmt::format("field '{}' is no number", symbol), "a number");
                } else {
                    diagnostics_.error(root_.where(), fmt::format("missing field '{}'", symbol),
                                       rule == architecture_->sizes.end() ? "a number" : rule->meaning,
                                       nearest_name(symbol, fields_.order));
                }
                return;
            }
        }
    }

    Given read_head(Model& model) {
        const auto heads = root_.find(kHeads);
        if (!heads || !heads->is_sequence() || heads->sequence().empty()) {
            return {};
        }
        used_.insert(std::string(kHeads));
        const auto name = heads->sequence().front().text().value_or("");
        for (const HeadMapping& head : mapping_->heads) {
            if (matches_pattern(head.pattern, name)) {
                return read_sizes(head.sizes, model);
            }
        }
        if (!mapping_->heads.empty()) {
            std::vector<std::string> known;
            std::ranges::transform(mapping_->heads, std::back_inserter(known), &HeadMapping::pattern);
            diagnostics_.warning(
                heads->where(),
                fmt::format("the head of {} is left out: {} does not know it", name, architecture_->name),
                list_of(known));
        }
        return {};
    }

    bool is_possible(Model& model) {
        return fill_in_defaults(*architecture_, model.sizes, diagnostics_) && sizes_in_range(model, diagnostics_) &&
               obey_checks(model, model.sizes, diagnostics_);
    }

    std::string name_of(const std::string& asked) {
        const auto path = fields_.texts.find(kName);
        if (path != fields_.texts.end()) {
            used_.insert(std::string(kName));
        }
        if (!asked.empty()) {
            return asked;
        }
        const std::string suffix = part_.empty() ? "" : "-" + part_;
        if (path != fields_.texts.end()) {
            std::string_view name = path->second;
            while (name.ends_with('/')) {
                name.remove_suffix(1);
            }
            name = name.substr(name.rfind('/') + 1);
            if (!name.empty() && name != "." && name != "..") {
                return std::string(name) + suffix;
            }
        }
        return fields_.texts.find(kModelType)->second + suffix;
    }

    [[nodiscard]] std::string map_of(const Given& given) const {
        std::vector<std::string> entries;
        for (const auto& [size, value] : given) {
            const auto rule = std::ranges::find(architecture_->sizes, size, &SizeRule::name);
            const bool flag = rule != architecture_->sizes.end() && rule->min == 0 && rule->max == 1;
            entries.push_back(flag ? fmt::format("{}: {}", size, value != 0) : fmt::format("{}: {}", size, value));
        }
        return fmt::format("{{{}}}", fmt::join(entries, ", "));
    }

    [[nodiscard]] std::string yaml_of(const Model& model, const Given& sizes, const Given& heads) const {
        std::string text = fmt::format("model: {}\narchitecture: {}\nsizes: {}\n", yaml_scalar(model.name),
                                       yaml_scalar(model.architecture->name), map_of(sizes));
        if (!heads.empty()) {
            text += fmt::format("head: {}\n", map_of(heads));
        }
        const auto path = fields_.texts.find(kName);
        return text + fmt::format("source: {}\n", yaml_scalar(path == fields_.texts.end() || path->second.empty()
                                                                  ? fmt::format("config.json of model_type {}",
                                                                                fields_.texts.find(kModelType)->second)
                                                                  : fmt::format("config.json of {}", path->second)));
    }

    /// Of a nested map of which something was used, the fields that were not; else its name alone.
    [[nodiscard]] std::vector<std::string> ignored_fields() const {
        const auto something_used_in = [this](const std::string& map) {
            const auto next = used_.lower_bound(map + ".");
            return next != used_.end() && next->starts_with(map + ".");
        };
        std::vector<std::string> ignored;
        for (const std::string& name : fields_.order) {
            const std::size_t dot = name.rfind('.');
            const bool parent_says_it = dot != std::string::npos && !something_used_in(name.substr(0, dot));
            if (!used_.contains(name) && !something_used_in(name) && !parent_says_it) {
                ignored.push_back(name);
            }
        }
        return ignored;
    }

    const YamlNode& root_;
    Diagnostics& diagnostics_;
    std::span<const Architecture> architectures_;
    std::string part_;
    const Architecture* architecture_ = nullptr;
    const ConfigMapping* mapping_ = nullptr;
    Fields fields_;
    std::set<std::string> used_;
};

}  // namespace

std::vector<std::string> importable_model_types(std::span<const Architecture> architectures) {
    std::set<std::string> types;
    for (const Architecture& architecture : architectures) {
        for (const ConfigMapping& mapping : architecture.huggingface) {
            types.insert(mapping.model_types.begin(), mapping.model_types.end());
        }
    }
    return {types.begin(), types.end()};
}

std::optional<ImportedConfig> import_config(const YamlNode& root, std::span<const Architecture> architectures,
                                            const std::string& name, const std::string& part) {
    auto result = ConfigReader(root, architectures, part).read(name);
    if (result && !result->ignored.empty()) {
        root.warning(fmt::format("ignored {} field{}: {}", result->ignored.size(),
                                 result->ignored.size() == 1 ? "" : "s", fmt::join(result->ignored, ", ")));
    }
    return result;
}

}  // namespace berth
