// The steps of an import of a network, whatever file it came from.
#pragma once

#include <optional>
#include <string>

#include "berth/import_onnx.h"
#include "importers/onnx_file.h"

namespace berth {

/// Shapes, patterns, operators; then what is lost, refused or told of. Null, with errors, if it does not come to a
/// graph.
[[nodiscard]] std::optional<OnnxImport> import_network(const OnnxFile& file, const std::string& name,
                                                       const OnnxOptions& options, Diagnostics& diagnostics);

}  // namespace berth
