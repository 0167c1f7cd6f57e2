// Operators of a placed pass in execution order, each with the time attributed to it.
#include <algorithm>

#include "evaluation/work.h"

namespace berth {

namespace {

bool is_conversion(StepRole role) {
    return role == StepRole::kQuantize || role == StepRole::kDequantize || role == StepRole::kCast;
}

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
        if (is_conversion(scheduled.role)) {
            shares.conversion[static_cast<std::size_t>(scheduled.op)] +=
                length.plans[static_cast<std::size_t>(scheduled.device)]
                    .costs[static_cast<std::size_t>(scheduled.kernel)]
                    .total;
        }
    }
    return shares;
}

void add_further(OperatorResult& result, const Kernel& kernel, const KernelCost& cost) {
    const auto same = std::ranges::find(result.further, kernel, &FurtherKernel::kernel);
    if (same != result.further.end()) {
        ++same->count;
    } else {
        result.further.push_back({kernel, cost});
    }
}

// Adds MACs and bytes of a kernel, conversions included. The slowest of the operator's own kernels represents it in
// explanations; a conversion only where there is no other. `role`: of the kernel that does so far.
void add_kernel(OperatorResult& result, StepRole& role, const DevicePlan& plan, const ScheduledKernel& scheduled) {
    const auto id = static_cast<std::size_t>(scheduled.kernel);
    const KernelCost& cost = plan.costs[id];
    const bool conversion = is_conversion(scheduled.role);
    const bool converts = result.cost && is_conversion(role);
    result.macs += cost.macs;
    result.dram_bytes += in_bytes(cost.traffic.read + cost.traffic.write) * bytes(1);
    const bool represents =
        !result.cost || (converts && !conversion) || (converts == conversion && cost.total > result.cost->total);
    if (represents && result.cost && !converts) {
        add_further(result, *result.kernel, *result.cost);
    } else if (!represents && !conversion) {
        add_further(result, plan.kernels[id], cost);
    }
    if (represents) {
        result.cost = cost;
        result.kernel = plan.kernels[id];
        role = scheduled.role;
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
    std::vector<StepRole> roles(results.size());  // [operator] of the kernel that represents it so far
    for (const ScheduledKernel& scheduled : work.kernels) {
        const auto op = static_cast<std::size_t>(scheduled.op);
        add_kernel(results[op], roles[op], length.plans[static_cast<std::size_t>(scheduled.device)], scheduled);
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
