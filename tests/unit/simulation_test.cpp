// The simulator compared with hand calculation and queueing theory.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <stdexcept>

#include "berth/simulation/simulation.h"
#include "simulation/max_min.h"

namespace berth {
namespace {

using namespace literals;

SimulatedTask task(std::string name, std::size_t pool, Time work, std::vector<std::size_t> after = {}) {
    SimulatedTask made;
    made.name = std::move(name);
    made.pool = pool;
    made.work = work;
    made.after = std::move(after);
    return made;
}

SimulatedTask transfer(std::size_t pool, Bytes moved, Time work = {}) {
    SimulatedTask made = task("transfer", pool, work);
    made.bandwidth = 0;
    made.moved = moved;
    return made;
}

TEST(MaxMin, FillsUpToCaps) {
    std::array<double, 3> rates{};
    max_min_rates(10, std::array{1.0, 4.0, 20.0}, rates);
    EXPECT_EQ(rates, (std::array{1.0, 4.0, 5.0}));
    max_min_rates(9, std::array{4.0, 5.0, 20.0}, rates);
    EXPECT_EQ(rates, (std::array{3.0, 3.0, 3.0}));
    max_min_rates(100, std::array{4.0, 5.0, 20.0}, rates);
    EXPECT_EQ(rates, (std::array{4.0, 5.0, 20.0}));
}

// Fork and join: 1 + max(2 + 3, 4) + 5.
TEST(Simulation, OneRequestTakesItsLongestChain) {
    const SimulatedSystem system{{{"cpu", 4}},
                                 {},
                                 {task("a", 0, 1_ms), task("b", 0, 2_ms, {0}), task("c", 0, 3_ms, {1}),
                                  task("d", 0, 4_ms, {0}), task("e", 0, 5_ms, {2, 3})}};
    const auto result = simulate(system, ClosedLoop{}, {1, 0, 1, 1});
    EXPECT_DOUBLE_EQ(in_milliseconds(time_alone(system)), 11);
    EXPECT_NEAR(in_milliseconds(result.latency->mean.value), 11, 1e-12);
    EXPECT_FALSE(result.latency->has_intervals);
    ASSERT_EQ(result.spans.size(), 5U);
    EXPECT_NEAR(in_milliseconds(result.spans[4].start), 6, 1e-12);
    EXPECT_NEAR(in_milliseconds(result.spans[4].end), 11, 1e-12);
    EXPECT_NEAR(result.pools[0].utilisation, 15.0 / 44, 1e-12);
}

TEST(Simulation, TransfersShareABandwidthForAsLongAsTheyOverlap) {
    SimulatedSystem system{{{"dma", 2}}, {{"dram", 10_GBps}}, {transfer(0, 10_GB)}};
    const auto result = simulate(system, ArrivalTrace{{0_s, 0.5_s}}, {2, 0, 1, 2});
    ASSERT_EQ(result.spans.size(), 2U);
    EXPECT_NEAR(in_seconds(result.spans[0].end), 1.5, 1e-9);  // half a second alone, then half the bandwidth
    EXPECT_NEAR(in_seconds(result.spans[1].end), 2.0, 1e-9);
    EXPECT_NEAR(in_bytes(result.moved[0]), 20e9, 1);
    EXPECT_NEAR(result.bandwidths[0].utilisation, 1, 1e-9);

    system.tasks[0].fastest = 4_GBps;  // two of them do not saturate the bandwidth
    const auto capped = simulate(system, ArrivalTrace{{0_s, 0.5_s}}, {2, 0, 1, 2});
    EXPECT_NEAR(in_seconds(capped.spans[0].end), 2.5, 1e-9);
    EXPECT_NEAR(in_seconds(capped.spans[1].end), 3.0, 1e-9);
}

// 10 GB/s of DRAM and 4 GB/s of NPU DMA: two transfers saturate the DMA, and the CPU's transfer gets the rest.
TEST(Simulation, TransfersShareThePartThatTheyPassThrough) {
    SimulatedSystem system{{{"npu", 2}, {"cpu", 1}}, {{"dram", 10_GBps}, {"npu dma", 4_GBps, 0}}, {}};
    system.tasks = {transfer(0, 2_GB), transfer(0, 2_GB), transfer(1, 9_GB)};
    system.tasks[0].bandwidth = system.tasks[1].bandwidth = 1;
    const auto result = simulate(system, ClosedLoop{}, {1, 0, 1, 1});
    EXPECT_NEAR(in_seconds(result.spans[0].end), 1, 1e-9);
    EXPECT_NEAR(in_seconds(result.spans[1].end), 1, 1e-9);
    EXPECT_NEAR(in_seconds(result.spans[2].end), 1.3, 1e-9);  // 6 GB/s for a second, then all
    EXPECT_NEAR(in_bytes(result.moved[0]), 13e9, 1);
    EXPECT_NEAR(in_bytes(result.moved[1]), 4e9, 1);
    EXPECT_NEAR(result.bandwidths[1].utilisation, 1 / 1.3, 1e-9);
    EXPECT_NEAR(in_hertz(capacity(system)), 1 / 1.3, 1e-9);
    ASSERT_GE(result.uses.size(), 3U);
    EXPECT_NEAR(in_gigabytes_per_second(result.uses[2].drawn), 10, 1e-9);
    system.bandwidths[1].within = 1;
    EXPECT_THROW(static_cast<void>(simulate(system, ClosedLoop{})), std::logic_error);
}

TEST(Simulation, WhatRequestsLoseToEachOther) {
    SimulatedSystem queue{{{"npu", 1}}, {}, {task("a", 0, 10_ms), task("b", 0, 1_ms, {0})}};
    queue.phases = {{"first", 0, 0, 15_ms}, {"both", 0, 1, {}}};
    const auto result = simulate(queue, ArrivalTrace{{0_ms, 1_ms}}, {2, 0, 1, 0, 20_ms});
    // The second a runs from 10 to 20 ms, the first b after it until 21 ms, then the second b.
    EXPECT_NEAR(in_milliseconds(result.contention[0].waited), (0 + 9) / 2.0, 1e-9);
    EXPECT_NEAR(in_milliseconds(result.contention[1].waited), (10 + 1) / 2.0, 1e-9);
    EXPECT_EQ(result.contention[0].slowed, 0_ms);
    EXPECT_NEAR(in_milliseconds(result.phases[0].mean), (10 + 19) / 2.0, 1e-9);
    EXPECT_EQ(result.phases[0].within_budget, 0.5);
    EXPECT_NEAR(in_milliseconds(result.phases[1].mean), (21 + 21) / 2.0, 1e-9);
    EXPECT_FALSE(result.phases[1].within_budget);
    EXPECT_EQ(result.within_deadline->value, 0.0);

    const SimulatedSystem shared{{{"dma", 2}}, {{"dram", 10_GBps}}, {transfer(0, 10_GB)}};
    const auto slowed = simulate(shared, ArrivalTrace{{0_s, 0.5_s}}, {2, 0});
    EXPECT_NEAR(in_seconds(slowed.contention[0].slowed), 0.5, 1e-9);
    EXPECT_EQ(slowed.contention[0].waited, 0_ms);
}

// The clock's rounding differs with the time of day, what keeps to a limit does not.
TEST(Simulation, ALimitThatIsExactlyMetIsMetAtAnyTime) {
    const SimulatedSystem system{{{"npu", 1}}, {}, {task("a", 0, 100_ms)}, {{"all", 0, 0, 200_ms}}};
    for (const Time start : {0_ms, 100_ms, 300_ms, 86400_s, 604800.1_s}) {
        const auto result = simulate(system, ArrivalTrace{{start, start}}, {2, 0, 1, 0, 200_ms});
        EXPECT_EQ(result.within_deadline->value, 1.0) << in_seconds(start);
        EXPECT_EQ(result.phases[0].within_budget, 1.0) << in_seconds(start);
        const auto late = simulate(system, ArrivalTrace{{start, start}}, {2, 0, 1, 0, 199.99_ms});
        EXPECT_EQ(late.within_deadline->value, 0.5) << in_seconds(start);
    }
}

TEST(Simulation, ATaskEndsWithItsWorkOrItsBytesWhicheverIsLater) {
    SimulatedSystem system{{{"npu", 1}}, {{"dram", 10_GBps}}, {transfer(0, 10_MB, 3_ms)}};
    EXPECT_NEAR(in_milliseconds(simulate(system, ClosedLoop{}, {1, 0}).latency->mean.value), 3, 1e-9);
    system.tasks[0].work = 0.5_ms;
    EXPECT_NEAR(in_milliseconds(simulate(system, ClosedLoop{}, {1, 0}).latency->mean.value), 1, 1e-9);
    EXPECT_NEAR(in_milliseconds(time_alone(system)), 1, 1e-12);
}

TEST(Simulation, FirstComeFirstServed) {
    const SimulatedSystem system{{{"npu", 1}}, {}, {task("a", 0, 10_ms)}};
    const auto result = simulate(system, ArrivalTrace{{0_ms, 1_ms, 2_ms}}, {3, 0, 1, 3});
    EXPECT_NEAR(in_milliseconds(result.spans[1].start), 10, 1e-9);
    EXPECT_NEAR(in_milliseconds(result.spans[2].end), 30, 1e-9);
    EXPECT_NEAR(in_milliseconds(result.latency->p50.value), 19, 1e-9);
}

// Pollaczek-Khinchine: the mean wait with Poisson arrivals and fixed service is rho s / (2 (1 - rho)). One seed in
// twenty may lie outside a 95 % interval, so the mean over all seeds is checked against its standard error.
TEST(Simulation, MD1) {
    constexpr int kSeeds = 10;
    const SimulatedSystem system{{{"npu", 1}}, {}, {task("serve", 0, 1_ms)}};
    for (const double load : {0.3, 0.7, 0.9}) {
        const double expected = 1 + load / (2 * (1 - load));
        double mean = 0, error = 0;
        int held = 0;
        for (int seed = 1; seed <= kSeeds; ++seed) {
            const auto result = simulate(system, PoissonArrivals{hertz(1000 * load)},
                                         {100'000, 10'000, static_cast<std::uint64_t>(seed)});
            ASSERT_TRUE(result.stable);
            const SimulatedTime& latency = result.latency->mean;
            mean += in_milliseconds(latency.value) / kSeeds;
            error += in_milliseconds(latency.high - latency.value) / kSeeds;
            held += in_milliseconds(latency.low) <= expected && expected <= in_milliseconds(latency.high) ? 1 : 0;
            EXPECT_NEAR(result.pools[0].utilisation, load, 0.01);
            EXPECT_NEAR(in_hertz(result.throughput), 1000 * load, 10 * load);
        }
        EXPECT_GE(held, kSeeds - 3) << load;
        EXPECT_NEAR(mean, expected, 1.5 * error / std::sqrt(kSeeds)) << load;  // three standard errors
    }
}

// M/M/1: the quantiles of the time in the system are those of an exponential distribution with mean s / (1 - rho).
TEST(Simulation, MM1Quantiles) {
    SimulatedSystem system{{{"npu", 1}}, {}, {task("serve", 0, 1_ms)}};
    system.tasks[0].variability = Variability::kExponential;
    const auto result = simulate(system, PoissonArrivals{hertz(500)}, {400'000, 10'000, 3});
    for (const auto& [time, share] : {std::pair{result.latency->p50, 0.5}, std::pair{result.latency->p95, 0.95},
                                      std::pair{result.latency->p99, 0.99}}) {
        const double expected = -2 * std::log(1 - share);
        EXPECT_LE(in_milliseconds(time.low), expected) << share;
        EXPECT_GE(in_milliseconds(time.high), expected) << share;
        EXPECT_NEAR(in_milliseconds(time.value), expected, 0.03 * expected) << share;
    }
}

// Closed network of exponential servers, compared with mean value analysis (Reiser and Lavenberg 1980).
TEST(Simulation, ClosedNetwork) {
    const std::array<double, 2> demand{4, 2.5};
    const double think = 10;
    const int users = 8;
    std::array<double, 2> queue{};
    double throughput = 0, response = 0;
    for (int n = 1; n <= users; ++n) {
        response = 0;
        std::array<double, 2> time{};
        for (std::size_t i = 0; i < 2; ++i) {
            time[i] = demand[i] * (1 + queue[i]);
            response += time[i];
        }
        throughput = n / (think + response);
        for (std::size_t i = 0; i < 2; ++i) {
            queue[i] = throughput * time[i];
        }
    }
    SimulatedSystem system{{{"npu", 1}, {"cpu", 1}}, {}, {task("a", 0, 4_ms), task("b", 1, 2.5_ms, {0})}};
    system.tasks[0].variability = system.tasks[1].variability = Variability::kExponential;
    const auto result =
        simulate(system, ClosedLoop{users, milliseconds(think), Variability::kExponential}, {200'000, 5'000, 2});
    EXPECT_NEAR(in_hertz(result.throughput), 1000 * throughput, 10 * throughput);
    EXPECT_LE(in_milliseconds(result.latency->mean.low), response);
    EXPECT_GE(in_milliseconds(result.latency->mean.high), response);
    EXPECT_NEAR(result.pools[1].utilisation, throughput * 2.5, 0.01);
}

// Fixed times: the throughput is that of the slowest server, or the rate at which the users send.
TEST(Simulation, ClosedLoopOfFixedTimes) {
    const SimulatedSystem system{{{"npu", 1}, {"cpu", 1}}, {}, {task("a", 0, 4_ms), task("b", 1, 2_ms, {0})}};
    EXPECT_NEAR(in_hertz(simulate(system, ClosedLoop{1, 4_ms}, {1000, 100}).throughput), 100, 0.2);
    EXPECT_NEAR(in_hertz(simulate(system, ClosedLoop{5, 4_ms}, {1000, 100}).throughput), 250, 0.5);
}

TEST(Simulation, OverloadIsReportedWithWhatIsSustainable) {
    const SimulatedSystem system{{{"npu", 1}, {"cpu", 2}}, {}, {task("a", 0, 4_ms), task("b", 1, 2_ms, {0})}};
    const auto result = simulate(system, PoissonArrivals{hertz(260)});
    EXPECT_FALSE(result.stable);
    EXPECT_FALSE(result.latency);
    EXPECT_NEAR(in_hertz(result.sustainable), 250, 1);
    EXPECT_NEAR(in_hertz(capacity(system)), 250, 1e-9);
    EXPECT_TRUE(simulate(system, PoissonArrivals{hertz(240)}).stable);
}

TEST(Simulation, SharingABandwidthLowersWhatIsSustainable) {
    SimulatedSystem system{{{"npu", 1}, {"cpu", 1}}, {{"dram", 10_GBps}}, {transfer(0, 10_MB), transfer(1, 10_MB)}};
    const auto result = simulate(system, PoissonArrivals{hertz(600)});
    EXPECT_FALSE(result.stable);
    EXPECT_NEAR(in_hertz(result.sustainable), 500, 2);
}

TEST(Simulation, PartsThatDoNotFitTogether) {
    const auto refuses = [](const SimulatedSystem& system) {
        EXPECT_THROW(static_cast<void>(simulate(system, ClosedLoop{})), std::logic_error);
    };
    refuses({{{"cpu", 1}}, {}, {}});
    refuses({{{"cpu", 0}}, {}, {task("a", 0, 1_ms)}});
    refuses({{{"cpu", 1}}, {}, {task("a", 1, 1_ms)}});
    refuses({{{"cpu", 1}}, {}, {task("a", 0, 1_ms, {0})}});
    SimulatedSystem system{{{"cpu", 1}}, {}, {task("a", 0, 1_ms)}};
    system.tasks[0].moved = 1_MB;
    refuses(system);
    system.tasks[0].moved = {};
    system.tasks[0].servers = 2;
    refuses(system);
    EXPECT_THROW(static_cast<void>(simulate({{{"cpu", 1}}, {}, {task("a", 0, 1_ms)}}, ArrivalTrace{{2_s, 1_s}})),
                 std::logic_error);
}

}  // namespace
}  // namespace berth
