// Chats at a service with round pass times, compared with hand calculation.
#include <gtest/gtest.h>

#include "berth/simulation/chats.h"

namespace berth {
namespace {

// Prefill takes 1 ms per position, a decoding pass 10 ms, whatever the number of tokens.
ChatService round_service(int slots) {
    return {slots, 0, {{100, 1}}, {{5, 1}}, [](const ChatPass& pass) {
                return milliseconds(static_cast<double>(pass.read) + (pass.answers > 0 ? 10 : 0));
            }};
}

ChatTraffic together(int slots) {
    SimulationOptions options;
    options.requests = 2;
    options.warm_up = 0;
    return simulate_chats(round_service(slots), ArrivalTrace{{Time{}, Time{}}}, options);
}

TEST(Chats, OneAloneIsReadAndThenMadeTokenByToken) {
    SimulationOptions options;
    options.requests = 1;
    options.warm_up = 0;
    const ChatTraffic one = simulate_chats(round_service(4), ArrivalTrace{{seconds(7)}}, options);
    EXPECT_NEAR(in_milliseconds(one.first_token->mean.value), 100, 1e-9);
    EXPECT_NEAR(in_milliseconds(one.token->mean.value), 10, 1e-9);
    EXPECT_NEAR(in_milliseconds(one.answer->mean.value), 150, 1e-9);
}

TEST(Chats, WithoutSlotsTheSecondWaitsForTheWholeFirst) {
    const ChatTraffic two = together(1);
    EXPECT_NEAR(in_milliseconds(two.first_token->mean.value), (100 + 150 + 100) / 2.0, 1e-9);
    EXPECT_NEAR(in_milliseconds(two.token->mean.value), 10, 1e-9);
}

TEST(Chats, WithSlotsPassesMakeATokenOfEachBesideReading) {
    // 100 ms for the first prompt, 110 for the second with a token of the first; the first ends four passes later.
    const ChatTraffic two = together(2);
    EXPECT_NEAR(in_milliseconds(two.first_token->mean.value), (100 + 210) / 2.0, 1e-9);
    EXPECT_NEAR(in_milliseconds(two.token->mean.value), ((110 + 40) / 5.0 + 10) / 2, 1e-9);
    EXPECT_NEAR(in_milliseconds(two.answer->mean.value), (250 + 260) / 2.0, 1e-9);
}

TEST(Chats, PromptsAreReadInPieces) {
    ChatService service = round_service(2);
    service.chunk = 40;
    SimulationOptions options;
    options.requests = 2;
    options.warm_up = 0;
    // The first prompt takes 40, 40 and 20 ms; each chunk of the second is batched with a token of the first.
    const ChatTraffic two = simulate_chats(service, ArrivalTrace{{Time{}, Time{}}}, options);
    EXPECT_NEAR(in_milliseconds(two.first_token->mean.value), (100 + 230) / 2.0, 1e-9);
}

TEST(Chats, PileUpAboveWhatIsSustainable) {
    // An answer takes 150 ms.
    const ChatTraffic crowded = simulate_chats(round_service(1), PoissonArrivals{hertz(7)});
    EXPECT_NEAR(in_hertz(crowded.sustainable), 1 / 0.15, 1e-6);
    EXPECT_FALSE(crowded.stable);
    EXPECT_FALSE(crowded.first_token);
    EXPECT_NEAR(*crowded.load, 7 * 0.15, 1e-6);
}

TEST(Chats, WaitsAtAServiceWithoutSlotsAreThoseOfAQueue) {
    // All answers take 150 ms: a queue of fixed service times (M/D/1), whose mean wait is known.
    SimulationOptions options;
    options.requests = 200'000;
    options.warm_up = 1'000;
    const ChatTraffic queue = simulate_chats(round_service(1), PoissonArrivals{hertz(4)}, options);
    const double load = 4 * 0.15;
    EXPECT_NEAR(in_milliseconds(queue.first_token->mean.value), 100 + 150 * load / (2 * (1 - load)), 3);
    EXPECT_NEAR(in_hertz(queue.throughput), 4, 0.05);
    EXPECT_NEAR(in_hertz(queue.tokens), 24, 0.3);
    EXPECT_NEAR(queue.busy, load, 0.01);
}

TEST(Chats, ClosedLoopsSendTheNextChatBehindAnAnswer) {
    SimulationOptions options;
    options.requests = 1'000;
    options.warm_up = 10;
    const ChatTraffic loop = simulate_chats(round_service(4), ClosedLoop{1, milliseconds(50)}, options);
    EXPECT_FALSE(loop.load);
    EXPECT_NEAR(in_hertz(loop.throughput), 5, 5.0 / 1'000) << "from the first of the chats to the last";
    EXPECT_NEAR(loop.at_once, 1, 1e-9);
}

}  // namespace
}  // namespace berth
