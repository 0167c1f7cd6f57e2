// Contents of a graph file before ids are mapped to positions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/placement/costed_graph.h"

namespace berth {

struct GraphDocument {
    struct Edge {
        std::int64_t source = 0, destination = 0;
        double cost = 0;
        SourceLocation where;
    };
    std::int64_t accelerators = 0, cpus = 0;
    double accelerator_memory = 0;
    std::vector<CostedNode> nodes;
    std::vector<Edge> edges;
    SourceLocation where;
};

/// Parses incrementally without a document tree, so memory is proportional to the retained data. Absent if the text is
/// not JSON.
[[nodiscard]] std::optional<GraphDocument> read_graph_document(std::string_view json, const std::string& file,
                                                               Diagnostics& diagnostics);

/// Maps ids to positions; reports duplicate ids, edges to unknown nodes, and cycles.
[[nodiscard]] CostedGraph graph_of(GraphDocument document, Diagnostics& diagnostics);

}  // namespace berth
