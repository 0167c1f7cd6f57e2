// A scenario from YAML, with what it extends, its overrides, its hardware and its models.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "scenario/scenario_reading.h"

namespace berth {

namespace {

constexpr std::string_view kHardwarePrefix = "hardware.";
constexpr std::string_view kModelsPrefix = "models.";

/// A document with what it inherits, and the changes that it and its bases ask for, base first.
struct Inherited {
    YamlDocument document;
    std::vector<Override> changes;
    std::filesystem::path path;
};

std::vector<Override> own_changes(const YamlNode& root) {
    std::vector<Override> changes;
    if (const auto set = root.find("set")) {
        for (const YamlEntry& entry : set->entries()) {
            if (const auto value = entry.value.text()) {
                changes.push_back({entry.key, *value});
            }
        }
    }
    return changes;
}

std::optional<Inherited> inherit(const Library& library, std::string_view name, const SourceLocation& where,
                                 std::vector<std::string>& chain, Diagnostics& diagnostics) {
    const auto path = find_file(library, "scenarios", name, where, diagnostics);
    if (!path) {
        return std::nullopt;
    }
    if (std::find(chain.begin(), chain.end(), path->string()) != chain.end()) {
        diagnostics.error(where, fmt::format("'{}' extends itself", name));
        return std::nullopt;
    }
    chain.push_back(path->string());
    auto document = YamlDocument::load(*path, diagnostics);
    if (!document) {
        return std::nullopt;
    }
    Inherited result{std::move(*document), {}, *path};
    const YamlNode root = result.document.root(diagnostics);
    if (!root.is_map()) {
        root.error("a scenario is a map", "keys such as scenario, hardware and stages");
        return std::nullopt;
    }
    const std::vector<Override> own = own_changes(root);
    if (const auto extends = root.find("extends")) {
        const auto base_name = extends->text();
        auto base = base_name ? inherit(library, *base_name, extends->where(), chain, diagnostics) : std::nullopt;
        if (!base) {
            return std::nullopt;
        }
        result.document.overlay(base->document);
        result.changes = std::move(base->changes);
    }
    result.changes.insert(result.changes.end(), own.begin(), own.end());
    return result;
}

void refuse_repeated_names(const std::vector<YamlNode>& stages) {
    std::set<std::string> names;
    for (const YamlNode& stage : stages) {
        const auto name = stage.find("name");
        const auto text = name && name->is_scalar() ? name->text() : std::nullopt;
        if (text && !names.insert(*text).second) {
            name->error(fmt::format("there are two stages named '{}'", *text), "a name of its own for each stage");
        }
    }
}

void refuse_unused_models(const std::vector<Override>& overrides, const std::vector<std::string>& used,
                          Diagnostics& diagnostics) {
    for (const Override& override_ : overrides) {
        const bool known = std::any_of(used.begin(), used.end(), [&override_](const std::string& name) {
            return override_.path.starts_with(name + ".");
        });
        if (!known) {
            diagnostics.error(SourceLocation(fmt::format("--set {}{}", kModelsPrefix, override_.path)),
                              "no stage uses that model", list_of(used), nearest_name(override_.path, used));
        }
    }
}

void read_missing(const YamlNode& root, std::vector<Override>& hardware) {
    if (const auto missing = root.find("missing")) {
        for (const YamlNode& item : missing->sequence()) {
            if (const auto device = item.text()) {
                hardware.push_back({fmt::format("devices.{}.enabled", *device), "false"});
            }
        }
    }
}

void read_stages(Scenario& scenario, const YamlNode& root, const Library& library,
                 const std::vector<Override>& model_overrides, const std::filesystem::path& folder) {
    const std::vector<YamlNode> nodes = root.require("stages", "a list of stages").sequence();
    refuse_repeated_names(nodes);
    std::vector<std::string> models_used;
    for (const YamlNode& node : nodes) {
        auto reading = read_stage(node, {library, scenario.profile, model_overrides, models_used, folder});
        if (!reading.stage) {
            continue;
        }
        if (reading.enabled) {
            scenario.stages.push_back(std::move(*reading.stage));
        } else {
            scenario.disabled.push_back(reading.stage->name);
        }
    }
    refuse_unused_models(model_overrides, models_used, root.diagnostics());
    if (nodes.empty() && root.find("stages")) {
        root.error("a scenario needs a stage");
    }
}

}  // namespace

SortedOverrides sort_overrides(const std::vector<Override>& overrides) {
    SortedOverrides sorted;
    for (const Override& override_ : overrides) {
        if (override_.path.starts_with(kHardwarePrefix)) {
            sorted.hardware.push_back({override_.path.substr(kHardwarePrefix.size()), override_.value});
        } else if (override_.path.starts_with(kModelsPrefix)) {
            sorted.models.push_back({override_.path.substr(kModelsPrefix.size()), override_.value});
        } else {
            sorted.scenario.push_back(override_);
        }
    }
    return sorted;
}

std::vector<Override> overrides_of_model(const std::vector<Override>& overrides, std::string_view name) {
    std::vector<Override> own;
    const std::string prefix = std::string(name) + ".";
    for (const Override& override_ : overrides) {
        if (override_.path.starts_with(prefix)) {
            own.push_back({override_.path.substr(prefix.size()), override_.value});
        }
    }
    return own;
}

std::optional<Scenario> load_scenario(const Library& library, std::string_view name_or_path,
                                      const std::vector<Override>& overrides, Diagnostics& diagnostics) {
    const std::size_t errors = diagnostics.error_count();
    std::vector<std::string> chain;
    auto inherited = inherit(library, name_or_path, SourceLocation(std::string(name_or_path)), chain, diagnostics);
    if (!inherited) {
        return std::nullopt;
    }
    std::vector<Override> changes = std::move(inherited->changes);
    changes.insert(changes.end(), overrides.begin(), overrides.end());
    SortedOverrides sorted = sort_overrides(changes);
    for (const Override& override_ : sorted.scenario) {
        inherited->document.set(override_.path, override_.value, diagnostics);
    }
    const YamlNode root = inherited->document.root(diagnostics);
    static_cast<void>(root.find("extends"));
    static_cast<void>(root.find("set"));
    Scenario scenario;
    scenario.name = root.require("scenario", "a title").text().value_or("");
    if (const auto description = root.find("description")) {
        scenario.description = description->text().value_or("");
    }
    read_missing(root, sorted.hardware);
    const YamlNode hardware_node = root.require("hardware", "the name of a hardware profile");
    const auto hardware = hardware_node.text();
    auto profile = hardware ? load_hardware(library, *hardware, sorted.hardware, hardware_node.where(), diagnostics)
                            : std::nullopt;
    if (const auto objective = root.find("objective")) {
        scenario.objective = objective->enumeration(kObjectiveNames).value_or(Objective::kLatency);
    }
    if (const auto budget = root.find("budget")) {
        scenario.budget = budget->quantity<Time>();
    }
    if (profile) {  // without devices the stages cannot be understood
        scenario.profile = std::move(*profile);
        read_stages(scenario, root, library, sorted.models, inherited->path.parent_path());
        root.reject_unknown_keys();
    }
    if (diagnostics.error_count() != errors) {
        return std::nullopt;
    }
    return scenario;
}

}  // namespace berth
