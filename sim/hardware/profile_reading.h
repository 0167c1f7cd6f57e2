// Pieces that the readers of a profile's sections share: parameters with their ranges, and the sections themselves.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "berth/profile.h"
#include "berth/quantity_text.h"
#include "berth/yaml_reader.h"

namespace berth {

/// The parameter at `key`, which must be there.
template <class Q>
void read_parameter(Parameter<Q>& target, const YamlNode& map, std::string_view key) {
    const YamlNode node = map.require(key, dimension_with_example(QuantityTraits<Q>::kDimension));
    if (auto read = node.parameter<Q>()) {
        target = std::move(*read);
    }
}

/// The parameter at `key`, if it is there.
template <class Q>
void read_parameter(std::optional<Parameter<Q>>& target, const YamlNode& map, std::string_view key) {
    if (const auto node = map.find(key)) {
        target = node->parameter<Q>();
    }
}

/// Numbers per dtype, such as `{int8: 1024, fp16: 512}`; at least one.
[[nodiscard]] MacsPerCycle read_macs_per_cycle(const YamlNode& map);
/// A list of dtypes, at least one, none twice.
[[nodiscard]] std::vector<DType> read_dtypes(const YamlNode& list);
/// An integer within `range` at `key`, which must be there.
[[nodiscard]] std::int64_t integer_in(IntegerRange range, const YamlNode& map, std::string_view key);
/// The same, or `absent` if the key is left out.
[[nodiscard]] std::int64_t integer_in(IntegerRange range, const YamlNode& map, std::string_view key,
                                      std::int64_t absent);
/// How to set another number of the profile so that a refused value is allowed: `--set 'hardware.PATH=VALUE'`.
[[nodiscard]] std::string setting(std::string_view path, std::string_view value);
[[nodiscard]] std::string setting(std::string_view path, Frequency value);
[[nodiscard]] std::string setting(std::string_view path, Bandwidth value);
/// How a number that is more than another one may be is allowed: as a smaller value, or by raising the other. A share
/// that moves with the other has to be a smaller share.
struct TooMuch {
    const YamlNode& number;     ///< as it is written
    Bandwidth value, bound;     ///< what it comes to, and what it may be
    std::string_view of_bound;  ///< "the bandwidth"
    std::string bound_path;
};
[[nodiscard]] std::string way_out(const TooMuch& found);
/// The text, or nothing after an error.
[[nodiscard]] std::string text_or_empty(const YamlNode& node);
[[nodiscard]] std::vector<std::string> device_names(const Profile& profile);

/// One device of `devices:`, checked as far as it can be on its own.
[[nodiscard]] Device read_device(const std::string& name, const YamlNode& node);
void read_clusters(Device& device, const YamlNode& node, const YamlNode& matrix, const YamlNode& dma);
void read_engines(Device& device, const YamlNode& node, const YamlNode& matrix, const YamlNode& dma);
void read_memories(Device& device, const YamlNode& node);
void read_energy_and_error(Device& device, const YamlNode& node);
void read_evidence(Device& device, const YamlNode& node);
void read_runtime(Device& device, const YamlNode& node);
void read_links(Profile& profile, const YamlNode& list);
/// Once everything with a number has been read.
void read_correlations(Profile& profile, const YamlNode& node);

/// Checks what concerns several devices: fallbacks, how devices are linked, and what they draw from the common memory.
void check_fallbacks(const Profile& profile, Diagnostics& diagnostics);
void check_links(const Profile& profile, const YamlNode& root);
void check_limits(const Profile& profile, const YamlNode& root);

}  // namespace berth
