// Blocks laid along an order of units: the labels that look best at each position are kept.
#pragma once

#include <cstddef>
#include <vector>

#include "placement/costed/block_programme.h"
#include "placement/costed/placement_units.h"

namespace berth {

/// Placements that a beam search finds, the best by its own schedule first; for each number of blocks at most one. Each
/// position of the order keeps `width` partial placements per number of blocks used.
[[nodiscard]] std::vector<UnitDevices> latency_beam(const Units& units, std::size_t width);

}  // namespace berth
