// Downward-closed sets of units ("ideals"): what can be done before the rest starts.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "placement/costed/placement_units.h"

namespace berth {

/// Ideals numbered by size: 0 is empty, the last one holds all units. From each lead growths by one unit.
struct Ideals {
    struct Growth {
        int unit = 0;
        int ideal = 0;  ///< what the ideal becomes
    };
    std::vector<std::size_t> first;  ///< growths of ideal i are [first[i], first[i + 1]), by ascending unit
    std::vector<Growth> growths;
    std::vector<Growth> origin;     ///< one way to each ideal: the ideal before, and the unit that it grew by
    std::vector<double> remaining;  ///< accelerator time of the units that each ideal lacks, where they have one

    [[nodiscard]] std::size_t count() const { return remaining.size(); }
    /// Which of `units` units an ideal holds.
    [[nodiscard]] std::vector<bool> members(std::size_t ideal, std::size_t units) const;
};

/// All of them; absent if there are more than `most`.
[[nodiscard]] std::optional<Ideals> all_ideals(const Units& units, std::size_t most);

/// Only those that hold the first units in their order: what is left is a chain.
[[nodiscard]] Ideals prefixes(const Units& units);

}  // namespace berth
