// Profiles that describe another chip than the one whose measurements they would take for their own.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "berth/quantity_text.h"
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

/// Walks the numbers that are of a chip and not of its runtime, and collects those that differ.
class SiliconComparison {
  public:
    void compare(const std::string& path, const std::optional<YamlNode>& own, const std::optional<YamlNode>& base) {
        if (own && base && is_other_number(*own, *base)) {
            differ.push_back(fmt::format("{} {} instead of {}", path, value_text(*own), value_text(*base)));
        }
    }
    // Each entry of a map, or what stands below it there.
    void compare_all(const std::string& path, const std::optional<YamlNode>& own, const std::optional<YamlNode>& base,
                     std::string_view below = "") {
        if (!own || !base || !own->is_map() || !base->is_map()) {
            return;
        }
        const auto inner = [below](const std::optional<YamlNode>& node) {
            return below.empty() || !node ? node : node->is_map() ? node->find(below) : std::nullopt;
        };
        for (const YamlEntry& entry : own->entries()) {
            compare(fmt::format("{}.{}{}{}", path, entry.key, below.empty() ? "" : ".", below), inner(entry.value),
                    inner(base->find(entry.key)));
        }
    }

    std::vector<std::string> differ;
};

std::optional<YamlNode> below_map(const std::optional<YamlNode>& node, std::string_view key) {
    return node && node->is_map() ? node->find(key) : std::nullopt;
}

}  // namespace

void warn_of_other_silicon(const YamlNode& root, const std::string& name, const YamlNode& base) {
    const auto chip = base.find("chip");
    const auto devices = root.find("devices");
    const auto others = base.find("devices");
    if (!chip || root.find("chip") || !devices || !devices->is_map() || !others || !others->is_map()) {
        return;
    }
    SiliconComparison found;
    for (const YamlEntry& device : devices->entries()) {
        const auto other = others->find(device.key);
        if (!other || !other->is_map() || !device.value.is_map()) {
            continue;
        }
        found.compare(device.key + ".cores", device.value.find("cores"), other->find("cores"));
        found.compare_all(device.key + ".memories", device.value.find("memories"), other->find("memories"), "capacity");
        if (const auto kind = other->find("kind");
            kind && value_text(*kind) != "cpu") {  // what a CPU multiplies is its library's choice
            found.compare_all(device.key + ".matrix.macs_per_cycle",
                              below_map(device.value.find("matrix"), "macs_per_cycle"),
                              below_map(other->find("matrix"), "macs_per_cycle"));
        }
    }
    if (!found.differ.empty()) {
        const std::string of = value_text(*chip);
        devices->warning(
            fmt::format("it states other silicon than {} ({}), and takes what was measured on {} for its own", name,
                        fmt::join(found.differ, ", "), of),
            fmt::format("a 'chip' of its own, so that it counts as inherited, or 'chip: {}' if this is "
                        "what {} might have been",
                        of, of));
    }
}

}  // namespace berth
