// Events per second of the simulator, and an hour of traffic.
#include <benchmark/benchmark.h>

#include "berth/simulation/simulation.h"

namespace berth {
namespace {

using namespace literals;

// Embedding on one device, a search, five reranking passes on another, each a hand-over, a dispatch and a segment.
SimulatedSystem retrieval() {
    SimulatedSystem system{{{"npu", 1}, {"cpu", 1}, {"dispatch", 1}, {"link", 1}}, {{"dram", 24_GBps}}, {}};
    const auto add = [&](std::size_t pool, Time work, Bytes moved = {}) {
        SimulatedTask task;
        task.pool = pool;
        task.work = work;
        if (moved > Bytes{}) {
            task.bandwidth = 0;
            task.moved = moved;
        }
        if (!system.tasks.empty()) {
            task.after = {system.tasks.size() - 1};
        }
        system.tasks.push_back(task);
    };
    add(3, 0.1_ms);
    add(2, 0.05_ms);
    add(0, 37_ms, 50_MB);
    add(1, 26_ms, 20_MB);
    for (int pass = 0; pass < 5; ++pass) {
        add(3, 0.1_ms);
        add(2, 0.05_ms);
        add(0, 21_ms, 70_MB);
    }
    return system;
}

void count(benchmark::State& state, std::uint64_t events) {
    state.counters["events"] =
        benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsIterationInvariantRate);
}

void simulate_queue(benchmark::State& state) {
    const SimulatedSystem system{{{"npu", 1}}, {}, {{"serve", 0, 1, 1_ms, {}, {}, {}, {}, {}}}};
    std::uint64_t events = 0;
    for (auto _ : state) {
        events = simulate(system, PoissonArrivals{hertz(700)}, {1'000'000, 1'000}).events;
    }
    count(state, events);
}
BENCHMARK(simulate_queue)->Unit(benchmark::kMillisecond);

void simulate_saturated_pipeline(benchmark::State& state) {
    const SimulatedSystem system = retrieval();
    std::uint64_t events = 0;
    for (auto _ : state) {
        events = simulate(system, ClosedLoop{8, {}, {}}, {50'000, 1'000}).events;
    }
    count(state, events);
}
BENCHMARK(simulate_saturated_pipeline)->Unit(benchmark::kMillisecond);

void simulate_an_hour_at_5_per_second(benchmark::State& state) {
    const SimulatedSystem system = retrieval();
    for (auto _ : state) {
        const auto result = simulate(system, PoissonArrivals{hertz(5)}, {18'000, 0});
        state.counters["stable"] = result.stable ? 1 : 0;
        state.counters["p95_ms"] = result.latency ? in_milliseconds(result.latency->p95.value) : 0;
    }
}
BENCHMARK(simulate_an_hour_at_5_per_second)->Unit(benchmark::kMillisecond);

// The simulation of `berth run` for a stream with many operators per request on one device, until the tail converges.
void simulate_until_known(benchmark::State& state) {
    SimulatedSystem system{{{"npu", 1}}, {}, {}};
    for (int slice = 0; slice < state.range(0); ++slice) {
        SimulatedTask task;
        task.work = 800_ms / static_cast<double>(state.range(0));
        if (slice > 0) {
            task.after = {system.tasks.size() - 1};
        }
        system.tasks.push_back(task);
    }
    SimulationOptions options;
    options.requests = 100'000;
    options.precision = kStreamPrecision;
    for (auto _ : state) {
        const auto result = simulate(system, PoissonArrivals{hertz(0.8)}, options);
        state.counters["requests"] = static_cast<double>(result.completed);
        state.counters["precision"] = result.latency->precision();
    }
}
BENCHMARK(simulate_until_known)->Arg(1)->Arg(128)->Arg(1024)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace berth
