// Discrete-event simulation of concurrent requests that queue for resources or share them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "berth/base/units.h"
#include "berth/scenario/arrivals.h"
#include "berth/simulation/chat_passes.h"

namespace berth {

/// A pool of identical servers, each held by one task at a time, first come first served: cores, DMA channels, a
/// dispatch thread, a link.
struct ServerPool {
    std::string name;
    int servers = 1;
};

/// A bandwidth with max-min fair sharing among active transfers: DRAM, or the DMA of one device as a part of it.
struct SharedBandwidth {
    std::string name;
    Bandwidth bandwidth;
    /// Position of the bandwidth that contains this one (bytes that move here move there too), which itself is in no
    /// other.
    std::optional<std::size_t> within = std::nullopt;
};

/// One task of a request. It waits for its predecessors, then for its servers, and holds them for its time or until its
/// bytes have moved, whichever is later.
struct SimulatedTask {
    std::string name;
    std::size_t pool = 0;  ///< position in SimulatedSystem::pools
    int servers = 1;       ///< number of servers held
    Time work;
    Variability variability = Variability::kNone;
    std::optional<std::size_t> bandwidth;  ///< position in SimulatedSystem::bandwidths
    Bytes moved;
    std::optional<Bandwidth> fastest;  ///< largest bandwidth that the task can draw
    std::vector<std::size_t> after;    ///< predecessors: earlier positions in SimulatedSystem::tasks
    /// Position in SimulatedSystem::services, for a task that is a chat. Passes of the service, each of which generates
    /// tokens for several requests, hold the servers and move the bytes; the task's own time and bytes are zero.
    std::optional<std::size_t> service = std::nullopt;
};

/// A range of tasks, such as a stage, from the time when the first is ready to the time when the last ends.
struct SimulatedPhase {
    std::string name;
    std::size_t first = 0, last = 0;  ///< positions in SimulatedSystem::tasks
    std::optional<Time> budget;
};

/// The tasks of one request, and the resources that they run on.
struct SimulatedSystem {
    std::vector<ServerPool> pools;
    std::vector<SharedBandwidth> bandwidths;
    std::vector<SimulatedTask> tasks;  ///< of one request, in topological order
    std::vector<SimulatedPhase> phases = {};
    std::vector<ChatService> services = {};  ///< each belongs to one task
};

/// Progress of a simulation, for a display.
struct SimulationProgress {
    std::size_t requests = 0, most = 0;  ///< requests counted so far, and the most that will be
    std::optional<double> precision;     ///< precision reached so far; absent: not known yet
};

struct SimulationOptions {
    std::size_t requests = 20'000;  ///< most requests counted after the warm-up; a trace may have fewer
    /// Length of the warm-up, whose requests no statistic counts. Absent: determined by MSER (White, *Simulation*
    /// 69(6), 1997), in batches of 50 and at most half of all requests.
    std::optional<std::size_t> warm_up = std::nullopt;
    std::uint64_t seed = 1;
    std::size_t traced = 0;  ///< number of first requests whose tasks are kept as spans
    std::optional<Time> deadline = std::nullopt;
    /// Stopping rule: ends once the half-widths of the 95 % confidence intervals of mean and 95th percentile are within
    /// this share of their values, but not before 4,000 requests nor before 100 / (1 - load)^2 (Whitt, *Management
    /// Science* 35(11), 1989), and at the latest with `requests` of them or 20 million tasks. Absent: all requests are
    /// simulated.
    std::optional<double> precision = std::nullopt;
    std::function<void(const SimulationProgress&)> progress = {};
    /// The number of requests after which none arrives any more. Absent: they go on arriving.
    std::optional<std::size_t> arrivals = std::nullopt;
};

/// Target precision of a simulation of a scenario's stream (SimulationOptions::precision).
inline constexpr double kStreamPrecision = 0.1;

/// A task of a traced request, while it holds its servers.
struct SimulatedSpan {
    std::size_t request = 0, task = 0;
    Time ready, start, end;  ///< predecessors done, servers acquired, servers released
};

/// A statistic of the simulated latencies with its 95 % confidence interval.
struct SimulatedTime {
    Time value, low, high;
};
struct SimulatedShare {
    double value = 0, low = 0, high = 0;
};

/// Percentiles of simulated latency. Confidence intervals are by 20 batch means (Law, Simulation Modeling and Analysis,
/// section 9.5.3), widened for correlation between neighbouring batches (Tafazzoli and Wilson, *IIE Transactions*
/// 43(2), 2011); with fewer than 400 requests there are none, and both ends equal the value. They cover the
/// simulation's sampling error for the numbers it was given, not the uncertainty of those numbers.
struct SimulatedLatency {
    SimulatedTime mean, p50, p95, p99;
    bool has_intervals = false;
    /// The larger relative half-width of the intervals of mean and 95th percentile.
    [[nodiscard]] double precision() const;
};

/// Offered load relative to the sustainable rate: at 1 and above, requests pile up.
struct StreamLoad {
    double value = 0;
    std::string bottleneck;  ///< resource that a request occupies longest
};

struct ResourceUse {
    std::string name;
    double utilisation = 0;  ///< busy share of its servers' time, or used share of its bandwidth
};

/// Delay of a task per request due to contention: queueing for servers, and slow-down from shared bandwidth.
struct TaskContention {
    Time waited, slowed;
};

struct PhaseTime {
    Time mean;
    std::optional<double> within_budget;  ///< share of requests
};

/// Bandwidth drawn from a time on, while traced requests run.
struct BandwidthUse {
    Time from;
    std::size_t bandwidth = 0;
    Bandwidth drawn;
};

/// Statistics of the chats of one service, over counted requests.
struct ServedChats {
    std::optional<SimulatedLatency> first_token;  ///< time to first token, from the request's arrival
    std::optional<SimulatedLatency> token;        ///< mean time per further token of an answer
    std::optional<SimulatedLatency> answer;       ///< time of the whole answer, from the request's arrival
    Frequency tokens;                             ///< token rate of all answers together, first tokens included
    double at_once = 0;                           ///< mean concurrent answers (occupied slots) while there are any
    double busy = 0;                              ///< share of time with work
};

struct SimulationResult {
    /// Load below 1, and the simulated requests do not pile up either; else latency is undefined.
    bool stable = true;
    /// Absent for a closed loop, where completions trigger arrivals, and where a few requests define no rate.
    std::optional<StreamLoad> load;
    Frequency throughput;   ///< completions, counted requests
    Frequency sustainable;  ///< see sustainable_rate()
    std::optional<SimulatedLatency> latency;
    std::size_t completed = 0;  ///< all completed requests, warm-up included
    std::size_t warm_up = 0;    ///< first requests, not counted
    std::size_t counted = 0;
    bool converged = true;  ///< false: ended before the requested precision was reached
    Time duration;          ///< simulated time until the last request ended
    std::vector<ResourceUse> pools, bandwidths;
    std::vector<Bytes> moved;                       ///< bytes over each bandwidth
    std::optional<SimulatedShare> within_deadline;  ///< share of counted requests
    std::vector<TaskContention> contention;         ///< [task], means over counted requests
    std::vector<PhaseTime> phases;
    std::vector<ServedChats> chats;  ///< [service]
    std::vector<SimulatedSpan> spans;
    std::vector<BandwidthUse> uses;  ///< use of each bandwidth that is not part of another
    std::uint64_t events = 0;
};

/// Probability that a request meets the scenario's budget.
struct BudgetOutlook {
    SimulatedShare by_chance;  ///< randomness of arrivals only, every number of the profile at its median
    /// Randomness of arrivals and uncertainty of the profile's numbers; the interval is the simulation's sampling
    /// error.
    SimulatedShare probability;
    std::size_t draws = 0;  ///< Monte Carlo draws of the profile's numbers
    bool converged = true;  ///< false: these draws did not narrow the interval to its target
};

/// Probability that requests pile up, under the uncertainty of the profile's numbers.
struct StabilityOutlook {
    double unstable = 0;       ///< probability that the load is 1 or more
    double low = 0, high = 0;  ///< 5-95 % interval of the load
};

/// 5-95 % interval of a statistic under the uncertainty of the profile's numbers; excludes the simulation's sampling
/// error.
struct SpreadTime {
    Time low;
    std::optional<Time> high;  ///< absent: requests pile up with a probability of 5 % or more
};
struct LatencySpread {
    SpreadTime mean, p50, p95, p99;
};
/// Spreads of the chat statistics of one service.
struct ChatSpreads {
    LatencySpread first_token, token, answer;
    std::size_t draws = 0;  ///< Monte Carlo draws of the profile's numbers
};

/// Delay of an operator of a placed stage due to contention, per request. A call queues at its first operator; the
/// slow-down from shared bandwidth is split among its operators in proportion to the bytes that they move.
struct OperatorContention {
    std::string stage, name;  ///< empty name: a stage of fixed time
    TaskContention delay;
};

/// A simulated system and its statistics.
struct TrafficResult {
    SimulatedSystem system;
    SimulationResult simulation;
    std::vector<OperatorContention> operators = {};  ///< in execution order; several placements of a stage combined
    std::optional<BudgetOutlook> budget = std::nullopt;
    std::optional<StabilityOutlook> stability = std::nullopt;  ///< for streams whose load is known
    std::vector<ChatSpreads> chats = {};                       ///< [service]; empty without an outlook
};

/// Simulates a system. Deterministic: the same system, arrivals and seed give the same result, to the last bit. Throws
/// std::logic_error for an inconsistent system (a task that needs more servers than its pool has, that waits for a
/// later task, or whose bytes have no bandwidth).
[[nodiscard]] SimulationResult simulate(const SimulatedSystem& system, const Arrivals& arrivals,
                                        const SimulationOptions& options = {});

/// Traces the first requests, even of an unstable stream: the spans show where its requests pile up. No request arrives
/// after them, since under overload those that take turns with later ones might never end. There are too few requests
/// for statistics, and stability is not checked.
[[nodiscard]] SimulationResult simulate_first_requests(const SimulatedSystem& system, const Arrivals& arrivals,
                                                       std::size_t requests, std::uint64_t seed);

/// Sustainable rate: the rate of random arrivals from which on requests pile up. It equals capacity() where every pool
/// can always be filled and no bandwidth runs short. Where tasks that need several servers leave some idle, or share a
/// bandwidth, it is the throughput of a saturated system whose tasks follow each other in random order, simulated until
/// known to 1 %. All code uses this one definition.
[[nodiscard]] Frequency sustainable_rate(const SimulatedSystem& system);

/// Latency of a request without contention: its critical path.
[[nodiscard]] Time time_alone(const SimulatedSystem& system);

/// Least time for which a request occupies each pool, then each bandwidth.
[[nodiscard]] std::vector<Time> resource_loads(const SimulatedSystem& system);

/// Upper bound on the rate of requests, set by the busiest resource, however requests are scheduled.
[[nodiscard]] Frequency capacity(const SimulatedSystem& system);

}  // namespace berth
