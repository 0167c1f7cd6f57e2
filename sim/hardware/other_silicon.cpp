// Profiles that describe another chip than the one whose measurements they would take for their own.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "berth/base/quantity_text.h"
#include "hardware/profile_reading.h"

namespace berth {

namespace {

// Text of a number, which may be a scalar or a map with its value; empty if there is none.
std::string value_text(const YamlNode& node) {
    const auto value = node.is_map() ? node.find("value") : std::optional(node);
    return value && value->is_scalar() ? value->text().value_or("") : "";
}

// What a calibration writes is the same chip, known better.
bool is_from_measurements(const YamlNode& number) {
    const auto kind = number.is_map() ? number.find("kind") : std::nullopt;
    const auto origin = kind ? choice_named(kOriginNames, value_text(*kind)) : std::nullopt;
    return origin == Origin::kCalibrated || origin == Origin::kMeasured;
}

bool is_other_number(const YamlNode& own, const YamlNode& base) {
    if (is_from_measurements(own)) {
        return false;
    }
    const auto a = parse_quantity(value_text(own));
    const auto b = parse_quantity(value_text(base));
    const auto* x = std::get_if<ParsedQuantity>(&a);
    const auto* y = std::get_if<ParsedQuantity>(&b);
    return x != nullptr && y != nullptr && x->dimension == y->dimension && x->value != y->value;
}

/// Numbers of a chip, as opposed to its runtime's, that a profile and its base state otherwise: "npu.cores 2 instead of
/// 3".
class SiliconComparison {
  public:
    void compare(const std::string& path, const std::optional<YamlNode>& own, const std::optional<YamlNode>& base) {
        if (own && base && is_other_number(*own, *base)) {
            differ.push_back(fmt::format("{} {} instead of {}", path, value_text(*own), value_text(*base)));
        }
    }

    std::vector<std::string> differ;
};

std::vector<YamlEntry> entries_below(const std::optional<YamlNode>& map) {
    return map && map->is_map() ? map->entries() : std::vector<YamlEntry>{};
}

}  // namespace

void warn_of_other_silicon(const YamlNode& root, const std::string& name, const YamlNode& base) {
    const auto chip = base.find("chip");
    if (!chip || root.find("chip")) {
        return;
    }
    SiliconComparison found;
    for (const YamlEntry& device : entries_below(root.find("devices"))) {
        const std::optional<YamlNode> own = device.value, other = entry_below(base.find("devices"), device.key);
        found.compare(device.key + ".cores", entry_below(own, "cores"), entry_below(other, "cores"));
        for (const YamlEntry& memory : entries_below(entry_below(own, "memories"))) {
            found.compare(fmt::format("{}.memories.{}.capacity", device.key, memory.key),
                          entry_below(memory.value, "capacity"),
                          entry_below(entry_below(entry_below(other, "memories"), memory.key), "capacity"));
        }
        const auto kind = entry_below(other, "kind");
        if (!kind || value_text(*kind) == "cpu") {
            continue;  // what a CPU multiplies is its library's choice
        }
        for (const YamlEntry& rate : entries_below(array_rates_below(own))) {
            found.compare(fmt::format("{}.matrix.macs_per_cycle.{}", device.key, rate.key), rate.value,
                          entry_below(array_rates_below(other), rate.key));
        }
    }
    if (!found.differ.empty()) {
        const std::string of = value_text(*chip);
        root.require("devices").warning(
            fmt::format("it states other silicon than {} ({}), and takes what was measured on {} for its own", name,
                        fmt::join(found.differ, ", "), of),
            fmt::format("a 'chip' of its own, so that it counts as inherited, or 'chip: {}' if this is "
                        "what {} might have been",
                        of, of));
    }
}

}  // namespace berth
