// Discrete-event core of the simulator: a clock, an event heap, server pools with queues, and bandwidths whose shares
// are recomputed at each event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/chance.h"
#include "berth/simulation/simulation.h"
#include "simulation/chat_line.h"
#include "simulation/engine_plan.h"
#include "simulation/engine_record.h"

namespace berth {

/// One simulation, in seconds and bytes. Random times have a stream per purpose and request, so that different systems
/// are compared under common random numbers.
class EventEngine {
  public:
    EventEngine(const SimulatedSystem& system, const Arrivals& arrivals, const SimulationOptions& options);

    /// Runs until the first `counted` requests after the warm-up have completed, or until the end of a trace; a later
    /// call with a larger number continues. Counts are whole batches, or the maximum in the options, which is also
    /// the default.
    void run(std::size_t counted);
    void run() { run(options_.requests); }

    /// Latencies of the requested count of requests, in order of arrival.
    [[nodiscard]] std::span<const double> latencies() const { return {record_.latencies().data(), wanted_}; }
    /// Whether more requests may be simulated.
    [[nodiscard]] bool more() const { return wanted_ < most_; }
    [[nodiscard]] double now() const { return now_; }
    [[nodiscard]] std::size_t completed() const { return completed_; }
    [[nodiscard]] std::size_t warm_up() const { return warm_up_; }
    [[nodiscard]] std::uint64_t events() const { return events_; }
    [[nodiscard]] double moved(std::size_t bandwidth) const;
    [[nodiscard]] std::vector<SimulatedSpan> take_spans() { return std::move(spans_); }
    [[nodiscard]] std::vector<BandwidthUse> take_uses() { return std::move(uses_); }
    /// Times between the first arrivals of successive batches (EngineRecord::kBatch).
    [[nodiscard]] std::vector<double> batch_gaps() const;
    /// Requests that completed in those times.
    [[nodiscard]] std::vector<double> batch_completions() const;
    /// Tasks that ended in those times, in requests. In a steady state as many as completions, but known sooner: a
    /// request counts by what is done of it, not only when its last task ends.
    [[nodiscard]] std::vector<double> batch_progress() const;

    // Statistics of the counted requests without their first `left_out` batches; rates cover the time since those had
    // arrived.
    [[nodiscard]] double throughput(std::size_t left_out) const;
    [[nodiscard]] double pool_utilisation(std::size_t pool, std::size_t left_out) const;
    [[nodiscard]] double bandwidth_utilisation(std::size_t bandwidth, std::size_t left_out) const;
    [[nodiscard]] TaskContention contention(std::size_t task, std::size_t left_out) const;
    [[nodiscard]] PhaseTime phase(std::size_t index, std::size_t left_out) const;
    [[nodiscard]] ServedChats chats(std::size_t service, std::size_t left_out) const;
    /// Times to first token of the requested count of requests, in order of arrival.
    [[nodiscard]] std::span<const double> first_tokens(std::size_t service) const {
        return counted(lines_[service].first_tokens());
    }
    [[nodiscard]] std::size_t services() const { return lines_.size(); }

  private:
    enum class Kind : std::uint8_t { kArrival, kWork, kTransfer, kSole, kPass };
    struct Event {
        double time;
        std::uint64_t number;  ///< insertion number: breaks ties between events at the same time
        /// slot of the request; for a transfer or a sole transfer, the bandwidth; for a pass, the service
        std::uint32_t slot;
        std::uint32_t task;  ///< for a transfer or a sole transfer, the version of the shares
        Kind kind;
    };
    struct Step {
        std::uint32_t slot, task;
    };
    /// Progress of one task of one request.
    struct Progress {
        /// time at which the task was ready; once started, time at which it would end without contention
        double mark = 0;
        int waits = 0;            ///< number of predecessors that have not ended
        std::int8_t unended = 0;  ///< how many of its work and its transfer have not ended
    };
    struct Pool {
        int servers = 1, free = 1;
        std::deque<Step> queue;
        double busy = 0, since = 0;  ///< busy server time, and time of the last change
    };
    struct Transfer {
        Step step;
        double left, whole;
    };
    /// The only transfer on a bandwidth: a single event ends both the task's work and its transfer.
    struct Sole {
        Step step{};
        double started = 0, work = 0;
        double drawn = 0;  ///< bytes that its share has counted
        /// number of its event, which the end of its work keeps, so that ties at one time resolve in the same order
        std::uint64_t number = 0;
    };
    /// Use of one part of a share, such as the DMA of one device.
    struct Part {
        double drawn = 0, moved = 0, rate = 0;
    };
    struct Share {
        double bandwidth = 0;
        bool enough = false;  ///< no transfer can be slowed, so only the sums of rates are tracked
        std::vector<Part> parts;
        /// bandwidths of the parts, and what is left of each while rates are computed
        std::vector<double> limits, left;
        std::vector<int> part_of;         ///< part of each transfer, if there are parts; -1: none
        std::vector<Transfer> transfers;  ///< by ascending cap
        std::vector<double> caps, rates;  ///< cap and current rate of each transfer
        std::optional<Sole> sole;         ///< set only while there is no other transfer
        double since = 0, drawn = 0, moved = 0;
        double rate = 0;         ///< with sufficient bandwidth: total rate of all transfers
        std::size_t moving = 0;  ///< with sufficient bandwidth: number of transfers
        std::uint32_t version = 0;
    };
    struct Request {
        std::size_t number = 0;
        double arrived = 0;
        std::uint32_t left = 0;
    };

    void push(double time, Kind kind, std::uint32_t slot, std::uint32_t task);
    void push(const Event& event);
    void push_heap(const Event& event);
    [[nodiscard]] Event pop();
    void handle(const Event& event);
    void first_arrivals();
    void next_arrival(double after);
    [[nodiscard]] bool was_last_arrival() const { return options_.arrivals && arrived_ >= *options_.arrivals; }
    [[nodiscard]] double pause_after(std::size_t request) const;
    [[nodiscard]] double work_of(Step step) const;
    /// The first slots belong to services, whose passes hold servers like request tasks do.
    [[nodiscard]] bool is_pass(Step step) const { return step.slot < lines_.size(); }
    [[nodiscard]] const PlannedTask& task_of(Step step) const {
        return is_pass(step) ? plan_.passes[step.slot] : plan_.tasks[step.task];
    }
    void ask_for_pass(std::uint32_t service);
    void queue(Step step);
    void lay_out_pass(std::uint32_t service);
    void next_part(std::uint32_t service);
    void begin_part(std::uint32_t service);
    void end_part(std::uint32_t service);
    void end_pass(std::uint32_t service);
    void go_on(Step step);
    [[nodiscard]] std::span<const double> counted(const std::vector<double>& by_request) const {
        return std::span(by_request).subspan(warm_up_, wanted_);
    }
    void take_snapshot();
    [[nodiscard]] std::uint32_t free_slot();
    void arrive();
    void ready(Step step);
    void start(Step step);
    void start_sole(Step step, double work);
    void join_others(std::uint32_t bandwidth);
    void end_sole(std::uint32_t bandwidth);
    void start_transfer(Step step);
    void add_transfer(Step step, double left);
    [[nodiscard]] bool is_idle(const Share& share) const;
    [[nodiscard]] double moved_by(const Sole& sole, double time) const;
    void draw_freely(Step step, double sign);
    void finish_part(Step step);
    void finish(Step step);
    void end_request(std::uint32_t slot);
    void end_phases(Step step);
    void serve(std::uint32_t index);
    void count_busy(Pool& pool) const;
    void advance(Share& share) const;
    void reshare(std::uint32_t bandwidth);
    void note_use(std::uint32_t bandwidth, double drawn);
    void end_transfers(std::uint32_t bandwidth);
    [[nodiscard]] double drawn(std::size_t bandwidth) const;
    [[nodiscard]] bool counts(Step step) const;
    [[nodiscard]] std::size_t counted_number(std::uint32_t slot) const { return requests_[slot].number - warm_up_; }
    [[nodiscard]] bool is_traced(Step step) const { return requests_[step.slot].number < options_.traced; }
    [[nodiscard]] std::size_t place_of(Step step) const { return step.slot * tasks_ + step.task; }
    [[nodiscard]] Progress& progress(Step step) { return progress_[place_of(step)]; }
    [[nodiscard]] std::vector<double> per_batch(std::size_t use) const;
    [[nodiscard]] double counted_from(std::size_t left_out) const;
    [[nodiscard]] EngineRecord::Batches batches_from(std::size_t left_out) const;

    const Arrivals& arrivals_;
    SimulationOptions options_;
    EnginePlan plan_;
    EngineRecord record_;
    std::size_t warm_up_ = 0, most_ = 0;  ///< number of warm-up requests, and largest number of counted ones
    const std::vector<ChatService>& services_;
    std::vector<ChatLine> lines_;                    ///< [service]
    std::vector<bool> passing_;                      ///< [service] a pass is running or has been requested
    std::vector<std::vector<PassPart>> parts_left_;  ///< [service] parts of the pass, the running one included
    std::vector<std::optional<double>> pass_began_;  ///< [service] absent: waiting for its first servers
    std::vector<std::uint32_t> began_, complete_;    ///< reused buffers
    std::vector<Pool> pools_;
    std::vector<Share> shares_;
    Chance gaps_;  ///< interarrival times
    std::vector<Event> heap_;
    std::optional<Event> next_;  ///< earliest event, kept outside the heap
    std::uint64_t number_ = 0, events_ = 0;
    double now_ = 0;
    std::vector<Request> requests_;     ///< [slot]
    std::vector<std::uint32_t> free_;   ///< free slots
    std::size_t tasks_ = 0;             ///< tasks per request
    std::vector<Progress> progress_;    ///< [slot][task]
    std::vector<std::size_t> span_of_;  ///< [slot][task] of traced requests
    std::vector<double> phase_start_;   ///< [slot][phase]
    std::uint64_t ended_tasks_ = 0;
    std::size_t arrived_ = 0, completed_ = 0, ended_ = 0, wanted_ = 0, traced_left_ = 0;
    std::vector<SimulatedSpan> spans_;
    std::vector<BandwidthUse> uses_;
};

}  // namespace berth
