// Beam search over blocks along an order of units.
#pragma once

#include <cstddef>
#include <vector>

#include "placement/costed/block_programme.h"
#include "placement/costed/placement_units.h"

namespace berth {

/// Placements found by beam search, in ascending order of their estimated latency, at most one per number of blocks.
/// Each position of the order keeps `width` partial placements per number of blocks used.
[[nodiscard]] std::vector<UnitDevices> latency_beam(const Units& units, std::size_t width);

}  // namespace berth
