// Chats at a service, pass by pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <span>
#include <vector>

#include "base/chance.h"
#include "berth/chats.h"

namespace berth {

/// One simulation. Times are seconds here. Lengths and gaps between arrivals are drawn from streams of their own, in
/// the order of arrival, so that services that differ are asked the same.
class ChatEngine {
  public:
    ChatEngine(const ChatService& service, const Arrivals& arrivals, std::uint64_t seed);

    /// Until the first `chats`, by arrival, have ended, or nobody comes any more; asked again for more it goes on.
    void run(std::size_t chats);

    /// Of the chats that were asked for, by arrival.
    [[nodiscard]] std::span<const double> first_tokens() const { return {first_token_.data(), ended_}; }
    [[nodiscard]] std::span<const double> tokens() const { return {token_.data(), ended_}; }
    [[nodiscard]] std::span<const double> answers() const { return {answer_.data(), ended_}; }

    /// Sums up to the end of an answer, in the order of ends.
    struct Mark {
        double time = 0, busy = 0, in_slots = 0;  ///< s; answers in slots are each counted
        double tokens = 0;
    };
    [[nodiscard]] const std::vector<Mark>& marks() const { return marks_; }

  private:
    struct Chat {
        std::size_t number = 0;
        double arrived = 0, first = 0;
        std::int64_t prompt = 0, read = 0;  ///< positions
        std::int64_t made = 0, wanted = 0;  ///< tokens behind the first
    };
    void draw_next_arrival(double after);
    void take_arrivals();
    void fill_slots();
    void pass();
    void end(const Chat& chat);

    const ChatService& service_;
    const Arrivals& arrivals_;
    Chance gaps_, prompts_, answers_;
    double now_ = 0;
    std::priority_queue<double, std::vector<double>, std::greater<>> coming_;
    std::size_t drawn_ = 0, arrived_ = 0, ended_ = 0;
    std::deque<Chat> waiting_;
    std::vector<Chat> slots_;  ///< in the order in which they were taken
    std::vector<double> first_token_, token_, answer_;
    std::vector<bool> has_ended_;
    std::vector<Mark> marks_;
    Mark sums_;
};

}  // namespace berth
