// Which device each operator runs on: the problem as plain costs, and solvers that prove what they answer.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "berth/graph.h"
#include "berth/placement_result.h"
#include "berth/plan.h"
#include "berth/profile.h"

namespace berth {

/// What an assignment must keep to beside running at all.
struct PlacementLimits {
    /// Memory that is filled by what runs on some devices.
    struct Memory {
        std::string name;
        Bytes capacity;
        std::vector<bool> holds;       ///< [device]
        std::optional<DeviceId> of{};  ///< whose own it is; absent: devices share it
    };
    std::optional<int> segments;  ///< at most so many maximal runs of operators on one device, in execution order
    std::vector<Memory> memories;
    std::vector<std::vector<Bytes>> size;  ///< [operator][device] that it keeps there; empty: nothing
    std::vector<Bytes> working;            ///< [device] beside that, for whatever runs there; empty: nothing

    [[nodiscard]] bool any() const { return segments.has_value() || !memories.empty(); }
};

/// What an assignment takes of a memory: all that is kept, and the most that one device works in.
[[nodiscard]] Bytes memory_needed(const PlacementLimits& limits, std::size_t memory, const Assignment& assignment);
[[nodiscard]] bool within(const PlacementLimits& limits, const Assignment& assignment);

/// Serial latency of a graph on several devices, as sums (Stone, IEEE TSE 1977): a cost per operator and device, a cost
/// per tensor and pair of devices that it crosses between (once, however many operators read it there), a cost per
/// device that is used at all, and what a fused operator costs more when the one before it runs elsewhere.
struct PlacementProblem {
    struct TensorFlow {
        OperatorId producer = kNoOperator;  ///< kNoOperator: comes from the host
        std::vector<OperatorId> consumers;
        bool to_host = false;                     ///< result of the graph
        std::vector<Bytes> size;                  ///< as each device gives and takes it: the larger of two crosses
        std::vector<std::vector<Time>> crossing;  ///< [from][to]
    };
    struct FusionLoss {
        OperatorId before = kNoOperator, after = kNoOperator;
        DeviceId device = 0;  ///< `after` on it, `before` not: `loss` more
        Time loss;
    };
    std::size_t devices = 0;
    DeviceId host = 0;
    std::vector<std::vector<std::optional<Time>>> cost;  ///< [operator][device]; absent: cannot run there
    std::vector<TensorFlow> flows;
    std::vector<FusionLoss> fusion;
    std::vector<Time> activation;  ///< [device], once if any operator runs there
    std::vector<int> group;        ///< operators of one group share a device; negative: on its own; empty: all are
    PlacementLimits limits;        ///< no part of the sums; best_placement and exhaustive_placement keep to them
};

/// What no assignment of the problem takes more of a memory than.
[[nodiscard]] Bytes most_needed(const PlacementProblem& problem, std::size_t memory);
/// The problem's limits without memories that not even the largest choices fill.
[[nodiscard]] PlacementLimits limits_that_bind(const PlacementProblem& problem);

/// Builds the problem from plans of the same graph, one per device of the profile.
[[nodiscard]] PlacementProblem placement_problem(const Graph& graph, const std::vector<DevicePlan>& plans,
                                                 const Profile& profile);

/// Serial latency of an assignment; absent if an operator cannot run where it was put, or if it tears a group apart.
[[nodiscard]] std::optional<Time> objective(const PlacementProblem& problem, const Assignment& assignment);

/// Everything that can run on `device` there, the rest where that device's runtime falls back to; absent (with the
/// operator's name and reason in `why`) if something can run on neither.
[[nodiscard]] std::optional<Assignment> whole_model(const Graph& graph, const std::vector<DevicePlan>& plans,
                                                    DeviceId device, std::string* why);

using PlacementResult = Placement<Time>;

/// Exact for two devices: minimum s-t cut (Boykov and Kolmogorov 2004). Absent if some operator has no device. Devices
/// that nothing can run on do not count; three others are a std::logic_error.
[[nodiscard]] std::optional<PlacementResult> minimum_cut_placement(const PlacementProblem& problem);

/// All assignments within the limits; for tests and for graphs of up to about 14 groups.
[[nodiscard]] std::optional<PlacementResult> exhaustive_placement(const PlacementProblem& problem);

/// The exact solver that fits: minimum cut for one or two devices, a dynamic programme along the execution order where
/// few tensors wait at a time, branch and bound for small problems (14 operators on 3 devices); otherwise two-device
/// cuts repeated over all pairs of devices (alpha-beta swap, Boykov, Veksler and Zabih 2001) against a lower bound.
/// Where the best placement is not within the limits: the dynamic programme or branch and bound with them, on larger
/// problems a beam of its states, against the bound without limits. Absent if nothing within them was found.
[[nodiscard]] std::optional<PlacementResult> best_placement(const PlacementProblem& problem);

/// The same problem with all operators of a block forced together. A run of operators outside the repeated blocks
/// (embedding, head) is a block too. Operators that some used device cannot run stay on their own, so that a device's
/// fallbacks remain possible: the best placement is never worse than the best whole model.
[[nodiscard]] PlacementProblem per_block(const PlacementProblem& problem, const Graph& graph);

/// Maximal runs of operators on one device, in execution order.
struct Segment {
    DeviceId device = 0;
    OperatorId first = 0, last = 0;
};
[[nodiscard]] std::vector<Segment> segments(const Assignment& assignment);

}  // namespace berth
