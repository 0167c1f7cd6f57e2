// Expected sums over passes, averaged over the length distributions of chats.
#include "berth/chat_passes.h"

#include <algorithm>
#include <cmath>

namespace berth {

namespace {

// Expected sum of `of` over all passes that read a prompt.
template <class Of>
auto of_reading(const ChatService& service, Of of) {
    decltype(of(ChatPass{})) mean{};
    for (const TokenShare& prompt : service.prompts) {
        const std::int64_t most = service.chunk > 0 ? service.chunk : prompt.tokens;
        for (std::int64_t read = 0; read < prompt.tokens; read += most) {
            mean += of(ChatPass{std::min(most, prompt.tokens - read), read, 0, 0}) * prompt.share;
        }
    }
    return mean;
}

// Expected sum of `of` over the tokens of an answer: each token costs its share of a pass that advances `answers`
// answers.
template <class Of>
auto of_stepping(const ChatService& service, std::int64_t answers, Of of) {
    const double tokens = mean_tokens(service.answers);
    const auto context = static_cast<std::int64_t>(std::llround(mean_tokens(service.prompts) + tokens / 2));
    return of(ChatPass{0, 0, answers, answers * context}) * (tokens / static_cast<double>(answers));
}

template <class Of>
auto of_chat(const ChatService& service, std::int64_t answers, Of of) {
    return of_reading(service, of) + of_stepping(service, answers, of);
}

}  // namespace

Time paced_time(const ChatService& service, const ChatPass& pass) {
    return service.time(pass) * (pass.read > 0 ? service.reading_pace : service.stepping_pace);
}

Bytes bytes_of_pass(const ChatService& service, const ChatPass& pass) {
    return (pass.read > 0 ? service.reading_draws : service.stepping_draws) * service.time(pass);
}

Time chat_alone(const ChatService& service) {
    return of_chat(service, 1, [&](const ChatPass& pass) { return paced_time(service, pass); });
}

Time chat_among_others(const ChatService& service) {
    return of_chat(service, service.slots, [&](const ChatPass& pass) { return paced_time(service, pass); });
}

Bytes moved_among_others(const ChatService& service) {
    return of_chat(service, service.slots, [&](const ChatPass& pass) { return bytes_of_pass(service, pass); });
}

}  // namespace berth
