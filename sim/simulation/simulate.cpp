// Checks the stability of a stream and runs the engine until its latencies are precise enough.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "berth/simulation/simulation.h"
#include "simulation/event_engine.h"
#include "simulation/saturation.h"
#include "simulation/simulate.h"
#include "simulation/steady_state.h"

namespace berth {

namespace {

constexpr std::size_t kLeast = 4'000;  // requests before confidence intervals are trusted
constexpr std::size_t kLeastChats = 2'000;
constexpr std::size_t kLeastPerUser = 20;
constexpr double kAtHighLoad = 100;  // multiplied by 1 / (1 - load)^2
constexpr double kMostTasks = 2e7;
constexpr double kGrowth = 0.01;  // least share of arrivals that a growing stream leaves behind
constexpr double kByChance = 2;   // standard deviations of a number of arrivals that chance may leave behind

std::size_t whole_batches(double requests) {
    return static_cast<std::size_t>(std::ceil(requests / EngineRecord::kBatch)) * EngineRecord::kBatch;
}

// In a closed loop all users begin at once, and the queue settles only over several requests of each.
bool has_settled(const Arrivals& arrivals, std::size_t requests) {
    const auto* loop = std::get_if<ClosedLoop>(&arrivals);
    return loop == nullptr || requests >= kLeastPerUser * static_cast<std::size_t>(loop->users);
}

SimulatedLatency without_intervals(SimulatedLatency latency) {
    latency.has_intervals = false;
    for (SimulatedTime* time : {&latency.mean, &latency.p50, &latency.p95, &latency.p99}) {
        time->low = time->high = time->value;
    }
    return latency;
}

/// Assessment of a run: warm-up to discard, and statistics of the rest.
struct Judgement {
    std::size_t left_out = 0;  ///< batches of the warm-up
    std::optional<SimulatedLatency> latency;
    bool converged = false;
};

// Assesses a run; a detected warm-up of half the run counts as not yet over. Before the queue has settled, what batches
// differ by says nothing about how far they are from where they will be.
Judgement judged(const EventEngine& engine, const Arrivals& arrivals, const SimulationOptions& options) {
    Judgement judgement;
    const auto latencies = engine.latencies();
    bool started = true;
    if (!options.warm_up && latencies.size() >= kLeastInBatch * kIntervalBatches) {
        std::vector<double> means;
        for (std::size_t first = 0; first + EngineRecord::kBatch <= latencies.size(); first += EngineRecord::kBatch) {
            double sum = 0;
            for (const double latency : latencies.subspan(first, EngineRecord::kBatch)) {
                sum += latency;
            }
            means.push_back(sum);
        }
        judgement.left_out = warm_up_of(means);
        started = judgement.left_out < means.size() / 2;
    }
    judgement.latency = latency_of(latencies.subspan(judgement.left_out * EngineRecord::kBatch));
    if (judgement.latency && !has_settled(arrivals, latencies.size())) {
        judgement.latency = without_intervals(*judgement.latency);
    }
    const auto known = [&](const std::optional<SimulatedLatency>& one) {
        return one && one->has_intervals && options.precision && one->precision() <= *options.precision;
    };
    judgement.converged = started && known(judgement.latency);
    for (std::size_t service = 0; judgement.converged && service < engine.services(); ++service) {
        judgement.converged =
            known(latency_of(engine.first_tokens(service).subspan(judgement.left_out * EngineRecord::kBatch)));
    }
    return judgement;
}

// Number of counted requests at the first assessment, and at most.
struct Length {
    std::size_t first = 0, most = 0;
};

Length length_of(const SimulatedSystem& system, const Arrivals& arrivals, const SimulationOptions& options,
                 const std::optional<StreamLoad>& load) {
    if (!options.precision || std::holds_alternative<ArrivalTrace>(arrivals)) {
        return {options.requests, options.requests};
    }
    auto least = static_cast<double>(system.services.empty() ? kLeast : kLeastChats);
    if (const auto* loop = std::get_if<ClosedLoop>(&arrivals)) {
        least = std::max(least, static_cast<double>(kLeastPerUser) * loop->users);
    }
    auto tasks = static_cast<double>(system.tasks.size());
    for (const ChatService& service : system.services) {
        tasks += mean_tokens(service.answers);  // upper bound: one pass per token
    }
    const double affordable = kMostTasks / tasks;
    const std::size_t most = std::min(options.requests, whole_batches(std::max<double>(kLeast, affordable)));
    if (load) {
        least = std::max(least, kAtHighLoad / ((1 - load->value) * (1 - load->value)));
    }
    return {whole_batches(std::min(least, static_cast<double>(most))), most};
}

Judgement run_until_known(EventEngine& engine, const Arrivals& arrivals, const Length& length,
                          const SimulationOptions& options) {
    for (std::size_t target = length.first;; target = whole_batches(1.5 * static_cast<double>(target))) {
        engine.run(std::min(target, length.most));
        const Judgement judgement = judged(engine, arrivals, options);
        if (options.progress) {
            const bool known = judgement.latency && judgement.latency->has_intervals;
            options.progress({engine.latencies().size(), length.most,
                              known ? std::optional(judgement.latency->precision()) : std::nullopt});
        }
        if (judgement.converged || target >= length.most || !engine.more()) {
            return judgement;
        }
    }
}

// Whether more requests are left behind in each half of a run than chance and the precision of the sustainable rate
// explain. This decides on streams whose load is below 1.
bool piles_up(const EventEngine& engine) {
    const std::vector<double> completed = engine.batch_completions();
    const std::size_t half = completed.size() / 2;
    const double arrived = static_cast<double>(half) * EngineRecord::kBatch;
    const double few = std::max(kGrowth * arrived, kByChance * std::sqrt(arrived));
    const auto left = [&](std::size_t first) {
        const auto begin = completed.begin() + static_cast<std::ptrdiff_t>(first);
        return arrived - std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(half), 0.0);
    };
    return half > 0 && left(0) > few && left(completed.size() - half) > few;
}

// Completions per second. In a closed loop all users may complete within a short part of each turn, so that a window
// of time holds more of them or fewer, by where it begins; what counts is the time of a turn (Little, *Operations
// Research* 9(3), 1961). Before the queue has settled, it is the rate since the beginning.
Frequency throughput_of(const EventEngine& engine, const Arrivals& arrivals, const Judgement& judgement,
                        Frequency sustainable) {
    const auto* loop = std::get_if<ClosedLoop>(&arrivals);
    if (loop == nullptr || !judgement.latency) {
        return hertz(engine.throughput(judgement.left_out));
    }
    if (!has_settled(arrivals, engine.latencies().size())) {
        return static_cast<double>(engine.completed()) / seconds(engine.now());
    }
    return std::min(sustainable, static_cast<double>(loop->users) / (judgement.latency->mean.value + loop->think));
}

void add_resources(SimulationResult& result, const SimulatedSystem& system, const EventEngine& engine,
                   std::size_t left_out) {
    for (std::size_t pool = 0; pool < system.pools.size(); ++pool) {
        result.pools.push_back({system.pools[pool].name, engine.pool_utilisation(pool, left_out)});
    }
    for (std::size_t shared = 0; shared < system.bandwidths.size(); ++shared) {
        result.bandwidths.push_back({system.bandwidths[shared].name, engine.bandwidth_utilisation(shared, left_out)});
        result.moved.push_back(bytes(engine.moved(shared)));
    }
}

}  // namespace

std::optional<Frequency> offered_rate(const Arrivals& arrivals) {
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

Frequency sustainable_rate(const SimulatedSystem& system, const Arrivals& arrivals) {
    return std::holds_alternative<ClosedLoop>(arrivals) ? most_completed(system) : sustainable_rate(system);
}

std::optional<StreamLoad> load_of(const SimulatedSystem& system, const Arrivals& arrivals, Frequency sustainable) {
    const auto rate = offered_rate(arrivals);
    if (!rate) {
        return std::nullopt;
    }
    const std::vector<Time> loads = resource_loads(system);
    const auto busiest = static_cast<std::size_t>(std::ranges::max_element(loads) - loads.begin());
    const std::size_t pools = system.pools.size();
    return StreamLoad{*rate / sustainable,
                      busiest < pools ? system.pools[busiest].name : system.bandwidths[busiest - pools].name};
}

SimulationResult simulate_first_requests(const SimulatedSystem& system, const Arrivals& arrivals, std::size_t requests,
                                         std::uint64_t seed) {
    SimulationOptions options;
    options.requests = requests;
    options.warm_up = 0;
    options.seed = seed;
    options.traced = requests;
    options.arrivals = requests;
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
    static_cast<void>(plan_engine(system));  // validates the system before anything is computed from it
    return simulate_within(system, arrivals, options, sustainable_rate(system, arrivals));
}

SimulationResult simulate_within(const SimulatedSystem& system, const Arrivals& arrivals,
                                 const SimulationOptions& options, Frequency sustainable) {
    SimulationResult result;
    result.sustainable = sustainable;
    result.load = load_of(system, arrivals, sustainable);
    if (result.load && result.load->value >= 1) {
        result.stable = false;
        return result;
    }
    SimulationOptions longest = options;
    const Length length = length_of(system, arrivals, options, result.load);
    longest.requests = length.most;
    EventEngine engine(system, arrivals, longest);
    const Judgement judgement = run_until_known(engine, arrivals, length, options);
    if (options.precision && std::holds_alternative<PoissonArrivals>(arrivals) && piles_up(engine)) {
        result.stable = false;
        return result;
    }
    const std::size_t left_out = judgement.left_out;
    result.latency = judgement.latency;
    result.converged = judgement.converged || !options.precision;
    result.throughput = throughput_of(engine, arrivals, judgement, sustainable);
    result.completed = engine.completed();
    result.warm_up = engine.warm_up() + left_out * EngineRecord::kBatch;
    const auto counted = engine.latencies().subspan(left_out * EngineRecord::kBatch);
    result.counted = counted.size();
    result.duration = seconds(engine.now());
    result.events = engine.events();
    add_resources(result, system, engine, left_out);
    for (std::size_t task = 0; task < system.tasks.size(); ++task) {
        result.contention.push_back(engine.contention(task, left_out));
    }
    for (std::size_t phase = 0; phase < system.phases.size(); ++phase) {
        result.phases.push_back(engine.phase(phase, left_out));
    }
    for (std::size_t service = 0; service < system.services.size(); ++service) {
        result.chats.push_back(engine.chats(service, left_out));
    }
    if (options.deadline && !counted.empty()) {
        result.within_deadline = share_within(counted, in_seconds(*options.deadline));
    }
    result.spans = engine.take_spans();
    result.uses = engine.take_uses();
    return result;
}

}  // namespace berth
