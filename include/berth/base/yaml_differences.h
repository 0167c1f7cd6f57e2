// Differences between two YAML documents, and applying one of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/base/yaml_reader.h"

namespace berth {

/// A value, list or map that differs between two documents, or is in one of them only.
struct YamlDifference {
    std::vector<std::string> steps;            ///< keys, names of items, or their indices
    std::optional<std::string> before, after;  ///< on one line; absent where there is nothing
    bool order = false;                        ///< the same items in another order: names of both orders
    bool origin = false;                       ///< a number with the same value, but another spread, kind or source

    /// The steps joined by dots, as `--set` takes them.
    [[nodiscard]] std::string path() const;
};

/// Differences in the order of `before`; additions of `after` come after what precedes them there. Maps are compared
/// key by key, lists of maps item by item (by `name` if all have one), other lists as a whole. Quantities are compared
/// by value: `1 GHz` is `1000 MHz`, and `{value: 1 GHz, spread: 10%}` is `1 GHz ± 10%`; where only the spread or origin
/// of a number differs, the texts include it. A list of one item equals that item.
[[nodiscard]] std::vector<YamlDifference> differences_between(const YamlDocument& before, const YamlDocument& after);

/// Applies one difference to `changed`, with the value from `from`, the later document.
void take_over(YamlDocument& changed, const YamlDifference& difference, const YamlDocument& from);

}  // namespace berth
