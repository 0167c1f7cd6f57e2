// The graph of a simplified ONNX network.
#pragma once

#include <optional>
#include <string>

#include "berth/network_import.h"
#include "importers/onnx_network.h"
#include "importers/onnx_patterns.h"

namespace berth {

/// Every node that is left becomes one operator or a few; what no kind fits becomes a pass over its data. Errors, at
/// the file `name`: a shape that is not known, a tensor of no possible size, nothing to compute.
[[nodiscard]] std::optional<NetworkImport> graph_of(OnnxNetwork network, OnnxPatterns patterns, const std::string& name,
                                                    Diagnostics& diagnostics);

/// Products with weights right before and after attention belong to it, and so do the moves between.
void assign_categories(Graph& graph);

}  // namespace berth
