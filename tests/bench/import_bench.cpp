// A graph of 100 000 operators: read from ONNX bytes or from a model file, checked, instantiated and costed.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "bench_fixtures.h"
#include "berth/cost/plan.h"
#include "berth/importers/import_onnx.h"
#include "berth/scenario/scenario.h"

namespace berth {
namespace {

// Minimal protocol buffer encoder for a graph: numbers and length-prefixed bytes.
std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 0x80; value >>= 7U) {
        bytes += static_cast<char>((value & 0x7fU) | 0x80U);
    }
    return bytes + static_cast<char>(value);
}
std::string number(std::uint64_t field, std::uint64_t value) { return varint(field << 3U) + varint(value); }
std::string bytes(std::uint64_t field, const std::string& content) {
    return varint((field << 3U) | 2U) + varint(content.size()) + content;
}

std::string value_info(const std::string& name) {
    const std::string shape = bytes(1, number(1, 128)) + bytes(1, number(1, 64));
    return bytes(1, name) + bytes(2, bytes(1, number(1, 1) + bytes(2, shape)));
}

/// A chain of x W, GELU, and a residual addition, repeated.
std::string chain_of(int operators) {
    std::string graph =
        bytes(11, value_info("x0")) + bytes(5, number(1, 64) + number(1, 64) + number(2, 1) + bytes(8, "w"));
    std::string last = "x0";
    for (int i = 0; i < operators; i += 3) {
        const std::string at = std::to_string(i);
        const auto node = [&](const std::string& op, const std::string& a, const std::string& b,
                              const std::string& to) {
            graph +=
                bytes(1, bytes(1, a) + (b.empty() ? "" : bytes(1, b)) + bytes(2, to) + bytes(3, to) + bytes(4, op));
        };
        node("MatMul", last, "w", "m" + at);
        node("Gelu", "m" + at, "", "g" + at);
        node("Add", "g" + at, last, "a" + at);
        last = "a" + at;
    }
    return bytes(7, graph + bytes(12, value_info(last)));
}

Profile profile() {
    Diagnostics diagnostics;
    const Library library{{std::filesystem::path(BERTH_SOURCE_DIR)}};
    return loaded(load_hardware(library, "rk3588-rknn-2.3.2", {}, SourceLocation("bench"), diagnostics), diagnostics);
}

constexpr int kOperators = 99'999;

void onnx_to_cost(benchmark::State& state) {
    const std::string model = chain_of(kOperators);
    const Profile chip = profile();
    for (auto _ : state) {
        Diagnostics diagnostics;
        NetworkImport import = loaded(import_onnx(model, "chain.onnx", {}, diagnostics), diagnostics);
        apply_precision(import.graph, {DType::kInt8, {}}, diagnostics);
        benchmark::DoNotOptimize(plan_device(import.graph, chip, 0, {1, {}}));
    }
    state.counters["operators/s"] = benchmark::Counter(
        static_cast<double>(kOperators) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(onnx_to_cost)->Unit(benchmark::kMillisecond);

void model_file_to_graph(benchmark::State& state) {
    Diagnostics diagnostics;
    const NetworkImport import = loaded(import_onnx(chain_of(kOperators), "chain.onnx", {}, diagnostics), diagnostics);
    const std::string text = written_model(import, "chain", "bench");
    for (auto _ : state) {
        const auto document = YamlDocument::parse(text, "chain.yaml", diagnostics);
        const Model model = loaded(read_model(document->root(diagnostics), {}), diagnostics);
        benchmark::DoNotOptimize(loaded(instantiate(model, {1, 1}, diagnostics), diagnostics));
    }
}
BENCHMARK(model_file_to_graph)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace berth
