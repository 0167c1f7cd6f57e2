// Placement: which device each operator runs on. The problem as plain costs, and solvers with a proof or a lower bound.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "berth/cost/plan.h"
#include "berth/graph/graph.h"
#include "berth/hardware/profile.h"
#include "berth/placement/placement_result.h"

namespace berth {

/// Constraints on an assignment, besides that every operator can run where it is placed.
struct PlacementLimits {
    /// A memory filled by the operators on some devices.
    struct Memory {
        std::string name;
        Bytes capacity;
        std::vector<bool> holds;       ///< [device]
        std::optional<DeviceId> of{};  ///< the one device that owns it; absent: devices share it
    };
    /// Bytes that two operators both keep, but that count once in a memory that holds them for both devices.
    struct Shared {
        OperatorId before = kNoOperator, after = kNoOperator;  ///< in execution order
        /// [device of before][device of after]; on one device no less than on two.
        std::vector<std::vector<Bytes>> size;
    };
    std::optional<int> segments;  ///< most segments: maximal runs of operators on one device, in execution order
    std::vector<Memory> memories;
    std::vector<std::vector<Bytes>> size;     ///< [operator][device] bytes kept resident there; empty: none
    std::vector<std::vector<Bytes>> working;  ///< [operator][device] bytes alive while it runs there; empty: none
    std::vector<Shared> shared;

    [[nodiscard]] bool any() const { return segments.has_value() || !memories.empty(); }
};

/// Bytes that an assignment keeps resident in a memory, and the largest working memory of the operators that run there.
[[nodiscard]] Bytes kept_resident(const PlacementLimits& limits, std::size_t memory, const Assignment& assignment);
[[nodiscard]] Bytes working_memory(const PlacementLimits& limits, std::size_t memory, const Assignment& assignment);
/// Bytes that an assignment needs of a memory: the sum of both.
[[nodiscard]] Bytes memory_needed(const PlacementLimits& limits, std::size_t memory, const Assignment& assignment);
[[nodiscard]] bool within(const PlacementLimits& limits, const Assignment& assignment);

/// Serial latency of a graph on several devices, as a sum of costs (Stone, IEEE TSE 1977): one per operator and device;
/// one per tensor and pair of devices that it crosses between (once, however many operators read it there); one per
/// device that is used at all; and one for each fused operator whose predecessor runs elsewhere.
struct PlacementProblem {
    struct TensorFlow {
        OperatorId producer = kNoOperator;  ///< kNoOperator: an input, which comes from the host
        std::vector<OperatorId> consumers;
        bool to_host = false;     ///< a result of the graph
        std::vector<Bytes> size;  ///< [device] as that device reads and writes it; the larger of two sizes crosses
        std::vector<std::vector<Time>> crossing;  ///< [from][to]
    };
    struct FusionLoss {
        OperatorId before = kNoOperator, after = kNoOperator;
        DeviceId device = 0;  ///< `loss` is added where `after` runs on this device and `before` does not
        Time loss;
    };
    std::size_t devices = 0;
    DeviceId host = 0;
    std::vector<std::vector<std::optional<Time>>> cost;  ///< [operator][device]; absent: cannot run there
    std::vector<TensorFlow> flows;
    std::vector<FusionLoss> fusion;
    std::vector<Time> activation;  ///< [device] added once if any operator runs there
    std::vector<int> group;        ///< operators of one group share a device; negative or empty: no group
    PlacementLimits limits;        ///< not part of the sums; best_placement respects them
};

/// Upper bound on memory_needed() over all assignments of the problem.
[[nodiscard]] Bytes most_needed(const PlacementProblem& problem, std::size_t memory);
/// The problem's limits, without memories that even the upper bound most_needed() does not overfill.
[[nodiscard]] PlacementLimits limits_that_bind(const PlacementProblem& problem);

/// Builds the problem from plans of the same graph, one per device of the profile.
[[nodiscard]] PlacementProblem placement_problem(const Graph& graph, const std::vector<DevicePlan>& plans,
                                                 const Profile& profile);

/// Serial latency of an assignment; absent if an operator cannot run where it was placed, or if a group is split.
[[nodiscard]] std::optional<Time> objective(const PlacementProblem& problem, const Assignment& assignment);

/// Places every operator on `device` if it can run there, else on that device's fallback. Absent, with the operator's
/// name and reason in `why`, if an operator can run on neither.
[[nodiscard]] std::optional<Assignment> whole_model(const Graph& graph, const std::vector<DevicePlan>& plans,
                                                    DeviceId device, std::string* why);

using PlacementResult = Placement<Time>;

/// Exact for two devices: minimum s-t cut (Boykov and Kolmogorov 2004). Absent if some operator has no device. Devices
/// that no operator can run on do not count; with three others it throws std::logic_error.
[[nodiscard]] std::optional<PlacementResult> minimum_cut_placement(const PlacementProblem& problem);

/// The exact solver that fits the problem: minimum cut for one or two devices; a dynamic programme along the execution
/// order where few tensors are live at a time; branch and bound for small problems (14 operators on 3 devices).
/// Otherwise two-device cuts repeated over all pairs of devices (alpha-beta swap, Boykov, Veksler and Zabih 2001), with
/// a lower bound. Where that placement violates the limits: the dynamic programme or branch and bound under the limits;
/// on larger problems a beam search over the programme's states, against the bound without limits. Absent if no
/// placement within the limits was found.
[[nodiscard]] std::optional<PlacementResult> best_placement(const PlacementProblem& problem);

/// A good placement within memories for problems with too many operators for the search of best_placement(), with a
/// lower bound over all placements. Memory gets a price, and operators of a `part` (a layer, say; negative: none) that
/// the optima at prices close to the limit place alike are placed as one.
[[nodiscard]] std::optional<PlacementResult> limited_placement(const PlacementProblem& problem,
                                                               const std::vector<int>& part);

/// The same problem with all operators of a part on one device; negative: no part.
[[nodiscard]] PlacementProblem kept_together(const PlacementProblem& problem, const std::vector<int>& part);

/// The same problem with all operators of a block on one device. A run of operators outside the repeated blocks
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
