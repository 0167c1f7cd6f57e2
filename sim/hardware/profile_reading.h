// Helpers shared by the readers of a profile's sections: parameters with their ranges, and the section readers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "berth/base/quantity_text.h"
#include "berth/base/yaml_reader.h"
#include "berth/hardware/profile.h"
#include "berth/hardware/profile_keys.h"

namespace berth {

/// Reads the required parameter at `key`.
template <class Q>
void read_parameter(Parameter<Q>& target, const YamlNode& map, std::string_view key) {
    const YamlNode node = map.require(key, dimension_with_example(QuantityTraits<Q>::kDimension));
    if (auto read = node.parameter<Q>()) {
        target = std::move(*read);
    }
}

/// Reads the optional parameter at `key`.
template <class Q>
void read_parameter(std::optional<Parameter<Q>>& target, const YamlNode& map, std::string_view key) {
    if (const auto node = map.find(key)) {
        target = node->parameter<Q>();
    }
}

/// The entry of a map; absent if there is no map or no such entry.
[[nodiscard]] std::optional<YamlNode> entry_below(const std::optional<YamlNode>& map, std::string_view key);
/// The MACs per cycle that a device states, by dtype.
[[nodiscard]] std::optional<YamlNode> array_rates_below(const std::optional<YamlNode>& device);

/// Whether the array does not multiply the dtype, though that of the profile that this one extends may.
[[nodiscard]] bool says_none(const YamlNode& node);
/// Numbers per dtype, such as `{int8: 1024, fp16: 512}`, or `none`; at least one number.
[[nodiscard]] MacsPerCycle read_macs_per_cycle(const YamlNode& map);
/// A list of at least one dtype, without duplicates.
[[nodiscard]] std::vector<DType> read_dtypes(const YamlNode& list);
/// The required integer at `key`, within `range`.
[[nodiscard]] std::int64_t integer_in(IntegerRange range, const YamlNode& map, std::string_view key);
/// The integer at `key`, within `range`, or `absent` if the key is missing.
[[nodiscard]] std::int64_t integer_in(IntegerRange range, const YamlNode& map, std::string_view key,
                                      std::int64_t absent);
/// Suggested `--set 'hardware.PATH=VALUE'` on another number that would make a refused value valid.
[[nodiscard]] std::string setting(std::string_view path, std::string_view value);
[[nodiscard]] std::string setting(std::string_view path, Frequency value);
[[nodiscard]] std::string setting(std::string_view path, Bandwidth value);
/// Path of what one core of the cluster draws from DRAM, as in ParameterView.
[[nodiscard]] std::string core_bandwidth_path(const Device& device, const CoreCluster& cluster);
/// A number that exceeds the bound set by another. It becomes valid with a smaller value or by raising the other; a
/// share that moves with the other must become a smaller share.
struct TooMuch {
    const YamlNode& number;              ///< the number as written
    Bandwidth value, bound;              ///< its resulting value, and the bound
    std::string_view of_bound;           ///< "the bandwidth"
    const YamlNode& bounding;            ///< the number that sets the bound
    std::vector<std::string> also = {};  ///< paths of numbers that exceed the bound too, and have to follow it
};
/// What is expected instead. Where the question is about the bound, because an override set it, the other numbers give
/// way.
[[nodiscard]] std::string way_out(const TooMuch& found);
/// Text of the node; empty after an error.
[[nodiscard]] std::string text_or_empty(const YamlNode& node);
[[nodiscard]] std::vector<std::string> device_names(const Profile& profile);

/// Reads one device of `devices:` and checks what does not depend on other devices.
[[nodiscard]] Device read_device(const std::string& name, const YamlNode& node);
void read_clusters(Device& device, const YamlNode& node, const YamlNode& matrix, const YamlNode& dma);
void read_engines(Device& device, const YamlNode& node, const YamlNode& matrix, const YamlNode& dma);
void read_memories(Device& device, const YamlNode& node);
void read_energy_and_error(Device& device, const YamlNode& node);
void read_evidence(Device& device, const YamlNode& node);
void read_runtime(Device& device, const YamlNode& node);
void read_links(Profile& profile, const YamlNode& list);
/// Reads correlations; requires that all numbers have been read.
void read_correlations(Profile& profile, const YamlNode& node);

/// Checks across devices: fallbacks, links, and demands on the shared memory.
void check_fallbacks(const Profile& profile, Diagnostics& diagnostics);
void check_links(const Profile& profile, const YamlNode& root);
void check_limits(const Profile& profile, const YamlNode& root);

/// Warns where a profile without a chip of its own states other cores, arrays or memories than the chip of `base`,
/// which it extends by `name`: numbers measured there would count as measured on it.
void warn_of_other_silicon(const YamlNode& root, const std::string& name, const YamlNode& base);

/// Warns of numbers that are possible but not meant: on-chip memory slower than DRAM, cores that no operator uses.
void warn_of_doubtful_numbers(const Profile& profile, const YamlNode& root);
/// Warns of tiles larger than the memory that holds them: the cost model keeps a tile within it, so that more of the
/// one changes nothing.
void warn_of_large_tiles(const Profile& profile, const YamlNode& root);

}  // namespace berth
