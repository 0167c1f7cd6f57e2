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
    [[nodiscard]] double moved(std::size_t bandwidth) const { return shares_[bandwidth].moved; }
    [[nodiscard]] std::vector<SimulatedSpan> take_spans() { return std::move(spans_); }

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
    struct Share {
        double bandwidth = 0;
        std::vector<Transfer> transfers;  ///< by ascending cap
        std::vector<double> caps, rates;  ///< of the transfers
        double since = 0, drawn = 0, drawn_before = 0, moved = 0;
        std::uint32_t version = 0;
    };
    struct TaskPlan {
        std::uint32_t pool;
        int servers;
        double work;
        bool varies;
        int bandwidth;  ///< -1: none
        double bytes, cap;
        int waits_for;
        std::vector<std::uint32_t> then;
    };
    struct Request {
        std::size_t number = 0;
        double arrived = 0;
        std::uint32_t left = 0;
    };

    void plan_tasks(const SimulatedSystem& system);
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
};

}  // namespace berth
