// Operators of one request on devices that work at once: list scheduling, and what no schedule is below.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "berth/placement.h"

namespace berth {

/// What a device runs without a break: an operator with those that are fused into it there.
struct ScheduledUnit {
    std::vector<OperatorId> operators;  ///< in execution order
    DeviceId device = 0;
    int lane = 0;
    Time start, end;
};

/// A schedule as it would be if nothing but lanes and the link were shared.
struct ListSchedule {
    Assignment assignment;
    std::vector<ScheduledUnit> units;  ///< by start; each behind those it waits for
    Time makespan;                     ///< until the last result is at the host
};

/// Schedules a placement problem without groups whose devices work at once. A device runs as many units side by side as
/// it has lanes; hand-overs go one at a time; a unit starts when all its inputs are there, the first one on a device
/// when that has been activated too.
class ListScheduler {
  public:
    /// `lanes`: per device, at least 1. `problem` is kept by reference.
    ListScheduler(const PlacementProblem& problem, std::vector<int> lanes);

    /// HEFT: by upward rank, each where it ends first (Topcuoglu, Hariri and Wu, IEEE TPDS 13(3), 2002, section 4).
    /// Every operator has a device.
    [[nodiscard]] Assignment heft() const;
    /// PEFT: where its end and what follows at best end first, by an optimistic cost table (Arabnejad and Barbosa, IEEE
    /// TPDS 25(3), 2014).
    [[nodiscard]] Assignment peft() const;
    /// Longest way from each operator to the end at mean costs: HEFT's order of operators.
    [[nodiscard]] const std::vector<Time>& upward_ranks() const { return ranks_; }
    /// Mean over devices of PEFT's optimistic costs.
    [[nodiscard]] std::vector<Time> optimistic_ranks() const;

    /// The schedule of an assignment that can run; of units that are ready, the one of the highest priority goes first,
    /// into the first gap of a lane that holds it.
    [[nodiscard]] ListSchedule schedule(const Assignment& assignment, const std::vector<Time>& priority) const;

    /// No schedule ends before it: the longest chain of operators, each on the devices that are best for the chain,
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
    std::vector<std::vector<std::size_t>> reads_, makes_;  ///< [operator] flows
    std::vector<std::vector<std::size_t>> losses_;         ///< [operator] fusion losses as a epilogue_op
    std::vector<Time> mean_cost_, mean_crossing_, ranks_;  ///< [operator], [flow], [operator]
};

}  // namespace berth
