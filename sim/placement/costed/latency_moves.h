// Local search for latency by small moves.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "berth/placement/costed_placement.h"
#include "placement/costed/block_schedule.h"
#include "placement/costed/placement_units.h"

namespace berth {

/// Moves a unit (a colour class or an unclassified node), alone or with all its ancestors or descendants inside its
/// block, to the device of a neighbour, the CPU or a free accelerator. Accepts every move that reduces the latency
/// until none does.
class LatencyMoves {
  public:
    LatencyMoves(const CostedGraph& graph, const Relations& relations);

    /// Improves `assignment`, whose latency is given, and returns the new latency.
    [[nodiscard]] double improve(BlockSchedule& schedule, Assignment& assignment, double latency) const;

  private:
    struct Search {
        Assignment& assignment;
        double latency;
        std::size_t work;  ///< number of visited nodes and edges
    };
    enum class Part : std::uint8_t { kUnit, kWithProducers, kWithConsumers };

    bool move(const std::vector<int>& nodes, BlockSchedule& schedule, Search& search) const;
    [[nodiscard]] std::vector<int> part_of(const Assignment& assignment, std::size_t unit, Part part) const;
    [[nodiscard]] std::vector<CostedDevice> targets(const Assignment& assignment, const std::vector<int>& part) const;
    [[nodiscard]] bool holds(const Assignment& assignment, CostedDevice device) const;

    const CostedGraph& graph_;
    const Relations& relations_;
    std::vector<std::vector<int>> members_;  ///< [unit] its nodes
    std::vector<int> unit_of_;
};

}  // namespace berth
