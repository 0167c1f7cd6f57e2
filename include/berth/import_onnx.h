// ONNX models into graphs: shapes worked out, operators that exporters write in small steps put together again.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "berth/diagnostics.h"
#include "berth/network_import.h"

namespace berth {

/// Reads a model without its weights. Casts and quantisation are left out, since a stage says what precision it runs
/// at; constants are taken as computed beforehand. Warnings: unknown operators, integer products. Errors: a broken
/// file, a dimension without a size, a shape that cannot be worked out; unless they are allowed, operators that
/// multiply but cannot be counted, or that hold more than a hundredth of the parameters.
[[nodiscard]] std::optional<NetworkImport> import_onnx(const std::filesystem::path& path, const NetworkOptions& options,
                                                       Diagnostics& diagnostics);
/// The same from bytes; `name` stands for the file in messages.
[[nodiscard]] std::optional<NetworkImport> import_onnx(std::string_view bytes, const std::string& name,
                                                       const NetworkOptions& options, Diagnostics& diagnostics);

}  // namespace berth
