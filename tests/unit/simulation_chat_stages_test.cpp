// Chats with other tasks in the same requests, compared with hand calculation.
#include <gtest/gtest.h>

#include "berth/simulation/chats.h"

namespace berth {
namespace {

// Prefill takes 1 ms per position, a decoding pass 10 ms.
ChatService round_passes(int slots) {
    return {slots, 0, {{100, 1}}, {{5, 1}}, [](const ChatPass& pass) {
                return milliseconds(static_cast<double>(pass.read) + (pass.answers > 0 ? 10 : 0));
            }};
}

// A task of 30 ms on `pool`, then a chat on pool 0.
SimulatedSystem chat_behind_a_task(std::size_t pool) {
    SimulatedTask before;
    before.name = "before";
    before.pool = pool;
    before.work = milliseconds(30);
    SimulatedTask chat;
    chat.name = "chat";
    chat.service = 0;
    chat.after = {0};
    return {
        {{"npu", 1}, {"cpu", 1}}, {}, {before, chat}, {{"before", 0, 0, {}}, {"chat", 1, 1, {}}}, {round_passes(1)}};
}

SimulationOptions all_of(std::size_t requests) {
    SimulationOptions options;
    options.requests = requests;
    options.warm_up = 0;
    options.traced = requests;
    return options;
}

TEST(ChatStages, FirstTokensCountFromWhenTheRequestCame) {
    const SimulationResult one = simulate(chat_behind_a_task(1), ArrivalTrace{{seconds(2)}}, all_of(1));
    EXPECT_NEAR(in_milliseconds(one.chats.front().first_token->mean.value), 130, 1e-9);
    EXPECT_NEAR(in_milliseconds(one.chats.front().answer->mean.value), 180, 1e-9);
    EXPECT_NEAR(in_milliseconds(one.latency->mean.value), 180, 1e-9);
    EXPECT_NEAR(in_milliseconds(one.phases[1].mean), 150, 1e-9);
    EXPECT_NEAR(in_milliseconds(time_alone(chat_behind_a_task(1))), 180, 1e-9);
}

TEST(ChatStages, PassesWaitForTheDeviceLikeAnyTask) {
    // On one device: the tasks of both requests until 60 ms, then the chats one after the other.
    const SimulationResult two = simulate(chat_behind_a_task(0), ArrivalTrace{{Time{}, Time{}}}, all_of(2));
    EXPECT_NEAR(in_milliseconds(two.chats.front().first_token->mean.value), (160 + 310) / 2.0, 1e-9);
    EXPECT_NEAR(in_milliseconds(two.latency->mean.value), (210 + 360) / 2.0, 1e-9);
    // The first chat waits 30 ms for the device, the second 150 for the slot; the second task 30 ms.
    EXPECT_NEAR(in_milliseconds(two.contention[1].waited), (30 + 150) / 2.0, 1e-9);
    EXPECT_NEAR(in_milliseconds(two.contention[0].waited), 15, 1e-9);
    // On separate devices the second task is served while the first chat runs.
    const SimulationResult apart = simulate(chat_behind_a_task(1), ArrivalTrace{{Time{}, Time{}}}, all_of(2));
    EXPECT_NEAR(in_milliseconds(apart.chats.front().first_token->mean.value), (130 + 280) / 2.0, 1e-9);
    EXPECT_NEAR(in_milliseconds(apart.spans.back().end), 330, 1e-9);
}

TEST(ChatStages, PassesShareTheMemoryWithOtherTasks) {
    // A pass draws the whole memory bandwidth, and so does a task on another device: each gets half.
    SimulatedSystem system = chat_behind_a_task(1);
    system.tasks[1].after.clear();
    system.bandwidths = {{"dram", gigabytes_per_second(10), {}}};
    system.services.front().reading_draws = system.services.front().stepping_draws = gigabytes_per_second(10);
    system.tasks[1].bandwidth = 0;
    system.tasks[0].bandwidth = 0;
    system.tasks[0].moved = gigabytes_per_second(10) * milliseconds(30);
    system.tasks[0].fastest = gigabytes_per_second(10);
    const SimulationResult one = simulate(system, ArrivalTrace{{Time{}}}, all_of(1));
    EXPECT_NEAR(in_milliseconds(one.chats.front().first_token->mean.value), 130, 1e-6);
    EXPECT_NEAR(in_milliseconds(one.phases[0].mean), 60, 1e-6);
    EXPECT_NEAR(one.moved.front() / (gigabytes_per_second(10) * milliseconds(180)), 1, 1e-9);
}

TEST(ChatStages, SlowerPassesMoveAsManyBytes) {
    SimulatedSystem system = chat_behind_a_task(1);
    system.bandwidths = {{"dram", gigabytes_per_second(10), {}}};
    system.tasks[1].bandwidth = 0;
    ChatService& service = system.services.front();
    service.reading_draws = service.stepping_draws = gigabytes_per_second(5);
    const SimulationResult before = simulate(system, ArrivalTrace{{Time{}}}, all_of(1));
    service.reading_pace = 2;
    service.stepping_pace = 3;
    const SimulationResult after = simulate(system, ArrivalTrace{{Time{}}}, all_of(1));
    EXPECT_NEAR(in_milliseconds(after.chats.front().first_token->mean.value), 30 + 200, 1e-6);
    EXPECT_NEAR(in_milliseconds(after.chats.front().token->mean.value), 30, 1e-6);
    EXPECT_NEAR(after.moved.front() / before.moved.front(), 1, 1e-9);
}

// Reading a position takes 1 ms on the CPU and handing its cache over 0.1 ms, a token 10 ms on the NPU.
SimulatedSystem read_elsewhere() {
    SimulatedSystem system = chat_behind_a_task(0);
    system.pools.push_back({"link", 1});
    system.bandwidths = {{"dram", gigabytes_per_second(20), {}}};
    ChatService& service = system.services.front();
    service.reading_draws = gigabytes_per_second(2);
    service.stepping_draws = gigabytes_per_second(8);
    service.elsewhere = PromptElsewhere{{1, 1, 0}, {2, 1, 0}, milliseconds(0.1), gigabytes_per_second(4)};
    system.tasks[1].bandwidth = 0;
    return system;
}

TEST(ChatStages, PromptsReadElsewhereHoldThatDeviceThenTheLink) {
    const SimulatedSystem system = read_elsewhere();
    const SimulationResult one = simulate(system, ClosedLoop{}, all_of(100));
    EXPECT_NEAR(in_milliseconds(one.chats.front().first_token->mean.value), 30 + 100, 1e-6);
    EXPECT_NEAR(in_milliseconds(one.latency->mean.value), 190, 1e-6);
    EXPECT_NEAR(one.pools[0].utilisation, 80.0 / 190, 1e-3);
    EXPECT_NEAR(one.pools[1].utilisation, 100.0 / 190, 1e-3);
    EXPECT_NEAR(one.pools[2].utilisation, 10.0 / 190, 1e-3);
    EXPECT_NEAR(in_bytes(one.moved.front()) / 100, 2e9 * 0.1 + 4e9 * 0.01 + 8e9 * 0.05, 1e3);
    const std::vector<Time> loads = resource_loads(system);
    EXPECT_NEAR(in_milliseconds(loads[0]), 80, 1e-9);
    EXPECT_NEAR(in_milliseconds(loads[1]), 100, 1e-9);
    EXPECT_NEAR(in_milliseconds(loads[2]), 10, 1e-9);
    EXPECT_NEAR(in_hertz(sustainable_rate(system)), 1 / 0.16, 0.02 / 0.16);
}

// The first token does not wait for the hand-over, which comes once, behind the last of the chunks.
TEST(ChatStages, CachesAreHandedOverBehindThePrompt) {
    SimulatedSystem system = read_elsewhere();
    system.services.front().chunk = 40;
    const SimulationResult chunks = simulate(system, ClosedLoop{}, all_of(100));
    EXPECT_NEAR(in_milliseconds(chunks.chats.front().first_token->mean.value), 30 + 100, 1e-6);
    EXPECT_NEAR(in_milliseconds(chunks.chats.front().token->mean.value), 10, 1e-6);
    EXPECT_NEAR(in_milliseconds(chunks.latency->mean.value), 190, 1e-6);
}

// Two requests at once: the task of the second runs on the NPU while the CPU reads the first prompt.
TEST(ChatStages, TheDeviceOfTheTokensIsFreeWhilePromptsAreReadElsewhere) {
    const SimulationResult two = simulate(read_elsewhere(), ArrivalTrace{{Time{}, Time{}}}, all_of(2));
    EXPECT_NEAR(in_milliseconds(two.contention[0].waited), 15, 1e-9);
    EXPECT_NEAR(in_milliseconds(two.chats.front().first_token->mean.value), (130 + 290) / 2.0, 1e-6);
}

// The pace of reading holds for the hand-over too; bytes do not follow it.
TEST(ChatStages, PacesOfPromptsElsewhereAreTheirOwn) {
    SimulatedSystem system = read_elsewhere();
    system.services.front().reading_pace = 2;
    const SimulationResult slow = simulate(system, ClosedLoop{}, all_of(100));
    EXPECT_NEAR(in_milliseconds(slow.chats.front().first_token->mean.value), 30 + 200, 1e-6);
    EXPECT_NEAR(in_milliseconds(slow.latency->mean.value), 300, 1e-6);
    EXPECT_NEAR(in_bytes(slow.moved.front()) / 100, 2e9 * 0.1 + 4e9 * 0.01 + 8e9 * 0.05, 1e3);
}

TEST(ChatStages, TwoServicesOnOneDeviceTakeTurns) {
    SimulatedTask chat;
    chat.name = "chat";
    chat.service = 0;
    SimulatedTask other = chat;
    other.service = 1;
    const SimulatedSystem system{{{"npu", 1}}, {}, {chat, other}, {}, {round_passes(1), round_passes(1)}};
    // Both chats start together: 100 ms of prefill each, then alternating decoding steps.
    const SimulationResult one = simulate(system, ArrivalTrace{{Time{}}}, all_of(1));
    EXPECT_NEAR(in_milliseconds(one.chats[0].first_token->mean.value), 100, 1e-9);
    EXPECT_NEAR(in_milliseconds(one.chats[1].first_token->mean.value), 200, 1e-9);
    EXPECT_NEAR(in_milliseconds(one.latency->mean.value), 300, 1e-9);
    EXPECT_NEAR(one.pools.front().utilisation, 1, 1e-9);
}

TEST(ChatStages, AServiceMakesOnePassAtATimeHoweverManyCoresAreFree) {
    SimulatedSystem system = chat_behind_a_task(1);
    system.pools[0].servers = 8;
    EXPECT_NEAR(in_hertz(sustainable_rate(system)), 1 / 0.15, 1e-6);
}

TEST(ChatStages, PartsThatDoNotFitTogetherAreFaults) {
    SimulatedSystem system = chat_behind_a_task(1);
    system.tasks[1].work = milliseconds(1);
    EXPECT_THROW(static_cast<void>(simulate(system, ClosedLoop{}, all_of(1))), std::logic_error);
    system = chat_behind_a_task(1);
    system.tasks[0].work = {};
    system.tasks[0].service = 0;
    EXPECT_THROW(static_cast<void>(simulate(system, ClosedLoop{}, all_of(1))), std::logic_error);
    system = chat_behind_a_task(1);
    system.services.push_back(system.services.front());
    EXPECT_THROW(static_cast<void>(simulate(system, ClosedLoop{}, all_of(1))), std::logic_error);
}

}  // namespace
}  // namespace berth
