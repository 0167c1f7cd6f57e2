// Transfers: bandwidth shares, progress, and the next transfer to end.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "simulation/event_engine.h"
#include "simulation/max_min.h"

namespace berth {

namespace {

constexpr double kDone = 1e-12;  // relative remainder of a transfer that rounding may leave

}  // namespace

// Fast path for a single transfer, which is the common case: no sharing, and its end is known from the start.
void EventEngine::start_sole(Step step, double work) {
    const PlannedTask& task = task_of(step);
    Share& share = shares_[static_cast<std::size_t>(task.share)];
    advance(share);
    share.sole = Sole{step, now_, work, 0, number_};
    Progress& progress = this->progress(step);
    progress.unended = 1;
    push(progress.mark, Kind::kSole, static_cast<std::uint32_t>(task.share), ++share.version);
}

double EventEngine::moved_by(const Sole& sole, double time) const {
    const PlannedTask& task = task_of(sole.step);
    return std::min(task.bytes, task.rate * (time - sole.started));
}

void EventEngine::end_sole(std::uint32_t bandwidth) {
    Share& share = shares_[bandwidth];
    advance(share);
    const Step step = share.sole->step;
    share.sole.reset();
    const PlannedTask& task = task_of(step);
    share.moved += task.bytes;
    if (task.part >= 0) {
        share.parts[static_cast<std::size_t>(task.part)].moved += task.bytes;
    }
    finish_part(step);
}

// Converts a sole transfer into a shared one when another begins: its work and its transfer then end by separate
// events.
void EventEngine::join_others(std::uint32_t bandwidth) {
    Share& share = shares_[bandwidth];
    if (!share.sole) {
        return;
    }
    const Sole sole = *std::exchange(share.sole, std::nullopt);
    const double left = task_of(sole.step).bytes - moved_by(sole, now_);
    const double work_ends = std::max(sole.started + sole.work, now_);
    const bool works = work_ends > now_;
    progress(sole.step).unended = works ? 2 : 1;
    if (works) {
        push({work_ends, sole.number, sole.step.slot, sole.step.task, Kind::kWork});
    }
    add_transfer(sole.step, left);
}

void EventEngine::start_transfer(Step step) {
    const PlannedTask& task = task_of(step);
    const auto bandwidth = static_cast<std::uint32_t>(task.share);
    advance(shares_[bandwidth]);
    join_others(bandwidth);
    add_transfer(step, task.bytes);
    reshare(bandwidth);
}

void EventEngine::add_transfer(Step step, double left) {
    const PlannedTask& task = task_of(step);
    Share& share = shares_[static_cast<std::size_t>(task.share)];
    const auto place = std::upper_bound(share.caps.begin(), share.caps.end(), task.cap) - share.caps.begin();
    share.caps.insert(share.caps.begin() + place, task.cap);
    share.transfers.insert(share.transfers.begin() + place, {step, left, task.bytes});
    if (!share.parts.empty()) {
        share.part_of.insert(share.part_of.begin() + place, task.part);
    }
}

// Tracks a transfer on a bandwidth that is always sufficient: it moves evenly over the task's time and needs no
// sharing. `sign` is 1 at its start and -1 at its end.
void EventEngine::draw_freely(Step step, double sign) {
    const PlannedTask& task = task_of(step);
    const auto index = static_cast<std::uint32_t>(task.share);
    Share& share = shares_[index];
    advance(share);
    const double rate = task.bytes / std::max(task.work, task.alone);
    Part* within = task.part < 0 ? nullptr : &share.parts[static_cast<std::size_t>(task.part)];
    share.moving += sign > 0 ? 1 : static_cast<std::size_t>(-1);
    share.rate = share.moving == 0 ? 0 : share.rate + sign * rate;
    if (within != nullptr) {
        within->rate = share.moving == 0 ? 0 : within->rate + sign * rate;
    }
    if (sign < 0) {
        share.moved += task.bytes;
        if (within != nullptr) {
            within->moved += task.bytes;
        }
    }
    note_use(index, share.rate);
}

// Accounts for the bytes moved since the shares were last computed.
void EventEngine::advance(Share& share) const {
    if (now_ == share.since) {
        return;
    }
    const double passed = now_ - std::exchange(share.since, now_);
    if (share.sole) {
        const double all = moved_by(*share.sole, now_);
        const double moved = all - std::exchange(share.sole->drawn, all);
        const int within = task_of(share.sole->step).part;
        share.drawn += moved;
        if (within >= 0) {
            share.parts[static_cast<std::size_t>(within)].drawn += moved;
        }
        return;
    }
    if (share.enough) {
        share.drawn += share.rate * passed;
        for (Part& within : share.parts) {
            within.drawn += within.rate * passed;
        }
        return;
    }
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

void EventEngine::note_use(std::uint32_t bandwidth, double drawn) {
    if (traced_left_ > 0) {
        uses_.push_back({seconds(now_), plan_.shares[bandwidth].position, bytes_per_second(drawn)});
    }
}

// Recomputes the shares and schedules the end of the first transfer under them.
void EventEngine::reshare(std::uint32_t bandwidth) {
    Share& share = shares_[bandwidth];
    ++share.version;
    share.rates.resize(share.transfers.size());
    if (share.parts.empty()) {
        max_min_rates(share.bandwidth, share.caps, share.rates);
    } else {
        max_min_rates(share.bandwidth, share.caps, share.part_of, share.limits, share.left, share.rates);
    }
    note_use(bandwidth, std::accumulate(share.rates.begin(), share.rates.end(), 0.0));
    double soonest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < share.transfers.size(); ++i) {
        soonest = std::min(soonest, std::max(share.transfers[i].left, 0.0) / share.rates[i]);
    }
    if (!share.transfers.empty()) {
        push(now_ + soonest, Kind::kTransfer, bandwidth, share.version);
    }
}

void EventEngine::end_transfers(std::uint32_t bandwidth) {
    Share& share = shares_[bandwidth];
    advance(share);
    std::vector<Step> ended;
    for (std::size_t i = 0; i < share.transfers.size();) {
        // Also end a transfer whose remainder moves within one clock step; otherwise time would not advance and it
        // would never end.
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
    for (const Step step : ended) {
        finish_part(step);
    }
}

}  // namespace berth
