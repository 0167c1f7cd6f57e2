// A clock that goes from pass to pass.
#include "simulation/chat_engine.h"

#include <algorithm>
#include <variant>

namespace berth {

namespace {

// The length in whose share a uniform number falls.
std::int64_t drawn_from(const TokenDistribution& lengths, double uniform) {
    for (const TokenShare& length : lengths) {
        uniform -= length.share;
        if (uniform <= 0) {
            return length.tokens;
        }
    }
    return lengths.back().tokens;
}

}  // namespace

ChatEngine::ChatEngine(const ChatService& service, const Arrivals& arrivals, std::uint64_t seed)
    : service_(service),
      arrivals_(arrivals),
      gaps_(seed, stream_of("chats")),
      prompts_(seed, stream_of("prompts")),
      answers_(seed, stream_of("answers")) {
    if (const auto* loop = std::get_if<ClosedLoop>(&arrivals_)) {
        for (int user = 0; user < loop->users; ++user) {
            coming_.push(0);
        }
    } else {
        draw_next_arrival(0);
    }
}

// In a closed loop the end of an answer brings the next chat instead.
void ChatEngine::draw_next_arrival(double after) {
    if (const auto* poisson = std::get_if<PoissonArrivals>(&arrivals_)) {
        coming_.push(after + gaps_.exponential(1 / in_hertz(poisson->rate)));
    } else if (const auto* trace = std::get_if<ArrivalTrace>(&arrivals_); trace && drawn_ < trace->times.size()) {
        coming_.push(in_seconds(trace->times[drawn_]));
    }
    ++drawn_;
}

void ChatEngine::run(std::size_t chats) {
    while (ended_ < chats) {
        take_arrivals();
        fill_slots();
        if (!slots_.empty()) {
            pass();
        } else if (!coming_.empty()) {
            now_ = coming_.top();
        } else {
            return;
        }
    }
}

void ChatEngine::take_arrivals() {
    while (!coming_.empty() && coming_.top() <= now_) {
        const double arrived = coming_.top();
        coming_.pop();
        const std::int64_t prompt = drawn_from(service_.prompts, prompts_.uniform());
        waiting_.push_back({arrived_++, arrived, 0, prompt, 0, 0, drawn_from(service_.answers, answers_.uniform())});
        first_token_.push_back(0);
        token_.push_back(0);
        answer_.push_back(0);
        has_ended_.push_back(false);
        if (!std::holds_alternative<ClosedLoop>(arrivals_)) {
            draw_next_arrival(arrived);
        }
    }
}

void ChatEngine::fill_slots() {
    while (!waiting_.empty() && slots_.size() < static_cast<std::size_t>(service_.slots)) {
        slots_.push_back(waiting_.front());
        waiting_.pop_front();
    }
}

void ChatEngine::pass() {
    const auto reading = std::ranges::find_if(slots_, [](const Chat& chat) { return chat.read < chat.prompt; });
    ChatPass pass;
    if (reading != slots_.end()) {
        const std::int64_t left = reading->prompt - reading->read;
        pass.read = service_.chunk > 0 ? std::min(left, service_.chunk) : left;
        pass.behind = reading->read;
    }
    for (const Chat& chat : slots_) {
        if (chat.read == chat.prompt) {
            ++pass.answers;
            pass.contexts += chat.prompt + chat.made;
        }
    }
    const double time = in_seconds(service_.time(pass));
    now_ += time;
    sums_.busy += time;
    sums_.in_slots += time * static_cast<double>(slots_.size());
    for (Chat& chat : slots_) {
        if (chat.read == chat.prompt) {
            ++chat.made;
            sums_.tokens += 1;
        }
    }
    if (reading != slots_.end()) {
        reading->read += pass.read;
        if (reading->read == reading->prompt) {
            reading->first = now_;
            sums_.tokens += 1;
        }
    }
    std::erase_if(slots_, [this](const Chat& chat) {
        const bool done = chat.read == chat.prompt && chat.made >= chat.wanted;
        if (done) {
            end(chat);
        }
        return done;
    });
}

void ChatEngine::end(const Chat& chat) {
    first_token_[chat.number] = chat.first - chat.arrived;
    token_[chat.number] = chat.wanted > 0 ? (now_ - chat.first) / static_cast<double>(chat.wanted) : 0;
    answer_[chat.number] = now_ - chat.arrived;
    has_ended_[chat.number] = true;
    while (ended_ < arrived_ && has_ended_[ended_]) {
        ++ended_;
    }
    sums_.time = now_;
    marks_.push_back(sums_);
    if (const auto* loop = std::get_if<ClosedLoop>(&arrivals_)) {
        coming_.push(now_ + (loop->variability == Variability::kExponential ? gaps_.exponential(in_seconds(loop->think))
                                                                            : in_seconds(loop->think)));
    }
}

}  // namespace berth
