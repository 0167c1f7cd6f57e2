// List scheduling of one request on concurrent devices, and a lower bound on the makespan.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "berth/placement/placement.h"

namespace berth {

/// Unit of scheduling: an operator with the operators fused into it on its device.
struct ScheduledUnit {
    std::vector<OperatorId> operators;  ///< in execution order
    DeviceId device = 0;
    int lane = 0;
    Time start, end;
};

/// A schedule under contention for lanes and the link only.
struct ListSchedule {
    Assignment assignment;
    std::vector<ScheduledUnit> units;  ///< ordered by start time; each follows its predecessors
    Time makespan;                     ///< time at which the last result is on the host
};

/// Schedules a placement problem without groups on concurrent devices. A device runs as many units at once as it has
/// lanes, hand-overs are serial, and a unit starts when all its inputs have arrived; the first unit on a device also
/// waits for its activation.
class ListScheduler {
  public:
    /// `lanes` has at least 1 per device. `problem` is kept by reference.
    ListScheduler(const PlacementProblem& problem, std::vector<int> lanes);

    /// HEFT: operators in order of upward rank, each on the device with the earliest finish time (Topcuoglu, Hariri and
    /// Wu, IEEE TPDS 13(3), 2002, section 4). Every operator needs a feasible device.
    [[nodiscard]] Assignment heft() const;
    /// PEFT: minimises finish time plus the optimistic cost of the remaining path (Arabnejad and Barbosa, IEEE TPDS
    /// 25(3), 2014).
    [[nodiscard]] Assignment peft() const;
    /// Upward ranks: longest path from each operator to the end at mean costs; HEFT's order of operators.
    [[nodiscard]] const std::vector<Time>& upward_ranks() const { return ranks_; }
    /// Mean of PEFT's optimistic cost table over devices.
    [[nodiscard]] std::vector<Time> optimistic_ranks() const;

    /// Schedule of a feasible assignment. The ready unit of highest priority goes first, into the earliest gap of a
    /// lane that fits it.
    [[nodiscard]] ListSchedule schedule(const Assignment& assignment, const std::vector<Time>& priority) const;

    /// Lower bound on the makespan: the longest chain of operators, each on the devices that are best for the chain,
    /// hand-overs included.
    [[nodiscard]] Time path_bound() const;

  private:
    class Lane;
    class Placing;
    class Building;

    [[nodiscard]] Assignment placed_by(const std::vector<Time>& order,
                                       const std::vector<std::vector<Time>>& to_come) const;
    [[nodiscard]] Time optimistic_way(std::size_t reader, std::size_t device, Time crossing,
                                      const std::vector<std::vector<Time>>& table) const;
    [[nodiscard]] std::vector<std::vector<Time>> optimistic_costs() const;
    [[nodiscard]] Time earliest_start(std::size_t op, std::size_t device,
                                      const std::vector<std::vector<std::optional<Time>>>& end) const;
    [[nodiscard]] std::vector<std::vector<OperatorId>> units_of(const Assignment& assignment) const;
    [[nodiscard]] OperatorId fused_before(std::size_t op, DeviceId device) const;
    [[nodiscard]] Time cost_on(std::size_t op, const Assignment& assignment) const;

    const PlacementProblem& problem_;
    std::vector<int> lanes_;
    std::vector<std::vector<std::size_t>> reads_, makes_;  ///< [operator] indices of flows
    std::vector<std::vector<std::size_t>> losses_;  ///< [operator] losses of the fusion in which it is the epilogue
    std::vector<Time> mean_cost_, mean_crossing_, ranks_;  ///< [operator], [flow], [operator]
};

}  // namespace berth
