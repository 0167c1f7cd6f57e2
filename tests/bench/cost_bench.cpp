// Speed of the cost model: one kernel, one model on one device, one scenario, and loading that scenario.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <stdexcept>

#include "bench_fixtures.h"
#include "berth/analysis/findings.h"
#include "berth/cost/plan.h"
#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {
namespace {

Library library() { return {{std::filesystem::path(BERTH_SOURCE_DIR)}}; }

const Scenario& rag() {
    static const Scenario scenario = [] {
        Diagnostics diagnostics;
        return loaded(load_scenario(library(), "rag-rk3588", {}, diagnostics), diagnostics);
    }();
    return scenario;
}

Graph reranker(std::int64_t tokens) {
    Diagnostics diagnostics;
    const auto& stage = std::get<ModelStage>(rag().stages.back().work);
    Graph graph = loaded(instantiate(stage.model, {1, tokens}, diagnostics), diagnostics);
    apply_precision(graph, stage.precision, diagnostics);
    return graph;
}

void kernel_of_matmul(benchmark::State& state) {
    Kernel kernel;
    kernel.kind = OperatorKind::kMatmul;
    kernel.dims = MatmulDims{1, 512, 384, 1536, true, true};
    kernel.input = kernel.weight = kernel.output = DType::kInt8;
    const Device& device = rag().profile.devices[static_cast<std::size_t>(state.range(0))];
    for (auto _ : state) {
        benchmark::DoNotOptimize(kernel_cost(kernel, device, {1, {}}));
    }
}
BENCHMARK(kernel_of_matmul)->ArgName("device")->Arg(0)->Arg(1);

// Tile selection only, for 16 shapes in turn; device 0 has a row tile, device 1 chooses among dataflows.
void tile_of_matmul(benchmark::State& state) {
    const Device& device = rag().profile.devices[static_cast<std::size_t>(state.range(0))];
    const DType dtype = state.range(0) == 0 ? DType::kFp16 : DType::kFp32;
    std::int64_t shape = 0;
    for (auto _ : state) {
        shape = (shape + 1) % 16;
        const MatmulDims dims{1, 64 + 32 * shape, 384 + 64 * shape, 1536, true, true};
        benchmark::DoNotOptimize(matmul_tile(dims, dtype, dtype, device, false));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(tile_of_matmul)->ArgName("device")->Arg(0)->Arg(1);

// One whole-model evaluation of MiniLM-L12: lowering, fusion, conversions, residency and every kernel.
void plan_minilm_l12(benchmark::State& state) {
    const Graph graph = reranker(512);
    for (auto _ : state) {
        benchmark::DoNotOptimize(plan_device(graph, rag().profile, static_cast<DeviceId>(state.range(0)), {1, {}}));
    }
}
BENCHMARK(plan_minilm_l12)->ArgName("device")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

// The same plan costed with other profile numbers, as uncertainty and calibration require.
void recost_minilm_l12(benchmark::State& state) {
    const DevicePlan plan = plan_device(reranker(512), rag().profile, 0, {1, {}});
    for (auto _ : state) {
        for (const Kernel& kernel : plan.kernels) {
            benchmark::DoNotOptimize(kernel_cost(kernel, rag().profile.devices.front(), plan.execution));
        }
    }
}
BENCHMARK(recost_minilm_l12)->Unit(benchmark::kMicrosecond);

void load_rag(benchmark::State& state) {
    for (auto _ : state) {
        Diagnostics diagnostics;
        benchmark::DoNotOptimize(load_scenario(library(), "rag-rk3588", {}, diagnostics));
    }
}
BENCHMARK(load_rag)->Unit(benchmark::kMicrosecond);

void evaluate_rag(benchmark::State& state) {
    for (auto _ : state) {
        Diagnostics diagnostics;
        benchmark::DoNotOptimize(evaluate(rag(), diagnostics));
    }
}
BENCHMARK(evaluate_rag)->Unit(benchmark::kMicrosecond);

void find_in_rag(benchmark::State& state) {
    Diagnostics diagnostics;
    const auto result = evaluate(rag(), diagnostics);
    for (auto _ : state) {
        benchmark::DoNotOptimize(findings(rag(), *result));
    }
}
BENCHMARK(find_in_rag)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace berth
