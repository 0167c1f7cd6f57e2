// Design points per second: whole-model latency of MiniLM-L12 on both devices with its optimal placement, as CSV rows.
// The argument is the number of threads; `points/s/core` divides by it.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <stdexcept>

#include "berth/report/sweep_report.h"

namespace berth {
namespace {

constexpr std::size_t kMostPoints = 2'000'000;

Sweep prepared(const std::vector<std::string>& vary, const std::string& granularity) {
    Diagnostics diagnostics;
    std::vector<SweepAxis> axes;
    for (const std::string& text : vary) {
        axes.push_back(parse_axis(text, kMostPoints, diagnostics).value_or(SweepAxis{}));
    }
    const std::vector<Override> settings{{"stages.embed.enabled", "false"},
                                         {"stages.retrieve.enabled", "false"},
                                         {"stages.rerank.granularity", granularity}};
    auto sweep = Sweep::prepare({{{std::filesystem::path(BERTH_SOURCE_DIR)}}, "rag-rk3588", settings}, std::move(axes),
                                kMostPoints, diagnostics);
    if (!sweep) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*sweep);
}

void run(benchmark::State& state, const std::vector<std::string>& vary, const std::string& granularity) {
    const Sweep sweep = prepared(vary, granularity);
    const SweepRows rows(sweep);
    const int threads = static_cast<int>(state.range(0));
    std::size_t bytes = 0;
    for (auto _ : state) {
        sweep.write(
            0, sweep.size(), threads,
            [&rows](std::size_t at, const SweepPoint& point, std::string& text) { rows.add(at, point, text); },
            [&bytes](std::size_t, const std::string& text) {
                bytes += text.size();
                return true;
            });
    }
    const double points = static_cast<double>(sweep.size()) * static_cast<double>(state.iterations());
    state.counters["points/s"] = benchmark::Counter(points, benchmark::Counter::kIsRate);
    state.counters["points/s/core"] = benchmark::Counter(points / threads, benchmark::Counter::kIsRate);
    benchmark::DoNotOptimize(bytes);
}

// Numbers of both devices, so that every kernel is costed again at every point.
const std::vector<std::string> kHardware{
    "hardware.devices.npu.dma.bandwidth=5 GB/s:25 GB/s:x1.1", "hardware.devices.cpu.dma.limit=18 GB/s:30 GB/s:x1.1",
    "hardware.links.0.per_crossing=10us:200us:x1.1", "hardware.devices.npu.matrix.efficiency=0.5:0.95:0.05",
    "hardware.devices.npu.clock=600MHz:1GHz:100MHz"};
const std::vector<std::string> kMemory{"hardware.devices.npu.memories.sram.capacity=128KiB:8MiB:x1.1",
                                       "hardware.devices.npu.dma.bandwidth=5 GB/s:25 GB/s:x1.1",
                                       "hardware.links.0.per_crossing=10us:200us:x1.1"};
const std::vector<std::string> kTokens{
    "stages.rerank.tokens=16:512:16", "hardware.devices.npu.dma.bandwidth=5 GB/s:25 GB/s:x1.1",
    "hardware.devices.cpu.dma.limit=18 GB/s:30 GB/s:x1.1", "hardware.links.0.per_crossing=10us:200us:x1.1"};

void sweep_hardware(benchmark::State& state) { run(state, kHardware, "model"); }
void sweep_hardware_split(benchmark::State& state) { run(state, kHardware, "operator"); }
void sweep_capacity_split(benchmark::State& state) { run(state, kMemory, "operator"); }
void sweep_tokens(benchmark::State& state) { run(state, kTokens, "model"); }
void sweep_tokens_split(benchmark::State& state) { run(state, kTokens, "operator"); }

void threads(benchmark::internal::Benchmark* one) {
    one->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
}
BENCHMARK(sweep_hardware)->Apply(threads);
BENCHMARK(sweep_hardware_split)->Apply(threads);
BENCHMARK(sweep_capacity_split)->Apply(threads);
BENCHMARK(sweep_tokens)->Apply(threads);
BENCHMARK(sweep_tokens_split)->Apply(threads);

}  // namespace
}  // namespace berth
