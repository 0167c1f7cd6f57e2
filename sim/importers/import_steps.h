// Import of a network, common to all file formats.
#pragma once

#include <optional>
#include <string>

#include "berth/importers/network_import.h"
#include "importers/onnx_file.h"

namespace berth {

/// Runs the steps: infers shapes, fuses patterns, converts nodes to operators, then reports losses and refuses those
/// that are too large. Null, with errors, if no graph results.
[[nodiscard]] std::optional<NetworkImport> import_network(const OnnxFile& file, const std::string& name,
                                                          const NetworkOptions& options, Diagnostics& diagnostics);

}  // namespace berth
