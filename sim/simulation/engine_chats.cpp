// Passes of chat services: they queue for servers, hold them and move bytes as request tasks do.
#include <algorithm>

#include "simulation/event_engine.h"
#include "simulation/steady_state.h"

namespace berth {

// Requests a pass behind all events of this moment, so that chats arriving now take part in it.
void EventEngine::ask_for_pass(std::uint32_t service) {
    if (!passing_[service]) {
        passing_[service] = true;
        push(now_, Kind::kPass, service, 0);
    }
}

void EventEngine::lay_out_pass(std::uint32_t service) {
    began_.clear();
    const ChatPass pass = lines_[service].begin(began_);
    for (const std::uint32_t slot : began_) {
        const Step step{slot, plan_.chat_tasks[service]};
        if (is_traced(step)) {
            spans_[span_of_[place_of(step)]].start = seconds(now_);
        }
        if (counts(step)) {
            record_.waited(counted_number(slot), step.task, now_ - progress(step).mark);
        }
    }
    parts_left_[service] = parts_of(services_[service], pass);
    next_part(service);
}

// Makes the first of the parts that are left the task that runs or waits for its servers.
void EventEngine::next_part(std::uint32_t service) {
    const PassPart& part = parts_left_[service].front();
    PlannedTask& made = plan_.passes[service];
    made = plan_.pass_parts[service].at(static_cast<std::size_t>(part.work));
    made.work = in_seconds(paced_time(services_[service], part));
    const PlannedShare* share = made.share < 0 ? nullptr : &plan_.shares[static_cast<std::size_t>(made.share)];
    made.bytes = share == nullptr ? 0 : in_bytes(bytes_of_part(services_[service], part));
    if (share != nullptr) {
        const double limit = made.part < 0 ? share->bandwidth : share->limits[static_cast<std::size_t>(made.part)];
        made.cap = std::min({share->bandwidth, limit, made.bytes / made.work});
        made.alone = made.bytes / made.cap;
        made.rate = made.cap;
    }
}

// A service on one device decides what a pass does when it gets the servers, so that chats that arrived while it waited
// take part.
void EventEngine::begin_part(std::uint32_t service) {
    if (parts_left_[service].empty()) {
        lay_out_pass(service);
    }
    if (!pass_began_[service]) {
        pass_began_[service] = now_;
    }
}

void EventEngine::end_part(std::uint32_t service) {
    if (parts_left_[service].front().work == PassWork::kRead) {
        lines_[service].end_reading(now_);
    }
    parts_left_[service].erase(parts_left_[service].begin());
    if (parts_left_[service].empty()) {
        end_pass(service);
        return;
    }
    next_part(service);
    queue({service, plan_.chat_tasks[service]});
}

void EventEngine::end_pass(std::uint32_t service) {
    complete_ = lines_[service].end(*pass_began_[service], now_);
    pass_began_[service].reset();
    for (const std::uint32_t slot : complete_) {
        go_on({slot, plan_.chat_tasks[service]});
    }
    passing_[service] = false;
    if (lines_[service].has_chats()) {
        ask_for_pass(service);
    }
}

ServedChats EventEngine::chats(std::size_t service, std::size_t left_out) const {
    const ChatLine& line = lines_[service];
    const std::size_t first = std::min(left_out * EngineRecord::kBatch, wanted_);
    ServedChats chats;
    chats.first_token = latency_of(counted(line.first_tokens()).subspan(first));
    chats.token = latency_of(counted(line.tokens()).subspan(first));
    chats.answer = latency_of(counted(line.answers()).subspan(first));
    const std::size_t from = warm_up_ + first;
    if (from + 1 < line.marks().size()) {
        const ChatLine::Mark& begin = line.marks()[from];
        const ChatLine::Mark& end = line.marks().back();
        const double time = end.time - begin.time;
        chats.tokens = hertz((end.tokens - begin.tokens) / time);
        chats.busy = std::min(1.0, (end.busy - begin.busy) / time);
        chats.at_once = (end.in_slots - begin.in_slots) / (end.busy - begin.busy);
    }
    return chats;
}

}  // namespace berth
