// A TensorFlow Lite file, verified before any field is used.
#pragma once

#include <tflite_generated.h>

#include <string>
#include <string_view>

#include "berth/base/diagnostics.h"

namespace berth {

/// The model in these bytes, which must outlive it. On success every index in it is in range and every table that is
/// read is present. Null, with errors at the file `name`, otherwise: see import_tflite().
[[nodiscard]] const tflite::Model* read_tflite(std::string_view bytes, const std::string& name,
                                               Diagnostics& diagnostics);

/// Code of an operator of the model. Older files store it in a separate byte field.
[[nodiscard]] tflite::BuiltinOperator builtin_of(const tflite::Model& model, const tflite::Operator& op);
/// Operator name as in the schema, or for a custom operator as in the file: `CONV_2D`, `TFLite_Detection_PostProcess`.
[[nodiscard]] std::string_view name_of(const tflite::Model& model, const tflite::Operator& op);

}  // namespace berth
