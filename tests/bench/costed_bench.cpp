// Time to place costed graphs: the published ones from their files, larger ones of the same structure, a long chain.
#include <benchmark/benchmark.h>

#include <string>

#include "berth/placement/costed_placement.h"

namespace berth {
namespace {

const std::string kGraphs = std::string(BERTH_SOURCE_DIR) + "/scenarios/placement-graphs/";

void place_throughput_file(benchmark::State& state) {
    for (auto _ : state) {
        Diagnostics diagnostics;
        const auto graph = load_costed_graph(kGraphs + "bert3-throughput.json", diagnostics);
        const auto placement = throughput_placement(*graph, diagnostics);
        state.counters["proved"] = placement->proved_optimal ? 1 : 0;
    }
}
BENCHMARK(place_throughput_file)->Unit(benchmark::kMillisecond);

void place_latency_file(benchmark::State& state) {
    for (auto _ : state) {
        Diagnostics diagnostics;
        const auto graph = load_costed_graph(kGraphs + "bert3-latency.json", diagnostics);
        const auto placement = latency_placement(*graph, diagnostics);
        state.counters["gap_percent"] = 100 * placement->gap();
    }
}
BENCHMARK(place_latency_file)->Unit(benchmark::kMillisecond);

// Blocks of eight operators with a residual around them.
CostedGraph chain_of_blocks(int nodes) {
    CostedGraph graph;
    graph.accelerators = 6;
    graph.cpus = 1;
    graph.accelerator_memory = nodes;
    for (int node = 0; node < nodes; ++node) {
        CostedNode costs;
        costs.id = node;
        costs.cpu_time = 20 + node % 7;
        costs.accelerator_time = 1 + 0.1 * (node % 5);
        costs.size = 1;
        costs.transfer = node % 8 == 0 ? 1 : 4;
        graph.nodes.push_back(costs);
        if (node > 0) {
            graph.edges.emplace_back(node - 1, node);
        }
        if (node % 8 == 0 && node + 8 < nodes) {
            graph.edges.emplace_back(node, node + 8);
        }
    }
    return graph;
}

void place_throughput_chain(benchmark::State& state) {
    const CostedGraph graph = chain_of_blocks(static_cast<int>(state.range(0)));
    for (auto _ : state) {
        Diagnostics diagnostics;
        const auto placement = throughput_placement(graph, diagnostics);
        state.counters["gap_percent"] = 100 * placement->gap();
    }
}
BENCHMARK(place_throughput_chain)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void place_latency_chain(benchmark::State& state) {
    const CostedGraph graph = chain_of_blocks(static_cast<int>(state.range(0)));
    for (auto _ : state) {
        Diagnostics diagnostics;
        const auto placement = latency_placement(graph, diagnostics);
        state.counters["gap_percent"] = 100 * placement->gap();
    }
}
BENCHMARK(place_latency_chain)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace berth
