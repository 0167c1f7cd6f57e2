// What overrides replace, and titles that say so.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "berth/profile.h"
#include "berth/quantity_text.h"
#include "berth/scenario_inputs.h"

namespace berth {

namespace {

constexpr std::size_t kChangesShown = 3;
constexpr std::size_t kMostColumns = 48;  // of a list or map within a sentence

/// A profile's number where its files leave it to the default.
std::optional<std::string> default_number(const ScenarioSource& source, const std::string& path) {
    Diagnostics ignored;
    auto scenario = load_scenario(source.library, source.scenario, source.settings, ignored);
    if (!scenario) {
        return std::nullopt;
    }
    for (const ParameterView& number : parameters(scenario->profile)) {
        if (typed_path(number.path) == path) {
            return quantity_text(number.value, number.dimension);
        }
    }
    return std::nullopt;
}

std::string brief_value(const std::string& text) {
    return text.size() <= kMostColumns ? text : fmt::format("{}...", text.substr(0, kMostColumns - 3));
}

/// "1 GHz" and "1000 MHz"; a value with a spread of its own says more than the one it replaces.
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

/// Of `{value: 11 GB/s, spread: 14%, source: ...}` just the value: the rest is in the profile.
std::optional<std::string> replaced_text(const ScenarioInputs& inputs, const std::string& path) {
    const auto value = inputs.text_at(path + ".value");
    return value ? value : inputs.text_at(path);
}

}  // namespace

std::string typed_path(std::string_view path) {
    constexpr std::array<std::string_view, 3> kOfProfiles{"devices.", "memory.", "links."};
    const bool own = std::ranges::any_of(kOfProfiles, [path](std::string_view each) { return path.starts_with(each); });
    return fmt::format("{}{}", own ? "hardware." : "", path);
}

std::vector<SettingChange> setting_changes(const ScenarioSource& source) {
    std::vector<SettingChange> changes;
    if (source.settings.empty()) {
        return changes;
    }
    Diagnostics ignored;
    const ScenarioSource plain{source.library, source.scenario, {}};
    const auto inputs = resolved_inputs(plain, ignored);
    for (const Override& setting : source.settings) {
        const std::string path = typed_path(setting.path);
        const auto known = std::ranges::find(changes, path, &SettingChange::path);
        if (known != changes.end()) {
            known->value = setting.value;
            continue;
        }
        auto before = inputs ? replaced_text(*inputs, path) : std::nullopt;
        if (!before && path.starts_with("hardware.")) {
            before = default_number(plain, path);
        }
        changes.push_back({path, setting.value, std::move(before)});
    }
    std::erase_if(
        changes, [](const SettingChange& change) { return change.before && same_value(*change.before, change.value); });
    return changes;
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
