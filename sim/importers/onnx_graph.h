// The graph of a simplified ONNX network.
#pragma once

#include <optional>
#include <string>

#include "berth/importers/network_import.h"
#include "importers/onnx_network.h"
#include "importers/onnx_patterns.h"

namespace berth {

/// Converts every remaining node to one or more operators; a node that fits no kind becomes a pass over its data.
/// Errors, at the file `name`: an unknown shape, a tensor of an impossible size, nothing to compute.
[[nodiscard]] std::optional<NetworkImport> graph_of(OnnxNetwork network, OnnxPatterns patterns, const std::string& name,
                                                    Diagnostics& diagnostics);

/// Assigns categories. Products with weights directly before and after attention belong to attention, and so do the
/// data movements in between.
void assign_categories(Graph& graph);

}  // namespace berth
