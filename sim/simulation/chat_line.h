// Chats of one service: waiting chats, slots, the work of the next pass, and the recorded times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/chance.h"
#include "berth/simulation/chat_passes.h"

namespace berth {

/// Queue and slots of one service. Times are seconds. The class has no clock; the caller states when passes end.
/// Lengths are drawn at arrival, so that different services are asked the same.
class ChatLine {
  public:
    /// `service` is configured at `position` in its system, which gives it a random stream for lengths of its own.
    ChatLine(const ChatService& service, std::uint64_t seed, std::size_t position);

    /// Records the arrival of the next request at the system; called for all requests, in order.
    void arrive(double now);
    /// Adds that request to this service's queue. `place` is the caller's own identifier for it.
    void join(std::uint32_t place, std::size_t request);
    [[nodiscard]] bool has_chats() const { return !slots_.empty() || !waiting_.empty(); }
    /// Fills free slots and returns the work of the next pass; `began` receives the places of chats that got a slot.
    [[nodiscard]] ChatPass begin(std::vector<std::uint32_t>& began);
    /// The current pass has read its prompt, which makes the first token, and may go on (to hand over the cache, say).
    void end_reading(double now) { read_ = now; }
    /// Ends the current pass and returns the places of the chats that are complete.
    [[nodiscard]] std::vector<std::uint32_t> end(double began, double now);

    /// Times per request, 0 until known: arrival to first token, mean time per further token, and arrival to end of
    /// answer.
    [[nodiscard]] const std::vector<double>& first_tokens() const { return first_token_; }
    [[nodiscard]] const std::vector<double>& tokens() const { return token_; }
    [[nodiscard]] const std::vector<double>& answers() const { return answer_; }

    /// Running totals at each completed answer, in order of completion.
    struct Mark {
        double time = 0, busy = 0, in_slots = 0;  ///< s; slot time counts each answer in a slot
        double tokens = 0;
    };
    [[nodiscard]] const std::vector<Mark>& marks() const { return marks_; }

  private:
    struct Chat {
        std::uint32_t place = 0;
        std::size_t request = 0;
        std::int64_t prompt = 0, read = 0;  ///< positions
        std::int64_t made = 0, wanted = 0;  ///< tokens after the first
        double first = 0, stepping = 0;     ///< times of the first token, and from which the others are made
    };
    void complete(const Chat& chat, double now);

    const ChatService& service_;
    Chance prompts_, answers_;
    struct Lengths {
        std::int64_t prompt = 0, answer = 0;
    };
    std::vector<Lengths> lengths_;  ///< [request], as are the vectors below
    std::vector<double> arrived_, first_token_, token_, answer_;
    std::deque<Chat> waiting_;
    std::vector<Chat> slots_;  ///< in the order in which they were filled
    std::size_t reading_ = 0;  ///< index of the slot whose prompt the pass reads; past the last: none
    ChatPass pass_;
    double read_ = 0;  ///< time at which the pass has read its prompt
    std::vector<Mark> marks_;
    Mark sums_;
};

}  // namespace berth
