// Laws of chat streams: a single answer takes the time of its passes, more chats never wait less, and slots never slow
// all of them.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "berth/simulation/chats.h"
#include "random_fixtures.h"

namespace berth {
namespace {

// Passes with the fixed cost of reading weights once and a cost that grows with their work.
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

// Rate of answers while more chats wait than there are slots.
Frequency sustainable_chats(const ChatService& service) {
    return simulate_chats(service, PoissonArrivals{kFastestArrivals}).sustainable;
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

// With a single slot the queue is monotone in the rate: the same chats, closer together, never wait less.
RC_GTEST_PROP(ChatLaws, MoreChatsNeverWaitLess, ()) {
    const ChatService service = any_service(any_number(1, 5));
    const SimulationOptions options = of_chats(2'000);
    const Frequency sustainable = sustainable_chats(service);
    const auto p95 = [&](double load) {
        return simulate_chats(service, PoissonArrivals{sustainable * load}, options).first_token->p95.value;
    };
    // With several slots a chat may arrive just before or just after the start of a pass: noise of a few per cent.
    const double chance = service.slots == 1 ? 1e-9 : 0.05;
    const double load = 0.1 * any_number(1, 5);
    RC_ASSERT(p95(load + 0.3) >= p95(load) * (1 - chance));
}

RC_GTEST_PROP(ChatLaws, SlotsNeverLowerWhatIsSustainable, ()) {
    ChatService service = any_service(1);
    Frequency before = sustainable_chats(service);
    for (int slots = 2; slots <= 8; slots *= 2) {
        service.slots = slots;
        const Frequency now = sustainable_chats(service);
        RC_ASSERT(now >= before * 0.98);  // noise of a thousand answers
        before = now;
    }
}

// A chat on pool 0, after or concurrent with other tasks on separate pools or on the same one.
SimulatedSystem any_system(const ChatService& service) {
    SimulatedSystem system{{{"a", 1}, {"b", any_number(1, 3)}, {"elsewhere", 1'000'000}}, {}, {}, {}, {service}};
    const int before = any_number(0, 3);
    for (int i = 0; i <= before; ++i) {
        SimulatedTask task;
        task.name = "task";
        task.pool = i == before ? 0 : static_cast<std::size_t>(any_number(0, 1));
        task.work = milliseconds(i == before ? 0 : any_number(1, 200));
        task.service = i == before ? std::optional<std::size_t>(0) : std::nullopt;
        if (i > 0) {
            task.after = {static_cast<std::size_t>(i - 1)};
        }
        system.tasks.push_back(task);
    }
    return system;
}

// Whatever stages run concurrently, the busy time of servers is the time of their tasks and passes.
RC_GTEST_PROP(ChatStageLaws, WorkIsConserved, ()) {
    const ChatService service = any_service(1);
    const SimulatedSystem system = any_system(service);
    SimulationOptions options = of_chats(2'000);
    options.warm_up = 0;
    const SimulationResult result = simulate(system, ClosedLoop{any_number(1, 20), {}, Variability::kNone}, options);
    for (std::size_t pool = 0; pool < 2; ++pool) {
        Time work;
        for (const SimulatedTask& task : system.tasks) {
            work += task.pool == pool ? (task.service ? demand_of_chat(service, 1).whole() : task.work) : Time{};
        }
        const double wanted = in_hertz(result.throughput) * in_seconds(work) / system.pools[pool].servers;
        RC_ASSERT(result.pools[pool].utilisation <= 1 + 1e-9);
        RC_ASSERT(std::abs(result.pools[pool].utilisation - wanted) < 0.05);  // lengths of 2,000 chats
    }
    RC_ASSERT(result.latency->mean.value >= time_alone(system) * 0.95);
}

// A stage without time and without servers changes nothing.
RC_GTEST_PROP(ChatStageLaws, OneStageIsTheChatAlone, ()) {
    const ChatService service = any_service(any_number(1, 6));
    const SimulationOptions options = of_chats(1'000);
    const Arrivals arrivals = ClosedLoop{any_number(1, 8), milliseconds(any_number(0, 500)), Variability::kExponential};
    SimulatedTask nothing;
    nothing.name = "nothing";
    nothing.pool = 1;
    SimulatedTask chat;
    chat.name = "chat";
    chat.service = 0;
    chat.after = {0};
    const SimulatedSystem system{{{"device", 1}, {"elsewhere", 1'000'000}}, {}, {nothing, chat}, {}, {service}};
    const ChatTraffic alone = simulate_chats(service, arrivals, options);
    const ChatTraffic behind = chat_traffic(simulate(system, arrivals, options), 0);
    RC_ASSERT(std::abs(alone.first_token->p95.value / behind.first_token->p95.value - 1) < 1e-9);
    RC_ASSERT(std::abs(alone.answer->mean.value / behind.answer->mean.value - 1) < 1e-9);
    RC_ASSERT(std::abs(alone.throughput / behind.throughput - 1) < 1e-9);
}

// If passes take twice as long and arrivals are half as frequent, all times double.
RC_GTEST_PROP(ChatStageLaws, PacesScaleTimes, ()) {
    ChatService service = any_service(any_number(1, 6));
    const SimulationOptions options = of_chats(1'000);
    const Frequency rate = sustainable_chats(service) * 0.5;
    const ChatTraffic before = simulate_chats(service, PoissonArrivals{rate}, options);
    service.reading_pace = service.stepping_pace = 2;
    const ChatTraffic after = simulate_chats(service, PoissonArrivals{rate / 2.0}, options);
    RC_ASSERT(std::abs(after.first_token->p95.value / before.first_token->p95.value - 2) < 1e-6);
    RC_ASSERT(std::abs(after.token->p50.value / before.token->p50.value - 2) < 1e-6);
}

}  // namespace
}  // namespace berth
