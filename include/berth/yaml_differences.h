// Where two YAML documents say something different, and one of them changed there to what the other says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/yaml_reader.h"

namespace berth {

/// A value, list or map that one document has otherwise than the other, or not at all.
struct YamlDifference {
    std::vector<std::string> steps;            ///< keys, names of items, or their indices
    std::optional<std::string> before, after;  ///< on one line; absent where there is nothing
    bool order = false;                        ///< the same items in another order: names of both orders
    bool origin = false;                       ///< a number with the same value, but another spread, kind or source

    /// The steps joined by dots, as `--set` takes them.
    [[nodiscard]] std::string path() const;
};

/// In the order of `before`, what only `after` has behind what it stands behind there. Maps are compared key by key,
/// lists of maps item by item (by `name` if all have one), other lists as a whole. Quantities are compared by what they
/// mean: `1 GHz` is `1000 MHz`, and `{value: 1 GHz, spread: 10%}` is `1 GHz ± 10%`; where only spread or origin of a
/// number differs, the texts have those too. A list of one is that one.
[[nodiscard]] std::vector<YamlDifference> differences_between(const YamlDocument& before, const YamlDocument& after);

/// Makes `changed` what `from`, the later of the two, says at a difference; elsewhere it stays as it is.
void take_over(YamlDocument& changed, const YamlDifference& difference, const YamlDocument& from);

}  // namespace berth
