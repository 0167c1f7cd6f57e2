// Import of ONNX models as graphs: shapes inferred, operators that exporters decompose recomposed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "berth/base/diagnostics.h"
#include "berth/importers/network_import.h"

namespace berth {

/// Reads a model without its weights. Casts and quantisation are dropped, since a stage states its precision; constant
/// subgraphs count as precomputed. Warnings: unknown operators, integer products. Errors: a broken file, a dimension
/// without a size, a shape that cannot be inferred; unless allowed, operators that multiply but cannot be counted, or
/// that hold more than a hundredth of the parameters.
[[nodiscard]] std::optional<NetworkImport> import_onnx(const std::filesystem::path& path, const NetworkOptions& options,
                                                       Diagnostics& diagnostics);
/// The same from bytes; `name` stands for the file in messages.
[[nodiscard]] std::optional<NetworkImport> import_onnx(std::string_view bytes, const std::string& name,
                                                       const NetworkOptions& options, Diagnostics& diagnostics);

}  // namespace berth
