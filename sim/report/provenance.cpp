// Provenance at the head of JSON and at the end of text.
#include "berth/report/provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "report/json_values.h"
#include "report/text_layout.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

/// Path relative to the library root that ships the file, instead of its location on this machine.
std::string shown_path(const std::string& file, const Library& library) {
    for (const fs::path& root : library.roots) {
        const fs::path below = fs::path(file).lexically_relative(root);
        if (!below.empty() && *below.begin() != "..") {
            return below.generic_string();
        }
    }
    return file;
}

Json numbers_json(const ProfileOrigin& profile) {
    Json numbers = Json::object();
    for (const auto& row : kOriginNames) {
        numbers[std::string(row.name)] = profile.numbers[static_cast<std::size_t>(row.value)];
    }
    return numbers;
}

Json changes_json(const std::vector<SettingChange>& changes) {
    return json_array(changes, [](const SettingChange& change) {
        return Json{{"path", change.path},
                    {"value", json_of_yaml(change.value)},
                    {"before", change.before ? json_of_yaml(*change.before) : Json(nullptr)}};
    });
}

Json head_of(const Provenance& provenance) {
    Json head = Json::object();
    head["version"] = provenance.version;
    head["command"] = provenance.command;
    if (!provenance.title.empty()) {
        head["title"] = provenance.title;
    }
    if (!provenance.title.empty() || !provenance.changes.empty()) {
        head["changes"] = changes_json(provenance.changes);
    }
    if (!provenance.profiles.empty()) {
        head["profiles"] = Json::array();
        for (const ProfileOrigin& profile : provenance.profiles) {
            head["profiles"].push_back({{"name", profile.name},
                                        {"file", json_text(profile.file)},
                                        {"extends", profile.extends},
                                        {"numbers", numbers_json(profile)}});
        }
    }
    if (!provenance.warnings.empty()) {
        head["warnings"] = json_warnings(provenance.warnings);
    }
    return head;
}

std::string profile_text(const ProfileOrigin& profile) {
    std::vector<std::string> kinds;
    std::size_t all = 0;
    for (const auto& row : kOriginNames) {
        const std::size_t count = profile.numbers[static_cast<std::size_t>(row.value)];
        all += count;
        if (count > 0) {
            kinds.push_back(fmt::format("{} {}", count, row.name));
        }
    }
    const std::string file = profile.file.empty() ? "" : fmt::format(", {}", profile.file);
    const std::string extends =
        profile.extends.empty() ? "" : fmt::format(", extends {}", fmt::join(profile.extends, ", which extends "));
    return fmt::format("Profile {}{}{}. Its {} numbers: {}.", profile.name, file, extends, all, fmt::join(kinds, ", "));
}

}  // namespace

ProfileOrigin profile_origin(Profile profile, const Library& library) {
    ProfileOrigin origin;
    origin.name = profile.name;
    origin.file = shown_path(profile.where.file_name(), library);
    origin.extends = profile.extends;
    for (const ParameterView& number : parameters(profile)) {
        ++origin.numbers[static_cast<std::size_t>(number.origin)];
    }
    return origin;
}

void add_scenario(Provenance& provenance, const Scenario& scenario) {
    provenance.title = title_of(scenario.name, scenario.changes);
    provenance.changes = scenario.changes;
    Profile hardware = scenario.profile;
    std::vector<Profile> all = std::exchange(hardware.runtimes, {});
    all.insert(all.begin(), std::move(hardware));
    for (Profile& profile : all) {
        ProfileOrigin origin = profile_origin(std::move(profile), scenario.source.library);
        if (std::ranges::find(provenance.profiles, origin) == provenance.profiles.end()) {
            provenance.profiles.push_back(std::move(origin));
        }
    }
}

std::string command_text(std::span<const std::string> arguments) {
    std::string text = "berth";
    for (const std::string& argument : arguments) {
        text += " " + shell_word(argument);
    }
    return text;
}

std::string with_provenance(std::string json, const Provenance& provenance) {
    if (provenance.command.empty()) {
        return json;
    }
    if (!json.starts_with('{')) {
        throw std::logic_error("an answer in JSON that is no object");
    }
    std::string head = json_document(head_of(provenance));
    head.erase(head.rfind('}'));
    head.erase(head.find_last_not_of(" \n") + 1);
    const bool more = json.find_first_not_of(" \n", 1) != json.rfind('}');
    return head + (more ? "," : "\n") + json.substr(1);
}

std::string provenance_text(const Provenance& provenance, TextWidth width) {
    if (provenance.command.empty()) {
        return "";
    }
    std::string text =
        fmt::format("Made by berth {}:\n", provenance.version) + wrapped_command(provenance.command, width);
    for (const SettingChange& change : provenance.changes) {
        text += wrapped(fmt::format("Changed: {}={} ({})", change.path, change.value,
                                    change.before ? "was " + *change.before : "was not set"),
                        0, width);
    }
    for (const ProfileOrigin& profile : provenance.profiles) {
        text += wrapped(profile_text(profile), 0, width);
    }
    return text;
}

std::string with_provenance_text(std::string text, const Provenance& provenance, TextWidth width) {
    const std::string own = provenance_text(provenance, width);
    constexpr std::string_view kHeading = "Provenance";
    return own.empty() ? text : fmt::format("{}\n{}\n{:-<{}}\n{}", text, kHeading, "", kHeading.size(), own);
}

}  // namespace berth
