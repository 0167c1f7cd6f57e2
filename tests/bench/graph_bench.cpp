// Time to read a model with its architecture, and to instantiate it for a workload.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

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

/// A chain of so many operators, written out; every other one is a product with the weights of the one before it.
std::string written_chain(std::int64_t operators) {
    std::string text = "model: chain\ngraph:\n  inputs: {x: {shape: [16, 64]}}\n  operators:\n";
    for (std::int64_t i = 0; i < operators; ++i) {
        const std::string read = i == 0 ? "x" : fmt::format("op.{}", i - 1);
        const std::string shared = i < 2 ? "" : fmt::format("table_of: op.{}, ", i - 2);
        text +=
            i % 2 == 0
                ? fmt::format(
                      "    - {{name: op.{}, op: matmul, inputs: [{}], {}m: 16, k: 64, n: 64, shape: [16, 64]}}\n", i,
                      read, shared)
                : fmt::format("    - {{name: op.{}, op: gelu, inputs: [{}], rows: 16, cols: 64, shape: [16, 64]}}\n", i,
                              read);
    }
    return text;
}

std::optional<Model> read_written(const YamlDocument& document) {
    Diagnostics diagnostics;
    return read_model(document.root(diagnostics), {});
}

YamlDocument parsed_chain(benchmark::State& state) {
    Diagnostics diagnostics;
    return YamlDocument::parse(written_chain(state.range(0)), "chain.yaml", diagnostics).value();
}

void read_written_graph(benchmark::State& state) {
    const YamlDocument document = parsed_chain(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(read_written(document));
    }
}
BENCHMARK(read_written_graph)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void instantiate_written_graph(benchmark::State& state) {
    const auto model = read_written(parsed_chain(state));
    Diagnostics diagnostics;
    for (auto _ : state) {
        benchmark::DoNotOptimize(instantiate(model.value(), {1, 1}, diagnostics));
    }
}
BENCHMARK(instantiate_written_graph)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace berth
