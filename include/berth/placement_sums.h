// Every choice of a placement as a sum of terms: what its costs, energies and loads are all counted from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "berth/graph.h"
#include "berth/placement.h"
#include "berth/placement_terms.h"
#include "berth/plan.h"
#include "berth/profile.h"

namespace berth {

/// The sparse form of a PlacementProblem, whose numbers are its values under one profile: the terms that an operator
/// takes on a device, and those of a split fusion, a crossing and a call. Of its fused group an operator takes what it
/// adds to it.
class PlacementSums {
  public:
    [[nodiscard]] const PlacementTerms& terms() const { return terms_; }
    /// Under the profile of the plans.
    [[nodiscard]] const TermValues& planned() const { return planned_; }

    /// Empty where the device cannot run it.
    [[nodiscard]] std::span<const TermCount> of_operator(std::size_t op, std::size_t device) const;
    /// By position in PlacementProblem::fusion.
    [[nodiscard]] TermId split_fusion(std::size_t loss) const { return splits_[loss]; }
    /// By position in PlacementProblem::flows; `from` and `to` differ.
    [[nodiscard]] TermId crossing(std::size_t flow, std::size_t from, std::size_t to) const {
        return crossings_[crossings_of_[flow] + from * calls_.size() + to];
    }
    [[nodiscard]] TermId call(std::size_t device) const { return calls_[device]; }

    /// Everything that an assignment of the problem takes, each term once, in order.
    [[nodiscard]] CostSum of(const PlacementProblem& problem, const Assignment& assignment) const;

  private:
    friend class SumsBuilder;

    PlacementTerms terms_;
    TermValues planned_;
    std::vector<TermCount> counts_;
    std::vector<std::uint32_t> ends_;  ///< [device x operators + operator] of its `counts_`
    std::vector<TermId> splits_;
    std::vector<TermId> calls_;                ///< [device]
    std::vector<TermId> crossings_;            ///< [from x devices + to], for each combination of sizes
    std::vector<std::uint32_t> crossings_of_;  ///< [flow] where its own begin
};

/// A problem and the sums behind its numbers.
struct SummedProblem {
    PlacementSums sums;
    PlacementProblem problem;
};
/// From plans of the same graph, one per device of the profile; else a std::logic_error.
[[nodiscard]] SummedProblem summed_problem(const Graph& graph, const std::vector<DevicePlan>& plans,
                                           const Profile& profile);

}  // namespace berth
