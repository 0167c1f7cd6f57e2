// Values of ONNX constants: from typed fields or raw bytes, of those that are small.
#pragma once

#include <string_view>
#include <vector>

#include "importers/onnx_file.h"
#include "importers/wire_reader.h"

namespace berth {

/// The fields of a constant that may hold its elements.
struct OnnxTensorData {
    std::string_view raw;
    std::vector<WireField> floats, integers;
};

/// Whether the constant keeps its values: shapes, axes, slices, scalar factors, and tables of whole numbers such as the
/// blocks that sparse attention reads.
[[nodiscard]] bool is_small(const OnnxTensor& tensor);
/// Takes the values of a small constant, unless they are in another file or of a type that shapes do not use. Returns
/// the field that is broken; null if none is.
const WireField* take_values(OnnxTensor& tensor, const OnnxTensorData& data);

}  // namespace berth
