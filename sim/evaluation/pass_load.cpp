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

Bytes moved_by(const DevicePlan& plan, KernelId kernel) {
    const auto& traffic = plan.costs[at(kernel)].traffic;
    return in_bytes(traffic.read + traffic.write) * bytes(1);
}

OperatorDemand demand_on(const LengthPlan& length, std::size_t op, DeviceId device) {
    const DevicePlan& plan = length.plans[at(device)];
    OperatorDemand demand{*length.problem.cost[op][at(device)], {}};
    for (const Step& step : plan.operators[op].steps) {
        demand.moved += moved_by(plan, step.kernel);
    }
    return demand;
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

    void add(OperatorDemand demand, DeviceId device, std::vector<Time>& load) const {
        load[cores_pool(device)] += demand.work * share(device);
        const SimulatedTask task = call_task("", device, 1, demand.work, demand.moved, resources_);
        if (task.bandwidth) {
            const SharedBandwidth& own = resources_.bandwidths[*task.bandwidth];
            load[resources_.pools.size() + *task.bandwidth] += task.moved / own.bandwidth;
            if (own.within) {
                load[resources_.pools.size() + *own.within] +=
                    task.moved / resources_.bandwidths[*own.within].bandwidth;
            }
        }
    }

    [[nodiscard]] std::vector<Time> of(const LengthPlan& length, const Assignment& assignment) const {
        std::vector<Time> load(count());
        const Work work = work_of(length, assignment);
        for (std::size_t op = 0; op < assignment.size(); ++op) {
            add(demand_of(length, assignment, op), assignment[op], load);
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
    const Profile& profile_;
    SimulatedSystem resources_;
    std::vector<double> share_;  ///< [device] share of its cores in use
};

}  // namespace

OperatorDemand demand_of(const LengthPlan& length, const Assignment& assignment, std::size_t op) {
    OperatorDemand demand = demand_on(length, op, assignment[op]);
    const DevicePlan& plan = length.plans[at(assignment[op])];
    const OperatorPlan& own = plan.operators[op];
    if (own.fused_into != kNoOperator && assignment[at(own.fused_into)] != assignment[op]) {
        const auto cost = [&plan](KernelId kernel) { return plan.costs[at(kernel)].total; };
        demand.work += cost_of_split_fusion(cost(own.alone), cost(own.joined), cost(own.before));
        demand.moved += moved_by(plan, own.alone);
    }
    return demand;
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
    for (std::size_t op = 0; op < problem.cost.size(); ++op) {
        for (std::size_t device = 0; device < problem.devices; ++device) {
            if (auto& cost = problem.cost[op][device]) {
                std::ranges::fill(load, Time{});
                rates.add(demand_on(length, op, static_cast<DeviceId>(device)), static_cast<DeviceId>(device), load);
                cost = priced(load, price);
            }
        }
    }
    for (auto& loss : problem.fusion) {
        loss.loss *= price[cores_pool(loss.device)] * rates.share(loss.device);
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
