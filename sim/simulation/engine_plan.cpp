// Validates a system and precomputes what the engine needs at every event.
#include "simulation/engine_plan.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "simulation/saturation.h"

namespace berth {

namespace {

void require(bool holds, const char* what) {
    if (!holds) {
        throw std::logic_error(what);
    }
}

void plan_bandwidths(EnginePlan& plan, const SimulatedSystem& system) {
    plan.places.resize(system.bandwidths.size());
    for (std::size_t i = 0; i < system.bandwidths.size(); ++i) {
        const SharedBandwidth& shared = system.bandwidths[i];
        require(shared.bandwidth > Bandwidth{}, "a bandwidth of nothing");
        if (!shared.within) {
            plan.places[i] = {plan.shares.size(), -1};
            plan.shares.push_back({in_bytes_per_second(shared.bandwidth), i, {}, false});
        }
    }
    for (std::size_t i = 0; i < system.bandwidths.size(); ++i) {
        if (const auto within = system.bandwidths[i].within) {
            require(*within < plan.places.size() && !system.bandwidths[*within].within,
                    "a bandwidth within no whole one");
            PlannedShare& share = plan.shares[plan.places[*within].share];
            plan.places[i] = {plan.places[*within].share, static_cast<int>(share.limits.size())};
            share.limits.push_back(in_bytes_per_second(system.bandwidths[i].bandwidth));
        }
    }
}

void check(const SimulatedTask& task, const SimulatedSystem& system) {
    require(task.pool < system.pools.size(), "a task on no pool");
    require(task.servers > 0 && task.servers <= system.pools[task.pool].servers,
            "a task for more servers than there are");
    require(task.work >= Time{} && task.moved >= Bytes{}, "a task of negative time or size");
    require(task.bandwidth ? *task.bandwidth < system.bandwidths.size() : task.moved == Bytes{},
            "bytes that move over nothing");
    require(!task.fastest || *task.fastest > Bandwidth{}, "a task that draws nothing");
    require(!task.service || (*task.service < system.services.size() && task.work == Time{} && task.moved == Bytes{}),
            "a chat of no service, or with time or bytes of its own");
}

PlannedTask planned(const SimulatedTask& task, const EnginePlan& plan) {
    PlannedTask made;
    made.pool = static_cast<std::uint32_t>(task.pool);
    made.servers = task.servers;
    made.work = in_seconds(task.work);
    made.varies = task.variability == Variability::kExponential;
    made.bytes = in_bytes(task.moved);
    made.cap = task.fastest ? in_bytes_per_second(*task.fastest) : std::numeric_limits<double>::infinity();
    made.waits_for = static_cast<int>(task.after.size());
    if (task.bandwidth && task.moved > Bytes{}) {
        const BandwidthPlace place = plan.places[*task.bandwidth];
        const PlannedShare& share = plan.shares[place.share];
        const double limit = place.part < 0 ? share.bandwidth : share.limits[static_cast<std::size_t>(place.part)];
        made.share = static_cast<int>(place.share);
        made.part = place.part;
        made.alone = made.bytes / std::min({made.cap, share.bandwidth, limit});
        made.rate = made.bytes / made.alone;
    }
    return made;
}

void plan_tasks(EnginePlan& plan, const SimulatedSystem& system) {
    require(!system.tasks.empty(), "a request without tasks");
    for (std::size_t i = 0; i < system.tasks.size(); ++i) {
        const SimulatedTask& task = system.tasks[i];
        check(task, system);
        plan.tasks.push_back(planned(task, plan));
        for (const std::size_t before : task.after) {
            require(before < i, "a task that waits for a later one");
            plan.tasks[before].then.push_back(static_cast<std::uint32_t>(i));
        }
        if (task.after.empty()) {
            plan.first_tasks.push_back(static_cast<std::uint32_t>(i));
        }
    }
}

// A part of the passes of a service as a task, whose time and bytes differ per pass.
PlannedTask planned_part(const SimulatedTask& task, const ChatService& service, PassWork work,
                         const SimulatedSystem& system, const EnginePlan& plan) {
    const PassPlace at = place_of(service, work, {task.pool, task.servers, task.bandwidth});
    require(at.pool < system.pools.size() && at.servers > 0 && at.servers <= system.pools[at.pool].servers,
            "a pass on no pool, or for more servers than there are");
    require(!at.bandwidth || *at.bandwidth < system.bandwidths.size(), "a pass whose bytes move over nothing");
    PlannedTask made;
    made.pool = static_cast<std::uint32_t>(at.pool);
    made.servers = at.servers;
    if (at.bandwidth && paced_draws(service, work) > Bandwidth{}) {
        const BandwidthPlace place = plan.places[*at.bandwidth];
        made.share = static_cast<int>(place.share);
        made.part = place.part;
    }
    return made;
}

void plan_services(EnginePlan& plan, const SimulatedSystem& system) {
    constexpr std::uint32_t kNone = static_cast<std::uint32_t>(-1);
    plan.passes.resize(system.services.size());
    plan.pass_parts.resize(system.services.size());
    plan.chat_tasks.assign(system.services.size(), kNone);
    for (std::size_t i = 0; i < system.tasks.size(); ++i) {
        if (const auto service = system.tasks[i].service) {
            require(plan.chat_tasks[*service] == kNone, "a service of several tasks");
            plan.chat_tasks[*service] = static_cast<std::uint32_t>(i);
            for (const PassWork work : kPassWorks) {
                plan.pass_parts[*service].at(static_cast<std::size_t>(work)) =
                    planned_part(system.tasks[i], system.services[*service], work, system, plan);
            }
            plan.passes[*service] = plan.pass_parts[*service][static_cast<std::size_t>(PassWork::kStep)];
            plan.tasks[i].service = static_cast<int>(*service);
        }
    }
    require(std::ranges::find(plan.chat_tasks, kNone) == plan.chat_tasks.end(), "a service without a task");
}

void plan_phases(EnginePlan& plan, const SimulatedSystem& system) {
    for (const SimulatedPhase& phase : system.phases) {
        require(phase.first <= phase.last && phase.last < plan.tasks.size(), "a phase of other tasks");
        plan.tasks[phase.first].begins.push_back(static_cast<std::uint32_t>(plan.phases.size()));
        plan.tasks[phase.last].ends.push_back(static_cast<std::uint32_t>(plan.phases.size()));
        plan.phases.push_back({static_cast<std::uint32_t>(phase.first), static_cast<std::uint32_t>(phase.last),
                               phase.budget ? in_seconds(*phase.budget) : -1});
    }
}

}  // namespace

EnginePlan plan_engine(const SimulatedSystem& system) {
    EnginePlan plan;
    for (const ServerPool& pool : system.pools) {
        require(pool.servers > 0, "a pool without servers");
        plan.servers.push_back(pool.servers);
    }
    plan_bandwidths(plan, system);
    plan_tasks(plan, system);
    plan_services(plan, system);
    plan_phases(plan, system);
    const std::vector<bool> enough = never_short(system);
    for (PlannedShare& share : plan.shares) {
        share.enough = enough[share.position];
    }
    return plan;
}

}  // namespace berth
