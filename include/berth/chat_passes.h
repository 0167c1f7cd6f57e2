// What answers chats: passes that read prompts and make a token of each of several answers (continuous batching).
#pragma once

#include <cstdint>
#include <functional>

#include "berth/scenario.h"
#include "berth/units.h"

namespace berth {

/// One pass of the model: a piece of one prompt, a token of each of several answers, or both.
struct ChatPass {
    std::int64_t read = 0;      ///< positions of a prompt
    std::int64_t behind = 0;    ///< positions of that prompt that earlier passes read
    std::int64_t answers = 0;   ///< that get a token each
    std::int64_t contexts = 0;  ///< positions before those tokens, of all answers together
};

/// What serves chats. Passes follow one another; a pass reads from the prompt that came first, and those who come wait
/// in their order for one of the slots.
struct ChatService {
    int slots = 1;           ///< answers at once
    std::int64_t chunk = 0;  ///< most positions of a prompt in a pass; 0: all of them
    /// Lengths that chats draw from, the prompt's apart from the answer's. An answer is the prompt's first token and so
    /// many further ones.
    TokenDistribution prompts, answers;
    std::function<Time(const ChatPass&)> time;
    /// What passes draw from memory while nothing slows them: those that read a prompt, and those that do not.
    Bandwidth reading_draws{}, stepping_draws{};
    /// Times as long that they take: one draw of what is uncertain.
    double reading_pace = 1, stepping_pace = 1;
};

/// Work of a pass, and the bytes that it moves whatever its pace.
[[nodiscard]] Time paced_time(const ChatService& service, const ChatPass& pass);
[[nodiscard]] Bytes bytes_of_pass(const ChatService& service, const ChatPass& pass);

/// A mean chat with the service to itself, and what it takes of the service's time while all slots are taken.
[[nodiscard]] Time chat_alone(const ChatService& service);
[[nodiscard]] Time chat_among_others(const ChatService& service);
/// What its passes move for a mean chat, then.
[[nodiscard]] Bytes moved_among_others(const ChatService& service);

}  // namespace berth
