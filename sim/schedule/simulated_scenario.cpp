// Candidates into tasks: hand-overs on the link, calls on the cores, bytes through DRAM.
#include "berth/simulated_scenario.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

namespace berth {

namespace {

constexpr int kManyServers = 1'000'000;  // nobody waits for a stage that runs elsewhere

class SystemBuilder {
  public:
    explicit SystemBuilder(const Profile& profile) : profile_(profile) {
        for (const Device& device : profile.devices) {
            system_.pools.push_back({device.name, device.cores()});
        }
        system_.pools.push_back({"hand-over", 1});
        system_.pools.push_back({"elsewhere", kManyServers});
        system_.bandwidths.push_back({"dram", profile.dram.sustained.value});
    }

    void add_fixed(const std::string& name, const FixedStage& stage) {
        const std::size_t pool = stage.on ? static_cast<std::size_t>(*stage.on) : profile_.devices.size() + 1;
        append(task(name, pool, stage.takes.median));
    }

    void add_pass(const std::string& stage, const ModelStage& asked, const Candidate& candidate) {
        Time sum;
        for (const OperatorResult& op : candidate.operators) {
            sum += op.latency;
        }
        // Operators are of the dominant input length, or of one step; the latency is of the mean pass.
        const double scale = sum > Time{} ? candidate.latency.median / sum : 0;
        for (std::size_t i = 0; i < candidate.operators.size();) {
            const OperatorResult& first = candidate.operators[i];
            const Device& device = profile_.devices[static_cast<std::size_t>(first.device)];
            Call call{stage + " " + first.name, first.device, execution_on(asked, profile_, first.device).cores};
            do {
                call.add(candidate.operators[i], scale);
                ++i;
            } while (device.runtime.shapes == ShapeRule::kStatic && i < candidate.operators.size() &&
                     candidate.operators[i].device == first.device);
            add_call(call);
        }
    }

    [[nodiscard]] SimulatedSystem take() { return std::move(system_); }

  private:
    struct Call {
        std::string name;
        DeviceId device = 0;
        int cores = 1;
        Time handover{}, work{};
        Bytes moved{};

        void add(const OperatorResult& op, double scale) {
            handover += op.handover * scale;
            work += (op.latency - op.handover) * scale;
            moved += op.dram_bytes * scale;
        }
    };

    void add_call(const Call& call) {
        if (call.handover > Time{}) {
            append(task(call.name + " (hand-over)", profile_.devices.size(), call.handover));
        }
        if (call.work <= Time{}) {
            return;
        }
        const auto pool = static_cast<std::size_t>(call.device);
        SimulatedTask made = task(call.name, pool, call.work);
        made.servers = std::min(call.cores, system_.pools[pool].servers);
        if (call.moved > Bytes{} && !has_own_memory(call.device)) {
            const Bandwidth drawn = call.moved / call.work;
            made.bandwidth = 0;
            // No more than all of DRAM, so that a request alone takes its predicted time.
            made.fastest = std::min(drawn, system_.bandwidths[0].bandwidth);
            made.moved = *made.fastest * call.work;
        }
        append(std::move(made));
    }

    [[nodiscard]] static SimulatedTask task(std::string name, std::size_t pool, Time work) {
        SimulatedTask made;
        made.name = std::move(name);
        made.pool = pool;
        made.work = work;
        return made;
    }

    [[nodiscard]] bool has_own_memory(DeviceId device) const {
        const Link* link = device == profile_.host ? nullptr : link_between(profile_, profile_.host, device);
        return link != nullptr && link->transfer.has_value();
    }

    void append(SimulatedTask task) {
        if (!system_.tasks.empty()) {
            task.after = {system_.tasks.size() - 1};
        }
        system_.tasks.push_back(std::move(task));
    }

    const Profile& profile_;
    SimulatedSystem system_;
};

}  // namespace

SimulatedSystem simulated_system(const Scenario& scenario, const ScenarioResult& result) {
    SystemBuilder builder(scenario.profile);
    for (const StageResult& stage : result.stages) {
        const auto asked = std::ranges::find(scenario.stages, stage.name, &Stage::name);
        for (std::int64_t pass = 0; pass < stage.repeat; ++pass) {
            if (const auto* fixed = std::get_if<FixedStage>(&asked->work)) {
                builder.add_fixed(stage.name, *fixed);
            } else {
                builder.add_pass(stage.name, std::get<ModelStage>(asked->work), stage.candidates[*stage.chosen]);
            }
        }
    }
    return builder.take();
}

std::optional<TrafficResult> simulate_traffic(const Scenario& scenario, const ScenarioResult& result,
                                              std::size_t traced) {
    if (!scenario.traffic) {
        return std::nullopt;
    }
    const RequestStream& traffic = *scenario.traffic;
    TrafficResult simulated{simulated_system(scenario, result), {}};
    simulated.simulation =
        simulate(simulated.system, traffic.arrivals, {traffic.requests, traffic.warm_up, traffic.seed, traced});
    return simulated;
}

}  // namespace berth
