// Reads a configuration through the mapping of the architecture for its model type.
#include "berth/importers/import_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include "base/yaml_text.h"
#include "berth/base/quantity_text.h"
#include "berth/graph/graph.h"
#include "graph/size_rules.h"
#include "importers/config_fields.h"
#include "importers/config_sizes.h"
#include "importers/foreign_files.h"
#include "importers/inner_configs.h"

namespace berth {

namespace {

constexpr std::string_view kModelType = "model_type";
constexpr std::string_view kHeads = "architectures";
constexpr std::string_view kName = "_name_or_path";

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
        fields_ = config_fields(root_);
        if (const auto path = fields_.texts.find(kName); path != fields_.texts.end() && path->second == kNullText) {
            fields_.texts.erase(path);
        }
        if (!choose_mapping()) {
            return std::nullopt;
        }
        sizes_.emplace(root_, fields_, *architecture_, used_);
        fill_in_fields();
        check_values();
        check_laws();
        ImportedConfig result;
        result.model.architecture = std::make_shared<const Architecture>(*architecture_);
        result.model.where = root_.where();
        result.model.name = name_of(name);
        const auto sizes = sizes_->read(mapping_->sizes, result.model);
        const auto heads = read_head(result.model);
        if (diagnostics_.error_count() != errors_before || !is_possible(result.model) || !has_graph(result.model)) {
            return std::nullopt;
        }
        result.yaml = model_file(result.model, sizes, heads);
        result.ignored = ignored_fields();
        if (const auto map = map_of_sizes(fields_, used_)) {
            root_.error(fmt::format("its sizes are in '{}', where {} has none", *map, type_),
                        "that map as a configuration of its own, with its model_type");
            return std::nullopt;
        }
        return result;
    }

  private:
    using Given = std::vector<ConfiguredSize>;

    bool choose_mapping() {
        if (const auto foreign = root_.find(kModelType) ? std::nullopt : foreign_map(root_)) {
            root_.error("this is " + foreign->what + ", no config.json of transformers", foreign->expected);
            return false;
        }
        const YamlNode node = root_.require(
            kModelType,
            "the kind of model, as the config.json of transformers says it; without one, the model as an ONNX "
            "file (berth import model.onnx)");
        const auto type = node.text();
        if (!type) {
            return false;
        }
        used_.insert(std::string(kModelType));
        type_ = *type;
        const std::vector<std::string> parts = choose_by_type(*type);
        // A part may be described by a nested configuration; the encoder and decoder of one model share a
        // configuration.
        const bool inside = !part_.empty() || std::ranges::all_of(parts, &std::string::empty) || has_text_of(*type);
        if (mapping_ == nullptr ? inside : mapping_->part.empty()) {
            choose_inner(*type, node);
        }
        if (mapping_ == nullptr && (parts.empty() || !tower_.empty())) {
            report_unknown(node, *type);
        } else if (mapping_ == nullptr) {
            report_part(node, *type, parts);
        }
        return mapping_ != nullptr;
    }

    /// Whether a mapping fits this configuration, or the nested one `inner`. A mapping whose condition holds takes
    /// precedence over one without a condition.
    [[nodiscard]] bool suits(const ConfigMapping& mapping, std::string_view inner) const {
        if (!mapping.when) {
            return mapping_ == nullptr;
        }
        Symbols numbers = fields_.numbers;
        for (const std::string& symbol : mapping.when->symbols()) {
            const auto inside = fields_.numbers.find(inner.empty() ? symbol : fmt::format("{}.{}", inner, symbol));
            if (inside != fields_.numbers.end()) {
                numbers.insert_or_assign(symbol, inside->second);
            } else if (!numbers.contains(symbol)) {
                return false;
            }
        }
        Diagnostics failures;
        return mapping.when->evaluate(numbers, failures).value_or(0) != 0;
    }

    /// Sets fields that the configuration lacks to the defaults of the library that reads it. An explicit `null` takes
    /// only a default that the library derives from other fields: a constant is what it has for an absent field.
    void fill_in_fields() {
        for (const auto& [field, alternatives] : mapping_->defaults) {
            repeat_number(fields_, field);
            const FieldState state = state_of(fields_, field);
            if (state == FieldState::kNumber || state == FieldState::kOther) {
                continue;
            }
            for (const Expression& expression : alternatives) {
                if (state == FieldState::kNull && expression.symbols().empty()) {
                    fields_.nulls_of_constants.insert(field);
                    continue;
                }
                const auto value =
                    sizes_->all_there(expression) ? expression.evaluate(fields_.numbers, diagnostics_) : std::nullopt;
                if (value) {
                    static_cast<void>(sizes_->place_of(expression));
                    fields_.numbers.insert_or_assign(field, *value);
                    break;
                }
            }
        }
    }

    /// Chooses the mapping for the type and the part. Returns the parts that the type has.
    std::vector<std::string> choose_by_type(const std::string& type) {
        std::vector<std::string> parts;
        for (const Architecture& architecture : architectures_) {
            for (const ConfigMapping& mapping : architecture.huggingface) {
                if (std::ranges::find(mapping.model_types, type) == mapping.model_types.end()) {
                    continue;
                }
                parts.push_back(mapping.part);
                if (mapping.part == part_ && suits(mapping, "")) {
                    architecture_ = &architecture;
                    mapping_ = &mapping;
                }
            }
        }
        return parts;
    }

    /// Chooses the mapping for a nested configuration, if there is one with an architecture.
    void choose_inner(const std::string& type, const YamlNode& node) {
        const std::string_view part = part_.empty() ? kTextPart : std::string_view(part_);
        for (const InnerConfig& inner : kInnerConfigs) {
            const auto found = fields_.texts.find(fmt::format("{}.{}", inner.field, kModelType));
            if (!fields_.maps.contains(inner.field) || part != inner.part) {
                continue;
            }
            const auto outer = std::pair(architecture_, mapping_);
            mapping_ = nullptr;
            if (part != kTextPart) {
                tower_ = found == fields_.texts.end() ? type : found->second;
            }
            const bool named =
                found != fields_.texts.end() && take_inner(inner, found->second, &ConfigMapping::model_types);
            if (named || (part == kTextPart && take_inner(inner, type, &ConfigMapping::text_of))) {
                raise_inner_fields(fields_, std::string(inner.field));
                used_.insert(fmt::format("{}.{}", inner.field, kModelType));
                if (part_.empty()) {
                    diagnostics_.warning(node.where(),
                                         fmt::format("of model_type '{}' only the text model is read", type));
                }
                return;
            }
            std::tie(architecture_, mapping_) = outer;
        }
    }

    [[nodiscard]] bool has_text_of(const std::string& type) const {
        return std::ranges::any_of(architectures_, [&type](const Architecture& architecture) {
            return std::ranges::any_of(architecture.huggingface, [&type](const ConfigMapping& mapping) {
                return std::ranges::find(mapping.text_of, type) != mapping.text_of.end();
            });
        });
    }

    bool take_inner(const InnerConfig& inner, const std::string& type, std::vector<std::string> ConfigMapping::*names) {
        for (const Architecture& architecture : architectures_) {
            for (const ConfigMapping& mapping : architecture.huggingface) {
                const bool named = std::ranges::find(mapping.*names, type) != (mapping.*names).end();
                if (named && can_be(inner, architecture, mapping) && suits(mapping, inner.field)) {
                    architecture_ = &architecture;
                    mapping_ = &mapping;
                }
            }
        }
        return mapping_ != nullptr;
    }

    /// Parts of this configuration that architectures stand for.
    std::vector<std::string> importable_parts() {
        std::vector<std::string> parts;
        for (const InnerConfig& inner : kInnerConfigs) {
            const auto found = fields_.texts.find(fmt::format("{}.{}", inner.field, kModelType));
            if (found != fields_.texts.end() && take_inner(inner, found->second, &ConfigMapping::model_types)) {
                parts.emplace_back(inner.part);
            }
            std::tie(architecture_, mapping_) = std::pair<const Architecture*, const ConfigMapping*>();
        }
        return parts;
    }

    void report_unknown(const YamlNode& node, const std::string& type) {
        constexpr std::string_view kWaysOut =
            "the model as an ONNX file (berth import model.onnx), or an architecture of your own in "
            "models/architectures (docs/yaml.md)";
        if (!tower_.empty()) {
            diagnostics_.error(
                node.where(),
                fmt::format("no architecture stands for the {} model '{}' of model_type '{}'", part_, tower_, type),
                std::string(kWaysOut));
            return;
        }
        const auto parts = importable_parts();
        if (!parts.empty() && !part_.empty()) {
            report_part(node, type, parts);
            return;
        }
        if (!parts.empty()) {
            diagnostics_.error(node.where(),
                               fmt::format("no architecture stands for all of model_type '{}', only for parts", type),
                               "--part " + list_of(parts));
            return;
        }
        diagnostics_.error(node.where(), fmt::format("no architecture stands for model_type '{}'", type),
                           std::string(kWaysOut), suggested_names(type, importable_model_types(architectures_)));
    }

    /// The part that is meant by another word for what it reads.
    [[nodiscard]] std::string meant_part(const std::vector<std::string>& parts) const {
        constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kWords{
            {{"vision", "image"}, {"visual", "image"}, {"speech", "audio"}, {"language", "text"}, {"llm", "text"}}};
        const auto word = std::ranges::find(kWords, part_, &std::pair<std::string_view, std::string_view>::first);
        const bool known = word != kWords.end() && std::ranges::find(parts, word->second) != parts.end();
        return known ? std::string(word->second) : nearest_name(part_, parts);
    }

    void report_part(const YamlNode& node, const std::string& type, std::vector<std::string> parts) {
        std::ranges::sort(parts);
        const bool whole = std::ranges::all_of(parts, &std::string::empty);
        if (part_.empty()) {
            const std::string several = fmt::format("model_type '{}' describes {} models", type, parts.size());
            const std::string one =
                fmt::format("no architecture stands for all of model_type '{}', only for a part", type);
            diagnostics_.error(node.where(), parts.size() == 1 ? one : several, "--part " + list_of(parts));
        } else {
            std::erase(parts, "");
            diagnostics_.error(node.where(), fmt::format("model_type '{}' has no part '{}'", type, part_),
                               whole ? "no part" : list_of(parts), meant_part(parts));
        }
    }

    void check_values() {
        for (const FieldValues& rule : mapping_->values) {
            sizes_->use(rule.field);
            const auto found = fields_.texts.find(rule.field);
            if (found != fields_.texts.end() && found->second != kNullText &&
                std::ranges::find(rule.allowed, found->second) == rule.allowed.end()) {
                diagnostics_.error(
                    fields_.places.at(rule.field),
                    fmt::format("{} '{}' has no form in {}", rule.field, found->second, architecture_->name),
                    list_of(rule.allowed));
            }
        }
    }

    void check_laws() {
        for (const FieldLaw& check : mapping_->checks) {
            if (!sizes_->all_there(check.law)) {
                continue;
            }
            const SourceLocation where = sizes_->place_of(check.law);
            const auto holds = check.law.evaluate(fields_.numbers, diagnostics_);
            if (holds && *holds == 0) {
                diagnostics_.error(where, with_values(check.message, fields_.numbers));
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
                return sizes_->read(head.sizes, model);
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

    /// Whether the model can be laid out, as `berth check` would do with its file.
    bool has_graph(const Model& model) {
        Diagnostics failures;
        const bool laid_out = instantiate(model, Workload{1, 1}, failures).has_value();
        for (const Diagnostic& failure : failures.all()) {
            diagnostics_.error(place_of_most_rounds(model), failure.message, failure.expected, failure.suggestion);
        }
        return laid_out;
    }

    /// Place of the size that repeats a section the most often: it makes a graph too large.
    [[nodiscard]] SourceLocation place_of_most_rounds(const Model& model) const {
        SourceLocation where = root_.where();
        double most = 0;
        for (const Section& section : architecture_->sections) {
            for (const std::string& size :
                 section.repeat ? section.repeat->symbols() : std::span<const std::string>{}) {
                const auto place =
                    std::ranges::find(model.size_places, size, &std::pair<std::string, SourceLocation>::first);
                const auto rounds = model.sizes.find(size);
                if (place != model.size_places.end() && rounds != model.sizes.end() && rounds->second > most) {
                    most = rounds->second;
                    where = place->second;
                }
            }
        }
        return where;
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
        return type_ + suffix;
    }

    [[nodiscard]] std::string model_file(const Model& model, const Given& sizes, const Given& heads) const {
        std::string text = fmt::format("model: {}\narchitecture: {}\nsizes: {}\n", yaml_scalar(model.name),
                                       yaml_scalar(model.architecture->name), yaml_of(sizes, *model.architecture));
        if (!heads.empty()) {
            text += fmt::format("head: {}\n", yaml_of(heads, *model.architecture));
        }
        const auto path = fields_.texts.find(kName);
        return text + fmt::format("source: {}\n", yaml_scalar(path == fields_.texts.end() || path->second.empty()
                                                                  ? fmt::format("config.json of model_type {}", type_)
                                                                  : fmt::format("config.json of {}", path->second)));
    }

    /// Unused fields. A nested map of which no field was used is listed by its own name only.
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
    std::string type_;
    std::string tower_;  ///< type of the vision or audio model, if that part was requested
    const Architecture* architecture_ = nullptr;
    const ConfigMapping* mapping_ = nullptr;
    ConfigFields fields_;
    std::set<std::string> used_;
    std::optional<ConfigSizes> sizes_;
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
