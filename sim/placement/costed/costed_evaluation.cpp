// Cost and validity of an assignment, computed directly from the definitions.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "berth/placement/costed_placement.h"
#include "placement/costed/block_schedule.h"
#include "placement/tolerances.h"

namespace berth {

namespace {

std::size_t position(int node) { return static_cast<std::size_t>(node); }

std::string name_of(const CostedNode& node) {
    return node.name.empty() ? fmt::format("node {}", node.id) : fmt::format("node {} ({})", node.id, node.name);
}

std::string split_class(const CostedGraph& graph, const Assignment& assignment) {
    std::unordered_map<std::int64_t, std::size_t> first;
    for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
        if (!graph.nodes[node].color) {
            continue;
        }
        const auto [found, is_new] = first.emplace(*graph.nodes[node].color, node);
        if (!is_new && assignment[found->second] != assignment[node]) {
            return fmt::format("colour class {} is split between {} and {}", *graph.nodes[node].color,
                               name_of(graph.nodes[found->second]), name_of(graph.nodes[node]));
        }
    }
    return "";
}

}  // namespace

bool is_accelerator(const CostedGraph& graph, CostedDevice device) {
    return device >= 0 && position(device) < graph.accelerators;
}

std::string device_name(const CostedGraph& graph, CostedDevice device) {
    if (is_accelerator(graph, device)) {
        return fmt::format("accelerator{}", device);
    }
    return graph.cpus > 1 ? fmt::format("cpu{}", position(device) - graph.accelerators) : "cpu";
}

std::vector<DeviceLoad> device_loads(const CostedGraph& graph, const Assignment& assignment) {
    std::vector<DeviceLoad> loads(graph.accelerators + graph.cpus);
    for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
        const CostedNode& costs = graph.nodes[node];
        DeviceLoad& load = loads[position(assignment[node])];
        const bool fast = is_accelerator(graph, assignment[node]);
        ++load.nodes;
        load.computing += fast ? costs.accelerator_time : costs.cpu_time;
        load.size += costs.size;
    }
    for (auto edge = graph.edges.begin(); edge != graph.edges.end();) {
        const int producer = edge->first;
        const CostedDevice home = assignment[position(producer)];
        std::vector<CostedDevice> readers;
        for (; edge != graph.edges.end() && edge->first == producer; ++edge) {
            readers.push_back(assignment[position(edge->second)]);
        }
        std::ranges::sort(readers);
        readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
        std::erase(readers, home);
        const double transfer = graph.nodes[position(producer)].transfer;
        if (!readers.empty() && is_accelerator(graph, home)) {
            loads[position(home)].sending += transfer;
        }
        for (const CostedDevice reader : readers) {
            if (is_accelerator(graph, reader)) {
                loads[position(reader)].receiving += transfer;
            }
        }
    }
    return loads;
}

std::string violation(const CostedGraph& graph, const Assignment& assignment) {
    for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
        const CostedDevice device = assignment[node];
        if (device < 0 || position(device) >= graph.accelerators + graph.cpus) {
            return fmt::format("{} has no device", name_of(graph.nodes[node]));
        }
        if (is_accelerator(graph, device) && !graph.nodes[node].on_accelerator) {
            return fmt::format("{} cannot run on an accelerator", name_of(graph.nodes[node]));
        }
    }
    std::string split = split_class(graph, assignment);
    if (!split.empty()) {
        return split;
    }
    const auto loads = device_loads(graph, assignment);
    for (std::size_t device = 0; device < graph.accelerators; ++device) {
        if (!fits(loads[device].size, graph.accelerator_memory)) {
            return fmt::format("{} holds {} of {}", device_name(graph, static_cast<CostedDevice>(device)),
                               loads[device].size, graph.accelerator_memory);
        }
    }
    if (!BlockSchedule(graph).latency(assignment)) {
        return "a path leaves the block of an accelerator and comes back to it";
    }
    return "";
}

std::optional<double> throughput_load(const CostedGraph& graph, const Assignment& assignment) {
    if (!violation(graph, assignment).empty()) {
        return std::nullopt;
    }
    double largest = 0;
    for (const DeviceLoad& load : device_loads(graph, assignment)) {
        largest = std::max(largest, load.total());
    }
    return largest;
}

}  // namespace berth
