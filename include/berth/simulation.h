// Event-driven simulation: many requests at once on resources that they wait for or share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "berth/arrivals.h"
#include "berth/chat_passes.h"
#include "berth/units.h"

namespace berth {

/// Servers that are held one task at a time, first come first served: cores, DMA channels, a dispatch thread, a link.
struct ServerPool {
    std::string name;
    int servers = 1;
};

/// A bandwidth that active transfers share max-min fairly: DRAM, or what the DMA of one device carries of it.
struct SharedBandwidth {
    std::string name;
    Bandwidth bandwidth;
    /// Position of the one that it is a part of, and that is no part itself: what moves here moves there too.
    std::optional<std::size_t> within = std::nullopt;
};

/// One step of a request: it waits for those before it, then for its servers, holds them for its time or until its
/// bytes have moved, whichever is later, and ends.
struct SimulatedTask {
    std::string name;
    std::size_t pool = 0;  ///< position in SimulatedSystem::pools
    int servers = 1;       ///< that it holds
    Time work;
    Variability variability = Variability::kNone;
    std::optional<std::size_t> bandwidth;  ///< position in SimulatedSystem::bandwidths
    Bytes moved;
    std::optional<Bandwidth> fastest;  ///< what it can draw at most
    std::vector<std::size_t> after;    ///< earlier positions in SimulatedSystem::tasks
    /// Position in SimulatedSystem::services: the task is a chat there. Passes of the service, each of which makes
    /// tokens of several requests, hold the servers and move the bytes; the task's own time and bytes are nothing.
    std::optional<std::size_t> service = std::nullopt;
};

/// A run of tasks, from when the first is ready to when the last ends: a stage.
struct SimulatedPhase {
    std::string name;
    std::size_t first = 0, last = 0;  ///< positions in SimulatedSystem::tasks
    std::optional<Time> budget;
};

/// What a request does, and on what.
struct SimulatedSystem {
    std::vector<ServerPool> pools;
    std::vector<SharedBandwidth> bandwidths;
    std::vector<SimulatedTask> tasks;  ///< of one request, each behind those it waits for
    std::vector<SimulatedPhase> phases = {};
    std::vector<ChatService> services = {};  ///< each of one task
};

/// How far a simulation has come, for whoever waits for it.
struct SimulationProgress {
    std::size_t requests = 0, most = 0;  ///< counted so far, and at most
    std::optional<double> precision;     ///< reached so far; absent: not known yet
};

struct SimulationOptions {
    std::size_t requests = 20'000;  ///< counted at most, behind the warm-up; a trace may have fewer
    /// First requests that no statistic counts. Absent: as many as MSER finds (White, *Simulation* 69(6), 1997), in
    /// batches of 50 and at most half of all.
    std::optional<std::size_t> warm_up = std::nullopt;
    std::uint64_t seed = 1;
    std::size_t traced = 0;  ///< first requests whose tasks are kept as spans
    std::optional<Time> deadline = std::nullopt;
    /// Ends as soon as mean and 95th percentile are known to this share of themselves (half of their 95 % confidence
    /// interval), but not before 4,000 requests nor before 100 / (1 - load)^2 (Whitt, *Management Science* 35(11),
    /// 1989), and at the latest with `requests` of them or 20 million tasks. Absent: all requests are simulated.
    std::optional<double> precision = std::nullopt;
    std::function<void(const SimulationProgress&)> progress = {};
};

/// What a simulation of a scenario's stream aims at.
inline constexpr double kStreamPrecision = 0.1;

/// A task of a traced request, while it held its servers.
struct SimulatedSpan {
    std::size_t request = 0, task = 0;
    Time ready, start, end;  ///< when what it waits for was done, when it had its servers, when it let them go
};

/// A statistic of the simulated latencies with its 95 % confidence interval.
struct SimulatedTime {
    Time value, low, high;
};
struct SimulatedShare {
    double value = 0, low = 0, high = 0;
};

/// Intervals are by 20 batch means (Law, Simulation Modeling and Analysis, section 9.5.3), widened where neighbouring
/// batches resemble each other (Tafazzoli and Wilson, *IIE Transactions* 43(2), 2011); with fewer than 400 requests
/// there are none, and both ends are the value. They say how well the simulation knows the value for the numbers it was
/// given, and nothing of how uncertain those are.
struct SimulatedLatency {
    SimulatedTime mean, p50, p95, p99;
    bool has_intervals = false;
    /// The wider half of the intervals of mean and 95th percentile, as a share of them.
    [[nodiscard]] double precision() const;
};

/// How much a stream asks of what a system sustains: at 1 and above, requests pile up.
struct StreamLoad {
    double value = 0;
    std::string bottleneck;  ///< resource that a request takes up longest
};

struct ResourceUse {
    std::string name;
    double utilisation = 0;  ///< share of its servers' time, or of its bandwidth
};

/// What a task loses to others per request: waiting for servers, and taking longer because bandwidth is shared.
struct TaskContention {
    Time waited, slowed;
};

struct PhaseTime {
    Time mean;
    std::optional<double> within_budget;  ///< share of the requests
};

/// A bandwidth's use from a time on, while traced requests run.
struct BandwidthUse {
    Time from;
    std::size_t bandwidth = 0;
    Bandwidth drawn;
};

/// What came of the chats of one service, of counted requests.
struct ServedChats {
    std::optional<SimulatedLatency> first_token;  ///< from the request's arrival
    std::optional<SimulatedLatency> token;        ///< mean time of a further token of an answer
    std::optional<SimulatedLatency> answer;       ///< whole, from the request's arrival
    Frequency tokens;                             ///< of all answers together, the first ones included
    double at_once = 0;                           ///< mean answers in slots while there are any
    double busy = 0;                              ///< share of the time
};

struct SimulationResult {
    bool stable = true;  ///< the load is below 1; else requests pile up, and there is no latency to speak of
    std::optional<StreamLoad>
        load;               ///< absent where ends of requests bring the next ones, or few requests tell no rate
    Frequency throughput;   ///< of counted requests
    Frequency sustainable;  ///< see sustainable_rate()
    std::optional<SimulatedLatency> latency;
    std::size_t completed = 0;  ///< all requests
    std::size_t warm_up = 0;    ///< first ones that are not counted
    std::size_t counted = 0;
    bool converged = true;  ///< false: ended before the precision that was asked for was reached
    Time duration;          ///< until the last one ended
    std::vector<ResourceUse> pools, bandwidths;
    std::vector<Bytes> moved;                       ///< over each bandwidth
    std::optional<SimulatedShare> within_deadline;  ///< of counted requests
    std::vector<TaskContention> contention;         ///< [task], means over counted requests
    std::vector<PhaseTime> phases;
    std::vector<ServedChats> chats;  ///< [service]
    std::vector<SimulatedSpan> spans;
    std::vector<BandwidthUse> uses;  ///< of bandwidths that are no part of another
    std::uint64_t events = 0;
};

/// How likely a request meets the scenario's budget.
struct BudgetOutlook {
    SimulatedShare by_chance;    ///< of arrivals alone, every number of the profile at its median
    SimulatedShare probability;  ///< of arrivals and of the profile's numbers; the interval is the simulation's own
    std::size_t draws = 0;       ///< of the profile's numbers that were simulated
    bool converged = true;       ///< false: so many draws did not narrow the interval to what was aimed at
};

/// How likely requests pile up, given how uncertain the profile's numbers are.
struct StabilityOutlook {
    double unstable = 0;       ///< probability that the load is 1 or more
    double low = 0, high = 0;  ///< the load's 5 to 95 % interval
};

/// What a statistic may be under what the profile's numbers may be, 5 to 95 %; the simulation's own error is apart.
struct SpreadTime {
    Time low;
    std::optional<Time> high;  ///< absent: requests pile up with a probability of 5 % or more
};
struct LatencySpread {
    SpreadTime mean, p50, p95, p99;
};
/// Of the chats of one service.
struct ChatSpreads {
    LatencySpread first_token, token, answer;
    std::size_t draws = 0;  ///< of the profile's numbers that were simulated
};

/// What an operator of a placed stage loses to others per request. A call waits at its first operator; what it loses
/// because bandwidth is shared, its operators lose in proportion to the bytes that they move.
struct OperatorContention {
    std::string stage, name;  ///< without a name: a stage of fixed time
    TaskContention delay;
};

/// A system and what came of simulating it.
struct TrafficResult {
    SimulatedSystem system;
    SimulationResult simulation;
    std::vector<OperatorContention> operators = {};  ///< in execution order; of several placements of a stage together
    std::optional<BudgetOutlook> budget = std::nullopt;
    std::optional<StabilityOutlook> stability = std::nullopt;  ///< of streams whose load is known
    std::vector<ChatSpreads> chats = {};                       ///< [service], where there is an outlook
};

/// Same system, arrivals and seed: same result, to the last bit. Throws std::logic_error for a system whose parts do
/// not fit together (a task that needs more servers than its pool has, that waits for a later one, or whose bytes move
/// over nothing).
[[nodiscard]] SimulationResult simulate(const SimulatedSystem& system, const Arrivals& arrivals,
                                        const SimulationOptions& options = {});

/// Spans of the first requests, also of a stream that is not stable: they show where its requests pile up. There are no
/// statistics of so few, and whether the stream is stable is not asked.
[[nodiscard]] SimulationResult simulate_first_requests(const SimulatedSystem& system, const Arrivals& arrivals,
                                                       std::size_t requests, std::uint64_t seed);

/// Rate of arrivals from which on they pile up. That is capacity() where every pool can always be filled and no
/// bandwidth runs short; where calls of several servers leave some idle, or share a bandwidth, it is what the system
/// completes while more users wait than it can serve, simulated until known to 1 %. The one answer to this question.
[[nodiscard]] Frequency sustainable_rate(const SimulatedSystem& system);

/// Time of a request that has the system to itself: its longest chain of tasks.
[[nodiscard]] Time time_alone(const SimulatedSystem& system);

/// How long a request takes up each pool, then each bandwidth, at least.
[[nodiscard]] std::vector<Time> resource_loads(const SimulatedSystem& system);

/// Requests per time that the busiest resource allows at most, however they are scheduled.
[[nodiscard]] Frequency capacity(const SimulatedSystem& system);

}  // namespace berth
