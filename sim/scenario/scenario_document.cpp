// Inheritance of scenarios, and overrides of their keys.
#include "scenario/scenario_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "scenario/find_file.h"
#include "scenario/overrides.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

std::string set_by(const YamlEntry& entry) { return fmt::format("in {}", entry.key_where.text()); }

// Hardware and models are read later, from their own files, so settings for them are kept as text.
bool keep_for_later(const YamlEntry& entry, ScenarioDocument& scenario) {
    const auto text = entry.value.text();
    if (!text) {
        return false;
    }
    auto& target = entry.key.starts_with("models.")         ? scenario.models
                   : entry.key.starts_with(kRuntimesPrefix) ? scenario.runtimes
                                                            : scenario.hardware;
    target.push_back({typed_path(entry.key), *text, set_by(entry)});
    return true;
}

bool apply_own_settings(const YamlNode& settings, ScenarioDocument& scenario) {
    bool applied = true;
    for (const YamlEntry& entry : settings.entries()) {
        const bool elsewhere = typed_path(entry.key).starts_with(kHardwarePrefix) ||
                               entry.key.starts_with(kRuntimesPrefix) || entry.key.starts_with("models.");
        const bool done = elsewhere ? keep_for_later(entry, scenario)
                                    : scenario.document.set(entry.key, entry.value, entry.key_where,
                                                            settings.diagnostics(), set_by(entry));
        applied = done && applied;
    }
    return applied;
}

std::optional<ScenarioDocument> load_chain(const Library& library, const fs::path& path, std::vector<fs::path>& chain,
                                           Diagnostics& diagnostics) {
    auto document = reader_of(library)(path, diagnostics);
    if (!document) {
        return std::nullopt;
    }
    const YamlNode root = document->root(diagnostics);
    if (!root.is_map()) {
        root.error("a scenario is a map of keys", "keys such as scenario, hardware and stages");
        return std::nullopt;
    }
    const auto extends = root.find("extends");
    const auto settings = root.find("set");
    if (!extends) {
        if (settings) {
            settings->error("there is nothing to change", "'extends' beside it");
            return std::nullopt;
        }
        return ScenarioDocument{std::move(*document), {}, {}, {}};
    }
    const auto name = extends->text();
    const auto base_path =
        name ? find_file_from(library, "scenarios", *name, bases_at(extends->where()), extends->where(), diagnostics)
             : std::nullopt;
    if (!base_path) {
        return std::nullopt;
    }
    std::error_code ignored;
    chain.push_back(fs::weakly_canonical(path, ignored));
    if (std::ranges::find(chain, fs::weakly_canonical(*base_path, ignored)) != chain.end()) {
        extends->error(fmt::format("'{}' extends itself", *name));
        return std::nullopt;
    }
    auto scenario = load_chain(library, *base_path, chain, diagnostics);
    if (!scenario) {
        return std::nullopt;
    }
    document->overlay(scenario->document);
    scenario->document = std::move(*document);
    return !settings || apply_own_settings(*settings, *scenario) ? std::move(scenario) : std::nullopt;
}

}  // namespace

std::optional<ScenarioDocument> load_scenario_document(const Library& library, const fs::path& path,
                                                       const std::vector<Override>& overrides,
                                                       Diagnostics& diagnostics) {
    std::vector<fs::path> chain;
    auto scenario = load_chain(library, path, chain, diagnostics);
    if (!scenario) {
        return std::nullopt;
    }
    SortedOverrides sorted = sorted_by_target(overrides);
    bool applied = true;
    for (const Override& each : sorted.scenario) {
        applied = scenario->document.set(each.path, each.value, diagnostics, each.set_by) && applied;
    }
    scenario->hardware.insert(scenario->hardware.end(), sorted.hardware.begin(), sorted.hardware.end());
    scenario->runtimes.insert(scenario->runtimes.end(), sorted.runtimes.begin(), sorted.runtimes.end());
    scenario->models.insert(scenario->models.end(), sorted.models.begin(), sorted.models.end());
    return applied ? std::move(scenario) : std::nullopt;
}

}  // namespace berth
