// From an assignment to kernels and hand-overs in order.
#include "schedule/work.h"

#include <algorithm>

namespace berth {

namespace {

const DevicePlan& plan_on(const LengthPlan& length, DeviceId device) {
    return length.plans[static_cast<std::size_t>(device)];
}

void add_kernels(Work& work, const LengthPlan& length, const Assignment& assignment, OperatorId id) {
    const auto index = static_cast<std::size_t>(id);
    const DeviceId device = assignment[index];
    const OperatorPlan& op = plan_on(length, device).operators[index];
    const bool split = op.fused_into != kNoOperator && assignment[static_cast<std::size_t>(op.fused_into)] != device;
    if (split) {
        work.kernels.push_back({device, op.alone, StepRole::kOperator, id});
    }
    for (const Step& step : op.steps) {
        work.kernels.push_back({device, step.kernel, step.role, id});
    }
}

void add_handovers(Work& work, const LengthPlan& length, const Assignment& assignment) {
    for (const PlacementProblem::TensorFlow& f : length.problem.flows) {
        const DeviceId from =
            f.producer == kNoOperator ? length.problem.host : assignment[static_cast<std::size_t>(f.producer)];
        std::vector<DeviceId> reached{from};
        const auto reach = [&](DeviceId to, OperatorId reader) {
            if (std::find(reached.begin(), reached.end(), to) != reached.end()) {
                return;
            }
            reached.push_back(to);
            work.handovers.push_back(
                {f.producer, reader, from, to,
                 std::max(f.size[static_cast<std::size_t>(from)], f.size[static_cast<std::size_t>(to)]),
                 f.crossing[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)]});
        };
        for (const OperatorId consumer : f.consumers) {
            reach(assignment[static_cast<std::size_t>(consumer)], consumer);
        }
        if (f.to_host) {
            reach(length.problem.host, kNoOperator);
        }
    }
}

}  // namespace

Work work_of(const LengthPlan& length, const Assignment& assignment) {
    Work work;
    for (std::size_t i = 0; i < assignment.size(); ++i) {
        add_kernels(work, length, assignment, static_cast<OperatorId>(i));
        if (std::find(work.calls.begin(), work.calls.end(), assignment[i]) == work.calls.end()) {
            work.calls.push_back(assignment[i]);
        }
    }
    add_handovers(work, length, assignment);
    return work;
}

Bytes through_host(const Profile& profile, DeviceId from, DeviceId to, Bytes size) {
    if (from == to) {
        return {};
    }
    if (const Link* link = link_between(profile, from, to); link != nullptr) {
        const bool by_host = link->from == profile.host || link->to == profile.host;
        return link->transfer && by_host ? size : Bytes{};
    }
    return through_host(profile, from, profile.host, size) + through_host(profile, profile.host, to, size);
}

Time handover_time(const Handover& handover, const Profile& profile) {
    if (!handover.layout_only) {
        return crossing_cost(profile, handover.from, handover.to, handover.size);
    }
    const Link* link = link_between(profile, handover.from, handover.to);
    return link == nullptr ? Time{} : handover_cost(*link, handover.size).layout_change;
}

Time time_of(const Work& work, const LengthPlan& length, const Profile& profile) {
    // Identical kernels are costed once.
    std::vector<std::vector<double>> count(length.plans.size());
    for (std::size_t d = 0; d < length.plans.size(); ++d) {
        count[d].assign(length.plans[d].kernels.size(), 0);
    }
    for (const ScheduledKernel& scheduled : work.kernels) {
        count[static_cast<std::size_t>(scheduled.device)][static_cast<std::size_t>(scheduled.kernel)] += 1;
    }
    Time total;
    for (std::size_t d = 0; d < length.plans.size(); ++d) {
        const Device& device = profile.devices[d];
        for (std::size_t k = 0; k < count[d].size(); ++k) {
            if (count[d][k] > 0) {
                total += kernel_cost(length.plans[d].kernels[k], device, length.plans[d].execution).total * count[d][k];
            }
        }
    }
    for (const DeviceId device : work.calls) {
        total += profile.devices[static_cast<std::size_t>(device)].runtime.dispatch_per_graph.value;
    }
    for (const Handover& handover : work.handovers) {
        total += handover_time(handover, profile);
    }
    return total;
}

}  // namespace berth
