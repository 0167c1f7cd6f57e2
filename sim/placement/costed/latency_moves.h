// Local search for latency: moves that change a placement a little.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "berth/costed_placement.h"
#include "placement/costed/block_schedule.h"
#include "placement/costed/placement_units.h"

namespace berth {

/// Moves a unit (a colour class, a node without one), or a unit with all that leads to it or that it leads to inside
/// its block, to a neighbour's device, the CPU or an accelerator that is free; takes every move that shortens the
/// sample, until none does.
class LatencyMoves {
  public:
    LatencyMoves(const CostedGraph& graph, const Relations& relations);

    /// Changes `assignment`, whose latency is given, and returns the new latency.
    [[nodiscard]] double improve(BlockSchedule& schedule, Assignment& assignment, double latency) const;

  private:
    struct Search {
        Assignment& assignment;
        double latency;
        std::size_t work;  ///< nodes and edges looked at
    };
    enum class Part : std::uint8_t { kUnit, kWithProducers, kWithConsumers };

    bool move(const std::vector<int>& nodes, BlockSchedule& schedule, Search& search) const;
    [[nodiscard]] std::vector<int> part_of(const Assignment& assignment, std::size_t unit, Part part) const;
    [[nodiscard]] std::vector<CostedDevice> targets(const Assignment& assignment, const std::vector<int>& part) const;
    [[nodiscard]] bool holds(const Assignment& assignment, CostedDevice device) const;

    const CostedGraph& graph_;
    const Relations& relations_;
    std::vector<std::vector<int>> members_;  ///< nodes of each unit
    std::vector<int> unit_of_;
};

}  // namespace berth
