// Parts of passes, and their expected sums, averaged over the length distributions of chats.
#include "berth/simulation/chat_passes.h"

#include <algorithm>
#include <cmath>

namespace berth {

namespace {

Time unpaced_time(const ChatService& service, const PassPart& part) {
    switch (part.work) {
        case PassWork::kHandOver:
            return service.elsewhere->handover * static_cast<double>(part.pass.read);
        case PassWork::kDraft:
            return service.time(part.pass) * service.drafter->share;
        case PassWork::kStep:
            return service.time(part.pass) * (service.drafter ? 1 - service.drafter->share : 1);
        case PassWork::kRead:
            break;
    }
    return service.time(part.pass);
}

Bandwidth unpaced_draws(const ChatService& service, PassWork work) {
    switch (work) {
        case PassWork::kRead:
            return service.reading_draws;
        case PassWork::kHandOver:
            return service.elsewhere ? service.elsewhere->handover_draws : Bandwidth{};
        case PassWork::kDraft:
            return service.drafter ? service.drafter->draws : Bandwidth{};
        case PassWork::kStep:
            break;
    }
    return service.stepping_draws;
}

double pace_of(const ChatService& service, PassWork work) {
    return work == PassWork::kStep || work == PassWork::kDraft ? service.stepping_pace : service.reading_pace;
}

// Adds the parts of a pass, `weight` times.
void add_pass(ChatDemand& demand, const ChatService& service, const ChatPass& pass, double weight) {
    for (const PassPart& part : parts_of(service, pass)) {
        const auto work = static_cast<std::size_t>(part.work);
        demand.time.at(work) += paced_time(service, part) * weight;
        demand.moved.at(work) += bytes_of_part(service, part) * weight;
    }
}

}  // namespace

std::vector<PassPart> parts_of(const ChatService& service, const ChatPass& pass) {
    if (!service.has_parts()) {
        return {{pass.read > 0 ? PassWork::kRead : PassWork::kStep, pass}};
    }
    std::vector<PassPart> parts;
    if (pass.read > 0) {
        const ChatPass reading{pass.read, pass.behind, 0, 0};
        parts.push_back({PassWork::kRead, reading});
        if (service.elsewhere && service.elsewhere->handover > Time{} && pass.ends_prompt) {
            parts.push_back({PassWork::kHandOver, {pass.behind + pass.read, 0, 0, 0}});
        }
    }
    if (pass.answers > 0) {
        const ChatPass step{0, 0, pass.answers, pass.contexts};
        if (service.drafter) {
            parts.push_back({PassWork::kDraft, step});
        }
        parts.push_back({PassWork::kStep, step});
    }
    return parts;
}

PassPlace place_of(const ChatService& service, PassWork work, const PassPlace& own) {
    if (work == PassWork::kDraft && service.drafter) {
        return service.drafter->device;
    }
    if (!service.elsewhere || work == PassWork::kStep || work == PassWork::kDraft) {
        return own;
    }
    return work == PassWork::kRead ? service.elsewhere->device : service.elsewhere->link;
}

Bandwidth paced_draws(const ChatService& service, PassWork work) {
    return unpaced_draws(service, work) / pace_of(service, work);
}

Time paced_time(const ChatService& service, const PassPart& part) {
    return unpaced_time(service, part) * pace_of(service, part.work);
}

Bytes bytes_of_part(const ChatService& service, const PassPart& part) {
    return unpaced_draws(service, part.work) * unpaced_time(service, part);
}

ChatDemand demand_of_chat(const ChatService& service, std::int64_t answers) {
    ChatDemand demand;
    for (const TokenShare& prompt : service.prompts) {
        const std::int64_t most = service.chunk > 0 ? service.chunk : prompt.tokens;
        for (std::int64_t read = 0; read < prompt.tokens; read += most) {
            const std::int64_t chunk = std::min(most, prompt.tokens - read);
            add_pass(demand, service, {chunk, read, 0, 0, read + chunk == prompt.tokens}, prompt.share);
        }
    }
    // Each token costs its share of a pass that advances all answers.
    const double tokens = mean_tokens(service.answers);
    const auto context = static_cast<std::int64_t>(std::llround(mean_tokens(service.prompts) + tokens / 2));
    add_pass(demand, service, {0, 0, answers, answers * context}, tokens / static_cast<double>(answers));
    return demand;
}

}  // namespace berth
