// Laws of the simulator: work is conserved, no resource exceeds its capacity, no task starts before its inputs, and
// times scale.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "berth/simulation/simulation.h"
#include "random_fixtures.h"
#include "simulation/max_min.h"
#include "simulation/saturation.h"

namespace berth {
namespace {

SimulatedSystem any_system() {
    SimulatedSystem system;
    for (int pool = any_number(1, 4); pool > 0; --pool) {
        system.pools.push_back({"pool", any_number(1, 4)});
    }
    for (int shared = any_number(1, 3); shared > 0; --shared) {
        system.bandwidths.push_back({"dram", gigabytes_per_second(any_number(1, 20))});
    }
    for (int part = any_number(0, 3); part > 0; --part) {
        system.bandwidths.push_back({"dma", gigabytes_per_second(any_number(1, 10)), 0});
    }
    const int tasks = any_number(1, 9);
    for (int i = 0; i < tasks; ++i) {
        SimulatedTask task;
        task.pool = static_cast<std::size_t>(any_number(0, static_cast<int>(system.pools.size())));
        task.servers = any_number(1, system.pools[task.pool].servers + 1);
        task.work = microseconds(any_number(0, 2000));
        task.variability = any_number(0, 4) == 0 ? Variability::kExponential : Variability::kNone;
        if (any_number(0, 2) == 0) {
            task.bandwidth = static_cast<std::size_t>(any_number(0, static_cast<int>(system.bandwidths.size())));
            task.moved = bytes(1000.0 * any_number(0, 9000));
            if (any_number(0, 2) == 0) {
                task.fastest = gigabytes_per_second(any_number(1, 10));
            }
        }
        for (int before = 0; before < i; ++before) {
            if (any_number(0, 3) == 0) {
                task.after.push_back(static_cast<std::size_t>(before));
            }
        }
        system.tasks.push_back(std::move(task));
    }
    return system;
}

ArrivalTrace any_trace() {
    ArrivalTrace trace;
    Time now;
    for (int request = any_number(1, 40); request > 0; --request) {
        now += microseconds(any_number(0, 6000));
        trace.times.push_back(now);
    }
    return trace;
}

RC_GTEST_PROP(Simulation, NothingIsLostAndNothingIsUsedBeyondItself, ()) {
    const SimulatedSystem system = any_system();
    const ArrivalTrace trace = any_trace();
    const auto result = simulate(system, trace, {1000, 0, 1, 1000});
    RC_ASSERT(result.completed == trace.times.size());
    for (std::size_t shared = 0; shared < system.bandwidths.size(); ++shared) {
        double demanded = 0;
        for (const SimulatedTask& task : system.tasks) {
            const bool within = task.bandwidth && system.bandwidths[*task.bandwidth].within == shared;
            demanded += task.bandwidth == shared || within ? in_bytes(task.moved) : 0;
        }
        demanded *= static_cast<double>(trace.times.size());
        RC_ASSERT(std::abs(in_bytes(result.moved[shared]) - demanded) <= 1e-9 * demanded);
        RC_ASSERT(result.bandwidths[shared].utilisation <= 1 + 1e-9);
    }
    for (const ResourceUse& pool : result.pools) {
        RC_ASSERT(pool.utilisation <= 1 + 1e-9);
    }
}

bool alike(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max({std::abs(a), std::abs(b), 1e-9}); }

// Without a trace, a task with an uncontended transfer takes one event instead of two; the results must be equal.
RC_GTEST_PROP(Simulation, ATraceChangesNothing, ()) {
    const SimulatedSystem system = any_system();
    const ArrivalTrace trace = any_trace();
    const auto traced = simulate(system, trace, {1000, 0, 1, 1000});
    const auto plain = simulate(system, trace, {1000, 0, 1, 0});
    RC_ASSERT(plain.completed == traced.completed);
    RC_ASSERT(plain.latency.has_value() == traced.latency.has_value());
    if (plain.latency) {
        RC_ASSERT(alike(in_seconds(plain.latency->mean.value), in_seconds(traced.latency->mean.value)));
        RC_ASSERT(alike(in_seconds(plain.latency->p95.value), in_seconds(traced.latency->p95.value)));
    }
    for (std::size_t pool = 0; pool < system.pools.size(); ++pool) {
        RC_ASSERT(alike(plain.pools[pool].utilisation, traced.pools[pool].utilisation));
    }
    for (std::size_t shared = 0; shared < system.bandwidths.size(); ++shared) {
        RC_ASSERT(alike(plain.bandwidths[shared].utilisation, traced.bandwidths[shared].utilisation));
        RC_ASSERT(alike(in_bytes(plain.moved[shared]), in_bytes(traced.moved[shared])));
    }
}

RC_GTEST_PROP(Simulation, NoTaskBeforeItsInputsAndNoPoolOverfull, ()) {
    const SimulatedSystem system = any_system();
    const auto result = simulate(system, any_trace(), {1000, 0, 1, 1000});
    std::vector<Time> end(result.completed * system.tasks.size());
    for (const SimulatedSpan& span : result.spans) {
        end[span.request * system.tasks.size() + span.task] = span.end;
    }
    for (const SimulatedSpan& span : result.spans) {
        const SimulatedTask& task = system.tasks[span.task];
        RC_ASSERT((span.ready <= span.start && span.start <= span.end));
        for (const std::size_t before : task.after) {
            RC_ASSERT(end[span.request * system.tasks.size() + before] <= span.ready);
        }
        int held = 0;  // servers of its pool that are occupied when it starts
        for (const SimulatedSpan& other : result.spans) {
            const bool holds = other.start <= span.start && other.end > span.start;
            held += holds && system.tasks[other.task].pool == task.pool ? system.tasks[other.task].servers : 0;
        }
        RC_ASSERT(held <= system.pools[task.pool].servers);
    }
}

RC_GTEST_PROP(Simulation, DoublingAllRatesHalvesAllTimes, ()) {
    SimulatedSystem system = any_system();
    ArrivalTrace trace = any_trace();
    const auto before = simulate(system, trace, {1000, 0, 1, 1000});
    for (SharedBandwidth& shared : system.bandwidths) {
        shared.bandwidth *= 2;
    }
    for (SimulatedTask& task : system.tasks) {
        task.work /= 2;
        task.fastest = task.fastest ? std::optional(*task.fastest * 2) : std::nullopt;
    }
    for (Time& time : trace.times) {
        time /= 2;
    }
    const auto after = simulate(system, trace, {1000, 0, 1, 1000});
    RC_ASSERT(after.duration == before.duration / 2);
    RC_ASSERT(after.latency.has_value() == before.latency.has_value());
    RC_ASSERT((!after.latency || after.latency->p95.value == before.latency->p95.value / 2));
}

RC_GTEST_PROP(Simulation, NoRequestIsFasterThanAlone, ()) {
    SimulatedSystem system = any_system();
    for (SimulatedTask& task : system.tasks) {
        task.variability = Variability::kNone;
    }
    const auto result = simulate(system, ClosedLoop{any_number(1, 6), {}, {}}, {50, 0, 1, 0});
    RC_ASSERT(result.latency->mean.value >= time_alone(system) * (1 - 1e-9));
    RC_ASSERT(result.throughput <= capacity(system) * (1 + 1e-9) + hertz(6 / in_seconds(result.duration)));
}

RC_GTEST_PROP(Simulation, AChainAloneTakesTheSumOfItsTasks, ()) {
    SimulatedSystem system = any_system();
    Time sum;
    for (std::size_t i = 0; i < system.tasks.size(); ++i) {
        SimulatedTask& task = system.tasks[i];
        task.variability = Variability::kNone;
        task.after = i > 0 ? std::vector{i - 1} : std::vector<std::size_t>{};
        Time own = task.work;
        if (task.bandwidth) {
            const SharedBandwidth& shared = system.bandwidths[*task.bandwidth];
            const Bandwidth all = shared.within
                                      ? std::min(shared.bandwidth, system.bandwidths[*shared.within].bandwidth)
                                      : shared.bandwidth;
            own = std::max(own, task.moved / std::min(all, task.fastest.value_or(all)));
        }
        sum += own;
    }
    const auto result = simulate(system, ClosedLoop{}, {1, 0});
    RC_ASSERT(std::abs((result.latency->mean.value - sum).si()) <= 1e-9 * sum.si() + 1e-15);
}

RC_GTEST_PROP(Simulation, LatencyIsTimeAloneAndWhatIsLostInAChain, ()) {
    SimulatedSystem system = any_system();
    for (std::size_t i = 0; i < system.tasks.size(); ++i) {
        system.tasks[i].variability = Variability::kNone;
        system.tasks[i].after = i > 0 ? std::vector{i - 1} : std::vector<std::size_t>{};
    }
    system.phases = {{"all", 0, system.tasks.size() - 1, {}}};
    const auto result = simulate(system, any_trace(), {1000, 0, 1, 0});
    Time sum = time_alone(system);
    for (const TaskContention& lost : result.contention) {
        RC_ASSERT((lost.waited >= Time{} && lost.slowed >= Time{}));
        sum += lost.waited + lost.slowed;
    }
    RC_ASSERT(std::abs((result.latency->mean.value - sum).si()) <= 1e-9 * sum.si() + 1e-15);
    RC_ASSERT(std::abs((result.phases[0].mean - result.latency->mean.value).si()) <= 1e-9 * sum.si() + 1e-15);
}

/// Chains whose tasks each occupy one server of a pool: no server is idle while requests wait.
SimulatedSystem any_pipeline() {
    SimulatedSystem system;
    for (int pool = any_number(1, 4); pool > 0; --pool) {
        system.pools.push_back({"pool", any_number(1, 4)});
    }
    for (int i = any_number(1, 7); i > 0; --i) {
        SimulatedTask task;
        task.pool = static_cast<std::size_t>(any_number(0, static_cast<int>(system.pools.size())));
        task.work = microseconds(any_number(1, 2000));
        if (!system.tasks.empty()) {
            task.after = {system.tasks.size() - 1};
        }
        system.tasks.push_back(task);
    }
    return system;
}

// Predicted stability agrees with simulation: above the sustainable rate the queue grows with every request, below it
// does not.
RC_GTEST_PROP(Simulation, APipelineIsStableIfAndOnlyIfItsLoadIsBelowOne, ()) {
    const SimulatedSystem system = any_pipeline();
    const Frequency most = sustainable_rate(system);
    RC_ASSERT(std::abs(most / capacity(system) - 1) < 1e-9);
    const auto lateness = [&](double load) {
        // A trace of evenly spaced arrivals, which is simulated at any load.
        ArrivalTrace trace;
        for (int request = 0; request < 99; ++request) {  // too few to estimate a rate
            trace.times.push_back(static_cast<double>(request) / (load * most));
        }
        const auto result = simulate(system, trace, {99, 0, 1, 99});
        std::vector<Time> end(99), start(99);
        for (const SimulatedSpan& span : result.spans) {
            start[span.request] = span.task == 0 ? span.ready : start[span.request];
            end[span.request] = std::max(end[span.request], span.end);
        }
        return (end[74] - start[74]) - (end[24] - start[24]);  // while later requests still arrive
    };
    RC_ASSERT(lateness(1.25) > 9.0 * (0.25 / 1.25) / most);
    RC_ASSERT(lateness(0.6) <= time_alone(system) + 9.0 / most);
    for (const double load : {0.8, 1.2}) {
        const auto result = simulate(system, PoissonArrivals{load * most}, {400, 0});
        RC_ASSERT(result.stable == (load < 1));
        RC_ASSERT(std::abs(result.load->value - load) < 1e-9);
    }
}

// Tasks with several servers may leave some idle, and transfers may slow each other; rates never exceed the bound of
// the loads.
RC_GTEST_PROP(Simulation, NothingSustainsMoreThanItsLoads, ()) {
    SimulatedSystem system = any_system();
    for (std::size_t i = 0; i < system.tasks.size(); ++i) {
        system.tasks[i].variability = Variability::kNone;
        system.tasks[i].work += microseconds(1);
    }
    const Frequency most = sustainable_rate(system);
    RC_ASSERT(most <= capacity(system) * (1 + 1e-9));
    // At least one task is always running, at its uncontended or its shared rate.
    double one_after_the_other = 0;
    for (const Occupation& one : occupations(system, false)) {
        one_after_the_other += one.held;
    }
    RC_ASSERT(in_hertz(most) * one_after_the_other >= 1 - 0.05);
}

RC_GTEST_PROP(Simulation, SharesWithPartsAreMaxMinFair, ()) {
    std::vector<double> caps, limits;
    std::vector<int> part;
    for (int parts = any_number(1, 4); parts > 0; --parts) {
        limits.push_back(any_number(1, 20));
    }
    for (int user = any_number(1, 8); user > 0; --user) {
        caps.push_back(any_number(1, 15));
        part.push_back(any_number(-1, static_cast<int>(limits.size())));
    }
    std::ranges::sort(caps);
    const double capacity = any_number(1, 40);
    std::vector<double> left(limits.size()), rates(caps.size());
    max_min_rates(capacity, caps, part, limits, left, rates);
    double sum = 0;
    std::vector<double> carried(limits.size());
    for (std::size_t i = 0; i < caps.size(); ++i) {
        RC_ASSERT((rates[i] > 0 && rates[i] <= caps[i]));
        sum += rates[i];
        if (part[i] >= 0) {
            carried[static_cast<std::size_t>(part[i])] += rates[i];
        }
    }
    RC_ASSERT(sum <= capacity * (1 + 1e-9));
    // Max-min fairness: a flow below its cap crosses a saturated resource, and has the largest rate there (Bertsekas
    // and Gallager).
    for (std::size_t i = 0; i < caps.size(); ++i) {
        const auto most_of = [&](auto&& same) {
            double most = 0;
            for (std::size_t j = 0; j < caps.size(); ++j) {
                most = same(j) ? std::max(most, rates[j]) : most;
            }
            return most;
        };
        const bool full =
            sum >= capacity * (1 - 1e-9) && rates[i] >= most_of([](std::size_t) { return true; }) * (1 - 1e-9);
        const bool part_full =
            part[i] >= 0 &&
            carried[static_cast<std::size_t>(part[i])] >= limits[static_cast<std::size_t>(part[i])] * (1 - 1e-9) &&
            rates[i] >= most_of([&](std::size_t j) { return part[j] == part[i]; }) * (1 - 1e-9);
        RC_ASSERT((rates[i] >= caps[i] * (1 - 1e-9) || full || part_full));
    }
    for (std::size_t p = 0; p < limits.size(); ++p) {
        RC_ASSERT(carried[p] <= limits[p] * (1 + 1e-9));
    }
}

RC_GTEST_PROP(Simulation, TheSameSeedGivesTheSameResult, ()) {
    const SimulatedSystem system = any_system();
    const Arrivals arrivals = PoissonArrivals{capacity(system) * 0.5};
    if (!std::isfinite(in_hertz(capacity(system)))) {
        return;
    }
    const auto a = simulate(system, arrivals, {200, 20, 9, 0});
    const auto b = simulate(system, arrivals, {200, 20, 9, 0});
    RC_ASSERT(a.stable == b.stable);
    RC_ASSERT(a.events == b.events);
    RC_ASSERT(a.duration == b.duration);
    RC_ASSERT((!a.latency || a.latency->p99.value == b.latency->p99.value));
}

}  // namespace
}  // namespace berth
