// The steps of an import one after the other, and what they have to say.
#include "berth/import_onnx.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "graph/size_rules.h"
#include "importers/onnx_graph.h"

namespace berth {

namespace {

void warn(const OnnxImport& import, const std::string& name, Diagnostics& diagnostics) {
    if (!import.unknown.empty()) {
        std::vector<std::string> names;
        for (const auto& [op, count] : import.unknown) {
            names.push_back(fmt::format("{} ({})", op, count));
        }
        diagnostics.warning(SourceLocation(name), fmt::format("unknown operators count as a pass over their data: {}",
                                                              fmt::join(names, ", ")));
    }
    if (import.integer_products > 0) {
        diagnostics.warning(SourceLocation(name),
                            fmt::format("{} products are in integers in the file; here the dtype that is asked for "
                                        "decides, such as int8",
                                        import.integer_products));
    }
}

std::optional<OnnxImport> imported(const std::optional<OnnxFile>& file, const std::string& name, const DimSizes& dims,
                                   Diagnostics& diagnostics) {
    auto flow = file ? follow_shapes(*file, name, dims, diagnostics) : std::nullopt;
    if (!flow) {
        return std::nullopt;
    }
    OnnxNetwork network(std::move(*flow));
    OnnxPatterns patterns = find_patterns(network);
    auto import = graph_of(std::move(network), std::move(patterns), name, diagnostics);
    if (import) {
        import->graph.name = std::string(file->graph_name);
        warn(*import, name, diagnostics);
    }
    return import;
}

}  // namespace

std::optional<OnnxImport> import_onnx(const std::filesystem::path& path, const DimSizes& dims,
                                      Diagnostics& diagnostics) {
    return imported(read_onnx_file(path, diagnostics), path.string(), dims, diagnostics);
}

std::optional<OnnxImport> import_onnx(std::string_view bytes, const std::string& name, const DimSizes& dims,
                                      Diagnostics& diagnostics) {
    return imported(parse_onnx(bytes, name, diagnostics), name, dims, diagnostics);
}

Model model_of(OnnxImport import, const std::string& name, const SourceLocation& where) {
    Architecture architecture;
    architecture.name = kWrittenGraph;
    if (import.tokens > 0) {
        architecture.checks.push_back(at_most_tokens(import.tokens, where));
    }
    import.graph.name = name;
    Model model;
    model.name = name;
    model.where = where;
    model.architecture = std::make_shared<const Architecture>(std::move(architecture));
    model.graph = std::make_shared<const Graph>(std::move(import.graph));
    return model;
}

}  // namespace berth
