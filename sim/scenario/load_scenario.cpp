// A scenario with the hardware and the models it names.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "scenario/find_file.h"
#include "scenario/load_parts.h"
#include "scenario/overrides.h"
#include "scenario/read_arrivals.h"
#include "scenario/read_stage.h"
#include "scenario/scenario_document.h"
#include "scenario/stage_runtimes.h"

namespace berth {

namespace {

// Adds the overrides that leave out what `missing:` lists.
bool add_missing(const YamlNode& missing, const Profile& complete, std::vector<Override>& overrides) {
    bool known = true;
    for (const YamlNode& item : missing.sequence()) {
        const auto name = item.text();
        const Device* device = name ? ScenarioDevices{complete, complete}.named(item, *name) : nullptr;
        known = known && device != nullptr;
        if (device != nullptr && device_named(complete, *name) == complete.host) {
            item.error(fmt::format("{} is the host: inputs come from it", *name), "another device");
            known = false;
        } else if (device != nullptr) {
            overrides.push_back({fmt::format("hardware.devices.{}.enabled", *name), "false"});
        }
    }
    return known;
}

// The profiles of runtimes as these settings leave them.
bool add_runtimes(Profile& hardware, const std::vector<RuntimeDocument>& documents, Diagnostics& diagnostics) {
    for (const RuntimeDocument& each : documents) {
        auto profile = load_resolved(each.document, diagnostics);
        if (!profile) {
            return false;
        }
        profile->extends = each.extends;
        profile->replaced = each.replaced;
        hardware.runtimes.push_back(std::move(*profile));
    }
    return true;
}

/// What a scenario's profiles are read from.
struct ProfileFiles {
    const Library& library;
    std::filesystem::path hardware;
    std::vector<RuntimeFile> runtimes;
};

std::optional<Profile> load_profiles(const ProfileFiles& files, const ProfileSettings& settings,
                                     Diagnostics& diagnostics) {
    auto profile = load_hardware_file(files.library, files.hardware, settings.hardware, diagnostics);
    const auto documents = profile
                               ? runtime_documents(files.runtimes, files.hardware, files.library, settings, diagnostics)
                               : std::nullopt;
    return documents && add_runtimes(*profile, *documents, diagnostics) ? std::move(profile) : std::nullopt;
}

std::optional<StageHardware> load_all_hardware(const YamlNode& root, const std::vector<YamlNode>& stages,
                                               const Library& library, ProfileSettings settings) {
    Diagnostics& diagnostics = root.diagnostics();
    const auto missing = root.find("missing");
    const YamlNode reference = root.require("hardware", "a hardware profile");
    const auto name = reference.text();
    const auto path =
        name ? find_file_from(library, "hardware", *name, bases_at(reference.where()), reference.where(), diagnostics)
             : std::nullopt;
    const auto runtimes = path ? runtime_files(stages, *path, library) : std::nullopt;
    if (!runtimes) {
        return std::nullopt;
    }
    const ProfileFiles files{library, *path, *runtimes};
    const ProfileSettings complete_settings{without_omissions(settings.hardware), settings.runtimes};
    auto complete = load_profiles(files, complete_settings, diagnostics);
    if (!complete || (missing && !add_missing(*missing, *complete, settings.hardware))) {
        return std::nullopt;
    }
    const bool all = settings.hardware.size() == complete_settings.hardware.size();
    auto profile = all ? complete : load_profiles(files, settings, diagnostics);
    if (!profile) {
        return std::nullopt;
    }
    auto complete_runtimes = std::exchange(complete->runtimes, {});
    join_runtimes(*profile);
    return StageHardware{std::move(*profile), std::move(*complete), *runtimes, std::move(complete_runtimes)};
}

// What overrides may call the models of the scenario, disabled stages included.
std::vector<std::string> names_of_models(const std::vector<YamlNode>& stages) {
    std::vector<std::string> names;
    const auto add = [&names](const YamlNode& user) {
        const auto model = user.is_map() ? user.find("model") : std::nullopt;
        for (std::string& name :
             model && model->is_scalar() ? model_names(model->text().value_or("")) : std::vector<std::string>()) {
            if (std::ranges::find(names, name) == names.end()) {
                names.push_back(std::move(name));
            }
        }
    };
    for (const YamlNode& stage : stages) {
        add(stage);
        if (const auto draft = stage.is_map() ? stage.find("draft") : std::nullopt) {
            add(*draft);
        }
    }
    return names;
}

void check_model_overrides(const std::vector<Override>& overrides, const std::vector<std::string>& names,
                           Diagnostics& diagnostics) {
    for (const Override& each : overrides) {
        if (!after_model_name(each.path, names)) {
            const std::string rest = each.path.substr(each.path.find('.') + 1);
            diagnostics.error(SourceLocation("--set " + each.path),
                              fmt::format("no model of this scenario has the key '{}'", rest),
                              names.empty() ? "" : "models.NAME.KEY, where NAME is " + list_of(names),
                              nearest_name(rest.substr(0, rest.rfind('.')), names));
        }
    }
}

void check_names(const std::vector<YamlNode>& stages) {
    std::map<std::string, SourceLocation> seen;
    for (const YamlNode& stage : stages) {
        const auto key = stage.is_map() ? stage.find("name") : std::nullopt;
        const auto name = key ? key->text() : std::nullopt;
        if (name) {
            const auto [first, is_new] = seen.emplace(*name, key->where());
            if (!is_new) {
                key->error(fmt::format("'{}' is already the name of the stage at {}", *name, first->second.text()));
            }
        }
    }
}

void read_stages(const std::vector<YamlNode>& items, const Library& library, const StageHardware& hardware,
                 const std::vector<Override>& overrides, Diagnostics& diagnostics, Scenario& scenario) {
    check_names(items);
    const std::vector<std::string> names = names_of_models(items);
    check_model_overrides(overrides, names, diagnostics);
    for (const YamlNode& item : items) {
        auto reading = read_stage(item, library, hardware, names, overrides);
        if (reading && reading->enabled) {
            scenario.stages.push_back(std::move(reading->stage));
        } else if (reading) {
            scenario.disabled.push_back(reading->stage.name);
        }
    }
}

// What one stage may slow another by needs other stages, and requests that meet.
void check_slowdowns(const std::vector<YamlNode>& stages, bool has_arrivals) {
    std::vector<std::string> names;
    for (const YamlNode& stage : stages) {
        const auto name = stage.is_map() ? stage.find("name") : std::nullopt;
        names.push_back(name && name->is_scalar() ? name->text().value_or("") : "");
    }
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const auto slows = stages[i].is_map() ? stages[i].find("slows") : std::nullopt;
        for (const YamlEntry& entry : slows && slows->is_map() ? slows->entries() : std::vector<YamlEntry>()) {
            const auto other = find_name(entry.key, names);
            if (!other || *other == i) {
                entry.value.error(fmt::format("'{}' is no other stage", entry.key), list_of(names),
                                  suggested_names(entry.key, names));
            }
        }
        if (slows && !has_arrivals) {
            slows->error("without 'arrivals' requests never meet", "arrivals, such as {rate: 5 Hz}");
        }
    }
}

// What a stage may slow is called by the stages' own names from now on.
void name_slowed_stages(std::vector<Stage>& stages) {
    for (Stage& stage : stages) {
        std::map<std::string, double> slows;
        for (const auto& [name, share] : stage.slows) {
            const auto other = find_named(stages, name, &Stage::name);
            slows[other == stages.end() ? name : other->name] = share;
        }
        stage.slows = std::move(slows);
    }
}

std::optional<Scenario> read_scenario(const YamlNode& root, const Library& library, const ScenarioDocument& document) {
    Diagnostics& diagnostics = root.diagnostics();
    const std::size_t errors_before = diagnostics.error_count();
    Scenario scenario;
    scenario.name = root.require("scenario", "the scenario's name").text().value_or("");
    static_cast<void>(root.find("extends"));  // both have been followed
    static_cast<void>(root.find("set"));
    if (const auto description = root.find("description")) {
        scenario.description = description->text().value_or("");
    }
    if (const auto objective = root.find("objective")) {
        scenario.objective = objective->enumeration(kObjectives).value_or(Objective::kLatency);
    }
    if (const auto budget = root.find("budget")) {
        scenario.budget = budget->quantity<Time>();
    }
    if (const auto arrivals = root.find("arrivals")) {
        scenario.traffic = read_arrivals(*arrivals);
    }
    const YamlNode stages = root.require("stages", "a list of stages");
    const std::vector<YamlNode> items = stages.sequence();
    if (stages.is_sequence() && items.empty()) {
        stages.error("there are no stages", "at least one");
    }
    auto hardware = load_all_hardware(root, items, library, {document.hardware, document.runtimes});
    root.reject_unknown_keys();
    if (!hardware) {
        return std::nullopt;
    }
    read_stages(items, library, *hardware, document.models, diagnostics, scenario);
    check_slowdowns(items, root.find("arrivals").has_value());
    name_slowed_stages(scenario.stages);
    scenario.profile = std::move(hardware->profile);
    return diagnostics.error_count() == errors_before ? std::optional(std::move(scenario)) : std::nullopt;
}

}  // namespace

std::optional<Scenario> load_scenario(const Library& library, std::string_view name_or_path,
                                      const std::vector<Override>& overrides, Diagnostics& diagnostics) {
    const auto path =
        find_file(library, "scenarios", name_or_path, SourceLocation(std::string(name_or_path)), diagnostics);
    const auto document = path ? load_scenario_document(library, *path, overrides, diagnostics) : std::nullopt;
    auto scenario = document ? read_scenario(document->document.root(diagnostics), library, *document) : std::nullopt;
    if (scenario) {
        scenario->source = {library, std::string(name_or_path), overrides};
    }
    return scenario;
}

}  // namespace berth
