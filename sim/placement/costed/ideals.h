// Ideals: downward-closed sets of units, which can be completed before the rest starts.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "placement/costed/placement_units.h"

namespace berth {

/// Ideals ordered by size: 0 is empty, the last holds all units. Transitions add one unit.
struct Ideals {
    struct Growth {
        int unit = 0;
        int ideal = 0;  ///< resulting ideal
    };
    std::vector<std::size_t> first;  ///< transitions of ideal i are [first[i], first[i + 1]), by ascending unit
    std::vector<Growth> growths;
    std::vector<Growth> origin;  ///< [ideal] one predecessor, and the unit added to it
    /// [ideal] accelerator time of the units that it lacks and that can run on an accelerator
    std::vector<double> remaining;

    [[nodiscard]] std::size_t count() const { return remaining.size(); }
    /// [unit] whether the ideal holds it, for `units` units.
    [[nodiscard]] std::vector<bool> members(std::size_t ideal, std::size_t units) const;
};

/// All ideals; absent if there are more than `most`.
[[nodiscard]] std::optional<Ideals> all_ideals(const Units& units, std::size_t most);

/// Only the prefixes of the units' order, which form a chain.
[[nodiscard]] Ideals prefixes(const Units& units);

}  // namespace berth
