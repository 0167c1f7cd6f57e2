// Streams of chats: prompts and answers of several lengths at a service that makes one answer after another, or a token
// of each at a time (continuous batching).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "berth/arrivals.h"
#include "berth/chat_passes.h"
#include "berth/scenario.h"
#include "berth/simulation.h"

namespace berth {

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
    std::optional<double> piling_up{};     ///< probability of a load of 1 or more, given the profile's uncertainty
    std::optional<ChatSpreads> spreads{};  ///< of the percentiles, given the same
    std::optional<SimulatedShare> budget_probability{};  ///< that an answer meets the budget, given the same
};

/// Of one of a system's services.
[[nodiscard]] ChatTraffic chat_traffic(const SimulationResult& simulated, std::size_t service);

/// Same service, arrivals and options: same result, to the last bit. Lengths of the n-th chat depend on the seed alone.
[[nodiscard]] ChatTraffic simulate_chats(const ChatService& service, const Arrivals& arrivals,
                                         const SimulationOptions& options = {});

/// Answers per time while more chats wait than there are slots.
[[nodiscard]] Frequency sustainable_chats(const ChatService& service);

struct ScenarioResult;
struct StreamOptions;

/// Chats of one of the stages, under one of the stage's candidates.
struct PlacedChats {
    std::size_t stage = 0, candidate = 0;  ///< positions in ScenarioResult::stages, and in that stage's candidates
    int slots = 1;                         ///< that its devices have of those asked for
    ChatTraffic traffic;
};

/// Whether requests of a stage are chats where they arrive in a stream: it generates whole answers, once per request.
[[nodiscard]] bool is_chat(const Stage& stage);

/// Whether a scenario's arrivals are chats and nothing else: its only stage generates text.
[[nodiscard]] bool has_chats(const Scenario& scenario);

/// What serves the chats of a stage as a candidate: passes take what the cost model says of as many answers and as long
/// contexts. Its functions refer to nothing of the arguments. `stage` is a position in ScenarioResult::stages.
[[nodiscard]] ChatService chat_service(const Scenario& scenario, const ScenarioResult& result, std::size_t candidate,
                                       std::size_t stage = 0);

/// The scenario's chats under each candidate that its only stage may run as, the chosen one first; none of other
/// scenarios.
[[nodiscard]] std::vector<PlacedChats> simulate_chats(const Scenario& scenario, const ScenarioResult& result,
                                                      const StreamOptions& options);

/// The chats of a stream of requests that have other stages, too: of each stage that generates text, as it is placed.
[[nodiscard]] std::vector<PlacedChats> placed_chats(const Scenario& scenario, const ScenarioResult& result,
                                                    const TrafficResult& traffic);

}  // namespace berth
