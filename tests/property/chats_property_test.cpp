// Laws of streams of chats: alone an answer takes its passes, more of them never wait less, slots never slow all.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "berth/chats.h"
#include "random_fixtures.h"

namespace berth {
namespace {

// Passes that read weights once, whatever they do, and take longer by what they do.
ChatService any_service(int slots) {
    const double weights = any_number(5, 50);
    const double position = 0.01 * any_number(1, 100);
    const double token = 0.1 * any_number(0, 40);
    const double context = 1e-3 * any_number(0, 10);
    ChatService service;
    service.slots = slots;
    service.chunk = any_number(0, 2) == 0 ? 0 : any_number(16, 200);
    const std::int64_t longest = any_number(20, 300);
    service.prompts = {{10, 0.5}, {longest, 0.5}};
    service.answers = {{any_number(1, 20), 0.5}, {any_number(20, 60), 0.5}};
    service.time = [=](const ChatPass& pass) {
        return milliseconds(weights + position * static_cast<double>(pass.read) +
                            token * static_cast<double>(pass.answers) + context * static_cast<double>(pass.contexts));
    };
    return service;
}

SimulationOptions of_chats(std::size_t chats) {
    SimulationOptions options;
    options.requests = chats;
    options.warm_up = 100;
    options.seed = static_cast<std::uint64_t>(any_number(1, 1000));
    return options;
}

RC_GTEST_PROP(ChatLaws, OneAloneTakesItsPasses, ()) {
    ChatService service = any_service(any_number(1, 8));
    service.prompts = {service.prompts.back()};
    service.answers = {service.answers.back()};
    const ChatTraffic one = simulate_chats(service, ClosedLoop{}, of_chats(100));
    const std::int64_t prompt = service.prompts.front().tokens;
    const std::int64_t piece = service.chunk > 0 ? service.chunk : prompt;
    Time first, all;
    for (std::int64_t read = 0; read < prompt; read += piece) {
        first += service.time({std::min(piece, prompt - read), read, 0, 0});
    }
    for (std::int64_t made = 0; made < service.answers.front().tokens; ++made) {
        all += service.time({0, 0, 1, prompt + made});
    }
    RC_ASSERT(std::abs(one.first_token->p95.value / first - 1) < 1e-9);
    RC_ASSERT(std::abs(one.answer->p50.value / (first + all) - 1) < 1e-9);
}

// Without slots a queue keeps the order of waits whatever the rate: the same chats, closer together.
RC_GTEST_PROP(ChatLaws, MoreChatsNeverWaitLess, ()) {
    const ChatService service = any_service(any_number(1, 5));
    const SimulationOptions options = of_chats(2'000);
    const Frequency sustainable = sustainable_chats(service, options.seed);
    const auto p95 = [&](double load) {
        return simulate_chats(service, PoissonArrivals{sustainable * load}, options).first_token->p95.value;
    };
    // With slots a chat may come just before a pass or just behind it: that is chance of a few per cent.
    const double chance = service.slots == 1 ? 1e-9 : 0.05;
    const double load = 0.1 * any_number(1, 5);
    RC_ASSERT(p95(load + 0.3) >= p95(load) * (1 - chance));
}

RC_GTEST_PROP(ChatLaws, SlotsNeverLowerWhatIsSustainable, ()) {
    ChatService service = any_service(1);
    const auto seed = static_cast<std::uint64_t>(any_number(1, 1000));
    Frequency before = sustainable_chats(service, seed);
    for (int slots = 2; slots <= 8; slots *= 2) {
        service.slots = slots;
        const Frequency now = sustainable_chats(service, seed);
        RC_ASSERT(now >= before * 0.98);  // of a thousand answers
        before = now;
    }
}

}  // namespace
}  // namespace berth
