// Operators of a placed pass in execution order, each with the time attributed to it.
#include <algorithm>

#include "evaluation/work.h"

namespace berth {

namespace {

struct Shares {
    // [operator] hand-over of its inputs, entry into its runtime, and hand-over of results to the host
    std::vector<Time> handover;
    std::vector<Time> conversion;  // [operator]
    std::vector<Time> call;        // [operator] part of the hand-over: entry into a runtime
    std::vector<Bytes> moved;      // [operator] bytes that hand-overs move through the host's DRAM
};

Shares shares_of(const Work& work, const LengthPlan& length, const Assignment& assignment, const Profile& profile) {
    Shares shares{std::vector<Time>(assignment.size()), std::vector<Time>(assignment.size()),
                  std::vector<Time>(assignment.size()), std::vector<Bytes>(assignment.size())};
    for (const Handover& handover : work.handovers) {
        const OperatorId owner = handover.reader == kNoOperator ? handover.producer : handover.reader;
        if (owner != kNoOperator) {
            shares.handover[static_cast<std::size_t>(owner)] += handover.cost;
            shares.moved[static_cast<std::size_t>(owner)] +=
                through_host(profile, handover.from, handover.to, handover.size);
        }
    }
    for (const DeviceId device : work.calls) {
        const auto first = std::find(assignment.begin(), assignment.end(), device) - assignment.begin();
        shares.handover[static_cast<std::size_t>(first)] += length.plans[static_cast<std::size_t>(device)].per_graph;
        shares.call[static_cast<std::size_t>(first)] += length.plans[static_cast<std::size_t>(device)].per_graph;
    }
    for (const ScheduledKernel& scheduled : work.kernels) {
        if (scheduled.role == StepRole::kQuantize || scheduled.role == StepRole::kDequantize ||
            scheduled.role == StepRole::kCast) {
            shares.conversion[static_cast<std::size_t>(scheduled.op)] +=
                length.plans[static_cast<std::size_t>(scheduled.device)]
                    .costs[static_cast<std::size_t>(scheduled.kernel)]
                    .total;
        }
    }
    return shares;
}

// Adds MACs and bytes of a kernel, conversions included; the slowest kernel represents the operator in explanations.
void add_kernel(OperatorResult& result, const DevicePlan& plan, KernelId id) {
    const KernelCost& cost = plan.costs[static_cast<std::size_t>(id)];
    result.macs += cost.macs;
    result.dram_bytes += in_bytes(cost.traffic.read + cost.traffic.write) * bytes(1);
    if (!result.cost || cost.total > result.cost->total) {
        result.cost = cost;
        result.kernel = plan.kernels[static_cast<std::size_t>(id)];
    }
}

}  // namespace

std::vector<OperatorResult> operator_results(const LengthPlan& length, const Assignment& assignment,
                                             const Profile& profile) {
    const Graph& graph = length.graphs[static_cast<std::size_t>(profile.host)];
    const Work work = work_of(length, assignment);
    const Shares shares = shares_of(work, length, assignment, profile);
    std::vector<OperatorResult> results;
    results.reserve(assignment.size());
    for (std::size_t i = 0; i < assignment.size(); ++i) {
        const DevicePlan& plan = length.plans[static_cast<std::size_t>(assignment[i])];
        const OperatorPlan& op = plan.operators[i];
        OperatorResult result;
        result.id = static_cast<OperatorId>(i);
        result.name = graph.operators[i].name;
        result.kind = graph.operators[i].kind;
        result.category = graph.operators[i].category;
        result.device = assignment[i];
        result.ran_at = op.ran_at;
        result.stored_at = op.scheme.weights;
        result.weights =
            weight_storage(result.kind, length.graphs[static_cast<std::size_t>(assignment[i])].operators[i].dims,
                           op.scheme)
                .total();
        result.alive = op.alive;
        result.alive_on_chip = op.on_chip;
        result.result = op.output_size;
        result.result_on_chip = op.output_on_chip;
        result.handover = shares.handover[i];
        result.call = shares.call[i];
        result.handover_bytes = shares.moved[i];
        result.conversion = shares.conversion[i];
        result.latency = *length.problem.cost[i][static_cast<std::size_t>(assignment[i])] + result.handover;
        results.push_back(std::move(result));
    }
    for (const PlacementProblem::FusionLoss& fusion : length.problem.fusion) {
        const auto after = static_cast<std::size_t>(fusion.after);
        const auto before = static_cast<std::size_t>(fusion.before);
        if (assignment[after] == fusion.device && assignment[before] == fusion.device) {
            results[after].fused_into = graph.operators[before].name;
        } else if (assignment[after] == fusion.device) {
            results[after].latency += fusion.loss;
        }
    }
    for (const ScheduledKernel& scheduled : work.kernels) {
        add_kernel(results[static_cast<std::size_t>(scheduled.op)],
                   length.plans[static_cast<std::size_t>(scheduled.device)], scheduled.kernel);
    }
    Time start;
    for (OperatorResult& result : results) {
        result.start = start;
        start += result.latency;
        result.bound = result.cost ? result.cost->bound : Bound::kVector;
        if (result.handover > result.latency * 0.5) {
            result.bound = Bound::kTransfer;
        }
    }
    return results;
}

}  // namespace berth
