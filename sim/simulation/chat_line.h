// The chats at one service: who waits, who has a slot, what the next pass does, and what came of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/chance.h"
#include "berth/chat_passes.h"

namespace berth {

/// Times are seconds here. It has no clock: whoever runs passes says when they end. Lengths are drawn as requests
/// arrive, so that services that differ are asked the same.
class ChatLine {
  public:
    /// `service` is the position of the service in its system: each draws lengths of its own.
    ChatLine(const ChatService& service, std::uint64_t seed, std::size_t position);

    /// The next request has come, to the system: all of them, in their order.
    void arrive(double now);
    /// That request has come to this service. `place` is the caller's own name for it.
    void join(std::uint32_t place, std::size_t request);
    [[nodiscard]] bool has_chats() const { return !slots_.empty() || !waiting_.empty(); }
    /// Fills the slots and says what the next pass does; `began` are the places of chats that have a slot from now on.
    [[nodiscard]] ChatPass begin(std::vector<std::uint32_t>& began);
    /// The pass that was begun has ended: places of the chats that are complete.
    [[nodiscard]] std::vector<std::uint32_t> end(double began, double now);

    /// By request, from its arrival to its first token and to the end of its answer, and the mean time of its further
    /// tokens; 0 until then.
    [[nodiscard]] const std::vector<double>& first_tokens() const { return first_token_; }
    [[nodiscard]] const std::vector<double>& tokens() const { return token_; }
    [[nodiscard]] const std::vector<double>& answers() const { return answer_; }

    /// Sums up to the end of an answer, in the order of ends.
    struct Mark {
        double time = 0, busy = 0, in_slots = 0;  ///< s; answers in slots are each counted
        double tokens = 0;
    };
    [[nodiscard]] const std::vector<Mark>& marks() const { return marks_; }

  private:
    struct Chat {
        std::uint32_t place = 0;
        std::size_t request = 0;
        std::int64_t prompt = 0, read = 0;  ///< positions
        std::int64_t made = 0, wanted = 0;  ///< tokens behind the first
        double first = 0;
    };
    void complete(const Chat& chat, double now);

    const ChatService& service_;
    Chance prompts_, answers_;
    struct Lengths {
        std::int64_t prompt = 0, answer = 0;
    };
    std::vector<Lengths> lengths_;  ///< by request, and so on
    std::vector<double> arrived_, first_token_, token_, answer_;
    std::deque<Chat> waiting_;
    std::vector<Chat> slots_;  ///< in the order in which they were taken
    std::size_t reading_ = 0;  ///< position of the slot whose prompt the pass reads; behind the last: none
    ChatPass pass_;
    std::vector<Mark> marks_;
    Mark sums_;
};

}  // namespace berth
