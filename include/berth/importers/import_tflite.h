// Import of TensorFlow Lite models as graphs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "berth/base/diagnostics.h"
#include "berth/importers/network_import.h"

namespace berth {

/// Reads a model without its weights: each operator is mapped to its ONNX equivalent, channels last, and then treated
/// as by import_onnx(). Quantised tensors keep no scales, since a stage states its precision; the multiply dtypes of
/// the file are in `products`. An open first axis gets the interpreter's size (usually 1) unless `dims` states another;
/// other open axes need a size. `options.part` selects one of several signatures. Errors, at the file: it cannot be
/// opened, is a Git LFS pointer, is no TFLite model, is truncated or damaged (checked before anything is read), refers
/// to a missing tensor, operator or subgraph; a missing or unknown signature; and those of import_onnx().
[[nodiscard]] std::optional<NetworkImport> import_tflite(const std::filesystem::path& path,
                                                         const NetworkOptions& options, Diagnostics& diagnostics);
/// The same from bytes; `name` stands for the file in messages.
[[nodiscard]] std::optional<NetworkImport> import_tflite(std::string_view bytes, const std::string& name,
                                                         const NetworkOptions& options, Diagnostics& diagnostics);

}  // namespace berth
