// Feasibility checks per node, per colour class, and in total.
#include "placement/costed/feasibility.h"

#include <fmt/format.h>

#include <map>

namespace berth {

namespace {

constexpr std::string_view kExpected = "a CPU (maxCPUs), or constraints that an accelerator meets";

std::string excuse(const CostedGraph& graph, bool supported, double size) {
    if (graph.accelerators == 0) {
        return "maxFPGAs is 0";
    }
    if (!supported) {
        return "supportedOnFpga is false";
    }
    return size > graph.accelerator_memory
               ? fmt::format("its size {} is above maxSizePerFPGA {}", size, graph.accelerator_memory)
               : "";
}

}  // namespace

bool is_placeable(const CostedGraph& graph, Diagnostics& diagnostics) {
    if (graph.cpus > 0) {
        return true;
    }
    struct Class {
        double size = 0;
        std::size_t nodes = 0;
        SourceLocation where;
    };
    const std::size_t errors_before = diagnostics.error_count();
    std::map<std::int64_t, Class> classes;
    double total = 0;
    for (const CostedNode& node : graph.nodes) {
        const std::string why = excuse(graph, node.on_accelerator, node.size);
        if (!why.empty()) {
            diagnostics.error(node.where, fmt::format("node {} has no device: {}, and maxCPUs is 0", node.id, why),
                              std::string(kExpected));
        }
        total += node.size;
        if (node.color) {
            Class& of_node = classes.try_emplace(*node.color, Class{0, 0, node.where}).first->second;
            of_node.size += node.size;
            ++of_node.nodes;
        }
    }
    for (const auto& [color, members] : classes) {
        if (graph.accelerators > 0 && members.nodes > 1 && members.size > graph.accelerator_memory) {
            diagnostics.error(members.where,
                              fmt::format("colour class {} has no device: its {} nodes take {} together, "
                                          "maxSizePerFPGA is {}, and maxCPUs is 0",
                                          color, members.nodes, members.size, graph.accelerator_memory),
                              std::string(kExpected));
        }
    }
    const double held = static_cast<double>(graph.accelerators) * graph.accelerator_memory;
    if (diagnostics.error_count() == errors_before && total > held) {
        diagnostics.error(
            graph.nodes.front().where,
            fmt::format("the graph has no place: its nodes take {} together, {} accelerators hold {}, and "
                        "maxCPUs is 0",
                        total, graph.accelerators, held),
            std::string(kExpected));
    }
    return diagnostics.error_count() == errors_before;
}

}  // namespace berth
