// Loads a scenario with the hardware and the models that it names.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "berth/base/atomic_file.h"
#include "berth/base/csv.h"
#include "berth/base/quantity_text.h"
#include "berth/base/yaml_reader.h"
#include "berth/scenario/arrivals.h"
#include "scenario/find_file.h"
#include "scenario/load_parts.h"
#include "scenario/overrides.h"
#include "scenario/read_stage.h"
#include "scenario/scenario_document.h"
#include "scenario/stage_runtimes.h"

namespace berth {

namespace {

constexpr IntegerRange kUsers{1, kMostUsers};
constexpr IntegerRange kRequests{1, kMostRequests};
constexpr IntegerRange kWarmUp{0, kMostWarmUp};
constexpr IntegerRange kSeed{0, kLargestSeed};
constexpr std::string_view kColumn = "arrival_ms";

// A quantity within bounds; otherwise absent, with an error that states the bounds.
template <class Q>
std::optional<Q> between(const YamlNode& node, Q least, Q most) {
    const auto value = node.quantity<Q>({.allow_zero = least == Q{}});
    if (value && (*value < least || *value > most)) {
        node.error(fmt::format("{} is out of range", to_text(*value)),
                   fmt::format("{} to {}", to_text(least), to_text(most)));
        return std::nullopt;
    }
    return value;
}

std::optional<ArrivalTrace> read_trace(const YamlNode& node) {
    const auto name = node.text();
    if (!name) {
        return std::nullopt;
    }
    Diagnostics& diagnostics = node.diagnostics();
    std::error_code ignored;
    std::optional<std::string> content;
    for (const std::filesystem::path& base : bases_at(node.where())) {
        if (std::filesystem::is_regular_file(base / *name, ignored)) {
            content = read_file(base / *name, diagnostics);
            break;
        }
    }
    if (!content) {
        node.error(fmt::format("no file '{}'", *name), "a CSV file, relative to this one");
        return std::nullopt;
    }
    const auto table = parse_csv(*content, *name, diagnostics);
    const auto column = table ? table->column(kColumn) : std::nullopt;
    if (!column) {
        node.error(fmt::format("{} has no column '{}'", *name, kColumn), "times of arrival in milliseconds");
        return std::nullopt;
    }
    ArrivalTrace trace;
    for (const CsvRow& row : table->rows) {
        const CsvCell& cell = row.cells[*column];
        const auto time = parse_number(cell.text);
        const Time last = trace.times.empty() ? Time{} : trace.times.back();
        if (!time || *time < 0 || milliseconds(*time) < last || milliseconds(*time) > kLastArrival) {
            diagnostics.error(cell.where, fmt::format("'{}' is no time of arrival", cell.text),
                              "milliseconds, not before the row above and at most 1e12");
            return std::nullopt;
        }
        trace.times.push_back(milliseconds(*time));
    }
    if (trace.times.empty()) {
        node.error(fmt::format("{} has no rows", *name));
        return std::nullopt;
    }
    return trace;
}

std::optional<Arrivals> read_kind(const YamlNode& node) {
    const auto users = node.find("users");
    const auto rate = node.find("rate");
    const auto trace = node.find("trace");
    const auto think = node.find("think");
    if ((users ? 1 : 0) + (rate ? 1 : 0) + (trace ? 1 : 0) != 1) {
        node.error("arrivals are of one kind", "one of users, rate and trace");
        return std::nullopt;
    }
    if (users) {
        ClosedLoop loop;
        const auto count = users->integer(kUsers);
        if (think) {
            loop.think = between<Time>(*think, Time{}, kLongestThink).value_or(Time{});
        }
        loop.users = static_cast<int>(count.value_or(1));
        return count ? std::optional<Arrivals>(loop) : std::nullopt;
    }
    if (think) {
        think->error("only users think", "users");
        return std::nullopt;
    }
    if (rate) {
        const auto frequency = between(*rate, kSlowestArrivals, kFastestArrivals);
        return frequency ? std::optional<Arrivals>(PoissonArrivals{*frequency}) : std::nullopt;
    }
    auto times = read_trace(*trace);
    return times ? std::optional<Arrivals>(std::move(*times)) : std::nullopt;
}

/// Reads `arrivals`: users and their think time, a rate, or a CSV file of arrival times.
std::optional<RequestStream> read_arrivals(const YamlNode& node) {
    const std::size_t errors_before = node.diagnostics().error_count();
    if (!node.is_map()) {
        node.error("this is no traffic", "a map, such as {rate: 5 Hz}");
        return std::nullopt;
    }
    RequestStream traffic;
    if (const auto requests = node.find("requests")) {
        traffic.requests = static_cast<std::size_t>(requests->integer(kRequests).value_or(1));
    }
    if (const auto warm_up = node.find("warm_up")) {
        traffic.warm_up = static_cast<std::size_t>(warm_up->integer(kWarmUp).value_or(0));
    }
    if (const auto seed = node.find("seed")) {
        traffic.seed = static_cast<std::uint64_t>(seed->integer(kSeed).value_or(1));
    }
    auto arrivals = read_kind(node);
    node.reject_unknown_keys();
    if (!arrivals || node.diagnostics().error_count() != errors_before) {
        return std::nullopt;
    }
    if (const auto* trace = std::get_if<ArrivalTrace>(&*arrivals)) {
        traffic.warm_up = traffic.warm_up.value_or(0);
        traffic.requests = trace->times.size();
    }
    traffic.arrivals = std::move(*arrivals);
    return traffic;
}

// Adds overrides that remove the devices listed in `missing:`.
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

// Adds the runtimes' profiles with the overrides applied.
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

/// Sources of a scenario's profiles.
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

// Names by which overrides may refer to the models of the scenario, including those of disabled stages.
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

void read_stages(const std::vector<YamlNode>& items, const StageHardware& hardware, const ModelSources& models,
                 Scenario& scenario) {
    for (const YamlNode& item : items) {
        auto reading = read_stage(item, hardware, models);
        if (reading && reading->enabled) {
            scenario.stages.push_back(std::move(reading->stage));
        } else if (reading) {
            scenario.disabled.push_back(reading->stage.name);
        }
    }
}

// Checks `slows`: each name must be that of another stage, and requests can only overlap if there are arrivals.
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

// Replaces the names in `slows` by the spelling of the stages themselves.
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
    static_cast<void>(root.find("extends"));  // marks the key as read; both have been followed
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
    check_names(items);
    const std::vector<std::string> models = names_of_models(items);
    check_model_overrides(document.models, models, diagnostics);
    read_stages(items, *hardware, {library, models, document.models}, scenario);
    check_slowdowns(items, root.find("arrivals").has_value());
    name_slowed_stages(scenario.stages);
    scenario.profile = std::move(hardware->profile);
    return diagnostics.error_count() == errors_before ? std::optional(std::move(scenario)) : std::nullopt;
}

}  // namespace

std::optional<Scenario> load_scenario(const Library& library, std::string_view name_or_path,
                                      const std::vector<Override>& overrides, Diagnostics& diagnostics) {
    Library once = library;  // parses each file once that several models or profiles name, such as an architecture
    if (!once.kept) {
        once.kept = std::make_shared<KeptDocuments>();
    }
    const auto path =
        find_file(library, "scenarios", name_or_path, SourceLocation(std::string(name_or_path)), diagnostics);
    const auto document = path ? load_scenario_document(once, *path, overrides, diagnostics) : std::nullopt;
    auto scenario = document ? read_scenario(document->document.root(diagnostics), once, *document) : std::nullopt;
    if (scenario) {
        scenario->source = {library, std::string(name_or_path), overrides};
    }
    return scenario;
}

}  // namespace berth
