// The steps of an import of a network, whatever file it came from.
#pragma once

#include <optional>
#include <string>

#include "berth/network_import.h"
#include "importers/onnx_file.h"

namespace berth {

/// Shapes, patterns, operators; then what is lost, refused or told of. Null, with errors, if it does not come to a
/// graph.
[[nodiscard]] std::optional<NetworkImport> import_network(const OnnxFile& file, const std::string& name,
                                                          const NetworkOptions& options, Diagnostics& diagnostics);

}  // namespace berth
