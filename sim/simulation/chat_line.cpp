// Slot assignment, composition of passes, and records of chats.
#include "simulation/chat_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace berth {

namespace {

// Inverse-transform sampling of a length from a uniform number.
std::int64_t drawn_from(const TokenDistribution& lengths, double uniform) {
    for (const TokenShare& length : lengths) {
        uniform -= length.share;
        if (uniform <= 0) {
            return length.tokens;
        }
    }
    return lengths.back().tokens;
}

std::uint64_t stream_at(const char* what, std::size_t position) {
    return stream_of(position == 0 ? std::string(what) : fmt::format("{} {}", what, position));
}

}  // namespace

ChatLine::ChatLine(const ChatService& service, std::uint64_t seed, std::size_t position)
    : service_(service),
      prompts_(seed, stream_at("prompts", position)),
      answers_(seed, stream_at("answers", position)) {}

void ChatLine::arrive(double now) {
    const std::int64_t prompt = drawn_from(service_.prompts, prompts_.uniform());
    lengths_.push_back({prompt, drawn_from(service_.answers, answers_.uniform())});
    arrived_.push_back(now);
    first_token_.push_back(0);
    token_.push_back(0);
    answer_.push_back(0);
}

void ChatLine::join(std::uint32_t place, std::size_t request) {
    waiting_.push_back({place, request, lengths_[request].prompt, 0, 0, lengths_[request].answer, 0});
}

ChatPass ChatLine::begin(std::vector<std::uint32_t>& began) {
    while (!waiting_.empty() && slots_.size() < static_cast<std::size_t>(service_.slots)) {
        slots_.push_back(waiting_.front());
        began.push_back(waiting_.front().place);
        waiting_.pop_front();
    }
    pass_ = {};
    reading_ = slots_.size();
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const Chat& chat = slots_[i];
        if (chat.read == chat.prompt) {
            ++pass_.answers;
            pass_.contexts += chat.prompt + chat.made;
        } else if (reading_ == slots_.size()) {
            const std::int64_t left = chat.prompt - chat.read;
            reading_ = i;
            pass_.read = service_.chunk > 0 ? std::min(left, service_.chunk) : left;
            pass_.behind = chat.read;
            pass_.ends_prompt = pass_.read == left;
        }
    }
    return pass_;
}

std::vector<std::uint32_t> ChatLine::end(double began, double now) {
    sums_.busy += now - began;
    sums_.in_slots += (now - began) * static_cast<double>(slots_.size());
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        Chat& chat = slots_[i];
        if (i == reading_) {
            chat.read += pass_.read;
            if (chat.read == chat.prompt) {
                chat.first = read_;
                chat.stepping = now;
                sums_.tokens += 1;
            }
        } else if (chat.read == chat.prompt) {
            ++chat.made;
            sums_.tokens += 1;
        }
    }
    std::vector<std::uint32_t> ended;
    std::erase_if(slots_, [&](const Chat& chat) {
        const bool done = chat.read == chat.prompt && chat.made >= chat.wanted;
        if (done) {
            complete(chat, now);
            ended.push_back(chat.place);
        }
        return done;
    });
    return ended;
}

void ChatLine::complete(const Chat& chat, double now) {
    const double arrived = arrived_[chat.request];
    first_token_[chat.request] = chat.first - arrived;
    token_[chat.request] = chat.wanted > 0 ? (now - chat.stepping) / static_cast<double>(chat.wanted) : 0;
    answer_[chat.request] = now - arrived;
    sums_.time = now;
    marks_.push_back(sums_);
}

}  // namespace berth
