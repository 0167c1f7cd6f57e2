// A placement problem from what each device's plan says.
#include <algorithm>
#include <stdexcept>

#include "base/index.h"
#include "berth/placement.h"

namespace berth {

namespace {

// Plans in the order of the profile's devices.
std::vector<const DevicePlan*> by_device(const Graph& graph, const std::vector<DevicePlan>& plans,
                                         const Profile& profile) {
    std::vector<const DevicePlan*> ordered(profile.devices.size(), nullptr);
    for (const DevicePlan& plan : plans) {
        ordered.at(at(plan.device)) = &plan;
        if (plan.operators.size() != graph.operators.size()) {
            throw std::logic_error("a plan of another graph");
        }
    }
    if (std::ranges::find(ordered, nullptr) != ordered.end()) {
        throw std::logic_error("a device without a plan");
    }
    return ordered;
}

Time over_link(const Profile& profile, DeviceId from, DeviceId to, Bytes size) {
    const Link* link = link_between(profile, from, to);
    if (link == nullptr) {
        throw std::logic_error("the host reaches every device");
    }
    return handover_cost(*link, size).total;
}

// Size of the tensor as a device holds it, padded to its bucket and at its dtype.
Bytes size_at(const Graph& graph, const Tensor& tensor, const DevicePlan& plan) {
    if (tensor.producer != kNoOperator) {
        return plan.operators[at(tensor.producer)].output_size;
    }
    DType dtype = DType::kInt32;
    if (!tensor.integer && !tensor.consumers.empty()) {
        dtype = graph.operators[at(tensor.consumers.front())].dtype.activations;
    }
    return static_cast<double>(tensor.elements()) * element_size(dtype);
}

PlacementProblem::TensorFlow flow_of(const Graph& graph, const Tensor& tensor,
                                     const std::vector<const DevicePlan*>& plans, const Profile& profile) {
    PlacementProblem::TensorFlow flow;
    flow.producer = tensor.producer;
    flow.consumers = tensor.consumers;
    flow.to_host = tensor.graph_output;
    for (const DevicePlan* plan : plans) {
        flow.size.push_back(size_at(graph, tensor, *plan));
    }
    for (std::size_t from = 0; from < plans.size(); ++from) {
        auto& row = flow.crossing.emplace_back();
        for (std::size_t to = 0; to < plans.size(); ++to) {
            row.push_back(crossing_cost(profile, static_cast<DeviceId>(from), static_cast<DeviceId>(to),
                                        std::max(flow.size[from], flow.size[to])));
        }
    }
    return flow;
}

}  // namespace

Time crossing_cost(const Profile& profile, DeviceId from, DeviceId to, Bytes size) {
    if (from == to) {
        return {};
    }
    if (from == profile.host || to == profile.host || link_between(profile, from, to) != nullptr) {
        return over_link(profile, from, to, size);
    }
    return over_link(profile, from, profile.host, size) + over_link(profile, profile.host, to, size);
}

PlacementProblem placement_problem(const Graph& graph, const std::vector<DevicePlan>& plans, const Profile& profile) {
    const auto ordered = by_device(graph, plans, profile);
    PlacementProblem problem;
    problem.devices = ordered.size();
    problem.host = profile.host;
    problem.cost.resize(graph.operators.size());
    for (const DevicePlan* plan : ordered) {
        problem.activation.push_back(plan->per_graph);
        for (std::size_t op = 0; op < graph.operators.size(); ++op) {
            const OperatorPlan& own = plan->operators[op];
            problem.cost[op].push_back(own.supported ? std::optional(own.cost) : std::nullopt);
            if (own.supported && own.fused_into != kNoOperator) {
                // Where a kernel of its own is no slower, leaving the group costs nothing; it never gains.
                const Time loss = std::max(own.unfused_extra, Time{});
                problem.fusion.push_back({own.fused_into, static_cast<OperatorId>(op), plan->device, loss});
            }
        }
    }
    for (const Tensor& tensor : graph.tensors) {
        if (!tensor.consumers.empty() || tensor.graph_output) {
            problem.flows.push_back(flow_of(graph, tensor, ordered, profile));
        }
    }
    return problem;
}

}  // namespace berth
