// Streams of chats: prompts and answers of varying length, at a service that decodes one answer after another or
// batches a token of each (continuous batching).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "berth/scenario/arrivals.h"
#include "berth/scenario/scenario.h"
#include "berth/simulation/chat_passes.h"
#include "berth/simulation/simulation.h"

namespace berth {

/// Statistics of a stream of chats, without its warm-up.
struct ChatTraffic {
    bool stable = true;  ///< load below 1; else chats pile up, and percentiles are undefined
    /// Load relative to the sustainable rate; absent for a closed loop, where ends of answers trigger the next chats.
    std::optional<double> load;
    Frequency throughput;   ///< completed answers
    Frequency tokens;       ///< token rate of all answers together, first tokens included
    Frequency sustainable;  ///< rate of answers under saturation: more chats wait than there are slots
    std::optional<SimulatedLatency> first_token;  ///< time to first token, from arrival
    std::optional<SimulatedLatency> token;        ///< mean time per further token of an answer
    std::optional<SimulatedLatency> answer;       ///< time of the whole answer, from arrival
    double at_once = 0;                           ///< mean concurrent answers (occupied slots) while there are any
    double busy = 0;                              ///< share of time with work
    std::size_t warm_up = 0, counted = 0;
    bool converged = true;                          ///< false: ended before the requested precision was reached
    std::optional<SimulatedShare> within_budget{};  ///< share of answers
    std::optional<double> piling_up{};     ///< probability that the load is 1 or more, under the profile's uncertainty
    std::optional<ChatSpreads> spreads{};  ///< of the percentiles, under the same uncertainty
    /// Probability that an answer meets the budget, under the same uncertainty.
    std::optional<SimulatedShare> budget_probability{};
};

/// Chat statistics of one service of a simulated system.
[[nodiscard]] ChatTraffic chat_traffic(const SimulationResult& simulated, std::size_t service);

/// Simulates a service of chats. Deterministic: the same service, arrivals and options give the same result, to the
/// last bit. Lengths of the n-th chat depend on the seed alone.
[[nodiscard]] ChatTraffic simulate_chats(const ChatService& service, const Arrivals& arrivals,
                                         const SimulationOptions& options = {});

struct Candidate;
struct ScenarioResult;
struct StreamOptions;

/// Chats of one stage, placed as one of the stage's candidates.
struct PlacedChats {
    std::size_t stage = 0, candidate = 0;  ///< positions in ScenarioResult::stages, and in that stage's candidates
    int slots = 1;                         ///< slots asked for, limited by those of its devices' runtimes
    ChatTraffic traffic;
};

/// Whether a stage serves chats when its requests arrive as a stream: it generates whole answers, once per request.
[[nodiscard]] bool is_chat(const Stage& stage);

/// Whether a scenario serves chats only: its single stage generates text.
[[nodiscard]] bool has_chats(const Scenario& scenario);

/// The service for chats of a stage placed as a candidate. Pass times follow the cost model for the pass's number of
/// answers and context lengths. Its functions keep no reference to the arguments.
[[nodiscard]] ChatService chat_service(const Scenario& scenario, const ModelStage& stage, const Candidate& placed);

/// Simulates the chats of a scenario under each candidate of its only stage, the chosen one first; empty for other
/// scenarios.
[[nodiscard]] std::vector<PlacedChats> simulate_chats(const Scenario& scenario, const ScenarioResult& result,
                                                      const StreamOptions& options);

/// Simulates a stream of chats under each candidate of its stages that is not chosen, one at a time, with all other
/// stages as placed.
[[nodiscard]] std::vector<PlacedChats> simulate_other_chats(const Scenario& scenario, const ScenarioResult& result,
                                                            const StreamOptions& options);

/// Chat statistics of a stream whose requests have other stages, too: one entry per stage that generates text, as
/// placed.
[[nodiscard]] std::vector<PlacedChats> placed_chats(const Scenario& scenario, const ScenarioResult& result,
                                                    const TrafficResult& traffic);

}  // namespace berth
