// ONNX models into graphs: shapes worked out, operators that exporters write in small steps put together again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/graph.h"
#include "berth/model.h"

namespace berth {

struct OnnxImport {
    Graph graph;
    std::int64_t tokens = 0;  ///< that it was laid out for: the second size of the first input of ids; 0 for none
    /// Operators that no kind stands for, and how many there are of each: passes over their data.
    std::vector<std::pair<std::string, std::int64_t>> unknown;
    std::int64_t integer_products = 0;  ///< matrix products and convolutions that the file does in integers
};

/// Sizes of named dimensions, as `--dim sequence=128` gives them.
using DimSizes = std::map<std::string, std::int64_t, std::less<>>;

/// Reads a model without its weights. Casts and quantisation are left out, since a stage says what precision it runs
/// at; constants are taken as computed beforehand. Warnings: unknown operators, integer products. Errors: a broken
/// file, a named dimension without a size, a shape that cannot be worked out.
[[nodiscard]] std::optional<OnnxImport> import_onnx(const std::filesystem::path& path, const DimSizes& dims,
                                                    Diagnostics& diagnostics);
/// The same from bytes; `name` stands for the file in messages.
[[nodiscard]] std::optional<OnnxImport> import_onnx(std::string_view bytes, const std::string& name,
                                                    const DimSizes& dims, Diagnostics& diagnostics);

/// A model of an imported graph, ready to be laid out for whatever tokens it can take.
[[nodiscard]] Model model_of(OnnxImport import, const std::string& name, const SourceLocation& where);

/// The same as a model file with every operator written out.
[[nodiscard]] std::string written_model(const OnnxImport& import, const std::string& name, const std::string& source);

}  // namespace berth
