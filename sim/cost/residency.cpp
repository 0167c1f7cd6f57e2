// What stays on chip: liveness of tensors over the execution order against the level that keeps them.
#include <algorithm>

#include "cost/lowering.h"

namespace berth {

namespace {

struct Life {
    std::size_t first = 0, last = 0;
};

Life life_of(const Graph& graph, const Tensor& tensor) {
    Life life;
    life.first = tensor.producer == kNoOperator ? 0 : static_cast<std::size_t>(tensor.producer);
    life.last = life.first;
    for (const OperatorId consumer : tensor.consumers) {
        life.last = std::max(life.last, static_cast<std::size_t>(consumer));
    }
    if (tensor.graph_output) {
        life.last = graph.operators.size() - 1;
    }
    return life;
}

// Capacity of the levels that keep tensors between kernels, over the cores in use.
Bytes keeping_capacity(const Device& device, int cores) {
    Bytes capacity;
    for (const MemoryLevel& level : device.memories) {
        if (level.keeps_tensors) {
            capacity = std::max(capacity, level.capacity.value *
                                              (level.share == MemoryShare::kCore ? static_cast<double>(cores) : 1.0));
        }
    }
    return capacity;
}

}  // namespace

Residency plan_residency(const Graph& graph, const std::vector<Bytes>& tensor_sizes, Bytes weights,
                         const Device& device, int cores) {
    const std::size_t steps = graph.operators.size();
    std::vector<Bytes> change(steps + 1);
    std::vector<Life> lives;
    lives.reserve(graph.tensors.size());
    for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
        lives.push_back(life_of(graph, graph.tensors[t]));
        change[lives[t].first] += tensor_sizes[t];
        change[lives[t].last + 1] -= tensor_sizes[t];
    }
    std::vector<Bytes> live(steps);
    Bytes now;
    Residency residency;
    for (std::size_t i = 0; i < steps; ++i) {
        now += change[i];
        live[i] = now;
        residency.peak = std::max(residency.peak, now);
    }
    const Bytes capacity = keeping_capacity(device, cores);
    residency.weights_on_chip = weights + residency.peak <= capacity;
    residency.on_chip.assign(graph.tensors.size(), false);
    for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
        const auto from = live.begin() + static_cast<std::ptrdiff_t>(lives[t].first);
        const auto to = live.begin() + static_cast<std::ptrdiff_t>(lives[t].last) + 1;
        residency.on_chip[t] = *std::max_element(from, to) <= capacity;
        if (!residency.on_chip[t] && graph.tensors[t].producer != kNoOperator) {
            residency.spilled += tensor_sizes[t];
        }
    }
    return residency;
}

}  // namespace berth
