// Loads of single operators, and the placement problem at resource prices.
#include "evaluation/pass_load.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/index.h"
#include "placement/least_load.h"
#include "simulation/resources.h"

namespace berth {

namespace {

// uniform admixture to the prices, so that zero prices do not leave placements arbitrary
constexpr double kEvenly = 1e-6;
constexpr int kMostRounds = 40;
constexpr double kClose = 1e-6;

// Bytes that kernels of a device move, each at most as many as the device carries in the kernel's time.
class Moved {
  public:
    Moved(const DevicePlan& plan, DeviceId device, const SimulatedSystem& resources)
        : plan_(plan), device_(device), resources_(resources) {}

    [[nodiscard]] Bytes by(KernelId kernel) const {
        const KernelCost& cost = plan_.costs[at(kernel)];
        const Bytes all = cost.traffic.read + cost.traffic.write;
        return call_task("", device_, 1, cost.total, all, resources_).moved;
    }

  private:
    const DevicePlan& plan_;
    DeviceId device_;
    const SimulatedSystem& resources_;
};

bool is_fused(const OperatorPlan& plan) { return plan.fused_into != kNoOperator; }

// Demand of an operator whose group is on the same device.
OperatorDemand demand_on(const LengthPlan& length, std::size_t op, DeviceId device, const SimulatedSystem& resources) {
    const OperatorPlan& own = length.plans[at(device)].operators[op];
    const Moved moved(length.plans[at(device)], device, resources);
    OperatorDemand demand{*length.problem.cost[op][at(device)], {}};
    for (const Step& step : own.steps) {
        // What others add to its kernel, they demand themselves.
        const bool others_join = step.role == StepRole::kOperator && !is_fused(own);
        demand.moved += moved.by(others_join ? own.alone : step.kernel);
    }
    if (is_fused(own)) {
        demand.moved += moved.by(own.joined) - moved.by(own.before);
    }
    return demand;
}

// What a fused operator demands more where the operator before it runs elsewhere.
OperatorDemand demand_of_split(const LengthPlan& length, std::size_t op, DeviceId device,
                               const SimulatedSystem& resources) {
    const DevicePlan& plan = length.plans[at(device)];
    const OperatorPlan& own = plan.operators[op];
    const Moved moved(plan, device, resources);
    const auto time = [&plan](KernelId kernel) { return plan.costs[at(kernel)].total; };
    return {cost_of_split_fusion(time(own.alone), time(own.joined), time(own.before)),
            moved.by(own.alone) - (moved.by(own.joined) - moved.by(own.before))};
}

/// Load per unit of time and per byte on the resources of a profile.
class LoadRates {
  public:
    LoadRates(const ModelStage& stage, const Profile& profile) : profile_(profile), resources_(resources_of(profile)) {
        for (std::size_t d = 0; d < profile.devices.size(); ++d) {
            const int servers = resources_.pools[d].servers;
            const int cores = execution_on(stage, profile, static_cast<DeviceId>(d)).cores;
            share_.push_back(static_cast<double>(std::min(cores, servers)) / servers);
        }
    }

    [[nodiscard]] std::size_t count() const { return resources_.pools.size() + resources_.bandwidths.size(); }
    [[nodiscard]] std::size_t dram() const { return resources_.pools.size(); }
    [[nodiscard]] Bandwidth dram_bandwidth() const { return resources_.bandwidths.front().bandwidth; }
    [[nodiscard]] double share(DeviceId device) const { return share_[at(device)]; }

    [[nodiscard]] const SimulatedSystem& resources() const { return resources_; }

    void add(OperatorDemand demand, DeviceId device, std::vector<Time>& load) const {
        load[cores_pool(device)] += demand.work * share(device);
        const std::size_t dma = dma_of(device);
        add_bytes(demand.moved, dma, load);
        if (const auto within = resources_.bandwidths[dma].within) {
            add_bytes(demand.moved, *within, load);
        }
    }

    [[nodiscard]] std::vector<Time> of(const LengthPlan& length, const Assignment& assignment) const {
        std::vector<Time> load(count());
        const Work work = work_of(length, assignment);
        for (std::size_t op = 0; op < assignment.size(); ++op) {
            add(demand_of(length, assignment, op, resources_), assignment[op], load);
        }
        for (const Handover& handover : work.handovers) {
            load[handover_pool(profile_)] += handover.cost;
            load[dram()] += through_host(profile_, handover.from, handover.to, handover.size) / dram_bandwidth();
        }
        for (const DeviceId device : work.calls) {
            load[dispatch_pool(profile_, device)] += length.plans[at(device)].per_graph;
        }
        return load;
    }

  private:
    void add_bytes(Bytes moved, std::size_t bandwidth, std::vector<Time>& load) const {
        load[resources_.pools.size() + bandwidth] += moved / resources_.bandwidths[bandwidth].bandwidth;
    }

    const Profile& profile_;
    SimulatedSystem resources_;
    std::vector<double> share_;  ///< [device] share of its cores in use
};

}  // namespace

OperatorDemand demand_of(const LengthPlan& length, const Assignment& assignment, std::size_t op,
                         const SimulatedSystem& resources) {
    OperatorDemand demand = demand_on(length, op, assignment[op], resources);
    const OperatorPlan& own = length.plans[at(assignment[op])].operators[op];
    if (is_fused(own) && assignment[at(own.fused_into)] != assignment[op]) {
        const OperatorDemand more = demand_of_split(length, op, assignment[op], resources);
        demand.work += more.work;
        demand.moved += more.moved;
    }
    return demand;
}

std::vector<Time> pass_load(const LengthPlan& length, const ModelStage& stage, const Profile& profile,
                            const Assignment& assignment) {
    return LoadRates(stage, profile).of(length, assignment);
}

PlacementProblem priced_problem(const LengthPlan& length, const ModelStage& stage, const Profile& profile,
                                std::span<const double> prices) {
    const LoadRates rates(stage, profile);
    PlacementProblem problem = length.problem;
    std::vector<double> price(prices.begin(), prices.end());
    for (double& each : price) {
        each = each * (1 - kEvenly) + kEvenly / static_cast<double>(rates.count());
    }
    std::vector<Time> load(rates.count());
    const auto priced_demand = [&](OperatorDemand demand, DeviceId device) {
        std::ranges::fill(load, Time{});
        rates.add(demand, device, load);
        return priced(load, price);
    };
    for (std::size_t op = 0; op < problem.cost.size(); ++op) {
        for (std::size_t d = 0; d < problem.devices; ++d) {
            if (auto& cost = problem.cost[op][d]) {
                const auto device = static_cast<DeviceId>(d);
                cost = priced_demand(demand_on(length, op, device, rates.resources()), device);
            }
        }
    }
    for (auto& loss : problem.fusion) {
        const auto more = demand_of_split(length, at(loss.after), loss.device, rates.resources());
        loss.loss = priced_demand(more, loss.device);
        if (loss.loss < Time{}) {  // a loss is none; counted wherever the operator before runs, the bound still holds
            *problem.cost[at(loss.after)][at(loss.device)] += loss.loss;
            loss.loss = Time{};
        }
    }
    for (auto& flow : problem.flows) {
        for (std::size_t from = 0; from < flow.crossing.size(); ++from) {
            for (std::size_t to = 0; to < flow.crossing[from].size(); ++to) {
                const Bytes moved = through_host(profile, static_cast<DeviceId>(from), static_cast<DeviceId>(to),
                                                 std::max(flow.size[from], flow.size[to]));
                flow.crossing[from][to] = flow.crossing[from][to] * price[handover_pool(profile)] +
                                          moved / rates.dram_bandwidth() * price[rates.dram()];
            }
        }
    }
    for (std::size_t device = 0; device < problem.devices; ++device) {
        problem.activation[device] *= price[dispatch_pool(profile, static_cast<DeviceId>(device))];
    }
    return problem;
}

Time pass_load_bound(const LengthPlan& length, const ModelStage& stage, const Profile& profile) {
    const LoadRates rates(stage, profile);
    const auto first = best_placement(length.problem);
    if (!first) {
        return {};
    }
    LoadTask task{1, {{rates.of(length, first->assignment), {}}}};
    const std::vector<Time> base(rates.count());
    Time bound;
    for (int round = 0; round < kMostRounds; ++round) {
        const LoadShares shares = least_load({&task, 1}, base);
        const auto next = best_placement(priced_problem(length, stage, profile, shares.prices));
        if (!next) {
            break;
        }
        bound = std::max(bound, next->lower_bound);
        if (shares.status != LoadStatus::kOptimal || bound >= shares.load * (1 - kClose)) {
            break;  // the bound holds at any prices, but non-optimal prices give no improving column
        }
        task.choices.push_back({rates.of(length, next->assignment), {}});
    }
    return bound;
}

}  // namespace berth
