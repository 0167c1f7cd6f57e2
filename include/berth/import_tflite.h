// TensorFlow Lite models into graphs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "berth/diagnostics.h"
#include "berth/network_import.h"

namespace berth {

/// Reads a model without its weights: each operator stands as what it is in ONNX, with its channels last, and from
/// there on as import_onnx() says. Quantised tensors keep no scales, since a stage says what precision it runs at; what
/// the file multiplies at is in `products`. A first axis that the file leaves open has the size that the interpreter
/// gives it (1 as a rule) unless `dims` says otherwise; other open axes need a size. Of several signatures
/// `options.part` selects one. Errors, at the file: it cannot be opened, is a pointer of Git LFS, is no TFLite model,
/// is cut off or damaged (checked before anything is read), refers to a tensor, operator or subgraph that is not there;
/// a signature that is missing or unknown; and those of import_onnx().
[[nodiscard]] std::optional<NetworkImport> import_tflite(const std::filesystem::path& path,
                                                         const NetworkOptions& options, Diagnostics& diagnostics);
/// The same from bytes; `name` stands for the file in messages.
[[nodiscard]] std::optional<NetworkImport> import_tflite(std::string_view bytes, const std::string& name,
                                                         const NetworkOptions& options, Diagnostics& diagnostics);

}  // namespace berth
