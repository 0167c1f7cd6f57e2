// Time of exact placement over the number of operators: chains of transformer-like blocks with residuals.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <random>

#include "berth/placement/placement.h"

namespace berth {
namespace {

// Random costs from a fixed seed; every third block can fuse, one operator in fifty runs on the host only.
PlacementProblem encoder_like(std::size_t operators, std::size_t devices) {
    std::mt19937 random(7);
    std::uniform_real_distribution<double> cost(10.0, 400.0);
    std::uniform_real_distribution<double> crossing(20.0, 120.0);
    PlacementProblem problem;
    problem.devices = devices;
    problem.activation.assign(devices, microseconds(200));
    const auto flow = [&](OperatorId producer, std::vector<OperatorId> consumers) {
        PlacementProblem::TensorFlow result;
        result.producer = producer;
        result.consumers = std::move(consumers);
        const Time time = microseconds(crossing(random));
        result.crossing.assign(devices, std::vector<Time>(devices, time));
        return result;
    };
    for (std::size_t op = 0; op < operators; ++op) {
        auto& row = problem.cost.emplace_back();
        for (std::size_t device = 0; device < devices; ++device) {
            row.push_back(device > 0 && op % 50 == 7 ? std::nullopt : std::optional(microseconds(cost(random))));
        }
        const auto id = static_cast<OperatorId>(op);
        std::vector<OperatorId> consumers;
        for (const OperatorId distance : {1, op % 5 == 0 ? 2 : 1, op % 12 == 0 ? 9 : 1}) {
            if (static_cast<std::size_t>(id + distance) < operators) {
                consumers.push_back(id + distance);
            }
        }
        problem.flows.push_back(flow(id, consumers));
        if (op % 3 == 1) {
            problem.fusion.push_back({id - 1, id, static_cast<DeviceId>(devices - 1), microseconds(30)});
        }
    }
    problem.flows.push_back(flow(kNoOperator, {0}));
    problem.flows[operators - 1].to_host = true;
    return problem;
}

void minimum_cut(benchmark::State& state) {
    const PlacementProblem problem = encoder_like(static_cast<std::size_t>(state.range(0)), 2);
    for (auto _ : state) {
        benchmark::DoNotOptimize(minimum_cut_placement(problem));
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(minimum_cut)->Arg(100)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void three_devices(benchmark::State& state) {
    const PlacementProblem problem = encoder_like(static_cast<std::size_t>(state.range(0)), 3);
    for (auto _ : state) {
        const auto result = best_placement(problem);
        state.counters["gap_percent"] = 100.0 * result->gap();
        benchmark::DoNotOptimize(result);
    }
}
BENCHMARK(three_devices)->Arg(100)->Arg(1'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace berth
