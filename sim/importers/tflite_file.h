// A TensorFlow Lite file, checked before anything of it is read.
#pragma once

#include <tflite_generated.h>

#include <string>
#include <string_view>

#include "berth/diagnostics.h"

namespace berth {

/// The model in these bytes, which must outlive it. Afterwards every index in it is known to be in range, and every
/// table that is read to be there. Errors, at the file `name`: see import_tflite(). Null then.
[[nodiscard]] const tflite::Model* read_tflite(std::string_view bytes, const std::string& name,
                                               Diagnostics& diagnostics);

/// Of an operator of the model. Older files have it in a byte of its own.
[[nodiscard]] tflite::BuiltinOperator builtin_of(const tflite::Model& model, const tflite::Operator& op);
/// As the schema names it, a custom operator as the file does: `CONV_2D`, `TFLite_Detection_PostProcess`.
[[nodiscard]] std::string_view name_of(const tflite::Model& model, const tflite::Operator& op);

}  // namespace berth
