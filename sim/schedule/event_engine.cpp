// Tasks become ready, wait for servers, hold them for their time and their bytes, and let the next ones go on.
#include "schedule/event_engine.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "schedule/max_min.h"

namespace berth {

namespace {

constexpr double kDone = 1e-12;  // share of a transfer's bytes that rounding may leave

template <class Event>
bool later(const Event& a, const Event& b) {
    return a.time != b.time ? a.time > b.time : a.number > b.number;
}

void require(bool holds, const char* what) {
    if (!holds) {
        throw std::logic_error(what);
    }
}

}  // namespace

// SplitMix64 (Steele, Lea and Flood 2014); the standard library's distributions differ between implementations.
double SimulatedChance::uniform() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    z ^= z >> 31U;
    return (static_cast<double>(z >> 11U) + 0.5) * 0x1p-53;
}

double SimulatedChance::exponential(double mean) { return -mean * std::log(uniform()); }

EventEngine::EventEngine(const SimulatedSystem& system, const Arrivals& arrivals, const SimulationOptions& options)
    : arrivals_(arrivals), options_(options), arrival_chance_(options.seed), work_chance_(~options.seed) {
    for (const ServerPool& pool : system.pools) {
        require(pool.servers > 0, "a pool without servers");
        Pool& made = pools_.emplace_back();
        made.servers = made.free = pool.servers;
    }
    plan_bandwidths(system);
    plan_tasks(system);
    plan_phases(system);
    traced_left_ = options.traced;
    wanted_ = options.requests;
    if (const auto* trace = std::get_if<ArrivalTrace>(&arrivals)) {
        require(std::ranges::is_sorted(trace->times), "a trace whose arrivals do not ascend");
        options_.warm_up = std::min(options.warm_up, trace->times.size());
        wanted_ = std::min(wanted_, trace->times.size() - options_.warm_up);
    }
    latencies_.resize(wanted_);
}

void EventEngine::plan_bandwidths(const SimulatedSystem& system) {
    places_.resize(system.bandwidths.size());
    for (std::size_t i = 0; i < system.bandwidths.size(); ++i) {
        const SharedBandwidth& shared = system.bandwidths[i];
        require(shared.bandwidth > Bandwidth{}, "a bandwidth of nothing");
        if (!shared.within) {
            places_[i] = {shares_.size(), -1};
            bandwidth_of_.push_back(i);
            shares_.emplace_back().bandwidth = in_bytes_per_second(shared.bandwidth);
        }
    }
    for (std::size_t i = 0; i < system.bandwidths.size(); ++i) {
        if (const auto within = system.bandwidths[i].within) {
            require(*within < places_.size() && !system.bandwidths[*within].within, "a bandwidth within no whole one");
            Share& share = shares_[places_[*within].share];
            places_[i] = {places_[*within].share, static_cast<int>(share.parts.size())};
            share.parts.emplace_back();
            share.limits.push_back(in_bytes_per_second(system.bandwidths[i].bandwidth));
            share.left.push_back(0);
        }
    }
}

void EventEngine::plan_phases(const SimulatedSystem& system) {
    starts_.resize(tasks_.size());
    ends_.resize(tasks_.size());
    waited_.resize(tasks_.size());
    slowed_.resize(tasks_.size());
    for (const SimulatedPhase& phase : system.phases) {
        require(phase.first <= phase.last && phase.last < tasks_.size(), "a phase of other tasks");
        starts_[phase.first].push_back(phases_.size());
        ends_[phase.last].push_back(phases_.size());
        phases_.push_back({static_cast<std::uint32_t>(phase.first), static_cast<std::uint32_t>(phase.last),
                           phase.budget ? in_seconds(*phase.budget) : -1});
    }
}

void EventEngine::plan_tasks(const SimulatedSystem& system) {
    require(!system.tasks.empty(), "a request without tasks");
    for (std::size_t i = 0; i < system.tasks.size(); ++i) {
        const SimulatedTask& task = system.tasks[i];
        require(task.pool < pools_.size(), "a task on no pool");
        require(task.servers > 0 && task.servers <= pools_[task.pool].servers,
                "a task for more servers than there are");
        require(task.work >= Time{} && task.moved >= Bytes{}, "a task of negative time or size");
        require(task.bandwidth ? *task.bandwidth < places_.size() : task.moved == Bytes{},
                "bytes that move over nothing");
        require(!task.fastest || *task.fastest > Bandwidth{}, "a task that draws nothing");
        const bool moves = task.bandwidth && task.moved > Bytes{};
        const double cap = task.fastest ? in_bytes_per_second(*task.fastest) : std::numeric_limits<double>::infinity();
        const Place place = moves ? places_[*task.bandwidth] : Place{};
        double alone = 0;
        if (moves) {
            const Share& share = shares_[place.share];
            const double limit = place.part < 0 ? share.bandwidth : share.limits[static_cast<std::size_t>(place.part)];
            alone = in_bytes(task.moved) / std::min({cap, share.bandwidth, limit});
        }
        tasks_.push_back({static_cast<std::uint32_t>(task.pool),
                          task.servers,
                          in_seconds(task.work),
                          task.variability == Variability::kExponential,
                          moves ? static_cast<int>(place.share) : -1,
                          moves ? place.part : -1,
                          alone,
                          in_bytes(task.moved),
                          cap,
                          static_cast<int>(task.after.size()),
                          {}});
        for (const std::size_t before : task.after) {
            require(before < i, "a task that waits for a later one");
            tasks_[before].then.push_back(static_cast<std::uint32_t>(i));
        }
        if (task.after.empty()) {
            first_tasks_.push_back(static_cast<std::uint32_t>(i));
        }
    }
}

void EventEngine::push(double time, Kind kind, std::uint32_t slot, std::uint32_t task) {
    heap_.push_back({time, number_++, slot, task, kind});
    std::push_heap(heap_.begin(), heap_.end(), later<Event>);
}

void EventEngine::first_arrivals() {
    if (const auto* loop = std::get_if<ClosedLoop>(&arrivals_)) {
        for (int user = 0; user < loop->users; ++user) {
            push(0, Kind::kArrival, 0, 0);
        }
    } else if (const auto* poisson = std::get_if<PoissonArrivals>(&arrivals_)) {
        push(arrival_chance_.exponential(1 / in_hertz(poisson->rate)), Kind::kArrival, 0, 0);
    } else if (const auto& times = std::get<ArrivalTrace>(arrivals_).times; !times.empty()) {
        push(in_seconds(times.front()), Kind::kArrival, 0, 0);
    }
}

// In a closed loop the end of a request brings the next one instead.
void EventEngine::next_arrival(double after) {
    if (const auto* poisson = std::get_if<PoissonArrivals>(&arrivals_)) {
        push(after + arrival_chance_.exponential(1 / in_hertz(poisson->rate)), Kind::kArrival, 0, 0);
    } else if (const auto* trace = std::get_if<ArrivalTrace>(&arrivals_)) {
        if (arrived_ < trace->times.size()) {
            push(in_seconds(trace->times[arrived_]), Kind::kArrival, 0, 0);
        }
    }
}

void EventEngine::run() {
    first_arrivals();
    while (counted_ < wanted_ && !heap_.empty()) {
        std::pop_heap(heap_.begin(), heap_.end(), later<Event>);
        const Event event = heap_.back();
        heap_.pop_back();
        if (event.kind == Kind::kTransfer && event.task != shares_[event.slot].version) {
            continue;  // its shares have changed since
        }
        now_ = event.time;
        ++events_;
        switch (event.kind) {
            case Kind::kArrival:
                arrive();
                break;
            case Kind::kWork:
                finish_part({event.slot, event.task});
                break;
            case Kind::kTransfer:
                end_transfers(event.slot, event.task);
                break;
        }
    }
    for (Pool& pool : pools_) {
        count_busy(pool);
    }
    for (Share& share : shares_) {
        advance(share);
    }
}

void EventEngine::open_window() {
    in_window_ = true;
    window_ = now_;
    completed_before_ = completed_;
    for (Pool& pool : pools_) {
        count_busy(pool);
        pool.busy_before = pool.busy;
    }
    for (Share& share : shares_) {
        advance(share);
        share.drawn_before = share.drawn;
        for (Part& part : share.parts) {
            part.drawn_before = part.drawn;
        }
    }
}

void EventEngine::arrive() {
    if (arrived_ == options_.warm_up && !in_window_) {
        open_window();
    }
    std::uint32_t slot = 0;
    if (free_.empty()) {
        slot = static_cast<std::uint32_t>(requests_.size());
        requests_.emplace_back();
        waits_.resize(requests_.size() * tasks_.size());
        parts_.resize(waits_.size());
        mark_.resize(waits_.size());
        phase_start_.resize(requests_.size() * phases_.size());
        span_of_.resize(options_.traced > 0 ? waits_.size() : 0);
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    requests_[slot] = {arrived_++, now_, static_cast<std::uint32_t>(tasks_.size())};
    for (std::size_t task = 0; task < tasks_.size(); ++task) {
        waits_[slot * tasks_.size() + task] = tasks_[task].waits_for;
    }
    next_arrival(now_);
    for (const std::uint32_t task : first_tasks_) {
        ready({slot, task});
    }
}

void EventEngine::ready(Step step) {
    if (requests_[step.slot].number < options_.traced) {
        span_of_[part(step)] = spans_.size();
        spans_.push_back({requests_[step.slot].number, step.task, seconds(now_), {}, {}});
    }
    mark_[part(step)] = now_;
    for (const std::size_t phase : starts_[step.task]) {
        phase_start_[step.slot * phases_.size() + phase] = now_;
    }
    Pool& pool = pools_[tasks_[step.task].pool];
    if (pool.queue.empty() && pool.free >= tasks_[step.task].servers) {
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
    const TaskPlan& task = tasks_[step.task];
    Pool& pool = pools_[task.pool];
    count_busy(pool);
    pool.free -= task.servers;
    if (requests_[step.slot].number < options_.traced) {
        spans_[span_of_[part(step)]].start = seconds(now_);
    }
    parts_[part(step)] = task.bandwidth < 0 ? 1 : 2;
    const double work = task.varies ? work_chance_.exponential(task.work) : task.work;
    if (counts(step)) {
        waited_[step.task] += now_ - mark_[part(step)];
    }
    mark_[part(step)] = now_ + std::max(work, task.alone);
    push(now_ + work, Kind::kWork, step.slot, step.task);
    if (task.bandwidth >= 0) {
        Share& share = shares_[static_cast<std::size_t>(task.bandwidth)];
        advance(share);
        const auto place = std::upper_bound(share.caps.begin(), share.caps.end(), task.cap) - share.caps.begin();
        share.caps.insert(share.caps.begin() + place, task.cap);
        share.transfers.insert(share.transfers.begin() + place, {step, task.bytes, task.bytes});
        if (!share.parts.empty()) {
            share.part_of.insert(share.part_of.begin() + place, task.part);
        }
        reshare(static_cast<std::uint32_t>(task.bandwidth));
    }
}

// What has moved since the shares were last decided.
void EventEngine::advance(Share& share) const {
    const double passed = now_ - share.since;
    share.since = now_;
    for (std::size_t i = 0; i < share.transfers.size(); ++i) {
        share.transfers[i].left -= share.rates[i] * passed;
        share.drawn += share.rates[i] * passed;
    }
    for (std::size_t i = 0; i < share.part_of.size(); ++i) {
        if (share.part_of[i] >= 0) {
            share.parts[static_cast<std::size_t>(share.part_of[i])].drawn += share.rates[i] * passed;
        }
    }
}

// Decides the shares, and when the first of the transfers ends under them.
void EventEngine::reshare(std::uint32_t bandwidth) {
    Share& share = shares_[bandwidth];
    ++share.version;
    share.rates.resize(share.transfers.size());
    if (share.parts.empty()) {
        max_min_rates(share.bandwidth, share.caps, share.rates);
    } else {
        max_min_rates(share.bandwidth, share.caps, share.part_of, share.limits, share.left, share.rates);
    }
    if (traced_left_ > 0) {
        const double drawn = std::accumulate(share.rates.begin(), share.rates.end(), 0.0);
        uses_.push_back({seconds(now_), bandwidth_of_[bandwidth], bytes_per_second(drawn)});
    }
    double soonest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < share.transfers.size(); ++i) {
        soonest = std::min(soonest, std::max(share.transfers[i].left, 0.0) / share.rates[i]);
    }
    if (!share.transfers.empty()) {
        push(now_ + soonest, Kind::kTransfer, bandwidth, share.version);
    }
}

void EventEngine::end_transfers(std::uint32_t bandwidth, std::uint32_t version) {
    Share& share = shares_[bandwidth];
    advance(share);
    std::vector<Step> ended;
    for (std::size_t i = 0; i < share.transfers.size();) {
        // Less is left than moves in the smallest step of the clock: it would never come to an end otherwise.
        const double step_of_clock = std::nextafter(now_, std::numeric_limits<double>::infinity()) - now_;
        const Transfer& transfer = share.transfers[i];
        if (transfer.left > kDone * transfer.whole && transfer.left > share.rates[i] * step_of_clock) {
            ++i;
            continue;
        }
        share.moved += transfer.whole;
        ended.push_back(transfer.step);
        const auto place = static_cast<std::ptrdiff_t>(i);
        if (!share.parts.empty()) {
            if (share.part_of[i] >= 0) {
                share.parts[static_cast<std::size_t>(share.part_of[i])].moved += transfer.whole;
            }
            share.part_of.erase(share.part_of.begin() + place);
        }
        share.transfers.erase(share.transfers.begin() + place);
        share.caps.erase(share.caps.begin() + place);
        share.rates.erase(share.rates.begin() + place);
    }
    reshare(bandwidth);
    static_cast<void>(version);
    for (const Step step : ended) {
        finish_part(step);
    }
}

void EventEngine::finish_part(Step step) {
    if (--parts_[part(step)] == 0) {
        finish(step);
    }
}

void EventEngine::finish(Step step) {
    const TaskPlan& task = tasks_[step.task];
    Pool& pool = pools_[task.pool];
    count_busy(pool);
    pool.free += task.servers;
    if (requests_[step.slot].number < options_.traced) {
        spans_[span_of_[part(step)]].end = seconds(now_);
    }
    if (counts(step)) {
        slowed_[step.task] += std::max(0.0, now_ - mark_[part(step)]);
        end_phases(step);
    }
    serve(task.pool);
    for (const std::uint32_t next : task.then) {
        if (--waits_[part({step.slot, next})] == 0) {
            ready({step.slot, next});
        }
    }
    if (--requests_[step.slot].left == 0) {
        end_request(step.slot);
    }
}

bool EventEngine::counts(Step step) const {
    const std::size_t number = requests_[step.slot].number;
    return number >= options_.warm_up && number - options_.warm_up < wanted_;
}

void EventEngine::end_phases(Step step) {
    for (const std::size_t phase : ends_[step.task]) {
        const double time = now_ - phase_start_[step.slot * phases_.size() + phase];
        phases_[phase].time += time;
        phases_[phase].within += time <= phases_[phase].budget ? 1 : 0;
    }
}

void EventEngine::serve(std::uint32_t index) {
    Pool& pool = pools_[index];
    while (!pool.queue.empty() && pool.free >= tasks_[pool.queue.front().task].servers) {
        const Step step = pool.queue.front();
        pool.queue.pop_front();
        start(step);
    }
}

void EventEngine::end_request(std::uint32_t slot) {
    const Request& request = requests_[slot];
    ++completed_;
    traced_left_ -= request.number < options_.traced ? 1 : 0;
    if (request.number >= options_.warm_up && request.number - options_.warm_up < wanted_) {
        latencies_[request.number - options_.warm_up] = now_ - request.arrived;
        ++counted_;
    }
    free_.push_back(slot);
    if (const auto* loop = std::get_if<ClosedLoop>(&arrivals_)) {
        const double think = in_seconds(loop->think);
        const bool varies = loop->variability == Variability::kExponential;
        push(now_ + (varies ? arrival_chance_.exponential(think) : think), Kind::kArrival, 0, 0);
    }
}

double EventEngine::throughput() const {
    return now_ > window_ ? static_cast<double>(completed_ - completed_before_) / (now_ - window_) : 0;
}

double EventEngine::pool_utilisation(std::size_t pool) const {
    const Pool& one = pools_[pool];
    return now_ > window_ ? (one.busy - one.busy_before) / (one.servers * (now_ - window_)) : 0;
}

double EventEngine::bandwidth_utilisation(std::size_t bandwidth) const {
    const auto& [index, part] = places_[bandwidth];
    const Share& one = shares_[index];
    if (!(now_ > window_)) {
        return 0;
    }
    if (part < 0) {
        return (one.drawn - one.drawn_before) / (one.bandwidth * (now_ - window_));
    }
    const auto p = static_cast<std::size_t>(part);
    return (one.parts[p].drawn - one.parts[p].drawn_before) / (one.limits[p] * (now_ - window_));
}

double EventEngine::moved(std::size_t bandwidth) const {
    const auto& [index, part] = places_[bandwidth];
    return part < 0 ? shares_[index].moved : shares_[index].parts[static_cast<std::size_t>(part)].moved;
}

TaskContention EventEngine::contention(std::size_t task) const {
    const double requests = counted_ > 0 ? static_cast<double>(counted_) : 1;
    return {seconds(waited_[task] / requests), seconds(slowed_[task] / requests)};
}

PhaseTime EventEngine::phase(std::size_t index) const {
    const PhasePlan& plan = phases_[index];
    const double requests = counted_ > 0 ? static_cast<double>(counted_) : 1;
    return {seconds(plan.time / requests),
            plan.budget < 0 ? std::nullopt : std::optional(static_cast<double>(plan.within) / requests)};
}

}  // namespace berth
