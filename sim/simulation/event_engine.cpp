// Event loop: tasks become ready, queue for servers, hold them for their work and transfer, and release their
// successors.
#include "simulation/event_engine.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "simulation/steady_state.h"

namespace berth {

namespace {

// Purposes of random draws, each with streams of its own.
const std::uint64_t kGaps = stream_of("arrivals");
const std::uint64_t kWorkTimes = stream_of("work");
const std::uint64_t kThinkTimes = stream_of("think");
constexpr std::size_t kNobody = static_cast<std::size_t>(-1);  // request number of passes
constexpr unsigned kTaskBits = 24;  // low bits of a stream number, for the task within a request

// Heap order as a function object, so that it is inlined.
struct Later {
    template <class Event>
    bool operator()(const Event& a, const Event& b) const {
        return a.time != b.time ? a.time > b.time : a.number > b.number;
    }
};

}  // namespace

EventEngine::EventEngine(const SimulatedSystem& system, const Arrivals& arrivals, const SimulationOptions& options)
    : arrivals_(arrivals),
      options_(options),
      plan_(plan_engine(system)),
      record_(plan_.tasks.size(), plan_.phases.size()),
      warm_up_(options.warm_up.value_or(0)),
      most_(options.requests),
      services_(system.services),
      gaps_(options.seed, kGaps),
      tasks_(plan_.tasks.size()),
      traced_left_(options.traced) {
    for (const int servers : plan_.servers) {
        Pool& made = pools_.emplace_back();
        made.servers = made.free = servers;
    }
    for (const PlannedShare& planned : plan_.shares) {
        Share& share = shares_.emplace_back();
        share.bandwidth = planned.bandwidth;
        share.enough = planned.enough;
        share.limits = planned.limits;
        share.left.resize(planned.limits.size());
        share.parts.resize(planned.limits.size());
    }
    lines_.reserve(system.services.size());
    for (std::size_t service = 0; service < system.services.size(); ++service) {
        requests_[free_slot()].number = kNobody;
        lines_.emplace_back(system.services[service], options.seed, service);
    }
    passing_.resize(lines_.size());
    parts_left_.resize(lines_.size());
    pass_began_.resize(lines_.size());
    if (const auto* trace = std::get_if<ArrivalTrace>(&arrivals)) {
        if (!std::ranges::is_sorted(trace->times)) {
            throw std::logic_error("a trace whose arrivals do not ascend");
        }
        warm_up_ = std::min(warm_up_, trace->times.size());
        most_ = std::min(most_, trace->times.size() - warm_up_);
    }
    first_arrivals();
}

void EventEngine::push(double time, Kind kind, std::uint32_t slot, std::uint32_t task) {
    push({time, number_++, slot, task, kind});
}

// Keeps the earliest event outside the heap. Most pushed events are the next to occur (the end of the task that just
// began) and so never enter the heap.
void EventEngine::push(const Event& event) {
    if (!next_) {
        if (heap_.empty() || Later{}(heap_.front(), event)) {
            next_ = event;
            return;
        }
    } else if (Later{}(*next_, event)) {
        push_heap(*next_);
        next_ = event;
        return;
    }
    push_heap(event);
}

void EventEngine::push_heap(const Event& event) {
    heap_.push_back(event);
    std::push_heap(heap_.begin(), heap_.end(), Later{});
}

EventEngine::Event EventEngine::pop() {
    if (next_) {
        return *std::exchange(next_, std::nullopt);
    }
    std::pop_heap(heap_.begin(), heap_.end(), Later{});
    const Event event = heap_.back();
    heap_.pop_back();
    return event;
}

void EventEngine::first_arrivals() {
    if (const auto* loop = std::get_if<ClosedLoop>(&arrivals_)) {
        for (int user = 0; user < loop->users; ++user) {
            push(0, Kind::kArrival, 0, 0);
        }
    } else {
        next_arrival(0);
    }
}

// Schedules the next arrival. In a closed loop completions trigger arrivals instead.
void EventEngine::next_arrival(double after) {
    if (was_last_arrival()) {
        return;
    }
    if (const auto* poisson = std::get_if<PoissonArrivals>(&arrivals_)) {
        push(after + gaps_.exponential(1 / in_hertz(poisson->rate)), Kind::kArrival, 0, 0);
    } else if (const auto* trace = std::get_if<ArrivalTrace>(&arrivals_)) {
        if (arrived_ < trace->times.size()) {
            push(in_seconds(trace->times[arrived_]), Kind::kArrival, 0, 0);
        }
    }
}

// Work time of a task. Each task of each request has its own random stream, so its draw is independent of the order of
// events and of the rest of the system.
double EventEngine::work_of(Step step) const {
    const PlannedTask& task = task_of(step);
    if (!task.varies) {
        return task.work;
    }
    const std::uint64_t stream = (requests_[step.slot].number << kTaskBits) + step.task;
    return Chance(options_.seed ^ kWorkTimes, stream).exponential(task.work);
}

double EventEngine::pause_after(std::size_t request) const {
    const auto& loop = std::get<ClosedLoop>(arrivals_);
    const double think = in_seconds(loop.think);
    return loop.variability == Variability::kExponential
               ? Chance(options_.seed ^ kThinkTimes, request).exponential(think)
               : think;
}

void EventEngine::run(std::size_t counted) {
    wanted_ = std::min(counted, most_);
    ended_ = record_.ended_of(wanted_);
    while (ended_ < wanted_ && (next_ || !heap_.empty())) {
        const Event event = pop();
        const bool of_share = event.kind == Kind::kTransfer || event.kind == Kind::kSole;
        if (of_share && event.task != shares_[event.slot].version) {
            continue;  // stale: the shares have changed since
        }
        now_ = event.time;
        ++events_;
        handle(event);
    }
    for (Pool& pool : pools_) {
        count_busy(pool);
    }
    for (Share& share : shares_) {
        advance(share);
    }
}

void EventEngine::handle(const Event& event) {
    switch (event.kind) {
        case Kind::kArrival:
            arrive();
            break;
        case Kind::kWork:
            finish_part({event.slot, event.task});
            break;
        case Kind::kTransfer:
            end_transfers(event.slot);
            break;
        case Kind::kSole:
            end_sole(event.slot);
            break;
        case Kind::kPass:
            if (services_[event.slot].has_parts()) {  // which device is needed follows from the work
                lay_out_pass(event.slot);
            }
            queue({event.slot, plan_.chat_tasks[event.slot]});
            break;
    }
}

// Snapshot: time, completed requests, ended tasks, busy server time of each pool, bytes over each bandwidth.
void EventEngine::take_snapshot() {
    std::vector<double> uses{now_, static_cast<double>(completed_), static_cast<double>(ended_tasks_)};
    for (Pool& pool : pools_) {
        count_busy(pool);
        uses.push_back(pool.busy);
    }
    for (Share& share : shares_) {
        advance(share);
    }
    for (std::size_t i = 0; i < plan_.places.size(); ++i) {
        uses.push_back(drawn(i));
    }
    record_.snapshot(std::move(uses));
}

std::uint32_t EventEngine::free_slot() {
    if (!free_.empty()) {
        const std::uint32_t slot = free_.back();
        free_.pop_back();
        return slot;
    }
    requests_.emplace_back();
    progress_.resize(requests_.size() * tasks_);
    phase_start_.resize(requests_.size() * plan_.phases.size());
    span_of_.resize(options_.traced > 0 ? progress_.size() : 0);
    return static_cast<std::uint32_t>(requests_.size() - 1);
}

void EventEngine::arrive() {
    if (arrived_ >= warm_up_) {
        if ((arrived_ - warm_up_) % EngineRecord::kBatch == 0) {
            take_snapshot();
        }
        record_.arrived();
    }
    const std::uint32_t slot = free_slot();
    requests_[slot] = {arrived_++, now_, static_cast<std::uint32_t>(tasks_)};
    for (std::uint32_t task = 0; task < tasks_; ++task) {
        progress({slot, task}).waits = plan_.tasks[task].waits_for;
    }
    for (ChatLine& line : lines_) {
        line.arrive(now_);
    }
    next_arrival(now_);
    for (const std::uint32_t task : plan_.first_tasks) {
        ready({slot, task});
    }
}

void EventEngine::ready(Step step) {
    const PlannedTask& task = plan_.tasks[step.task];
    if (is_traced(step)) {
        span_of_[place_of(step)] = spans_.size();
        spans_.push_back({requests_[step.slot].number, step.task, seconds(now_), {}, {}});
    }
    progress(step).mark = now_;
    for (const std::size_t phase : task.begins) {
        phase_start_[step.slot * plan_.phases.size() + phase] = now_;
    }
    if (task.service >= 0) {
        const auto service = static_cast<std::uint32_t>(task.service);
        lines_[service].join(step.slot, requests_[step.slot].number);
        ask_for_pass(service);
    } else {
        queue(step);
    }
}

void EventEngine::queue(Step step) {
    const PlannedTask& task = task_of(step);
    Pool& pool = pools_[task.pool];
    if (pool.queue.empty() && pool.free >= task.servers) {
        start(step);
    } else {
        pool.queue.push_back(step);
    }
}

void EventEngine::count_busy(Pool& pool) const {
    pool.busy += (now_ - pool.since) * (pool.servers - pool.free);
    pool.since = now_;
}

void EventEngine::start(Step step) {
    if (is_pass(step)) {
        begin_part(step.slot);
    }
    const PlannedTask& task = task_of(step);
    Pool& pool = pools_[task.pool];
    count_busy(pool);
    pool.free -= task.servers;
    if (is_traced(step)) {
        spans_[span_of_[place_of(step)]].start = seconds(now_);
    }
    const double work = work_of(step);
    Progress& progress = this->progress(step);
    if (counts(step)) {
        record_.waited(counted_number(step.slot), step.task, now_ - progress.mark);
    }
    progress.mark = now_ + std::max(work, task.alone);
    const bool shares = task.share >= 0 && !shares_[static_cast<std::size_t>(task.share)].enough;
    if (shares && is_idle(shares_[static_cast<std::size_t>(task.share)])) {
        start_sole(step, work);
        return;
    }
    progress.unended = shares ? 2 : 1;
    push(shares ? now_ + work : progress.mark, Kind::kWork, step.slot, step.task);
    if (shares) {
        start_transfer(step);
    } else if (task.share >= 0) {
        draw_freely(step, 1);
    }
}

// The fast path is disabled while tracing, since a trace shows the start and end of each transfer separately.
bool EventEngine::is_idle(const Share& share) const {
    return traced_left_ == 0 && share.transfers.empty() && !share.sole;
}

void EventEngine::finish_part(Step step) {
    if (--progress(step).unended == 0) {
        finish(step);
    }
}

void EventEngine::finish(Step step) {
    const PlannedTask& task = task_of(step);
    Pool& pool = pools_[task.pool];
    count_busy(pool);
    pool.free += task.servers;
    if (task.share >= 0 && shares_[static_cast<std::size_t>(task.share)].enough) {
        draw_freely(step, -1);
    }
    if (is_pass(step)) {
        serve(task.pool);
        end_part(step.slot);
        return;
    }
    if (counts(step)) {
        const double slowed = now_ - progress(step).mark;
        if (slowed > 0) {
            record_.slowed(counted_number(step.slot), step.task, slowed);
        }
    }
    serve(task.pool);
    go_on(step);
}

// Ends a task and releases its successors.
void EventEngine::go_on(Step step) {
    if (is_traced(step)) {
        spans_[span_of_[place_of(step)]].end = seconds(now_);
    }
    if (counts(step)) {
        end_phases(step);
    }
    for (const std::uint32_t next : plan_.tasks[step.task].then) {
        if (--progress({step.slot, next}).waits == 0) {
            ready({step.slot, next});
        }
    }
    ++ended_tasks_;
    if (--requests_[step.slot].left == 0) {
        end_request(step.slot);
    }
}

bool EventEngine::counts(Step step) const {
    const std::size_t number = requests_[step.slot].number;
    return number >= warm_up_ && number - warm_up_ < most_;
}

void EventEngine::end_phases(Step step) {
    for (const std::size_t phase : plan_.tasks[step.task].ends) {
        const double time = now_ - phase_start_[step.slot * plan_.phases.size() + phase];
        record_.phase(counted_number(step.slot), phase, time, keeps_to(time, plan_.phases[phase].budget));
    }
}

void EventEngine::serve(std::uint32_t index) {
    Pool& pool = pools_[index];
    while (!pool.queue.empty() && pool.free >= task_of(pool.queue.front()).servers) {
        const Step step = pool.queue.front();
        pool.queue.pop_front();
        start(step);
    }
}

void EventEngine::end_request(std::uint32_t slot) {
    const Request request = requests_[slot];
    ++completed_;
    traced_left_ -= request.number < options_.traced ? 1 : 0;
    if (request.number >= warm_up_) {
        record_.ended(request.number - warm_up_, now_ - request.arrived);
        ended_ += request.number - warm_up_ < wanted_ ? 1 : 0;
    }
    free_.push_back(slot);
    if (std::holds_alternative<ClosedLoop>(arrivals_) && !was_last_arrival()) {
        push(now_ + pause_after(request.number), Kind::kArrival, 0, 0);
    }
}

}  // namespace berth
