// Values replaced by overrides, and titles that state the changes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "berth/base/quantity_text.h"
#include "berth/hardware/profile.h"
#include "berth/scenario/scenario_inputs.h"

namespace berth {

namespace {

constexpr std::size_t kChangesShown = 3;
constexpr std::size_t kMostColumns = 48;  // limit for a list or map within a sentence

/// The actual number of a profile, for a path that its files leave at the default.
std::optional<std::string> number_text_of(Profile profile, const std::string& path) {
    for (const ParameterView& number : parameters(profile)) {
        if (typed_path(number.path) == path) {
            return quantity_text(number.value, number.dimension);
        }
    }
    return std::nullopt;
}

std::string brief_value(const std::string& text) {
    return text.size() <= kMostColumns ? text : fmt::format("{}...", text.substr(0, kMostColumns - 3));
}

/// Whether both texts give the same value, such as "1 GHz" and "1000 MHz", and the same spread.
bool same_value(const std::string& before, const std::string& after) {
    if (before == after) {
        return true;
    }
    const auto first = parse_quantity(before);
    const auto second = parse_quantity(after);
    const auto* one = std::get_if<ParsedQuantity>(&first);
    const auto* other = std::get_if<ParsedQuantity>(&second);
    return one != nullptr && other != nullptr && one->value == other->value && one->dimension == other->dimension &&
           one->per == other->per && one->spread == other->spread;
}

/// The text at a path before any override.
using TextBefore = std::function<std::optional<std::string>(const std::string& path)>;

/// Only the value of `{value: 11 GB/s, spread: 14%, source: ...}`; the rest is in the profile.
std::optional<std::string> replaced_text(const TextBefore& before, const std::string& path) {
    const auto value = before(path + ".value");
    return value ? value : before(path);
}

/// `number` gives the value of a path that no file sets.
std::vector<SettingChange> changes_of(const std::vector<Override>& settings, const TextBefore& before,
                                      const TextBefore& number) {
    std::vector<SettingChange> changes;
    for (const Override& setting : settings) {
        const std::string path = typed_path(setting.path);
        const auto known = std::ranges::find(changes, path, &SettingChange::path);
        if (known != changes.end()) {
            known->value = setting.value;
            continue;
        }
        const auto text = replaced_text(before, path);
        changes.push_back({path, setting.value, text ? text : number(path)});
    }
    std::erase_if(
        changes, [](const SettingChange& change) { return change.before && same_value(*change.before, change.value); });
    return changes;
}

}  // namespace

std::string typed_path(std::string_view path) {
    constexpr std::array<std::string_view, 3> kOfProfiles{"devices.", "memory.", "links."};
    const bool own = std::ranges::any_of(kOfProfiles, [path](std::string_view each) { return path.starts_with(each); });
    return fmt::format("{}{}", own ? kHardwarePrefix : "", path);
}

std::vector<SettingChange> setting_changes(const ScenarioSource& source) {
    if (source.settings.empty()) {
        return {};
    }
    Diagnostics ignored;
    const ScenarioSource plain{source.library, source.scenario, {}};
    const auto inputs = resolved_inputs(plain, ignored);
    const auto before = [&inputs](const std::string& path) { return inputs ? inputs->text_at(path) : std::nullopt; };
    return changes_of(source.settings, before, [&](const std::string& path) {
        auto scenario = path.starts_with(kHardwarePrefix) ? load_scenario(plain.library, plain.scenario, {}, ignored)
                                                          : std::nullopt;
        return scenario ? number_text_of(std::move(scenario->profile), path) : std::nullopt;
    });
}

std::vector<SettingChange> hardware_changes(const Library& library, std::string_view name_or_path,
                                            const std::vector<Override>& settings) {
    if (settings.empty()) {
        return {};
    }
    Diagnostics ignored;
    const auto document = resolved_hardware(library, name_or_path, ignored);
    const auto before = [&document](const std::string& path) {
        return document ? document->text_at(below_hardware(path)) : std::nullopt;
    };
    return changes_of(settings, before, [&](const std::string& path) {
        auto profile = load_hardware(library, name_or_path, {}, SourceLocation("--hardware"), ignored);
        return profile ? number_text_of(std::move(*profile), path) : std::nullopt;
    });
}

std::string changes_text(const std::vector<SettingChange>& changes) {
    std::vector<std::string> texts;
    for (const SettingChange& change : changes) {
        if (texts.size() < kChangesShown) {
            const std::string before = change.before ? "was " + brief_value(*change.before) : "was not set";
            texts.push_back(fmt::format("{}={} ({})", change.path, brief_value(change.value), before));
        }
    }
    if (texts.empty()) {
        return "";
    }
    const std::size_t more = changes.size() - texts.size();
    return fmt::format("with {}{}", fmt::join(texts, ", "),
                       more == 0 ? "" : fmt::format(" and {} more change{}", more, more == 1 ? "" : "s"));
}

std::string title_of(const std::string& name, const std::vector<SettingChange>& changes) {
    return changes.empty() ? name : name + ", " + changes_text(changes);
}

}  // namespace berth
