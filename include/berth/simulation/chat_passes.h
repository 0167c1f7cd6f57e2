// The service of chats: passes that read prompts and generate a token for each of several answers (continuous
// batching).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <vector>

#include "berth/base/units.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// One pass of the model: a chunk of one prompt, a token for each of several answers, or both.
struct ChatPass {
    std::int64_t read = 0;      ///< prompt positions read in this pass
    std::int64_t behind = 0;    ///< positions of that prompt read by earlier passes
    std::int64_t answers = 0;   ///< answers that get a token each
    std::int64_t contexts = 0;  ///< context positions before those tokens, summed over the answers
    bool ends_prompt = true;    ///< the positions read are the last of their prompt
};

/// What a part of a pass does: read a prompt (and, on one device, make tokens of answers meanwhile), hand over the
/// cache of the whole prompt behind its last chunk, draft tokens with a smaller model, or only make tokens (or check
/// those).
enum class PassWork : std::uint8_t { kRead, kHandOver, kDraft, kStep };
inline constexpr std::array<PassWork, 4> kPassWorks{PassWork::kRead, PassWork::kHandOver, PassWork::kDraft,
                                                    PassWork::kStep};

struct PassPart {
    PassWork work{};
    ChatPass pass;
};

/// Servers that a part of a pass holds, and the bandwidth over which its bytes move; positions in a SimulatedSystem.
struct PassPlace {
    std::size_t pool = 0;
    int servers = 1;
    std::optional<std::size_t> bandwidth{};
};

/// Prompts are read on another device than the one that makes the tokens.
struct PromptElsewhere {
    PassPlace device, link;
    Time handover;               ///< of the cache of one position
    Bandwidth handover_draws{};  ///< without contention
};

/// A smaller model drafts the tokens that the service's own model checks.
struct Drafter {
    PassPlace device;
    double share = 0;   ///< of the time of a pass that makes tokens
    Bandwidth draws{};  ///< without contention
};

/// A service of chats. Passes follow one another; a pass reads from the prompt that arrived first, and arriving chats
/// queue for the slots first come first served.
struct ChatService {
    int slots = 1;           ///< most concurrent answers
    std::int64_t chunk = 0;  ///< chunk size: most prompt positions per pass; 0: whole prompts
    /// Distributions of lengths; a chat draws its prompt's and its answer's independently. The answer is the first
    /// token, which reading the prompt yields, and this many further ones.
    TokenDistribution prompts, answers;
    /// Time of a pass; with `elsewhere`, of one that only reads or only makes tokens.
    std::function<Time(const ChatPass&)> time;
    /// Memory bandwidth of a pass without contention: for passes that read a prompt, and for the others.
    Bandwidth reading_draws{}, stepping_draws{};
    /// Factors on pass times: one Monte Carlo draw of the uncertainty.
    double reading_pace = 1, stepping_pace = 1;
    /// Absent: one device does all parts of a pass.
    std::optional<PromptElsewhere> elsewhere{};
    std::optional<Drafter> drafter{};  ///< absent: no tokens are drafted
    /// Whether parts of a pass hold different servers.
    [[nodiscard]] bool has_parts() const { return elsewhere || drafter; }
};

/// Parts of a pass, which follow one another: one, or where they hold different servers up to one of each work.
[[nodiscard]] std::vector<PassPart> parts_of(const ChatService& service, const ChatPass& pass);
/// Where a part runs, if the service's own task is at `own`.
[[nodiscard]] PassPlace place_of(const ChatService& service, PassWork work, const PassPlace& own);
/// Most bandwidth that a part draws, with its pace applied; zero: it moves no bytes.
[[nodiscard]] Bandwidth paced_draws(const ChatService& service, PassWork work);
/// Time of a part with its pace applied, and the bytes that it moves, which do not depend on the pace.
[[nodiscard]] Time paced_time(const ChatService& service, const PassPart& part);
[[nodiscard]] Bytes bytes_of_part(const ChatService& service, const PassPart& part);

/// A mean chat's share of the passes of a service, by PassWork.
struct ChatDemand {
    std::array<Time, kPassWorks.size()> time{};
    std::array<Bytes, kPassWorks.size()> moved{};
    [[nodiscard]] Time whole() const { return std::accumulate(time.begin(), time.end(), Time{}); }
};
/// While `answers` slots are taken.
[[nodiscard]] ChatDemand demand_of_chat(const ChatService& service, std::int64_t answers);

}  // namespace berth
