// What was read as a graph: edges by position, transfers per producer, an order.
#include "berth/costed_graph.h"

#include <utility>

#include "berth/atomic_file.h"
#include "placement/costed/graph_document.h"

namespace berth {

std::vector<int> topological_order(std::size_t nodes, const std::vector<std::pair<int, int>>& edges) {
    std::vector<std::size_t> first(nodes + 1);
    std::vector<int> waiting(nodes);
    for (const auto& [producer, consumer] : edges) {
        ++first[static_cast<std::size_t>(producer) + 1];
        ++waiting[static_cast<std::size_t>(consumer)];
    }
    for (std::size_t node = 0; node < nodes; ++node) {
        first[node + 1] += first[node];
    }
    std::vector<int> consumers(edges.size());
    std::vector<std::size_t> filled(first.begin(), first.end() - 1);
    for (const auto& [producer, consumer] : edges) {
        consumers[filled[static_cast<std::size_t>(producer)]++] = consumer;
    }
    std::vector<int> order;
    order.reserve(nodes);
    for (std::size_t node = 0; node < nodes; ++node) {
        if (waiting[node] == 0) {
            order.push_back(static_cast<int>(node));
        }
    }
    for (std::size_t next = 0; next < order.size(); ++next) {
        const auto node = static_cast<std::size_t>(order[next]);
        for (std::size_t edge = first[node]; edge < first[node + 1]; ++edge) {
            if (--waiting[static_cast<std::size_t>(consumers[edge])] == 0) {
                order.push_back(consumers[edge]);
            }
        }
    }
    return order;
}

std::optional<CostedGraph> read_costed_graph(std::string_view json, const std::string& file, Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    auto document = read_graph_document(json, file, diagnostics);
    if (!document || diagnostics.error_count() != errors_before) {
        return std::nullopt;
    }
    auto graph = graph_of(std::move(*document), diagnostics);
    return diagnostics.error_count() == errors_before ? std::optional(std::move(graph)) : std::nullopt;
}

std::optional<CostedGraph> load_costed_graph(const std::filesystem::path& path, Diagnostics& diagnostics) {
    const auto text = read_file(path, diagnostics);
    return text ? read_costed_graph(*text, path.string(), diagnostics) : std::nullopt;
}

}  // namespace berth
