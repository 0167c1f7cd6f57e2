// Streams of chats: prompts and answers of several lengths at a service that makes one answer after another, or a token
// of each at a time (continuous batching).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "berth/arrivals.h"
#include "berth/scenario.h"
#include "berth/simulation.h"

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
};

/// What came of a stream of chats, without its warm-up.
struct ChatTraffic {
    bool stable = true;          ///< the load is below 1; else chats pile up, and there are no percentiles to speak of
    std::optional<double> load;  ///< share of what is sustainable; absent where ends of answers bring the next chats
    Frequency throughput;        ///< answers
    Frequency tokens;            ///< of all answers together, the first ones included
    Frequency sustainable;       ///< answers, while more chats wait than there are slots
    std::optional<SimulatedLatency> first_token;  ///< from arrival
    std::optional<SimulatedLatency> token;        ///< mean time of a further token of an answer
    std::optional<SimulatedLatency> answer;       ///< whole, from arrival
    double at_once = 0;                           ///< mean answers in slots while there are any
    double busy = 0;                              ///< share of the time
    std::size_t warm_up = 0, counted = 0;
    bool converged = true;  ///< false: ended before the precision that was asked for was reached
    std::optional<SimulatedShare> within_budget{};  ///< of answers
    std::optional<double> piling_up{};  ///< probability of a load of 1 or more, given the profile's uncertainty
};

/// Same service, arrivals and options: same result, to the last bit. Lengths of the n-th chat depend on the seed alone.
[[nodiscard]] ChatTraffic simulate_chats(const ChatService& service, const Arrivals& arrivals,
                                         const SimulationOptions& options = {});

/// Answers per time while more chats wait than there are slots.
[[nodiscard]] Frequency sustainable_chats(const ChatService& service, std::uint64_t seed);

struct ScenarioResult;

/// Chats under one of the candidates of their stage.
struct PlacedChats {
    std::size_t candidate = 0;
    int slots = 1;  ///< that its devices have of those asked for
    ChatTraffic traffic;
};

/// Whether a scenario's arrivals are chats: its only stage generates text.
[[nodiscard]] bool has_chats(const Scenario& scenario);

/// What serves the scenario's chats as a candidate: passes take what the cost model says of as many answers and as long
/// contexts. Its functions refer to nothing of the arguments.
[[nodiscard]] ChatService chat_service(const Scenario& scenario, const ScenarioResult& result, std::size_t candidate);

/// The scenario's chats under each candidate that its stage may run as, the chosen one first; none of other scenarios.
[[nodiscard]] std::vector<PlacedChats> simulate_chats(
    const Scenario& scenario, const ScenarioResult& result,
    const std::function<void(const SimulationProgress&)>& progress = {});

}  // namespace berth
