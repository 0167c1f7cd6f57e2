// Defaults of scenarios as their reader has them, and those of profiles as the profiles themselves tell.
#include "analysis/input_defaults.h"

#include <array>
#include <cmath>
#include <utility>

#include "berth/profile.h"
#include "berth/quantity_text.h"

namespace berth {

namespace {

constexpr double kSame = 1e-12;

/// By the last key of the path.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kDefaults{{
    {"objective", "latency"},
    {"repeat", "1"},
    {"batch", "1"},
    {"enabled", "true"},
    {"granularity", "model"},
    {"buckets", "[]"},
}};

std::string_view default_of(std::string_view key) {
    for (const auto& [name, value] : kDefaults) {
        if (name == key) {
            return value;
        }
    }
    return "";
}

}  // namespace

InputDefaults::InputDefaults(const Scenario& before, const Scenario& after)
    : before_(numbers_of(before)), after_(numbers_of(after)) {}

InputDefaults::Numbers InputDefaults::numbers_of(const Scenario& scenario) {
    Profile copy = scenario.profile;
    Numbers numbers;
    for (const ParameterView& number : parameters(copy)) {
        numbers.emplace(typed_path(number.path), Number{number.value, number.dimension});
    }
    return numbers;
}

bool InputDefaults::are_same(const YamlDifference& difference, std::string_view prefix) const {
    if (difference.order || difference.before.has_value() == difference.after.has_value()) {
        return false;
    }
    const std::string& named = difference.before ? *difference.before : *difference.after;
    if (named == default_of(difference.steps.back())) {
        return true;
    }
    const Numbers& of_other = difference.before ? after_ : before_;
    const auto other = of_other.find(std::string(prefix) + difference.path());
    const auto parsed = parse_quantity(named);
    const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
    return other != of_other.end() && quantity != nullptr && !quantity->spread &&
           quantity->dimension == other->second.dimension &&
           std::abs(quantity->value - other->second.value) <= kSame * std::abs(other->second.value);
}

std::string InputDefaults::text_at(const Numbers& numbers, const std::string& path) {
    const auto found = numbers.find(path);
    if (found != numbers.end()) {
        return quantity_text(found->second.value, found->second.dimension);
    }
    const std::string_view known = default_of(std::string_view(path).substr(path.rfind('.') + 1));
    return known.empty() ? "not set" : std::string(known);
}

std::string InputDefaults::before(const std::string& path) const { return text_at(before_, path); }
std::string InputDefaults::after(const std::string& path) const { return text_at(after_, path); }

}  // namespace berth
