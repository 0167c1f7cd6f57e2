// Runs the engine, judges whether the stream is stable, and makes statistics of the latencies.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "berth/simulation.h"
#include "berth/statistics.h"
#include "schedule/event_engine.h"

namespace berth {

namespace {

constexpr std::size_t kBatches = 20;
constexpr double kStudent = 2.0930;  // t of 97.5 % with 19 degrees of freedom
constexpr std::size_t kLeastInBatch = 20;
constexpr int kUsersPerServer = 4;
constexpr int kMostUsers = 256;
constexpr std::size_t kProbed = 4'000;  // requests that show what a system sustains
constexpr double kChance = 0.03;        // of what they show, where times vary

double alone(const SimulatedTask& task, const SimulatedSystem& system) {
    double time = in_seconds(task.work);
    if (task.bandwidth && task.moved > Bytes{}) {
        const SharedBandwidth& own = system.bandwidths[*task.bandwidth];
        const Bandwidth all =
            own.within ? std::min(own.bandwidth, system.bandwidths[*own.within].bandwidth) : own.bandwidth;
        time = std::max(time, in_seconds(task.moved / std::min(all, task.fastest.value_or(all))));
    }
    return time;
}

/// Mean, then the quantiles that are reported.
constexpr std::array<double, 3> kShares{0.50, 0.95, 0.99};
using Statistics = std::array<double, 1 + kShares.size()>;

Statistics statistics_of(std::vector<double> values) {
    Statistics result{*mean(values)};
    std::ranges::sort(values);
    for (std::size_t i = 0; i < kShares.size(); ++i) {
        const double position = kShares[i] * static_cast<double>(values.size() - 1);
        const auto below = static_cast<std::size_t>(position);
        const std::size_t above = std::min(below + 1, values.size() - 1);
        result[i + 1] = values[below] + (position - std::floor(position)) * (values[above] - values[below]);
    }
    return result;
}

std::optional<SimulatedLatency> latency_of(const std::vector<double>& latencies) {
    if (latencies.empty()) {
        return std::nullopt;
    }
    const Statistics all = statistics_of(latencies);
    const std::size_t size = latencies.size() / kBatches;
    SimulatedLatency result;
    result.has_intervals = size >= kLeastInBatch;
    std::array<std::vector<double>, std::tuple_size_v<Statistics>> batches;
    for (std::size_t batch = 0; batch < kBatches && result.has_intervals; ++batch) {
        const auto first = latencies.begin() + static_cast<std::ptrdiff_t>(batch * size);
        const Statistics one = statistics_of({first, first + static_cast<std::ptrdiff_t>(size)});
        for (std::size_t i = 0; i < one.size(); ++i) {
            batches[i].push_back(one[i]);
        }
    }
    const auto with_interval = [&](std::size_t i) {
        const double deviation = standard_deviation(batches[i]).value_or(0);
        const Time half = seconds(kStudent * deviation / std::sqrt(static_cast<double>(kBatches)));
        return SimulatedTime{seconds(all[i]), seconds(all[i]) - half, seconds(all[i]) + half};
    };
    result.mean = with_interval(0);
    result.p50 = with_interval(1);
    result.p95 = with_interval(2);
    result.p99 = with_interval(3);
    return result;
}

Frequency saturated(const SimulatedSystem& system, const SimulationOptions& options) {
    int servers = 0;
    for (const ServerPool& pool : system.pools) {
        servers += std::min(pool.servers, kMostUsers);
    }
    SimulationOptions probe;
    probe.requests = std::min(options.requests, kProbed);
    probe.warm_up = probe.requests / 4;
    probe.seed = options.seed;
    const Arrivals users = ClosedLoop{std::min(kUsersPerServer * servers, kMostUsers), {}, Variability::kNone};
    EventEngine engine(system, users, probe);
    engine.run();
    return hertz(engine.throughput());
}

/// Mean rate of arrivals; absent where ends of requests bring the next ones, or where there are too few to tell.
std::optional<Frequency> offered(const Arrivals& arrivals) {
    constexpr std::size_t kFew = 100;
    if (const auto* poisson = std::get_if<PoissonArrivals>(&arrivals)) {
        return poisson->rate;
    }
    if (const auto* trace = std::get_if<ArrivalTrace>(&arrivals)) {
        if (trace->times.size() >= kFew && trace->times.back() > trace->times.front()) {
            return static_cast<double>(trace->times.size() - 1) / (trace->times.back() - trace->times.front());
        }
    }
    return std::nullopt;
}

bool piles_up(const SimulatedSystem& system, Frequency rate, Frequency sustainable) {
    const bool varies = std::ranges::any_of(
        system.tasks, [](const SimulatedTask& task) { return task.variability == Variability::kExponential; });
    return rate >= capacity(system) || rate >= sustainable * (1 + (varies ? kChance : 0));
}

}  // namespace

Time time_alone(const SimulatedSystem& system) {
    std::vector<double> end(system.tasks.size());
    double last = 0;
    for (std::size_t i = 0; i < system.tasks.size(); ++i) {
        double start = 0;
        for (const std::size_t before : system.tasks[i].after) {
            start = std::max(start, end[before]);
        }
        end[i] = start + alone(system.tasks[i], system);
        last = std::max(last, end[i]);
    }
    return seconds(last);
}

std::vector<Time> resource_loads(const SimulatedSystem& system) {
    std::vector<Time> loads(system.pools.size() + system.bandwidths.size());
    for (const SimulatedTask& task : system.tasks) {
        loads[task.pool] += seconds(alone(task, system)) * task.servers / system.pools[task.pool].servers;
        for (auto shared = task.bandwidth; shared; shared = system.bandwidths[*shared].within) {
            loads[system.pools.size() + *shared] += task.moved / system.bandwidths[*shared].bandwidth;
        }
    }
    return loads;
}

Frequency capacity(const SimulatedSystem& system) {
    const std::vector<Time> loads = resource_loads(system);
    return 1 / *std::ranges::max_element(loads);
}

Frequency sustainable_rate(const SimulatedSystem& system, const SimulationOptions& options) {
    return saturated(system, options);
}

SimulationResult simulate_first_requests(const SimulatedSystem& system, const Arrivals& arrivals, std::size_t requests,
                                         std::uint64_t seed) {
    SimulationOptions options;
    options.requests = requests;
    options.warm_up = 0;
    options.seed = seed;
    options.traced = requests;
    EventEngine engine(system, arrivals, options);
    engine.run();
    SimulationResult result;
    result.completed = engine.completed();
    result.duration = seconds(engine.now());
    result.spans = engine.take_spans();
    result.uses = engine.take_uses();
    return result;
}

SimulationResult simulate(const SimulatedSystem& system, const Arrivals& arrivals, const SimulationOptions& options) {
    EventEngine engine(system, arrivals, options);
    SimulationResult result;
    result.sustainable = saturated(system, options);
    const auto rate = offered(arrivals);
    if (rate && piles_up(system, *rate, result.sustainable)) {
        result.stable = false;
        return result;
    }
    engine.run();
    result.throughput = hertz(engine.throughput());
    result.latency = latency_of(engine.latencies());
    result.completed = engine.completed();
    result.duration = seconds(engine.now());
    result.events = engine.events();
    for (std::size_t pool = 0; pool < system.pools.size(); ++pool) {
        result.pools.push_back({system.pools[pool].name, engine.pool_utilisation(pool)});
    }
    for (std::size_t shared = 0; shared < system.bandwidths.size(); ++shared) {
        result.bandwidths.push_back({system.bandwidths[shared].name, engine.bandwidth_utilisation(shared)});
        result.moved.push_back(bytes(engine.moved(shared)));
    }
    for (std::size_t task = 0; task < system.tasks.size(); ++task) {
        result.contention.push_back(engine.contention(task));
    }
    for (std::size_t phase = 0; phase < system.phases.size(); ++phase) {
        result.phases.push_back(engine.phase(phase));
    }
    if (options.deadline && !engine.latencies().empty()) {
        const auto met = std::ranges::count_if(
            engine.latencies(), [limit = in_seconds(*options.deadline)](double latency) { return latency <= limit; });
        result.within_deadline = static_cast<double>(met) / static_cast<double>(engine.latencies().size());
    }
    result.spans = engine.take_spans();
    result.uses = engine.take_uses();
    return result;
}

}  // namespace berth
