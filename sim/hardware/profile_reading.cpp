// Helpers shared by the readers of a profile's sections.
#include "hardware/profile_reading.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "hardware/key_reader.h"

namespace berth {

bool keeps_to_form(double value, NumberForm form, const YamlNode& node) {
    const FormRow& row = row_of(form);
    if (value > row.most) {
        node.error(fmt::format("{} is more than everything", percent_text(value)), std::string(row.words));
    } else if (value < row.least) {
        node.error(fmt::format("{} is less than {}", number_text(value), number_text(row.least)),
                   std::string(row.words));
    }
    return value >= row.least && value <= row.most;
}

bool keeps_to_sharing(std::optional<Sharing> per, NumberForm form, const YamlNode& node) {
    const std::optional<Sharing> allowed = row_of(form).per;
    if (per && allowed && *per != *allowed) {
        node.error(fmt::format("this is a rate per {}, not per {}", choice_name(kSharingNames, *allowed),
                               choice_name(kSharingNames, *per)));
        return false;
    }
    return true;
}

std::optional<YamlNode> entry_below(const std::optional<YamlNode>& map, std::string_view key) {
    return map && map->is_map() ? map->find(key) : std::nullopt;
}

std::optional<YamlNode> array_rates_below(const std::optional<YamlNode>& device) {
    return entry_below(entry_below(device, "matrix"), "macs_per_cycle");
}

bool says_none(const YamlNode& node) { return node.is_scalar() && node.text() == kNotMultiplied; }

MacsPerCycle read_macs_per_cycle(const YamlNode& map) {
    MacsPerCycle result;
    bool any = false;
    for (const auto& row : kDTypeNames) {
        const auto node = map.find(row.name);
        if (node && !says_none(*node)) {
            any = true;
            result[static_cast<std::size_t>(row.value)] = read_number<Operations>(*node, NumberForm::kPositive);
        }
    }
    map.reject_unknown_keys();
    if (map.is_map() && !any) {
        map.error("no dtype is given", "a number per clock cycle and core for each dtype, such as int8: 1024");
    }
    return result;
}

std::vector<DType> read_dtypes(const YamlNode& list) {
    std::vector<DType> result;
    for (const YamlNode& item : list.sequence()) {
        const auto dtype = item.enumeration(kDTypeNames);
        if (dtype && std::find(result.begin(), result.end(), *dtype) != result.end()) {
            item.error(fmt::format("'{}' is given twice", choice_name(kDTypeNames, *dtype)));
        } else if (dtype) {
            result.push_back(*dtype);
        }
    }
    if (list.is_sequence() && list.sequence().empty()) {
        list.error("the list is empty", "at least one dtype");
    }
    return result;
}

std::int64_t integer_in(IntegerRange range, const YamlNode& map, std::string_view key) {
    return map.require(key, "a whole number of at least 1").integer(range).value_or(1);
}

std::int64_t integer_in(IntegerRange range, const YamlNode& map, std::string_view key, std::int64_t absent) {
    const auto node = map.find(key);
    return node ? node->integer(range).value_or(absent) : absent;
}

std::vector<std::string> device_names(const Profile& profile) {
    std::vector<std::string> names;
    for (const Device& device : profile.devices) {
        names.push_back(device.name);
    }
    return names;
}

std::string setting(std::string_view path, std::string_view value) {
    return fmt::format("--set 'hardware.{}={}'", path, value);
}

namespace {
constexpr int kExact = 12;  // digits that prevent a rounded suggestion from being refused again
}

std::string setting(std::string_view path, Frequency value) {
    return setting(path, number_text(value / megahertz(1), kExact) + " MHz");
}

std::string setting(std::string_view path, Bandwidth value) {
    return setting(path, number_text(value / gigabytes_per_second(1), kExact) + " GB/s");
}

namespace {

// Whether a number is a share of `other`, directly or through further relative numbers.
bool moves_with(const YamlNode& number, const std::string& other) {
    const auto& all = number.relative_numbers();
    const auto base_of = [&all](const std::string& path) {
        const auto found = std::ranges::find(all, path, &RelativeNumber::path);
        return found != all.end() ? found->base : std::string();
    };
    const RelativeNumber* share = number.relative();
    for (std::string base = share != nullptr ? share->base : ""; !base.empty(); base = base_of(base)) {
        if (base == other) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::string core_bandwidth_path(const Device& device, const CoreCluster& cluster) {
    return cluster.bandwidth_at_device ? fmt::format("devices.{}.dma.bandwidth", device.name)
                                       : fmt::format("devices.{}.clusters.{}.bandwidth", device.name, cluster.name);
}

std::string way_out(const TooMuch& found) {
    const RelativeNumber* share = found.number.relative();
    std::string most =
        share != nullptr
            ? fmt::format("at most {} of {}",
                          relative_share_text(share->share * (found.bound / found.value), share->per_cycle, 4),
                          share->base)
            : fmt::format("at most {} of {}", found.of_bound, to_text(found.bound));
    if (moves_with(found.number, found.bounding.path())) {
        return most;
    }
    if (!found.bounding.is_set()) {
        return fmt::format("{}; {} allows it", most, setting(found.bounding.path(), found.value));
    }
    std::vector<std::string> settings;
    for (const std::string& path : found.also) {
        settings.push_back(setting(path, found.bound));
    }
    settings.push_back(setting(found.number.path(), found.bound));
    return found.number.is_set() ? most : fmt::format("{}, as with {}", most, fmt::join(settings, " "));
}

std::string text_or_empty(const YamlNode& node) { return node.text().value_or(""); }

}  // namespace berth
