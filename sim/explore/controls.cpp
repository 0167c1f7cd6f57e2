// The list of all controls, and the check of a control's values.
#include "explore/controls.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "berth/base/quantity_text.h"

namespace berth {

namespace {

constexpr double kReach = 16;  // range of a slider, as a factor in both directions

std::size_t end_of_number(const std::string& text) {
    return std::min(text.find_first_not_of("+-.0123456789eE"), text.size());
}

bool is_count(const std::string& text) {
    const auto number = parse_number(text);
    return number && *number >= 1 && *number == std::floor(*number) &&
           text.find_first_not_of("0123456789") == std::string::npos;
}

// Accepts "[128, 512]" and "128".
bool is_list_of_counts(const std::string& text) {
    return !text.empty() && text.find_first_of("0123456789") != std::string::npos &&
           text.find_first_not_of("0123456789, []") == std::string::npos;
}

std::string number_with_unit(const Control& control, const std::string& value) {
    const std::size_t end = end_of_number(value);
    const bool fits = parse_number(value.substr(0, end)) && value.substr(end) == control.unit;
    return fits ? "" : fmt::format("a number before '{}'", control.unit);
}

}  // namespace

void set_number(Control& control, const std::string& value) {
    const std::size_t end = end_of_number(value);
    control.value = value;
    control.unit = value.substr(end);
    control.number = parse_number(value.substr(0, end)).value_or(0);
    control.least = control.number / kReach;
    control.most = control.number * kReach;
}

void set_count(Control& control, std::int64_t value, std::int64_t most) {
    control.value = std::to_string(value);
    control.number = static_cast<double>(value);
    control.least = 1;
    control.most = static_cast<double>(std::max(value, most));
}

std::vector<Control> controls_of(const ExploredScenario& explored) {
    auto controls = stage_controls(explored);
    std::ranges::move(hardware_controls(explored), std::back_inserter(controls));
    return controls;
}

std::string why_not_set(const Control& control, const std::string& value) {
    switch (control.kind) {
        case ControlKind::kNumber:
            return number_with_unit(control, value);
        case ControlKind::kCount:
            return is_count(value) ? "" : "a whole number of at least 1";
        case ControlKind::kSwitch:
            return value == "true" || value == "false" ? "" : "true or false";
        case ControlKind::kChoice:
            return std::ranges::find(control.choices, value) != control.choices.end() ? "" : list_of(control.choices);
        case ControlKind::kSizes:
            return is_list_of_counts(value) ? "" : "whole numbers, such as [128, 512]";
    }
    return "";
}

void add_setting(const Control& control, const std::string& value, std::vector<Override>& settings) {
    if (control.map.empty()) {
        settings.push_back({control.path, value, "on the page"});
        return;
    }
    const std::string entry = fmt::format("{}: {}", control.path.substr(control.map.size() + 1), value);
    const auto whole = std::ranges::find(settings, control.map, &Override::path);
    if (whole == settings.end()) {
        settings.push_back({control.map, "{" + entry + "}", "on the page"});
    } else {
        whole->value.insert(whole->value.size() - 1, ", " + entry);
    }
}

}  // namespace berth
