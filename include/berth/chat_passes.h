// The service of chats: passes that read prompts and generate a token for each of several answers (continuous
// batching).
#pragma once

#include <cstdint>
#include <functional>

#include "berth/scenario.h"
#include "berth/units.h"

namespace berth {

/// One pass of the model: a chunk of one prompt, a token for each of several answers, or both.
struct ChatPass {
    std::int64_t read = 0;      ///< prompt positions read in this pass
    std::int64_t behind = 0;    ///< positions of that prompt read by earlier passes
    std::int64_t answers = 0;   ///< answers that get a token each
    std::int64_t contexts = 0;  ///< context positions before those tokens, summed over the answers
};

/// A service of chats. Passes follow one another; a pass reads from the prompt that arrived first, and arriving chats
/// queue for the slots first come first served.
struct ChatService {
    int slots = 1;           ///< most concurrent answers
    std::int64_t chunk = 0;  ///< chunk size: most prompt positions per pass; 0: whole prompts
    /// Distributions of lengths; a chat draws its prompt's and its answer's independently. The answer is the first
    /// token, which reading the prompt yields, and this many further ones.
    TokenDistribution prompts, answers;
    std::function<Time(const ChatPass&)> time;
    /// Memory bandwidth of a pass without contention: for passes that read a prompt, and for the others.
    Bandwidth reading_draws{}, stepping_draws{};
    /// Factors on pass times: one Monte Carlo draw of the uncertainty.
    double reading_pace = 1, stepping_pace = 1;
};

/// Time of a pass with its pace applied, and the bytes that it moves, which do not depend on the pace.
[[nodiscard]] Time paced_time(const ChatService& service, const ChatPass& pass);
[[nodiscard]] Bytes bytes_of_pass(const ChatService& service, const ChatPass& pass);

/// Time of a mean chat that has the service to itself, and its share of the service's time while all slots are taken.
[[nodiscard]] Time chat_alone(const ChatService& service);
[[nodiscard]] Time chat_among_others(const ChatService& service);
/// Bytes that passes move for a mean chat while all slots are taken.
[[nodiscard]] Bytes moved_among_others(const ChatService& service);

}  // namespace berth
