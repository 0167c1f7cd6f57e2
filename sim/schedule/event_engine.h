// The simulator's core: a clock, a heap of events, pools with queues, and bandwidths whose shares change at each event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "berth/simulation.h"

namespace berth {

/// Uniform numbers in (0, 1), the same on every machine.
class SimulatedChance {
  public:
    explicit SimulatedChance(std::uint64_t seed) : state_(seed) {}
    [[nodiscard]] double uniform();
    /// Exponentially distributed with that mean.
    [[nodiscard]] double exponential(double mean);

  private:
    std::uint64_t state_;
};

/// One simulation, run once. Times are seconds and sizes bytes here.
class EventEngine {
  public:
    EventEngine(const SimulatedSystem& system, const Arrivals& arrivals, const SimulationOptions& options);

    /// Until the last counted request has ended. Statistics of the window that starts as the first counted one arrives.
    void run();

    /// Latencies of counted requests by arrival.
    [[nodiscard]] const std::vector<double>& latencies() const { return latencies_; }
    [[nodiscard]] double throughput() const;
    [[nodiscard]] double now() const { return now_; }
    [[nodiscard]] std::size_t completed() const { return completed_; }
    [[nodiscard]] std::uint64_t events() const { return events_; }
    [[nodiscard]] double pool_utilisation(std::size_t pool) const;
    [[nodiscard]] double bandwidth_utilisation(std::size_t bandwidth) const;
    [[nodiscard]] double moved(std::size_t bandwidth) const;
    [[nodiscard]] std::vector<SimulatedSpan> take_spans() { return std::move(spans_); }
    [[nodiscard]] std::vector<BandwidthUse> take_uses() { return std::move(uses_); }
    /// Means over counted requests, by task and by phase.
    [[nodiscard]] TaskContention contention(std::size_t task) const;
    [[nodiscard]] PhaseTime phase(std::size_t index) const;

  private:
    enum class Kind : std::uint8_t { kArrival, kWork, kTransfer };
    struct Event {
        double time;
        std::uint64_t number;  ///< of events at one time, the one made first comes first
        std::uint32_t slot;    ///< of the request; of a transfer, the bandwidth
        std::uint32_t task;    ///< of a transfer, the version of its shares
        Kind kind;
    };
    struct Step {
        std::uint32_t slot, task;
    };
    struct Pool {
        int servers = 1, free = 1;
        std::deque<Step> queue;
        double busy = 0, since = 0, busy_before = 0;  ///< server time, last change, server time before the window
    };
    struct Transfer {
        Step step;
        double left, whole;
    };
    /// Of a share: what one device carries of it.
    struct Part {
        double drawn = 0, drawn_before = 0, moved = 0;
    };
    struct Share {
        double bandwidth = 0;
        std::vector<Part> parts;
        std::vector<double> limits, left;  ///< of the parts
        std::vector<int> part_of;          ///< of the transfers, if there are parts; -1: none
        std::vector<Transfer> transfers;   ///< by ascending cap
        std::vector<double> caps, rates;   ///< of the transfers
        double since = 0, drawn = 0, drawn_before = 0, moved = 0;
        std::uint32_t version = 0;
    };
    struct TaskPlan {
        std::uint32_t pool;
        int servers;
        double work;
        bool varies;
        int bandwidth;  ///< its share; -1: none
        int part;       ///< of the share; -1: none
        double alone;   ///< time that its bytes take alone
        double bytes, cap;
        int waits_for;
        std::vector<std::uint32_t> then;
    };
    /// A phase as counted so far.
    struct PhasePlan {
        std::uint32_t first, last;
        double budget;
        double time = 0;
        std::size_t within = 0;
    };
    /// Where a bandwidth of the system lies.
    struct Place {
        std::size_t share = 0;
        int part = -1;
    };
    struct Request {
        std::size_t number = 0;
        double arrived = 0;
        std::uint32_t left = 0;
    };

    void plan_bandwidths(const SimulatedSystem& system);
    void plan_tasks(const SimulatedSystem& system);
    void plan_phases(const SimulatedSystem& system);
    [[nodiscard]] bool counts(Step step) const;
    void end_phases(Step step);
    void push(double time, Kind kind, std::uint32_t slot, std::uint32_t task);
    void first_arrivals();
    void next_arrival(double after);
    void arrive();
    void ready(Step step);
    void start(Step step);
    void finish_part(Step step);
    void finish(Step step);
    void end_request(std::uint32_t slot);
    void serve(std::uint32_t index);
    void count_busy(Pool& pool) const;
    void advance(Share& share) const;
    void reshare(std::uint32_t bandwidth);
    void end_transfers(std::uint32_t bandwidth, std::uint32_t version);
    void open_window();
    [[nodiscard]] std::size_t part(Step step) const { return step.slot * tasks_.size() + step.task; }

    const Arrivals& arrivals_;
    SimulationOptions options_;
    std::vector<TaskPlan> tasks_;
    std::vector<std::uint32_t> first_tasks_;
    std::vector<Pool> pools_;
    std::vector<Share> shares_;
    SimulatedChance arrival_chance_, work_chance_;
    std::vector<Event> heap_;
    std::uint64_t number_ = 0, events_ = 0;
    double now_ = 0, window_ = 0;
    bool in_window_ = false;
    std::vector<Request> requests_;     ///< by slot
    std::vector<std::uint32_t> free_;   ///< slots
    std::vector<int> waits_;            ///< [slot][task]: tasks that it still waits for
    std::vector<std::int8_t> parts_;    ///< [slot][task]: work and transfer that have not ended
    std::vector<std::size_t> span_of_;  ///< [slot][task] of traced requests
    std::size_t arrived_ = 0, completed_ = 0, completed_before_ = 0, counted_ = 0, wanted_ = 0;
    std::vector<double> latencies_;
    std::vector<SimulatedSpan> spans_;
    std::vector<BandwidthUse> uses_;
    std::size_t traced_left_ = 0;
    std::vector<Place> places_;              ///< [bandwidth of the system]
    std::vector<std::size_t> bandwidth_of_;  ///< [share] its position in the system
    std::vector<double> mark_;               ///< [slot][task] when it was ready; once started, when it ends alone
    std::vector<double> waited_, slowed_;    ///< [task] sums over counted requests
    std::vector<PhasePlan> phases_;
    std::vector<std::vector<std::size_t>> starts_, ends_;  ///< [task] phases
    std::vector<double> phase_start_;                      ///< [slot][phase]
};

}  // namespace berth
