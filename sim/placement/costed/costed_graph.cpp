// Builds a graph from the parsed document: edges by position, transfers per producer.
#include "berth/placement/costed_graph.h"

#include <utility>

#include "berth/base/atomic_file.h"
#include "placement/costed/graph_document.h"

namespace berth {

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
