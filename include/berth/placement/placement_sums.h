// Placements as sums of terms, from which their times, energies and loads are all counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "berth/cost/placement_terms.h"
#include "berth/cost/plan.h"
#include "berth/graph/graph.h"
#include "berth/hardware/profile.h"
#include "berth/placement/placement.h"

namespace berth {

/// The sparse form of a PlacementProblem, whose numbers are its values under one profile: the terms of each operator on
/// each device, of split fusions, of crossings and of calls. A fused operator's terms are its increment to its fused
/// group.
class PlacementSums {
  public:
    [[nodiscard]] const PlacementTerms& terms() const { return terms_; }
    /// Values of terms() under the profile of the plans.
    [[nodiscard]] const TermValues& planned() const { return planned_; }

    /// Terms of an operator on a device; empty where the device cannot run it.
    [[nodiscard]] std::span<const TermCount> of_operator(std::size_t op, std::size_t device) const;
    /// `loss` is a position in PlacementProblem::fusion.
    [[nodiscard]] TermId split_fusion(std::size_t loss) const { return splits_[loss]; }
    /// `flow` is a position in PlacementProblem::flows; `from` and `to` differ.
    [[nodiscard]] TermId crossing(std::size_t flow, std::size_t from, std::size_t to) const {
        return crossings_[crossings_of_[flow] + from * calls_.size() + to];
    }
    [[nodiscard]] TermId call(std::size_t device) const { return calls_[device]; }

    /// All terms of an assignment of the problem, each term once, in order.
    [[nodiscard]] CostSum of(const PlacementProblem& problem, const Assignment& assignment) const;

  private:
    friend class SumsBuilder;

    PlacementTerms terms_;
    TermValues planned_;
    std::vector<TermCount> counts_;
    std::vector<std::uint32_t> ends_;  ///< [device x operators + operator] end of its terms in `counts_`
    std::vector<TermId> splits_;
    std::vector<TermId> calls_;                ///< [device]
    std::vector<TermId> crossings_;            ///< [from x devices + to], for each combination of sizes
    std::vector<std::uint32_t> crossings_of_;  ///< [flow] start of its crossings in `crossings_`
};

/// A problem, and the sums that its numbers are computed from.
struct SummedProblem {
    PlacementSums sums;
    PlacementProblem problem;
};
/// Built from plans of the same graph, one per device of the profile; otherwise throws std::logic_error.
[[nodiscard]] SummedProblem summed_problem(const Graph& graph, const std::vector<DevicePlan>& plans,
                                           const Profile& profile);

}  // namespace berth
