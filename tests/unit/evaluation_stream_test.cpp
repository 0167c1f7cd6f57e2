// Length of stream simulations, coverage of their intervals, and stability, compared with queueing theory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "base/chance.h"
#include "berth/simulation/simulation.h"
#include "simulation/saturation.h"
#include "simulation/simulate.h"
#include "simulation/steady_state.h"

namespace berth {
namespace {

using namespace literals;

SimulatedTask task(std::size_t pool, Time work, int servers = 1, std::vector<std::size_t> after = {}) {
    SimulatedTask made;
    made.name = "task";
    made.pool = pool;
    made.servers = servers;
    made.work = work;
    made.after = std::move(after);
    return made;
}

SimulatedSystem queue(Variability variability) {
    SimulatedSystem system{{{"npu", 1}}, {}, {task(0, 1_ms)}};
    system.tasks[0].variability = variability;
    return system;
}

SimulationOptions until_known(std::uint64_t seed = 1) {
    SimulationOptions options;
    options.requests = 1'000'000;
    options.seed = seed;
    options.precision = kStreamPrecision;
    return options;
}

// Mean times in the system of M/M/1 and M/D/1: s / (1 - rho) and s (1 + rho / (2 (1 - rho))).
TEST(Stream, EndsWhenMeanAndTailAreKnownAndHoldsWhatTheoryKnows) {
    for (const double load : {0.3, 0.65, 0.8}) {
        const std::array<std::pair<Variability, double>, 2> laws{
            {{Variability::kExponential, 1 / (1 - load)}, {Variability::kNone, 1 + load / (2 * (1 - load))}}};
        for (const auto& [variability, mean] : laws) {
            int held = 0;
            constexpr int kSeeds = 10;
            for (int seed = 1; seed <= kSeeds; ++seed) {
                const auto result =
                    simulate(queue(variability), PoissonArrivals{hertz(1000 * load)}, until_known(seed));
                ASSERT_TRUE(result.stable && result.converged);
                EXPECT_LE(result.latency->precision(), kStreamPrecision);
                EXPECT_GE(result.counted + result.warm_up, 4'000U);
                EXPECT_GE(static_cast<double>(result.counted), 0.5 * 100 / ((1 - load) * (1 - load)));
                EXPECT_NEAR(in_milliseconds(result.latency->mean.value), mean, 1.5 * kStreamPrecision * mean);
                held += in_milliseconds(result.latency->mean.low) <= mean &&
                                mean <= in_milliseconds(result.latency->mean.high)
                            ? 1
                            : 0;
            }
            EXPECT_GE(held, kSeeds * 4 / 5) << load;  // 95 % intervals, of which a few may miss
        }
    }
}

TEST(Stream, ItsLengthFollowsFromTheLoadAndThePrecision) {
    const auto counted = [](double load, double precision) {
        SimulationOptions options = until_known();
        options.precision = precision;
        return simulate(queue(Variability::kExponential), PoissonArrivals{hertz(1000 * load)}, options).counted;
    };
    EXPECT_LT(counted(0.3, 0.05), counted(0.9, 0.05));
    EXPECT_LT(counted(0.65, 0.05), counted(0.65, 0.01));
    EXPECT_LT(simulate(queue(Variability::kNone), ClosedLoop{}, until_known()).counted, 4'100U);  // nothing varies
}

// Utilisation law and Little's law hold for the reported numbers.
TEST(Stream, KeepsToTheLawsOfQueues) {
    const SimulatedSystem system{{{"npu", 1}, {"cpu", 2}}, {}, {task(0, 4_ms), task(1, 5_ms, 1, {0})}};
    const auto open = simulate(system, PoissonArrivals{hertz(150)}, until_known());
    EXPECT_NEAR(open.pools[0].utilisation, in_hertz(open.throughput) * 0.004, 0.01);
    EXPECT_NEAR(open.pools[1].utilisation, in_hertz(open.throughput) * 0.005 / 2, 0.01);
    EXPECT_NEAR(open.load->value, 150 * 0.004, 1e-12);
    EXPECT_EQ(open.load->bottleneck, "npu");
    for (const int users : {1, 3, 20}) {
        const auto closed = simulate(system, ClosedLoop{users, 30_ms, Variability::kExponential}, until_known());
        EXPECT_FALSE(closed.load);
        EXPECT_NEAR(in_hertz(closed.throughput) * (in_seconds(closed.latency->mean.value) + 0.030), users,
                    0.04 * users);
    }
}

TEST(Stream, SaysWhenTheMostRequestsWereNotEnough) {
    SimulationOptions options = until_known();
    options.requests = 2'500;
    const auto result = simulate(queue(Variability::kExponential), PoissonArrivals{hertz(950)}, options);
    EXPECT_TRUE(result.stable);
    EXPECT_FALSE(result.converged);
    EXPECT_LE(result.counted + result.warm_up, 2'500U);
    EXPECT_GT(result.latency->precision(), kStreamPrecision);
}

TEST(Stream, MoreRequestsStayWithinTheInterval) {
    int within = 0;
    for (int seed = 1; seed <= 10; ++seed) {
        const auto once = simulate(queue(Variability::kExponential), PoissonArrivals{hertz(700)}, until_known(seed));
        SimulationOptions twice;
        twice.requests = 2 * once.counted;
        twice.seed = static_cast<std::uint64_t>(seed);
        const auto more = simulate(queue(Variability::kExponential), PoissonArrivals{hertz(700)}, twice);
        within += once.latency->p95.low <= more.latency->p95.value && more.latency->p95.value <= once.latency->p95.high
                      ? 1
                      : 0;
    }
    EXPECT_GE(within, 8);
}

// A hundred users who all start at once cause a transient that later requests do not see.
TEST(Stream, LeavesOutTheWarmUp) {
    const SimulatedSystem system{{{"npu", 1}}, {}, {task(0, 1_ms)}};
    const ClosedLoop crowd{100, 500_ms, Variability::kExponential};
    const auto result = simulate(system, crowd, until_known());
    EXPECT_GE(result.warm_up, 50U);
    SimulationOptions given = until_known();
    given.warm_up = 20'000;
    const auto far = simulate(system, crowd, given);
    EXPECT_EQ(far.warm_up, 20'000U);
    EXPECT_NEAR(result.latency->mean.value / far.latency->mean.value, 1, 0.1);
}

TEST(SteadyState, TheWarmUpIsWhereTheMeanSettles) {
    std::vector<double> values;
    Chance chance(3);
    for (int i = 0; i < 200; ++i) {
        values.push_back((i < 40 ? 5.0 - i * 0.1 : 1) + 0.1 * chance.normal());
    }
    EXPECT_NEAR(static_cast<double>(warm_up_of(values)), 40, 5);
    EXPECT_EQ(warm_up_of(std::vector<double>(50, 2.0)), 0U);
    EXPECT_EQ(warm_up_of(std::vector<double>{}), 0U);
}

TEST(SteadyState, BatchesThatResembleEachOtherWidenTheInterval) {
    std::vector<double> apart, runs;
    for (int i = 0; i < 20; ++i) {
        apart.push_back(i % 2);
        runs.push_back(i < 10 ? 0 : 1);
    }
    EXPECT_NEAR(half_interval(apart), 2.093 * std::sqrt(0.25 * 20 / 19 / 20), 1e-9);
    EXPECT_GT(half_interval(runs), 3 * half_interval(apart));
}

// Separate random streams: arrival times do not depend on the tasks, and a task's time is drawn per request.
TEST(Stream, SystemsThatDifferAreAskedTheSame) {
    SimulatedSystem fast{{{"npu", 1}, {"cpu", 1}}, {}, {task(0, 1_ms), task(1, 1_ms, 1, {0})}};
    SimulatedSystem slow = fast;
    fast.tasks[1].variability = slow.tasks[1].variability = Variability::kExponential;
    slow.tasks[0].variability = Variability::kExponential;
    slow.tasks[0].work = 2_ms;
    SimulationOptions options{100, 0, 7, 100};
    const auto a = simulate(fast, PoissonArrivals{hertz(20)}, options);
    const auto b = simulate(slow, PoissonArrivals{hertz(20)}, options);
    const auto arrivals_and_work = [](const SimulationResult& result) {
        std::vector<double> values(200);
        for (const SimulatedSpan& span : result.spans) {
            if (span.request < 100) {
                values[2 * span.request + span.task] = in_seconds(span.task == 0 ? span.ready : span.end - span.start);
            }
        }
        return values;
    };
    EXPECT_THAT(arrivals_and_work(a), testing::Pointwise(testing::DoubleNear(1e-9), arrivals_and_work(b)));
}

TEST(Sustainable, WhereServersCannotStandIdleItIsTheCapacity) {
    const SimulatedSystem system{{{"npu", 3}, {"cpu", 8}}, {}, {task(0, 3_ms), task(1, 16_ms, 4, {0})}};
    EXPECT_EQ(sustainable_rate(system), capacity(system));
}

// Calls that need two of three cores run one at a time, whatever the sum of their loads is.
TEST(Sustainable, CallsThatLeaveACoreIdle) {
    const SimulatedSystem system{{{"npu", 3}}, {}, {task(0, 3_ms, 2)}};
    EXPECT_NEAR(in_hertz(capacity(system)), 500, 1e-9);
    EXPECT_NEAR(in_hertz(sustainable_rate(system)), 1000.0 / 3, 1e-9);
    EXPECT_TRUE(simulate(system, PoissonArrivals{hertz(320)}, until_known()).stable);
    const auto result = simulate(system, PoissonArrivals{hertz(340)});
    EXPECT_FALSE(result.stable);
    EXPECT_GT(result.load->value, 1);
}

// First come, first served: a call for all cores waits until the last one is free.
TEST(Sustainable, CallsOfDifferentWidthAreSimulated) {
    const SimulatedSystem system{{{"cpu", 4}}, {}, {task(0, 4_ms), task(0, 1_ms, 4, {0})}};
    const double rate = in_hertz(sustainable_rate(system));
    EXPECT_LT(rate, in_hertz(capacity(system)));
    EXPECT_GT(rate, 1000.0 / 5);
}

SimulatedSystem in_turn(std::vector<ServerPool> pools, std::vector<SimulatedTask> tasks) {
    for (std::size_t i = 1; i < tasks.size(); ++i) {
        tasks[i].after = {i - 1};
    }
    return {std::move(pools), {}, std::move(tasks)};
}

SimulatedTask random_delay(std::size_t pool, Time mean) {
    SimulatedTask made = task(pool, mean);
    made.variability = Variability::kExponential;
    return made;
}

// Long random delays put calls on one and on three cores into random order. Between two calls on three cores there are
// k calls on one with a probability of 2^-(k+1), which take ceil(k / 3) of their times: 4/7 of it in the mean.
TEST(Sustainable, CallsOfDifferentWidthInRandomOrderAreExact) {
    const SimulatedSystem system =
        in_turn({{"npu", 3}, {"away", 100'000}},
                {task(0, 10_ms), random_delay(1, 300_ms), task(0, 10_ms, 3), random_delay(1, 300_ms)});
    EXPECT_NEAR(in_hertz(sustainable_rate(system)), 100 / (1 + 4.0 / 7), 0.01 * 100 / (1 + 4.0 / 7));
}

std::vector<SimulatedSystem> systems_of_different_width() {
    const SimulatedTask rerank = task(1, 35_ms, 4);
    return {in_turn({{"npu", 3}}, {task(0, 10_ms), task(0, 10_ms, 3)}),
            in_turn({{"npu", 3}}, {task(0, 15_ms), task(0, 3_ms, 3), task(0, 3_ms, 3), task(0, 3_ms, 3)}),
            in_turn({{"a", 3}, {"b", 2}}, {task(0, 10_ms), task(1, 8_ms, 2), task(0, 10_ms, 3), task(1, 8_ms)}),
            in_turn({{"npu", 3}, {"cpu", 4}}, {task(0, 90_ms, 3), rerank, rerank, rerank, task(0, 200_ms)})};
}

// Users who send the next request at once fall into step, and no core idles before a call on all of them. In a stream
// the calls mix.
TEST(Sustainable, StreamsOfCallsOfDifferentWidthSettleBelowAndPileUpAbove) {
    for (const SimulatedSystem& system : systems_of_different_width()) {
        const Frequency most = sustainable_rate(system);
        EXPECT_LT(most, 0.95 * capacity(system));
        for (const std::uint64_t seed : {1U, 2U}) {
            const auto below = simulate(system, PoissonArrivals{0.9 * most}, until_known(seed));
            EXPECT_TRUE(below.stable && below.converged);
            EXPECT_LT(below.latency->mean.value, 20 * time_alone(system));
            EXPECT_LT(below.throughput, most);
            // As if the rate were not known: what piles up is seen in the simulation.
            auto options = until_known(seed);
            options.requests = 20'000;
            EXPECT_FALSE(simulate_within(system, PoissonArrivals{1.1 * most}, options, 1.2 * most).stable);
            EXPECT_TRUE(simulate_within(system, PoissonArrivals{0.9 * most}, options, 1.2 * most).stable);
        }
    }
}

// In step they may complete more than a stream may bring, but however many they are, no more than the pools can hold.
TEST(Sustainable, UsersInStepCompleteNoMoreThanIsSustainable) {
    for (const SimulatedSystem& system : systems_of_different_width()) {
        for (const int users : {1, 2, 12, 200, 2'000}) {
            const auto result = simulate(system, ClosedLoop{users, {}, Variability::kNone}, until_known());
            EXPECT_LE(result.throughput, result.sustainable);
            EXPECT_EQ(result.sustainable, most_completed(system));
            EXPECT_GE(result.sustainable, sustainable_rate(system));
            EXPECT_TRUE(result.converged);
        }
    }
    // A call on two of three cores leaves one idle, in whatever order.
    EXPECT_NEAR(in_hertz(most_completed({{{"npu", 3}}, {}, {task(0, 3_ms, 2)}})), 1000.0 / 3, 1e-9);
}

// All users pass the short call together, so that a window of time holds more of them or fewer. Little's law knows.
TEST(Sustainable, UsersWhoCompleteTogetherAreCountedPerTurn) {
    const SimulatedSystem system = in_turn({{"npu", 1}, {"cpu", 1}}, {task(0, 1_ms), task(1, 10_ms)});
    const auto result = simulate(system, ClosedLoop{300, {}, Variability::kNone}, until_known());
    EXPECT_NEAR(in_hertz(result.throughput), 100, 0.1);
    EXPECT_NEAR(result.throughput * result.latency->mean.value, 300, 1e-6);
}

// A few requests of each user: the latencies differ little, but are those of the beginning.
TEST(Sustainable, UsersWhoHaveHardlyBegunAreNotSettled) {
    for (const SimulatedSystem& system : systems_of_different_width()) {
        auto options = until_known();
        options.requests = 6'000;
        for (const int users : {400, 3'000, 20'000}) {
            const auto result = simulate(system, ClosedLoop{users, {}, Variability::kNone}, options);
            EXPECT_FALSE(result.converged);
            EXPECT_FALSE(result.latency->has_intervals);
            EXPECT_LE(result.throughput, result.sustainable);
            EXPECT_EQ(result.sustainable, most_completed(system));
        }
    }
}

TEST(Sustainable, ABandwidthThatNothingCanFillSlowsNothing) {
    SimulatedSystem system{{{"npu", 1}, {"cpu", 2}}, {{"dram", 10_GBps}, {"npu dma", 5_GBps, 0}}, {}};
    for (const std::size_t pool : {0U, 1U}) {
        SimulatedTask made = task(pool, 1_ms);
        made.bandwidth = pool == 0 ? 1 : 0;
        made.fastest = pool == 0 ? 5_GBps : 2_GBps;
        made.moved = *made.fastest * 1_ms;
        if (pool == 1) {
            made.after = {0};
        }
        system.tasks.push_back(made);
    }
    EXPECT_THAT(never_short(system), testing::ElementsAre(true, true));  // 5 + 2 x 2 of 10 GB/s
    system.tasks[1].fastest = 3_GBps;
    EXPECT_THAT(never_short(system), testing::ElementsAre(false, false));
    system.tasks[1].fastest = {};
    EXPECT_THAT(never_short(system), testing::ElementsAre(false, false));
}

// Results are equal whether bandwidth shares are computed at every event, or never if bandwidth always suffices.
TEST(Sustainable, WhatNeverRunsShortIsTheSameSimulatedEitherWay) {
    SimulatedSystem system{{{"npu", 1}, {"cpu", 2}}, {{"dram", 9_GBps}, {"npu dma", 5_GBps, 0}}, {}};
    for (const std::size_t pool : {0U, 1U}) {
        SimulatedTask made = task(pool, pool == 0 ? 2_ms : 3_ms);
        made.bandwidth = pool == 0 ? 1 : 0;
        made.fastest = pool == 0 ? 5_GBps : 2_GBps;
        made.moved = *made.fastest * made.work;
        made.after = pool == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0};
        system.tasks.push_back(made);
    }
    SimulationOptions options{1'000, 100, 1, 10};
    const auto quick = simulate(system, PoissonArrivals{hertz(300)}, options);
    // An idle pool with a higher possible demand forces the computation of shares.
    system.pools.push_back({"idle", 1});
    SimulatedTask idle = task(2, Time{});
    idle.bandwidth = 0;
    idle.moved = bytes(1e-3);
    system.tasks.push_back(idle);
    ASSERT_FALSE(never_short(system)[0]);
    const auto shared = simulate(system, PoissonArrivals{hertz(300)}, options);
    EXPECT_NEAR(quick.latency->mean.value / shared.latency->mean.value, 1, 1e-9);
    EXPECT_NEAR(quick.latency->p99.value / shared.latency->p99.value, 1, 1e-9);
    EXPECT_NEAR(quick.bandwidths[0].utilisation, shared.bandwidths[0].utilisation, 1e-6);
    EXPECT_NEAR(quick.bandwidths[1].utilisation, shared.bandwidths[1].utilisation, 1e-6);
    EXPECT_NEAR(quick.moved[0] / shared.moved[0], 1, 0.01);
}

}  // namespace
}  // namespace berth
