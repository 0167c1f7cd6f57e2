// The simulator's core: a clock, a heap of events, pools with queues, and bandwidths whose shares change at each event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/chance.h"
#include "berth/simulation.h"
#include "simulation/chat_line.h"
#include "simulation/engine_plan.h"
#include "simulation/engine_record.h"

namespace berth {

/// One simulation. Times are seconds and sizes bytes here. Random times are drawn by purpose and by request, so that
/// systems that differ are asked the same.
class EventEngine {
  public:
    EventEngine(const SimulatedSystem& system, const Arrivals& arrivals, const SimulationOptions& options);

    /// Until the first `counted` requests behind the warm-up of the options have ended, or all of a trace; asked again
    /// for more it goes on. Whole batches, or as many as the options count at most, which is what is run without a
    /// number.
    void run(std::size_t counted);
    void run() { run(options_.requests); }

    /// Of the requests asked for, by arrival.
    [[nodiscard]] std::span<const double> latencies() const { return {record_.latencies().data(), wanted_}; }
    /// Whether more could be asked for.
    [[nodiscard]] bool more() const { return wanted_ < most_; }
    [[nodiscard]] double now() const { return now_; }
    [[nodiscard]] std::size_t completed() const { return completed_; }
    [[nodiscard]] std::size_t warm_up() const { return warm_up_; }
    [[nodiscard]] std::uint64_t events() const { return events_; }
    [[nodiscard]] double moved(std::size_t bandwidth) const;
    [[nodiscard]] std::vector<SimulatedSpan> take_spans() { return std::move(spans_); }
    [[nodiscard]] std::vector<BandwidthUse> take_uses() { return std::move(uses_); }
    /// Time between the first arrivals of one batch (EngineRecord::kBatch) and the next.
    [[nodiscard]] std::vector<double> batch_gaps() const;

    // Of the requests that count without the first `left_out` batches of them, or of the time since those arrived.
    [[nodiscard]] double throughput(std::size_t left_out) const;
    [[nodiscard]] double pool_utilisation(std::size_t pool, std::size_t left_out) const;
    [[nodiscard]] double bandwidth_utilisation(std::size_t bandwidth, std::size_t left_out) const;
    [[nodiscard]] TaskContention contention(std::size_t task, std::size_t left_out) const;
    [[nodiscard]] PhaseTime phase(std::size_t index, std::size_t left_out) const;
    [[nodiscard]] ServedChats chats(std::size_t service, std::size_t left_out) const;
    /// First tokens of the requests asked for, by arrival.
    [[nodiscard]] std::span<const double> first_tokens(std::size_t service) const {
        return counted(lines_[service].first_tokens());
    }
    [[nodiscard]] std::size_t services() const { return lines_.size(); }

  private:
    enum class Kind : std::uint8_t { kArrival, kWork, kTransfer, kSole, kPass };
    struct Event {
        double time;
        std::uint64_t number;  ///< of events at one time, the one made first comes first
        std::uint32_t slot;    ///< of the request; of a transfer or the sole one, the bandwidth; of a pass, the service
        std::uint32_t task;    ///< of a transfer or the sole one, the version of the shares
        Kind kind;
    };
    struct Step {
        std::uint32_t slot, task;
    };
    /// Of one task of one request.
    struct Progress {
        double mark = 0;          ///< when it was ready; once started, when it ends alone
        int waits = 0;            ///< for so many tasks still
        std::int8_t unended = 0;  ///< of its work and its transfer
    };
    struct Pool {
        int servers = 1, free = 1;
        std::deque<Step> queue;
        double busy = 0, since = 0;  ///< server time, last change
    };
    struct Transfer {
        Step step;
        double left, whole;
    };
    /// A task that moves its bytes while nothing else does: one event ends both its work and its transfer.
    struct Sole {
        Step step{};
        double started = 0, work = 0;
        std::uint64_t number = 0;  ///< of its event, which the end of its work keeps: at one moment the order stays
    };
    /// Of a share: what one device carries of it.
    struct Part {
        double drawn = 0, moved = 0, rate = 0;
    };
    struct Share {
        double bandwidth = 0;
        bool enough = false;  ///< nothing that moves is ever slowed: only the sums of rates are kept
        std::vector<Part> parts;
        std::vector<double> limits, left;  ///< of the parts
        std::vector<int> part_of;          ///< of the transfers, if there are parts; -1: none
        std::vector<Transfer> transfers;   ///< by ascending cap
        std::vector<double> caps, rates;   ///< of the transfers
        std::optional<Sole> sole;          ///< there are no transfers beside it
        double since = 0, drawn = 0, moved = 0;
        double rate = 0;         ///< where there is enough: of all that move
        std::size_t moving = 0;  ///< where there is enough: how many move
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
    [[nodiscard]] double pause_after(std::size_t request) const;
    [[nodiscard]] double work_of(Step step) const;
    /// The first slots are those of services, whose passes hold servers like tasks of requests.
    [[nodiscard]] bool is_pass(Step step) const { return step.slot < lines_.size(); }
    [[nodiscard]] const PlannedTask& task_of(Step step) const {
        return is_pass(step) ? plan_.passes[step.slot] : plan_.tasks[step.task];
    }
    void ask_for_pass(std::uint32_t service);
    void queue(Step step);
    void lay_out_pass(std::uint32_t service);
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
    [[nodiscard]] double counted_from(std::size_t left_out) const;
    [[nodiscard]] EngineRecord::Batches batches_from(std::size_t left_out) const;

    const Arrivals& arrivals_;
    SimulationOptions options_;
    EnginePlan plan_;
    EngineRecord record_;
    std::size_t warm_up_ = 0, most_ = 0;  ///< requests that do not count, and that may
    const std::vector<ChatService>& services_;
    std::vector<ChatLine> lines_;                  ///< [service]
    std::vector<bool> passing_;                    ///< [service]: a pass runs or was asked for
    std::vector<double> pass_began_;               ///< [service]
    std::vector<std::uint32_t> began_, complete_;  ///< kept to spare allocations
    std::vector<Pool> pools_;
    std::vector<Share> shares_;
    Chance gaps_;  ///< between arrivals
    std::vector<Event> heap_;
    std::optional<Event> next_;  ///< comes before all of the heap
    std::uint64_t number_ = 0, events_ = 0;
    double now_ = 0;
    std::vector<Request> requests_;     ///< by slot
    std::vector<std::uint32_t> free_;   ///< slots
    std::size_t tasks_ = 0;             ///< of a request
    std::vector<Progress> progress_;    ///< [slot][task]
    std::vector<std::size_t> span_of_;  ///< [slot][task] of traced requests
    std::vector<double> phase_start_;   ///< [slot][phase]
    std::size_t arrived_ = 0, completed_ = 0, ended_ = 0, wanted_ = 0, traced_left_ = 0;
    std::vector<SimulatedSpan> spans_;
    std::vector<BandwidthUse> uses_;
};

}  // namespace berth
