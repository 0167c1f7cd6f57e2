// Time to read a model with its architecture, and to instantiate it for a workload.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "berth/graph/model.h"

namespace berth {
namespace {

std::optional<Model> read_reranker() {
    const auto models = std::filesystem::path(BERTH_SOURCE_DIR) / "models";
    Diagnostics diagnostics;
    const auto document = YamlDocument::load(models / "ms-marco-MiniLM-L-12-v2.yaml", diagnostics);
    return document ? read_model(document->root(diagnostics), models / "architectures") : std::nullopt;
}

void read_model_files(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(read_reranker());
    }
}
BENCHMARK(read_model_files)->Unit(benchmark::kMicrosecond);

void instantiate_model(benchmark::State& state) {
    const auto model = read_reranker();
    Diagnostics diagnostics;
    for (auto _ : state) {
        benchmark::DoNotOptimize(instantiate(model.value(), {1, 512}, diagnostics));
    }
}
BENCHMARK(instantiate_model)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace berth
